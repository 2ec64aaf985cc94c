//! Each line of the table of section 5 of docs/replication.md.

use super::*;

fn owner(id: &str) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation: 1 }
}

/// A row of q1 with q2 in sync and q3 as a learner, at this conf.
fn row(conf: u64) -> Row {
    let row = serde_json::json!({
        "loss": 1, "reign": 1, "conf": conf, "primary": owner("q1"),
        "in_sync": [owner("q1"), owner("q2")], "learners": [owner("q3")],
    });
    serde_json::from_value(row).unwrap()
}

/// `from what whom [why]` over conf 5, and what counts, in words: what comes of it over conf 5.
fn check(proposal: &str, counts: &str, expected: Decision) {
    let words: Vec<&str> = proposal.split(' ').collect();
    let what = if words[1] == "add" { What::Add } else { What::Drop };
    let why = match words.get(3) {
        Some(&"full") => Why::Full,
        Some(&"lacks") => Why::Lacks,
        Some(&"unfit") => Why::Unfit,
        Some(&"differs") => Why::Differs,
        Some(_) | None => Why::Silent,
    };
    let mut case = Case::default();
    let mut conf = 5;
    for word in counts.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("halted", _) => case.halted = Some("it is".to_owned()),
            ("linked", _) => case.is_linked = true,
            ("primary_linked", _) => case.is_primary_linked = true,
            ("dead", _) => case.is_dead = true,
            ("waited", _) => case.has_waited = true,
            ("stuck", _) => case.is_stuck = true,
            ("accuses", _) => case.accuses = true,
            ("reach", many) => case.reach = many.parse().unwrap(),
            ("reach_primary", many) => case.reach_primary = many.parse().unwrap(),
            ("conf", number) => conf = number.parse().unwrap(),
            (other, _) => panic!("{other}"),
        }
    }
    let proposal =
        Proposal { from: owner(words[0]), conf: Conf(conf), what, whom: owner(words[2]), why };
    assert_eq!(decide(&row(5), &proposal, &case), expected, "{proposal:?} {counts}");
}

fn not_now(reason: &str) -> Decision {
    Decision::NotNow(reason.to_owned())
}

#[test]
fn line_1_nothing_is_decided_while_rows_stand_still() {
    check("q1 add q3", "halted linked", not_now("it is"));
    check("q1 drop q2 full", "halted", not_now("it is"));
    check("q1 add q3", "halted conf=4", not_now("it is"));
}

#[test]
fn line_2_another_row_than_that_of_the_proposal_answers_it() {
    check("q1 add q3", "conf=4 linked", Decision::Known);
    check("q2 add q3", "linked", Decision::Known);
    check("q1 drop q2 full", "conf=4", Decision::Known);
    check("q1 add q3", "conf=6 linked", not_now("this boss is behind the proposal's row"));
}

#[test]
fn lines_3_and_4_a_learner_with_a_link_is_added() {
    check("q1 add q3", "linked", Decision::Join);
    check("q1 add q3", "", Decision::Refuse);
    check("q1 add q2", "linked", Decision::Refuse);
    check("q1 add q4", "linked", Decision::Refuse);
}

#[test]
fn line_5_nobody_who_isn_t_there_is_dropped_nor_the_primary() {
    check("q1 drop q4 full", "", Decision::Refuse);
    check("q1 drop q1", "dead", Decision::Refuse);
}

#[test]
fn line_6_who_can_t_go_on_is_dropped_at_once() {
    for why in ["full", "lacks", "unfit", "differs"] {
        check(&format!("q1 drop q2 {why}"), "linked accuses reach=2", Decision::Drop);
    }
}

#[test]
fn line_7_the_dead_and_learners_are_dropped_at_once() {
    check("q1 drop q2", "dead", Decision::Drop);
    check("q1 drop q3", "linked", Decision::Drop);
}

#[test]
fn line_8_links_and_reports_are_waited_for() {
    check("q1 drop q2", "linked primary_linked", Decision::Wait);
    check("q1 drop q2", "primary_linked", Decision::Wait);
}

#[test]
fn line_9_a_primary_without_a_link_loses_against_a_member_with_one() {
    check("q1 drop q2", "waited linked", Decision::Promote);
    check("q1 drop q2", "waited", Decision::Drop);
    check("q1 drop q2", "waited linked stuck", Decision::Drop);
}

#[test]
fn line_10_whom_more_gateways_reach_wins() {
    let both = "waited linked primary_linked";
    check("q1 drop q2", &format!("{both} accuses reach=2 reach_primary=1"), Decision::Promote);
    check("q1 drop q2", &format!("{both} reach=2 reach_primary=1"), Decision::Drop);
    check("q1 drop q2", &format!("{both} accuses stuck reach=2 reach_primary=1"), Decision::Drop);
}

#[test]
fn line_11_else_the_primary_has_its_way() {
    let both = "waited linked primary_linked accuses";
    check("q1 drop q2", &format!("{both} reach=2 reach_primary=2"), Decision::Drop);
    check("q1 drop q2", &format!("{both} reach=1 reach_primary=2"), Decision::Drop);
}
