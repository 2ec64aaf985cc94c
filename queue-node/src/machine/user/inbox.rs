//! The inbox of a user: a queue whose members are the user's sessions, from login to end.

use proto::limits;
use proto::name::{self, QueueName};

use crate::machine::bucket::Bucket;
use crate::machine::state::people::SessionKey;
use crate::machine::state::queue::{Queue, QueueIndex};
use crate::machine::state::record::Step;
use crate::machine::turn::Turn;

const PREFIX: &[u8] = b"/user/";

impl Bucket {
    /// Whether the name of this user's queue belongs to this bucket.
    pub(crate) fn is_home_of(&self, user: &str) -> bool {
        self.outputs.bucket().holds(user_hash(user))
    }

    /// The inbox of a user, if there is one.
    pub(crate) fn inbox_of(&self, user: &str) -> Option<QueueIndex> {
        with_name(user, |name| self.state.queues().find(name))
    }

    /// The inbox of a user, which comes to be if there is none.
    pub(super) fn inbox(&mut self, turn: &mut Turn<'_>, user: &str) -> QueueIndex {
        if let Some(inbox) = self.inbox_of(user) {
            return inbox;
        }
        let name = format!("/user/{user}");
        let class = self.state.classes().class_of_user(&name).clone();
        let name = QueueName::try_from(&*name).expect("a user id is a segment of a queue's name");
        self.create(turn, name, class, Some(user))
    }

    /// A new session is a member of its user's inbox.
    pub(super) fn enter_inbox(&mut self, turn: &mut Turn<'_>, inbox: QueueIndex, key: SessionKey) {
        let step = Step::Join { session: key, generation: None, guest: false, filter: None };
        self.change(turn, inbox, step, None);
        self.joined(turn, inbox, key);
    }
}

impl Queue {
    /// Whether it is the inbox of a user.
    pub(crate) fn is_inbox(&self) -> bool {
        self.name.as_bytes().starts_with(PREFIX)
    }
}

/// The hash of the name of a user's queue.
pub(crate) fn user_hash(user: &str) -> u64 {
    with_name(user, name::hash)
}

/// Does something with the name of a user's queue, which most often needs no allocation.
fn with_name<T>(user: &str, work: impl FnOnce(&[u8]) -> T) -> T {
    let mut name = [0; PREFIX.len() + limits::USER_ID_BYTES_MAX];
    let length = PREFIX.len() + user.len();
    match name.get_mut(..length) {
        Some(buffer) => {
            buffer[..PREFIX.len()].copy_from_slice(PREFIX);
            buffer[PREFIX.len()..].copy_from_slice(user.as_bytes());
            work(buffer)
        }
        None => work(format!("/user/{user}").as_bytes()),
    }
}
