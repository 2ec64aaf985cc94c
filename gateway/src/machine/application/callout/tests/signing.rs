//! Signatures, by the vectors of Standard Webhooks.

use base64::Engine as _;

use super::bench::{SECRET, at};
use crate::machine::application::callout::signature;

/// The example that the libraries of Standard Webhooks are tested with.
#[test]
fn signs_as_standard_webhooks_do() {
    let key = SECRET.strip_prefix("whsec_").unwrap();
    let key = base64::engine::general_purpose::STANDARD.decode(key).unwrap();
    let body = br#"{"test": 2432232314}"#;
    let signed = signature::sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn headers_carry_what_is_signed() {
    let headers = signature::headers(b"key", "id", at(1_999), b"{}");
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"]);
    assert_eq!(headers[1].1, "id");
    assert_eq!(headers[2].1, "1700000001");
    assert_eq!(headers[3].1, signature::sign(b"key", "id", 1_700_000_001, b"{}"));
}
