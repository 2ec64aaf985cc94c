//! The golden data under `proto/testdata` is what the code says, and is complete.

use std::collections::BTreeSet;
use std::path::Path;

use prost::Message;
use proto::{c2g, frame, g2c, json, name};
use serde_json::Value;

use crate::schema::{Field, Schema};

#[path = "../../examples/golden/data.rs"]
mod data;

const TO_RENEW: &str = "differs from the code: cargo run -p proto --example golden";

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn golden_data_is_what_the_code_says() {
    assert!(read("hash.json") == data::hashes(), "hash.json {TO_RENEW}");
    assert!(read("frames.json") == data::frames(), "frames.json {TO_RENEW}");
}

#[test]
fn hashes_are_the_published_ones() {
    // XXH3-64 of no bytes with seed 0, from the test vectors of the algorithm's author.
    assert_eq!(name::hash(b""), 0x2d06_8005_38d3_94c2);
    let rows: Vec<Value> = serde_json::from_str(&read("hash.json")).unwrap();
    for row in rows {
        let hash = u64::from_str_radix(row["xxh3_64"].as_str().unwrap(), 16).unwrap();
        assert_eq!(name::hash(row["name"].as_str().unwrap().as_bytes()), hash);
        assert_eq!(row["bucket_4"], hash >> 60);
        assert_eq!(row["bucket_10"], hash >> 54);
    }
}

#[test]
fn frames_become_their_json_and_are_complete() {
    let schema = Schema::read();
    let mut seen = BTreeSet::new();
    #[derive(serde::Deserialize)]
    struct Row<'a> {
        name: String,
        #[serde(borrow)]
        json: &'a serde_json::value::RawValue,
        frame: String,
    }
    let text = read("frames.json");
    let rows: Vec<Row<'_>> = serde_json::from_str(&text).unwrap();
    for row in &rows {
        let bytes = unhex(&row.frame);
        let (envelope, end) = frame::split(&bytes, bytes.len()).unwrap().unwrap();
        assert_eq!(end, bytes.len());
        let mut out = Vec::new();
        let root = if row.name.starts_with("c2g.") {
            c2g::C2g::decode(envelope).unwrap();
            json::c2g_to_json(&mut out, envelope).unwrap();
            "c2g.C2g"
        } else {
            g2c::G2c::decode(envelope).unwrap();
            json::put_g2c(&mut out, envelope).unwrap();
            "g2c.G2c"
        };
        assert_eq!(std::str::from_utf8(&out), Ok(row.json.get()), "{}", row.name);
        note(&schema, root, &serde_json::from_str(row.json.get()).unwrap(), &mut seen);
    }
    for root in ["c2g.C2g", "g2c.G2c"] {
        let missing: Vec<String> =
            all(&schema, root).into_iter().filter(|path| !seen.contains(path)).collect();
        assert!(missing.is_empty(), "no golden frame has {missing:?}");
    }
}

/// Notes which fields of which messages an example has.
fn note(schema: &Schema, message: &str, value: &Value, seen: &mut BTreeSet<String>) {
    for field in schema.fields(message) {
        let base64 = format!("{}_base64", field.name);
        let Some(value) = value.get(&field.name).or_else(|| value.get(&base64)) else { continue };
        seen.insert(format!("{message}.{}", field.name));
        if schema.messages.contains_key(&field.holds) {
            let one = std::slice::from_ref(value);
            let items = value.as_array().map_or(one, Vec::as_slice);
            items.iter().for_each(|item| note(schema, &field.holds, item, seen));
        }
    }
}

/// All fields of a message and of what it holds. In a result, messages have no `sub`.
fn all(schema: &Schema, message: &str) -> BTreeSet<String> {
    let of = |field: &Field| format!("{message}.{}", field.name);
    let fields = schema.fields(message);
    let mut paths: BTreeSet<String> = fields.iter().map(of).collect();
    for field in fields.iter().filter(|field| schema.messages.contains_key(&field.holds)) {
        paths.extend(all(schema, &field.holds));
    }
    paths
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}
