//! What queue nodes say to each other, and what buckets of one node do.

use link::machine::LinkId;
use proto::bucket::BucketId;
use proto::q2q::{self, field::q2q as said};
use proto::wire;

use super::bucket::Bucket;
use super::buckets::{Buckets, Home};
use super::copies::Copied;
use super::lane::{Broken, read};
use super::outputs;
use super::state::words::{Teller, Told, Word};
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
        copied: &mut Copied,
        link: LinkId,
        number: u32,
        body: &[u8],
    ) -> Result<(), Broken> {
        match number {
            said::TELL => {
                let tell: q2q::Tell = read(body)?;
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                let teller = Teller::of(tell.number, tell.loss, tell.bits);
                let teller = teller.ok_or("a tell is of no bucket")?;
                let told = Word::of(tell).map_or(Told::default(), |word| bucket.hear(turn, &word));
                let message = told.message(teller);
                if turn.shared.settings.faults().told_before_commit {
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
                if let Some(teller) = Teller::of(told.number, told.loss, told.bits) {
                    self.told(turn, teller, Told::of(&told));
                }
            }
            said::MOVED => turn.shared.retell_later(turn.now.ms),
            said::SLICE => copied.slice(turn, link, body)?,
            said::RECORDS => copied.records(turn, link, body)?,
            said::DIGEST => copied.compare(turn, body)?,
            said::FOLLOW => {
                let prefixes = self.all().map(|bucket| bucket.outputs.bucket().prefix());
                turn.shared.followers.follow(link, prefixes);
            }
            said::AGAIN => {
                let again: q2q::Again = read(body)?;
                turn.shared.followers.again(link, again.prefix);
            }
            said::SLICE_ACK => {
                let ack: q2q::SliceAck = read(body)?;
                turn.shared.followers.acknowledged(link, ack.bytes);
            }
            // A newer node's.
            _ => {}
        }
        Ok(())
    }

    /// What buckets of this node have said to each other, until nobody says anything more.
    pub(crate) fn deliver(&mut self, turn: &mut Turn<'_>) {
        while let Some(inner) = turn.shared.inner.pop_front() {
            match inner {
                Inner::Tell { teller, word, to } => self.tell(turn, teller, &word, to),
                Inner::Told { teller, told } => self.told(turn, teller, told),
            }
        }
    }

    fn tell(&mut self, turn: &mut Turn<'_>, teller: Teller, word: &Word, to: u64) {
        let Some(table) = &turn.shared.table else { return };
        let prefix = table.bucket(to).prefix();
        let Some(bucket) = self.get(prefix) else { return };
        let told = bucket.hear(turn, word);
        if bucket.outputs.word(outputs::Word::Told { teller, told }).is_some() {
            turn.shared.inner.push_back(Inner::Told { teller, told });
        }
    }

    /// The answer to a word, if the bucket that told it is still here: one that was lost has had
    /// the same numbers as the one in its place.
    fn told(&mut self, turn: &mut Turn<'_>, teller: Teller, told: Told) {
        let is_it = |bucket: &&mut Bucket| bucket.teller(teller.number) == teller;
        if let Some(bucket) = self.get(teller.bucket.prefix()).filter(is_it) {
            bucket.told(turn, teller.number, told);
        }
    }

    /// A link to another node is up: it hears, oldest first, what its queues haven't answered.
    pub(crate) fn tell_to(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        for bucket in self.iter() {
            let words = bucket.state.words();
            let is_theirs = |number: &u64| {
                let home = words.get(*number).map(|word| turn.shared.home_of(word.to()));
                home == Some(Home::There(link))
            };
            let released = bucket.posted.released(words);
            let theirs: Vec<u64> = released.into_iter().filter(is_theirs).collect();
            for number in theirs {
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
            for number in bucket.posted.released(bucket.state.words()) {
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
                outputs::Word::Told { teller, told } => {
                    turn.shared.inner.push_back(Inner::Told { teller, told });
                }
                outputs::Word::Happened(happened) => {
                    turn.shared.couriers.keep(&mut turn.shared.counters, happened);
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
    /// By whom a word of this number is.
    fn teller(&self, number: u64) -> Teller {
        let (bucket, loss) = (self.outputs.bucket(), self.outputs.epochs().loss);
        Teller { bucket, loss, number }
    }

    /// Sends a word to the home of the queue that shall hear it, if it can be reached now.
    pub(crate) fn send_tell(&mut self, turn: &mut Turn<'_>, number: u64) {
        self.posted.release(number);
        let Some(word) = self.state.words().get(number) else { return };
        let (teller, to) = (self.teller(number), word.to());
        match turn.shared.home_of(to) {
            Home::Here => {
                turn.shared.inner.push_back(Inner::Tell { teller, word: word.clone(), to });
            }
            Home::There(link) => {
                let Some(table) = &turn.shared.table else { return };
                let bucket = table.bucket(to);
                let Some(row) = table.row(bucket) else { return };
                let epochs = row.epochs();
                let buffer = turn.shared.links.open(&mut turn.out.links, link, bucket, epochs);
                wire::put_message(buffer, &word.message(teller));
            }
            Home::Away => {}
        }
    }
}
