//! Rules of the protocol that can be left out, each alone, and what must break then.

use super::bounds::{Bounds, Start};
use super::rules::Rule;

/// A rule that is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plant {
    AckCoversRefused,
    RowIgnoredBeforeAck,
    LowerReignKept,
    WaitsForSome,
    AckByTimeout,
    AppliedEarly,
    CommittedOfFirstAck,
    ReadWithoutRound,
    ProposesThenWaits,
    LevelWithoutLastSlice,
    ProposesAheadOfMembers,
    NotNowIsNo,
    ProposalOverAnyConf,
    RefusalKeepsConf,
    StopsBeforeRow,
    TwoProposals,
    SkippedRowNotLed,
    LearnerPromoted,
    TailDropped,
    NoOpening,
    DecidesBeforeOpening,
    PrefixByNumber,
    TailKept,
    HaveAcknowledges,
    OldHaveTaken,
    CutBelowState,
    RebuiltWhilePromotable,
    ProposedIsFilled,
    PushedBeforeStored,
    LowerLostRowIsTold,
    ActsBehindItsAnswer,
    ThawsAtOnce,
    PrimaryConfirmsAlone,
    ForkKept,
    NumbersRepeat,
    ReignJumpsWithConf,
}

/// The protocol, whole or without one rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    without: Option<Plant>,
}

impl Rules {
    pub(crate) fn whole() -> Rules {
        Rules { without: None }
    }

    pub(crate) fn without(plant: Plant) -> Rules {
        Rules { without: Some(plant) }
    }

    pub(crate) fn lacks(self, plant: Plant) -> bool {
        self.without == Some(plant)
    }
}

/// A planted bug: its name in section 9, the rule it leaves out, the invariant that breaks, and the
/// bounds that suffice for it.
pub(crate) struct Planted {
    pub(crate) name: &'static str,
    pub(crate) plant: Plant,
    pub(crate) breaks: Rule,
    pub(crate) bounds: Bounds,
}

/// All of them, in the order of section 9.
pub(crate) fn all() -> Vec<Planted> {
    use Plant::*;
    use Start::{Learner, Three, Two, TwoAndLearner};
    let of = Bounds::of;
    let list = [
        ("copies.ack_covers_refused", AckCoversRefused, Rule::I1, of(Two, 1, 1)),
        ("copies.row_ignored_before_ack", RowIgnoredBeforeAck, Rule::I1, of(Two, 1, 1)),
        ("copies.lower_reign_kept", LowerReignKept, Rule::I1, of(Two, 1, 1)),
        ("copies.waits_for_some", WaitsForSome, Rule::I1, of(Three, 0, 0)),
        ("copies.ack_by_timeout", AckByTimeout, Rule::I1, of(Two, 0, 0)),
        ("copies.applied_early", AppliedEarly, Rule::I4, of(Three, 0, 0)),
        ("copies.committed_of_first_ack", CommittedOfFirstAck, Rule::I4, of(Three, 0, 0)),
        ("copies.read_without_round", ReadWithoutRound, Rule::I5, of(Two, 1, 1).reads(1)),
        ("copies.proposes_then_waits", ProposesThenWaits, Rule::I1, of(Learner, 0, 1)),
        ("copies.proposes_then_waits", ProposesThenWaits, Rule::I2, of(Learner, 0, 1)),
        ("copies.level_without_last_slice", LevelWithoutLastSlice, Rule::I10, of(Learner, 0, 1)),
        (
            "copies.proposes_ahead_of_members",
            ProposesAheadOfMembers,
            Rule::CantBe,
            of(TwoAndLearner, 1, 2),
        ),
        ("copies.not_now_is_no", NotNowIsNo, Rule::I1, of(Learner, 0, 1)),
        ("boss.proposal_over_any_conf", ProposalOverAnyConf, Rule::I2, of(Learner, 0, 2)),
        ("boss.refusal_keeps_conf", RefusalKeepsConf, Rule::I2, of(Learner, 0, 1)),
        ("copies.stops_before_row", StopsBeforeRow, Rule::I1, of(Two, 1, 1)),
        ("copies.two_proposals", TwoProposals, Rule::I2, of(Learner, 0, 1)),
        ("copies.skipped_row_not_led", SkippedRowNotLed, Rule::I10, of(Two, 0, 3).writes(0)),
        ("copies.learner_promoted", LearnerPromoted, Rule::I1, of(Learner, 1, 1)),
        ("copies.tail_dropped", TailDropped, Rule::I1, of(Two, 1, 1)),
        ("copies.no_opening", NoOpening, Rule::I3, of(Three, 2, 2).writes(2)),
        ("copies.decides_before_opening", DecidesBeforeOpening, Rule::I3, of(Three, 1, 1)),
        ("copies.prefix_by_number", PrefixByNumber, Rule::I3, of(Three, 1, 1)),
        ("copies.tail_kept", TailKept, Rule::I1, of(Three, 1, 1)),
        ("copies.have_acknowledges", HaveAcknowledges, Rule::I1, of(Three, 1, 1).writes(2)),
        ("copies.old_have_taken", OldHaveTaken, Rule::I10, of(Two, 0, 3).cuts(1).writes(0)),
        ("copies.cut_below_state", CutBelowState, Rule::I3, of(Two, 1, 2)),
        ("copies.rebuilt_while_promotable", RebuiltWhilePromotable, Rule::I1, of(Three, 1, 1)),
        ("copies.proposed_is_filled", ProposedIsFilled, Rule::I10, of(Learner, 0, 1).cuts(1)),
        ("boss.pushed_before_stored", PushedBeforeStored, Rule::I3, of(Three, 2, 2)),
        ("boss.thaws_at_once", ThawsAtOnce, Rule::I1, of(Two, 0, 1).falls(1)),
        ("boss.lower_lost_row_is_told", LowerLostRowIsTold, Rule::I1, of(Two, 0, 2).falls(1)),
        ("node.acts_behind_its_answer", ActsBehindItsAnswer, Rule::I1, of(Two, 0, 1).falls(1)),
        ("boss.primary_confirms_alone", PrimaryConfirmsAlone, Rule::I1, of(Two, 1, 2).falls(1)),
        ("boss.fork_kept", ForkKept, Rule::I1, of(Two, 1, 2).falls(1)),
        ("boss.numbers_repeat", NumbersRepeat, Rule::I3, of(Three, 2, 2).writes(0).falls(1)),
        (
            "boss.reign_jumps_with_conf",
            ReignJumpsWithConf,
            Rule::I3,
            of(Three, 2, 4).writes(0).falls(1),
        ),
    ];
    list.into_iter().map(planted).collect()
}

fn planted((name, plant, breaks, bounds): (&'static str, Plant, Rule, Bounds)) -> Planted {
    Planted { name, plant, breaks, bounds }
}
