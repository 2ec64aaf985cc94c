//! The boss's page, run by node with as much of a document as it needs.

use std::path::Path;

use crate::process::{PATIENCE, run};
use crate::roles::Five;

#[test]
fn the_page_of_a_boss_that_is_gone_says_of_nothing_that_it_is_available() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = here.join("tests/clients/node/status-page.mjs").display().to_string();
    let page = here.join("../boss/src/io/page.html").display().to_string();
    let (passed, said) = run("node", &[&script, &page], PATIENCE);
    assert!(passed, "{said}");
}

#[test]
fn on_a_phone_the_page_scrolls_nowhere_sideways() {
    let five = Five::start();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = here.join("tests/clients/node/page-width.mjs").display().to_string();
    let url = format!("http://127.0.0.1:{}/", five.base + 100);
    let (passed, said) = run("node", &[&script, &url, "g1", "g2", "q1", "q2", "joined"], PATIENCE);
    assert!(passed, "{said}");
}
