//! What is said on links, for a trace that shows everything.

use prost::Message as _;
use proto::{b2n, g2q, limits, n2b, q2g, q2q};

use super::wires::Port;

/// One line per frame.
pub(super) fn lines(from: Port, to: Port, bytes: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::LINK_FRAME_BYTES_MAX) {
        rest = &rest[end..];
        let said = match (from, to) {
            (Port::Lane(..), Port::Node(_)) => {
                g2q::G2q::decode(frame).map(|said| format!("{:?}", said.body))
            }
            (Port::Node(_), Port::Lane(..)) => {
                q2g::Q2g::decode(frame).map(|said| format!("{:?}", said.body))
            }
            (Port::Node(_), Port::Node(_)) => {
                q2q::Q2q::decode(frame).map(|said| format!("{:?}", said.body))
            }
            (Port::Lane(..) | Port::Node(_), Port::Boss) => {
                n2b::N2b::decode(frame).map(|said| format!("{:?}", said.body))
            }
            (Port::Boss, _) => b2n::B2n::decode(frame).map(|said| format!("{:?}", said.body)),
            (Port::Lane(..), Port::Lane(..)) => continue,
        };
        let said = said.unwrap_or_else(|error| error.to_string());
        lines.push(format!("{from:?} > {to:?}: {said}"));
    }
    lines
}
