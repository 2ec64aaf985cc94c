//! A public key as openssl writes it: SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), or the RSA
//! key alone (PKCS#1, RFC 8017 appendix A.1.1).

use pkcs1::RsaPublicKeyRef;
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::key::{Key, KeyError};

/// RFC 8017 appendix C: `rsaEncryption`.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 5480 section 2.1.1: `id-ecPublicKey`.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 5480 section 2.1.1.1: `secp256r1`.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// RFC 8410 section 3: `id-Ed25519`.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The key of a SubjectPublicKeyInfo.
pub(super) fn any(der: &[u8]) -> Result<Key, KeyError> {
    let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| KeyError::Unreadable)?;
    let bytes = info.subject_public_key.as_bytes().ok_or(KeyError::Unreadable)?;
    match info.algorithm.oid {
        RSA => rsa(bytes),
        EC if info.algorithm.parameters_oid() == Ok(P256) => Key::p256(None, bytes),
        EC => Err(KeyError::NotP256),
        ED25519 => Key::ed25519(None, bytes),
        _ => Err(KeyError::Unreadable),
    }
}

/// The key of PKCS#1.
pub(super) fn rsa(der: &[u8]) -> Result<Key, KeyError> {
    let key = RsaPublicKeyRef::try_from(der).map_err(|_| KeyError::Unreadable)?;
    Key::rsa(None, key.modulus.as_bytes(), key.public_exponent.as_bytes())
}
