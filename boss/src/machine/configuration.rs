//! The cluster configuration as it comes from an operator, and as it is shown: checked once, all
//! problems at once, without secrets.

use std::fmt;

use proto::class::ClusterConfig;
use proto::document::{Document, Problem};
use proto::secret::{REDACTED, redacted};

/// A document of this size lists thousands of classes.
pub const TOML_BYTES_MAX: usize = 1024 * 1024;

/// A text that is a cluster configuration without problems.
#[derive(Clone, PartialEq, Eq)]
pub struct Configuration(String);

impl Configuration {
    /// Checks a text.
    ///
    /// # Errors
    /// All that is wrong with it, in the order of its lines.
    pub fn parse(toml: &str) -> Result<Configuration, Vec<Problem>> {
        Configuration::parse_over(toml, "")
    }

    /// Checks a text that is to follow another one: where it only shows that there is a secret, it
    /// has the one of that call-out in the other.
    ///
    /// # Errors
    /// All that is wrong with it, in the order of its lines.
    pub fn parse_over(toml: &str, before: &str) -> Result<Configuration, Vec<Problem>> {
        if toml.len() > TOML_BYTES_MAX {
            let text = format!("the configuration is longer than {TOML_BYTES_MAX} bytes");
            return Err(vec![Problem::of_all(text)]);
        }
        let config = ClusterConfig::read(toml)?;
        let callouts = config.callout.iter().enumerate();
        let redacted = callouts.filter(|(_, callout)| {
            callout.secret.as_ref().is_some_and(|secret| secret.is_redacted())
        });
        let redacted: Vec<_> = redacted.map(|(at, callout)| (at, callout.name.as_str())).collect();
        match redacted.is_empty() {
            true => Ok(Configuration(toml.to_owned())),
            false => with_secrets(toml, &redacted, before),
        }
    }

    /// The text, with the secrets that stand in it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What tells one text from another: XXH3-64 of it.
pub fn fingerprint(toml: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(toml.as_bytes())
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Configuration").field(&shown(&self.0)).finish()
    }
}

/// A configuration's text as anybody may see it: without the secrets of call-outs, and without what
/// else looks like a secret, be it in comments.
pub fn shown(toml: &str) -> String {
    let document = Document::new(toml);
    let callouts = (0..).take_while(|at| document.has(&format!("callout[{at}]")));
    let secret = |at: usize| document.value(&format!("callout[{at}].secret"));
    let mut secrets: Vec<_> = callouts.filter_map(secret).collect();
    secrets.sort_by_key(|span| span.start);
    let mut text = toml.to_owned();
    for span in secrets.into_iter().rev() {
        text.replace_range(span, &format!("{REDACTED:?}"));
    }
    redacted(&text)
}

/// The text with the secrets of these call-outs as another one has them.
fn with_secrets(
    toml: &str,
    redacted: &[(usize, &str)],
    before: &str,
) -> Result<Configuration, Vec<Problem>> {
    let had = ClusterConfig::read(before).unwrap_or_default();
    let document = Document::new(toml);
    let place = |at: usize| document.value(&format!("callout[{at}].secret"));
    let mut spans: Vec<_> =
        redacted.iter().filter_map(|(at, name)| Some((place(*at)?, *name))).collect();
    spans.sort_by_key(|(span, _)| span.start);
    let mut text = toml.to_owned();
    let mut problems = Vec::new();
    for (span, name) in spans.into_iter().rev() {
        let known = had.callout.iter().find(|callout| callout.name == name);
        match known.and_then(|callout| callout.secret.as_ref()) {
            // It is base64, so it needs no escapes.
            Some(secret) => text.replace_range(span, &format!("\"{}\"", secret.reveal())),
            None => {
                let line = toml[..span.start].matches('\n').count() + 1;
                let text = format!(
                    "callout {name:?}: secret = {REDACTED:?} keeps the present secret, but there \
                     is none: give secret_file, secret_env, or the secret itself"
                );
                problems.push(Problem { line: Some(line), text });
            }
        }
    }
    problems.reverse();
    if problems.is_empty() { Ok(Configuration(text)) } else { Err(problems) }
}

#[cfg(test)]
mod tests;
