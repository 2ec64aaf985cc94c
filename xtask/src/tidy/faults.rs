//! The rule about planted bugs: a release build has no code for them.

use super::{Findings, Tree};

/// Machines read them by `faults()`, which says in a release build that there are none.
const READ: &str = ".faults";
/// How that function begins, and how they are planted.
const READS_ITSELF: [&str; 2] = ["if cfg!(debug_assertions) { self.faults }", ".faults = "];

/// Nobody reads the switches of planted bugs but the function that a release build sees through.
pub(super) fn planted_bugs(tree: &Tree, findings: &mut Findings) {
    let is_of_machine = |path: &str| {
        path.contains("/src/machine") && !path.contains("/tests") && path.ends_with(".rs")
    };
    for file in tree.files().filter(|file| is_of_machine(file.path)) {
        for (number, line) in file.lines() {
            let reads = line.split(READ).skip(1).any(|rest| {
                !rest.starts_with(|next: char| next == '(' || next == '_' || next.is_alphanumeric())
            });
            if reads && !READS_ITSELF.iter().any(|good| line.contains(good)) {
                let sentence = "a switch of a planted bug: read it by `faults()`";
                findings.add(file.path, number, sentence);
            }
        }
    }
}
