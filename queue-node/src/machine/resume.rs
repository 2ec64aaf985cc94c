//! `resume`: a session that goes on on another connection takes its place in a queue again.

use link::machine::LinkId;
use proto::c2g::Since;
use proto::codes::Status;
use proto::g2q;
use proto::ids::{Handle, Sub};

use super::asker::{Asker, Who};
use super::bucket::Bucket;
use super::lane::Met;
use super::local::Seat;
use super::record::{Outcome, Refusal};
use super::run::Join;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::record::Step;
use super::turn::Turn;

impl Bucket {
    /// Gives a member its seat under its new generation, with the filter it had; it is told
    /// `subscribed`, recovered where the replay log reaches. Nobody else hears anything, and nobody
    /// becomes a member. Who was put in by the back end and has its seat hears nothing either.
    pub(crate) fn resume(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        Met { key, is_over }: Met,
        (mut resume, sub): (g2q::Resume, Sub),
    ) {
        let handle = Handle::named(resume.session);
        let asker = Asker { link, who: Who::Session { key, handle, op_id: 0 } };
        turn.shared.counters.operations += 1;
        let queue = std::mem::take(&mut resume.queue);
        if let Some(refusal) = self.stopped(false) {
            return self.refuse(turn, &asker, refusal);
        }
        self.guarded(turn, &asker, ("resume", queue.as_bytes()), |bucket, turn| match is_over {
            true => bucket.refuse(turn, &asker, super::member::over()),
            false => bucket.decide_resume(turn, &asker, (key, handle), &queue, (resume, sub)),
        });
    }

    fn decide_resume(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        (key, handle): (SessionKey, Handle),
        queue: &str,
        (resume, sub): (g2q::Resume, Sub),
    ) {
        let link = asker.link;
        let mut found = self.state.queues().find(queue.as_bytes());
        if let Some(index) = found
            && self.awaits(index, key)
            && !self.settle(turn, index)
        {
            found = None;
        }
        if let Some(index) = found
            && turn.shared.settings.faults().resume_makes_member
        {
            self.make_member(turn, index, key);
        }
        let member = found.filter(|index| self.state.queue(*index).members.contains(key));
        let Some(index) = member else {
            let sentence = "the session is no longer a member of the queue: subscribe again";
            return self.refuse(turn, asker, Refusal::new(Status::NotFound, sentence));
        };
        let seat = Seat { link, handle };
        self.take_seat(turn, index, key, seat);
        let result = asker.result(&Outcome::Done { seq: self.state.queue(index).seq });
        self.answer(turn, asker, &result);
        if resume.invited && self.seat_of(index, key) == Some(seat) {
            return;
        }
        let (epoch, marks) = (resume.epoch, resume.marks);
        let since = (epoch != 0).then_some(Since { epoch, marks });
        let join = Join { session: key, since, history: 0 };
        self.sit_and_wait(turn, index, seat, sub, join);
    }

    /// A planted bug.
    fn make_member(&mut self, turn: &mut Turn<'_>, index: QueueIndex, session: SessionKey) {
        if !self.state.queue(index).members.contains(session) {
            let step = Step::Join { session, generation: None, guest: false, filter: None };
            self.change(turn, index, step, None);
            self.joined(turn, index, session);
        }
    }
}
