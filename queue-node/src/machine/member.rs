//! What a room hears of its members from their user queues.

use proto::codes::Status;
use proto::name;

use super::bucket::Bucket;
use super::join::Leaving;
use super::queue::QueueIndex;
use super::record::Refusal;
use super::session::{SessionKey, UserKey};
use super::tells::{End, Fence, Noted, Told, Word};
use super::turn::{Shared, Turn};

impl Shared {
    /// Sessions of a user below this generation are over.
    pub(crate) fn hear_floor(&mut self, user: UserKey, floor: u64) {
        if !self.settings.faults.floor_ignored {
            self.people.hear_floor(user, floor);
        }
    }
}

impl Bucket {
    /// Does what another queue told, and answers it.
    pub(crate) fn hear(&mut self, turn: &mut Turn<'_>, word: &Word) -> Told {
        match word {
            Word::Note(noted) => self.hear_note(turn, noted),
            Word::Unnote(noted) => self.hear_unnote(turn, noted),
            Word::Ask(noted) => self.hear_ask(turn, noted),
            Word::Ended(noted, end) => self.hear_ended(turn, noted, end),
            Word::Fence(noted, fence) => self.hear_fence(turn, noted, *fence),
        }
    }

    /// The answer to a word of this bucket.
    pub(crate) fn told(&mut self, turn: &mut Turn<'_>, number: u64, told: Told) {
        let Some(tell) = self.tells.told(&mut turn.shared.untold, number) else { return };
        match tell.word {
            Word::Note(noted) | Word::Ask(noted) => self.hear_answer(turn, &noted, told),
            Word::Ended(noted, end) if told.ended || end.below == 0 => {
                self.room_heard(turn, &noted);
            }
            Word::Unnote(_) | Word::Fence(..) | Word::Ended(..) => {
                self.record(turn);
            }
        }
    }

    /// A session is over, or what it has under a lower generation. The answer: the room hasn't it.
    fn hear_ended(&mut self, turn: &mut Turn<'_>, noted: &Noted, end: &End) -> Told {
        self.record(turn);
        let is_for_good = end.below == 0;
        let known = know(turn, noted, end.floor);
        let mut ended = true;
        if let Some(key) = known
            && let Some(index) = self.room_of(noted)
            && let Some(member) = self.queues[index].members.get(&key)
        {
            if is_for_good || member.generation < end.below {
                // Its user queue heard of this joining only if it names it.
                let heard = member.join == noted.join;
                let leaving = if heard { Leaving::Ended } else { Leaving::OfItself };
                self.remove_session(turn, index, key, &end.reason, leaving);
            } else {
                ended = false;
            }
        }
        if is_for_good {
            self.never_again(turn, name::hash(noted.room.as_bytes()), noted.session);
        }
        if let Some(key) = known {
            if is_for_good {
                turn.shared.people.hear_end(key);
            }
            turn.shared.people.release(key, turn.now.ms);
        }
        Told { ended, ..Told::default() }
    }

    /// A session goes on under this generation.
    fn hear_fence(&mut self, turn: &mut Turn<'_>, noted: &Noted, fence: Fence) -> Told {
        self.record(turn);
        if let Some(key) = know(turn, noted, fence.floor) {
            turn.shared.people.hear_fence(key, fence.generation);
            if let Some(index) = self.room_of(noted) {
                self.unseat_below(turn, index, key, fence.generation);
            }
            turn.shared.people.release(key, turn.now.ms);
        }
        Told::default()
    }

    /// The answer to a note or a question. That the session is over takes it out and bars it from
    /// nothing: it may be the word of a new home which lost the record of a session that lives.
    fn hear_answer(&mut self, turn: &mut Turn<'_>, noted: &Noted, told: Told) {
        self.record(turn);
        let Some(key) = turn.shared.people.find(noted.session) else { return };
        let user = turn.shared.people[key].user;
        turn.shared.hear_floor(user, told.floor);
        let Some(index) = self.room_of(noted) else { return };
        let Some(member) = self.queues[index].members.get(&key) else { return };
        let is_swept = member.generation < told.below;
        if told.ended {
            self.remove_session(turn, index, key, "lost", Leaving::Ended);
        } else if is_swept {
            self.remove_session(turn, index, key, "not resumed", Leaving::OfItself);
        } else {
            turn.shared.people.hear_generation(key, told.generation);
            self.unseat_below(turn, index, key, told.generation);
        }
    }

    /// Takes a member's seat if it took it under a lower generation; the lane where it was hears it
    /// without a reason, for the session goes on elsewhere.
    pub(crate) fn unseat_below(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        key: SessionKey,
        generation: u64,
    ) {
        let member = self.queues[index].members.get(&key);
        let is_below = |member: &super::queue::Subscription| {
            member.seat.is_some() && member.generation < generation
        };
        if !member.is_some_and(is_below) {
            return;
        }
        if let Some((seat, sub)) = self.stand(turn, index, key) {
            self.unsubscribed(turn, seat, sub, "", false);
            self.detached(turn, index, key);
        }
    }

    /// The room in the incarnation that is spoken of.
    fn room_of(&self, noted: &Noted) -> Option<QueueIndex> {
        let found = self.queues.find(noted.room.as_bytes())?;
        (self.queues[found].epoch.get() == noted.epoch).then_some(found)
    }
}

/// The session that is spoken of, known here from now on, with one more use; and the floor of its
/// user. Nothing if it is known as another user's.
fn know(turn: &mut Turn<'_>, noted: &Noted, floor: u64) -> Option<SessionKey> {
    let key = turn.shared.people.enter(noted.session, &noted.user).ok()?;
    let user = turn.shared.people[key].user;
    turn.shared.hear_floor(user, floor);
    Some(key)
}

/// The refusal of what a connection says that is over.
pub(crate) fn over() -> Refusal {
    let sentence = "this connection of the session is over: the session continues on another one, \
                    or has ended";
    Refusal::new(Status::Unauthenticated, sentence)
}
