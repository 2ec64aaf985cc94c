//! The table of what a back end can call, from which the OpenAPI document and the tables of
//! `docs/rpc.md` are made.

use proto::codes::Status;

use super::keys::Scope;

mod objects;
mod table;

pub use objects::{BATCH_ITEM, BATCH_RESULT, ERROR, OBJECTS};
pub use table::{BATCH, METHODS};

/// A method: one operation of the back end.
#[derive(Debug)]
pub struct Method {
    /// As it stands in the path.
    pub name: &'static str,
    /// What a key needs for it; nothing: each item of a batch needs its own.
    pub scope: Option<Scope>,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What else there is to know, in sentences; may be empty.
    pub notes: &'static str,
    /// The fields of its body.
    pub fields: &'static [Field],
    /// The fields of what it gives.
    pub gives: &'static [Field],
    /// With which statuses it may be refused, beside those that every method has.
    pub refusals: &'static [(Status, &'static str)],
    /// A body for `imq dev`; those of all methods can be run in the order of the table.
    pub example: &'static str,
    /// What the example gives, but for numbers.
    pub answer: &'static str,
}

/// A field of a body or a result.
#[derive(Debug)]
pub struct Field {
    /// As it stands in JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Of a body: whether it must be given. Of a result: whether it is always there.
    pub always: bool,
    /// What it means, with its unit.
    pub meaning: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A string, of so many bytes at most if that is bounded.
    Text(Option<usize>),
    /// A whole number of zero to this.
    Number(u64),
    /// A whole number of 64 bits with a sign.
    Signed,
    /// True or false.
    Flag,
    /// Any JSON value; bytes that aren't JSON are base64, in a field with `_base64` after its name.
    Any,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A list of strings.
    Texts,
    /// The fields of another method.
    Body,
    /// An object.
    One(&'static Object),
    /// A list of objects, so many at most.
    Many(&'static Object, usize),
}

/// A kind of object within bodies and results.
#[derive(Debug)]
pub struct Object {
    /// Its name in documents.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// What is in it.
    pub fields: &'static [Field],
}

/// A status that every method may have, and when.
pub const REFUSALS: [(Status, &str); 7] = [
    (
        Status::Invalid,
        "the body is not JSON, or has a wrong or unknown field; the message says which",
    ),
    (Status::Unauthenticated, "no API key, or one that the gateway doesn't have"),
    (Status::Forbidden, "the key lacks the method's scope, or is not for this queue"),
    (Status::Limit, "a limit that the message names is reached"),
    (
        Status::Internal,
        "a bug of the server: nothing was done, and the same fails again; report it",
    ),
    (Status::Unavailable, "the queue's home can't be reached now; nothing was done"),
    (Status::OutcomeUnknown, "no answer in time: the call may or may not have run"),
];

/// Refusals that HTTP has a more specific status for.
pub const HTTP_REFUSALS: [(u16, Status, &str); 3] = [
    (408, Status::Unavailable, "the body didn't arrive in time; nothing was done"),
    (413, Status::Limit, "the body is too long, or has too many items: send less at once"),
    (421, Status::Forbidden, "the gateway isn't known under this name: see `hosts`"),
];

/// A field that must be given, or is always there.
const fn always(name: &'static str, kind: Kind, meaning: &'static str) -> Field {
    Field { name, kind, always: true, meaning }
}

/// A field that may be left out.
const fn maybe(name: &'static str, kind: Kind, meaning: &'static str) -> Field {
    Field { name, kind, always: false, meaning }
}

/// The method of this name.
pub(super) fn named(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

#[cfg(test)]
mod tests;
