//! Which pages may open WebSockets. Browsers say in `Origin` where a page is from, programs say
//! nothing; what an operator writes is brought into a browser's form, or refused with that form.

use std::fmt;
use std::str::FromStr;

use url::Host;

mod fault;

pub use fault::NotAnOrigin;

/// Entries of the operator's list that a log line repeats; a longer list is one to be edited, not
/// to be typed.
const SHOWN_MAX: usize = 8;

/// Where a page is from, as browsers write it: in lower case, without the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    /// None: the scheme's own.
    port: Option<u16>,
}

/// An entry of the list of origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `*`: any page, from wherever.
    Any,
    /// This origin alone.
    One(Origin),
    /// `https://*.game.example`: all hosts that have one label or more before this one's name.
    Below(Origin),
}

/// Which pages may open WebSockets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<Pattern>);

impl Origins {
    /// The pages of these origins.
    pub fn new(patterns: Vec<Pattern>) -> Origins {
        Origins(patterns)
    }

    /// Any page. For development only.
    pub fn any() -> Origins {
        Origins(vec![Pattern(Kind::Any)])
    }

    /// Whether no page may connect at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a page with this `Origin` may connect.
    pub fn allow(&self, given: &str) -> bool {
        let origin = Origin::given(given);
        self.0.iter().any(|Pattern(kind)| match kind {
            Kind::Any => true,
            Kind::One(one) => origin.as_ref() == Some(one),
            Kind::Below(parent) => origin.as_ref().is_some_and(|one| one.is_below(parent)),
        })
    }

    /// What the operator does who wants to let in pages with this `Origin`: said to whoever looks
    /// at the answer.
    pub fn advice(given: &str) -> String {
        match Origin::given(given) {
            Some(origin) => format!(
                "pages of {origin} may not connect here: if they are yours, add \"{origin}\" to \
                 the gateway's origins"
            ),
            None if given == "null" => {
                "a page that was opened from a file, or runs in a sandboxed frame, has no origin \
                 (\"null\"): serve it over HTTP, and add its origin to the gateway's origins"
                    .to_owned()
            }
            None => "no browser sends such an Origin: programs should send none".to_owned(),
        }
    }

    /// The same for the log, with the line as it will be.
    pub(super) fn advice_in_full(&self, given: &str) -> String {
        let Some(origin) = Origin::given(given) else { return Origins::advice(given) };
        let mut all: Vec<String> = self.0.iter().map(Pattern::to_string).collect();
        if all.len() > SHOWN_MAX {
            return Origins::advice(given);
        }
        all.push(origin.to_string());
        format!(
            "pages of {origin} may not connect here: if they are yours, write origins = {all:?} \
             into [gateway], or --origins {}",
            all.join(",")
        )
    }
}

impl Origin {
    /// What a browser has sent. Nothing of it is mended but case and the scheme's own port.
    fn given(text: &str) -> Option<Origin> {
        let (scheme, authority) = text.split_once("://")?;
        Origin::of(scheme, authority).ok()
    }

    fn of(scheme: &str, authority: &str) -> Result<Origin, &'static str> {
        let scheme = scheme.to_ascii_lowercase();
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(letters) {
            return Err("has no scheme");
        }
        if authority.contains('@') {
            return Err("contains a user");
        }
        let (host, port) = split_port(authority)?;
        let own = own_port(&scheme);
        let host = if own.is_some() { host_of(host)? } else { foreign_host_of(host)? };
        Ok(Origin { scheme, host, port: port.filter(|port| Some(*port) != own) })
    }

    fn is_below(&self, parent: &Origin) -> bool {
        let labels = self.host.strip_suffix(&parent.host).and_then(|rest| rest.strip_suffix('.'));
        self.scheme == parent.scheme
            && self.port == parent.port
            && labels.is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
    }
}

/// The port that goes without saying.
fn own_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let Some((host, port)) = authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'))
    else {
        return Ok((authority, None));
    };
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if digits && port > 0 => Ok((host, Some(port))),
        Ok(_) | Err(_) => Err("has an invalid port"),
    }
}

/// A host's name as browsers have it: lower case, ASCII, addresses in their one form.
fn host_of(host: &str) -> Result<String, &'static str> {
    if host.is_empty() {
        return Err("has no host");
    }
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.:[]".contains(c);
    let parsed = Host::parse(host).ok().filter(|_| host.chars().all(plain));
    parsed.map(|host| host.to_string()).ok_or("has an invalid host")
}

/// The same of an application that has a scheme of its own.
fn foreign_host_of(host: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if host.is_empty() || !host.chars().all(plain) {
        return Err("has an invalid host");
    }
    Ok(host.to_ascii_lowercase())
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Any => formatter.write_str("*"),
            Kind::One(origin) => origin.fmt(formatter),
            Kind::Below(parent) => {
                let Origin { scheme, host, port } = parent;
                write!(formatter, "{scheme}://*.{host}")?;
                port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
            }
        }
    }
}

impl FromStr for Pattern {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Pattern, NotAnOrigin> {
        if text == "*" {
            return Ok(Pattern(Kind::Any));
        }
        Pattern::strict(text).map_err(|why| NotAnOrigin::new(text, why))
    }
}

impl Pattern {
    /// Reads what can match as it stands, but for a slash at the end, case and the scheme's port.
    fn strict(text: &str) -> Result<Pattern, &'static str> {
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == ',') {
            return Err("is more than one origin: write each as a separate entry");
        }
        let (scheme, rest) = text.split_once("://").ok_or("has no scheme")?;
        match scheme.to_ascii_lowercase().as_str() {
            "ws" | "wss" => return Err("is the address of a gateway, not the origin of a page"),
            "file" => return Err(fault::NO_ORIGIN),
            _ => {}
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '\\']) {
            return Err("has a path, and origins have none");
        }
        let Some(parent) = authority.strip_prefix("*.") else {
            if authority.contains('*') {
                return Err(fault::STAR);
            }
            return Origin::of(scheme, authority).map(|origin| Pattern(Kind::One(origin)));
        };
        if parent.contains('*') {
            return Err(fault::STAR);
        }
        let parent = Origin::of(scheme, parent)?;
        if !is_parent(&parent.host) {
            return Err("admits pages of strangers: name your own domain");
        }
        Ok(Pattern(Kind::Below(parent)))
    }
}

/// Whether hosts below this name may be one operator's: never those of a top-level domain, and
/// there are none below an address.
fn is_parent(host: &str) -> bool {
    let is_name = matches!(Host::parse(host), Ok(Host::Domain(_)));
    let labels = host.split('.').filter(|label| !label.is_empty()).count();
    is_name && (labels >= 2 || host == "localhost")
}

#[cfg(test)]
mod tests;
