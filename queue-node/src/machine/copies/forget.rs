//! Planted bugs: a copy that forgets one thing of what records say.

use proto::codes::Close;
use proto::ids::{Epoch, Generation, SessionId};

use crate::machine::state::codec::Read;
use crate::machine::state::record::{Entry, Kept, Record, SessionStep, Step};
use crate::machine::state::state_mount::KeyStep;

mod bytes;

/// The enum, and the list of all of it.
macro_rules! what_can_be_forgotten {
    ($($what:ident),* $(,)?) => {
        /// What a copy forgets.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is named as the thing that is forgotten")]
        pub enum Forgets {
            $($what),*
        }

        impl Forgets {
            /// All of them.
            pub const ALL: &[Forgets] = &[$(Forgets::$what),*];
        }
    };
}

what_can_be_forgotten!(
    // Of a record: all of it, or a field.
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
    DetachCodes,
    Attached,
    Logins,
    LoginGenerations,
    Clients,
    Resumes,
    SweepsOfResumes,
    Sweeps,
    Below,
    Ends,
    EndCodes,
    OnlineSince,
    Notes,
    Unnoted,
    NotedGuests,
    Known,
    OverIds,
    Floors,
    Generations,
    Creations,
    Members,
    Leaving,
    SeatGenerations,
    Guests,
    Filters,
    Excluded,
    Cells,
    Bindings,
    MountsMade,
    MountsDeleted,
    Tells,
    Taken,
    Classes,
    ConfigVersions,
    Openings,
    Heard,
    Renewed,
    Shortened,
    Trims,
    Bodies,
    // Of what a record does, though it has all of the record (`state/forget.rs`).
    Moments,
    QueueClasses,
    Attempts,
    ResultsAtJoin,
    ResultsAtLeave,
    Histories,
    HistoriesUncut,
    EventsOfOldMounts,
    WordNumbers,
    WordsOfMembers,
    GracesAnew,
    SweepsAnew,
    // Of a unit (`forget/bytes.rs`).
    LastOfUnits,
    LastOfUnitsUnsaid,
    HalvesOfUnits,
    // Of a snapshot (`forget/bytes.rs`).
    NewestRecord,
    NewestWord,
    KeysSeed,
    KeysEnds,
    KeptMessages,
    LogFloors,
    JoinNumbers,
    ResultsOfMembers,
    ResultsRemembered,
    OverTimes,
    Unused,
    ConfigVersionOfSnapshots,
    OpeningsOfSnapshots,
    HeardOfSnapshots,
);

impl Forgets {
    /// Makes of a record one without what is forgotten.
    pub(super) fn spoil(self, read: &mut Read<'_>) {
        self.spoil_kept(read);
        let is_forgotten = match &mut read.record {
            Record::Create { epoch, created_unix_ms, .. } => {
                self.replaces(Forgets::Epoch, epoch, Epoch::from_random(1));
                self.replaces(Forgets::Created, created_unix_ms, 0);
                self == Forgets::Creations
            }
            Record::Known { generation, floor, is_over, .. } => {
                self.replaces(Forgets::Generations, generation, None);
                self.replaces(Forgets::Floors, floor, None);
                self.replaces(Forgets::OverIds, is_over, false);
                self == Forgets::Known
            }
            Record::Change { step, .. } => self.spoil_step(step, &mut read.body),
            Record::Session { step, .. } => self.spoil_session(step),
            Record::Noted { note, .. } => {
                self.replaces(Forgets::NotedGuests, &mut note.guest, false);
                self == Forgets::Notes
            }
            Record::Unnoted { .. } => self == Forgets::Unnoted,
            Record::Destroy { .. } => self == Forgets::Destroyed,
            Record::Barred { .. } => self == Forgets::Barred,
            Record::Say { .. } => self == Forgets::Words,
            Record::Answered { .. } => self == Forgets::Answers,
            Record::Refused { .. } => self == Forgets::Drawn,
            Record::Tell { .. } => self == Forgets::Tells,
            Record::Taken { .. } => self == Forgets::Taken,
            Record::Config { classes } => {
                if self == Forgets::ConfigVersions {
                    *classes = classes.of_version(0).into();
                }
                self == Forgets::Classes
            }
            Record::Opened { .. } => self == Forgets::Openings,
            Record::Heard { .. } => self == Forgets::Heard,
            Record::Renewed { .. } => self == Forgets::Renewed,
            Record::Passed => self == Forgets::Trims,
            Record::Shorten { .. } => self == Forgets::Shortened,
            Record::Noop => false,
        };
        if is_forgotten {
            read.record = Record::Noop;
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
        let is_noop = matches!(&read.record, Record::Noop);
        let is_forgotten = match &read.kept {
            Some(Kept::Session { .. }) => {
                self == Forgets::Results || (self == Forgets::ResultsOfLeaving && leaves)
            }
            Some(Kept::Request { .. }) => {
                self == Forgets::Keys || (self == Forgets::KeysOfRefusals && is_noop)
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
                self.replaces(Forgets::Cells, keys, Vec::new());
            }
            Step::Mounts { draft, name, .. } => {
                let what =
                    if name.is_empty() { Forgets::MountsDeleted } else { Forgets::MountsMade };
                let event = Step::Event(*draft);
                self.replaces(what, step, event);
            }
            Step::Join { generation, guest, filter, .. } => {
                self.replaces(Forgets::SeatGenerations, generation, None);
                self.replaces(Forgets::Guests, guest, false);
                self.replaces(Forgets::Filters, filter, None);
                return self == Forgets::Members;
            }
            Step::Filter { .. } => return self == Forgets::Filters,
            Step::Seat { .. } => return self == Forgets::SeatGenerations,
            Step::Leave { .. } => return self == Forgets::Leaving,
            Step::Nothing => {}
        }
        false
    }

    /// Whether nothing is left of a change.
    fn spoil_session(self, step: &mut SessionStep) -> bool {
        match step {
            SessionStep::New { entry, unix_ms, .. } => {
                self.spoil_entry(entry);
                self.replaces(Forgets::OnlineSince, unix_ms, 0);
                return self == Forgets::Logins;
            }
            SessionStep::Resumed { entry, by, floor, due_ms, .. } => {
                self.spoil_entry(entry);
                self.replaces(Forgets::SecretsNamed, by, None);
                self.replaces(Forgets::Drawn, &mut entry.drawn, SessionId([0; 16]));
                self.replaces(Forgets::Floors, floor, None);
                self.replaces(Forgets::SweepsOfResumes, due_ms, 0);
                return self == Forgets::Resumes;
            }
            SessionStep::Ended { close, floor, unix_ms, .. } => {
                self.replaces(Forgets::EndCodes, close, Close::Version);
                self.replaces(Forgets::Floors, floor, None);
                self.replaces(Forgets::OnlineSince, unix_ms, 0);
                return self == Forgets::Ends;
            }
            SessionStep::Swept { below, next } => {
                self.replaces(Forgets::Below, below, None);
                self.replaces(Forgets::Sweeps, next, None);
            }
            SessionStep::Detached { code } => {
                self.replaces(Forgets::DetachCodes, code, 0);
                return self == Forgets::Detached;
            }
            SessionStep::Attached => return self == Forgets::Attached,
            SessionStep::Confirmed => return self == Forgets::Confirmed,
            SessionStep::Expires { .. } => return self == Forgets::Expiry,
        }
        false
    }

    fn spoil_entry(self, entry: &mut Entry) {
        self.replaces(Forgets::Secrets, &mut entry.secret, None);
        self.replaces(Forgets::Expiry, &mut entry.expires_unix_ms, 0);
        self.replaces(Forgets::LoginGenerations, &mut entry.generation, Generation::FIRST);
        self.replaces(Forgets::Clients, &mut entry.client.gateway, String::new());
    }
}
