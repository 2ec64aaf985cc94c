//! The credentials of a client: those of `connect`, new ones, and their end.

use prost::Message as _;
use proto::c2g;
use proto::codes::{Close, Status};
use proto::ids::Handle;
use proto::limits;

use crate::machine::delivery::ConnId;
use crate::machine::door::check_op_id;
use crate::machine::door::{Admission, Distrust};
use crate::machine::lane::{Lane, Outbox};

/// A `refresh` counts as so many operations more: a signature takes as long to verify as hundreds
/// of messages to route.
const REFRESH_OPERATIONS: u32 = 499;

impl Lane {
    /// Who may come in, by the credentials.
    pub(in crate::machine) fn admit(
        &mut self,
        connect: &c2g::Connect,
        out: &mut Outbox,
    ) -> Result<Admission, Distrust> {
        let given = (self.asks_who_connects(), self.settings.dev_auth);
        self.door.admit(self.now, connect, given, &mut out.wants_keys)
    }

    /// New credentials before the old expire.
    pub(in crate::machine) fn refresh(
        &mut self,
        conn: ConnId,
        handle: Handle,
        body: &[u8],
        out: &mut Outbox,
    ) {
        let Ok(refresh) = c2g::Refresh::decode(body) else {
            let reason = "`refresh` is not a message of this protocol";
            return self.close(conn, Close::BadFrame, reason, out);
        };
        self.counters.operations += 1;
        let op_id = refresh.op_id;
        if let Err(refusal) = check_op_id(op_id) {
            return self.refuse_as(conn, op_id, refusal, out);
        }
        if !self.door.takes(conn, self.now.ms, REFRESH_OPERATIONS) {
            let sentence = "tokens are refreshed too often: wait until the old one is about to \
                            expire";
            return self.refuse(conn, op_id, Status::Limit, sentence, out);
        }
        let is_asked = self.asks_who_connects();
        let verified = if is_asked && !self.door.has_authority() {
            Ok(None)
        } else {
            self.door.verify(self.now, &refresh.token, &mut out.wants_keys).map(Some)
        };
        match verified {
            Ok(Some(admitted)) if !is_asked => self.refreshed(conn, handle, op_id, &admitted, out),
            Ok(admitted) => {
                let until_ms = admitted.and_then(|admitted| admitted.expires_ms);
                self.ask_anew(handle, &refresh, until_ms, out);
            }
            Err(Distrust { reason, .. }) => {
                self.refuse(conn, op_id, Status::Unauthenticated, &reason, out);
            }
        }
    }

    /// How long credentials that hold until then do so from now on, as clients are told: 0 is for
    /// ever, so what ends this moment has a millisecond.
    pub(in crate::machine) fn left_ms(&self, expires_ms: Option<u64>) -> u64 {
        let left_ms = |at_ms: u64| at_ms.saturating_sub(self.now.ms).clamp(1, limits::NUMBER_MAX);
        expires_ms.map_or(0, left_ms)
    }

    /// Its credentials hold no longer.
    pub(in crate::machine) fn expired(&mut self, conn: ConnId, out: &mut Outbox) {
        let reason = "the token has expired: connect with a new one, and refresh that before it \
                      expires";
        self.close(conn, Close::TokenExpired, reason, out);
    }
}
