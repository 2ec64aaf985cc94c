//! What a room hears of its members from their user queues.

use std::rc::Rc;

use proto::codes::Status;
use proto::ids::{Generation, SessionId};
use proto::name;

use super::bucket::Bucket;
use super::join::Leaving;
use super::record::Refusal;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::record::Record;
use super::state::words::{Answer, End, Fence, Noted, Word};
use super::turn::Turn;

impl Bucket {
    /// The session that is spoken of is known here from now on, and what was said of it: its
    /// generation, and the floor of its user. Nothing if it is known as another user's.
    pub(crate) fn know(
        &mut self,
        turn: &mut Turn<'_>,
        (id, user): (SessionId, &Rc<str>),
        generation: Option<Generation>,
        floor: Option<Generation>,
    ) -> Option<SessionKey> {
        self.know_that(turn, (id, user), (generation, floor), false)
    }

    /// The same, or that it is over for good.
    pub(crate) fn know_that(
        &mut self,
        turn: &mut Turn<'_>,
        (id, user): (SessionId, &Rc<str>),
        (generation, floor): (Option<Generation>, Option<Generation>),
        is_over: bool,
    ) -> Option<SessionKey> {
        if let Some(key) = self.state.people().find(id)
            && self.state.people().user_of(key) != user
        {
            return None;
        }
        let (user, floor) = (user.clone(), heard(turn, floor));
        self.record(turn, Record::Known { id, user, generation, floor, is_over }, None);
        self.state.people().find(id)
    }

    /// What its user queue says of a session that is known here: a record only if it is news.
    fn know_more(
        &mut self,
        turn: &mut Turn<'_>,
        key: SessionKey,
        (generation, floor): (Option<Generation>, Option<Generation>),
    ) {
        if !self.state.people().is_news(key, generation, heard(turn, floor)) {
            return;
        }
        let id = self.state.people()[key].id;
        let user = self.state.people().user_of(key).clone();
        self.know(turn, (id, &user), generation, floor);
    }

    /// Does what the word of another queue says, and answers it.
    pub(crate) fn hear(&mut self, turn: &mut Turn<'_>, word: &Word) -> Answer {
        match word {
            Word::Note(noted) => self.hear_note(turn, noted),
            Word::Unnote(noted) => self.hear_unnote(turn, noted),
            Word::Question(noted) => self.hear_question(turn, noted),
            Word::Ended(noted, end) => self.hear_ended(turn, noted, end),
            Word::Fence(noted, fence) => self.hear_fence(turn, noted, *fence),
        }
    }

    /// The answer to a word of this bucket. It is kept until all that its answer causes is done.
    pub(crate) fn answered(&mut self, turn: &mut Turn<'_>, number: u64, answer: Answer) {
        let Some(word) = self.state.words().get(number).cloned() else { return };
        match &word {
            Word::Note(noted) | Word::Question(noted) => self.hear_answer(turn, noted, answer),
            Word::Ended(noted, end) if answer.ended || end.below.is_none() => {
                self.room_heard(turn, noted);
            }
            Word::Unnote(_) | Word::Fence(..) | Word::Ended(..) => {}
        }
        self.posted.answered(&mut turn.shared.unanswered, number, &word);
        self.record(turn, Record::Answered { number }, None);
    }

    /// A session is over, or what it has under a lower generation. The answer: the room hasn't it.
    fn hear_ended(&mut self, turn: &mut Turn<'_>, noted: &Noted, end: &End) -> Answer {
        let is_for_good = end.below.is_none();
        let who = (noted.session, &noted.user);
        let known = self.know_that(turn, who, (None, end.floor), is_for_good);
        let mut ended = true;
        if let Some(key) = known
            && let Some(index) = self.room_of(noted)
            && let Some(member) = self.state.queue(index).members.get(key)
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
            let hash = name::hash(noted.room.as_bytes());
            self.record(turn, Record::Barred { hash, id: noted.session }, None);
        }
        Answer { ended, ..Answer::default() }
    }

    /// A session goes on under this generation.
    fn hear_fence(&mut self, turn: &mut Turn<'_>, noted: &Noted, fence: Fence) -> Answer {
        let who = (noted.session, &noted.user);
        if let Some(key) = self.know(turn, who, Some(fence.generation), fence.floor)
            && let Some(index) = self.room_of(noted)
        {
            self.unseat_below(turn, index, key, Some(fence.generation));
        }
        Answer::default()
    }

    /// The answer to a note or a question. That the session is over takes it out and bars it from
    /// nothing: it may be the word of a new home which lost the record of a session that lives.
    fn hear_answer(&mut self, turn: &mut Turn<'_>, noted: &Noted, answer: Answer) {
        let Some(key) = self.state.people().find(noted.session) else { return };
        self.know_more(turn, key, (answer.generation, answer.floor));
        let Some(index) = self.room_of(noted) else { return };
        let Some(member) = self.state.queue(index).members.get(key) else { return };
        let is_swept = member.generation < answer.below;
        if answer.ended {
            self.remove_session(turn, index, key, "lost", Leaving::Ended);
        } else if is_swept {
            self.remove_session(turn, index, key, "not resumed", Leaving::OfItself);
        } else {
            self.unseat_below(turn, index, key, answer.generation);
        }
    }

    /// Takes a member's seat if it took it under a lower generation; the lane where it was hears it
    /// without a reason, for the session goes on elsewhere.
    pub(crate) fn unseat_below(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        key: SessionKey,
        generation: Option<Generation>,
    ) {
        let member = self.state.queue(index).members.get(key);
        let is_below = |member: &super::state::queue::Subscription| member.generation < generation;
        if !member.is_some_and(is_below) {
            return;
        }
        if let Some((seat, sub)) = self.stand(turn, index, key) {
            self.unsubscribed(turn, seat, sub, "", false);
            self.detached(turn, index);
        }
    }

    /// The room in the incarnation that is spoken of.
    fn room_of(&self, noted: &Noted) -> Option<QueueIndex> {
        let found = self.state.queues().find(noted.room.as_bytes())?;
        (self.state.queue(found).epoch.get() == noted.epoch).then_some(found)
    }
}

/// A floor, unless a planted bug ignores it.
pub(crate) fn heard(turn: &Turn<'_>, floor: Option<Generation>) -> Option<Generation> {
    if turn.shared.settings.faults().floor_ignored { None } else { floor }
}

/// The refusal of what a connection says that is over.
pub(crate) fn over() -> Refusal {
    let sentence = "this connection of the session is over: the session continues on another one, \
                    or has ended";
    Refusal::new(Status::Unauthenticated, sentence)
}
