//! Proof that a peer knows the cluster secret, without sending it.
//!
//! HMAC-SHA-256 (RFC 2104) over a label of the speaker's end and both hellos as they travelled.
//! Both hellos carry a nonce, so a recorded proof is worth nothing; the label keeps an end from
//! being shown its own proof.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Who proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Dialler,
    Acceptor,
}

/// The proof of this end.
pub(super) fn make(secret: &[u8], end: End, dialler: &[u8], acceptor: &[u8]) -> [u8; 32] {
    let label: &[u8] = match end {
        End::Dialler => b"imq link, dialler",
        End::Acceptor => b"imq link, acceptor",
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    for part in [label, dialler, acceptor] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether it is the proof of this end, in a time that says nothing about where it differs.
pub(super) fn holds(
    proof: &[u8],
    secret: &[u8],
    end: End,
    dialler: &[u8],
    acceptor: &[u8],
) -> bool {
    make(secret, end, dialler, acceptor).ct_eq(proof).into()
}
