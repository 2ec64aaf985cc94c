//! `join_user`: the back end makes a user's sessions members, whoever may join by themselves. A
//! guest has no seat yet: its user queue, which hears of it by the room's note, tells its lane, and
//! the lane resumes it here.

use std::rc::Rc;

use proto::codes::Status;
use proto::g2q;
use proto::ids::{Generation, SessionId};
use proto::name::UserId;

use super::asker::Asker;
use super::bucket::Bucket;
use super::record::{Outcome, Refusal};
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::record::Step;
use super::turn::Turn;

/// A session that is to be a member, and the generation under which its user queue knows it.
type Guest = (SessionKey, Option<Generation>);

impl Bucket {
    /// Makes the sessions members that aren't: those that the lane has just heard of from the
    /// user's own queue.
    pub(crate) fn join_user(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        join: &g2q::JoinUser,
        hash: u64,
    ) {
        let found = self.state.queues().find(join.queue.as_bytes());
        let Some(index) = found.filter(|index| self.settle(turn, *index)) else {
            return self.refuse(turn, asker, super::send::no_queue());
        };
        let guests = self.known_guests(turn, join, hash);
        let decision = self.decide_guests(turn, index, join, &guests);
        let is_well = decision.is_ok();
        self.conclude(turn, index, asker, decision.map(|outcome| (outcome, Step::Nothing)));
        for (key, generation) in guests {
            if is_well && !self.state.queue(index).members.contains(key) {
                let (guest, filter) = (true, None);
                let step = Step::Join { session: key, generation, guest, filter };
                self.change(turn, index, step, None);
                self.joined(turn, index, key);
                self.detached(turn, index);
            }
        }
    }

    /// The sessions that aren't over as far as this bucket knows, which knows all of them.
    fn known_guests(&mut self, turn: &mut Turn<'_>, join: &g2q::JoinUser, hash: u64) -> Vec<Guest> {
        let mut guests = Vec::new();
        if UserId::try_from(&*join.user).is_err() {
            return guests;
        }
        let user: Rc<str> = join.user.as_str().into();
        for g2q::Guest { session_id, generation } in &join.sessions {
            let Ok(id) = SessionId::try_from(session_id.as_slice()) else { continue };
            // What is heard of it is right whatever becomes of the request.
            let known = self.beforehand(turn, |bucket, turn| {
                bucket.know(turn, (id, &user), Generation::or_none(*generation), None)
            });
            let Some(key) = known else { continue };
            // It may have been resumed since the lane asked.
            let generation = self.state.people()[key].generation();
            let is_over = self.state.people().is_over(key, generation);
            if !is_over && !self.has_heard_end(hash, key) {
                guests.push((key, generation));
            }
        }
        guests
    }

    fn decide_guests(
        &self,
        turn: &Turn<'_>,
        index: QueueIndex,
        join: &g2q::JoinUser,
        guests: &[Guest],
    ) -> Result<Outcome, Refusal> {
        let queue = self.state.queue(index);
        if queue.is_inbox() {
            let sentence = "an inbox belongs to its user: every session of the user is in it \
                            already";
            return Err(Refusal::new(Status::Forbidden, sentence));
        }
        UserId::try_from(&*join.user)
            .map_err(|error| Refusal::new(Status::Invalid, format!("user: {error}")))?;
        let Some((first, _)) = guests.first() else {
            if join.discreet {
                // As to a user who comes in; nobody does.
                self.may_come_in(index, false)?;
                return Ok(Outcome::Done { seq: queue.seq });
            }
            let sentence = "the user has no session that could join";
            return Err(Refusal::new(Status::NotFound, sentence));
        };
        let is_member = |key: &SessionKey| queue.members.contains(*key);
        let is_there = is_member(first) || self.state.is_elsewhere(index, *first);
        self.may_come_in(index, is_there)?;
        if !guests.iter().all(|(key, _)| is_member(key)) {
            turn.shared.admits()?;
            self.may_note(turn, *first)?;
        }
        Ok(Outcome::Done { seq: queue.seq })
    }
}
