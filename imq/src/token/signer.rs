//! What signs a token: a secret or a private key, bound to one algorithm by what it is.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gateway::machine::token::{self, Algorithm};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};

/// A key that signs.
#[derive(Debug)]
pub(super) enum Signer {
    Secret(hmac::Key),
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// The key of a text: a private key in PEM, or the newest of secrets, a line each.
    pub(super) fn read(text: &str) -> Result<Signer> {
        let Some((_, begun)) = text.split_once("-----BEGIN ") else {
            ensure!(!text.trim_start().starts_with('{'), "a JWKS document: give the key in PEM");
            let secrets = token::secrets(text)?;
            let newest = secrets.last().context("there is no secret in it")?;
            return Ok(Signer::Secret(hmac::Key::new(hmac::HMAC_SHA256, newest)));
        };
        let (label, rest) = begun.split_once("-----").unwrap_or_default();
        match label {
            "PRIVATE KEY" | "RSA PRIVATE KEY" => {}
            "EC PRIVATE KEY" | "EC PARAMETERS" => {
                bail!("it is not in PKCS#8: convert it with `openssl pkcs8 -topk8 -nocrypt`")
            }
            "ENCRYPTED PRIVATE KEY" => {
                bail!("it has a passphrase: remove it with `openssl pkey`")
            }
            label => bail!("it is a {label:?}: tokens are signed with a private key"),
        }
        let body = rest.split_once("-----END").map_or("", |(body, _)| body);
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body).unwrap_or_default();
        Signer::private(&der).context("it is not an RSA, P-256 or Ed25519 key that can sign")
    }

    /// The key of a PKCS#8 document (RFC 5958), or of PKCS#1 for RSA.
    fn private(der: &[u8]) -> Option<Signer> {
        // openssl writes keys of Ed25519 without their public part.
        if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Some(Signer::Ed25519(key));
        }
        let p256 = &ECDSA_P256_SHA256_FIXED_SIGNING;
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(p256, der, &SystemRandom::new()) {
            return Some(Signer::P256(key));
        }
        let rsa = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der));
        rsa.ok().map(|key| Signer::Rsa(Box::new(key)))
    }

    /// What it signs with.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Signer::Secret(_) => Algorithm::Hs256,
            Signer::Rsa(_) => Algorithm::Rs256,
            Signer::P256(_) => Algorithm::Es256,
            Signer::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// A token of this header and these claims, both JSON (RFC 7515 section 7.1).
    pub(super) fn token(&self, header: &str, claims: &str) -> Result<String> {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.sign(signed.as_bytes()).ok();
        let signature = signature.with_context(|| format!("{} fails here", self.algorithm()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
        let random = SystemRandom::new();
        match self {
            Signer::Secret(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Signer::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Signer::P256(key) => Ok(key.sign(&random, message)?.as_ref().to_vec()),
            Signer::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
        }
    }
}
