//! The objects within bodies and results.

use proto::limits;

use super::{Field, Kind, Object, always, maybe};

/// Numbers are below 2^53, so that every language holds them exactly.
pub(super) const NUMBER: Kind = Kind::Number((1 << 53) - 1);
pub(super) const SMALL: Kind = Kind::Number(u32::MAX as u64);
pub(super) const QUEUE: Kind = Kind::Text(Some(limits::QUEUE_NAME_BYTES_MAX));
pub(super) const MOUNT: Kind = Kind::Text(Some(limits::MOUNT_NAME_BYTES_MAX));
pub(super) const USER: Kind = Kind::Text(Some(limits::USER_ID_BYTES_MAX));
pub(super) const KEY: Kind = Kind::Text(Some(limits::KEY_BYTES_MAX));
pub(super) const CLIENT: Kind = Kind::Text(Some(limits::CLIENT_NAME_BYTES_MAX));
/// A string of no particular length.
pub(super) const TEXT: Kind = Kind::Text(None);
const MOUNT_KIND: Kind = Kind::OneOf(&["message", "state"]);

/// All objects.
pub const OBJECTS: [&Object; 9] = [
    &CHANGE,
    &ENTRY,
    &MESSAGE,
    &QUEUE_INFO,
    &MOUNT_INFO,
    &USER_INFO,
    &SESSION_INFO,
    &BATCH_ITEM,
    &BATCH_RESULT,
];

/// What every refusal holds, as the field `error`.
pub static ERROR: Object = Object {
    name: "Error",
    meaning: "why it was refused",
    fields: &[
        always("status", SMALL, "the number of the status"),
        always("code", TEXT, "its name"),
        always("message", TEXT, "what happened and what to do, for people"),
        always("may_retry", Kind::Flag, "whether the same request may succeed later"),
    ],
};

pub(super) static CHANGE: Object = Object {
    name: "Change",
    meaning: "what happens to one key: exactly one of `set`, `delete` and `add`",
    fields: &[
        always("key", KEY, "the key, 1 byte at least"),
        maybe("set", Kind::Any, "its new value"),
        maybe("delete", Kind::Flag, "true: deletes the key"),
        maybe("add", Kind::Signed, "a whole number to add to its value; an absent key counts as 0"),
        maybe("if_version", NUMBER, "only if the key has this version; 0: only if it is absent"),
        maybe("if_absent", Kind::Flag, "only if the key is absent"),
        maybe(
            "ttl_ms",
            Kind::Number(limits::TTL_MS_MAX),
            "deletes the key after this many milliseconds; 0: never, or for an `add`: as before",
        ),
        maybe("while_present", Kind::Flag, "not for back ends, which have no session"),
    ],
};

pub(super) static ENTRY: Object = Object {
    name: "Entry",
    meaning: "a key of a state mount",
    fields: &[
        always("key", TEXT, "the key"),
        always("value", Kind::Any, "its value"),
        always("version", NUMBER, "the `seq` of the queue when it was changed"),
    ],
};

pub(super) static MESSAGE: Object = Object {
    name: "Message",
    meaning: "a message of a mount's history",
    fields: &[
        always("mount", TEXT, "the mount"),
        always("seq", NUMBER, "its place among the queue's events"),
        maybe("from", TEXT, "the user who sent it; absent: a back end"),
        always("payload", Kind::Any, "what was sent"),
        always("sent_at_ms", NUMBER, "when the queue took it, milliseconds since 1970"),
    ],
};

pub(super) static QUEUE_INFO: Object = Object {
    name: "Queue",
    meaning: "a queue as it is",
    fields: &[
        always("queue", TEXT, "its name"),
        always("epoch", NUMBER, "a different number each time a queue of this name is created"),
        always("seq", NUMBER, "its newest event"),
        always("members", SMALL, "how many users are in it"),
        always("created_at_ms", NUMBER, "milliseconds since 1970"),
        always("mounts", Kind::Many(&MOUNT_INFO, limits::MOUNTS_MAX), "its mounts"),
        always("class", TEXT, "the pattern of its class"),
    ],
};

pub(super) static MOUNT_INFO: Object = Object {
    name: "Mount",
    meaning: "a mount as it is",
    fields: &[
        always("name", TEXT, "its name"),
        always("kind", MOUNT_KIND, "messages or state"),
        always("entries", SMALL, "keys, or messages in the history"),
        always("bytes", NUMBER, "their size"),
    ],
};

pub(super) static USER_INFO: Object = Object {
    name: "User",
    meaning: "a user as the cluster knows them",
    fields: &[
        always("user", TEXT, "the id"),
        always("online", Kind::Flag, "whether a session of theirs has a socket"),
        maybe(
            "since_ms",
            NUMBER,
            "online since, or last seen, milliseconds since 1970; absent: unknown",
        ),
        always("sessions", Kind::Many(&SESSION_INFO, limits::SESSIONS_MAX), "their sessions"),
        always("queues", Kind::Texts, "the queues they are in"),
    ],
};

pub(super) static SESSION_INFO: Object = Object {
    name: "Session",
    meaning: "one login of a user",
    fields: &[
        always("session_id", TEXT, "its id"),
        always("gateway", TEXT, "where its socket is, or was"),
        maybe("client_name", CLIENT, "what the client calls itself"),
        maybe("client_version", CLIENT, "and its version"),
        always("since_ms", NUMBER, "when it began, milliseconds since 1970"),
        always("detached", Kind::Flag, "has no socket, but can still be resumed"),
    ],
};

/// An item of a batch.
pub static BATCH_ITEM: Object = Object {
    name: "Item",
    meaning: "one call of a batch",
    fields: &[
        always("method", TEXT, "which method; any but `batch`"),
        maybe("body", Kind::Body, "the body that the method takes outside of a batch"),
    ],
};

/// The result of an item of a batch.
pub static BATCH_RESULT: Object = Object {
    name: "Result",
    meaning: "the result of an item: `body` if the status is 200, else `error`",
    fields: &[
        always("status", SMALL, "the HTTP status that the method has outside of a batch"),
        maybe("body", Kind::Body, "what the method gives"),
        maybe("error", Kind::One(&ERROR), "why it was refused"),
    ],
};

/// The fields of a batch's body.
pub(super) static BATCH_FIELDS: [Field; 1] = [always(
    "items",
    Kind::Many(&BATCH_ITEM, limits::BATCH_MAX),
    "the calls; each runs on its own",
)];

/// The fields of what a batch gives.
pub(super) static BATCH_GIVES: [Field; 1] = [always(
    "results",
    Kind::Many(&BATCH_RESULT, limits::BATCH_MAX),
    "the result of each item, in the same order",
)];
