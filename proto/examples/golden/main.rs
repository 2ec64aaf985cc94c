//! Writes what is made from the code: `proto/testdata`, and the tables of `docs/protocol.md`.
//! A test compares both with what is there.

use std::fs;
use std::path::Path;

mod data;
mod tables;

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(here.join("testdata/hash.json"), data::hashes())?;
    fs::write(here.join("testdata/frames.json"), data::frames())?;
    let document = here.join("../docs/protocol.md");
    let text = fs::read_to_string(&document)?;
    fs::write(document, tables::filled_in(&text))
}
