//! Who speaks: the Standard Webhooks scheme, <https://www.standardwebhooks.com>, version 1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use proto::time::Time;
use sha2::Sha256;

/// The headers of a request with this body. `id` has no `.`, since a dot ends it in what is signed.
pub(super) fn headers(key: &[u8], id: &str, now: Time, body: &[u8]) -> Vec<(&'static str, String)> {
    let seconds = now.unix_ms / 1000;
    vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", sign(key, id, seconds, body)),
    ]
}

/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
pub(super) fn sign(key: &[u8], id: &str, seconds: u64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
