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

/// A document that names a function of a type, `Type::function`, names one that is there.
pub(super) fn functions(tree: &Tree, findings: &mut Findings) {
    let is_document = |file: &File<'_>| file.path == CODE_MAP || file.path.starts_with("docs/");
    for document in tree.files().filter(|file| is_document(file) && file.path.ends_with(".md")) {
        for (number, line) in document.lines() {
            for quoted in line.split('`').skip(1).step_by(2) {
                if let Some((of, function)) = function_of_type(quoted)
                    && !tree.files().any(|file| has_function(&file, of, function))
                {
                    findings.add(document.path, number, format!("there is no `{quoted}`"));
                }
            }
        }
    }
}

/// The two words of `Type::function`.
fn function_of_type(quoted: &str) -> Option<(&str, &str)> {
    let (of, function) = quoted.trim_end_matches("()").split_once("::")?;
    let is_word = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let begins = |word: &str, so: fn(&char) -> bool| word.chars().next().is_some_and(|c| so(&c));
    let is_type = begins(of, char::is_ascii_uppercase) && is_word(of);
    let is_function = begins(function, char::is_ascii_lowercase) && is_word(function);
    (is_type && is_function).then_some((of, function))
}

fn has_function(file: &File<'_>, of: &str, function: &str) -> bool {
    let is_impl = |line: &str| {
        let rest = line.trim_start().strip_prefix("impl");
        rest.is_some_and(|rest| rest.split(|c: char| !c.is_alphanumeric()).any(|word| word == of))
    };
    file.path.ends_with(".rs")
        && file.text.contains(&format!("fn {function}"))
        && file.lines().any(|(_, line)| is_impl(line))
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
