//! Writes the parts of `docs/rpc.md` that are made from the table of methods. A test compares them
//! with what is there.

use std::fs;
use std::path::Path;

mod parts;

fn main() -> std::io::Result<()> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rpc.md");
    let text = fs::read_to_string(&document)?;
    fs::write(document, parts::filled_in(&text))
}
