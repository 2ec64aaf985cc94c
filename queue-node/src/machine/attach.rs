//! Lanes that come back, and sessions that lose theirs.

use link::machine::LinkId;
use proto::g2c;
use proto::g2q;
use proto::ids::{Handle, Sub};
use proto::q2g;
use proto::wire;

use super::bucket::Bucket;
use super::lane::Met;
use super::local::Seat;
use super::state::event_ring::MEMBERS;
use super::state::people::SessionKey;
use super::state::queue::{Queue, QueueIndex};
use super::state::record::Step;
use super::state::words::Word;
use super::subscribed::{Standing, put_replay};
use super::turn::Turn;

impl Bucket {
    /// `attach`: all that a lane has of a queue, after its link was lost or the bucket moved.
    pub(crate) fn attach(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        attach: &g2q::Attach,
        sub: Sub,
    ) {
        let found = self.state.queues().find(attach.queue.as_bytes());
        let found = found.filter(|index| self.settle(turn, *index));
        let Some(index) = found else {
            let gone = attach.sessions.clone();
            let (sub, reason) = (sub.number(), "the queue is gone".to_owned());
            let attached = q2g::Attached { sub, gone, reason, ..q2g::Attached::default() };
            return self.say(turn, link, |out| put_attached(out, attached));
        };
        let is_behind = self.state.queue(index).is_behind(attach);
        if is_behind && !turn.shared.settings.faults().mark_clamped {
            self.renew_epoch(turn, index, link);
        }
        let (mut gone, mut elsewhere) = (Vec::new(), Vec::new());
        for handle in attach.sessions.iter().map(|number| Handle::named(*number)) {
            match self.meet(turn, link, handle).ok() {
                Some(Met { is_over: true, .. }) => elsewhere.push(handle.number()),
                Some(Met { key, .. }) if self.state.queue(index).has_kept(key, attach) => {
                    self.sit(turn, index, key, Seat { link, handle }, sub);
                    self.enliven(index, key);
                }
                Some(_) | None => gone.push(handle.number()),
            }
        }
        self.attached(turn, index, (link, sub), attach, (gone, elsewhere));
    }

    fn attached(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        (link, sub): (LinkId, Sub),
        attach: &g2q::Attach,
        (gone, elsewhere): (Vec<u32>, Vec<u32>),
    ) {
        let queue = self.state.queue(index);
        let standing = queue.lane_standing(attach.epoch, attach.after_seq);
        let mut body = Vec::new();
        if !standing.recovered {
            queue.put_subscribed(&mut body, self.state.people(), &standing, None);
        }
        let gap = |(place, after_seq, before_seq): &(usize, u64, u64)| g2c::Gap {
            mount: queue.class.class.mounts[*place].name.clone(),
            after_seq: *after_seq,
            before_seq: *before_seq,
            ..g2c::Gap::default()
        };
        let attached = q2g::Attached {
            sub: sub.number(),
            epoch: queue.epoch.get(),
            seq: queue.seq,
            recovered: standing.recovered,
            body,
            gaps: standing.gaps.iter().map(gap).collect(),
            reason: if gone.is_empty() { "" } else { "not a member any more" }.to_owned(),
            gone,
            elsewhere,
        };
        let faults = turn.shared.settings.faults();
        let (links, people, locals) = (&mut turn.shared.links, self.state.people(), &self.locals);
        self.outputs.to(links, &mut turn.out.links, link, |out| {
            put_attached(out, attached);
            let skipped = usize::from(faults.replay_drops_first);
            for event in queue.missed(&standing).skip(skipped) {
                let sender = event.exclude.and_then(|session| people.find(session));
                let seat = sender.and_then(|key| locals[index].seat(queue.members.place(key)?));
                let seat = seat.filter(|seat| seat.link == link && !faults.excluded_replayed);
                let (exclude, kind) = (seat.map(|seat| seat.handle), event.kind.number());
                put_replay(out, None, sub, event.seq, kind, event.body, false, exclude);
            }
        });
    }

    /// A member takes a seat from here on under the generation of its connection there: recorded
    /// before anybody hears of it.
    pub(crate) fn take_seat(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        session: SessionKey,
        seat: Seat,
    ) {
        let generation = turn.shared.links.generation(seat);
        let member = self.state.queue(index).members.get(session);
        if member.is_some_and(|member| member.generation != generation) {
            self.change(turn, index, Step::Seat { session, generation }, None);
        }
    }

    /// Gives a member this seat; the lane where it was is told.
    pub(crate) fn sit(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        session: SessionKey,
        seat: Seat,
        sub: Sub,
    ) {
        self.carry_out();
        self.take_seat(turn, index, session, seat);
        if self.seat_of(index, session) != Some(seat) {
            if let Some((left, old_sub)) = self.stand(turn, index, session) {
                self.unsubscribed(turn, left, old_sub, "", false);
            }
            if let Some(at) = self.state.queue(index).members.place(session) {
                self.locals[index].sit(at, seat, sub);
            }
        }
        let reference = self.reference(index);
        if let Some(link) = turn.shared.links.get_mut(seat.link) {
            link.subs.insert(sub, reference);
        }
    }

    /// The member hears every event from now on.
    pub(crate) fn enliven(&mut self, index: QueueIndex, session: SessionKey) {
        if let Some(at) = self.state.queue(index).members.place(session) {
            self.locals[index].enliven(at);
        }
    }

    /// `detach`: the session has no socket on this lane any more. Answered even if it has no seat:
    /// the lane waits for the answer, and whatever took the seat away may never have reached it.
    pub(crate) fn detach(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        detach: &g2q::Detach,
        sub: Sub,
    ) {
        let handle = Handle::named(detach.session);
        let state = turn.shared.links.get(link);
        let connection = state.and_then(|state| state.connection(handle));
        let key = connection.and_then(|connection| self.state.people().find(connection.id));
        let found = self.state.queues().find(detach.queue.as_bytes());
        let found = found.filter(|index| self.settle(turn, *index));
        let seat = Seat { link, handle };
        if let (Some(key), Some(index)) = (key, found)
            && self.seat_of(index, key) == Some(seat)
        {
            self.stand(turn, index, key);
            self.detached(turn, index);
        }
        let (sub, sessions, detached) = (sub.number(), vec![detach.session], true);
        let unsubscribed =
            q2g::Unsubscribed { sub, sessions, detached, ..q2g::Unsubscribed::default() };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::Unsubscribed(unsubscribed)) };
        self.say(turn, link, |out| wire::put_message(out, &message));
    }

    /// A lane's link is down: its subscriptions are detached.
    pub(crate) fn lane_down(&mut self, turn: &mut Turn<'_>, index: QueueIndex, link: LinkId) {
        let now_ms = self.now_ms(turn);
        for at in 0..self.state.queue(index).members.len() {
            if self.locals[index].seat(at).is_some_and(|seat| seat.link == link) {
                self.locals[index].stand(now_ms, at);
                self.detached(turn, index);
            }
        }
    }

    /// A member has no lane from now on.
    pub(crate) fn detached(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        let question_ms = self.now_ms(turn) + turn.shared.settings.grace_ms;
        let local = &mut self.locals[index];
        local.question_ms = local.question_ms.min(question_ms);
        let question_ms = local.question_ms;
        self.arm(turn, index, question_ms);
    }

    /// Asks about members that have been without a lane for a grace, if it is time: it takes a look
    /// at each member, so it isn't done more often than eight times in a grace.
    pub(crate) fn question(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        let (now_ms, grace_ms) = (self.now_ms(turn), turn.shared.settings.grace_ms);
        if self.locals[index].question_ms > now_ms {
            return;
        }
        self.locals[index].question_ms = u64::MAX;
        if self.state.queue(index).is_inbox() {
            return;
        }
        let members = &self.state.queue(index).members;
        let (mut due, mut next) = (Vec::new(), None::<u64>);
        for (at, since_ms) in self.locals[index].detached() {
            if *since_ms + grace_ms <= now_ms {
                *since_ms = now_ms;
                due.extend(members.at(at));
            }
            let again = *since_ms + grace_ms;
            next = Some(next.map_or(again, |next| next.min(again)));
        }
        for key in due {
            // An unanswered question is asked again after a grace; more of them say no more.
            if self.may_note(turn, key).is_ok() {
                let noted = self.state.noted(index, key);
                self.keep_word(turn, Word::Question(noted));
            }
        }
        let soonest = now_ms + grace_ms / 8 + 1;
        self.locals[index].question_ms = next.map_or(u64::MAX, |next| next.max(soonest));
    }
}

impl Queue {
    /// Whether a lane has seen more of this epoch than there is.
    fn is_behind(&self, attach: &g2q::Attach) -> bool {
        attach.epoch == self.epoch.get() && attach.after_seq > self.seq
    }

    /// Whether the session has been a member ever since what the lane has seen. One that left and
    /// joined anew behind the lane's back isn't the one that the lane speaks of: it would hear of
    /// itself. The lane has its `subscribe` yet to be answered.
    fn has_kept(&self, session: SessionKey, attach: &g2q::Attach) -> bool {
        let is_same = attach.epoch == self.epoch.get();
        let member = self.members.get(session);
        member.is_some_and(|member| !is_same || member.join_seq <= attach.after_seq)
    }

    /// The standing of a lane that has seen everything of this epoch up to `after_seq`.
    fn lane_standing(&self, epoch: u64, after_seq: u64) -> Standing {
        let after = after_seq;
        let mut standing = self.present();
        if epoch != self.epoch.get() {
            return standing;
        }
        standing.recovered = after >= self.log.floor();
        for (place, _, kind) in self.mount_classes() {
            let is_message = kind == proto::class::MountKind::Message;
            if standing.recovered || is_message {
                standing.marks[place] = after;
            }
            let floor = self.floor(place);
            if !standing.recovered && is_message && after < floor {
                standing.gaps.push((place, after, floor + 1));
            }
        }
        if standing.recovered {
            standing.members = after;
        }
        standing
    }
}

const _: () = assert!(proto::limits::MOUNTS_MAX < MEMBERS as usize);

pub(crate) fn put_attached(out: &mut Vec<u8>, attached: q2g::Attached) {
    wire::put_message(out, &q2g::Q2g { body: Some(q2g::q2g::Body::Attached(attached)) });
}
