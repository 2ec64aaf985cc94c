//! Bugs that only a boss whose store loses steps can find: they are looked for in seeds with one.

use super::Switch;

/// Of all machines.
pub(super) const MACHINES: [Switch; 4] = [
    Switch {
        name: "boss.thaws_at_once",
        breaks: &[
            "after healing each bucket serves and has its copies",
            "who may be promoted has all, and keeps it",
        ],
        plant: |f| f.boss.thaws_at_once = true,
    },
    Switch {
        name: "boss.term_after",
        breaks: &["no number of the boss is given out twice"],
        plant: |f| f.boss.term_after = true,
    },
    Switch {
        name: "boss.numbers_repeat",
        breaks: &["no number of the boss is given out twice"],
        plant: |f| f.boss.adopt.numbers_repeat = true,
    },
    Switch {
        name: "boss.rows_one_by_one",
        breaks: &[
            "after healing each bucket serves and has its copies",
            "who may be promoted has all, and keeps it",
        ],
        plant: |f| f.boss.adopt.rows_one_by_one = true,
    },
];
