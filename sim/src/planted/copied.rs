//! Bugs that only real copies can find: they are looked for in seeds that have some.

use super::Switch;

/// Of all machines.
pub(super) const MACHINES: [Switch; 6] = [
    Switch {
        name: "node.committed_of_first_ack",
        breaks: &["what is committed is in the log of everybody in the set"],
        plant: |f| f.node.committed_of_first_ack = true,
    },
    Switch {
        name: "node.full_acknowledged",
        breaks: &["what a copy has applied is never undone"],
        plant: |f| f.node.full_acknowledged = true,
    },
    Switch {
        name: "node.lower_row_taken",
        breaks: &[
            "nothing is missed between a mark and the end",
            "everybody ends with the same roster",
        ],
        plant: |f| f.node.lower_row_taken = true,
    },
    Switch {
        name: "node.proposes_then_waits",
        breaks: &["who may be promoted has all, and keeps it"],
        plant: |f| f.node.proposes_then_waits = true,
    },
    Switch {
        name: "boss.dead_keeps_all",
        breaks: &["after healing each bucket serves and has its copies"],
        plant: |f| f.boss.dead_keeps_all = true,
    },
    Switch {
        name: "boss.pushed_before_stored",
        breaks: &["what is committed is in the log of everybody in the set"],
        plant: |f| f.boss.pushed_before_stored = true,
    },
];
