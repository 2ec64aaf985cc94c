//! The outside of a token: three parts of base64url (RFC 7515, compact serialization).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proto::limits;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{TokenError, excerpt};

/// A token cut at its dots.
#[derive(Debug)]
pub(super) struct Parts<'t> {
    /// What is signed: header, dot, claims.
    pub(super) signed: &'t str,
    header: &'t str,
    claims: &'t str,
    signature: &'t str,
}

/// What matters in a token's header. It is believed by nobody: it only says which key to try.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) alg: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) crit: Option<IgnoredAny>,
}

impl<'t> Parts<'t> {
    /// Cuts a token, or says what else it is.
    pub(super) fn split(token: &'t str) -> Result<Parts<'t>, TokenError> {
        let bytes = token.len();
        if bytes > limits::TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong { bytes });
        }
        if token.trim().is_empty() {
            return Err(TokenError::Empty);
        }
        if token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
            return Err(TokenError::Bearer);
        }
        let mut dots = token.match_indices('.').map(|(at, _)| at);
        match (dots.next(), dots.next(), dots.count()) {
            (Some(first), Some(second), 0) => Ok(Parts {
                signed: &token[..second],
                header: &token[..first],
                claims: &token[first + 1..second],
                signature: &token[second + 1..],
            }),
            (Some(_), Some(_), 2) => Err(TokenError::Encrypted),
            (first, second, more) => {
                let parts = 1 + usize::from(first.is_some()) + usize::from(second.is_some()) + more;
                Err(TokenError::NotJwt { parts })
            }
        }
    }

    /// The header.
    pub(super) fn header(&self) -> Result<Header, TokenError> {
        object("header", &decode("header", self.header)?)
    }

    /// The claims' JSON.
    pub(super) fn claims(&self) -> Result<Vec<u8>, TokenError> {
        decode("claims", self.claims)
    }

    /// The signature's bytes.
    pub(super) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        decode("signature", self.signature)
    }
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| {
        let why = if text.contains(['+', '/', '=']) {
            "it is base64, but a JWT has base64url: '-' and '_' for '+' and '/', no '=' at the end"
        } else {
            "it is not base64url: the token was cut or changed on its way, or is not a JWT"
        };
        TokenError::Malformed { part, why: why.to_owned() }
    })
}

/// Reads a JSON object.
pub(super) fn object<'b, T: Deserialize<'b>>(
    part: &'static str,
    bytes: &'b [u8],
) -> Result<T, TokenError> {
    // A reader of structs takes an array of their fields, too.
    if bytes.first() != Some(&b'{') {
        return Err(TokenError::Malformed { part, why: "it is not a JSON object".to_owned() });
    }
    serde_json::from_slice(bytes)
        .map_err(|error| TokenError::Malformed { part, why: excerpt(&error.to_string()) })
}
