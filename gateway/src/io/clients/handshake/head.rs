//! The head of a request: what may stand once, and what is one list over all of its
//! lines (RFC 9110, section 5.3).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::Refusal;

/// Some clients make keys of 22 letters without regard to the last bits, which nobody needs.
const KEY: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);
/// Bytes of a key.
const KEY_BYTES: usize = 16;

/// A whole head.
pub(super) struct Head<'a> {
    method: &'a str,
    target: &'a str,
    minor_version: u8,
    lines: &'a [httparse::Header<'a>],
}

impl<'a> Head<'a> {
    pub(super) fn of(request: &'a httparse::Request<'_, '_>) -> Head<'a> {
        Head {
            method: request.method.unwrap_or(""),
            target: request.path.unwrap_or(""),
            minor_version: request.version.unwrap_or(0),
            lines: request.headers,
        }
    }

    pub(super) fn method(&self) -> &str {
        self.method
    }

    pub(super) fn is_http_1_1(&self) -> bool {
        self.minor_version == 1
    }

    /// The target's path, without what stands behind `?`. A proxy may name the whole address (RFC
    /// 9112, section 3.2.2).
    pub(super) fn path(&self) -> Option<&'a str> {
        let target = self.target;
        let local = if target.starts_with('/') {
            target
        } else {
            let (scheme, rest) = target.split_once("://")?;
            let known = ["http", "https", "ws", "wss"];
            known.iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
            &rest[rest.find(['/', '?'])?..]
        };
        local.split('?').next()
    }

    /// The value of a header that may stand once.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&'a str>, Refusal> {
        let mut values = self.values(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Refusal::bad(format!("{name} appears more than once: send it once")));
        }
        match std::str::from_utf8(value) {
            Ok(value) => Ok(Some(value.trim())),
            Err(_) => Err(Refusal::bad(format!("{name} is not UTF-8: send it as plain text"))),
        }
    }

    /// The words of a header that is a list, over all lines of that name.
    pub(super) fn list(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let words = self.values(name).flat_map(|value| value.split(|byte| *byte == b','));
        words.map(<[u8]>::trim_ascii)
    }

    /// Whether more belongs to the request, which would be taken for frames.
    pub(super) fn has_body(&self) -> Result<bool, Refusal> {
        let length = self.one("Content-Length")?;
        Ok(self.is_chunked() || length.is_some_and(|length| length != "0"))
    }

    /// Whether a body comes whose length isn't said before.
    pub(super) fn is_chunked(&self) -> bool {
        self.values("Transfer-Encoding").next().is_some()
    }

    fn values(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.lines.iter().filter(|line| line.name.eq_ignore_ascii_case(name));
        named.map(|line| line.value)
    }
}

/// Whether that is a key: 16 bytes in base64.
pub(super) fn is_key(text: &str) -> bool {
    KEY.decode(text).is_ok_and(|key| key.len() == KEY_BYTES)
}
