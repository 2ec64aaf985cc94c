//! The credentials of a client: those of `connect`, new ones, and their end.

use prost::Message as _;
use proto::c2g;
use proto::codes::{Close, Status};
use proto::ids::Handle;
use proto::name;

use super::{Admission, Distrust, Farewell, check_op_id};
use crate::machine::delivery::ConnId;
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;

/// A `refresh` counts as so many operations more: a signature takes as long to verify as hundreds
/// of messages to route.
const REFRESH_OPERATIONS: u32 = 499;

/// Who may come in, by the credentials.
fn admit(
    parts: &mut LaneParts,
    connect: &c2g::Connect,
    out: &mut Outbox,
) -> Result<Admission, Distrust> {
    let given = (parts.application.asks_who_connects(), parts.desk.settings.dev_auth);
    parts.desk.door.admit(parts.desk.now, connect, given, &mut out.wants_keys)
}

/// New credentials before the old expire.
pub(in crate::machine) fn refresh(
    parts: &mut LaneParts,
    conn: ConnId,
    handle: Handle,
    body: &[u8],
    out: &mut Outbox,
) {
    let Ok(refresh) = c2g::Refresh::decode(body) else {
        let reason = "`refresh` is not a message of this protocol";
        return parts.desk.close(conn, Close::BadFrame, reason);
    };
    parts.desk.counters.operations += 1;
    let op_id = refresh.op_id;
    if let Err(refusal) = check_op_id(op_id) {
        return parts.desk.refuse_as(conn, op_id, refusal, out);
    }
    if !parts.desk.door.takes(conn, parts.desk.now.ms, REFRESH_OPERATIONS) {
        let sentence = "tokens are refreshed too often: wait until the old one is about to \
                        expire";
        return parts.desk.refuse(conn, op_id, Status::Limit, sentence, out);
    }
    let is_asked = parts.application.asks_who_connects();
    let verified = if is_asked && !parts.desk.door.has_authority() {
        Ok(None)
    } else {
        parts.desk.door.verify(parts.desk.now, &refresh.token, &mut out.wants_keys).map(Some)
    };
    match verified {
        Ok(Some(admitted)) if !is_asked => {
            parts.sessions.refreshed((conn, handle), op_id, &admitted, &mut parts.desk, out)
        }
        Ok(admitted) => {
            let until_ms = admitted.and_then(|admitted| admitted.expires_ms);
            let LaneParts { desk, sessions, application, .. } = parts;
            application.ask_anew(handle, &refresh, until_ms, sessions, desk, out);
        }
        Err(Distrust { reason, .. }) => {
            parts.desk.refuse(conn, op_id, Status::Unauthenticated, &reason, out);
        }
    }
}

/// Its credentials hold no longer.
pub(in crate::machine) fn expired(desk: &mut Desk, conn: ConnId) {
    let reason = "the token has expired: connect with a new one, and refresh that before it \
                  expires";
    desk.close(conn, Close::TokenExpired, reason);
}

/// The first frame of a client: who it says it is.
pub(in crate::machine) fn connect(
    parts: &mut LaneParts,
    conn: ConnId,
    body: &[u8],
    out: &mut Outbox,
) {
    let Ok(connect) = c2g::Connect::decode(body) else {
        let reason = "`connect` is not a message of this protocol";
        return parts.desk.close(conn, Close::BadFrame, reason);
    };
    if let Err(reason) = readable(&connect) {
        return parts.desk.close(conn, Close::BadFrame, reason);
    }
    let admission = admit(parts, &connect, out);
    let LaneParts { desk, sessions, application, .. } = parts;
    match admission {
        Ok(Admission::Granted(admitted)) => sessions.log_in(conn, connect, &admitted, desk, out),
        Ok(Admission::Asked(admitted)) => {
            application.recognise(conn, connect, admitted, sessions, desk, out);
        }
        Err(Distrust { close, reason, retry_after_ms, .. }) => {
            let farewell = Farewell::new(close, reason).retry_after(retry_after_ms);
            desk.door.dismiss(conn, farewell);
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
