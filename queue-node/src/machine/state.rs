//! What a bucket replicates: its queues with their mounts and members, who it knows, and what was
//! answered.
//!
//! Everybody may look; it is changed by [`State::apply`] alone, and what that does follows from the
//! state, the record and its moment. Beside it, old events of a queue go ([`State::pass_queue`]):
//! nothing that is decided depends on when.
//!
//! `record` is what a record says. A [`queue::Queue`] has `members`, mounts (`message_mount`,
//! `state_mount`) by its `class`, and a `replay` log (`event_ring`). `people` are who the bucket
//! knows, in an `arena`, and `logins` who is logged in; `words` are for other queues, `tells`
//! for the web application.
//! `recent` results are in `remember` for who isn't a member, `idempotency` has those of requests.
//! `sizes` count what all of it takes. `forget` has planted bugs.

mod aging;
pub(crate) mod arena;
pub(crate) mod class;
pub(crate) mod codec;
pub(crate) mod event_ring;
mod fit;
mod forget;
pub(crate) mod heard;
pub(crate) mod idempotency;
mod items;
pub(crate) mod logins;
pub(crate) mod members;
pub(crate) mod message_mount;
pub(crate) mod openings;
pub(crate) mod people;
pub(crate) mod queue;
pub(crate) mod recent;
pub(crate) mod record;
pub(crate) mod remember;
pub(crate) mod replay;
pub(crate) mod sizes;
pub(crate) mod snapshot;
pub(crate) mod state_mount;
pub(crate) mod tells;
pub(crate) mod words;

use std::rc::Rc;

use proto::ids::{Epoch, Generation, SessionId};
use proto::name;
use proto::seeded::Seed;

use class::{Changed, Classes};
pub(crate) use fit::Unfit;
use heard::Heard;
use idempotency::Keys;
use logins::Logins;
use openings::{Opening, Openings};
use people::{People, SessionKey};
use queue::{Queue, QueueIndex, Queues, Subscription};
use recent::{Recent, Remembered};
use record::{Kept, Record, SessionStep, Stamp, Step};
use remember::Memory;
use sizes::Sizes;
use tells::Tells;
use words::{Noted, Word, Words};

/// The replicated state of a bucket.
#[derive(Debug)]
pub(crate) struct State {
    /// The newest record, and its moment.
    newest: Stamp,
    /// The reigns that wrote the log.
    openings: Openings,
    classes: Rc<Classes>,
    queues: Queues,
    people: People,
    memory: Memory,
    keys: Keys,
    logins: Logins,
    words: Words,
    /// Whose words were heard.
    heard: Heard,
    tells: Tells,
    sizes: Sizes,
    /// Results of sessions that aren't members are kept for two of these.
    grace_ms: u64,
    /// A planted bug: a new reign doesn't start graces and sweeps anew.
    graces_go_on: bool,
}

/// A session that nothing uses is known for two graces after its last word, as what is remembered
/// of it is; and it is noted once in a grace that it still has words.
const PEOPLE_GRACES: u64 = 3;

/// A replay log keeps an event for so long.
pub(crate) const LOG_GRACES: u64 = 2;

/// What was over is known for so long: a lane may send its login again.
const LOGIN_GRACES: u64 = 2;

impl State {
    /// Of a bucket without anything; its maps are seeded with a random number.
    pub(crate) fn new(classes: Rc<Classes>, random: u64, grace_ms: u64) -> State {
        let seed = Seed::new(random);
        State {
            newest: Stamp { n: 0, at_ms: 0 },
            openings: Openings::default(),
            classes,
            queues: Queues::new(seed),
            people: People::new(seed),
            memory: Memory::new(seed),
            keys: Keys::new(random),
            logins: Logins::new(seed),
            words: Words::default(),
            heard: Heard::default(),
            tells: Tells::default(),
            sizes: Sizes::default(),
            grace_ms,
            graces_go_on: false,
        }
    }

    /// With a planted bug.
    pub(crate) fn with_graces_that_go_on(self) -> State {
        State { graces_go_on: true, ..self }
    }

    /// With a planted bug.
    pub(crate) fn with_words_counted_anew(mut self) -> State {
        self.words.go_on_from(0);
        self
    }

    /// The newest record, and its moment.
    pub(crate) fn newest(&self) -> Stamp {
        self.newest
    }

    /// A queue.
    #[inline]
    pub(crate) fn queue(&self, at: QueueIndex) -> &Queue {
        &self.queues[at]
    }

    /// All queues.
    #[inline]
    pub(crate) fn queues(&self) -> &Queues {
        &self.queues
    }

    /// Who the bucket knows.
    #[inline]
    pub(crate) fn people(&self) -> &People {
        &self.people
    }

    /// What was answered to sessions that are no members.
    #[inline]
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What was answered to requests.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who is logged in.
    pub(crate) fn logins(&self) -> &Logins {
        &self.logins
    }

    /// What other queues haven't answered yet.
    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// What the web application hasn't been told yet.
    pub(crate) fn tells(&self) -> &Tells {
        &self.tells
    }

    /// The classes that its queues have.
    pub(crate) fn classes(&self) -> &Rc<Classes> {
        &self.classes
    }

    /// The reign that writes the log; 0 before the first.
    pub(crate) fn reign(&self) -> u64 {
        self.openings.reign()
    }

    /// The newest reigns, oldest first.
    pub(crate) fn openings(&self) -> impl Iterator<Item = &Opening> {
        self.openings.iter()
    }

    /// Whose words were heard.
    pub(crate) fn heard(&self) -> &Heard {
        &self.heard
    }

    /// What it takes.
    #[inline]
    pub(crate) fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// Makes of the state what a record says; `body` is its event's, if it has one.
    #[inline]
    pub(crate) fn apply(&mut self, at: Stamp, record: Record<'_>, body: &[u8], kept: Option<Kept>) {
        self.newest = at;
        let queue = record.queue();
        match record {
            Record::Change { queue, step: Step::Leave { session, ended } } => {
                // What it is answered is kept of the member that it was.
                self.keep(at, Some(queue), kept);
                return self.leave(at, queue, session, ended);
            }
            Record::Change { queue, step } => self.change(at, queue, step, body),
            Record::Noop => {}
            Record::Passed => self.pass(at.at_ms),
            Record::Say { word } => self.words.keep(*word),
            Record::Tell { tell } => self.tells.keep(at.n, tell),
            Record::Taken { numbers } => self.tells.taken(&numbers),
            Record::Answered { number } => self.words.answered(number),
            Record::Config { classes } => self.configure(at, classes),
            Record::Opened { reign, .. } => self.open(at, reign),
            Record::Heard { teller } => self.heard.hear(teller),
            Record::Renewed { queue, epoch } => self.renew(queue, epoch),
            Record::Known { id, user, generation, floor, is_over } => {
                if let Ok(key) = self.people.enter(at.at_ms, id, &user) {
                    self.people.refresh(at.at_ms, key);
                    self.people.hear(key, generation, floor, is_over);
                }
            }
            Record::Barred { hash, id } => {
                let mut recent = self.memory.take(hash, id).unwrap_or_default();
                recent.is_over = true;
                self.memory.keep(at.at_ms, self.grace_ms, hash, id, &recent);
            }
            Record::Session { session, step } => self.session(at, session, *step),
            Record::Noted { session, note } => self.logins.note(session, note),
            Record::Unnoted { session, note } => {
                self.logins.unnote(session, &note);
                self.forget_if_done(at, session);
            }
            Record::Refused { drawn, close } => self.logins.refuse(at, drawn, close),
            Record::Create { name, class, epoch, created_unix_ms } => {
                let class = self.classes.at(class).expect("the class is there").clone();
                let queue = Queue::new(name, class, epoch, created_unix_ms);
                let index = self.queues.insert(queue);
                self.sizes.recount(&mut self.queues[index]);
            }
            Record::Destroy { queue } => {
                self.logins.forget_user(queue);
                let queue = self.queues.remove(queue);
                self.sizes.gone(&queue);
            }
            Record::Shorten { bytes_max } => {
                for (_, queue) in self.queues.iter_mut() {
                    let before = queue.log.bytes();
                    queue.trim_log_bytes(bytes_max);
                    self.sizes.log(before, queue.log.bytes());
                }
            }
        }
        self.keep(at, queue, kept);
    }

    /// A reign begins. Whoever lost a connection with the primary before has a whole grace.
    fn open(&mut self, at: Stamp, reign: u64) {
        self.openings.open(Opening { reign, n: at.n });
        if !self.graces_go_on {
            self.logins.begin_anew(at.at_ms, self.grace_ms);
        }
    }

    /// A queue has another epoch: nothing of the one before can be replayed.
    fn renew(&mut self, index: QueueIndex, epoch: Epoch) {
        let queue = &mut self.queues[index];
        queue.epoch = epoch;
        let before = queue.log.bytes();
        queue.trim_log_bytes(0);
        self.sizes.log(before, queue.log.bytes());
        self.sizes.recount(queue);
    }

    /// Something of a session's record at its user queue changes.
    fn session(&mut self, at: Stamp, key: SessionKey, step: SessionStep) {
        match &step {
            SessionStep::New { entry, .. } => {
                self.people.hear_generation(key, Some(entry.generation));
                self.people.hold(key);
                self.sizes.login(true);
            }
            SessionStep::Resumed { entry, floor, .. } => {
                self.people.hear(key, Some(entry.generation), *floor, false);
            }
            SessionStep::Ended { floor, .. } => self.people.hear(key, None, *floor, true),
            SessionStep::Attached
            | SessionStep::Detached { .. }
            | SessionStep::Confirmed
            | SessionStep::Expires { .. }
            | SessionStep::Swept { .. } => {}
        }
        let user = self.people.user_of(key).clone();
        self.logins.apply(at, (key, self.people[key].id, &user), step);
        self.forget_if_done(at, key);
    }

    /// A session that is over goes with its last note.
    fn forget_if_done(&mut self, at: Stamp, key: SessionKey) {
        if self.logins.forget_if_done(key) {
            self.people.release(at.at_ms, key);
            self.sizes.login(false);
        }
    }

    /// Something of a queue changes.
    #[inline]
    fn change(&mut self, at: Stamp, index: QueueIndex, step: Step, body: &[u8]) {
        let (place, more) = (step.place().unwrap_or(usize::MAX), step.changes_more());
        if let Step::Join { session, generation, guest, filter } = step {
            return self.join(at, index, session, (generation, guest), filter);
        }
        let queue = &mut self.queues[index];
        let (log, held) = (queue.log.bytes(), queue.mount_bytes(place));
        queue.apply(step, at.at_ms, body);
        self.sizes.log(log, queue.log.bytes());
        if more {
            self.sizes.recount(queue);
        } else {
            self.sizes.mount(queue, held, queue.mount_bytes(place));
        }
    }

    /// A session becomes a member, and what was remembered of it is the member's.
    fn join(
        &mut self,
        at: Stamp,
        index: QueueIndex,
        session: SessionKey,
        (generation, is_guest): (Option<Generation>, bool),
        filter: Option<Box<proto::filter::Filter>>,
    ) {
        let is_first = !self.is_elsewhere(index, session);
        let queue = &mut self.queues[index];
        let hash = name::hash(queue.name.as_bytes());
        let recent = self.memory.take(hash, self.people[session].id).unwrap_or_default();
        let (join, join_seq) = (at.n, queue.seq);
        let subscription = Subscription { is_guest, generation, join, join_seq, filter, recent };
        queue.members.insert(session, subscription);
        queue.users += u32::from(is_first);
        self.sizes.recount(queue);
        self.people.hold(session);
        if !self.queues[index].is_inbox() {
            self.words.keep(Word::Note(self.noted(index, session)));
        }
    }

    /// A member goes, and what is remembered of it is kept for a while.
    fn leave(&mut self, at: Stamp, index: QueueIndex, session: SessionKey, ended: bool) {
        let is_last = !self.is_elsewhere(index, session);
        if !ended {
            self.words.keep(Word::Unnote(self.noted(index, session)));
        }
        let queue = &mut self.queues[index];
        let Some(member) = queue.members.remove(session) else { return };
        queue.users -= u32::from(is_last);
        let (hash, id) = (name::hash(queue.name.as_bytes()), self.people[session].id);
        self.memory.keep(at.at_ms, self.grace_ms, hash, id, &member.recent);
        self.sizes.recount(queue);
        self.people.release(at.at_ms, session);
    }

    /// The member as its user queue knows it.
    pub(crate) fn noted(&self, index: QueueIndex, session: SessionKey) -> Noted {
        let (queue, person) = (self.queue(index), &self.people[session]);
        let member = queue.members.get(session);
        Noted {
            user: self.people.user_of(session).clone(),
            session: person.id,
            room: queue.name.clone(),
            epoch: queue.epoch.get(),
            join: member.map_or(0, |member| member.join),
            guest: member.is_some_and(|member| member.is_guest),
        }
    }

    /// Whether another session of the same user is a member.
    pub(crate) fn is_elsewhere(&self, index: QueueIndex, session: SessionKey) -> bool {
        let mut others = self.people.sessions_of(self.people[session].user);
        others.any(|other| other != session && self.queues[index].members.contains(other))
    }

    /// Keeps how an operation ended.
    #[inline]
    fn keep(&mut self, at: Stamp, queue: Option<QueueIndex>, kept: Option<Kept>) {
        match kept {
            None => {}
            Some(Kept::Session { session, hash, result }) => {
                let member = queue.and_then(|index| self.queues[index].members.get_mut(session));
                match member {
                    Some(member) => member.recent.remember(result),
                    None => self.keep_away(at, (queue, hash), session, result),
                }
            }
            Some(Kept::Request { keyed, result }) => {
                self.keys.remember(at.at_ms, &keyed, &result);
            }
        }
    }

    /// The same, of a session that is no member.
    fn keep_away(
        &mut self,
        at: Stamp,
        (queue, hash): (Option<QueueIndex>, Option<u64>),
        session: SessionKey,
        result: Remembered,
    ) {
        let of_queue = || queue.map(|index| name::hash(self.queues[index].name.as_bytes()));
        let Some(hash) = hash.or_else(of_queue) else { return };
        let id: SessionId = self.people[session].id;
        let mut recent: Recent = self.memory.take(hash, id).unwrap_or_default();
        recent.remember(result);
        self.memory.keep(at.at_ms, self.grace_ms, hash, id, &recent);
    }

    /// Gives each queue the class that its name has now. One that no class matches any more stays
    /// as it is until it goes.
    fn configure(&mut self, at: Stamp, classes: Rc<Classes>) {
        let mut changed = Changed::default();
        for (_, queue) in self.queues.iter_mut() {
            let class = match queue.is_inbox() {
                true => Some(classes.class_of_user(&queue.name)),
                false => classes.class_of(&queue.name),
            };
            let Some(class) = class else { continue };
            // A copy may have kept what was too old by the class before.
            queue.trim_histories_age(at.at_ms);
            queue.class = changed.class(&queue.class, class);
            queue.trim_histories();
            self.sizes.recount(queue);
        }
        self.classes = classes;
    }

    /// Whether something is too old by now, and goes with a record that time has passed.
    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        let is_over = |due_ms: Option<u64>| due_ms.is_some_and(|due_ms| due_ms <= now_ms);
        let before = |graces: u64| now_ms.checked_sub(graces * self.grace_ms);
        is_over(self.memory.next_ms(self.grace_ms))
            || is_over(self.keys.next_ms())
            || self.logins.oldest_ms().is_some_and(|at_ms| Some(at_ms) <= before(LOGIN_GRACES))
            || before(PEOPLE_GRACES).is_some_and(|before_ms| self.people.has_faded(before_ms))
    }

    /// What is too old to matter goes.
    fn pass(&mut self, now_ms: u64) {
        self.memory.trim(now_ms, self.grace_ms);
        self.keys.trim(now_ms);
        if let Some(before_ms) = now_ms.checked_sub(LOGIN_GRACES * self.grace_ms) {
            self.logins.trim(before_ms);
        }
        if let Some(before_ms) = now_ms.checked_sub(PEOPLE_GRACES * self.grace_ms) {
            self.people.trim(before_ms);
        }
    }

    /// What a queue keeps of events goes where it is too old: its replay log's up to that moment.
    /// A planted bug says nothing of it.
    pub(crate) fn pass_queue(
        &mut self,
        now_ms: u64,
        index: QueueIndex,
        before_ms: u64,
        is_unsaid: bool,
    ) {
        let queue = &mut self.queues[index];
        let before = queue.log.bytes();
        queue.trim_log_age(before_ms, is_unsaid);
        self.sizes.log(before, queue.log.bytes());
        queue.trim_histories_age(now_ms);
        self.sizes.recount(queue);
    }
}
