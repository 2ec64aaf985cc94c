//! Planted bugs: a copy that forgets something of what a record does, though it has all of it.

use std::rc::Rc;

use proto::name;

use super::State;
use super::class::ClassIndex;
use super::codec::Read;
use super::fit::Unfit;
use super::logins::Deadlines;
use super::message_mount::History;
use super::queue::{Mount, QueueIndex};
use super::record::{Record, SessionStep, Stamp, Step};
use crate::machine::Forgets;

/// What is done again after a record.
enum Undo {
    Nothing,
    /// The message mount in this place of a queue keeps nothing.
    Unkept(QueueIndex, usize),
    /// Histories are what they were.
    Histories(Vec<(QueueIndex, Vec<Option<Box<History>>>)>),
    /// The mount in this place has this name.
    Named(QueueIndex, usize, Box<str>),
    /// The newest word has the number of the one before.
    WordNumber,
    /// No word above this number is kept.
    WordsAbove(u64),
    /// Graces, or sweeps, are what they were.
    Deadlines(Vec<Deadlines>, bool),
}

impl State {
    /// Applies a record from elsewhere, but for what is forgotten.
    pub(crate) fn apply_forgetting(
        &mut self,
        mut at: Stamp,
        mut read: Read<'_>,
        forgets: Forgets,
    ) -> Result<(), Unfit> {
        if forgets == Forgets::Moments {
            at.at_ms = self.newest.at_ms;
        }
        let undo = self.forget(forgets, &mut read.record);
        self.apply_read(at, read)?;
        self.undo(undo);
        Ok(())
    }

    /// What is forgotten before a record is applied, and what is to be undone after.
    fn forget(&mut self, forgets: Forgets, record: &mut Record<'_>) -> Undo {
        match (forgets, record) {
            (Forgets::QueueClasses, Record::Create { class, .. }) => *class = ClassIndex::named(0),
            (Forgets::Attempts, Record::Session { step, .. }) => {
                if let SessionStep::New { entry, .. } | SessionStep::Resumed { entry, .. } =
                    &mut **step
                {
                    entry.client.attempt = 0;
                }
            }
            (Forgets::WordNumbers, Record::Say { .. }) => return Undo::WordNumber,
            (Forgets::HistoriesUncut, Record::Config { .. }) => {
                return Undo::Histories(self.take_histories());
            }
            (Forgets::GracesAnew, Record::Opened { .. }) => {
                return Undo::Deadlines(self.logins.deadlines(), true);
            }
            (Forgets::SweepsAnew, Record::Opened { .. }) => {
                return Undo::Deadlines(self.logins.deadlines(), false);
            }
            (_, Record::Change { queue, step }) => {
                return self.forget_change(forgets, *queue, step);
            }
            (_, _) => {}
        }
        Undo::Nothing
    }

    fn forget_change(&mut self, forgets: Forgets, index: QueueIndex, step: &mut Step) -> Undo {
        if self.queues.get(index).is_none() {
            return Undo::Nothing;
        }
        let queue = &mut self.queues[index];
        match (forgets, step) {
            (Forgets::ResultsAtJoin, Step::Join { session, .. }) => {
                if let Some(person) = self.people.get(*session) {
                    self.memory.take(name::hash(queue.name.as_bytes()), person.id);
                }
            }
            (Forgets::ResultsAtLeave, Step::Leave { session, .. }) => {
                if let Some(member) = queue.members.get_mut(*session) {
                    member.recent = super::Recent::default();
                }
            }
            (Forgets::WordsOfMembers, Step::Join { .. } | Step::Leave { .. }) => {
                return Undo::WordsAbove(self.words.newest());
            }
            (Forgets::Histories, Step::Event(draft)) => {
                return Undo::Unkept(index, usize::from(draft.mount));
            }
            (Forgets::EventsOfOldMounts, Step::Mounts { place, name, .. }) => {
                return Undo::Named(index, usize::from(*place), std::mem::take(name));
            }
            (_, _) => {}
        }
        Undo::Nothing
    }

    fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Nothing => {}
            Undo::Unkept(index, place) => {
                if let Some(Mount::Message(kept)) = self.queues[index].mounts.get_mut(place) {
                    *kept = None;
                }
            }
            Undo::Histories(taken) => {
                for (index, histories) in taken {
                    let mounts = self.queues[index].mounts.iter_mut();
                    for (mount, before) in mounts.zip(histories) {
                        if let Mount::Message(kept) = mount {
                            *kept = before;
                        }
                    }
                }
            }
            Undo::Named(index, place, name) => {
                let queue = &mut self.queues[index];
                let kind = queue.class.class.mounts[place].kind;
                queue.class = Rc::new(queue.class.with_mount(place, &name, kind));
            }
            Undo::WordsAbove(number) => {
                (number + 1..=self.words.newest()).for_each(|newer| self.words.answered(newer));
            }
            Undo::Deadlines(taken, is_of_graces) => self.logins.go_on(taken, is_of_graces),
            Undo::WordNumber => self.words.go_on_from(self.words.newest() - 1),
        }
    }

    fn take_histories(&mut self) -> Vec<(QueueIndex, Vec<Option<Box<History>>>)> {
        let of = |mount: &mut Mount| match mount {
            Mount::Message(kept) => kept.take(),
            Mount::State(_) => None,
        };
        let queues = self.queues.iter_mut();
        queues.map(|(index, queue)| (index, queue.mounts.iter_mut().map(of).collect())).collect()
    }
}
