//! The messages of the client protocol and the operations of the back end, as in `proto/schema`.

use super::shape::Presence::{Always, Choice, Given, OnState};
use super::shape::Type::{
    Any, Bool, Int64, Many, Marks, MountKind, One, Text, Texts, Uint32, Uint64,
};
use super::shape::{Shape, field};

/// What a client says.
pub(super) static C2G: Shape = Shape::of(&[
    field(1, "connect", One(&CONNECT)),
    field(2, "open", One(&EMPTY)),
    field(3, "subscribe", One(&SUBSCRIBE)),
    field(4, "unsubscribe", One(&UNSUBSCRIBE)),
    field(5, "send_message", One(&SEND_MESSAGE)),
    field(6, "send_state", One(&SEND_STATE)),
    field(7, "get_state", One(&GET_STATE)),
    field(8, "get_history", One(&GET_HISTORY)),
    field(9, "list_members", One(&LIST_MEMBERS)),
    field(10, "call", One(&CALL)),
    field(11, "refresh", One(&REFRESH)),
    field(12, "ping", One(&PING)),
    field(13, "pong", One(&PING)),
    field(14, "bye", One(&EMPTY)),
]);

static EMPTY: Shape = Shape::of(&[]);

static CONNECT: Shape = Shape::of(&[
    field(1, "protocol", Uint32),
    field(2, "token", Text),
    field(3, "user", Text),
    field(4, "client_name", Text),
    field(5, "client_version", Text),
    field(6, "resume", One(&RESUME)),
    field(7, "hold", Bool),
    field(8, "client_id", Text),
    field(9, "attempt", Uint32),
]);

static RESUME: Shape = Shape::of(&[
    field(1, "session_id", Text),
    field(2, "secret", Text),
    field(3, "seen", Many(&SEEN)),
]);

static SEEN: Shape =
    Shape::of(&[field(1, "queue", Text), field(2, "epoch", Uint64), field(3, "marks", Marks)]);

static SINCE: Shape = Shape::of(&[field(1, "epoch", Uint64), field(2, "marks", Marks)]);

static SUBSCRIBE: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "queue", Text),
    field(3, "since", One(&SINCE)),
    field(4, "history", Uint32),
    field(5, "mounts", Texts),
    field(6, "key_prefix", Text),
]);

static UNSUBSCRIBE: Shape = Shape::of(&[field(1, "op_id", Uint32), field(2, "queue", Text)]);

static SEND_MESSAGE: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "queue", Text),
    field(3, "mount", Text),
    field(4, "payload", Any).when(Given),
    field(5, "exclude_self", Bool),
]);

static SEND_STATE: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "queue", Text),
    field(3, "mount", Text),
    field(4, "changes", Many(&CHANGE)),
]);

static CHANGE: Shape = Shape::of(&[
    field(1, "key", Text),
    field(2, "set", Any).when(Choice),
    field(3, "delete", Bool).when(Choice),
    field(4, "add", Int64).when(Choice),
    field(5, "if_version", Uint64).when(Given),
    field(6, "if_absent", Bool),
    field(7, "ttl_ms", Uint64),
    field(8, "while_present", Bool),
]);

static GET_STATE: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "queue", Text),
    field(3, "mount", Text),
    field(4, "key_prefix", Text),
    field(5, "after", Text),
    field(6, "limit", Uint32),
]);

static GET_HISTORY: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "queue", Text),
    field(3, "mount", Text),
    field(4, "before_seq", Uint64),
    field(5, "limit", Uint32),
]);

static LIST_MEMBERS: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "queue", Text),
    field(3, "after", Text),
    field(4, "limit", Uint32),
]);

static CALL: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "queue", Text),
    field(3, "method", Text),
    field(4, "payload", Any).when(Always),
]);

static REFRESH: Shape = Shape::of(&[field(1, "op_id", Uint32), field(3, "token", Text)]);

static PING: Shape = Shape::of(&[field(1, "nonce", Uint64)]);

/// What a gateway says.
pub(super) static G2C: Shape = Shape::of(&[
    field(1, "welcome", One(&WELCOME)),
    field(2, "result", One(&RESULT)),
    field(3, "subscribed", One(&SUBSCRIBED)),
    field(4, "unsubscribed", One(&UNSUBSCRIBED)),
    field(5, "message", One(&MESSAGE)),
    field(6, "state", One(&STATE)),
    field(7, "joined", One(&USERS)),
    field(8, "left", One(&USERS)),
    field(9, "mount_created", One(&MOUNT_EVENT)),
    field(10, "mount_deleted", One(&MOUNT_EVENT)),
    field(11, "gap", One(&GAP)),
    field(12, "closing", One(&CLOSING)),
    field(13, "ping", One(&PING)),
    field(14, "pong", One(&PING)),
]);

static WELCOME: Shape = Shape::of(&[
    field(1, "session_id", Text),
    field(2, "secret", Text),
    field(3, "user", Text),
    field(4, "generation", Uint64),
    field(5, "resumed", Bool).when(Always),
    field(6, "ping_every_ms", Uint32),
    field(7, "gateway", Text),
    field(8, "limits", One(&LIMITS)),
    field(9, "expires_in_ms", Uint64),
]);

static LIMITS: Shape = Shape::of(&[
    field(1, "frame_bytes", Uint32),
    field(2, "payload_bytes", Uint32),
    field(3, "unanswered_per_queue", Uint32),
    field(4, "subscriptions", Uint32),
    field(5, "operations_per_s", Uint32),
]);

static RESULT: Shape = Shape::of(&[
    field(1, "op_id", Uint32),
    field(2, "status", Uint32).when(Always),
    field(3, "error_message", Text).when(Given),
    field(4, "may_retry", Bool),
    field(5, "payload", Any).when(Given),
    field(6, "seq", Uint64).when(Always),
    field(7, "next", Text),
    field(8, "entries", Many(&ENTRY)),
    field(9, "messages", Many(&MESSAGE)),
    field(10, "members", Texts),
    field(11, "member_count", Uint32).when(Given),
    field(12, "expires_in_ms", Uint64),
]);

static SUBSCRIBED: Shape = Shape::of(&[
    field(1, "sub", Uint32),
    field(2, "queue", Text),
    field(3, "epoch", Uint64),
    field(4, "marks", Marks),
    field(5, "mounts", Many(&MOUNT)),
    field(6, "members", Texts),
    field(7, "member_count", Uint32).when(Given),
    field(8, "recovered", Bool),
    field(9, "gap", Bool),
]);

static MOUNT: Shape = Shape::of(&[
    field(1, "name", Text),
    field(2, "kind", MountKind).when(Always),
    field(3, "entries", Many(&ENTRY)).when(OnState),
]);

static ENTRY: Shape = Shape::of(&[
    field(1, "key", Text),
    field(2, "value", Any).when(Always),
    field(3, "version", Uint64),
]);

static UNSUBSCRIBED: Shape = Shape::of(&[
    field(1, "sub", Uint32),
    field(2, "queue", Text),
    field(3, "reason", Text),
    field(4, "may_retry", Bool),
]);

static MESSAGE: Shape = Shape::of(&[
    field(1, "sub", Uint32),
    field(2, "mount", Text),
    field(3, "seq", Uint64).when(Always),
    field(4, "from", Text),
    field(5, "payload", Any).when(Always),
    field(6, "sent_at_ms", Uint64),
    field(7, "history", Bool),
]);

static STATE: Shape = Shape::of(&[
    field(1, "sub", Uint32),
    field(2, "mount", Text),
    field(3, "seq", Uint64).when(Always),
    field(4, "from", Text),
    field(5, "changes", Many(&STATE_CHANGE)),
    field(6, "conflated", Bool),
]);

static STATE_CHANGE: Shape = Shape::of(&[
    field(1, "key", Text),
    field(2, "value", Any).when(Choice),
    field(3, "deleted", Bool).when(Choice),
    field(4, "version", Uint64),
]);

static USERS: Shape = Shape::of(&[
    field(1, "sub", Uint32),
    field(3, "seq", Uint64).when(Always),
    field(4, "users", Texts),
    field(5, "reason", Text),
]);

static MOUNT_EVENT: Shape = Shape::of(&[
    field(1, "sub", Uint32),
    field(2, "mount", Text),
    field(3, "seq", Uint64).when(Always),
    field(4, "kind", MountKind).when(Always),
]);

static GAP: Shape = Shape::of(&[
    field(1, "sub", Uint32),
    field(2, "mount", Text),
    field(3, "after_seq", Uint64),
    field(4, "before_seq", Uint64),
]);

static CLOSING: Shape = Shape::of(&[
    field(1, "code", Uint32),
    field(2, "reason", Text),
    field(3, "may_retry", Bool),
    field(4, "retry_after_ms", Uint32),
    field(5, "address", Text),
]);

/// What the back end asks for, by the fields of `g2q.Request`.
pub(super) static REQUEST: Shape = Shape::of(&[
    field(6, "send_message", One(&RPC_SEND_MESSAGE)),
    field(7, "send_state", One(&RPC_SEND_STATE)),
    field(8, "get_state", One(&RPC_GET_STATE)),
    field(9, "get_history", One(&RPC_GET_HISTORY)),
    field(10, "list_members", One(&RPC_LIST_MEMBERS)),
    field(11, "create_queue", One(&QUEUE)),
    field(12, "delete_queue", One(&QUEUE)),
    field(13, "get_queue", One(&QUEUE)),
    field(14, "list_queues", One(&LIST_QUEUES)),
    field(15, "create_mount", One(&CREATE_MOUNT)),
    field(16, "delete_mount", One(&DELETE_MOUNT)),
    field(17, "join_user", One(&QUEUE_USER)),
    field(18, "remove_user", One(&QUEUE_USER)),
    field(19, "get_user", One(&USER)),
    field(20, "disconnect_user", One(&DISCONNECT_USER)),
]);

/// A back end's author is told here already what the queue would refuse.
static RPC_SEND_MESSAGE: Shape = Shape::of(&[
    field(2, "queue", Text),
    field(3, "mount", Text),
    field(4, "payload", Any).when(Always),
    field(5, "exclude_self", Bool),
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

static WRITTEN: Shape = Shape::of(&[field(6, "seq", Uint64).when(Always)]);

static NEXT: Shape = Shape::of(&[field(7, "next", Text)]);

static ENTRIES: Shape = Shape::of(&[
    field(6, "seq", Uint64).when(Always),
    field(7, "next", Text),
    field(8, "entries", Many(&ENTRY)).when(Always),
]);

static MESSAGES: Shape = Shape::of(&[
    field(6, "seq", Uint64).when(Always),
    field(7, "next", Text),
    field(9, "messages", Many(&MESSAGE)).when(Always),
]);

static MEMBERS: Shape = Shape::of(&[
    field(6, "seq", Uint64).when(Always),
    field(7, "next", Text),
    field(10, "members", Texts).when(Always),
    field(11, "member_count", Uint32).when(Always),
]);

static QUEUES: Shape = Shape::of(&[field(4, "queues", Texts).when(Always)]);

static ABOUT_QUEUE: Shape = Shape::of(&[field(3, "queue", One(&QUEUE_INFO))]);

static ABOUT_USER: Shape = Shape::of(&[field(5, "user", One(&USER_INFO))]);

static QUEUE: Shape = Shape::of(&[field(2, "queue", Text)]);

static LIST_QUEUES: Shape =
    Shape::of(&[field(1, "prefix", Text), field(2, "after", Text), field(3, "limit", Uint32)]);

static CREATE_MOUNT: Shape =
    Shape::of(&[field(2, "queue", Text), field(3, "mount", Text), field(4, "kind", Text)]);

static DELETE_MOUNT: Shape = Shape::of(&[field(2, "queue", Text), field(3, "mount", Text)]);

static QUEUE_USER: Shape = Shape::of(&[field(2, "queue", Text), field(3, "user", Text)]);

static USER: Shape = Shape::of(&[field(2, "user", Text)]);

static DISCONNECT_USER: Shape = Shape::of(&[field(2, "user", Text), field(3, "reason", Text)]);

static QUEUE_INFO: Shape = Shape::of(&[
    field(1, "queue", Text),
    field(2, "epoch", Uint64).when(Always),
    field(3, "seq", Uint64).when(Always),
    field(4, "members", Uint32).when(Always),
    field(5, "created_at_ms", Uint64),
    field(6, "mounts", Many(&MOUNT_INFO)).when(Always),
    field(7, "class", Text),
]);

static MOUNT_INFO: Shape = Shape::of(&[
    field(1, "name", Text),
    field(2, "kind", MountKind).when(Always),
    field(3, "entries", Uint32).when(Always),
    field(4, "bytes", Uint64).when(Always),
]);

static USER_INFO: Shape = Shape::of(&[
    field(1, "user", Text).when(Always),
    field(2, "online", Bool).when(Always),
    field(3, "since_ms", Uint64),
    field(4, "sessions", Many(&SESSION_INFO)).when(Always),
    field(5, "queues", Texts).when(Always),
]);

static SESSION_INFO: Shape = Shape::of(&[
    field(1, "session_id", Text),
    field(2, "gateway", Text),
    field(3, "client_name", Text),
    field(4, "client_version", Text),
    field(5, "since_ms", Uint64).when(Always),
    field(6, "detached", Bool).when(Always),
]);
