//! The boss's page, run by node with as much of a document as it needs.

use std::path::Path;

use crate::process::{PATIENCE, run};

#[test]
fn the_page_of_a_boss_that_is_gone_says_of_nothing_that_it_is_available() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = here.join("tests/clients/node/status-page.mjs").display().to_string();
    let page = here.join("../boss/src/io/page.html").display().to_string();
    let (passed, said) = run("node", &[&script, &page], PATIENCE);
    assert!(passed, "{said}");
}
