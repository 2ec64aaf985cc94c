//! Rules about Rust files and about tests.

use super::{File, Findings, Tree};

/// Programs that may be tests.
const TEST_LANGUAGES: [&str; 7] = ["rs", "js", "mjs", "cjs", "ts", "py", "php"];

pub(super) fn module_doc(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().filter(|file| file.extension() == "rs") {
        if !file.text.starts_with("//!") {
            findings.add(
                file.path,
                1,
                "no module doc: begin with a `//!` line that says what it is",
            );
        }
    }
}

pub(super) fn never(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().filter(|file| file.path.ends_with("src/lib.rs")) {
        let mut doc = file.text.lines().take_while(|line| line.starts_with("//!"));
        if !doc.any(|line| line.contains("never")) {
            findings.add(file.path, 1, "the crate's doc doesn't say what the crate never does");
        }
    }
}

pub(super) fn ignored_tests(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().filter(|file| file.extension() == "rs") {
        for (number, line) in file.lines() {
            if line.trim_start().starts_with("#[ignore") {
                findings.add(
                    file.path,
                    number,
                    "an ignored test proves nothing: run it or remove it",
                );
            }
        }
    }
}

pub(super) fn sleeping_tests(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().filter(is_test) {
        for (number, line) in file.lines() {
            if calls(line, "sleep") {
                findings.add(file.path, number, "a test sleeps: wait for the thing itself");
            }
        }
    }
}

/// Whether a file is a test by its place: `tests.rs`, or anywhere below a folder `tests` or `test`.
fn is_test(file: &File<'_>) -> bool {
    let mut folders = file.path.rsplit('/').skip(1);
    TEST_LANGUAGES.contains(&file.extension())
        && (file.name() == "tests.rs" || folders.any(|folder| ["tests", "test"].contains(&folder)))
}

/// Whether a line calls a function of exactly this name.
fn calls(line: &str, function: &str) -> bool {
    let call = format!("{function}(");
    line.match_indices(&call).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}
