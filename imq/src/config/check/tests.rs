//! Which kind of file it is, and what is wrong with it.

use super::*;

const PROCESSES: &str = include_str!("../../../../ops/imq.toml");

#[test]
fn a_file_is_known_by_what_stands_in_it() {
    let kind = |text: &str| {
        let (kind, problems) = problems(text, false);
        (kind, problems.len())
    };
    assert_eq!(kind(boss::DEFAULT_CLUSTER), ("the cluster", 0));
    assert_eq!(kind(PROCESSES), ("processes", 0));
    assert_eq!(kind(""), ("processes", 0));
    assert_eq!(kind("copies = 4\n[[class]]\npattern = \"x\"\n"), ("the cluster", 2));
    // A file with something of both is of processes, with what they don't know.
    assert_eq!(kind("copies = 1\n[gateway]\nlanes = 0\n"), ("processes", 2));
    let (_, wrong) = problems("[gateway]\nlanes = 2\n", true);
    assert!(wrong[1].text.contains("configuration of processes"), "{wrong:?}");
}
