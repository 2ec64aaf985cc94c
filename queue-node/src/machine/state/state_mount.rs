//! A state mount: keys with their present values.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::rc::Rc;

use proto::c2g::Change;
use proto::c2g::change::Act;
use proto::codes::Status;
use proto::g2c::field::{entry, state, state_change};
use proto::ids::SessionId;
use proto::wire::{Fields, WireError};
use proto::{limits, wire};

use crate::machine::record::Refusal;

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) value: Rc<[u8]>,
    /// The queue's `seq` at the key's change.
    pub(crate) version: u64,
    expires_ms: Option<u64>,
    /// The session whose leaving takes the key along.
    present: Option<SessionId>,
}

/// One key of a record: what it holds now, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyStep {
    pub(crate) key: Rc<str>,
    pub(crate) now: Option<Cell>,
}

/// What a key is bound to: a moment, and the session whose leaving takes it along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) expires_ms: Option<u64>,
    pub(super) present: Option<SessionId>,
}

impl Cell {
    /// What it is bound to, if it is bound to anything.
    pub(super) fn binding(&self) -> Option<Binding> {
        let Cell { expires_ms, present, .. } = *self;
        (expires_ms.is_some() || present.is_some()).then_some(Binding { expires_ms, present })
    }

    /// A key's, with what it is bound to.
    pub(super) fn new(value: &[u8], version: u64, binding: Option<Binding>) -> Cell {
        let expires_ms = binding.and_then(|binding| binding.expires_ms);
        let present = binding.and_then(|binding| binding.present);
        Cell { value: value.into(), version, expires_ms, present }
    }
}

impl KeyStep {
    /// A planted bug: the key is bound to nothing.
    pub(crate) fn unbind(&mut self) {
        if let Some(cell) = &mut self.now {
            (cell.expires_ms, cell.present) = (None, None);
        }
    }

    /// What the key is bound to now, if it is bound to anything.
    pub(super) fn binding(&self) -> Option<Binding> {
        self.now.as_ref().and_then(Cell::binding)
    }
}

/// Who changes keys, when, and under which number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) seq: u64,
    pub(crate) now_ms: u64,
    /// Nothing: the back end, or somebody who isn't a member.
    pub(crate) member: Option<SessionId>,
}

/// The keys of a mount, and which of them are bound to a moment or a session.
#[derive(Debug, Default)]
pub(crate) struct StateMount {
    cells: BTreeMap<Rc<str>, Cell>,
    bytes: usize,
    expiries: BTreeSet<(u64, Rc<str>)>,
    present: BTreeSet<([u8; 16], Rc<str>)>,
}

/// A key's place in the map, with the heads of its name and value.
const CELL_BYTES: usize = size_of::<Cell>() + 64;

impl StateMount {
    /// What these changes make of the keys: all of them, or none and why.
    pub(crate) fn plan(&self, changes: &[Change], stroke: Stroke) -> Result<Vec<KeyStep>, Refusal> {
        let mut steps = Vec::with_capacity(changes.len());
        let mut keys = BTreeSet::new();
        let (mut bytes, mut count) = (self.bytes, self.cells.len());
        for change in changes {
            if change.key.is_empty() || change.key.len() > limits::KEY_BYTES_MAX {
                let max = limits::KEY_BYTES_MAX;
                return refuse(Status::Invalid, format!("a key is 1 to {max} bytes long"));
            }
            if matches!(change.act, Some(Act::Delete(false)) | None) {
                return refuse(Status::Invalid, says_nothing(&change.key));
            }
            if !keys.insert(&*change.key) {
                let key = &change.key;
                return refuse(Status::Invalid, format!("key {key:?} is changed twice; send one"));
            }
            let old = self.cells.get(&*change.key);
            let now = self::change(change, old, stroke)?;
            if old.is_none() && now.is_none() {
                continue;
            }
            let cost = |cell: &Cell| change.key.len() + cell.value.len();
            bytes = bytes + now.as_ref().map_or(0, cost) - old.map_or(0, cost);
            count = count + usize::from(now.is_some()) - usize::from(old.is_some());
            steps.push(KeyStep { key: change.key.as_str().into(), now });
        }
        if count > limits::KEYS_MAX && count > self.cells.len() {
            let max = limits::KEYS_MAX;
            return refuse(Status::Limit, format!("a mount has at most {max} keys; delete some"));
        }
        if bytes > limits::STATE_BYTES_MAX && bytes > self.bytes {
            let max = limits::STATE_BYTES_MAX;
            return refuse(Status::Limit, format!("a mount has at most {max} bytes; delete some"));
        }
        Ok(steps)
    }

    /// Makes the keys what a record says.
    pub(crate) fn apply(&mut self, steps: Vec<KeyStep>) {
        for KeyStep { key, now } in steps {
            if let Some(new) = &now {
                self.bytes += key.len() + new.value.len();
                if let Some(at) = new.expires_ms {
                    self.expiries.insert((at, key.clone()));
                }
                if let Some(session) = new.present {
                    self.present.insert((session.0, key.clone()));
                }
            }
            let old = match &now {
                Some(_) => self.cells.get(&key).cloned(),
                None => self.cells.remove(&key),
            };
            if let Some(old) = old {
                self.forget(&key, &old, now.as_ref());
            }
            if let Some(now) = now {
                self.cells.insert(key, now);
            }
        }
    }

    /// The deletion of all keys whose time is over.
    pub(crate) fn expired(&self, now_ms: u64) -> Vec<KeyStep> {
        let due = self.expiries.iter().take_while(|(at, _)| *at <= now_ms);
        due.map(|(_, key)| KeyStep { key: key.clone(), now: None }).collect()
    }

    /// The deletion of all keys that go with this session.
    pub(crate) fn left_by(&self, session: SessionId) -> Vec<KeyStep> {
        let keys = self.present.range((session.0, Rc::from(""))..);
        let keys = keys.take_while(|(owner, _)| *owner == session.0);
        keys.map(|(_, key)| KeyStep { key: key.clone(), now: None }).collect()
    }

    /// When the first key expires.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// The keys above `after` that begin with `prefix`, in order.
    pub(crate) fn entries<'a>(
        &'a self,
        prefix: &'a str,
        after: &str,
    ) -> impl Iterator<Item = (&'a Rc<str>, &'a Cell)> + Clone {
        let from: Bound<&str> =
            if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
        let from = if after.is_empty() { Bound::Included(prefix) } else { from };
        let cells = self.cells.range::<str, _>((from, Bound::Unbounded));
        cells.take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Bytes of keys and values.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What they take with their places in the maps, about.
    pub(crate) fn cost(&self) -> usize {
        self.bytes + self.cells.len() * CELL_BYTES
    }

    fn forget(&mut self, key: &Rc<str>, old: &Cell, new: Option<&Cell>) {
        self.bytes -= key.len() + old.value.len();
        if let Some(at) = old.expires_ms
            && new.is_none_or(|new| new.expires_ms != old.expires_ms)
        {
            self.expiries.remove(&(at, key.clone()));
        }
        if let Some(session) = old.present
            && new.is_none_or(|new| new.present != old.present)
        {
            self.present.remove(&(session.0, key.clone()));
        }
    }
}

/// What one change makes of its key.
fn change(change: &Change, old: Option<&Cell>, stroke: Stroke) -> Result<Option<Cell>, Refusal> {
    let key = &change.key;
    let version = old.map_or(0, |cell| cell.version);
    if let Some(wanted) = change.if_version
        && wanted != version
    {
        let sentence = format!("key {key:?} has version {version}, not {wanted}; read it again");
        return refuse(Status::Precondition, sentence);
    }
    if change.if_absent && old.is_some() {
        return refuse(Status::Precondition, format!("key {key:?} is there already"));
    }
    if change.ttl_ms > limits::TTL_MS_MAX {
        let max = limits::TTL_MS_MAX;
        return refuse(Status::Invalid, format!("ttl_ms of key {key:?} is at most {max}"));
    }
    if change.while_present && stroke.member.is_none() {
        let sentence = "while_present is for members of the queue, and this session isn't one";
        return refuse(Status::Forbidden, sentence);
    }
    let value: Rc<[u8]> = match &change.act {
        Some(Act::Set(value)) if value.len() > limits::PAYLOAD_BYTES_MAX => {
            let max = limits::PAYLOAD_BYTES_MAX;
            return refuse(Status::Limit, format!("a value is at most {max} bytes long"));
        }
        Some(Act::Set(value)) => value.as_slice().into(),
        Some(Act::Add(by)) => sum(key, old, *by)?,
        Some(Act::Delete(true)) => return Ok(None),
        Some(Act::Delete(false)) | None => return refuse(Status::Invalid, says_nothing(key)),
    };
    // A sum is the same thing with another number: what it was bound to it stays bound to. What is
    // set is new.
    let kept = old.filter(|_| matches!(change.act, Some(Act::Add(_))));
    let expires_ms = match change.ttl_ms {
        0 => kept.and_then(|cell| cell.expires_ms),
        ttl_ms => Some(stroke.now_ms + ttl_ms),
    };
    let present = match change.while_present {
        true => stroke.member,
        false => kept.and_then(|cell| cell.present),
    };
    Ok(Some(Cell { value, version: stroke.seq, expires_ms, present }))
}

fn says_nothing(key: &str) -> String {
    format!("the change of key {key:?} is empty: give it one of set, add and delete (true)")
}

fn sum(key: &str, old: Option<&Cell>, by: i64) -> Result<Rc<[u8]>, Refusal> {
    let old: &[u8] = old.map_or(b"0", |cell| &cell.value);
    let number: Option<i64> = std::str::from_utf8(old).ok().and_then(|text| text.parse().ok());
    let Some(number) = number else {
        return refuse(
            Status::Precondition,
            format!("the value of key {key:?} is not a number that can be added to"),
        );
    };
    match number.checked_add(by) {
        Some(sum) => Ok(sum.to_string().into_bytes().into()),
        None => {
            refuse(Status::Precondition, format!("the sum of key {key:?} doesn't fit in 64 bits"))
        }
    }
}

fn refuse<T>(status: Status, sentence: impl Into<Cow<'static, str>>) -> Result<T, Refusal> {
    Err(Refusal::new(status, sentence))
}

/// Appends the body of a `State` event.
pub(crate) fn put_body(out: &mut Vec<u8>, mount: &str, from: &str, seq: u64, steps: &[KeyStep]) {
    wire::put_bytes(out, state::MOUNT, mount.as_bytes());
    wire::put_uint(out, state::SEQ, seq);
    wire::put_bytes(out, state::FROM, from.as_bytes());
    for step in steps {
        let key = step.key.as_bytes();
        let now = match &step.now {
            Some(cell) => wire::nested_len(state_change::VALUE, cell.value.len()),
            None => wire::uint_len(state_change::DELETED, 1),
        };
        let length = wire::bytes_len(state_change::KEY, key.len())
            + now
            + wire::uint_len(state_change::VERSION, seq);
        wire::put_nested(out, state::CHANGES, length);
        wire::put_bytes(out, state_change::KEY, key);
        match &step.now {
            Some(cell) => {
                wire::put_nested(out, state_change::VALUE, cell.value.len());
                out.extend_from_slice(&cell.value);
            }
            None => wire::put_uint(out, state_change::DELETED, 1),
        }
        wire::put_uint(out, state_change::VERSION, seq);
    }
}

/// The keys of a `State` event's body, where those in these places of it are bound to something.
pub(super) fn steps_of(
    body: &[u8],
    bindings: &[(u64, Binding)],
) -> Result<Vec<KeyStep>, WireError> {
    let mut steps = Vec::new();
    let mut fields = Fields::of(body);
    while let Some((number, value)) = fields.field()? {
        if number == state::CHANGES {
            let place = steps.len() as u64;
            let binding = bindings.iter().find(|(change, _)| *change == place);
            steps.push(step_of(value.bytes()?, binding.map(|(_, binding)| *binding))?);
        }
    }
    Ok(steps)
}

fn step_of(change: &[u8], binding: Option<Binding>) -> Result<KeyStep, WireError> {
    let (mut key, mut new, mut version) = ("", None, 0);
    let mut fields = Fields::of(change);
    while let Some((number, value)) = fields.field()? {
        match number {
            state_change::KEY => key = value.text()?,
            state_change::VALUE => new = Some(value.bytes()?),
            state_change::VERSION => version = value.uint()?,
            _ => {}
        }
    }
    Ok(KeyStep { key: key.into(), now: new.map(|new| Cell::new(new, version, binding)) })
}

/// How long the `Entry` of a key is.
pub(crate) fn entry_len(key: &str, cell: &Cell) -> usize {
    wire::bytes_len(entry::KEY, key.len())
        + wire::bytes_len(entry::VALUE, cell.value.len())
        + wire::uint_len(entry::VERSION, cell.version)
}

/// Appends the `Entry` of a key as this field.
pub(crate) fn put_entry(out: &mut Vec<u8>, field: u32, key: &str, cell: &Cell) {
    wire::put_nested(out, field, entry_len(key, cell));
    wire::put_bytes(out, entry::KEY, key.as_bytes());
    wire::put_bytes(out, entry::VALUE, &cell.value);
    wire::put_uint(out, entry::VERSION, cell.version);
}
