//! Writes `docs/metrics.md`, which is made from the code. A test compares it with what is there,
//! and with what processes show.

use std::fs;
use std::path::Path;

mod page;

fn main() -> std::io::Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    fs::write(page, page::text())
}
