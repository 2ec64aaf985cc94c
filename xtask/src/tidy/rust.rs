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
        for number in ignoring_lines(file.text) {
            findings.add(file.path, number, "an ignored test proves nothing: run it or remove it");
        }
    }
}

/// The lines on which a test is marked to be ignored, with or without a condition, or documented
/// code not to be run.
fn ignoring_lines(text: &str) -> Vec<usize> {
    let openings = text.match_indices("#[");
    let marks = openings.filter(|(at, _)| is_ignore(&text[at + 2..])).map(|(at, _)| at);
    let mut lines: Vec<usize> = marks.map(|at| 1 + text[..at].matches('\n').count()).collect();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let language = doc.and_then(|doc| doc.trim_start().strip_prefix("```"));
        if language.is_some_and(|words| words.split(',').any(|word| word.trim() == "ignore")) {
            lines.push(number);
        }
    }
    lines
}

/// Whether an attribute, from behind its opening on, is `ignore` or may become that.
fn is_ignore(attribute: &str) -> bool {
    let mut depth = 1;
    let end = attribute.find(|character| {
        depth += i32::from(character == '[') - i32::from(character == ']');
        depth == 0
    });
    // What stands in quotes is a reason, or the name of a feature.
    let unquoted = attribute[..end.unwrap_or(0)].split('"').step_by(2);
    let unquoted: String = unquoted.collect();
    let mut words = unquoted.split(|c: char| !c.is_alphanumeric() && c != '_');
    match words.next() {
        Some("ignore") => true,
        Some("cfg_attr") => words.any(|word| word == "ignore"),
        Some(_) | None => false,
    }
}

/// What makes a program stand still for a while, in any of the languages.
const SLEEPS: [&str; 5] = ["sleep", "usleep", "nanosleep", "time_nanosleep", "sleep_ms"];

pub(super) fn sleeping_tests(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().filter(is_test) {
        for (number, line) in file.lines() {
            // Listening for a word that nobody says is sleeping, too.
            let in_vain = calls(line, "try_hear") && line.contains("|_| false");
            if in_vain || SLEEPS.iter().any(|function| calls(line, function)) {
                findings.add(file.path, number, "a test sleeps: wait for the thing itself");
            }
        }
    }
}

/// What draws a number that nobody can draw again.
const DRAWS: [&str; 7] = [
    "rand::random",
    "rand::rng()",
    "from_os_rng",
    "getrandbits(",
    "Math.random(",
    "mt_rand(",
    "random_int(",
];

pub(super) fn seeded_tests(tree: &Tree, findings: &mut Findings) {
    let tells_its_seed = |file: &File<'_>| file.text.contains("seed {");
    for file in tree.files().filter(|file| is_test(file) && !tells_its_seed(file)) {
        for (number, line) in file.lines() {
            if DRAWS.iter().any(|draw| line.contains(draw)) {
                let sentence = "a random test that can't be had again: print and take its seed";
                findings.add(file.path, number, sentence);
            }
        }
    }
}

/// Where HTTP is served, for all roles: with its bounds and deadlines.
const SERVER: &str = "member/src/io/http/server";

pub(super) fn one_server(tree: &Tree, findings: &mut Findings) {
    let is_other = |file: &File<'_>| file.extension() == "rs" && !file.path.starts_with(SERVER);
    for file in tree.files().filter(is_other) {
        for (number, line) in file.lines() {
            if SERVERS.iter().any(|server| line.contains(server)) {
                let sentence = format!("HTTP is served by `{SERVER}` alone, which has its bounds");
                findings.add(file.path, number, sentence);
            }
        }
    }
}

/// What the libraries serve HTTP with, in halves so that this file doesn't hold them.
const SERVERS: [&str; 3] =
    [concat!("hyper::", "server"), concat!("hyper_util::", "server"), concat!("axum::", "serve")];

/// How the test frameworks of other languages leave a test out.
const SKIPS: [&str; 6] =
    ["markTestSkipped(", "skipTest(", "skipIf(", ".skip(", "unittest.skip", "pytest.skip"];

pub(super) fn skipped_tests(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().filter(|file| file.extension() != "rs" && is_test(file)) {
        for (number, line) in file.lines() {
            if SKIPS.iter().any(|skip| line.contains(skip)) {
                let sentence = "a skipped test proves nothing: what it needs must be there";
                findings.add(file.path, number, sentence);
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
