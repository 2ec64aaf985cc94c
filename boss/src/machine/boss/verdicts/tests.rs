//! What becomes of a row by how everybody is that it names.

use proto::name::NodeId;

use super::*;

fn owner(id: &str) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation: 1 }
}

/// A row of a with b and c in sync and d as a learner.
fn row() -> Row {
    let owners = |ids: &[&str]| ids.iter().map(|id| owner(id)).collect::<Vec<_>>();
    let row = serde_json::json!({
        "loss": 1, "reign": 1, "conf": 1, "primary": owner("a"),
        "in_sync": owners(&["a", "b", "c"]), "learners": owners(&["d"]),
    });
    serde_json::from_value(row).unwrap()
}

/// How a to d are, one letter each: linked, stuck, unlinked, silent (`q`), dead (`x`). With `!` the
/// primary is unfit. In words what becomes of the row.
fn becomes(how: &str) -> String {
    let unfit = how.ends_with('!');
    let standing = |owner: &Owner| {
        let at = usize::from(owner.id.as_str().as_bytes()[0] - b'a');
        match how.as_bytes()[at] {
            b'l' => Standing::Linked,
            b's' => Standing::Stuck,
            b'u' => Standing::Unlinked,
            b'q' => Standing::Silent,
            b'x' => Standing::Dead,
            other => panic!("{other}"),
        }
    };
    let names = |owners: &[Owner]| {
        owners.iter().map(|owner| owner.id.as_str()).collect::<Vec<_>>().join("")
    };
    match succession(&row(), unfit, false, standing) {
        Succession::Stays => "stays".to_owned(),
        Succession::Without(out) => format!("without {}", names(&out)),
        Succession::Promote(heirs, out) => format!("{} for {}", names(&heirs), names(&out)),
        Succession::Anew(owner) => format!("anew {}", owner.id.as_str()),
        Succession::Nobody => "nobody".to_owned(),
        Succession::Waits => "waits".to_owned(),
    }
}

#[test]
fn a_living_primary_stays_and_the_dead_leave_by_proof() {
    let cases = [
        ("llll", "stays"),
        ("ullu", "stays"),
        ("lqsl", "stays"),
        ("lxll", "without b"),
        ("lxxx", "without bcd"),
        // A learner confirms nothing, so silence is enough.
        ("lqlq", "without d"),
    ];
    for (how, expected) in cases {
        assert_eq!(becomes(how), expected, "{how}");
    }
}

#[test]
fn a_dead_primary_is_followed_by_a_member_that_can() {
    let cases = [
        ("xlll", "bc for a"),
        ("qlul", "b for a"),
        ("xlxq", "b for acd"),
        ("xlql", "b for ac"),
        ("xsll", "c for a"),
        ("xuxl", "waits"),
        ("xusl", "waits"),
        ("qxxl", "nobody"),
        ("xxxl", "nobody"),
        ("xqql", "nobody"),
    ];
    for (how, expected) in cases {
        assert_eq!(becomes(how), expected, "{how}");
    }
}

#[test]
fn who_can_t_go_on_is_the_last_to_be_chosen_and_begins_anew() {
    let cases = [
        ("xsxl", "anew b"),
        ("xssl", "anew b"),
        ("xsql", "waits"),
        ("lxxl!", "anew a"),
        ("lqxl!", "waits"),
        ("lxsl!", "anew c"),
        ("uxxl!", "waits"),
        ("llxl!", "b for ac"),
    ];
    for (how, expected) in cases {
        assert_eq!(becomes(how), expected, "{how}");
    }
}
