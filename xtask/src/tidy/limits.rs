//! A rule about bounds: whoever meets one finds it in the documentation.

use super::{File, Findings, Tree};

/// Says of every bound who can reach it, and what happens to whom.
const TABLE: &str = "docs/limits.md";

pub(super) fn limits(tree: &Tree, findings: &mut Findings) {
    let table = tree.file(TABLE).map_or("", |table| table.text);
    // What a client library allows itself is told where the library is.
    let is_bounds =
        |file: &File<'_>| file.path.ends_with("/src/limits.rs") && !file.path.starts_with("sdk/");
    for file in tree.files().filter(is_bounds) {
        for (number, line) in file.lines() {
            let name = line
                .strip_prefix("pub const ")
                .filter(|rest| !rest.starts_with("fn "))
                .and_then(|rest| rest.split_once(':'));
            if let Some((name, _)) = name.filter(|(name, _)| !table.contains(&format!("`{name}`")))
            {
                let sentence = format!("{TABLE} doesn't say who can reach `{name}`: add it there");
                findings.add(file.path, number, sentence);
            }
        }
    }
}
