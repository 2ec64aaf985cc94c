//! Bugs that are planted one at a time: the simulation must find each of them.

use crate::plan::Faults;

/// A switch in a machine, and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Planted {
    /// The switch.
    pub name: &'static str,
    /// Turns it on.
    pub plant: fn(&mut Faults),
}

/// All of them.
pub const ALL: [Planted; 35] = [
    Planted { name: "node.output_before_commit", plant: |f| f.node.output_before_commit = true },
    Planted { name: "node.result_forgotten", plant: |f| f.node.result_forgotten = true },
    Planted { name: "node.replay_drops_first", plant: |f| f.node.replay_drops_first = true },
    Planted { name: "node.replay_unfiltered", plant: |f| f.node.replay_unfiltered = true },
    Planted { name: "node.resend_runs_again", plant: |f| f.node.resend_runs_again = true },
    Planted { name: "node.joined_twice", plant: |f| f.node.joined_twice = true },
    Planted { name: "node.history_disordered", plant: |f| f.node.history_disordered = true },
    Planted { name: "node.note_lost", plant: |f| f.node.note_lost = true },
    Planted { name: "node.idle_destroys_members", plant: |f| f.node.idle_destroys_members = true },
    Planted { name: "node.excluded_replayed", plant: |f| f.node.excluded_replayed = true },
    Planted { name: "lane.flush_lost", plant: |f| f.lane.flush_lost = true },
    Planted { name: "lane.resend_doubled", plant: |f| f.lane.resend_doubled = true },
    Planted { name: "lane.attach_skipped", plant: |f| f.lane.attach_skipped = true },
    Planted { name: "lane.subscriber_late", plant: |f| f.lane.subscriber_late = true },
    Planted { name: "lane.filter_skipped", plant: |f| f.lane.filter_skipped = true },
    Planted { name: "lane.gap_unannounced", plant: |f| f.lane.gap_unannounced = true },
    Planted {
        name: "lane.conflation_keeps_oldest",
        plant: |f| f.lane.conflation_keeps_oldest = true,
    },
    Planted { name: "lane.exclude_self_ignored", plant: |f| f.lane.exclude_self_ignored = true },
    Planted {
        name: "node.late_lost_ends_new_session",
        plant: |f| f.node.late_lost_ends_new_session = true,
    },
    Planted { name: "node.secret_rotated_early", plant: |f| f.node.secret_rotated_early = true },
    Planted { name: "node.resume_makes_member", plant: |f| f.node.resume_makes_member = true },
    Planted { name: "node.grace_decided_twice", plant: |f| f.node.grace_decided_twice = true },
    Planted { name: "node.ended_forgotten", plant: |f| f.node.ended_forgotten = true },
    Planted { name: "node.fence_skipped", plant: |f| f.node.fence_skipped = true },
    Planted { name: "node.floor_ignored", plant: |f| f.node.floor_ignored = true },
    Planted { name: "node.key_forgotten", plant: |f| f.node.key_forgotten = true },
    Planted { name: "node.verdict_ignored", plant: |f| f.node.verdict_ignored = true },
    Planted {
        name: "lane.tell_acknowledged_early",
        plant: |f| f.lane.tell_acknowledged_early = true,
    },
    Planted { name: "node.kick_lost", plant: |f| f.node.kick_lost = true },
    Planted { name: "node.sweep_removes_resumed", plant: |f| f.node.sweep_removes_resumed = true },
    Planted { name: "lane.confirmed_early", plant: |f| f.lane.confirmed_early = true },
    Planted { name: "lane.resend_after_kick", plant: |f| f.lane.resend_after_kick = true },
    Planted { name: "lane.hearing_ignored", plant: |f| f.lane.hearing_ignored = true },
    Planted { name: "lane.ending_inherited", plant: |f| f.lane.ending_inherited = true },
    Planted { name: "lane.resume_seen_ignored", plant: |f| f.lane.resume_seen_ignored = true },
];
