//! Secrets that stand in documents: never shown, whatever they stand in.

use std::fmt;

use serde::Deserialize;

/// What stands in the place of a secret wherever a document or a sentence is shown. Posted back in
/// its place, it leaves the secret as it is.
pub const REDACTED: &str = "[redacted]";

/// How secrets of call-outs begin (Standard Webhooks).
const WEBHOOK_SECRET: &str = "whsec_";

/// A text that isn't shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for who works with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this only stands for a secret that isn't shown.
    pub fn is_redacted(&self) -> bool {
        self.0 == REDACTED
    }

    /// The bytes of a secret for signing, if it is one: `whsec_` and the base64 of 24 to 64 bytes.
    pub fn webhook_key(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        let text = self.0.strip_prefix(WEBHOOK_SECRET)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        (24..=64).contains(&bytes.len()).then_some(bytes)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// A text without what looks like a secret: webhook secrets, and users and passwords in URLs. They
/// may stand anywhere in it, in comments too.
pub fn redacted(text: &str) -> String {
    without_users(&without_webhook_secrets(text))
}

/// Whether a URL holds a user or a password.
pub fn has_user(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, rest)| user_end(rest).is_some())
}

fn without_webhook_secrets(text: &str) -> String {
    let mut parts = text.split(WEBHOOK_SECRET);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_of_it = |c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c);
        let rest = part.trim_start_matches(is_of_it);
        // The bare word stays: documents speak of it.
        let is_bare = rest.len() == part.len();
        shown += if is_bare { WEBHOOK_SECRET } else { REDACTED };
        shown += rest;
    }
    shown
}

fn without_users(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown += "://";
        match user_end(part) {
            Some(end) => {
                shown += REDACTED;
                shown += &part[end..];
            }
            None => shown += part,
        }
    }
    shown
}

/// Where a URL's user and password end, of what stands behind `://`: at the last `@` before the
/// host's end.
fn user_end(rest: &str) -> Option<usize> {
    let end = rest.find(|c: char| "/?#\"'`<>\\".contains(c) || c.is_whitespace());
    rest[..end.unwrap_or(rest.len())].rfind('@')
}

#[cfg(test)]
mod tests;
