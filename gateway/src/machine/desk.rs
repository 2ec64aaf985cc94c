//! What every doing of a lane may need: the time, the settings, the counts, and those parts that
//! know no other part: the [`Door`], the way [`Upstream`] and the [`Delivery`]. Each of them owns
//! what it has; this only brings them along, and has the few lines that more than one needs.

use std::borrow::Cow;
use std::num::NonZeroU64;

use member::machine::trace::Traces;
use proto::codes::{Close, Status};
use proto::g2c::{self, BodyKind};
use proto::ids::Sub;
use proto::limits;
use proto::time::Time;
use rand::rngs::StdRng;

use super::counters::Counters;
use super::delivery::{ConnId, Delivery, Frame};
use super::door::{Door, Farewell, Refusal};
use super::lane::Outbox;
use super::settings::Settings;
use super::upstream::{BucketIndex, Upstream};

/// The parts of a lane that know no other part, and what all have in common.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) settings: Settings,
    pub(super) now: Time,
    pub(super) random: StdRng,
    pub(super) counters: Counters,
    pub(super) door: Door,
    pub(super) upstream: Upstream,
    pub(super) delivery: Delivery,
    pub(super) traces: Traces,
}

impl Desk {
    /// Whether a queue's number is of one in this bucket. A home that names another has kept the
    /// lane in a queue that it has left, and the number is another queue's by now.
    pub(super) fn is_in(&self, bucket: BucketIndex, sub: u32) -> bool {
        let hash = Sub::or_none(sub).and_then(|sub| self.delivery.interest().hash_of(sub));
        hash.is_some_and(|hash| self.upstream.bucket_of(hash) == Some(bucket))
    }

    /// Sends a message that isn't encoded yet.
    pub(super) fn send_message(
        &mut self,
        conn: ConnId,
        kind: BodyKind,
        message: &impl prost::Message,
        out: &mut Outbox,
    ) {
        self.send(conn, &Frame::of(kind, &message.encode_to_vec()), out);
    }

    /// Sends a frame to one client: everything but live events. One that doesn't keep up is
    /// dismissed.
    #[inline]
    pub(super) fn send(&mut self, conn: ConnId, frame: &Frame<'_>, out: &mut Outbox) {
        if self.delivery.send(conn, frame, &self.settings, &mut out.clients).is_err() {
            self.door.dismiss(conn, Farewell::slow());
        }
    }

    /// Answers an operation that the lane itself refuses.
    pub(super) fn refuse_as(
        &mut self,
        conn: ConnId,
        op_id: u32,
        refusal: Refusal,
        out: &mut Outbox,
    ) {
        self.counters.refused += 1;
        let mut result = g2c::Result::refusal(op_id, refusal.status(), refusal.to_string());
        result.may_retry |= refusal.may_retry();
        self.send_message(conn, BodyKind::Result, &result, out);
    }

    /// Answers an operation that goes no further.
    pub(super) fn refuse(
        &mut self,
        conn: ConnId,
        op_id: u32,
        status: Status,
        sentence: &str,
        out: &mut Outbox,
    ) {
        self.counters.refused += 1;
        let result = g2c::Result::refusal(op_id, status, sentence);
        self.send_message(conn, BodyKind::Result, &result, out);
    }

    /// A connection is to be closed with this code and sentence.
    pub(super) fn close(
        &mut self,
        conn: ConnId,
        close: Close,
        reason: impl Into<Cow<'static, str>>,
    ) {
        self.door.dismiss(conn, Farewell::new(close, reason));
    }

    /// A moment of the lane's clock as others know it.
    pub(super) fn unix_ms(&self, at_ms: Option<u64>) -> Option<NonZeroU64> {
        let left_ms = at_ms?.saturating_sub(self.now.ms);
        NonZeroU64::new(self.now.unix_ms + left_ms)
    }

    /// How long credentials that hold until then do so from now on, as clients are told: 0 is for
    /// ever, so what ends this moment has a millisecond.
    pub(super) fn left_ms(&self, expires_ms: Option<u64>) -> u64 {
        let left_ms = |at_ms: u64| at_ms.saturating_sub(self.now.ms).clamp(1, limits::NUMBER_MAX);
        expires_ms.map_or(0, left_ms)
    }
}
