//! What clients of the fallback over HTTP post: taken as if it had come on their connections, or
//! carried to the lane that has them.

use proto::codes::Close;
use proto::ids::{ConnectionName, SessionId};
use proto::limits;
use proto::posted::Posted;

use super::{closing, connection};
use crate::machine::delivery::ConnId;
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::upstream::carrying;

/// One request of such a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Of io's; the answer has the same.
    pub number: u64,
    /// For which connection.
    pub connection: ConnectionName,
    /// Its session, by which its lane is found.
    pub session: SessionId,
    /// The client's number of it.
    pub count: u64,
    /// `C2g`, each with its length before it.
    pub frames: Vec<u8>,
}

/// A client has posted to this lane.
pub(in crate::machine) fn posted(parts: &mut LaneParts, post: Post, out: &mut Outbox) {
    if parts.desk.door.has_stream(post.connection) {
        let posted = take(parts, post.connection, (post.count, &post.frames), out);
        out.posted.push((post.number, posted));
    } else {
        carrying::carry(&mut parts.desk, post, out);
    }
}

/// Takes what was posted for a connection, here or elsewhere, if it is of this lane.
pub(in crate::machine) fn take(
    parts: &mut LaneParts,
    name: ConnectionName,
    (count, frames): (u64, &[u8]),
    out: &mut Outbox,
) -> Posted {
    parts.desk.counters.posts += 1;
    match parts.desk.door.posts(name, count, parts.desk.now.ms) {
        Ok(conn) => {
            hear(parts, conn, frames, out);
            Posted::Taken
        }
        Err(posted) => posted,
    }
}

fn hear(parts: &mut LaneParts, conn: ConnId, frames: &[u8], out: &mut Outbox) {
    let mut rest = frames;
    while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX) {
        rest = &rest[end..];
        // Before its login a client may say little, however it says it.
        if frame.len() > out.clients.frame_bytes_max(conn) {
            let reason = format!("a frame has at most {} bytes", out.clients.frame_bytes_max(conn));
            parts.desk.close(conn, Close::FrameTooLarge, reason);
            return closing::dismissed(parts, out);
        }
        connection::frame(parts, conn, frame, out);
        // What comes behind a `bye` counts no more.
        closing::dismissed(parts, out);
    }
}
