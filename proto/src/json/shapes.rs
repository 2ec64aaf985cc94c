//! The messages of the client protocol and the operations of the back end, as in `proto/schema`.

use super::shape::Presence::{Always, Choice, Given, OnState};
use super::shape::Type::{
    Any, Bool, Int64, Many, Marks, MountKind, One, Text, Texts, Uint32, Uint64,
};
use super::shape::{Shape, field};
use crate::c2g::field as c2g;
use crate::g2c::field as g2c;
use crate::g2q::field as g2q;
use crate::q2g::field as q2g;

/// What a client says.
pub(super) static C2G: Shape = Shape::of(&[
    field(c2g::c2g::CONNECT, "connect", One(&CONNECT)),
    field(c2g::c2g::OPEN, "open", One(&EMPTY)),
    field(c2g::c2g::SUBSCRIBE, "subscribe", One(&SUBSCRIBE)),
    field(c2g::c2g::UNSUBSCRIBE, "unsubscribe", One(&UNSUBSCRIBE)),
    field(c2g::c2g::SEND_MESSAGE, "send_message", One(&SEND_MESSAGE)),
    field(c2g::c2g::SEND_STATE, "send_state", One(&SEND_STATE)),
    field(c2g::c2g::GET_STATE, "get_state", One(&GET_STATE)),
    field(c2g::c2g::GET_HISTORY, "get_history", One(&GET_HISTORY)),
    field(c2g::c2g::LIST_MEMBERS, "list_members", One(&LIST_MEMBERS)),
    field(c2g::c2g::CALL, "call", One(&CALL)),
    field(c2g::c2g::REFRESH, "refresh", One(&REFRESH)),
    field(c2g::c2g::PING, "ping", One(&PING)),
    field(c2g::c2g::PONG, "pong", One(&PING)),
    field(c2g::c2g::BYE, "bye", One(&EMPTY)),
]);

static EMPTY: Shape = Shape::of(&[]);

static CONNECT: Shape = Shape::of(&[
    field(c2g::connect::PROTOCOL, "protocol", Uint32),
    field(c2g::connect::TOKEN, "token", Text),
    field(c2g::connect::USER, "user", Text),
    field(c2g::connect::CLIENT_NAME, "client_name", Text),
    field(c2g::connect::CLIENT_VERSION, "client_version", Text),
    field(c2g::connect::RESUME, "resume", One(&RESUME)),
    field(c2g::connect::HOLD, "hold", Bool),
    field(c2g::connect::CLIENT_ID, "client_id", Text),
    field(c2g::connect::ATTEMPT, "attempt", Uint32),
]);

static RESUME: Shape = Shape::of(&[
    field(c2g::resume::SESSION_ID, "session_id", Text),
    field(c2g::resume::SECRET, "secret", Text),
    field(c2g::resume::SEEN, "seen", Many(&SEEN)),
]);

static SEEN: Shape = Shape::of(&[
    field(c2g::seen::QUEUE, "queue", Text),
    field(c2g::seen::EPOCH, "epoch", Uint64),
    field(c2g::seen::MARKS, "marks", Marks),
]);

static SINCE: Shape = Shape::of(&[
    field(c2g::since::EPOCH, "epoch", Uint64),
    field(c2g::since::MARKS, "marks", Marks),
]);

static SUBSCRIBE: Shape = Shape::of(&[
    field(c2g::subscribe::OP_ID, "op_id", Uint32),
    field(c2g::subscribe::QUEUE, "queue", Text),
    field(c2g::subscribe::SINCE, "since", One(&SINCE)),
    field(c2g::subscribe::HISTORY, "history", Uint32),
    field(c2g::subscribe::MOUNTS, "mounts", Texts),
    field(c2g::subscribe::KEY_PREFIX, "key_prefix", Text),
]);

static UNSUBSCRIBE: Shape = Shape::of(&[
    field(c2g::unsubscribe::OP_ID, "op_id", Uint32),
    field(c2g::unsubscribe::QUEUE, "queue", Text),
]);

static SEND_MESSAGE: Shape = Shape::of(&[
    field(c2g::send_message::OP_ID, "op_id", Uint32),
    field(c2g::send_message::QUEUE, "queue", Text),
    field(c2g::send_message::MOUNT, "mount", Text),
    field(c2g::send_message::PAYLOAD, "payload", Any).when(Given),
    field(c2g::send_message::EXCLUDE_SELF, "exclude_self", Bool),
]);

static SEND_STATE: Shape = Shape::of(&[
    field(c2g::send_state::OP_ID, "op_id", Uint32),
    field(c2g::send_state::QUEUE, "queue", Text),
    field(c2g::send_state::MOUNT, "mount", Text),
    field(c2g::send_state::CHANGES, "changes", Many(&CHANGE)),
]);

static CHANGE: Shape = Shape::of(&[
    field(c2g::change::KEY, "key", Text),
    field(c2g::change::SET, "set", Any).when(Choice),
    field(c2g::change::DELETE, "delete", Bool).when(Choice),
    field(c2g::change::ADD, "add", Int64).when(Choice),
    field(c2g::change::IF_VERSION, "if_version", Uint64).when(Given),
    field(c2g::change::IF_ABSENT, "if_absent", Bool),
    field(c2g::change::TTL_MS, "ttl_ms", Uint64),
    field(c2g::change::WHILE_PRESENT, "while_present", Bool),
]);

static GET_STATE: Shape = Shape::of(&[
    field(c2g::get_state::OP_ID, "op_id", Uint32),
    field(c2g::get_state::QUEUE, "queue", Text),
    field(c2g::get_state::MOUNT, "mount", Text),
    field(c2g::get_state::KEY_PREFIX, "key_prefix", Text),
    field(c2g::get_state::AFTER, "after", Text),
    field(c2g::get_state::LIMIT, "limit", Uint32),
]);

static GET_HISTORY: Shape = Shape::of(&[
    field(c2g::get_history::OP_ID, "op_id", Uint32),
    field(c2g::get_history::QUEUE, "queue", Text),
    field(c2g::get_history::MOUNT, "mount", Text),
    field(c2g::get_history::BEFORE_SEQ, "before_seq", Uint64),
    field(c2g::get_history::LIMIT, "limit", Uint32),
]);

static LIST_MEMBERS: Shape = Shape::of(&[
    field(c2g::list_members::OP_ID, "op_id", Uint32),
    field(c2g::list_members::QUEUE, "queue", Text),
    field(c2g::list_members::AFTER, "after", Text),
    field(c2g::list_members::LIMIT, "limit", Uint32),
]);

static CALL: Shape = Shape::of(&[
    field(c2g::call::OP_ID, "op_id", Uint32),
    field(c2g::call::QUEUE, "queue", Text),
    field(c2g::call::METHOD, "method", Text),
    field(c2g::call::PAYLOAD, "payload", Any).when(Always),
]);

static REFRESH: Shape = Shape::of(&[
    field(c2g::refresh::OP_ID, "op_id", Uint32),
    field(c2g::refresh::TOKEN, "token", Text),
]);

/// Of `ping` and `pong`, in both directions.
static PING: Shape = Shape::of(&[field(c2g::ping::NONCE, "nonce", Uint64)]);

/// What a gateway says.
pub(super) static G2C: Shape = Shape::of(&[
    field(g2c::g2c::WELCOME, "welcome", One(&WELCOME)),
    field(g2c::g2c::RESULT, "result", One(&RESULT)),
    field(g2c::g2c::SUBSCRIBED, "subscribed", One(&SUBSCRIBED)),
    field(g2c::g2c::UNSUBSCRIBED, "unsubscribed", One(&UNSUBSCRIBED)),
    field(g2c::g2c::MESSAGE, "message", One(&MESSAGE)),
    field(g2c::g2c::STATE, "state", One(&STATE)),
    field(g2c::g2c::JOINED, "joined", One(&USERS)),
    field(g2c::g2c::LEFT, "left", One(&USERS)),
    field(g2c::g2c::MOUNT_CREATED, "mount_created", One(&MOUNT_EVENT)),
    field(g2c::g2c::MOUNT_DELETED, "mount_deleted", One(&MOUNT_EVENT)),
    field(g2c::g2c::GAP, "gap", One(&GAP)),
    field(g2c::g2c::CLOSING, "closing", One(&CLOSING)),
    field(g2c::g2c::PING, "ping", One(&PING)),
    field(g2c::g2c::PONG, "pong", One(&PING)),
]);

static WELCOME: Shape = Shape::of(&[
    field(g2c::welcome::SESSION_ID, "session_id", Text),
    field(g2c::welcome::SECRET, "secret", Text),
    field(g2c::welcome::USER, "user", Text),
    field(g2c::welcome::GENERATION, "generation", Uint64),
    field(g2c::welcome::RESUMED, "resumed", Bool).when(Always),
    field(g2c::welcome::PING_EVERY_MS, "ping_every_ms", Uint32),
    field(g2c::welcome::GATEWAY, "gateway", Text),
    field(g2c::welcome::LIMITS, "limits", One(&LIMITS)),
    field(g2c::welcome::EXPIRES_IN_MS, "expires_in_ms", Uint64),
]);

static LIMITS: Shape = Shape::of(&[
    field(g2c::limits::FRAME_BYTES, "frame_bytes", Uint32),
    field(g2c::limits::PAYLOAD_BYTES, "payload_bytes", Uint32),
    field(g2c::limits::UNANSWERED_PER_QUEUE, "unanswered_per_queue", Uint32),
    field(g2c::limits::SUBSCRIPTIONS, "subscriptions", Uint32),
    field(g2c::limits::OPERATIONS_PER_S, "operations_per_s", Uint32),
]);

static RESULT: Shape = Shape::of(&[
    field(g2c::result::OP_ID, "op_id", Uint32),
    field(g2c::result::STATUS, "status", Uint32).when(Always),
    field(g2c::result::ERROR_MESSAGE, "error_message", Text).when(Given),
    field(g2c::result::MAY_RETRY, "may_retry", Bool),
    field(g2c::result::PAYLOAD, "payload", Any).when(Given),
    field(g2c::result::SEQ, "seq", Uint64).when(Always),
    field(g2c::result::NEXT, "next", Text),
    field(g2c::result::ENTRIES, "entries", Many(&ENTRY)),
    field(g2c::result::MESSAGES, "messages", Many(&MESSAGE)),
    field(g2c::result::MEMBERS, "members", Texts),
    field(g2c::result::MEMBER_COUNT, "member_count", Uint32).when(Given),
    field(g2c::result::EXPIRES_IN_MS, "expires_in_ms", Uint64),
]);

static SUBSCRIBED: Shape = Shape::of(&[
    field(g2c::subscribed::SUB, "sub", Uint32),
    field(g2c::subscribed::QUEUE, "queue", Text),
    field(g2c::subscribed::EPOCH, "epoch", Uint64),
    field(g2c::subscribed::MARKS, "marks", Marks),
    field(g2c::subscribed::MOUNTS, "mounts", Many(&MOUNT)),
    field(g2c::subscribed::MEMBERS, "members", Texts),
    field(g2c::subscribed::MEMBER_COUNT, "member_count", Uint32).when(Given),
    field(g2c::subscribed::RECOVERED, "recovered", Bool),
    field(g2c::subscribed::GAP, "gap", Bool),
]);

static MOUNT: Shape = Shape::of(&[
    field(g2c::mount::NAME, "name", Text),
    field(g2c::mount::KIND, "kind", MountKind).when(Always),
    field(g2c::mount::ENTRIES, "entries", Many(&ENTRY)).when(OnState),
]);

static ENTRY: Shape = Shape::of(&[
    field(g2c::entry::KEY, "key", Text),
    field(g2c::entry::VALUE, "value", Any).when(Always),
    field(g2c::entry::VERSION, "version", Uint64),
]);

static UNSUBSCRIBED: Shape = Shape::of(&[
    field(g2c::unsubscribed::SUB, "sub", Uint32),
    field(g2c::unsubscribed::QUEUE, "queue", Text),
    field(g2c::unsubscribed::REASON, "reason", Text),
    field(g2c::unsubscribed::MAY_RETRY, "may_retry", Bool),
]);

static MESSAGE: Shape = Shape::of(&[
    field(g2c::message::SUB, "sub", Uint32),
    field(g2c::message::MOUNT, "mount", Text),
    field(g2c::message::SEQ, "seq", Uint64).when(Always),
    field(g2c::message::FROM, "from", Text),
    field(g2c::message::PAYLOAD, "payload", Any).when(Always),
    field(g2c::message::SENT_AT_MS, "sent_at_ms", Uint64),
    field(g2c::message::HISTORY, "history", Bool),
]);

static STATE: Shape = Shape::of(&[
    field(g2c::state::SUB, "sub", Uint32),
    field(g2c::state::MOUNT, "mount", Text),
    field(g2c::state::SEQ, "seq", Uint64).when(Always),
    field(g2c::state::FROM, "from", Text),
    field(g2c::state::CHANGES, "changes", Many(&STATE_CHANGE)),
    field(g2c::state::CONFLATED, "conflated", Bool),
]);

static STATE_CHANGE: Shape = Shape::of(&[
    field(g2c::state_change::KEY, "key", Text),
    field(g2c::state_change::VALUE, "value", Any).when(Choice),
    field(g2c::state_change::DELETED, "deleted", Bool).when(Choice),
    field(g2c::state_change::VERSION, "version", Uint64),
]);

/// Of `joined` and `left`.
static USERS: Shape = Shape::of(&[
    field(g2c::joined::SUB, "sub", Uint32),
    field(g2c::joined::SEQ, "seq", Uint64).when(Always),
    field(g2c::joined::USERS, "users", Texts),
    field(g2c::joined::REASON, "reason", Text),
]);

/// Of `mount_created` and `mount_deleted`.
static MOUNT_EVENT: Shape = Shape::of(&[
    field(g2c::mount_created::SUB, "sub", Uint32),
    field(g2c::mount_created::MOUNT, "mount", Text),
    field(g2c::mount_created::SEQ, "seq", Uint64).when(Always),
    field(g2c::mount_created::KIND, "kind", MountKind).when(Always),
]);

static GAP: Shape = Shape::of(&[
    field(g2c::gap::SUB, "sub", Uint32),
    field(g2c::gap::MOUNT, "mount", Text),
    field(g2c::gap::AFTER_SEQ, "after_seq", Uint64),
    field(g2c::gap::BEFORE_SEQ, "before_seq", Uint64),
]);

static CLOSING: Shape = Shape::of(&[
    field(g2c::closing::CODE, "code", Uint32),
    field(g2c::closing::REASON, "reason", Text),
    field(g2c::closing::MAY_RETRY, "may_retry", Bool),
    field(g2c::closing::RETRY_AFTER_MS, "retry_after_ms", Uint32),
    field(g2c::closing::ADDRESS, "address", Text),
]);

/// What the back end asks for, by the fields of `g2q.Request`.
pub(super) static REQUEST: Shape = Shape::of(&[
    field(g2q::request::SEND_MESSAGE, "send_message", One(&RPC_SEND_MESSAGE)),
    field(g2q::request::SEND_STATE, "send_state", One(&RPC_SEND_STATE)),
    field(g2q::request::GET_STATE, "get_state", One(&RPC_GET_STATE)),
    field(g2q::request::GET_HISTORY, "get_history", One(&RPC_GET_HISTORY)),
    field(g2q::request::LIST_MEMBERS, "list_members", One(&RPC_LIST_MEMBERS)),
    field(g2q::request::CREATE_QUEUE, "create_queue", One(&QUEUE)),
    field(g2q::request::DELETE_QUEUE, "delete_queue", One(&QUEUE)),
    field(g2q::request::GET_QUEUE, "get_queue", One(&QUEUE)),
    field(g2q::request::LIST_QUEUES, "list_queues", One(&LIST_QUEUES)),
    field(g2q::request::CREATE_MOUNT, "create_mount", One(&CREATE_MOUNT)),
    field(g2q::request::DELETE_MOUNT, "delete_mount", One(&DELETE_MOUNT)),
    field(g2q::request::JOIN_USER, "join_user", One(&QUEUE_USER)),
    field(g2q::request::REMOVE_USER, "remove_user", One(&QUEUE_USER)),
    field(g2q::request::GET_USER, "get_user", One(&USER)),
    field(g2q::request::DISCONNECT_USER, "disconnect_user", One(&DISCONNECT_USER)),
]);

/// A back end's author is told here already what the queue would refuse.
static RPC_SEND_MESSAGE: Shape = Shape::of(&[
    field(c2g::send_message::QUEUE, "queue", Text),
    field(c2g::send_message::MOUNT, "mount", Text),
    field(c2g::send_message::PAYLOAD, "payload", Any).when(Always),
    field(c2g::send_message::EXCLUDE_SELF, "exclude_self", Bool),
]);
static RPC_SEND_STATE: Shape = SEND_STATE.without(1);
static RPC_GET_STATE: Shape = GET_STATE.without(1);
static RPC_GET_HISTORY: Shape = GET_HISTORY.without(1);
static RPC_LIST_MEMBERS: Shape = LIST_MEMBERS.without(1);

/// What the back end gets for a method: fields of the `g2c.Result`, then of the `q2g.Reply`.
pub(super) struct ReplyShape {
    pub(super) method: &'static str,
    pub(super) result: &'static Shape,
    pub(super) reply: &'static Shape,
}

const fn gives(method: &'static str, result: &'static Shape, reply: &'static Shape) -> ReplyShape {
    ReplyShape { method, result, reply }
}

/// For each method of `REQUEST`.
pub(super) static REPLIES: [ReplyShape; 15] = [
    gives("send_message", &WRITTEN, &EMPTY),
    gives("send_state", &WRITTEN, &EMPTY),
    gives("get_state", &ENTRIES, &EMPTY),
    gives("get_history", &MESSAGES, &EMPTY),
    gives("list_members", &MEMBERS, &EMPTY),
    gives("create_queue", &WRITTEN, &EMPTY),
    gives("delete_queue", &WRITTEN, &EMPTY),
    gives("get_queue", &EMPTY, &ABOUT_QUEUE),
    gives("list_queues", &NEXT, &QUEUES),
    gives("create_mount", &WRITTEN, &EMPTY),
    gives("delete_mount", &WRITTEN, &EMPTY),
    gives("join_user", &WRITTEN, &EMPTY),
    gives("remove_user", &WRITTEN, &EMPTY),
    gives("get_user", &EMPTY, &ABOUT_USER),
    gives("disconnect_user", &EMPTY, &EMPTY),
];

static WRITTEN: Shape = Shape::of(&[field(g2c::result::SEQ, "seq", Uint64).when(Always)]);

static NEXT: Shape = Shape::of(&[field(g2c::result::NEXT, "next", Text)]);

static ENTRIES: Shape = Shape::of(&[
    field(g2c::result::SEQ, "seq", Uint64).when(Always),
    field(g2c::result::NEXT, "next", Text),
    field(g2c::result::ENTRIES, "entries", Many(&ENTRY)).when(Always),
]);

static MESSAGES: Shape = Shape::of(&[
    field(g2c::result::SEQ, "seq", Uint64).when(Always),
    field(g2c::result::NEXT, "next", Text),
    field(g2c::result::MESSAGES, "messages", Many(&MESSAGE)).when(Always),
]);

static MEMBERS: Shape = Shape::of(&[
    field(g2c::result::SEQ, "seq", Uint64).when(Always),
    field(g2c::result::NEXT, "next", Text),
    field(g2c::result::MEMBERS, "members", Texts).when(Always),
    field(g2c::result::MEMBER_COUNT, "member_count", Uint32).when(Always),
]);

static QUEUES: Shape = Shape::of(&[field(q2g::reply::QUEUES, "queues", Texts).when(Always)]);

static ABOUT_QUEUE: Shape = Shape::of(&[field(q2g::reply::QUEUE, "queue", One(&QUEUE_INFO))]);

static ABOUT_USER: Shape = Shape::of(&[field(q2g::reply::USER, "user", One(&USER_INFO))]);

/// Of all that name nothing but a queue.
static QUEUE: Shape = Shape::of(&[field(g2q::get_queue::QUEUE, "queue", Text)]);

static LIST_QUEUES: Shape = Shape::of(&[
    field(g2q::list_queues::PREFIX, "prefix", Text),
    field(g2q::list_queues::AFTER, "after", Text),
    field(g2q::list_queues::LIMIT, "limit", Uint32),
]);

static CREATE_MOUNT: Shape = Shape::of(&[
    field(g2q::create_mount::QUEUE, "queue", Text),
    field(g2q::create_mount::MOUNT, "mount", Text),
    field(g2q::create_mount::KIND, "kind", Text),
]);

static DELETE_MOUNT: Shape = Shape::of(&[
    field(g2q::delete_mount::QUEUE, "queue", Text),
    field(g2q::delete_mount::MOUNT, "mount", Text),
]);

/// Of `join_user` and `remove_user`.
static QUEUE_USER: Shape = Shape::of(&[
    field(g2q::remove_user::QUEUE, "queue", Text),
    field(g2q::remove_user::USER, "user", Text),
]);

static USER: Shape = Shape::of(&[field(g2q::get_user::USER, "user", Text)]);

static DISCONNECT_USER: Shape = Shape::of(&[
    field(g2q::disconnect_user::USER, "user", Text),
    field(g2q::disconnect_user::REASON, "reason", Text),
]);

static QUEUE_INFO: Shape = Shape::of(&[
    field(q2g::queue_info::QUEUE, "queue", Text),
    field(q2g::queue_info::EPOCH, "epoch", Uint64).when(Always),
    field(q2g::queue_info::SEQ, "seq", Uint64).when(Always),
    field(q2g::queue_info::MEMBERS, "members", Uint32).when(Always),
    field(q2g::queue_info::CREATED_AT_MS, "created_at_ms", Uint64),
    field(q2g::queue_info::MOUNTS, "mounts", Many(&MOUNT_INFO)).when(Always),
    field(q2g::queue_info::CLASS, "class", Text),
]);

static MOUNT_INFO: Shape = Shape::of(&[
    field(q2g::mount_info::NAME, "name", Text),
    field(q2g::mount_info::KIND, "kind", MountKind).when(Always),
    field(q2g::mount_info::ENTRIES, "entries", Uint32).when(Always),
    field(q2g::mount_info::BYTES, "bytes", Uint64).when(Always),
]);

static USER_INFO: Shape = Shape::of(&[
    field(q2g::user_info::USER, "user", Text).when(Always),
    field(q2g::user_info::ONLINE, "online", Bool).when(Always),
    field(q2g::user_info::SINCE_MS, "since_ms", Uint64),
    field(q2g::user_info::SESSIONS, "sessions", Many(&SESSION_INFO)).when(Always),
    field(q2g::user_info::QUEUES, "queues", Texts).when(Always),
]);

static SESSION_INFO: Shape = Shape::of(&[
    field(q2g::session_info::SESSION_ID, "session_id", Text),
    field(q2g::session_info::GATEWAY, "gateway", Text),
    field(q2g::session_info::CLIENT_NAME, "client_name", Text),
    field(q2g::session_info::CLIENT_VERSION, "client_version", Text),
    field(q2g::session_info::SINCE_MS, "since_ms", Uint64).when(Always),
    field(q2g::session_info::DETACHED, "detached", Bool).when(Always),
]);
