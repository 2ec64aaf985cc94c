//! Planted bugs: a copy that forgets one thing of what records say.

use proto::ids::{Epoch, SessionId};

use crate::machine::state::codec::Read;
use crate::machine::state::record::{Kept, Record, SessionStep, Step};
use crate::machine::state::state_mount::KeyStep;

/// What a copy forgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as the thing that is forgotten")]
pub enum Forgets {
    Epoch,
    Created,
    Destroyed,
    Results,
    ResultsOfLeaving,
    Barred,
    Keys,
    KeysOfRefusals,
    Words,
    Answers,
    Drawn,
    Secrets,
    SecretsNamed,
    Confirmed,
    Expiry,
    Detached,
    Attached,
    Sweeps,
    Below,
    Notes,
    Unnoted,
    OverIds,
    Floors,
    Generations,
    SeatGenerations,
    Guests,
    Filters,
    Excluded,
    Bindings,
    Tells,
    Taken,
    Classes,
    Trims,
    Bodies,
}

impl Forgets {
    /// All of them.
    pub const ALL: [Forgets; 34] = [
        Forgets::Epoch,
        Forgets::Created,
        Forgets::Destroyed,
        Forgets::Results,
        Forgets::ResultsOfLeaving,
        Forgets::Barred,
        Forgets::Keys,
        Forgets::KeysOfRefusals,
        Forgets::Words,
        Forgets::Answers,
        Forgets::Drawn,
        Forgets::Secrets,
        Forgets::SecretsNamed,
        Forgets::Confirmed,
        Forgets::Expiry,
        Forgets::Detached,
        Forgets::Attached,
        Forgets::Sweeps,
        Forgets::Below,
        Forgets::Notes,
        Forgets::Unnoted,
        Forgets::OverIds,
        Forgets::Floors,
        Forgets::Generations,
        Forgets::SeatGenerations,
        Forgets::Guests,
        Forgets::Filters,
        Forgets::Excluded,
        Forgets::Bindings,
        Forgets::Tells,
        Forgets::Taken,
        Forgets::Classes,
        Forgets::Trims,
        Forgets::Bodies,
    ];

    /// Makes of a record one without what is forgotten.
    pub(super) fn spoil(self, read: &mut Read<'_>) {
        self.spoil_kept(read);
        let is_forgotten = match &mut read.record {
            Record::Create { epoch, created_unix_ms, .. } => {
                self.replaces(Forgets::Epoch, epoch, Epoch::from_random(1));
                self.replaces(Forgets::Created, created_unix_ms, 0);
                false
            }
            Record::Known { generation, floor, is_over, .. } => {
                self.replaces(Forgets::Generations, generation, 0);
                self.replaces(Forgets::Floors, floor, 0);
                self.replaces(Forgets::OverIds, is_over, false);
                false
            }
            Record::Change { step, .. } => self.spoil_step(step, &mut read.body),
            Record::Session { step, .. } => self.spoil_session(step),
            Record::Destroy { .. } => self == Forgets::Destroyed,
            Record::Barred { .. } => self == Forgets::Barred,
            Record::Say { .. } => self == Forgets::Words,
            Record::Answered { .. } => self == Forgets::Answers,
            Record::Refused { .. } => self == Forgets::Drawn,
            Record::Tell { .. } => self == Forgets::Tells,
            Record::Taken { .. } => self == Forgets::Taken,
            Record::Config { .. } => self == Forgets::Classes,
            Record::Passed => self == Forgets::Trims,
            Record::Mark | Record::Shorten { .. } => false,
        };
        if is_forgotten {
            read.record = Record::Mark;
        }
    }

    /// Where this is forgotten, a field has this value.
    fn replaces<T>(self, what: Forgets, field: &mut T, by: T) {
        if self == what {
            *field = by;
        }
    }

    fn spoil_kept(self, read: &mut Read<'_>) {
        let leaves = matches!(&read.record, Record::Change { step: Step::Leave { .. }, .. });
        let marks = matches!(&read.record, Record::Mark);
        let is_forgotten = match &read.kept {
            Some(Kept::Session { .. }) => {
                self == Forgets::Results || (self == Forgets::ResultsOfLeaving && leaves)
            }
            Some(Kept::Request { .. }) => {
                self == Forgets::Keys || (self == Forgets::KeysOfRefusals && marks)
            }
            None => false,
        };
        if is_forgotten {
            read.kept = None;
        }
    }

    /// Whether nothing is left of a change.
    fn spoil_step(self, step: &mut Step, body: &mut &[u8]) -> bool {
        match step {
            Step::Event(draft) => {
                self.replaces(Forgets::Excluded, &mut draft.exclude, None);
                self.replaces(Forgets::Bodies, body, &[]);
            }
            Step::State(_, keys) => {
                if self == Forgets::Bindings {
                    keys.iter_mut().for_each(KeyStep::unbind);
                }
            }
            Step::Join { generation, guest, filter, .. } => {
                self.replaces(Forgets::SeatGenerations, generation, 0);
                self.replaces(Forgets::Guests, guest, false);
                self.replaces(Forgets::Filters, filter, None);
            }
            Step::Filter { .. } => return self == Forgets::Filters,
            Step::Seat { .. } => return self == Forgets::SeatGenerations,
            Step::Nothing | Step::Mounts { .. } | Step::Leave { .. } => {}
        }
        false
    }

    /// Whether nothing is left of a change.
    fn spoil_session(self, step: &mut SessionStep) -> bool {
        match step {
            SessionStep::New { entry, .. } => {
                self.replaces(Forgets::Secrets, &mut entry.secret, None);
                self.replaces(Forgets::Expiry, &mut entry.expires_unix_ms, 0);
            }
            SessionStep::Resumed { entry, by, floor, .. } => {
                self.replaces(Forgets::SecretsNamed, by, None);
                self.replaces(Forgets::Secrets, &mut entry.secret, None);
                self.replaces(Forgets::Drawn, &mut entry.drawn, SessionId([0; 16]));
                self.replaces(Forgets::Floors, floor, 0);
            }
            SessionStep::Ended { floor, .. } => self.replaces(Forgets::Floors, floor, 0),
            SessionStep::Swept { below, next } => {
                self.replaces(Forgets::Below, below, 0);
                self.replaces(Forgets::Sweeps, next, None);
            }
            SessionStep::Attached => return self == Forgets::Attached,
            SessionStep::Detached { .. } => return self == Forgets::Detached,
            SessionStep::Confirmed => return self == Forgets::Confirmed,
            SessionStep::Expires { .. } => return self == Forgets::Expiry,
            SessionStep::Noted(_) => return self == Forgets::Notes,
            SessionStep::Unnoted(_) => return self == Forgets::Unnoted,
        }
        false
    }
}
