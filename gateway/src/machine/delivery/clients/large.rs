//! Large events on their way to one connection: their bytes are shared by all who get them, so that
//! a thousand receivers who don't read cost no thousand copies.

use std::collections::VecDeque;
use std::rc::Rc;

/// What stands between the bytes of a connection's buffer. At least one event, unless it is new.
#[derive(Debug, Default)]
pub(super) struct Large {
    events: VecDeque<Event>,
    /// Of the first event.
    written: usize,
    /// Of all that isn't written.
    bytes: usize,
}

#[derive(Debug)]
struct Event {
    /// It comes behind so many bytes of the buffer.
    behind: usize,
    body: Rc<[u8]>,
}

impl Large {
    /// How many bytes aren't written.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// An event behind all that is in the buffer now.
    pub(super) fn push(&mut self, behind: usize, body: &Rc<[u8]>) {
        self.bytes += body.len();
        self.events.push_back(Event { behind, body: Rc::clone(body) });
    }

    /// Whether its first event is next, when so much of the buffer is written.
    pub(super) fn is_next(&self, written: usize) -> bool {
        self.events.front().is_some_and(|event| event.behind <= written)
    }

    /// What is next: of the first event, or of the buffer before it.
    pub(super) fn next<'a>(&'a self, written: usize, buffer: &'a [u8]) -> &'a [u8] {
        match self.events.front() {
            Some(event) if event.behind > written => &buffer[written..event.behind],
            Some(event) => &event.body[self.written..],
            None => &buffer[written..],
        }
    }

    /// So many bytes of the first event are written. Returns whether it was the last, and is
    /// written whole.
    pub(super) fn took(&mut self, count: usize) -> bool {
        self.written += count;
        self.bytes -= count;
        if self.events.front().is_some_and(|event| event.body.len() == self.written) {
            self.events.pop_front();
            self.written = 0;
        }
        self.events.is_empty()
    }

    /// The buffer has lost so many bytes at its beginning.
    pub(super) fn drained(&mut self, count: usize) {
        for event in &mut self.events {
            event.behind -= count;
        }
    }
}
