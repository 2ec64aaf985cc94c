//! Sets grow and shrink by proposals: G1 to G12 of docs/replication.md §5.

use proto::b2n::NotNow;
use proto::limits;

use super::rig::pair::{As, Pair, filled, member, table, without_digests};
use crate::machine::{Faults, Input};

/// A learner with all slices, of a primary with a boss.
fn learner(faults: Faults) -> Pair {
    let mut pair = Pair::new(faults);
    pair.boss(true);
    pair.table(2, 1, As::Learner);
    pair.link();
    pair.settle();
    pair.shown();
    pair
}

/// G1.
#[test]
fn a_learner_is_waited_for_then_proposed_then_a_member() {
    let mut pair = learner(Faults::default());
    assert_eq!(pair.proposed(), ["0 2 Add q2 Silent", "1 2 Add q2 Silent"]);
    // What is proposed may be done.
    pair.write(2);
    pair.half_turn();
    assert_eq!(pair.shown(), 0);
    pair.other_half();
    assert!(pair.shown() > 0);
    pair.table(3, 1, As::Member);
    pair.write(3);
    pair.half_turn();
    assert_eq!(pair.shown(), 0);
    pair.other_half();
    assert!(pair.shown() > 0);
    pair.compare();
    assert_eq!(pair.proposed(), [""; 0]);
}

#[test]
fn a_proposed_one_is_waited_for() {
    let shows = |faults| {
        let mut pair = learner(faults);
        assert_eq!(pair.proposed().len(), 2);
        pair.write(2);
        pair.half_turn();
        pair.shown() > 0
    };
    assert!(!shows(Faults::default()));
    assert!(shows(Faults { proposes_then_waits: true, ..Faults::default() }));
}

#[test]
fn nobody_is_waited_for_without_a_boss() {
    let mut pair = filled(Faults::default());
    pair.write(2);
    pair.half_turn();
    assert!(pair.shown() > 0);
    pair.settle();
    assert_eq!(pair.proposed(), [""; 0]);
    pair.boss(true);
    pair.settle();
    assert_eq!(pair.proposed().len(), 2);
}

/// G3: neither `NotNow` nor a link that ends says what was decided.
#[test]
fn only_a_row_ends_a_proposal() {
    let mut pair = learner(Faults::default());
    assert_eq!(pair.proposed().len(), 2);
    refuse(&mut pair);
    pair.passes(900);
    assert_eq!(pair.proposed(), [""; 0]);
    pair.settle();
    pair.passes(100);
    pair.settle();
    pair.passes(100);
    assert_eq!(pair.proposed(), ["0 2 Add q2 Silent", "1 2 Add q2 Silent"]);
    pair.boss(false);
    pair.settle();
    pair.boss(true);
    pair.settle();
    assert_eq!(pair.proposed(), ["0 2 Add q2 Silent", "1 2 Add q2 Silent"]);
}

/// The boss can't decide now.
fn refuse(pair: &mut Pair) {
    for prefix in [0, 1] {
        let (conf, reason) = (2, "its store fails".to_owned());
        pair.primary.handle(Input::NotNow(NotNow { bits: 1, prefix, conf, reason }));
    }
    pair.settle();
}

#[test]
fn a_boss_that_cannot_decide_has_not_refused() {
    let after = |faults| {
        let mut pair = learner(faults);
        pair.proposed();
        refuse(&mut pair);
        pair.shown();
        pair.write(2);
        pair.half_turn();
        let shown = pair.shown() > 0;
        pair.other_half();
        for _ in 0..12 {
            pair.passes(100);
            pair.settle();
        }
        (shown, pair.proposed().len())
    };
    assert_eq!(after(Faults::default()), (false, 2));
    assert!(after(Faults { not_now_is_no: true, ..Faults::default() }).0);
    assert_eq!(after(Faults { gives_up_proposing: true, ..Faults::default() }), (false, 0));
}

/// G6, G8.
#[test]
fn a_silent_member_is_waited_for_until_a_row_drops_it() {
    let shows = |faults| {
        let mut pair = member(faults);
        pair.boss(true);
        pair.write(2);
        pair.half_turn();
        pair.passes(limits::DEAD_MS - 100);
        assert_eq!(pair.proposed(), [""; 0]);
        pair.passes(200);
        let proposed = pair.proposed();
        assert!(proposed.iter().any(|line| line.contains("3 Drop q2 Silent")), "{proposed:?}");
        let shown = pair.shown() > 0;
        pair.primary.handle(Input::Table(table(4, 1, As::Nobody)));
        (shown, pair.shown() > 0 || shown)
    };
    assert_eq!(shows(Faults::default()), (false, true));
    assert_eq!(shows(Faults { stops_before_row: true, ..Faults::default() }), (true, true));
}

#[test]
fn who_is_away_is_dropped_after_a_dead_time_and_at_once_if_its_port_refuses() {
    let mut pair = member(Faults::default());
    pair.boss(true);
    pair.cut();
    pair.passes(limits::DEAD_MS - 100);
    assert_eq!(pair.proposed(), [""; 0]);
    pair.passes(200);
    assert_eq!(pair.proposed(), ["0 3 Drop q2 Silent", "1 3 Drop q2 Silent"]);
    // What it hasn't acknowledged has waited since before the link's end.
    let mut pair = member(Faults::default());
    pair.boss(true);
    pair.write(2);
    pair.half_turn();
    pair.passes(limits::DEAD_MS - 100);
    pair.cut();
    pair.passes(200);
    assert_eq!(pair.proposed(), ["0 3 Drop q2 Silent", "1 3 Drop q2 Silent"]);
    let mut pair = member(Faults::default());
    pair.boss(true);
    pair.cut();
    pair.primary.handle(Input::Refused { id: "q2", incarnation: 1 });
    pair.passes(100);
    assert_eq!(pair.proposed(), ["0 3 Drop q2 Silent", "1 3 Drop q2 Silent"]);
}

/// F10.
#[test]
fn who_has_stood_still_accuses_nobody() {
    let accuses = |faults| {
        let mut pair = member(faults);
        pair.boss(true);
        pair.write(2);
        pair.half_turn();
        pair.primary.now.ms += 3_000;
        pair.primary.handle(Input::TurnEnd);
        !pair.proposed().is_empty()
    };
    assert!(!accuses(Faults::default()));
    assert!(accuses(Faults { clock_not_anew: true, ..Faults::default() }));
}

/// G7.
#[test]
fn one_proposal_is_open_at_a_time() {
    let proposes = |faults| {
        let mut pair = learner(faults);
        pair.proposed();
        pair.cut();
        pair.passes(1_000);
        let more = pair.proposed().len();
        pair.primary.handle(Input::Table(table(3, 1, As::Member)));
        pair.passes(100);
        (more > 0, pair.proposed())
    };
    let dropped = ["0 3 Drop q2 Silent", "1 3 Drop q2 Silent"].map(str::to_owned).to_vec();
    assert_eq!(proposes(Faults::default()), (false, dropped));
    assert!(proposes(Faults { two_proposals: true, ..Faults::default() }).0);
}

/// P7: a row may name it that nobody has heard yet.
#[test]
fn who_is_proposed_is_not_filled_anew() {
    let fills = |faults| {
        let mut pair = learner(faults);
        pair.proposed();
        pair.lose_copies();
        pair.link();
        let said = without_digests(pair.settle());
        said.iter().any(|line| line.contains("slice"))
    };
    assert!(!fills(Faults::default()));
    assert!(fills(Faults { proposed_is_filled: true, ..Faults::default() }));
}

/// S14: it says so in place of what it hasn't kept, and is dropped.
#[test]
fn who_has_no_space_is_dropped() {
    let fills = |faults| {
        let mut pair = member(faults);
        pair.boss(true);
        pair.copy.set_bytes_max(1);
        pair.primary.now.ms += 200;
        pair.write(2);
        pair.settle();
        pair.shown();
        pair.write(3);
        pair.settle();
        (pair.shown() > 0, pair.proposed().iter().any(|line| line.contains("Full")))
    };
    assert_eq!(fills(Faults::default()), (false, true));
    assert_eq!(fills(Faults { full_acknowledged: true, ..Faults::default() }), (true, false));
}

/// G12.
#[test]
fn a_row_that_skips_others_lets_go_of_an_awaited_learner() {
    let mut pair = learner(Faults::default());
    pair.proposed();
    pair.table(4, 1, As::Learner);
    pair.write(2);
    pair.half_turn();
    assert!(pair.shown() > 0, "it is nobody's wait any more");
    let said = without_digests(pair.settle());
    assert!(said.iter().any(|line| line.contains("have")), "{said:#?}");
    pair.passes(100);
    assert_eq!(pair.proposed(), [""; 0], "a second after its proposal was refused");
}
