//! The credentials of a client: those of `connect`, new ones, and their end.

use prost::Message as _;
use proto::c2g;
use proto::codes::{Close, Status};
use proto::ids::Handle;
use proto::name;

use crate::machine::delivery::ConnId;
use crate::machine::door::check_op_id;
use crate::machine::door::{Admission, Distrust, Farewell};
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
        let given = (self.application.asks_who_connects(), self.desk.settings.dev_auth);
        self.desk.door.admit(self.desk.now, connect, given, &mut out.wants_keys)
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
            return self.desk.close(conn, Close::BadFrame, reason);
        };
        self.desk.counters.operations += 1;
        let op_id = refresh.op_id;
        if let Err(refusal) = check_op_id(op_id) {
            return self.desk.refuse_as(conn, op_id, refusal, out);
        }
        if !self.desk.door.takes(conn, self.desk.now.ms, REFRESH_OPERATIONS) {
            let sentence = "tokens are refreshed too often: wait until the old one is about to \
                            expire";
            return self.desk.refuse(conn, op_id, Status::Limit, sentence, out);
        }
        let is_asked = self.application.asks_who_connects();
        let verified = if is_asked && !self.desk.door.has_authority() {
            Ok(None)
        } else {
            self.desk.door.verify(self.desk.now, &refresh.token, &mut out.wants_keys).map(Some)
        };
        match verified {
            Ok(Some(admitted)) if !is_asked => {
                self.sessions.refreshed((conn, handle), op_id, &admitted, &mut self.desk, out)
            }
            Ok(admitted) => {
                let until_ms = admitted.and_then(|admitted| admitted.expires_ms);
                self.application.ask_anew(
                    handle,
                    &refresh,
                    until_ms,
                    &mut self.sessions,
                    &mut self.desk,
                    out,
                );
            }
            Err(Distrust { reason, .. }) => {
                self.desk.refuse(conn, op_id, Status::Unauthenticated, &reason, out);
            }
        }
    }

    /// Its credentials hold no longer.
    pub(in crate::machine) fn expired(&mut self, conn: ConnId) {
        let reason = "the token has expired: connect with a new one, and refresh that before it \
                      expires";
        self.desk.close(conn, Close::TokenExpired, reason);
    }

    pub(in crate::machine) fn connect(&mut self, conn: ConnId, body: &[u8], out: &mut Outbox) {
        let Ok(connect) = c2g::Connect::decode(body) else {
            let reason = "`connect` is not a message of this protocol";
            return self.desk.close(conn, Close::BadFrame, reason);
        };
        if let Err(reason) = readable(&connect) {
            return self.desk.close(conn, Close::BadFrame, reason);
        }
        match self.admit(&connect, out) {
            Ok(Admission::Granted(admitted)) => {
                self.sessions.log_in(conn, connect, &admitted, &mut self.desk, out)
            }
            Ok(Admission::Asked(admitted)) => self.application.recognise(
                conn,
                connect,
                admitted,
                &mut self.sessions,
                &mut self.desk,
                out,
            ),
            Err(Distrust { close, reason, retry_after_ms, .. }) => {
                let farewell = Farewell::new(close, reason).retry_after(retry_after_ms);
                self.desk.door.dismiss(conn, farewell);
            }
        }
    }
}

/// Whether what a client says of itself can be what it says; if not, what is wrong.
fn readable(connect: &c2g::Connect) -> Result<(), String> {
    let said = [
        ("client_name", name::showable(&connect.client_name)),
        ("client_version", name::showable(&connect.client_version)),
        ("client_id", name::client_id(&connect.client_id)),
    ];
    for (field, told) in said {
        told.map_err(|error| format!("connect.{field}: {error}"))?;
    }
    if connect.client_id.is_empty() && connect.attempt > 0 {
        return Err("connect.attempt: it counts for a `client_id`: send both, or neither".into());
    }
    Ok(())
}
