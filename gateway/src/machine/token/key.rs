//! A key that tokens are verified with, bound to one algorithm by what it consists of.

use curve25519_dalek::edwards::CompressedEdwardsY;
use proto::limits;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use ring::{agreement, hmac};

use super::KEYS_TRIED_MAX;
use super::algorithm::Algorithm;

/// A secret is at least as long as the hash (RFC 7518 section 3.2): shorter ones can be guessed
/// from one token.
pub(super) const SECRET_BYTES_MIN: usize = 32;
/// Shorter RSA keys are broken (RFC 7518 section 3.3).
const RSA_BITS_MIN: usize = 2048;
/// Longer ones cost more than they are worth: whoever connects makes a gateway verify.
const RSA_BITS_MAX: usize = 4096;

/// A key that verifies tokens of one algorithm.
#[derive(Debug, Clone)]
pub struct Key {
    kid: Option<String>,
    material: Material,
}

/// What a key consists of, which says what it is for.
#[derive(Clone)]
enum Material {
    Secret(hmac::Key),
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl std::fmt::Debug for Material {
    /// The algorithm alone: secrets are for nobody's log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.algorithm())
    }
}

impl Material {
    fn algorithm(&self) -> Algorithm {
        match self {
            Material::Secret(_) => Algorithm::Hs256,
            Material::Rsa(_) => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }
}

/// Why there are no keys. The text says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its text what it means")]
pub enum KeyError {
    #[error("there is nothing in it")]
    Empty,
    #[error("it has {0} bytes, at most {max} are read", max = limits::TOKEN_KEYS_BYTES_MAX)]
    TooLong(usize),
    #[error("it is not text")]
    NotText,
    #[error("it is not a JWKS document ({{\"keys\":[…]}}): {0}")]
    NotJwks(String),
    #[error("it has {0} keys, at most {max} are read", max = limits::TOKEN_KEYS_MAX)]
    TooMany(usize),
    #[error(
        "it has {0} secrets, at most {KEYS_TRIED_MAX} are tried: make it a JWKS document, where \
         keys have names"
    )]
    TooManySecrets(usize),
    #[error(
        "it has {keys} keys for {algorithm} without a name (`kid`), at most {KEYS_TRIED_MAX} are \
         tried: name them, in a JWKS document"
    )]
    TooManyUnnamed { keys: usize, algorithm: Algorithm },
    #[error("no key in it can be used for {wanted}{}", because(skipped))]
    NoneFits { wanted: String, skipped: Vec<String> },
    #[error(
        "a secret has {0} bytes, at least {SECRET_BYTES_MIN} are needed: make one with \
         `openssl rand -base64 32`"
    )]
    ShortSecret(usize),
    #[error("after \"base64:\" there is no base64")]
    NotBase64,
    #[error(
        "it is a private key, which only the maker of tokens should have: give the public one, \
         from `openssl pkey -pubout`"
    )]
    Private,
    #[error("it is a certificate: give its key, from `openssl x509 -pubkey -noout`")]
    Certificate,
    #[error("it is {0:?} in PEM, which is not a public key")]
    NotPublicKey(String),
    #[error("it is not PEM: its BEGIN line has no END line")]
    Unended,
    #[error("it is not an RSA, P-256 or Ed25519 public key")]
    Unreadable,
    #[error("its RSA key has {0} bits: {RSA_BITS_MIN} to {RSA_BITS_MAX} can be used")]
    RsaBits(usize),
    #[error("it is not an uncompressed point of P-256, the curve of ES256")]
    NotP256,
    #[error("its Ed25519 key is not 32 bytes of a point")]
    NotEd25519,
}

fn because(skipped: &[String]) -> String {
    if skipped.is_empty() { String::new() } else { format!(": {}", skipped.join("; ")) }
}

impl Key {
    /// A secret, for HS256.
    pub(super) fn secret(kid: Option<String>, secret: &[u8]) -> Key {
        Key { kid, material: Material::Secret(hmac::Key::new(hmac::HMAC_SHA256, secret)) }
    }

    /// An RSA key by its modulus and exponent, for RS256.
    pub(super) fn rsa(kid: Option<String>, n: &[u8], e: &[u8]) -> Result<Key, KeyError> {
        let zeros = n.iter().take_while(|byte| **byte == 0).count();
        let n = &n[zeros..];
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits) {
            return Err(KeyError::RsaBits(bits));
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        let zeros = e.iter().take_while(|byte| **byte == 0).count();
        let e = &e[zeros..];
        // No known key has a longer exponent, and ring takes none much longer.
        if !is_odd(n) || !is_odd(e) || e == [1] || e.len() > 4 {
            return Err(KeyError::Unreadable);
        }
        let parts = RsaPublicKeyComponents { n: n.to_vec(), e: e.to_vec() };
        Ok(Key { kid, material: Material::Rsa(parts) })
    }

    /// A point of P-256, uncompressed (SEC 1), for ES256.
    pub(super) fn p256(kid: Option<String>, point: &[u8]) -> Result<Key, KeyError> {
        if !is_on_p256(point) {
            return Err(KeyError::NotP256);
        }
        Ok(Key { kid, material: Material::P256(point.to_vec()) })
    }

    /// A point of Ed25519, for EdDSA.
    pub(super) fn ed25519(kid: Option<String>, point: &[u8]) -> Result<Key, KeyError> {
        let compressed = CompressedEdwardsY::from_slice(point).ok();
        if compressed.and_then(|point| point.decompress()).is_none() {
            return Err(KeyError::NotEd25519);
        }
        Ok(Key { kid, material: Material::Ed25519(point.to_vec()) })
    }

    /// What it is called, in a token's `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What it is for.
    pub fn algorithm(&self) -> Algorithm {
        self.material.algorithm()
    }

    /// Whether it has made this signature of these bytes.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret(secret) => hmac::verify(secret, signed, signature).is_ok(),
            Material::Rsa(parts) => {
                parts.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            Material::P256(point) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(signed, signature).is_ok()
            }
            Material::Ed25519(point) => {
                let key = UnparsedPublicKey::new(&ED25519, point);
                key.verify(signed, signature).is_ok()
            }
        }
    }
}

/// Whether these bytes are an uncompressed point of P-256. An agreement over them says so: it
/// checks the point first (NIST SP 800-56A section 5.6.2.3.3), whatever it draws.
fn is_on_p256(point: &[u8]) -> bool {
    let own = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new());
    let theirs = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, point);
    own.is_ok_and(|own| agreement::agree_ephemeral(own, &theirs, |_| ()).is_ok())
}
