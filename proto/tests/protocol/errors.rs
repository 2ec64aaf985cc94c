//! `docs/errors/` has a page for every status and every close code, and quotes what the code says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proto::codes::{CLOSES, STATUSES};

/// Where messages come from: the roles, and what they share.
const SOURCES: [&str; 6] =
    ["proto/src", "link/src", "member/src", "gateway/src", "queue-node/src", "boss/src"];

/// How far the parts of one message may lie apart in the code: what varies stands between them.
const GAP_CHARS_MAX: usize = 120;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages by their names, without the index.
fn pages() -> BTreeMap<String, String> {
    let entries = fs::read_dir(root().join("docs/errors")).expect("the pages of errors");
    let read = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    read.filter(|(name, _)| name != "README.md").collect()
}

fn index() -> String {
    fs::read_to_string(root().join("docs/errors/README.md")).expect("the index of errors")
}

/// Of each page: its name, how it begins, and its row in the index.
fn wanted() -> Vec<(String, String, String)> {
    let statuses = STATUSES.iter().map(|row| {
        let (number, name, http, meaning) = (row.status.number(), row.name, row.http, row.meaning);
        let begin = format!("# {number} `{name}`\nStatus {number}, HTTP {http}: {meaning}.\n");
        let line = format!("| [{number} `{name}`]({name}.md) | {http} | {meaning} |");
        (format!("{name}.md"), begin, line)
    });
    let closes = CLOSES.iter().map(|row| {
        let (number, name, meaning) = (row.close.number(), row.name, row.meaning);
        let again = if row.close.may_retry() { "yes" } else { "no" };
        let begin =
            format!("# {number} `{name}`\nClose code {number}, come back: {again}. {meaning}.\n");
        let line = format!("| [{number} `{name}`]({number}.md) | {again} | {meaning} |");
        (format!("{number}.md"), begin, line)
    });
    statuses.chain(closes).collect()
}

#[test]
fn every_code_has_its_page_and_no_page_is_left_over() {
    let (mut pages, index) = (pages(), index());
    for (name, begin, line) in wanted() {
        let page = pages.remove(&name).unwrap_or_else(|| panic!("no page docs/errors/{name}"));
        assert!(page.starts_with(&begin), "docs/errors/{name} begins otherwise than: {begin}");
        assert!(index.lines().any(|row| row == line), "docs/errors/README.md lacks: {line}");
        for title in ["What it means", "What you see"] {
            assert!(page.contains(&format!("\n## {title}")), "docs/errors/{name} lacks {title}");
        }
        let retries = ["\n## Again?\n", "\n## Come back?\n"].iter().any(|at| page.contains(at));
        assert!(retries, "docs/errors/{name} doesn't say whether to try again");
    }
    assert!(pages.is_empty(), "of no code: {:?}", pages.keys());
}

/// The code's text, with each string on one line as it is printed.
fn sources() -> String {
    let mut text = String::new();
    let mut folders: Vec<PathBuf> = SOURCES.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut lines = text.split("\\\n");
    let mut joined = lines.next().unwrap_or_default().to_owned();
    lines.for_each(|line| joined.push_str(line.trim_start()));
    joined.replace("\\\"", "\"")
}

/// Whether the code has a string like this, where `…` is anything.
fn is_said(message: &str, sources: &str) -> bool {
    let mut parts = message.split('…').filter(|part| !part.is_empty());
    let Some(first) = parts.next() else { return false };
    let rest: Vec<&str> = parts.collect();
    sources.match_indices(first).any(|(at, _)| {
        let mut behind = &sources[at + first.len()..];
        rest.iter().all(|part| {
            let Some(at) = behind.find(part).filter(|at| *at <= GAP_CHARS_MAX) else {
                return false;
            };
            behind = &behind[at + part.len()..];
            true
        })
    })
}

#[test]
fn the_messages_on_the_pages_are_those_of_the_code() {
    let sources = sources();
    let mut count = 0;
    for (name, page) in pages() {
        let table = page.split_once("| message | what to do |\n|---|---|\n");
        let rows = table.map(|(_, table)| table.lines().take_while(|line| line.starts_with('|')));
        for row in rows.into_iter().flatten() {
            let (message, todo) =
                row.strip_prefix("| \"").and_then(|row| row.split_once("\" | ")).expect(row);
            assert!(is_said(message, &sources), "docs/errors/{name}: nobody says {message:?}");
            assert!(todo.len() > 3, "docs/errors/{name}: what to do about {message:?}?");
            count += 1;
        }
        // Everything that went well has nothing to say.
        assert!(table.is_some() || name == "ok.md", "docs/errors/{name} has no message");
    }
    assert!(count > 100, "{count} messages were looked for");
}

#[test]
fn a_message_that_nobody_says_is_found() {
    let sources = "let a = \"a queue has {max} mounts\"; let b = \"stop\";";
    assert!(is_said("a queue has … mounts", sources));
    for other in ["a queue has … members", "mounts … a queue", "go", "…"] {
        assert!(!is_said(other, sources), "{other}");
    }
}
