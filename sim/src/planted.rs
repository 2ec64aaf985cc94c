//! Bugs that are planted one at a time: the simulation must find each of them.

mod copied;
mod fallen;
mod forgets;
mod found;
mod others;

use crate::plan::Faults;

/// A bug, and who must notice.
#[derive(Debug, Clone)]
pub struct Planted {
    /// What it is called.
    pub name: String,
    /// The rules of which it must break one: found by another, it isn't found.
    pub breaks: &'static [&'static str],
    /// The switch that is on.
    pub faults: Faults,
    /// What a seed must have to find it.
    needs: Needs,
}

/// What a seed must have to find a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nothing.
    Nothing,
    /// Buckets with copies.
    Copies,
    /// Copies, and a boss's store that loses steps.
    Falls,
    /// Buckets that hold when one copy is left.
    Hold,
}

/// A switch in a machine, who must notice it, and how it is turned on.
struct Switch {
    name: &'static str,
    breaks: &'static [&'static str],
    plant: fn(&mut Faults),
}

impl Switch {
    fn planted(&self, needs: Needs) -> Planted {
        let Switch { name, breaks, plant } = self;
        let mut faults = Faults::default();
        plant(&mut faults);
        Planted { name: (*name).to_owned(), breaks, faults, needs }
    }
}

/// All of them: the switches of machines, and one for each thing that a copy can forget.
pub fn all() -> impl Iterator<Item = Planted> {
    let machines = MACHINES.iter().map(|switch| switch.planted(Needs::Nothing));
    let copied = copied::MACHINES.iter().map(|switch| switch.planted(Needs::Copies));
    let holding = copied::HOLDING.iter().map(|switch| switch.planted(Needs::Hold));
    let fallen = fallen::MACHINES.iter().map(|switch| switch.planted(Needs::Falls));
    machines.chain(forgets::all()).chain(copied).chain(holding).chain(fallen)
}

/// Of all machines.
const MACHINES: [Switch; 77] = [
    Switch {
        name: "lane.shows_old_reign",
        breaks: &[
            "nothing of a lower reign is shown behind a higher one",
            // An answer of the reign before is taken for that of what was sent again.
            "no process says what it must not",
        ],
        plant: |f| f.lane.shows_old_reign = true,
    },
    Switch {
        name: "copies.shown_before_sent",
        breaks: &["nothing is shown before it is committed"],
        plant: |f| f.node.shown_before_sent = true,
    },
    Switch {
        name: "copies.read_without_round",
        breaks: &["nothing is shown before it is committed"],
        plant: |f| f.node.read_without_round = true,
    },
    Switch {
        name: "copies.refusal_without_round",
        breaks: &["nothing is shown before it is committed"],
        plant: |f| f.node.refusal_without_round = true,
    },
    Switch {
        name: "copies.probe_without_round",
        breaks: &["nothing is shown before it is committed"],
        plant: |f| f.node.probe_without_round = true,
    },
    Switch {
        name: "copies.waits_for_some",
        breaks: &["no word to another node leaves before it is committed"],
        plant: |f| f.node.waits_for_some = true,
    },
    Switch {
        name: "copies.ticket_survives_link",
        breaks: &["no word to another node leaves before it is committed"],
        plant: |f| f.node.ticket_survives_link = true,
    },
    Switch {
        name: "copies.span_of_refused",
        breaks: &["no word to another node leaves before it is committed"],
        plant: |f| f.node.span_of_refused = true,
    },
    Switch {
        name: "copies.output_overtakes",
        breaks: &["no process says what it must not", "every operation is answered"],
        plant: |f| f.node.output_overtakes = true,
    },
    Switch {
        name: "node.word_before_commit",
        breaks: &["no word to another node leaves before it is committed"],
        plant: |f| f.node.word_before_commit = true,
    },
    Switch {
        name: "node.answer_before_commit",
        breaks: &["no word to another node leaves before it is committed"],
        plant: |f| f.node.answer_before_commit = true,
    },
    Switch {
        name: "node.result_forgotten",
        breaks: &["an outcome is unknown only if a connection, a node or much time was lost"],
        plant: |f| f.node.result_forgotten = true,
    },
    Switch {
        name: "node.replay_drops_first",
        breaks: &["nothing is missed between a mark and the end"],
        plant: |f| f.node.replay_drops_first = true,
    },
    Switch {
        name: "node.replay_unfiltered",
        breaks: &["a filter holds for live events, history, replay and snapshots"],
        plant: |f| f.node.replay_unfiltered = true,
    },
    Switch {
        name: "node.resend_runs_again",
        breaks: &["acknowledged: exactly once; unknown: at most once; refused: never"],
        plant: |f| f.node.resend_runs_again = true,
    },
    Switch {
        name: "node.joined_twice",
        breaks: &["joined and left alternate per user"],
        plant: |f| f.node.joined_twice = true,
    },
    Switch {
        name: "node.joined_untold",
        breaks: &["who is in a queue is in everybody's roster"],
        plant: |f| f.node.joined_untold = true,
    },
    Switch {
        name: "node.left_untold",
        breaks: &[
            "who has left is in no roster for long",
            "after the calm the roster is who is there",
        ],
        plant: |f| f.node.left_untold = true,
    },
    Switch {
        name: "node.told_of_another",
        breaks: &["who is told to have joined or left did, by its own session"],
        plant: |f| f.node.told_of_another = true,
    },
    Switch {
        name: "lane.members_missed",
        breaks: &["nothing is missed between a mark and the end"],
        plant: |f| f.lane.members_missed = true,
    },
    Switch {
        name: "node.sender_mistaken",
        breaks: &["an event names who sent it"],
        plant: |f| f.node.sender_mistaken = true,
    },
    Switch {
        name: "node.reason_mistaken",
        breaks: &["who leaves does it for the reason that is told"],
        plant: |f| f.node.reason_mistaken = true,
    },
    Switch {
        name: "node.code_mistaken",
        breaks: &["who is closed is told the code of its cause"],
        plant: |f| f.node.code_mistaken = true,
    },
    Switch {
        name: "node.history_disordered",
        breaks: &["history is the newest messages at or below the mark, oldest first"],
        plant: |f| f.node.history_disordered = true,
    },
    Switch {
        name: "node.note_lost",
        breaks: &["who has left is gone soon", "nothing is left when everybody has left"],
        plant: |f| f.node.note_lost = true,
    },
    Switch {
        name: "node.idle_destroys_members",
        breaks: &["a queue with members is there", "a session that is connected isn't ended"],
        plant: |f| f.node.idle_destroys_members = true,
    },
    Switch {
        name: "node.cut_unsaid",
        breaks: &["nothing is missed between a mark and the end"],
        plant: |f| f.node.cut_unsaid = true,
    },
    Switch {
        name: "node.cut_early",
        breaks: &["a gap comes only to who was slow or away for long"],
        plant: |f| f.node.cut_early = true,
    },
    Switch {
        name: "node.full_admits",
        breaks: &["a full node lets nobody in"],
        plant: |f| f.node.full_admits = true,
    },
    Switch {
        name: "node.full_refuses_members",
        breaks: &["a refusal has its cause"],
        plant: |f| f.node.full_refuses_members = true,
    },
    Switch {
        name: "node.excluded_replayed",
        breaks: &["exclude_self: not to this session"],
        plant: |f| f.node.excluded_replayed = true,
    },
    Switch {
        name: "lane.flush_lost",
        breaks: &["nothing is missed between a mark and the end"],
        plant: |f| f.lane.flush_lost = true,
    },
    Switch {
        name: "lane.resend_doubled",
        breaks: &["no process says what it must not"],
        plant: |f| f.lane.resend_doubled = true,
    },
    Switch {
        name: "lane.attach_skipped",
        breaks: &["nothing is missed between a mark and the end"],
        plant: |f| f.lane.attach_skipped = true,
    },
    Switch {
        name: "lane.subscriber_late",
        breaks: &["nothing is missed between a mark and the end"],
        plant: |f| f.lane.subscriber_late = true,
    },
    Switch {
        name: "lane.filter_skipped",
        breaks: &["a filter holds for live events, history, replay and snapshots"],
        plant: |f| f.lane.filter_skipped = true,
    },
    Switch {
        name: "lane.gap_unannounced",
        breaks: &["nothing is missed between a mark and the end"],
        plant: |f| f.lane.gap_unannounced = true,
    },
    Switch {
        name: "lane.conflation_keeps_oldest",
        breaks: &["snapshot and changes make the state that the model has"],
        plant: |f| f.lane.conflation_keeps_oldest = true,
    },
    Switch {
        name: "lane.held_lost",
        breaks: &[
            "nothing is missed between a mark and the end",
            "history is the newest messages at or below the mark, oldest first",
        ],
        plant: |f| f.lane.held_lost = true,
    },
    Switch {
        name: "lane.exclude_self_ignored",
        breaks: &["exclude_self: not to this session"],
        plant: |f| f.lane.exclude_self_ignored = true,
    },
    Switch {
        name: "node.late_lost_ends_new_session",
        breaks: &["who comes back in time is resumed", "a session that is connected isn't ended"],
        plant: |f| f.node.late_lost_ends_new_session = true,
    },
    Switch {
        name: "node.secret_rotated_early",
        breaks: &["who comes back in time is resumed"],
        plant: |f| f.node.secret_rotated_early = true,
    },
    Switch {
        name: "node.resume_makes_member",
        breaks: &[
            "a filter holds for live events, history, replay and snapshots",
            "nobody is where the application hasn't let them in",
        ],
        plant: |f| f.node.resume_makes_member = true,
    },
    Switch {
        name: "node.grace_decided_twice",
        breaks: &["who comes back in time is resumed", "a session that is connected isn't ended"],
        plant: |f| f.node.grace_decided_twice = true,
    },
    Switch {
        name: "node.ended_forgotten",
        breaks: &["who has left is gone soon", "nothing is left when everybody has left"],
        plant: |f| f.node.ended_forgotten = true,
    },
    Switch {
        name: "node.fence_skipped",
        breaks: &["a room refuses who is over, as soon as it can know"],
        plant: |f| f.node.fence_skipped = true,
    },
    Switch {
        name: "node.loser_unsaid",
        breaks: &[
            "where a winner was heard, nothing of the loser is done",
            "a dead time after a winner's welcome nothing of the loser is done",
        ],
        plant: |f| f.node.loser_unsaid = true,
    },
    Switch {
        name: "node.page_skips_first",
        breaks: &["after the calm the roster is who is there"],
        plant: |f| f.node.page_skips_first = true,
    },
    Switch {
        name: "node.state_page_skips_first",
        breaks: &["what is read of the state is its present"],
        plant: |f| f.node.state_page_skips_first = true,
    },
    Switch {
        name: "node.list_lacks_last",
        breaks: &["a list of queues has those that are there, in order"],
        plant: |f| f.node.list_lacks_last = true,
    },
    Switch {
        name: "node.before_ignored",
        breaks: &["what is read of the history is its newest messages, oldest first"],
        plant: |f| f.node.before_ignored = true,
    },
    Switch {
        name: "node.key_forgotten",
        breaks: &["a request is done once, with a key however often it is sent"],
        plant: |f| f.node.key_forgotten = true,
    },
    Switch {
        name: "node.verdict_ignored",
        breaks: &["nothing is done before the application allows it, as it wants it"],
        plant: |f| f.node.verdict_ignored = true,
    },
    Switch {
        name: "lane.tell_acknowledged_early",
        breaks: &["in the end the application knows that everybody has left"],
        plant: |f| f.lane.tell_acknowledged_early = true,
    },
    Switch {
        name: "node.kick_lost",
        breaks: &["two logins of a user have one winner"],
        plant: |f| f.node.kick_lost = true,
    },
    Switch {
        name: "node.late_connects_win",
        breaks: &["two logins of a user have one winner"],
        plant: |f| f.node.late_connects_win = true,
    },
    Switch {
        name: "node.sweep_removes_resumed",
        breaks: &["a session that is connected isn't ended"],
        plant: |f| f.node.sweep_removes_resumed = true,
    },
    Switch {
        name: "lane.confirmed_early",
        breaks: &["who comes back in time is resumed"],
        plant: |f| f.lane.confirmed_early = true,
    },
    Switch {
        name: "lane.resend_after_kick",
        breaks: &["who has lost is heard no later than a dead time"],
        plant: |f| f.lane.resend_after_kick = true,
    },
    Switch {
        name: "lane.operation_before_attach",
        breaks: &[
            "everybody ends with the same roster",
            "snapshot and changes make the state that the model has",
            "joined and left alternate per user",
            "nothing is missed between a mark and the end",
        ],
        plant: |f| f.lane.operation_before_attach = true,
    },
    Switch {
        name: "lane.resends_behind_new",
        breaks: &["results of a queue come in the order of the operations"],
        plant: |f| f.lane.resends_behind_new = true,
    },
    Switch {
        name: "lane.row_not_told",
        breaks: &["no process says what it must not"],
        plant: |f| f.lane.row_not_told = true,
    },
    Switch {
        name: "lane.hearing_ignored",
        breaks: &["who has lost is heard no later than a dead time"],
        plant: |f| f.lane.hearing_ignored = true,
    },
    Switch {
        name: "lane.ending_inherited",
        breaks: &["who is closed is told why"],
        plant: |f| f.lane.ending_inherited = true,
    },
    Switch {
        name: "lane.resume_seen_ignored",
        breaks: &["every operation is answered"],
        plant: |f| f.lane.resume_seen_ignored = true,
    },
    Switch {
        name: "lane.limit_too_low",
        breaks: &["a refusal has its cause"],
        plant: |f| f.lane.limit_too_low = true,
    },
    Switch {
        name: "lane.given_up_early",
        breaks: &["a refusal has its cause"],
        plant: |f| f.lane.given_up_early = true,
    },
    Switch {
        name: "node.ttl_ignored",
        breaks: &["keys end with their time to live"],
        plant: |f| f.node.ttl_ignored = true,
    },
    Switch {
        name: "node.ttl_cut_short",
        breaks: &["keys end with their time to live"],
        plant: |f| f.node.ttl_cut_short = true,
    },
    Switch {
        name: "node.while_present_ignored",
        breaks: &["keys end with the presence of their writers"],
        plant: |f| f.node.while_present_ignored = true,
    },
    Switch {
        name: "node.condition_ignored",
        breaks: &["a change makes of the present what the model makes of it"],
        plant: |f| f.node.condition_ignored = true,
    },
    Switch {
        name: "copies.clock_of_its_own",
        breaks: &["keys end with their time to live"],
        plant: |f| f.node.clock_of_its_own = true,
    },
    Switch {
        name: "node.condition_refused",
        breaks: &["a refusal has its cause"],
        plant: |f| f.node.condition_refused = true,
    },
    Switch {
        name: "client.marks_stand_still",
        breaks: &["nothing comes twice"],
        plant: |f| f.client.marks_stand_still = true,
    },
    Switch {
        name: "client.resent_anew",
        breaks: &["acknowledged: exactly once; unknown: at most once; refused: never"],
        plant: |f| f.client.resent_anew = true,
    },
    Switch {
        name: "boss.loss_hidden",
        breaks: &["a session that is connected isn't ended", "who comes back in time is resumed"],
        plant: |f| f.boss.loss_hidden = true,
    },
    Switch {
        name: "member.tables_missed",
        breaks: &["every operation is answered"],
        plant: |f| f.member.tables_missed = true,
    },
];

impl Planted {
    /// The bug of just this name, also of those that no seed was seen to find.
    #[must_use]
    pub fn named(name: &str) -> Option<Planted> {
        all().chain(others::all()).find(|bug| bug.name == name)
    }
}
