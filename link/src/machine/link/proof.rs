//! Proof that a peer knows the cluster secret, without sending it.
//!
//! HMAC-SHA-256 (RFC 2104) over a label of the speaker's end and all that was said before, as it
//! travelled. Both ends have put a nonce into that, so a recorded proof is worth nothing; the label
//! keeps an end from being shown its own proof.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Who proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Dialler,
    Acceptor,
}

/// The proof of this end, after `said` was said.
pub(super) fn make(secret: &[u8], end: End, said: &[&[u8]]) -> [u8; 32] {
    let label: &[u8] = match end {
        End::Dialler => b"imq link 2, dialler",
        End::Acceptor => b"imq link 2, acceptor",
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    for part in std::iter::once(&label).chain(said) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether it is the proof of this end, in a time that says nothing about where it differs.
pub(super) fn holds(proof: &[u8], secret: &[u8], end: End, said: &[&[u8]]) -> bool {
    make(secret, end, said).ct_eq(proof).into()
}
