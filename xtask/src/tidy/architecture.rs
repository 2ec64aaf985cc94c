//! Rules about the code map and the decisions: they name what is there, and briefly.

use super::{File, Findings, Tree};

const CODE_MAP: &str = "ARCHITECTURE.md";
/// What `cargo mutants` changes.
const MUTANTS: &str = ".cargo/mutants.toml";

/// A longer decision is not read.
const DECISION_LINES_END: usize = 60;

/// What the files of this project end with; a name in the code map that ends so is a path.
const FILE_EXTENSIONS: [&str; 10] =
    ["rs", "md", "proto", "toml", "json", "js", "py", "php", "html", "bin"];

pub(super) fn folders(tree: &Tree, findings: &mut Findings) {
    let Some(map) = tree.file(CODE_MAP) else {
        return findings.add(CODE_MAP, 1, "the code map is missing");
    };
    for folder in tree.top_folders() {
        if !names_folder(map.text, folder) {
            findings.add(CODE_MAP, 1, format!("the folder `{folder}/` is not named"));
        }
    }
}

/// Whether the text has `folder/` at the beginning of a path.
fn names_folder(text: &str, folder: &str) -> bool {
    text.match_indices(&format!("{folder}/")).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "/._-".contains(before))
    })
}

pub(super) fn paths(tree: &Tree, findings: &mut Findings) {
    mutated(tree, findings);
    let Some(map) = tree.file(CODE_MAP) else {
        return;
    };
    for (number, line) in map.lines() {
        for quoted in line.split('`').skip(1).step_by(2) {
            for path in alternatives(quoted) {
                if is_path(&path, tree) && !tree.has(path.trim_end_matches('/')) {
                    findings.add(map.path, number, format!("there is no `{path}`"));
                }
            }
        }
    }
}

/// What mutants are made of is there: a file that moved would be left out without a word.
fn mutated(tree: &Tree, findings: &mut Findings) {
    let Some(list) = tree.file(MUTANTS) else { return };
    for (number, line) in list.lines() {
        let path = line.trim().trim_end_matches(',').trim_matches('"');
        if path.contains("/src/") && !path.contains('*') && !tree.has(path) {
            findings.add(list.path, number, format!("there is no `{path}`"));
        }
    }
}

/// Spells out `a/{b,c}/d` as `a/b/d` and `a/c/d`.
fn alternatives(quoted: &str) -> Vec<String> {
    let spelled_out = || {
        let (before, rest) = quoted.split_once('{')?;
        let (within, behind) = rest.split_once('}')?;
        let each = within.split(',').map(|one| format!("{before}{}{behind}", one.trim()));
        Some(each.flat_map(|path| alternatives(&path)).collect())
    };
    spelled_out().unwrap_or_else(|| vec![quoted.to_owned()])
}

/// Whether a quoted name is meant as a path from the root: it has a slash, and begins with a folder
/// of the root or ends as our files do. A name with a leading slash is a queue or a page.
fn is_path(quoted: &str, tree: &Tree) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let Some((top, _)) = quoted.split_once('/') else {
        return false;
    };
    let extension = quoted.rsplit_once('.').map_or("", |(_, extension)| extension);
    !top.is_empty()
        && quoted.chars().all(plain)
        && (tree.top_folders().contains(&top) || FILE_EXTENSIONS.contains(&extension))
}

pub(super) fn decision_length(tree: &Tree, findings: &mut Findings) {
    let is_decision =
        |file: &File<'_>| file.path.starts_with("docs/adr/") && file.extension() == "md";
    for file in tree.files().filter(is_decision) {
        let lines = file.text.lines().count();
        if lines >= DECISION_LINES_END {
            let sentence = format!("{lines} lines: a decision is under {DECISION_LINES_END}");
            findings.add(file.path, DECISION_LINES_END, sentence);
        }
    }
}
