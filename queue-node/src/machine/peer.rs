//! What queue nodes say to each other, and what buckets of one node do.

use link::machine::LinkId;
use proto::bucket::BucketId;
use proto::q2q::{self, field::q2q as said};
use proto::wire;

use super::bucket::Bucket;
use super::buckets::{Buckets, Home};
use super::lane::{Broken, read};
use super::outputs;
use super::tells::{Told, Word};
use super::timers::Timer;
use super::turn::{Inner, Shared, Turn};

/// After a word found no home, so long until it is sent again.
const RETELL_MS: u64 = 100;

impl Buckets {
    /// A frame of another queue node.
    ///
    /// # Errors
    /// If the node says what no node may say: its link is to be ended.
    pub(crate) fn peer_frame(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        number: u32,
        body: &[u8],
    ) -> Result<(), Broken> {
        match number {
            said::TELL => {
                let tell: q2q::Tell = read(body)?;
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                let number = tell.number;
                let told = Word::of(tell).map_or(Told::default(), |word| bucket.hear(turn, &word));
                let message = told.message(number);
                if turn.shared.settings.faults.told_before_commit {
                    let (id, epochs) = (bucket.outputs.bucket(), bucket.outputs.epochs());
                    let links = &mut turn.shared.links;
                    let buffer = links.open(&mut turn.out.links, link, id, epochs);
                    wire::put_message(buffer, &message);
                    return Ok(());
                }
                bucket.say(turn, link, |out| wire::put_message(out, &message));
            }
            said::TOLD => {
                let told: q2q::Told = read(body)?;
                self.told(turn, told.number, Told::of(&told));
            }
            said::MOVED => turn.shared.retell_later(turn.now.ms),
            // Records and snapshots of copies, which this version doesn't keep; or a newer node's.
            _ => {}
        }
        Ok(())
    }

    /// What buckets of this node have said to each other, until nobody says anything more.
    pub(crate) fn deliver(&mut self, turn: &mut Turn<'_>) {
        while let Some(inner) = turn.shared.inner.pop_front() {
            match inner {
                Inner::Tell { number, tell } => self.tell(turn, number, &tell.word, tell.to),
                Inner::Told { number, told } => self.told(turn, number, told),
            }
        }
    }

    fn tell(&mut self, turn: &mut Turn<'_>, number: u64, word: &Word, to: u64) {
        let Some(table) = &turn.shared.table else { return };
        let prefix = table.bucket(to).prefix();
        let Some(bucket) = self.get(prefix) else { return };
        let told = bucket.hear(turn, word);
        if bucket.outputs.word(outputs::Word::Told { number, told }).is_some() {
            turn.shared.inner.push_back(Inner::Told { number, told });
        }
    }

    fn told(&mut self, turn: &mut Turn<'_>, number: u64, told: Told) {
        if let Some(bucket) = self.get((number & 0xffff) as u32) {
            bucket.told(turn, number, told);
        }
    }

    /// A link to another node is up: it hears, oldest first, what its queues haven't answered.
    pub(crate) fn tell_to(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        for bucket in self.iter() {
            let released = bucket.tells.released();
            let theirs =
                released.filter(|(_, tell)| turn.shared.home_of(tell.to) == Home::There(link));
            let numbers: Vec<u64> = theirs.map(|(number, _)| number).collect();
            for number in numbers {
                bucket.send_tell(turn, number);
            }
        }
    }

    /// Every unanswered word that may be sent is sent again, oldest first. Peers are told anew of
    /// which bucket they are: one that wasn't its home answers only what is about an `at` that it
    /// hasn't answered before.
    pub(crate) fn tell_again(&mut self, turn: &mut Turn<'_>) {
        turn.shared.links.forget_said_to_nodes();
        for bucket in self.iter() {
            let numbers: Vec<u64> = bucket.tells.released().map(|(number, _)| number).collect();
            for number in numbers {
                bucket.send_tell(turn, number);
            }
        }
    }

    /// Records up to this one are on every copy.
    pub(crate) fn committed(&mut self, turn: &mut Turn<'_>, id: BucketId, n: u64) {
        let Some(bucket) = self.get(id.prefix()) else { return };
        let links = &mut turn.shared.links;
        for word in bucket.outputs.committed(n, links, &mut turn.out.links) {
            match word {
                outputs::Word::Tell { number } => bucket.send_tell(turn, number),
                outputs::Word::Told { number, told } => {
                    turn.shared.inner.push_back(Inner::Told { number, told });
                }
                outputs::Word::Happened(happened) => {
                    turn.shared.couriers.keep(&mut turn.shared.counters, id, *happened);
                }
                outputs::Word::Inspected(inspected) => turn.out.inspected.push(*inspected),
                outputs::Word::Probed(probe) => {
                    probe.waits.set(probe.waits.get() - 1);
                    if probe.waits.get() == 0 {
                        super::lane::probed(turn, &probe);
                    }
                }
            }
        }
    }
}

impl Shared {
    /// Words found no home: they are sent again, all at once however many they were.
    fn retell_later(&mut self, now_ms: u64) {
        if !std::mem::replace(&mut self.is_retelling, true) {
            self.timers.set(now_ms + RETELL_MS, Timer::Tells);
        }
    }
}

impl Bucket {
    /// Sends a word to the home of the queue that shall hear it, if it can be reached now.
    pub(crate) fn send_tell(&mut self, turn: &mut Turn<'_>, number: u64) {
        let Some(tell) = self.tells.release(number) else { return };
        match turn.shared.home_of(tell.to) {
            Home::Here => {
                turn.shared.inner.push_back(Inner::Tell { number, tell: tell.clone() });
            }
            Home::There(link) => {
                let Some(table) = &turn.shared.table else { return };
                let bucket = table.bucket(tell.to);
                let Some(row) = table.row(bucket) else { return };
                let epochs = row.epochs();
                let buffer = turn.shared.links.open(&mut turn.out.links, link, bucket, epochs);
                wire::put_message(buffer, &tell.word.message(number));
            }
            Home::Away => {}
        }
    }
}
