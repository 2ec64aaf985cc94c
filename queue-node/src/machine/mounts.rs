//! Mounts that the back end adds to a queue and takes from it.
//!
//! A queue whose mounts aren't those of its class has a class of its own. The place of a mount that
//! is gone stays, without a name, for as long as the replay log has events of it.

use proto::class::MountKind;
use proto::codes::Status;
use proto::g2c::EventKind;
use proto::g2c::field::mount_created;
use proto::g2q::{CreateMount, DeleteMount};
use proto::name::MountName;
use proto::{limits, wire};

use super::asker::Asker;
use super::bucket::{Bucket, Decision};
use super::record::{Outcome, Refusal};
use super::state::event_ring::MEMBERS;
use super::state::queue::{Queue, QueueIndex};
use super::state::record::{Draft, Step};
use super::turn::Turn;

impl Bucket {
    /// `create_mount`: an empty one, to which members may send.
    pub(crate) fn create_mount(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        create: &CreateMount,
    ) {
        self.change_mounts(turn, asker, &create.queue, |queue, body| {
            let name = MountName::try_from(create.mount.as_bytes())
                .map_err(|error| Refusal::new(Status::Invalid, error.to_string()))?;
            let kind = kind_of(&create.kind)?;
            if queue.class.mount(name.as_str().as_bytes()).is_some() {
                let sentence = "a mount of this name is there already";
                return Err(Refusal::new(Status::Conflict, sentence));
            }
            let place = queue.free_place()?;
            let name = name.as_str();
            Ok(queue.mounts_step(body, name, kind, (place, name, EventKind::MountCreated)))
        });
    }

    /// `delete_mount`: with all that is in it.
    pub(crate) fn delete_mount(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        delete: &DeleteMount,
    ) {
        self.change_mounts(turn, asker, &delete.queue, |queue, body| {
            let Some((place, class)) = queue.class.mount(delete.mount.as_bytes()) else {
                let names = queue.class.mount_names();
                let sentence = format!("no such mount; the queue has: {names}");
                return Err(Refusal::new(Status::NotFound, sentence));
            };
            let kind = class.kind;
            let change = (place, "", EventKind::MountDeleted);
            Ok(queue.mounts_step(body, &delete.mount, kind, change))
        });
    }

    fn change_mounts(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        queue: &str,
        decide: impl FnOnce(&Queue, &mut Vec<u8>) -> Decision,
    ) {
        let found = self.state.queues().find(queue.as_bytes());
        let Some(index) = found.filter(|index: &QueueIndex| self.settle(turn, *index)) else {
            return self.refuse(turn, asker, super::send::no_queue());
        };
        turn.shared.body.clear();
        let decision = decide(self.state.queue(index), &mut turn.shared.body);
        self.conclude(turn, index, asker, decision);
    }
}

impl Queue {
    /// Where a new mount goes: where one was that nobody can hear of any more, or behind the last.
    fn free_place(&self) -> Result<usize, Refusal> {
        let mounts = &self.class.class.mounts;
        let is_free = |place: &usize| {
            let mut events = self.log.after(0);
            mounts[*place].name.is_empty() && !events.any(|e| usize::from(e.mount) == *place)
        };
        if let Some(place) = (0..mounts.len()).find(is_free) {
            return Ok(place);
        }
        if mounts.len() < limits::MOUNTS_MAX {
            return Ok(mounts.len());
        }
        let max = limits::MOUNTS_MAX;
        let sentence = format!("a queue has at most {max} mounts: delete one, and wait a while");
        Err(Refusal::new(Status::Limit, sentence))
    }

    /// The step that puts a mount of this name into a place of the class, with the event's body.
    fn mounts_step(
        &self,
        body: &mut Vec<u8>,
        name: &str,
        kind: MountKind,
        (place, becomes, event): (usize, &str, EventKind),
    ) -> (Outcome, Step) {
        let seq = self.seq + 1;
        wire::put_bytes(body, mount_created::MOUNT, name.as_bytes());
        wire::put_uint(body, mount_created::SEQ, seq);
        wire::put_uint(body, mount_created::KIND, wire_kind(kind) as u64);
        let draft = Draft { kind: event, mount: MEMBERS, exclude: None };
        let step = Step::Mounts { draft, place: place as u8, name: becomes.into(), kind };
        (Outcome::Done { seq }, step)
    }
}

fn kind_of(text: &str) -> Result<MountKind, Refusal> {
    match text {
        "message" => Ok(MountKind::Message),
        "state" => Ok(MountKind::State),
        _ => Err(Refusal::new(Status::Invalid, "kind is \"message\" or \"state\"")),
    }
}

/// The kind of a mount as the protocol names it.
pub(crate) fn wire_kind(kind: MountKind) -> proto::g2c::Kind {
    match kind {
        MountKind::Message => proto::g2c::Kind::Message,
        MountKind::State => proto::g2c::Kind::State,
    }
}
