//! `docs/protocol.md` says what the code and the schemas say.

use std::collections::BTreeMap;

use prost::Message;
use proto::frame;
use proto::{c2g, g2c, json};

use crate::schema::Schema;

#[path = "../../examples/golden/tables.rs"]
mod tables;

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

#[test]
fn tables_are_what_the_code_says() {
    for name in ["statuses", "closes", "limits", "times"] {
        assert!(DOCUMENT.contains(&format!("<!-- table:{name} -->")), "no table {name}");
    }
    for (wanted, line) in tables::filled_in(DOCUMENT).lines().zip(DOCUMENT.lines()) {
        assert_eq!(line, wanted, "renew by: cargo run -p proto --example golden");
    }
    assert!(tables::filled_in(DOCUMENT) == DOCUMENT);
}

/// Number, name and type of each field in the tables below `<!-- fields:c2g.Subscribe -->`.
fn documented() -> BTreeMap<String, Vec<[String; 3]>> {
    let mut documented = BTreeMap::new();
    for part in DOCUMENT.split("<!-- fields:").skip(1) {
        let (names, rest) = part.split_once(" -->").expect("a marker has an end");
        let rows = rest.trim_start().lines().take_while(|line| line.starts_with('|')).skip(2);
        let fields: Vec<[String; 3]> = rows
            .map(|row| {
                let cells: Vec<&str> = row.split('|').map(str::trim).collect();
                assert_eq!(cells.len(), 6, "number, name, type, meaning: {row}");
                assert!(!cells[4].is_empty(), "no meaning: {row}");
                [cells[1], cells[2], cells[3]].map(|cell| cell.replace('`', ""))
            })
            .collect();
        for name in names.split(' ') {
            documented.insert(name.to_owned(), fields.clone());
        }
    }
    documented
}

#[test]
fn fields_are_those_of_the_schemas() {
    let schema = Schema::read();
    let mut wanted = BTreeMap::new();
    for (name, fields) in &schema.messages {
        let (package, _) = name.split_once('.').expect("a package");
        if fields.is_empty() || !["c2g", "g2c"].contains(&package) {
            continue;
        }
        let fields = fields
            .iter()
            .map(|field| [field.number.to_string(), field.name.clone(), field.type_text(package)]);
        wanted.insert(name.clone(), fields.collect::<Vec<_>>());
    }
    let documented = documented();
    for (name, fields) in &wanted {
        assert_eq!(documented.get(name), Some(fields), "{name}");
    }
    assert_eq!(documented.len(), wanted.len(), "a table of fields has no message");
}

/// The worked example: lines of JSON, each followed by the bytes of its frame in hexadecimal.
#[test]
fn the_example_is_true() {
    let (_, example) = DOCUMENT.split_once("<!-- example -->").expect("the example's marker");
    let (example, _) = example.split_once("<!-- end -->").expect("the example's end");
    let lines: Vec<&str> = example.lines().filter(|line| !line.starts_with("```")).collect();
    let mut checked = 0;
    for pair in lines.windows(2) {
        let Some((direction, text)) = pair[0].split_once(' ') else { continue };
        let bytes = pair[1].split_whitespace().map(|byte| u8::from_str_radix(byte, 16));
        let bytes: Vec<u8> = match bytes.collect() {
            Ok(bytes) => bytes,
            Err(_) => continue,
        };
        let (envelope, end) = frame::split(&bytes, bytes.len()).unwrap().expect("a whole frame");
        assert_eq!(end, bytes.len(), "{text}");
        match direction {
            "C" => {
                let wanted = c2g::C2g::decode(envelope).unwrap();
                let check = |frame: &[u8]| assert_eq!(c2g::C2g::decode(frame), Ok(wanted.clone()));
                json::c2g_frames(text, check).unwrap();
            }
            "G" => {
                let wanted = g2c::G2c::decode(envelope).unwrap();
                let check = |frame: &[u8]| assert_eq!(g2c::G2c::decode(frame), Ok(wanted.clone()));
                json::g2c_from_json(text, check).unwrap();
            }
            direction => panic!("who is {direction}?"),
        }
        checked += 1;
    }
    assert!(checked >= 8, "the example has {checked} frames");
}
