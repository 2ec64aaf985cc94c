//! What is lacking, and what is said of it.

use super::{Lacking, PROGRAMS, TOOLCHAIN};

/// What the gate says on a machine that lacks what these probes look for.
fn check(absent: &[&str]) -> Option<(String, String)> {
    let needed: Vec<_> = TOOLCHAIN.iter().chain(&PROGRAMS).collect();
    let is_there = |probe: &str| !absent.iter().any(|word| probe.contains(word));
    Lacking::of(&needed, is_there).map(|lacking| (lacking.names.clone(), lacking.line()))
}

#[test]
fn a_machine_with_everything_lacks_nothing() {
    assert_eq!(check(&[]), None);
}

#[test]
fn each_package_is_installed_once() {
    let (names, line) = check(&["node -e", "npm", "curl"]).unwrap();
    assert_eq!(names, "node 18 or later, npm, curl");
    assert_eq!(line, "sudo apt-get update && sudo apt-get install -y curl nodejs npm");
}

#[test]
fn what_debian_does_not_bring_has_a_line_of_its_own() {
    let (names, line) = check(&["clippy"]).unwrap();
    assert_eq!((names.as_str(), line.as_str()), ("clippy", "rustup component add clippy"));
}
