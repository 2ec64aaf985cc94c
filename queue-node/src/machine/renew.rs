//! A queue gets another epoch: lanes have seen events of it that are gone, by a second fault or a
//! bug. Their numbers will be given to others, so nobody may go on from them.

use link::machine::LinkId;
use proto::ids::{Epoch, Sub};
use proto::q2g;
use rand::RngExt as _;

use super::attach::put_attached;
use super::bucket::Bucket;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::record::Record;
use super::state::words::{Noted, Word};
use super::turn::Turn;

impl Bucket {
    /// Everybody gets the queue whole under another epoch. The lane that has asked is answered by
    /// the caller.
    pub(crate) fn renew_epoch(&mut self, turn: &mut Turn<'_>, index: QueueIndex, asks: LinkId) {
        let before = self.noted_members(index);
        let epoch = Epoch::from_random(turn.shared.random.random());
        self.record(turn, Record::Renewed { queue: index, epoch }, None);
        turn.shared.counters.epochs_renewed += 1;
        let after = self.noted_members(index);
        for (old, new) in before.into_iter().zip(after) {
            self.keep_word(turn, Word::Note(new));
            self.keep_word(turn, Word::Unnote(old));
        }
        let lanes = self.locals[index].lanes.iter();
        let others: Vec<(LinkId, Sub)> =
            lanes.filter(|lane| lane.link != asks).map(|lane| (lane.link, lane.sub)).collect();
        for (link, sub) in others {
            let queue = self.state.queue(index);
            let mut body = Vec::new();
            queue.put_subscribed(&mut body, self.state.people(), &queue.present(), None);
            let (epoch, seq, sub) = (queue.epoch.get(), queue.seq, sub.number());
            let attached = q2g::Attached { sub, epoch, seq, body, ..q2g::Attached::default() };
            self.say(turn, link, |out| put_attached(out, attached));
        }
    }

    /// The members as their user queues have noted them.
    fn noted_members(&self, index: QueueIndex) -> Vec<Noted> {
        let queue = self.state.queue(index);
        if queue.is_inbox() {
            return Vec::new();
        }
        let keys: Vec<SessionKey> = queue.members.keys().collect();
        keys.into_iter().map(|key| self.state.noted(index, key)).collect()
    }
}
