//! Names under which a port may be addressed over HTTP.

use anyhow::{Context, Result};
use member::io::http::server::HostPattern;

/// Those that were given: by a flag or the environment, or else in the file.
pub(crate) fn all(
    given: Option<Vec<String>>,
    written: Option<Vec<String>>,
) -> Result<Vec<HostPattern>> {
    let names = given.or(written).unwrap_or_default();
    names.iter().map(|name| name.parse()).collect::<Result<_, _>>().context("--hosts")
}

/// What is wrong with those of a section of the file.
pub(super) fn problems<'a>(
    section: &'a str,
    written: Option<&'a [String]>,
) -> impl Iterator<Item = String> + 'a {
    written.into_iter().flatten().filter_map(move |name| {
        let error = name.parse::<HostPattern>().err()?;
        Some(format!("{section}.hosts: {error}"))
    })
}
