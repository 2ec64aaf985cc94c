//! A client of imq that comes back: it keeps what `resume` takes, and counts what it is told.

pub(super) mod subscription;

#[cfg(test)]
mod tests;

use super::super::protobuf::{Fields, Value};
use super::super::wire::put_field;
use super::super::{Codec, Event, Member, Violation};
use super::{
    CLOSING, GAP, Imq, MESSAGE, PING, PONG, RESULT, SUBSCRIBED, UNSUBSCRIBED, WELCOME,
    acknowledgement, body, bytes_tag, delivery, frame, number_tag, put_frame,
};
use subscription::{MEMBERS, Subscription};

const STATE: u64 = bytes_tag(6) as u64;
const JOINED: u64 = bytes_tag(7) as u64;
const LEFT: u64 = bytes_tag(8) as u64;
const MOUNT_CREATED: u64 = bytes_tag(9) as u64;
const MOUNT_DELETED: u64 = bytes_tag(10) as u64;

/// One client over all its connections.
#[derive(Debug)]
pub(crate) struct Returning {
    pub(super) imq: Imq,
    /// Id and secret of the newest `welcome`.
    session: Option<(String, String)>,
    subscriptions: Vec<Subscription>,
    /// What the present connection was told.
    pub(crate) here: Here,
    /// `unsubscribed` since a subscription stood.
    refused: usize,
    /// `gap`s, over all connections.
    pub(crate) gaps: u64,
    /// Users that came to a room or left it before these eyes, over all connections.
    pub(crate) movements: u64,
}

/// What a connection was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Here {
    /// `welcome`, and whether the session goes on.
    pub(crate) resumed: Option<bool>,
    /// Subscriptions that went on from the client's marks.
    pub(crate) recovered: u32,
    /// Subscriptions that began anew.
    pub(crate) anew: u32,
    /// `unsubscribed`, though nobody asked for it.
    pub(crate) unsubscribed: u32,
    /// `closing`.
    pub(crate) closing: Option<Closing>,
}

/// What a gateway says before it closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closing {
    /// The code.
    pub(crate) code: u32,
    /// Whether the client may come back.
    pub(crate) may_retry: bool,
    /// Not earlier than this.
    pub(crate) retry_after_ms: u32,
}

impl Returning {
    /// A client that wasn't there before.
    pub(crate) fn new(member: Member, token: Option<String>) -> Self {
        Self {
            imq: Imq::with_token(member, token),
            session: None,
            subscriptions: Vec::new(),
            here: Here::default(),
            refused: 0,
            gaps: 0,
            movements: 0,
        }
    }

    /// Whether this connection has all that the client had before: it is logged in, and each
    /// subscription stands.
    pub(crate) fn whole(&self) -> bool {
        self.here.resumed.is_some()
            && self.subscriptions.iter().any(|subscription| !subscription.own())
            && self.subscriptions.iter().all(|subscription| subscription.number.is_some())
    }

    /// Field `resume` of `connect`.
    fn resume(&self) -> Option<Vec<u8>> {
        let (id, secret) = self.session.as_ref()?;
        let mut resume = Vec::new();
        put_field(bytes_tag(1), id.as_bytes(), &mut resume);
        put_field(bytes_tag(2), secret.as_bytes(), &mut resume);
        for subscription in &self.subscriptions {
            put_field(bytes_tag(3), &subscription.seen(), &mut resume);
        }
        Some(resume)
    }

    pub(super) fn event<'a>(
        &mut self,
        frame: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Violation> {
        let (tag, body) = body(frame)?;
        match tag {
            WELCOME => self.welcome(body, out),
            SUBSCRIBED => self.subscribed(body),
            UNSUBSCRIBED => self.unsubscribed(body, out),
            RESULT => acknowledgement(body),
            MESSAGE => {
                self.mark(body, None, 3)?;
                delivery(body)
            }
            STATE => self.mark(body, None, 3),
            JOINED | LEFT => {
                self.moved(body)?;
                self.mark(body, Some(MEMBERS), 3)
            }
            MOUNT_CREATED | MOUNT_DELETED => self.mark(body, Some(MEMBERS), 3),
            GAP => {
                self.gaps += 1;
                self.mark(body, None, 4)
            }
            PING => {
                put_frame(PONG, body, out);
                Ok(Event::Other)
            }
            CLOSING => {
                self.here.closing = Some(closing(body)?);
                Err(Violation::at("the gateway closes", body))
            }
            _ => Ok(Event::Other),
        }
    }

    /// Keeps what the next resume takes. A session that is new has no subscriptions: those of the
    /// one before are asked for again, from their marks.
    fn welcome(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<Event<'static>, Violation> {
        let (mut id, mut secret, mut resumed) = (String::new(), String::new(), false);
        let mut fields = Fields { bytes: body };
        while let Some(field) = fields.next()? {
            match (field.tag >> 3, field.value) {
                (1, Value::Bytes(bytes)) => id = text(bytes),
                (2, Value::Bytes(bytes)) => secret = text(bytes),
                (5, Value::Number(number)) => resumed = number != 0,
                (_, Value::Number(_) | Value::Bytes(_)) => {}
            }
        }
        self.session = Some((id, secret));
        self.here.resumed = Some(resumed);
        if !resumed {
            for at in 0..self.subscriptions.len() {
                self.subscribe_again(at, out);
            }
        }
        Ok(Event::Welcomed)
    }

    fn subscribed(&mut self, body: &[u8]) -> Result<Event<'static>, Violation> {
        let (fresh, recovered) = Subscription::read(body)?;
        let own = fresh.own();
        self.refused = 0;
        let known = self.subscriptions.iter_mut().find(|known| known.name == fresh.name);
        match known {
            Some(known) => {
                *(if recovered { &mut self.here.recovered } else { &mut self.here.anew }) += 1;
                *known = fresh;
            }
            None => self.subscriptions.push(fresh),
        }
        Ok(if own { Event::Other } else { Event::Ready })
    }

    /// Asks for the subscription again: but what a gateway refuses over and over it would refuse
    /// for ever.
    fn unsubscribed(
        &mut self,
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'static>, Violation> {
        let mut fields = Fields { bytes: body };
        let mut name = String::new();
        while let Some(field) = fields.next()? {
            if let (2, Value::Bytes(bytes)) = (field.tag >> 3, field.value) {
                name = text(bytes);
            }
        }
        self.here.unsubscribed += 1;
        self.refused += 1;
        if self.refused > self.subscriptions.len() {
            return Err(Violation::at("unsubscribed over and over", body));
        }
        if let Some(at) = self.subscriptions.iter().position(|known| known.name == name) {
            self.subscriptions[at].number = None;
            self.subscribe_again(at, out);
        }
        Ok(Event::Other)
    }

    /// Asks once more for what doesn't stand.
    pub(super) fn subscribe_missing(&mut self, out: &mut Vec<u8>) {
        for at in 0..self.subscriptions.len() {
            if self.subscriptions[at].number.is_none() {
                self.subscribe_again(at, out);
            }
        }
    }

    /// Whether a number stands for the user's own queue.
    pub(super) fn is_own(&self, number: u64) -> bool {
        let of = self.subscriptions.iter().find(|known| known.number == Some(number));
        of.is_some_and(Subscription::own)
    }

    fn subscribe_again(&mut self, at: usize, out: &mut Vec<u8>) {
        let subscription = &self.subscriptions[at];
        // The user's own queue comes by itself.
        if subscription.own() {
            return;
        }
        let mut since = Vec::new();
        put_field(bytes_tag(3), &subscription.since(), &mut since);
        self.imq.put_operation(super::SUBSCRIBE, &subscription.name, &since, out);
    }

    /// Counts who came and went in a room.
    fn moved(&mut self, body: &[u8]) -> Result<(), Violation> {
        let mut fields = Fields { bytes: body };
        while let Some(field) = fields.next()? {
            self.movements += u64::from(field.tag == u64::from(bytes_tag(4)));
        }
        Ok(())
    }

    /// Sets the mark of an event's mount, which is field 2 if it isn't given, by a field that holds
    /// a number: `seq`, or the `before_seq` of a gap, which is field 4.
    fn mark(
        &mut self,
        body: &[u8],
        mount: Option<&[u8]>,
        by: u64,
    ) -> Result<Event<'static>, Violation> {
        let mut fields = Fields { bytes: body };
        let (mut number, mut named, mut mark, mut history) = (0, mount, 0, false);
        while let Some(field) = fields.next()? {
            match (field.tag >> 3, field.value) {
                (1, Value::Number(value)) => number = value,
                (2, Value::Bytes(bytes)) => named = mount.or(Some(bytes)),
                (7, Value::Number(value)) => history = value != 0,
                (id, Value::Number(value)) if id == by => mark = value,
                (_, Value::Number(_) | Value::Bytes(_)) => {}
            }
        }
        let mark = if by == 4 { mark.saturating_sub(1) } else { mark };
        let of = self.subscriptions.iter_mut().find(|known| known.number == Some(number));
        let (Some(of), Some(mount)) = (of, named) else {
            return Err(Violation::at("an event of no subscription", body));
        };
        if !history {
            of.mark(mount, mark);
        }
        Ok(Event::Other)
    }
}

impl Codec for Returning {
    /// Says who it is and what it has seen, or, the first time, what it wants.
    fn hello(&mut self, out: &mut Vec<u8>) {
        self.here = Here::default();
        self.refused = 0;
        for subscription in &mut self.subscriptions {
            subscription.number = None;
        }
        match self.resume() {
            Some(resume) => self.imq.connect(Some(&resume), out),
            None => self.imq.hello(out),
        }
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.imq.publish(payload, out);
    }

    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        match frame(bytes)? {
            Some((frame, taken)) => Ok(Some((self.event(frame, out)?, taken))),
            None => Ok(None),
        }
    }
}

fn closing(body: &[u8]) -> Result<Closing, Violation> {
    let mut closing = Closing::default();
    let mut fields = Fields { bytes: body };
    while let Some(field) = fields.next()? {
        match (field.tag, field.value) {
            (CODE, Value::Number(code)) => closing.code = code as u32,
            (MAY_RETRY, Value::Number(may)) => closing.may_retry = may != 0,
            (RETRY_AFTER, Value::Number(after)) => closing.retry_after_ms = after as u32,
            (_, Value::Number(_) | Value::Bytes(_)) => {}
        }
    }
    Ok(closing)
}

const CODE: u64 = number_tag(1) as u64;
const MAY_RETRY: u64 = number_tag(3) as u64;
const RETRY_AFTER: u64 = number_tag(4) as u64;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
