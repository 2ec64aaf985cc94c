//! Writes `docs/configuration-reference.md`, which is made from what reads configurations: serde's
//! and clap's own lists of fields. A test compares it with what is there.

#![allow(dead_code, unused_imports, reason = "what processes do with options isn't used here")]

use std::fs;
use std::path::Path;

#[path = "../../src"]
mod imq {
    pub(crate) mod config;
}
#[path = "page.rs"]
mod page;

use imq::config;

fn main() -> std::io::Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration-reference.md");
    fs::write(page, page::text())
}
