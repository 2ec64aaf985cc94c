//! Tokens: who a user is, by the word of the web application.
//!
//! A token is a JWT, signed in one of four ways ([`algorithm`]). [`Tokens`] are the rules and keys
//! of a gateway; they verify without a clock: the time is told. A [`Key`] is bound to the one
//! algorithm that it is for, so a token that names another finds no key, and `none` has none. A
//! [`KeySet`] is read from a file or a JWKS document, [`schedule`] says when to fetch that anew,
//! and [`error`] says what is wrong with a token in sentences for who has made it.

pub mod algorithm;
mod claims;
pub mod error;
mod jwks;
mod key;
mod parts;
mod public;
pub mod schedule;
mod set;

pub use algorithm::Algorithm;
pub use error::TokenError;
pub use key::{Key, KeyError};
pub use set::{KeySet, Origin, secrets};

use error::excerpt;
use parts::Parts;

/// `nbf` may lie so far ahead: clocks of two machines that keep time differ by less. `exp` has
/// none: who makes tokens makes them long enough.
pub const LEEWAY_MS: u64 = 5_000;
/// So many keys are tried on a token that doesn't say which: a forged one costs no more.
pub const KEYS_TRIED_MAX: usize = 4;

/// What a token must be, by configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How tokens may be signed.
    pub algorithms: Vec<Algorithm>,
    /// What must be in `aud`; none: it isn't looked at.
    pub audience: Option<String>,
    /// What `iss` must be; none: it isn't looked at.
    pub issuer: Option<String>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { algorithms: Algorithm::ALL.to_vec(), audience: None, issuer: None }
    }
}

/// Who somebody is, and until when that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's id: a good [`proto::name::UserId`].
    pub user: String,
    /// When the token ends, in milliseconds since 1970.
    pub expires_unix_ms: u64,
}

/// The rules and keys by which tokens are verified. They are replaced as a whole when keys change.
#[derive(Debug, Default)]
pub struct Tokens {
    /// None: nothing is configured.
    rules: Option<Rules>,
    keys: Vec<Key>,
}

impl Tokens {
    /// Of a gateway with neither a file nor a URL of keys: every token is refused, and why.
    pub fn not_configured() -> Tokens {
        Tokens::default()
    }

    /// With these rules and keys. Without keys every token is refused until there are some.
    pub fn new(rules: Rules, keys: Vec<Key>) -> Tokens {
        let rules = Some(rules);
        Tokens { rules, keys }
    }

    /// Whether somebody's tokens are to be believed, even if there are no keys yet.
    pub fn is_configured(&self) -> bool {
        self.rules.is_some()
    }

    /// How many keys there are.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// If it isn't to be believed, or not now.
    pub fn verify(&self, now_unix_ms: u64, token: &str) -> Result<Credentials, TokenError> {
        let rules = self.rules.as_ref().ok_or(TokenError::NotConfigured)?;
        let parts = Parts::split(token)?;
        self.check_signature(rules, &parts)?;
        claims::check(&parts.claims()?, rules, now_unix_ms)
    }

    fn check_signature(&self, rules: &Rules, parts: &Parts<'_>) -> Result<(), TokenError> {
        let header = parts.header()?;
        let algorithm = self.allowed(rules, header.alg.as_deref().unwrap_or_default())?;
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        let signature = parts.signature()?;
        let fitting = self.fitting(algorithm, header.kid.as_deref())?;
        if fitting.iter().any(|key| key.verifies(parts.signed.as_bytes(), &signature)) {
            return Ok(());
        }
        Err(TokenError::Signature)
    }

    /// The algorithm of this name, if tokens may be signed so.
    fn allowed(&self, rules: &Rules, name: &str) -> Result<Algorithm, TokenError> {
        if name.eq_ignore_ascii_case("none") {
            return Err(TokenError::NotSigned);
        }
        match Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name) {
            Some(algorithm) if rules.algorithms.contains(&algorithm) => Ok(algorithm),
            Some(given) => Err(TokenError::Algorithm { given, allowed: self.good_for(rules) }),
            None => {
                let (given, allowed) = (excerpt(name), self.good_for(rules));
                Err(TokenError::Unsupported { given, allowed })
            }
        }
    }

    /// The algorithms with which a token would be believed here: those that there is a key for.
    fn good_for(&self, rules: &Rules) -> Vec<Algorithm> {
        let has_key = |algorithm: &Algorithm| {
            self.keys.is_empty() || self.keys.iter().any(|key| key.algorithm() == *algorithm)
        };
        rules.algorithms.iter().copied().filter(has_key).collect()
    }

    /// The keys that may have signed a token: of its algorithm, and called as it says. A key
    /// without a name fits every name.
    fn fitting(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<Vec<&Key>, TokenError> {
        if self.keys.is_empty() {
            return Err(TokenError::NoKeysYet);
        }
        let of_algorithm: Vec<&Key> =
            self.keys.iter().filter(|key| key.algorithm() == algorithm).collect();
        if of_algorithm.is_empty() {
            let mut had: Vec<Algorithm> = self.keys.iter().map(Key::algorithm).collect();
            had.sort_unstable();
            had.dedup();
            return Err(TokenError::NoKey { algorithm, had });
        }
        let fits = |key: &&Key| match (kid, key.kid()) {
            (Some(wanted), Some(name)) => wanted == name,
            (None, _) | (_, None) => true,
        };
        let fitting: Vec<&Key> = of_algorithm.iter().copied().filter(fits).collect();
        match (fitting.len(), kid) {
            (0, kid) => {
                let kid = excerpt(kid.unwrap_or_default());
                let names = of_algorithm.iter().filter_map(|key| key.kid());
                Err(TokenError::UnknownKey { kid, known: names.map(str::to_owned).collect() })
            }
            (keys, _) if keys > KEYS_TRIED_MAX => Err(TokenError::KeyUnnamed { keys }),
            (_, _) => Ok(fitting),
        }
    }
}

#[cfg(test)]
mod tests;
