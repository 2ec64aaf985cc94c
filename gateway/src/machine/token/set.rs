//! Files and documents of keys.
//!
//! A file of keys is one of three: a JWKS document (it begins with `{`), public keys in PEM (there
//! is a `-----BEGIN`), or secrets, a line each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proto::limits;

use super::algorithm::{self, Algorithm};
use super::error::excerpt;
use super::key::{Key, KeyError, SECRET_BYTES_MIN};
use super::{KEYS_TRIED_MAX, jwks, public};

/// Before a secret that is written in base64.
const BASE64: &str = "base64:";

/// Where keys come from, which decides whether secrets may be among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A file of this machine.
    File,
    /// A URL, which others can read, too.
    Url,
}

/// Keys that were read, and what was left out.
#[derive(Debug, Default)]
pub struct KeySet {
    /// The good ones.
    pub keys: Vec<Key>,
    /// Why others aren't among them, a sentence each.
    pub skipped: Vec<String>,
}

impl KeySet {
    /// Reads keys for these algorithms.
    ///
    /// # Errors
    /// If it can't be read, or there is no key in it that can be used.
    pub fn read(bytes: &[u8], origin: Origin, wanted: &[Algorithm]) -> Result<KeySet, KeyError> {
        if bytes.len() > limits::TOKEN_KEYS_BYTES_MAX {
            return Err(KeyError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| KeyError::NotText)?;
        let text = text.trim_start_matches('\u{feff}').trim();
        let found = if text.is_empty() {
            return Err(KeyError::Empty);
        } else if origin == Origin::Url || text.starts_with('{') {
            jwks::read(text, origin)?
        } else if text.contains("-----BEGIN") {
            pem(text)?
        } else {
            secrets(text)?.into_iter().map(|secret| Ok(Key::secret(None, &secret))).collect()
        };
        KeySet::of(found, wanted)
    }

    fn of(found: Vec<Result<Key, String>>, wanted: &[Algorithm]) -> Result<KeySet, KeyError> {
        let mut set = KeySet::default();
        for key in found {
            match key {
                Ok(key) if wanted.contains(&key.algorithm()) => set.keys.push(key),
                Ok(key) => {
                    let name = key.kid().map_or_else(|| "a key".to_owned(), excerpt);
                    set.skipped.push(format!("{name} is for {}", key.algorithm()));
                }
                Err(reason) => set.skipped.push(reason),
            }
        }
        if set.keys.is_empty() {
            let wanted = algorithm::list(wanted);
            return Err(KeyError::NoneFits { wanted, skipped: set.skipped });
        }
        // With more of them no token could be verified, whatever it names.
        for algorithm in Algorithm::ALL {
            let unnamed = |key: &&Key| key.algorithm() == algorithm && key.kid().is_none();
            let keys = set.keys.iter().filter(unnamed).count();
            if keys > KEYS_TRIED_MAX {
                return Err(KeyError::TooManyUnnamed { keys, algorithm });
            }
        }
        if set.keys.len() > limits::TOKEN_KEYS_MAX {
            return Err(KeyError::TooMany(set.keys.len()));
        }
        Ok(set)
    }
}

/// Secrets, a line each: as they stand, or after `base64:` in base64.
///
/// # Errors
/// If one is too short or not what it says, or there are too many.
pub fn secrets(text: &str) -> Result<Vec<Vec<u8>>, KeyError> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return Err(KeyError::Empty);
    }
    if lines.len() > KEYS_TRIED_MAX {
        return Err(KeyError::TooManySecrets(lines.len()));
    }
    lines.into_iter().map(secret).collect()
}

fn secret(line: &str) -> Result<Vec<u8>, KeyError> {
    let secret = match line.strip_prefix(BASE64) {
        Some(encoded) => STANDARD.decode(encoded.trim()).map_err(|_| KeyError::NotBase64)?,
        None => line.as_bytes().to_vec(),
    };
    if secret.len() < SECRET_BYTES_MIN {
        return Err(KeyError::ShortSecret(secret.len()));
    }
    Ok(secret)
}

/// All keys of a PEM text. One that can't be used fails the whole: the operator has put it there.
fn pem(text: &str) -> Result<Vec<Result<Key, String>>, KeyError> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let (label, _) = begun.split_once("-----").ok_or(KeyError::Unended)?;
        let end = format!("-----END {label}-----");
        let (body, after) = begun.split_once(&end).ok_or(KeyError::Unended)?;
        let body = body.get(label.len() + "-----".len()..).unwrap_or_default();
        keys.push(Ok(public_key(label, body)?));
        rest = after;
    }
    Ok(keys)
}

/// The key between the lines that begin and end it.
fn public_key(label: &str, body: &str) -> Result<Key, KeyError> {
    let read = match label {
        "PUBLIC KEY" => public::any,
        "RSA PUBLIC KEY" => public::rsa,
        "CERTIFICATE" => return Err(KeyError::Certificate),
        label if label.ends_with("PRIVATE KEY") => return Err(KeyError::Private),
        label => return Err(KeyError::NotPublicKey(label.to_owned())),
    };
    let body: String = body.split_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| KeyError::Unreadable)?;
    read(&der)
}
