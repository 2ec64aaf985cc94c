//! What an operator can do about TLS that doesn't come to be.

use rustls::{CertificateError, Error};

/// What a TLS handshake begins with: a record of the handshake's kind. No frame of a link does.
const HANDSHAKE: [u8; 2] = [22, 3];
/// What TLS refuses with.
const ALERT: [u8; 2] = [21, 3];

/// Whether the first bytes of a peer are TLS.
pub(in crate::io) fn is_tls(bytes: &[u8]) -> bool {
    bytes.starts_with(&HANDSHAKE) || bytes.starts_with(&ALERT)
}

/// The sentence for what ends a connection.
pub(super) fn of(error: &Error, handshaking: bool) -> String {
    if handshaking && matches!(error, Error::InvalidMessage(_)) {
        return "the peer doesn't speak TLS, but this end does: configure it at both".to_owned();
    }
    if let Error::InvalidCertificate(problem) = error {
        return certificate(problem);
    }
    if matches!(error, Error::NoCertificatesPresented) {
        return "the peer has shown no certificate: configure its TLS as on this node".to_owned();
    }
    if let Error::AlertReceived(alert) = error {
        return format!("the peer refuses this end's TLS ({alert:?}): its log says why");
    }
    format!("TLS: {error}")
}

fn certificate(problem: &CertificateError) -> String {
    if *problem == CertificateError::UnknownIssuer {
        return "the peer's certificate is not from the authority configured here: is it the same \
                on all nodes?"
            .to_owned();
    }
    format!("the peer's certificate is not valid: {problem}")
}
