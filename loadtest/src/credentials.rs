//! What clients of a load prove themselves with.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::clock::unix_seconds;

/// How long a token is good: longer than any load lasts.
const TOKEN_S: u64 = 24 * 60 * 60;

/// How the clients of a load log in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credentials {
    /// By their names alone, as a gateway in development believes them.
    #[default]
    Believed,
    /// By tokens (JWT, HS256) that are made with this secret, one for each new user.
    Secret(String),
    /// By tokens that somebody else made.
    Tokens {
        /// Each is used once, in this order.
        tokens: Vec<String>,
        /// What a gateway verifies them with: the text of its `keys_file`.
        keys: String,
    },
}

impl Credentials {
    /// The keys that an own cluster must know.
    pub(crate) fn keys(&self) -> Option<&str> {
        match self {
            Self::Secret(keys) | Self::Tokens { keys, .. } => Some(keys),
            Self::Believed => None,
        }
    }

    /// What the user proves itself with in login `number` of the run; nothing, if it is believed.
    ///
    /// # Errors
    /// When there are no more tokens.
    pub(crate) fn token(&self, user: &str, number: usize) -> Result<Option<String>> {
        match self {
            Self::Believed => Ok(None),
            Self::Secret(secret) => sign(secret, user, unix_seconds() + TOKEN_S).map(Some),
            Self::Tokens { tokens, .. } => match tokens.get(number) {
                Some(token) => Ok(Some(token.clone())),
                None => bail!("{} tokens are too few: each login needs its own", tokens.len()),
            },
        }
    }
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// What a token says.
#[derive(Serialize)]
struct Claims<'a> {
    exp: u64,
    sub: &'a str,
}

/// A JSON Web Token, signed by HMAC with SHA-256 (RFC 7515, RFC 7519).
fn sign(secret: &str, user: &str, expires: u64) -> Result<String> {
    let claims = serde_json::to_vec(&Claims { exp: expires, sub: user })?;
    let mut token =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).context("keying HMAC")?;
    mac.update(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(mac.finalize().into_bytes(), &mut token);
    Ok(token)
}
