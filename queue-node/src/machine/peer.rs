//! What queue nodes say to each other, and what buckets of one node do.

use link::machine::LinkId;
use member::machine::Told;
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::n2b::propose::Why;
use proto::q2q::{self, field::q2q as said};
use proto::table::{Moved, Row};
use proto::wire;

use super::bucket::Bucket;
use super::buckets::{Buckets, Home};
use super::clock::NodeMs;
use super::copies::Copies;
use super::held::Effect;
use super::lane::{Broken, read};
use super::state::heard::{Hearing, Teller};
use super::state::record::Record;
use super::state::words::{Answer, Word, WordId};
use super::timers::Timer;
use super::turn::{Inner, Shared, Turn};

/// After a word found no home, so long until it is sent again.
const RESEND_MS: u64 = 100;

/// The node that tells the row comes again, and tells it again, until the boss has.
pub(crate) const HELD: &str =
    "it told a row of which the boss, whose store has lost steps, must tell first";

impl Buckets {
    /// A frame of another queue node.
    ///
    /// # Errors
    /// If the node says what no node may say: its link is to be ended.
    pub(crate) fn peer_frame(
        &mut self,
        turn: &mut Turn<'_>,
        copies: &mut Copies,
        link: LinkId,
        number: u32,
        body: &[u8],
    ) -> Result<(), Broken> {
        match number {
            said::WORD => {
                let message: q2q::Word = read(body)?;
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                let word_id = WordId::of_word(&message).ok_or("a word is of no bucket")?;
                if !bucket.heeds(turn, word_id) {
                    return Ok(());
                }
                let answer =
                    Word::of(message).map_or(Answer::default(), |word| bucket.hear(turn, &word));
                let message = answer.message(word_id);
                if turn.shared.settings.faults().answer_before_commit {
                    bucket.say_early(turn, link, |out| wire::put_message(out, &message));
                    return Ok(());
                }
                bucket.say(turn, link, |out| wire::put_message(out, &message));
            }
            said::ANSWER => {
                let answer: q2q::Answer = read(body)?;
                if let Some(word_id) = WordId::of_answer(&answer) {
                    self.answered(turn, word_id, Answer::of(&answer));
                }
            }
            said::MOVED if turn.shared.settings.faults().row_ignored_before_ack => {}
            said::MOVED => match self.hear_row(turn, &read(body)?) {
                Told::Higher { .. } | Told::Known => {}
                // It may hear of it.
                Told::Lower | Told::Unusable => turn.shared.send_words_later(turn.node_ms()),
                // Nothing behind it may count.
                Told::Held => return Err(HELD),
            },
            said::SLICE => copies.slice(turn, link, body)?,
            said::RECORDS => copies.records(turn, link, body)?,
            said::DIGEST => copies.digest(turn, link, &read(body)?)?,
            said::BATCH => copies.batch(link, &read(body)?)?,
            said::LEAD => return self.led(turn, copies, link, &read(body)?),
            said::HAVE => {
                let have: q2q::Have = read(body)?;
                if let Some(bucket) = self.get(have.prefix)
                    && bucket.is_meant(have.bits, have.loss, have.reign)?
                {
                    bucket.fellow_has(turn, link, &have);
                }
            }
            said::ACK => return self.acknowledged(turn, link, &read(body)?),
            said::AGAIN => {
                let again: q2q::Again = read(body)?;
                let why = match again.why() {
                    q2q::Why::Unfit | q2q::Why::None => Why::Unfit,
                    q2q::Why::Differs => Why::Differs,
                    q2q::Why::Lacks => Why::Lacks,
                };
                if let Some(bucket) = self.get(again.prefix)
                    && bucket.is_meant(again.bits, again.loss, again.reign)?
                {
                    bucket.fellow_again(turn, link, why);
                }
            }
            // A newer node's.
            _ => {}
        }
        Ok(())
    }

    /// Another node is the primary of a bucket, by a row that it names: it asks what is here of it.
    fn led(
        &mut self,
        turn: &mut Turn<'_>,
        copies: &mut Copies,
        link: LinkId,
        lead: &q2q::Lead,
    ) -> Result<(), Broken> {
        let (row, place) = (lead.row.clone(), lead.place.clone());
        let bucket = row.as_ref().and_then(|row| BucketId::new(lead.bits, row.prefix));
        match self.hear_row(turn, &Moved { bits: lead.bits, row, place }) {
            Told::Higher { .. } | Told::Known => {
                self.heed_rows(turn, copies);
                copies.lead(turn, link, lead)
            }
            Told::Lower => {
                if let Some(bucket) = bucket {
                    turn.shared.rows.tell(&mut turn.out.links, link, bucket);
                }
                Ok(())
            }
            Told::Held => Err(HELD),
            Told::Unusable => Err("a node leads a bucket of which nothing is known here"),
        }
    }

    /// What buckets of this node have said to each other, until nobody says anything more.
    pub(crate) fn deliver(&mut self, turn: &mut Turn<'_>) {
        while let Some(inner) = turn.shared.inner.pop_front() {
            match inner {
                Inner::Word { word_id, word, to } => self.deliver_word(turn, word_id, &word, to),
                Inner::Answer { word_id, answer } => self.answered(turn, word_id, answer),
            }
        }
    }

    fn deliver_word(&mut self, turn: &mut Turn<'_>, word_id: WordId, word: &Word, to: u64) {
        let Some(bucket) = self.home_of(turn, to) else { return };
        let is_judged = !turn.shared.settings.faults().heard_of_links_only;
        if is_judged && !bucket.heeds(turn, word_id) {
            return;
        }
        let answer = bucket.hear(turn, word);
        let effect = Effect::Answer { word_id, answer };
        if bucket.outputs.effect(&mut turn.shared.links, effect).is_some() {
            turn.shared.inner.push_back(Inner::Answer { word_id, answer });
        }
    }

    /// The answer to a word, if its bucket is still here, under whatever reign it said it: one that
    /// was lost has had the same numbers as the one in its place.
    fn answered(&mut self, turn: &mut Turn<'_>, word_id: WordId, answer: Answer) {
        let WordId { bucket, epochs, .. } = word_id;
        let is_it = |its: &&mut Bucket| {
            its.outputs.bucket() == bucket && its.outputs.epochs().loss == epochs.loss
        };
        if let Some(bucket) = self.get(word_id.bucket.prefix()).filter(is_it) {
            bucket.answered(turn, word_id.number, answer);
        }
    }

    /// A link to another node is up: it hears, oldest first, what its queues haven't answered.
    pub(crate) fn send_words_to(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        for bucket in self.iter() {
            let words = bucket.state.words();
            let is_theirs = |number: &u64| {
                let home = words.get(*number).map(|word| turn.shared.home_of(word.to()));
                home == Some(Home::There(link))
            };
            let released = bucket.posted.released(words);
            let theirs: Vec<u64> = released.into_iter().filter(is_theirs).collect();
            for number in theirs {
                bucket.send_word(turn, number);
            }
        }
    }

    /// Every unanswered word that may be sent is sent again, oldest first. Peers are told anew of
    /// which bucket they are: one that wasn't its home answers only what is about an `at` that it
    /// hasn't answered before.
    pub(crate) fn send_words_again(&mut self, turn: &mut Turn<'_>) {
        turn.shared.links.forget_said_to_nodes();
        for bucket in self.iter() {
            for number in bucket.posted.released(bucket.state.words()) {
                bucket.send_word(turn, number);
            }
        }
    }

    /// Sends again, oldest first, the words that are for these buckets or of them: they have other
    /// homes, or the same under other reigns.
    pub(crate) fn send_words_of(&mut self, turn: &mut Turn<'_>, moved: &[BucketId]) {
        if moved.is_empty() {
            return;
        }
        turn.shared.links.forget_said_to_nodes();
        let mut among = vec![false; turn.shared.rows.len()];
        for bucket in moved {
            among[bucket.prefix() as usize] = true;
        }
        for bucket in self.iter() {
            let is_moved = among[bucket.outputs.bucket().prefix() as usize];
            for number in bucket.posted.released(bucket.state.words()) {
                let to = bucket.state.words().get(number).map(Word::to);
                let to = to.and_then(|to| turn.shared.rows.bucket(to));
                if is_moved || to.is_some_and(|to| among[to.prefix() as usize]) {
                    bucket.send_word(turn, number);
                }
            }
        }
    }

    /// Carries out what was held and is released.
    pub(crate) fn carry_out(&mut self, turn: &mut Turn<'_>) {
        while let Some((prefix, effect)) = turn.shared.links.held.next_effect() {
            match effect {
                Effect::Word { number } => {
                    if let Some(bucket) = self.get(prefix) {
                        bucket.send_word(turn, number);
                    }
                }
                Effect::Answer { word_id, answer } => {
                    turn.shared.inner.push_back(Inner::Answer { word_id, answer });
                }
                Effect::Happened(happened) => {
                    turn.shared.couriers.keep(&mut turn.shared.counters, happened);
                }
                Effect::Inspected(inspected) => turn.out.inspected.push(*inspected),
                Effect::Traced(traced) => turn.note(*traced),
                Effect::Probed(probe) => {
                    if probe.is_sure(prefix) {
                        super::lane::probed(turn, &probe);
                    }
                }
            }
        }
    }
}

impl Shared {
    /// Words found no home: they are sent again, all at once however many they were.
    fn send_words_later(&mut self, now: NodeMs) {
        if !std::mem::replace(&mut self.is_resending, true) {
            self.timers.set(now.after(RESEND_MS), Timer::Words);
        }
    }
}

impl Bucket {
    /// Whether a word of this teller counts. One of a reign that is over gets no answer: its
    /// successor may have taken back what it says.
    fn heeds(&mut self, turn: &mut Turn<'_>, word_id: WordId) -> bool {
        let Epochs { loss: Loss(loss), reign: Reign(reign) } = word_id.epochs;
        let teller = Teller { bucket: word_id.bucket, loss, reign };
        match self.state.heard().hearing(teller) {
            Hearing::Stale => turn.shared.settings.faults().stale_word_heard,
            Hearing::Known => true,
            Hearing::News => {
                self.record(turn, Record::Heard { teller }, None);
                true
            }
        }
    }

    /// The word of this number, as others name it.
    fn word_id(&self, number: u64) -> WordId {
        let (bucket, loss) = (self.outputs.bucket(), self.outputs.epochs().loss);
        let epochs = Epochs { loss, reign: Reign(self.state.reign()) };
        WordId { bucket, epochs, number }
    }

    /// Sends a word to the home of the queue that shall hear it, if it can be reached now.
    pub(crate) fn send_word(&mut self, turn: &mut Turn<'_>, number: u64) {
        self.posted.release(number);
        let Some(word) = self.state.words().get(number) else { return };
        let (word_id, to) = (self.word_id(number), word.to());
        match turn.shared.home_of(to) {
            Home::Here => {
                turn.shared.inner.push_back(Inner::Word { word_id, word: word.clone(), to });
            }
            Home::There(link) => {
                let Some(bucket) = turn.shared.rows.bucket(to) else { return };
                let Some(epochs) = turn.shared.rows.row(bucket).map(Row::epochs) else { return };
                turn.shared.rows.tell(&mut turn.out.links, link, bucket);
                let buffer = turn.shared.links.open(&mut turn.out.links, link, bucket, epochs);
                wire::put_message(buffer, &word.message(word_id));
            }
            Home::Away => {}
        }
    }
}
