//! Rules about lines, whatever they say.

use super::{File, Findings, Tree};
use crate::schema;

/// Beyond this a file holds more than one noun.
const FILE_LINES_MAX: usize = 500;

const LINE_COLUMNS_MAX: usize = 100;

/// The languages of our own programs.
const PROGRAMS: [&str; 7] = ["rs", "js", "mjs", "cjs", "ts", "py", "php"];

/// What else may hold a word to its writer.
const SCRIPTS: [&str; 6] = ["sh", "proto", "toml", "html", "css", "service"];

/// The words that promise work, in halves so that this file doesn't hold them.
const PROMISES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Where one person's or one builder's checkout lies.
const MACHINE_PATHS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];

pub(super) fn file_length(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().filter(|file| PROGRAMS.contains(&file.extension())) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            let sentence = format!("{lines} lines, over {FILE_LINES_MAX}: split it by noun");
            findings.add(file.path, FILE_LINES_MAX + 1, sentence);
        }
    }
}

pub(super) fn line_width(tree: &Tree, findings: &mut Findings) {
    let by_hand = |file: &File<'_>| file.extension() == "rs" && !schema::is_generated(file);
    for file in tree.files().filter(by_hand) {
        for (number, line) in file.lines() {
            let columns = line.chars().count();
            if columns > LINE_COLUMNS_MAX {
                let sentence = format!("{columns} columns, over {LINE_COLUMNS_MAX}: break it");
                findings.add(file.path, number, sentence);
            }
        }
    }
}

pub(super) fn machine_paths(tree: &Tree, findings: &mut Findings) {
    for file in tree.files() {
        for (number, line) in file.lines() {
            for path in MACHINE_PATHS.iter().filter(|path| begins_a_path(line, path)) {
                let sentence = format!("`{path}` is a place on one machine: name it from the root");
                findings.add(file.path, number, sentence);
            }
        }
    }
}

/// Whether `path` occurs in `line` as the beginning of a path, not inside a longer one.
fn begins_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-}*".contains(before))
    })
}

pub(super) fn reasons(tree: &Tree, findings: &mut Findings) {
    let written = |file: &File<'_>| {
        PROGRAMS.contains(&file.extension()) || SCRIPTS.contains(&file.extension())
    };
    for file in tree.files().filter(written) {
        for (number, line) in file.lines() {
            for promise in PROMISES.iter().filter(|promise| lacks_reason(line, promise)) {
                let sentence = format!("`{promise}` without a reason in parentheses behind it");
                findings.add(file.path, number, sentence);
            }
        }
    }
}

/// Whether `promise` stands in `line` as a word that no `(reason)` follows.
fn lacks_reason(line: &str, promise: &str) -> bool {
    line.match_indices(promise).any(|(at, _)| {
        let behind = &line[at + promise.len()..];
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        let is_word = !line[..at].ends_with(in_word) && !behind.starts_with(in_word);
        let reason = behind.trim_start().strip_prefix('(').and_then(|open| open.split_once(')'));
        is_word && reason.is_none_or(|(reason, _)| reason.trim().is_empty())
    })
}
