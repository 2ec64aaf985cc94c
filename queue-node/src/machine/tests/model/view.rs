//! What a client of the model makes of what it hears.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use proto::g2c::{self, field::g2c as event, state_change::Now};
use proto::g2q::operation::Body as Op;

/// What a client has seen.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) live: bool,
    /// Its subscribe was accepted, and `subscribed` hasn't come.
    pub(super) admitted: bool,
    /// It has lost its socket, and will come back with what it has seen.
    pub(super) away: bool,
    pub(super) epoch: u64,
    pub(super) seq: u64,
    /// From here on it should have heard everything.
    pub(super) start: u64,
    pub(super) heard: Vec<u64>,
    pub(super) state: BTreeMap<String, Vec<u8>>,
    pub(super) roster: BTreeSet<String>,
    pub(super) op_id: u32,
    pub(super) last: Option<Op>,
    pub(super) answers: BTreeMap<u32, Vec<u8>>,
}

impl View {
    pub(super) fn subscribed(&mut self, epoch: u64, seq: u64, body: &[u8]) {
        let word = g2c::Subscribed::decode(body).expect("subscribed");
        self.live = true;
        self.admitted = false;
        assert!(!word.gap);
        if word.recovered {
            return;
        }
        (self.epoch, self.seq, self.start) = (epoch, seq, seq);
        self.heard.clear();
        let mounts = word.mounts.into_iter().flat_map(|mount| mount.entries);
        self.state = mounts.map(|entry| (entry.key, entry.value)).collect();
        self.roster = word.members.into_iter().collect();
    }

    pub(super) fn take(&mut self, user: &str, seq: u64, kind: u32, body: &[u8]) {
        assert!(seq > self.seq, "{user} hears #{seq} after #{}", self.seq);
        self.seq = seq;
        match kind {
            event::MESSAGE => self.heard.push(seq),
            event::STATE => {
                for change in g2c::State::decode(body).expect("a state").changes {
                    match change.now {
                        Some(Now::Value(value)) => drop(self.state.insert(change.key, value)),
                        Some(Now::Deleted(_)) | None => drop(self.state.remove(&change.key)),
                    }
                }
            }
            event::JOINED => {
                for joined in g2c::Joined::decode(body).expect("joined").users {
                    assert!(joined != user, "{user} hears of itself");
                    assert!(self.roster.insert(joined), "announced twice");
                }
            }
            event::LEFT => {
                for left in g2c::Left::decode(body).expect("left").users {
                    assert!(self.roster.remove(&left), "left twice");
                }
            }
            other => panic!("an event of kind {other}"),
        }
    }
}
