//! Rules about the manifests of the crates.

use std::collections::BTreeMap;

use super::{File, Findings, Tree};

/// The crates that share `proto`, `link` and `member`, never each other.
const ROLES: [&str; 3] = ["gateway", "queue-node", "boss"];

/// What wires the roles together, and so is not known to them.
const BINARY: &str = "imq";

pub(super) fn roles(tree: &Tree, findings: &mut Findings) {
    for role in ROLES {
        let Some(manifest) = tree.file(&format!("{role}/Cargo.toml")) else {
            continue;
        };
        let is_foreign = |name: &str| name == BINARY || (ROLES.contains(&name) && name != role);
        let mut named = BTreeMap::new();
        for dependency in dependencies(manifest) {
            for name in [dependency.name, dependency.package().unwrap_or_default()] {
                if is_foreign(name) {
                    named.entry(name).or_insert(dependency.line);
                }
            }
        }
        for (name, line) in named {
            let sentence = format!("{role} names {name}: roles share only proto, link and member");
            findings.add(manifest.path, line, sentence);
        }
    }
}

pub(super) fn versions(tree: &Tree, findings: &mut Findings) {
    let is_member = |file: &File<'_>| file.path.ends_with("/Cargo.toml");
    for manifest in tree.files().filter(is_member) {
        for dependency in dependencies(manifest).into_iter().filter(Dependency::has_origin) {
            let sentence = format!(
                "{} gets its version here: say it in the root, and `workspace = true`",
                dependency.name,
            );
            findings.add(manifest.path, dependency.line, sentence);
        }
    }
}

/// One line of a manifest that says something of a dependency.
struct Dependency<'a> {
    line: usize,
    /// The crate's name in this manifest.
    name: &'a str,
    /// What is said of it, such as `{ workspace = true }`, or `version = "1"` from its own table.
    said: &'a str,
}

impl<'a> Dependency<'a> {
    /// Whether the line says where the crate comes from, other than from the workspace or a path.
    fn has_origin(&self) -> bool {
        self.said.starts_with('"')
            || ["version", "git"].iter().any(|key| self.value_of(key).is_some())
    }

    /// The crate's name in the registry, where this manifest calls it by another.
    fn package(&self) -> Option<&'a str> {
        self.value_of("package")
    }

    fn value_of(&self, key: &str) -> Option<&'a str> {
        self.said.split(['{', ',', '}']).find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name.trim() == key).then(|| value.trim().trim_matches('"'))
        })
    }
}

/// The dependencies of a manifest, of every kind and for every target.
fn dependencies<'a>(manifest: File<'a>) -> Vec<Dependency<'a>> {
    let mut table = Table::Other;
    let mut dependencies = Vec::new();
    for (line, text) in manifest.lines() {
        let text = text.split('#').next().unwrap_or_default().trim();
        if let Some(header) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            table = Table::read(header);
            if let Table::One(name) = table {
                dependencies.push(Dependency { line, name, said: "" });
            }
        } else if let Some((key, value)) = text.split_once('=') {
            let (key, value) = (key.trim(), value.trim());
            match (table, key.split_once('.')) {
                (Table::Other, _) => {}
                (Table::One(name), _) => dependencies.push(Dependency { line, name, said: text }),
                (Table::Many, None) => {
                    dependencies.push(Dependency { line, name: key, said: value })
                }
                (Table::Many, Some((name, _))) => {
                    let said = text[name.len()..].trim_start_matches('.');
                    dependencies.push(Dependency { line, name, said });
                }
            }
        }
    }
    dependencies
}

/// What the lines below a header speak of.
#[derive(Clone, Copy)]
enum Table<'a> {
    /// Dependencies, one a line.
    Many,
    /// The dependency of this name.
    One(&'a str),
    Other,
}

impl<'a> Table<'a> {
    fn read(header: &'a str) -> Table<'a> {
        let is_kind = |word: &str| word == "dependencies" || word.ends_with("-dependencies");
        let (before, last) = header.rsplit_once('.').unwrap_or(("", header));
        if is_kind(last) {
            Table::Many
        } else if is_kind(before.rsplit('.').next().unwrap_or_default()) {
            Table::One(last)
        } else {
            Table::Other
        }
    }
}
