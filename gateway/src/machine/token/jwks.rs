//! A JWKS document (RFC 7517): `{"keys":[…]}`, as issuers publish it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::excerpt;
use super::key::{Key, KeyError, SECRET_BYTES_MIN};
use super::set::Origin;

/// Documents with more keys than any issuer has are refused unread.
const ENTRIES_MAX: usize = 256;

#[derive(Debug, Deserialize)]
struct Document<'b> {
    #[serde(borrow)]
    keys: Vec<&'b RawValue>,
}

/// What is read of a key; private parts aren't.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: String,
    n: String,
    e: String,
    x: String,
    y: String,
    k: String,
}

/// The keys of a document, or for each why it isn't used: issuers publish keys for other purposes
/// beside those for tokens, and one bad key must not take the good ones along.
pub(super) fn read(text: &str, origin: Origin) -> Result<Vec<Result<Key, String>>, KeyError> {
    let document: Document<'_> = serde_json::from_str(text)
        .map_err(|error| KeyError::NotJwks(excerpt(&error.to_string())))?;
    if document.keys.len() > ENTRIES_MAX {
        return Err(KeyError::TooMany(document.keys.len()));
    }
    let read = |(at, raw): (usize, &&RawValue)| {
        let entry: Entry = serde_json::from_str(raw.get())
            .map_err(|error| format!("keys[{at}]: {}", excerpt(&error.to_string())))?;
        let name = match &entry.kid {
            Some(kid) => format!("{:?}", excerpt(kid)),
            None => format!("keys[{at}]"),
        };
        entry.key(origin).map_err(|reason| format!("{name}: {reason}"))
    };
    Ok(document.keys.iter().enumerate().map(read).collect())
}

impl Entry {
    fn key(self, origin: Origin) -> Result<Key, String> {
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Err("it is not for signatures (`use`)".to_owned());
        }
        let may = |ops: &Vec<String>| ops.iter().any(|op| op == "verify" || op == "sign");
        if self.key_ops.as_ref().is_some_and(|ops| !may(ops)) {
            return Err("it is not for verifying (`key_ops`)".to_owned());
        }
        let alg = self.alg.clone();
        let key = match (self.kty.as_str(), self.crv.as_str()) {
            ("RSA", _) => self.rsa(),
            ("EC", "P-256") => self.p256(),
            ("OKP", "Ed25519") => self.ed25519(),
            ("oct", _) => self.secret(origin),
            (kty, crv) => {
                let (kty, crv) = (excerpt(kty), excerpt(crv));
                Err(format!("keys of `kty` {kty:?} and `crv` {crv:?} are not supported"))
            }
        }?;
        match alg {
            Some(alg) if alg != key.algorithm().name() => {
                Err(format!("it is for {:?}, which is not supported", excerpt(&alg)))
            }
            Some(_) | None => Ok(key),
        }
    }

    fn rsa(self) -> Result<Key, String> {
        let (n, e) = (bytes("n", &self.n)?, bytes("e", &self.e)?);
        Key::rsa(self.kid, &n, &e).map_err(|error| error.to_string())
    }

    fn p256(self) -> Result<Key, String> {
        let (x, y) = (bytes("x", &self.x)?, bytes("y", &self.y)?);
        if x.len() != 32 || y.len() != 32 {
            return Err(KeyError::NotP256.to_string());
        }
        // SEC 1, section 2.3.3: 4 says that the point is uncompressed.
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        Key::p256(self.kid, &point).map_err(|error| error.to_string())
    }

    fn ed25519(self) -> Result<Key, String> {
        let x = bytes("x", &self.x)?;
        Key::ed25519(self.kid, &x).map_err(|error| error.to_string())
    }

    fn secret(self, origin: Origin) -> Result<Key, String> {
        match origin {
            Origin::File => {}
            Origin::Url => {
                return Err("it is a secret, which must not be at a URL: put it into a file".into());
            }
        }
        let secret = bytes("k", &self.k)?;
        if secret.len() < SECRET_BYTES_MIN {
            return Err(KeyError::ShortSecret(secret.len()).to_string());
        }
        Ok(Key::secret(self.kid, &secret))
    }
}

fn bytes(field: &str, text: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| format!("`{field}` is not base64url"))
}
