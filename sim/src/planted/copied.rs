//! Bugs that only real copies can find: they are looked for in seeds that have some.

use super::Switch;

/// Of all machines.
pub(super) const MACHINES: [Switch; 14] = [
    Switch {
        name: "node.not_now_is_no",
        breaks: &["a primary waits for everybody in the stored set"],
        plant: |f| f.node.not_now_is_no = true,
    },
    Switch {
        name: "node.slow_stalls_node",
        breaks: &["nobody waits for a copy of another bucket"],
        plant: |f| f.node.slow_stalls_node = true,
    },
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
            "nothing is shown before it is committed",
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
        breaks: &[
            "nothing is shown before it is committed",
            "what is committed is in the log of everybody in the set",
        ],
        plant: |f| f.boss.pushed_before_stored = true,
    },
    Switch {
        name: "boss.newcomer_takes_back",
        breaks: &["what is announced as lost has to be"],
        plant: |f| f.boss.newcomer_takes_back = true,
    },
    Switch {
        name: "node.stops_before_row",
        breaks: &[
            "nothing is shown before it is committed",
            "no word to another node leaves before it is committed",
            "what is committed is in the log of everybody in the set",
        ],
        plant: |f| f.node.stops_before_row = true,
    },
    Switch {
        name: "node.have_acknowledges",
        breaks: &["what is committed is in the log of everybody in the set"],
        plant: |f| f.node.have_acknowledges = true,
    },
    Switch {
        name: "node.prefix_by_number",
        breaks: &["who may be promoted has all, and keeps it"],
        plant: |f| f.node.prefix_by_number = true,
    },
    Switch {
        name: "node.cut_below_state",
        breaks: &[
            "what a copy has applied is never undone",
            "who may be promoted has all, and keeps it",
            "what is committed is in the log of everybody in the set",
        ],
        plant: |f| f.node.cut_below_state = true,
    },
    Switch {
        name: "node.old_link_read",
        breaks: &["no process says what it must not"],
        plant: |f| f.node.old_link_read = true,
    },
];

/// Of buckets that hold when one copy is left.
pub(super) const HOLDING: [Switch; 1] = [Switch {
    name: "node.hold_answers",
    breaks: &["where one copy is left that holds nothing is changed"],
    plant: |f| f.node.hold_answers = true,
}];
