//! Rules about where tools and packages come from: the places that everybody can reach.

use super::{Findings, Tree};

/// Lock files, the key that names a package's origin, and how an origin may begin.
const LOCKS: [(&str, &str, &str); 3] = [
    ("Cargo.lock", "source = \"", "registry+https://github.com/rust-lang/crates.io-index"),
    ("package-lock.json", "\"resolved\": \"", "https://registry.npmjs.org/"),
    ("composer.lock", "\"url\": \"", "https://"),
];

/// Files that could turn a package manager to a host of its builder's own, and the words that do.
const SETTINGS: [(&str, &[&str]); 6] = [
    ("config.toml", &["[source", "[registr", "[http", "registry =", "index =", "proxy ="]),
    (".npmrc", &["registry=", "registry =", "proxy"]),
    ("package.json", &["publishConfig", "\"registry\""]),
    ("pip.conf", &["index-url"]),
    ("requirements.txt", &["index-url", "--find-links"]),
    ("composer.json", &["\"repositories\""]),
];

pub(super) fn toolchain(tree: &Tree, findings: &mut Findings) {
    let pins = ["rust-toolchain.toml", "rust-toolchain"];
    for file in tree.files().filter(|file| pins.contains(&file.name())) {
        findings.add(file.path, 1, "pins a toolchain: `rust-version` in Cargo.toml says enough");
    }
}

pub(super) fn origins(tree: &Tree, findings: &mut Findings) {
    for file in tree.files() {
        for (_, key, origin) in LOCKS.iter().filter(|(name, ..)| *name == file.name()) {
            for (number, line) in file.lines() {
                let named = line.trim_start().strip_prefix(key);
                if named.is_some_and(|named| !named.starts_with(origin)) {
                    findings.add(file.path, number, format!("comes from elsewhere than {origin}"));
                }
            }
        }
        for (_, words) in SETTINGS.iter().filter(|(name, _)| *name == file.name()) {
            for (number, line) in file.lines() {
                if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                    let sentence = format!("`{word}` sends a package manager to a host of its own");
                    findings.add(file.path, number, sentence);
                }
            }
        }
    }
}
