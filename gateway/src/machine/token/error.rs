//! Why a token isn't believed, in sentences that say what to do.

use std::fmt;

use proto::calendar::{span, utc};
use proto::codes::Close;
use proto::limits;
use proto::name::NameError;

use super::algorithm::{self, Algorithm};

/// So much of a text from outside stands in a sentence.
const EXCERPT_CHARS: usize = 64;
/// So many names stand in a sentence.
const NAMES_SHOWN_MAX: usize = 8;

/// Why a token isn't believed. What it says of a token's claims it says only when the signature is
/// good: before that they are anybody's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The gateway verifies no tokens.
    #[error(
        "this gateway has no keys to verify tokens: give it `keys_file` or `jwks_url` in [auth] of \
         its configuration (docs/authentication.md); or, to try things out, run `imq dev` and send \
         `user` instead of `token`"
    )]
    NotConfigured,
    /// There are no keys yet.
    #[error("this gateway doesn't have its keys yet, and its log says why: try again in a moment")]
    NoKeysYet,
    /// An empty text.
    #[error("`token` is empty: send the JWT that the web application made for this user")]
    Empty,
    /// More bytes than are read.
    #[error(
        "the token has {bytes} bytes, at most {} are read: put less into it",
        limits::TOKEN_BYTES_MAX
    )]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// The word of an HTTP header stands before it.
    #[error("the token begins with \"Bearer\": send what comes after it")]
    Bearer,
    /// Not three parts.
    #[error(
        "this is not a JWT: a JWT has three parts with dots between them (aaa.bbb.ccc), and this \
         has {parts}. An API key, a password or a cookie isn't one"
    )]
    NotJwt {
        /// How many parts it has.
        parts: usize,
    },
    /// Five parts: encrypted, RFC 7516.
    #[error("the token is encrypted (a JWE): make one that is signed (a JWS)")]
    Encrypted,
    /// A part can't be read.
    #[error("the token's {part} can't be read: {why}")]
    Malformed {
        /// Which part or claim.
        part: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// `alg` is `none`.
    #[error("the token is not signed (its `alg` is none), so anybody could have made it: sign it")]
    NotSigned,
    /// Signed in a way that no gateway verifies.
    #[error(
        "the token is signed with {given:?}, which imq doesn't verify: sign it with {}",
        algorithm::list(allowed)
    )]
    Unsupported {
        /// Its `alg`.
        given: String,
        /// What is taken.
        allowed: Vec<Algorithm>,
    },
    /// Signed in a way that this gateway isn't to take.
    #[error(
        "the token is signed with {given}, and this gateway accepts only {}: use that, or add \
         \"{given}\" to `algorithms` in [auth] of the gateway's configuration and give it a key \
         for that",
        algorithm::list(allowed)
    )]
    Algorithm {
        /// Its `alg`.
        given: Algorithm,
        /// What is taken.
        allowed: Vec<Algorithm>,
    },
    /// The header has `crit`, which must be understood (RFC 7515 section 4.1.11).
    #[error("the token's header has `crit`: it requires an extension, and imq supports none")]
    Critical,
    /// Its algorithm is taken, but no key is one for it.
    #[error(
        "the token is signed with {algorithm}, and this gateway has no key for that, only for {}",
        algorithm::list(had)
    )]
    NoKey {
        /// Its `alg`.
        algorithm: Algorithm,
        /// What the keys are for.
        had: Vec<Algorithm>,
    },
    /// Its `kid` names none of the keys.
    #[error(
        "the token names the key {kid:?} (`kid`), and this gateway knows {}: give it that key, or \
         sign with one of these",
        Names(known)
    )]
    UnknownKey {
        /// Its `kid`.
        kid: String,
        /// Keys for its algorithm.
        known: Vec<String>,
    },
    /// Too many keys could have signed it.
    #[error(
        "{keys} keys of this gateway may have signed the token, and not all are tried: name the \
         key in its header (`kid`)"
    )]
    KeyUnnamed {
        /// How many.
        keys: usize,
    },
    /// The signature isn't one of that key.
    #[error(
        "the token's signature doesn't match: it was made with another key or secret than this \
         gateway has, or the token was changed on its way"
    )]
    Signature,
    /// It would be good for ever.
    #[error("the token has no `exp`: add the time when it expires, in seconds since 1970")]
    NoExpiry,
    /// `exp` or `nbf` is so late that it must be in milliseconds.
    #[error(
        "the token's `{claim}` is far beyond the year 9999: it counts seconds, not milliseconds"
    )]
    Milliseconds {
        /// Which claim.
        claim: &'static str,
    },
    /// Over.
    #[error(
        "the token has expired {} ago, at {} (here it is {}): get a new one. If it is new, the \
         clock of the machine that made it is behind, or its `exp` is too short",
        span(now_unix_ms.saturating_sub(*at_unix_ms)), utc(*at_unix_ms), utc(*now_unix_ms)
    )]
    Expired {
        /// Its `exp`.
        at_unix_ms: u64,
        /// The gateway's clock.
        now_unix_ms: u64,
    },
    /// Not begun.
    #[error(
        "the token is valid only in {}, from {} on (`nbf`; here it is {}): the clock of the \
         machine that made it is ahead",
        span(at_unix_ms.saturating_sub(*now_unix_ms)), utc(*at_unix_ms), utc(*now_unix_ms)
    )]
    NotYet {
        /// Its `nbf`.
        at_unix_ms: u64,
        /// The gateway's clock.
        now_unix_ms: u64,
    },
    /// Made for somebody else.
    #[error("the token is for {} (`aud`), and this gateway wants {wanted:?}", Names(given))]
    Audience {
        /// Its `aud`.
        given: Vec<String>,
        /// What is configured.
        wanted: String,
    },
    /// Made by somebody else.
    #[error(
        "the token is from {} (`iss`), and this gateway wants {wanted:?}",
        Names(given.as_slice())
    )]
    Issuer {
        /// Its `iss`.
        given: Option<String>,
        /// What is configured.
        wanted: String,
    },
    /// For nobody.
    #[error("the token has no `sub`: put the user's id there")]
    NoSubject,
    /// `sub` can't be a user's id.
    #[error("the token's `sub` is not a user id: {0}")]
    Subject(NameError),
}

impl TokenError {
    /// How the connection is closed: the client may come back where the gateway is what lacks
    /// something that it will have.
    pub fn close(&self) -> Close {
        match self {
            TokenError::NoKeysYet => Close::Overloaded,
            TokenError::Expired { .. } => Close::TokenExpired,
            TokenError::NotConfigured
            | TokenError::Empty
            | TokenError::TooLong { .. }
            | TokenError::Bearer
            | TokenError::NotJwt { .. }
            | TokenError::Encrypted
            | TokenError::Malformed { .. }
            | TokenError::NotSigned
            | TokenError::Unsupported { .. }
            | TokenError::Algorithm { .. }
            | TokenError::Critical
            | TokenError::NoKey { .. }
            | TokenError::UnknownKey { .. }
            | TokenError::KeyUnnamed { .. }
            | TokenError::Signature
            | TokenError::NoExpiry
            | TokenError::Milliseconds { .. }
            | TokenError::NotYet { .. }
            | TokenError::Audience { .. }
            | TokenError::Issuer { .. }
            | TokenError::NoSubject
            | TokenError::Subject(_) => Close::BadToken,
        }
    }

    /// Whether newer keys might make the token good: worth fetching them.
    pub fn wants_newer_keys(&self) -> bool {
        matches!(
            self,
            TokenError::UnknownKey { .. } | TokenError::NoKey { .. } | TokenError::NoKeysYet
        )
    }
}

/// The beginning of a text from outside, enough to recognise it by.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_CHARS).collect()
}

/// Some names, in quotes, or that there are none.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody named");
        }
        for (at, name) in self.0.iter().take(NAMES_SHOWN_MAX).enumerate() {
            let before = if at == 0 { "" } else { ", " };
            write!(f, "{before}{name:?}")?;
        }
        match self.0.len().saturating_sub(NAMES_SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
