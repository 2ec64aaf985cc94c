//! The names by which a port may be addressed. A page from anywhere can have its own name resolved
//! to this machine and then read what the port says: its requests come with that name in `Host`,
//! and are refused.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::header;
use axum::http::uri::Authority;
use axum::http::{Request, Version};
use proto::codes::Status;

use super::refusal::Refusal;

/// Scrapers and probes come by any address or service name, and what they see is nothing that a
/// page could use.
const OPEN_PATHS: [&str; 3] = ["/metrics", "/healthz", "/readyz"];

const NONE: Refusal<'_> = Refusal {
    status: Status::Invalid,
    http: 400,
    message: "say which host the request is for: one line `Host: name` or `Host: name:port`",
};

/// Under which names a port is served.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// None: under any.
    names: Option<Vec<HostPattern>>,
    refusal: String,
}

/// A name, an address, or all names below one (`*.example.com`), as operators write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// Any name: there is no check then.
    Any,
    /// This name.
    Name(String),
    /// Names that end so, with the dot.
    Below(String),
    /// This address.
    Address(IpAddr),
}

/// Why a text is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} can't be the host of a request: write {1}")]
pub struct NotAHost(String, String);

impl Hosts {
    /// Any: for ports that have nothing to hide.
    pub fn any() -> Hosts {
        Hosts { names: None, refusal: String::new() }
    }

    /// Those that are configured, where the operator says more, and the process's own. Loopback and
    /// the address at which a connection arrives are always good.
    pub fn of(listed: &[HostPattern], option: &str, own: &[&str]) -> Hosts {
        // An own name that is no name, as an empty one, is nobody's.
        let own = own.iter().filter_map(|name| name.parse().ok());
        let own = own.filter(|name| *name != HostPattern::Any);
        let names: Vec<_> = listed.iter().cloned().chain(own).collect();
        let refusal = format!(
            "this port is not known under the name in `Host`: use a known name, or add this one to \
             {option}"
        );
        Hosts { names: (!names.contains(&HostPattern::Any)).then_some(names), refusal }
    }

    /// Why this request, which has arrived at this address, is not for us.
    pub(super) fn refusal<B>(&self, request: &Request<B>, here: IpAddr) -> Option<Refusal<'_>> {
        let mut lines = request.headers().get_all(header::HOST).iter();
        let host = match (lines.next(), lines.next()) {
            (Some(line), None) => match line.to_str().ok().and_then(|line| line.parse().ok()) {
                Some(host) => host,
                None => return Some(NONE),
            },
            // Before HTTP/1.1 there was no such line, and no page sends what is older.
            (None, None) if request.version() < Version::HTTP_11 => return None,
            (None, _) | (Some(_), Some(_)) => return Some(NONE),
        };
        // A target that names a host itself counts.
        let host: &Authority = request.uri().authority().unwrap_or(&host);
        let is_good = OPEN_PATHS.contains(&request.uri().path())
            || self.names.as_ref().is_none_or(|names| is_known(names, host.host(), here));
        (!is_good).then_some(Refusal {
            status: Status::Forbidden,
            http: 421,
            message: &self.refusal,
        })
    }
}

fn is_known(names: &[HostPattern], host: &str, here: IpAddr) -> bool {
    match literal(host) {
        Some(address) => {
            address.is_loopback()
                || address == here.to_canonical()
                || names.contains(&HostPattern::Address(address))
        }
        None => {
            let host = plain(host);
            host == "localhost"
                || host.ends_with(".localhost")
                || names.iter().any(|name| match name {
                    HostPattern::Any => true,
                    HostPattern::Name(name) => *name == host,
                    HostPattern::Below(end) => host.len() > end.len() && host.ends_with(end),
                    HostPattern::Address(_) => false,
                })
        }
    }
}

/// The address that a host is.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Names are the same in capitals, and with the dot of the root.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

impl FromStr for HostPattern {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<HostPattern, NotAHost> {
        let wrong = |right: &str| Err(NotAHost(text.to_owned(), right.to_owned()));
        if text == "*" {
            return Ok(HostPattern::Any);
        }
        if let Some(address) = literal(text) {
            return Ok(HostPattern::Address(address));
        }
        if let Some((_, behind)) = text.split_once("://") {
            let name = behind.split(['/', ':']).next().unwrap_or_default();
            return wrong(&format!("the name alone, {name:?}"));
        }
        if let Some((name, _)) = text.split_once([':', '/']) {
            return wrong(&format!("the name alone, {name:?}"));
        }
        let name = plain(text);
        let (below, name) = match name.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, name.as_str()),
        };
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_name = !name.is_empty()
            && name.bytes().all(is_good)
            && name.split('.').all(|part| !part.is_empty());
        match (is_name, below) {
            (true, true) => Ok(HostPattern::Below(format!(".{name}"))),
            (true, false) => Ok(HostPattern::Name(name.to_owned())),
            (false, _) => wrong("a name like imq.example.com, *.example.com or an address"),
        }
    }
}

#[cfg(test)]
mod tests;
