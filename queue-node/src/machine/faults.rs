//! Planted bugs: switches that break one promise each, so that tests can show that they would
//! notice.

use proto::c2g::Change;

use super::copies::Forgets;

/// Which promises to break. None by default, and none in a running cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Copies forget something of what records say.
    pub forgets: Option<Forgets>,
    /// Nothing waits for copies.
    pub shown_before_sent: bool,
    /// Words to other queues don't wait for copies.
    pub word_before_commit: bool,
    /// Answers to words of other nodes don't wait for copies.
    pub answer_before_commit: bool,
    /// Words to queues of the same node don't wait for copies.
    pub neighbour_hears_early: bool,
    /// Reads don't wait for copies.
    pub read_without_round: bool,
    /// Refusals that leave no record don't wait for copies.
    pub refusal_without_round: bool,
    /// Answers to probes don't wait for copies.
    pub probe_without_round: bool,
    /// Outputs wait for one of the copies only.
    pub waits_for_some: bool,
    /// When a wait set changes, what waits stays behind, and what comes next goes before it.
    pub output_overtakes: bool,
    /// What waits for a batch of a link goes with the batch of this number of the next link.
    pub ticket_survives_link: bool,
    /// What a copy refuses of a bucket goes with what it acknowledges of others.
    pub span_of_refused: bool,
    /// What waits of a bucket stays when the bucket is another node's, or begins anew.
    pub deposed_keeps_outputs: bool,
    /// Who hasn't acknowledged for a dead time counts as if it had.
    pub ack_by_timeout: bool,
    /// A row that another node tells in front of an acknowledgement isn't heard.
    pub row_ignored_before_ack: bool,
    /// A batch doesn't name the buckets of which outputs wait.
    pub round_names_nobody: bool,
    /// Where one copy is left that may change nothing, it goes on.
    pub hold_answers: bool,
    /// A learner that is waited for counts as the second copy.
    pub hold_counts_learner: bool,
    /// Where nothing may be changed, reads don't wait for what isn't committed.
    pub hold_reads_ahead: bool,
    /// A proposal is given up when the boss can't decide now.
    pub gives_up_proposing: bool,
    /// What a boss can't decide now counts as refused.
    pub not_now_is_no: bool,
    /// Learners are proposed before they are waited for, and waited for by the row.
    pub proposes_then_waits: bool,
    /// Who is proposed to be dropped isn't waited for any more.
    pub stops_before_row: bool,
    /// A proposal is made while another is open.
    pub two_proposals: bool,
    /// What one of those who are waited for has counts as committed.
    pub committed_of_first_ack: bool,
    /// Who acknowledges anything of a snapshot counts as having all of it.
    pub level_without_last_slice: bool,
    /// Who hasn't said what it has isn't asked anew when its row changes.
    pub asked_once: bool,
    /// Rows that name another life of a node name it, too.
    pub old_incarnation_counted: bool,
    /// While a copy lags, no lane of its primary's node is heard, and nothing that waits for others
    /// is released.
    pub slow_stalls_node: bool,
    /// A node that was full has space again as soon as anything goes.
    pub full_forever: bool,
    /// A node without space for copies acknowledges what it doesn't keep.
    pub full_acknowledged: bool,
    /// A primary lets go of what isn't acknowledged.
    pub unacknowledged_trimmed: bool,
    /// Who may be a member by a row that isn't heard yet is sent a snapshot.
    pub proposed_is_filled: bool,
    /// Who has stood still accuses those whom it hasn't heard meanwhile.
    pub clock_not_anew: bool,
    /// What a fellow has is told by the number of its newest record alone.
    pub prefix_by_number: bool,
    /// A fellow is told to cut what it has applied.
    pub cut_below_state: bool,
    /// What comes on the link before the newest with a node is read.
    pub old_link_read: bool,
    /// Learners of a row that skips others aren't asked anew what they have.
    pub skipped_row_not_led: bool,
    /// An answer to any question counts for what a fellow has.
    pub old_have_taken: bool,
    /// What a fellow says to have counts as acknowledged.
    pub have_acknowledges: bool,
    /// A copy keeps what a reign sends that is over.
    pub lower_reign_kept: bool,
    /// A copy doesn't cut what its new primary lacks.
    pub tail_kept: bool,
    /// A copy applies what it gets, committed or not.
    pub applied_early: bool,
    /// A copy in the set lets itself be filled anew.
    pub rebuilt_while_promotable: bool,
    /// Who is promoted throws away what it hasn't applied.
    pub tail_dropped: bool,
    /// Who is promoted with a copy that isn't level begins with nothing.
    pub learner_promoted: bool,
    /// A reign begins without a record.
    pub no_opening: bool,
    /// A reign begins with a record of the one before.
    pub decides_before_opening: bool,
    /// Who is promoted says again what others haven't answered before its opening is on every copy.
    pub words_before_opening: bool,
    /// Who is promoted numbers its words as if there had been none.
    pub word_number_reused: bool,
    /// Sessions whose lane died with the primary stay attached.
    pub nobody_detaches: bool,
    /// Who is deposed in the midst of a turn closes its entry before all of it is recorded.
    pub half_unit: bool,
    /// Who is deposed tells lanes, and not nodes.
    pub deposed_tells_lanes: bool,
    /// Who is deposed tells nobody who comes later.
    pub deposed_is_probed: bool,
    /// Who is promoted again tells nobody.
    pub same_home_not_told: bool,
    /// The result of a write isn't remembered.
    pub result_forgotten: bool,
    /// The first missed event isn't replayed.
    pub replay_drops_first: bool,
    /// What was missed is replayed without the subscription's filter.
    pub replay_unfiltered: bool,
    /// An operation that comes again runs again.
    pub resend_runs_again: bool,
    /// Who joins is announced twice.
    pub joined_twice: bool,
    /// Some who join are not announced, neither then nor when they leave.
    pub joined_untold: bool,
    /// Who unsubscribes isn't announced.
    pub left_untold: bool,
    /// The web application is told that another session joined or left.
    pub told_of_another: bool,
    /// A message is said to be from the member that has been there longest.
    pub sender_mistaken: bool,
    /// A client that says goodbye is told to have been replaced.
    pub reason_mistaken: bool,
    /// Who loses to another login is closed as if an older one stayed.
    pub code_mistaken: bool,
    /// The history keeps one message less than it should, and gives them newest first.
    pub history_disordered: bool,
    /// A room doesn't tell the user queue that a session joined.
    pub note_lost: bool,
    /// A queue is destroyed after its idle time though it has members.
    pub idle_destroys_members: bool,
    /// A replay log that is cut by age doesn't know that it lacks anything.
    pub cut_unsaid: bool,
    /// Replay logs are cut long before their age.
    pub cut_early: bool,
    /// A message that its sender excluded itself from is replayed to the sender.
    pub excluded_replayed: bool,
    /// A node that is full lets newcomers in.
    pub full_admits: bool,
    /// A node that is full refuses a subscribe of who is a member already.
    pub full_refuses_members: bool,
    /// Rooms don't hear of a resume.
    pub fence_skipped: bool,
    /// The end of a connection counts for its session, whoever has it now.
    pub late_lost_ends_new_session: bool,
    /// A resume leaves the secret before good for nothing, before the client has the new one.
    pub secret_rotated_early: bool,
    /// A resume in a queue makes a member of who isn't one.
    pub resume_makes_member: bool,
    /// The grace of a session that came back goes on.
    pub grace_decided_twice: bool,
    /// Rooms don't hear of a session's end.
    pub ended_forgotten: bool,
    /// A page of members after the first lacks its first one.
    pub page_skips_first: bool,
    /// A page of state after the first lacks its first key.
    pub state_page_skips_first: bool,
    /// The last queue of a bucket isn't listed.
    pub list_lacks_last: bool,
    /// A page of history begins with the newest message, whatever was asked for.
    pub before_ignored: bool,
    /// Nobody is told who has lost to another login: neither its lane nor its rooms, and no floor.
    pub loser_unsaid: bool,
    /// A floor that is heard isn't kept.
    pub floor_ignored: bool,
    /// No lane is told that its session is over.
    pub kick_lost: bool,
    /// A `connect` that comes after a later one of its client counts as the newest.
    pub late_connects_win: bool,
    /// The sweep after a resume takes out what was resumed.
    pub sweep_removes_resumed: bool,
    /// A request of a web back end isn't known by its key.
    pub key_forgotten: bool,
    /// What the web application refuses is done.
    pub verdict_ignored: bool,
    /// Keys outlive their time to live.
    pub ttl_ignored: bool,
    /// Keys go long before their time to live is over.
    pub ttl_cut_short: bool,
    /// Keys outlive the presence of their last writers.
    pub while_present_ignored: bool,
    /// A change is made whatever its conditions are.
    pub condition_ignored: bool,
    /// A change that has a condition is refused.
    pub condition_refused: bool,
    /// Rows are taken that aren't higher than those that are known.
    pub lower_row_taken: bool,
    /// B4: rows of others are acted upon behind an answer to the boss.
    pub acts_behind_its_answer: bool,
    /// Nodes that words are for aren't told by which row.
    pub row_not_told: bool,
    /// A new primary goes by its own clock.
    pub clock_of_its_own: bool,
    /// A new primary doesn't let graces and sweeps begin anew.
    pub graces_go_on: bool,
    /// A new primary records its configuration, though the bucket has a newer one.
    pub config_goes_back: bool,
    /// Words of a reign that is over are heard.
    pub stale_word_heard: bool,
    /// Which reign says a word is looked at only if it comes from another node.
    pub heard_of_links_only: bool,
    /// A lane that has seen more of a queue than there is goes on from what there is.
    pub mark_clamped: bool,
    /// Operations and requests panic.
    pub panics: Option<Panics>,
}

/// Which operations panic, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panics {
    /// Of queues whose name ends so.
    pub on: &'static str,
    /// When they have been carried out; else just before that, or in the midst of an answer that
    /// leaves no record.
    pub late: bool,
}

impl Faults {
    /// What becomes of a change by the bugs that are planted.
    pub(crate) fn spoil(self, change: &Change) -> Change {
        let mut change = change.clone();
        if self.ttl_ignored {
            change.ttl_ms = 0;
        }
        if self.ttl_cut_short {
            change.ttl_ms = change.ttl_ms.min(1);
        }
        if self.while_present_ignored {
            change.while_present = false;
        }
        if self.condition_ignored {
            (change.if_version, change.if_absent) = (None, false);
        }
        if self.condition_refused && change.if_version.is_some() {
            change.if_version = Some(u64::MAX);
        }
        change
    }

    /// Whether any of these bugs is planted.
    #[inline]
    pub(crate) fn spoils(self) -> bool {
        self.ttl_ignored
            || self.ttl_cut_short
            || self.while_present_ignored
            || self.condition_ignored
            || self.condition_refused
    }
}
