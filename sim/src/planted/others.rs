//! Bugs that no seed was seen to find, or of which none was looked for: scripts, and the model,
//! find them. They aren't in the gate; `sim seek` and `sim seed --fault` know them.

use super::{Needs, Planted};
use crate::plan::Faults;

/// A name, and how it is turned on.
type Other = (&'static str, fn(&mut Faults));

/// Of a boss whose store has lost steps.
const FALLEN: &[Other] = &[
    ("boss.primary_confirms_alone", |f| f.boss.adopt.primary_confirms_alone = true),
    ("boss.fork_kept", |f| f.boss.adopt.fork_kept = true),
    ("boss.config_repeats", |f| f.boss.config_repeats = true),
    ("boss.reign_jumps_with_conf", |f| f.boss.reign_jumps_with_conf = true),
    ("boss.member_is_enough", |f| f.boss.member_is_enough = true),
    ("boss.unknown_primary_ignored", |f| f.boss.unknown_primary_ignored = true),
    ("boss.lower_lost_row_is_told", |f| f.boss.lower_lost_row_is_told = true),
    ("node.acts_behind_its_answer", |f| f.node.acts_behind_its_answer = true),
];

/// Of buckets with copies.
const COPIED: &[Other] = &[
    ("lane.resends_after_loss", |f| f.lane.resends_after_loss = true),
    ("lane.untold_is_heard", |f| f.lane.untold_is_heard = true),
    ("node.floor_ignored", |f| f.node.floor_ignored = true),
    ("boss.freezes_for_slept", |f| f.boss.freezes_for_slept = true),
    ("boss.judges_at_once", |f| f.boss.judges_at_once = true),
    ("boss.judges_stalled", |f| f.boss.judges_stalled = true),
    ("boss.counts_sleep", |f| f.boss.counts_sleep = true),
    ("boss.dead_by_one_link", |f| f.boss.dead_by_one_link = true),
    ("boss.drops_by_silence", |f| f.boss.drops_by_silence = true),
    ("boss.last_copy_by_silence", |f| f.boss.last_copy_by_silence = true),
    ("boss.stuck_primary_stays", |f| f.boss.stuck_primary_stays = true),
    ("boss.learner_out_of_reach", |f| f.boss.learner_out_of_reach = true),
    ("boss.proposal_over_any_conf", |f| f.boss.proposals.proposal_over_any_conf = true),
    ("boss.refusal_keeps_conf", |f| f.boss.proposals.refusal_keeps_conf = true),
    ("boss.first_accuser_wins", |f| f.boss.proposals.first_accuser_wins = true),
    ("boss.witnesses_ignored", |f| f.boss.proposals.witnesses_ignored = true),
    ("boss.stuck_may_win", |f| f.boss.proposals.stuck_may_win = true),
    ("boss.loser_stays", |f| f.boss.proposals.loser_stays = true),
    ("boss.flap_is_death", |f| f.boss.proposals.flap_is_death = true),
    ("node.ack_by_timeout", |f| f.node.ack_by_timeout = true),
    ("node.applied_early", |f| f.node.applied_early = true),
    ("node.tail_kept", |f| f.node.tail_kept = true),
    ("node.lower_reign_kept", |f| f.node.lower_reign_kept = true),
    ("node.rebuilt_while_promotable", |f| f.node.rebuilt_while_promotable = true),
    ("node.clock_not_anew", |f| f.node.clock_not_anew = true),
    ("node.word_number_reused", |f| f.node.word_number_reused = true),
    ("node.half_unit", |f| f.node.half_unit = true),
    ("node.gives_up_proposing", |f| f.node.gives_up_proposing = true),
    ("node.learner_promoted", |f| f.node.learner_promoted = true),
    ("node.decides_before_opening", |f| f.node.decides_before_opening = true),
    ("node.words_before_opening", |f| f.node.words_before_opening = true),
    ("node.nobody_detaches", |f| f.node.nobody_detaches = true),
    ("node.deposed_is_probed", |f| f.node.deposed_is_probed = true),
    ("node.deposed_tells_lanes", |f| f.node.deposed_tells_lanes = true),
    ("node.old_have_taken", |f| f.node.old_have_taken = true),
    ("node.two_proposals", |f| f.node.two_proposals = true),
    ("node.deposed_keeps_outputs", |f| f.node.deposed_keeps_outputs = true),
    ("node.tail_dropped", |f| f.node.tail_dropped = true),
    ("node.row_ignored_before_ack", |f| f.node.row_ignored_before_ack = true),
    ("node.neighbour_hears_early", |f| f.node.neighbour_hears_early = true),
    ("node.round_names_nobody", |f| f.node.round_names_nobody = true),
    ("node.level_without_last_slice", |f| f.node.level_without_last_slice = true),
    ("node.asked_once", |f| f.node.asked_once = true),
    ("node.old_incarnation_counted", |f| f.node.old_incarnation_counted = true),
    ("node.full_forever", |f| f.node.full_forever = true),
    ("node.unacknowledged_trimmed", |f| f.node.unacknowledged_trimmed = true),
    ("node.proposed_is_filled", |f| f.node.proposed_is_filled = true),
    ("node.skipped_row_not_led", |f| f.node.skipped_row_not_led = true),
    ("node.no_opening", |f| f.node.no_opening = true),
    ("node.same_home_not_told", |f| f.node.same_home_not_told = true),
    ("node.row_not_told", |f| f.node.row_not_told = true),
    ("node.graces_go_on", |f| f.node.graces_go_on = true),
    ("node.config_goes_back", |f| f.node.config_goes_back = true),
    ("node.stale_word_heard", |f| f.node.stale_word_heard = true),
    ("node.heard_of_links_only", |f| f.node.heard_of_links_only = true),
    ("node.mark_clamped", |f| f.node.mark_clamped = true),
];

/// Of buckets that hold when one copy is left.
const HOLDING: &[Other] = &[
    ("node.hold_counts_learner", |f| f.node.hold_counts_learner = true),
    ("node.hold_reads_ahead", |f| f.node.hold_reads_ahead = true),
];

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Planted> {
    let fallen = FALLEN.iter().map(|other| planted(other, Needs::Falls));
    let holding = HOLDING.iter().map(|other| planted(other, Needs::Hold));
    fallen.chain(holding).chain(COPIED.iter().map(|other| planted(other, Needs::Copies)))
}

fn planted((name, plant): &Other, needs: Needs) -> Planted {
    let mut faults = Faults::default();
    plant(&mut faults);
    Planted { name: (*name).to_owned(), breaks: &[], faults, needs }
}
