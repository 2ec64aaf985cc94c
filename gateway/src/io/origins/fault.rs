//! What is wrong with an entry of the list of origins, and how it is written right.

use std::fmt;

use super::Pattern;

/// What `null` and `file://` are told.
pub(super) const NO_ORIGIN: &str =
    "is not an origin: pages opened from files and sandboxed frames have none";
/// What a `*` in the middle of something is told.
pub(super) const STAR: &str = "has a * in the wrong place: it stands for whole labels at the left";

/// Why an entry can't match what browsers send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnOrigin {
    given: String,
    why: &'static str,
    right: Option<String>,
}

impl NotAnOrigin {
    pub(super) fn new(given: &str, why: &'static str) -> NotAnOrigin {
        let why = if given.eq_ignore_ascii_case("null") { NO_ORIGIN } else { why };
        let right = if why == NO_ORIGIN { None } else { mended(given) };
        NotAnOrigin { given: given.to_owned(), why, right }
    }
}

impl fmt::Display for NotAnOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotAnOrigin { given, why, right } = self;
        write!(formatter, "{given:?} {why}; ")?;
        match right {
            Some(right) => write!(formatter, "write {right:?}"),
            None if *why == NO_ORIGIN => formatter
                .write_str("serve the page over HTTP and write its origin, or \"*\" for any page"),
            None => formatter.write_str("write it like \"https://game.example\""),
        }
    }
}

impl std::error::Error for NotAnOrigin {}

/// What was meant, if that can be told, in the form that browsers send.
fn mended(given: &str) -> Option<String> {
    let (scheme, rest) = match given.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("", given.trim_start_matches('/')),
    };
    let rest = rest.split(['/', '?', '#', '\\', ',', ' ']).next().unwrap_or("");
    let rest = rest.rsplit('@').next().unwrap_or("");
    let rest = rest.strip_suffix(":*").unwrap_or(rest).trim_end_matches(':');
    // `*game.example` and `a.*.game.example` most likely meant what is below the name.
    let rest = match rest.rsplit_once('*') {
        Some((_, name)) => format!("*.{}", name.trim_start_matches('.')),
        None => rest.to_owned(),
    };
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "ws" => "http".to_owned(),
        "wss" => "https".to_owned(),
        "" | "*" if is_here(&rest) => "http".to_owned(),
        "" | "*" => "https".to_owned(),
        other => other.to_owned(),
    };
    Pattern::strict(&format!("{scheme}://{rest}")).ok().map(|pattern| pattern.to_string())
}

/// Whether a page of this host is one in development.
fn is_here(host: &str) -> bool {
    ["localhost", "127.", "[::1]"].iter().any(|here| host.starts_with(here))
}
