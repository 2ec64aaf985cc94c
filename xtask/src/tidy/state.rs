//! The rule about the replicated state of a bucket: few doors, and one who goes through them.

use super::{Findings, Tree};

/// The state's own file. What stands below it may change it; the compiler sees to the rest.
const STATE: &str = "queue-node/src/machine/state.rs";
const BELOW: &str = "queue-node/src/machine/state/";
const MACHINE: &str = "queue-node/src/machine/";

/// Who goes through the doors: it numbers what it applies.
const BUCKET: &str = "queue-node/src/machine/bucket.rs";

/// Who applies records of another process, which are numbered.
const LEARNER: &str = "queue-node/src/machine/copies/learner.rs";

/// The functions that change the state: by a record, and one by which old events of a queue go.
const DOORS: [&str; 2] = ["apply", "pass_queue"];
/// And by a record that was read from bytes.
const READ: &str = "state.apply_read(";

/// Nobody takes `&mut` into the state but by its doors, and nobody uses these but the bucket.
pub(super) fn doors(tree: &Tree, findings: &mut Findings) {
    let is_of_machine = |path: &str| path.starts_with(MACHINE) && !path.starts_with(BELOW);
    for file in tree.files().filter(|file| is_of_machine(file.path)) {
        let is_test = file.path.contains("/tests");
        for (number, line) in file.lines() {
            let uses = |door: &&str| line.contains(&format!("state.{door}("));
            if file.path == STATE {
                if opens_another(&file, number) {
                    let sentence = "another function changes the state: let a record do it";
                    findings.add(file.path, number, sentence);
                }
            } else if file.path != BUCKET && !is_test && DOORS.iter().any(uses) {
                let sentence = "the state is changed by `Bucket` alone: ask it";
                findings.add(file.path, number, sentence);
            } else if file.path != LEARNER && line.contains(READ) {
                let sentence = "records of another process are applied by `Learner` alone";
                findings.add(file.path, number, sentence);
            }
        }
    }
}

/// Whether a function begins in this line that others may call, that takes `&mut self`, and that
/// is none of the doors.
fn opens_another(file: &super::File<'_>, number: usize) -> bool {
    let mut lines = file.lines().skip_while(|(at, _)| *at < number).map(|(_, line)| line);
    let Some(name) = lines.next().and_then(|line| line.trim_start().strip_prefix("pub")) else {
        return false;
    };
    let Some((_, name)) = name.split_once("fn ") else { return false };
    let Some((name, rest)) = name.split_once('(') else { return false };
    let takes = if rest.is_empty() { lines.next().unwrap_or("") } else { rest };
    takes.trim_start().starts_with("&mut self") && !DOORS.contains(&name)
}
