//! Golden data for client libraries: hashes of names, and one frame of every kind.

use std::fmt::Write as _;

use proto::bucket::BucketId;
use proto::{json, name, wire};

/// What clients say and gateways say, by example, one object a line. Every body is there,
/// every field is in one of them, and bytes are there as JSON and as base64.
const C2G: &str = include_str!("c2g.jsonl");
const G2C: &str = include_str!("g2c.jsonl");

const NAMES: &[&str] = &[
    "/a",
    "/room/1",
    "/room/2",
    "/room/123",
    "/room/abcdefghij",
    "/user/ann",
    "/user/bob",
    "/комната/é",
    "/sys/probe",
];

/// `testdata/hash.json`: names, their hashes, and their buckets in tables of 4 and of 10 bits.
pub(crate) fn hashes() -> String {
    let longest = format!("/{}", "x".repeat(254));
    // The hash takes other ways for 1 to 16, 17 to 128, 129 to 240 and more bytes.
    let middle = [16, 17, 128, 129, 240, 241].map(|length| format!("/{}", "m".repeat(length - 1)));
    let names = NAMES.iter().map(|name| (*name).to_owned()).chain(middle).chain([longest]);
    let lines = names.map(|name| {
        let hash = name::hash(name.as_bytes());
        let [few, many] = [4, 10].map(|bits| BucketId::of(hash, bits).prefix());
        format!(
            "{{\"name\":{name:?},\"xxh3_64\":\"{hash:016x}\",\"bucket_4\":{few},\
             \"bucket_10\":{many}}}"
        )
    });
    list(lines)
}

/// `testdata/frames.json`: each message as JSON and as the hexadecimal bytes of a frame on TCP.
pub(crate) fn frames() -> String {
    let clients = C2G.lines().map(|text| {
        let mut frame = Vec::new();
        json::c2g_frames(text, |bytes| frame = canonical::<proto::c2g::C2g>(bytes))
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        line("c2g", text, &frame)
    });
    let gateways = G2C.lines().map(|text| {
        let mut frame = Vec::new();
        json::g2c_from_json(text, |bytes| frame = canonical::<proto::g2c::G2c>(bytes))
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        line("g2c", text, &frame)
    });
    list(clients.chain(gateways))
}

/// The envelope as the generated code writes it: fields in the order of their numbers.
fn canonical<M: prost::Message + Default>(bytes: &[u8]) -> Vec<u8> {
    M::decode(bytes).expect("JSON is read as protobuf").encode_to_vec()
}

fn line(direction: &str, text: &str, envelope: &[u8]) -> String {
    let body = text.split('"').nth(1).expect("the one key");
    let mut frame = Vec::new();
    wire::put_varint(&mut frame, envelope.len() as u64);
    frame.extend_from_slice(envelope);
    let hex = frame.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("text grows");
        hex
    });
    format!("{{\"name\":\"{direction}.{body}\",\"json\":{text},\n  \"frame\":\"{hex}\"}}")
}

fn list(lines: impl Iterator<Item = String>) -> String {
    format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"))
}
