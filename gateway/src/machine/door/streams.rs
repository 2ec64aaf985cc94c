//! Streams of the fallback over HTTP: the names by which what is posted finds them, how far each
//! has got, and when something is to be said on it, so that no proxy takes it for dead.

use std::collections::{BTreeMap, VecDeque};

use proto::ids::ConnectionName;
use proto::limits;
use proto::posted::Posted;

use crate::machine::delivery::ConnId;

/// The streams among a lane's connections.
#[derive(Debug, Default)]
pub(super) struct Streams {
    by_name: BTreeMap<ConnectionName, Stream>,
    names: BTreeMap<ConnId, ConnectionName>,
    /// By the time at which a comment is due; those of streams that are over are skipped.
    comments: VecDeque<(u64, ConnId, ConnectionName)>,
}

#[derive(Debug)]
struct Stream {
    conn: ConnId,
    /// All numbers up to this one were taken.
    taken: u64,
}

impl Streams {
    /// A connection is a stream of this name.
    pub(super) fn open(&mut self, conn: ConnId, name: ConnectionName, now_ms: u64) {
        self.by_name.insert(name, Stream { conn, taken: 0 });
        self.names.insert(conn, name);
        self.comments.push_back((now_ms + limits::COMMENT_EVERY_MS, conn, name));
    }

    /// A connection is over: nothing more is taken for it.
    pub(super) fn close(&mut self, conn: ConnId) {
        if let Some(name) = self.names.remove(&conn) {
            self.by_name.remove(&name);
        }
    }

    /// The connection of this name.
    pub(super) fn find(&self, name: ConnectionName) -> Option<ConnId> {
        self.by_name.get(&name).map(|stream| stream.conn)
    }

    /// What was posted under this number comes: whether it is the next, to be taken now.
    pub(super) fn take(&mut self, name: ConnectionName, count: u64) -> Result<(), Posted> {
        let stream = self.by_name.get_mut(&name).ok_or(Posted::Gone)?;
        match count.checked_sub(stream.taken) {
            None | Some(0) => Err(Posted::Taken),
            Some(1) => {
                stream.taken = count;
                Ok(())
            }
            Some(_) => Err(Posted::Gap),
        }
    }

    /// Takes so many streams that are due for a comment.
    pub(super) fn due(&mut self, now_ms: u64, most: usize) -> Vec<ConnId> {
        let mut due = Vec::new();
        for _ in 0..most {
            let next = self.comments.pop_front_if(|(at_ms, ..)| *at_ms <= now_ms);
            let Some((_, conn, name)) = next else { break };
            if self.names.get(&conn) == Some(&name) {
                self.comments.push_back((now_ms + limits::COMMENT_EVERY_MS, conn, name));
                due.push(conn);
            }
        }
        due
    }

    /// When to call [`Streams::due`] next.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.comments.front().map(|(at_ms, ..)| *at_ms)
    }
}

#[cfg(test)]
mod tests;
