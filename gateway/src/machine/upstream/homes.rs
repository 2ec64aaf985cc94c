//! What queue nodes say: events for many, answers for one.

use link::machine::LinkId;
use prost::Message as _;
use proto::c2g::Kind;
use proto::g2c::ResultHead;
use proto::g2q::{self, G2q};
use proto::ids::Handle;
use proto::link::At;
use proto::q2g::{self, AnswerRef, EventRef, field::q2g as said};
use proto::wire::{self, WireError};

use crate::machine::lane::{Lane, Outbox};
use crate::machine::upstream::{BucketIndex, NodeIndex, Pending};

/// A peer said what it must not: its link is ended and comes back by attaching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::machine) enum Broken {
    #[error("a frame that can't be read")]
    Unreadable,
    #[error("an answer that belongs to no operation, or not to the oldest one")]
    OutOfTurn,
}

impl From<WireError> for Broken {
    fn from(WireError: WireError) -> Broken {
        Broken::Unreadable
    }
}

impl From<prost::DecodeError> for Broken {
    fn from(_: prost::DecodeError) -> Broken {
        Broken::Unreadable
    }
}

impl Lane {
    #[inline]
    pub(in crate::machine) fn link_frame(&mut self, link: LinkId, frame: &[u8], out: &mut Outbox) {
        let Some(node) = self.desk.upstream.node_of(link) else { return };
        if let Err(broken) = self.node_frame((link, node), frame, out) {
            self.desk.counters.broken_peers += 1;
            let reason = match broken {
                Broken::Unreadable => "the node sent a frame that can't be read",
                Broken::OutOfTurn => "the node answered out of turn",
            };
            self.link_down(link, out);
            out.links.end(link, reason);
        }
    }

    #[inline]
    fn node_frame(
        &mut self,
        (link, node): (LinkId, NodeIndex),
        frame: &[u8],
        out: &mut Outbox,
    ) -> Result<(), Broken> {
        let (field, body) = wire::envelope(frame)?;
        let bucket = self.desk.upstream.subject(node);
        match (field, bucket) {
            (said::EVENT, Some(_)) => self.event(&EventRef::of(body)?, out),
            (said::ANSWER, Some(bucket)) => {
                let answer = AnswerRef::of(body)?;
                self.answer(bucket, answer, out)?;
            }
            (said::AT, _) => self.desk.upstream.set_subject(node, At::decode(body)?),
            (said::PROBED, _) => self.probed(node, q2g::Probed::decode(body)?.nonce, out),
            (said::MOVED, _) => self.moved(node, q2g::Moved::decode(body)?, out),
            (said::TELL, _) => self.application.tell(
                link,
                q2g::Tell::decode(body)?,
                &mut self.sessions,
                &mut self.desk,
                out,
            ),
            (_, Some(bucket)) => self.bucket_frame(bucket, field, body, out)?,
            // The bucket moved away since: what its old home says of it is of the past.
            (_, None) => {}
        }
        Ok(())
    }

    /// What comes less often.
    fn bucket_frame(
        &mut self,
        bucket: BucketIndex,
        field: u32,
        body: &[u8],
        out: &mut Outbox,
    ) -> Result<(), Broken> {
        match field {
            said::SUBSCRIBED => {
                self.sessions.subscribed(&q2g::Subscribed::decode(body)?, &mut self.desk, out)
            }
            said::REPLAY => self.replayed(&q2g::Replay::decode(body)?, out),
            said::ATTACHED => {
                self.sessions.attached(q2g::Attached::decode(body)?, &mut self.desk, out)
            }
            said::UNSUBSCRIBED => {
                self.sessions.unsubscribed(&q2g::Unsubscribed::decode(body)?, &mut self.desk, out)
            }
            said::LOGGED_IN => {
                let answer = q2g::LoggedIn::decode(body)?;
                let session = Handle::named(answer.session);
                self.take_front(bucket, |front| front == Pending::Login { session })?;
                if let Some(conn) =
                    self.sessions.logged_in(session, &answer, &mut self.desk, out)?
                {
                    self.resume_waiting(conn, session, out);
                }
                self.release_refusals(bucket, out);
            }
            said::RECOGNISED => {
                let word = q2g::Recognised::decode(body)?;
                let number = word.number;
                let its =
                    |front| matches!(front, Pending::Recognise { number: of, .. } if of == number);
                if let Pending::Recognise { conn, .. } = self.take_front(bucket, its)? {
                    self.application.recognised(
                        conn,
                        &word,
                        &mut self.sessions,
                        &mut self.desk,
                        out,
                    );
                }
                self.release_refusals(bucket, out);
            }
            said::LOST_NOTED => {
                let session = Handle::named(q2g::LostNoted::decode(body)?.session);
                self.take_front(bucket, |front| front == Pending::Lost { session })?;
                self.sessions.lost_noted(session, &mut self.desk, out);
                self.release_refusals(bucket, out);
            }
            said::REPLY => {
                let reply = q2g::Reply::decode(body)?;
                let number = reply.number;
                let its =
                    |front| matches!(front, Pending::Request { number: of, .. } if of == number);
                self.take_front(bucket, its)?;
                self.web.replied(reply, &mut self.desk, out);
                self.release_refusals(bucket, out);
            }
            said::KICK => self.sessions.kicked(&q2g::Kick::decode(body)?, &mut self.desk),
            said::INVITED => {
                self.sessions.invited(q2g::Invited::decode(body)?, &mut self.desk, out)
            }
            // A newer node's word that this version doesn't know.
            _ => {}
        }
        Ok(())
    }

    /// An answer always belongs to the front of its bucket's list.
    #[inline]
    fn take_front(
        &mut self,
        bucket: BucketIndex,
        is_its: impl FnOnce(Pending) -> bool,
    ) -> Result<Pending, Broken> {
        let pending = self.desk.upstream.take_front(bucket, is_its).ok_or(Broken::OutOfTurn)?;
        self.sessions.off_list(pending);
        Ok(pending)
    }

    #[inline]
    fn answer(
        &mut self,
        bucket: BucketIndex,
        answer: AnswerRef<'_>,
        out: &mut Outbox,
    ) -> Result<(), Broken> {
        let is_its = |front| match front {
            Pending::Operation { session, op_id, .. } => {
                let is_of = |op_id: u32| {
                    ResultHead::of(answer.result).is_ok_and(|head| head.op_id == op_id)
                };
                session == answer.session && (!answer.ask.is_empty() || is_of(op_id))
            }
            Pending::Resume { session, .. } => session == answer.session,
            Pending::Refused { .. }
            | Pending::Login { .. }
            | Pending::Recognise { .. }
            | Pending::Lost { .. }
            | Pending::Request { .. } => false,
        };
        let front = self.take_front(bucket, is_its)?;
        if let Pending::Operation { session, op_id, kind, hash, .. } = front {
            if answer.ask.is_empty() {
                self.answered(session, kind, hash, answer.result, out);
            } else {
                self.application.asked(
                    (session, hash),
                    (op_id, kind),
                    answer.ask,
                    &mut self.sessions,
                    &mut self.desk,
                    out,
                );
            }
        } else if let Pending::Resume { session, hash, invited } = front {
            let ok =
                self.sessions.resumed((session, hash, invited), answer.result, &mut self.desk, out);
            self.application.settle(
                (session, hash),
                Kind::Subscribe,
                ok,
                &mut self.sessions,
                &mut self.desk,
                out,
            );
        }
        self.release_refusals(bucket, out);
        Ok(())
    }

    /// The time to measure round trips with.
    fn micros(&self) -> u64 {
        self.desk.settings.micros.map_or(self.desk.now.ms * 1000, |micros| micros())
    }

    /// Measures the way to each node and back.
    pub(in crate::machine) fn probe(&mut self, out: &mut Outbox) {
        // Silence is no event: it is looked for as often as somebody is asked.
        self.readiness.unsure = true;
        let up = self.desk.upstream.links();
        for link in &up {
            if let Some(node) = self.desk.upstream.node_of(*link) {
                self.probe_node(node, *link, out);
            }
        }
        self.desk.upstream.probe_next(self.desk.now.ms, !up.is_empty());
    }

    pub(in crate::machine) fn probe_node(
        &mut self,
        node: NodeIndex,
        link: LinkId,
        out: &mut Outbox,
    ) {
        let nonce = self.micros();
        self.desk.upstream.probed(node, nonce, self.desk.now.ms);
        let body = Some(g2q::g2q::Body::Probe(g2q::Probe { nonce }));
        wire::put_message(out.links.buffer(link), &G2q { body });
    }

    fn probed(&mut self, node: NodeIndex, nonce: u64, out: &mut Outbox) {
        self.desk.counters.count_round_trip(self.micros().saturating_sub(nonce));
        if let Some(sent_ms) = self.desk.upstream.probe_answered(node, nonce, self.desk.now.ms) {
            self.heard_at(node, sent_ms, out);
        }
    }
}
