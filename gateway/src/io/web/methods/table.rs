//! The methods, in an order in which their examples can be run against `imq dev`.

use proto::codes::Status;
use proto::limits;

use super::objects::{
    BATCH_FIELDS, BATCH_GIVES, CHANGE, ENTRY, KEY, MESSAGE, MOUNT, NUMBER, QUEUE, QUEUE_INFO, TEXT,
    USER, USER_INFO,
};
use super::{Field, Kind, Method, always, maybe};
use crate::io::web::keys::Scope;

const QUEUE_FIELD: Field = always("queue", QUEUE, "the queue's name");
const MOUNT_FIELD: Field = always("mount", MOUNT, "the mount's name");
const USER_FIELD: Field = always("user", USER, "the user's id");
const AFTER: Field = maybe("after", TEXT, "the `next` of the page before");
const LIMIT: Field = maybe(
    "limit",
    Kind::Number(limits::PAGE_MAX as u64),
    "how many at most; 0 or absent: as many as a page holds",
);
const SEQ: Field = always("seq", NUMBER, "the event that it became, or the newest of the queue");
const NEXT: Field = maybe("next", TEXT, "where the next page begins; absent: this was the last");

const NO_QUEUE: (Status, &str) = (Status::NotFound, "there is no such queue");
const NO_MOUNT: (Status, &str) = (Status::NotFound, "there is no such queue or mount");

/// The method that runs others.
pub const BATCH: &str = "batch";

/// All methods but `batch` stand for one operation each; `batch` for many of them.
pub static METHODS: [Method; 16] = [
    Method {
        name: "create_queue",
        scope: Some(Scope::Manage),
        summary: "Creates a queue.",
        notes: "Its class, the first whose pattern matches the name, gives it its mounts and \
                rules.",
        fields: &[QUEUE_FIELD],
        gives: &[SEQ],
        refusals: &[
            (Status::NotFound, "no class matches the name"),
            (Status::Conflict, "it is there already"),
        ],
        example: r#"{"queue":"/room/lobby"}"#,
        answer: r#"{"seq":0}"#,
    },
    Method {
        name: "get_queue",
        scope: Some(Scope::Read),
        summary: "Describes a queue.",
        notes: "",
        fields: &[QUEUE_FIELD],
        gives: &[always("queue", Kind::One(&QUEUE_INFO), "the queue")],
        refusals: &[NO_QUEUE],
        example: r#"{"queue":"/room/lobby"}"#,
        answer: concat!(
            r#"{"queue":{"queue":"/room/lobby","epoch":71438265309142,"seq":0,"members":0,"#,
            r#""created_at_ms":1767225600000,"mounts":[{"name":"chat","kind":"message","#,
            r#""entries":0,"bytes":0},{"name":"scores","kind":"state","entries":0,"bytes":0}],"#,
            r#""class":"/room/*"}}"#,
        ),
    },
    Method {
        name: "list_queues",
        scope: Some(Scope::Read),
        summary: "Lists the names of queues: one part of the cluster after another, sorted within \
                  each.",
        notes: "A key that is limited to certain queues sees only those.",
        fields: &[maybe("prefix", QUEUE, "only names that begin so"), AFTER, LIMIT],
        gives: &[NEXT, always("queues", Kind::Texts, "the names")],
        refusals: &[],
        example: r#"{"prefix":"/room/","limit":100}"#,
        answer: r#"{"queues":["/room/lobby"]}"#,
    },
    Method {
        name: "create_mount",
        scope: Some(Scope::Manage),
        summary: "Adds a mount to a queue; its subscribers get `mount_created`.",
        notes: "",
        fields: &[
            QUEUE_FIELD,
            MOUNT_FIELD,
            always("kind", Kind::OneOf(&["message", "state"]), "for messages or for state"),
        ],
        gives: &[SEQ],
        refusals: &[NO_QUEUE, (Status::Conflict, "a mount of this name is there already")],
        example: r#"{"queue":"/room/lobby","mount":"doors","kind":"state"}"#,
        answer: r#"{"seq":1}"#,
    },
    Method {
        name: "delete_mount",
        scope: Some(Scope::Manage),
        summary: "Deletes a mount and everything in it; subscribers get `mount_deleted`.",
        notes: "",
        fields: &[QUEUE_FIELD, MOUNT_FIELD],
        gives: &[SEQ],
        refusals: &[NO_MOUNT],
        example: r#"{"queue":"/room/lobby","mount":"doors"}"#,
        answer: r#"{"seq":2}"#,
    },
    Method {
        name: "send_message",
        scope: Some(Scope::Write),
        summary: "Sends a message to everyone in a queue.",
        notes: "It has no `from`. A back end may send to every mount, whatever the class says.",
        fields: &[
            QUEUE_FIELD,
            MOUNT_FIELD,
            always("payload", Kind::Any, "what to send"),
            maybe("exclude_self", Kind::Flag, "has no effect: a back end has no session"),
        ],
        gives: &[SEQ],
        refusals: &[NO_MOUNT],
        example: r#"{"queue":"/room/lobby","mount":"chat","payload":{"text":"welcome"}}"#,
        answer: r#"{"seq":3}"#,
    },
    Method {
        name: "get_history",
        scope: Some(Scope::Read),
        summary: "Reads the latest messages of a mount, oldest first.",
        notes: "For the page before, give the number in `next` as `before_seq`.",
        fields: &[
            QUEUE_FIELD,
            MOUNT_FIELD,
            maybe("before_seq", NUMBER, "only messages before this `seq`; 0: up to the newest"),
            LIMIT,
        ],
        gives: &[
            SEQ,
            NEXT,
            always("messages", Kind::Many(&MESSAGE, limits::PAGE_MAX), "the messages"),
        ],
        refusals: &[NO_MOUNT],
        example: r#"{"queue":"/room/lobby","mount":"chat","limit":10}"#,
        answer: concat!(
            r#"{"seq":3,"messages":[{"mount":"chat","seq":3,"payload":{"text":"welcome"},"#,
            r#""sent_at_ms":1767225600000}]}"#,
        ),
    },
    Method {
        name: "send_state",
        scope: Some(Scope::Write),
        summary: "Changes keys of a state mount: all changes apply or none does.",
        notes: "",
        fields: &[
            QUEUE_FIELD,
            MOUNT_FIELD,
            always(
                "changes",
                Kind::Many(&CHANGE, limits::CHANGES_MAX),
                "the changes, one for each key",
            ),
        ],
        gives: &[SEQ],
        refusals: &[
            NO_MOUNT,
            (
                Status::Precondition,
                "an `if_version` or `if_absent` doesn't hold, or `add` to a value that isn't a \
                 number",
            ),
        ],
        example: concat!(
            r#"{"queue":"/room/lobby","mount":"scores","changes":[{"key":"ann","add":10},"#,
            r#"{"key":"round","set":{"number":1}}]}"#,
        ),
        answer: r#"{"seq":4}"#,
    },
    Method {
        name: "get_state",
        scope: Some(Scope::Read),
        summary: "Reads keys of a state mount, sorted.",
        notes: "",
        fields: &[
            QUEUE_FIELD,
            MOUNT_FIELD,
            maybe("key_prefix", KEY, "only keys that begin so"),
            AFTER,
            LIMIT,
        ],
        gives: &[SEQ, NEXT, always("entries", Kind::Many(&ENTRY, limits::PAGE_MAX), "the keys")],
        refusals: &[NO_MOUNT],
        example: r#"{"queue":"/room/lobby","mount":"scores"}"#,
        answer: concat!(
            r#"{"seq":4,"entries":[{"key":"ann","value":10,"version":4},{"key":"round","#,
            r#""value":{"number":1},"version":4}]}"#,
        ),
    },
    Method {
        name: "join_user",
        scope: Some(Scope::Manage),
        summary: "Puts a user into a queue, with all sessions they have.",
        notes: "Their clients get `subscribed` without having asked for it. The class's `join` \
                doesn't apply, and no web application is asked. Sessions that the user begins \
                later aren't in the queue: join them when you are told `user_online`. A key that \
                may not name `/user/<id>` can't learn whether the user is online: the answer is \
                the same.",
        fields: &[QUEUE_FIELD, USER_FIELD],
        gives: &[SEQ],
        refusals: &[
            (Status::NotFound, "there is no such queue, or the user has no session"),
            (Status::Limit, "the queue is full, or the user is in too many queues"),
        ],
        example: r#"{"queue":"/room/lobby","user":"ann"}"#,
        answer: r#"{"seq":5}"#,
    },
    Method {
        name: "list_members",
        scope: Some(Scope::Read),
        summary: "Lists the users who are in a queue, by their ids.",
        notes: "",
        fields: &[QUEUE_FIELD, AFTER, LIMIT],
        gives: &[
            SEQ,
            NEXT,
            always("members", Kind::Texts, "the ids of this page"),
            always("member_count", NUMBER, "how many users are in the queue"),
        ],
        refusals: &[NO_QUEUE],
        example: r#"{"queue":"/room/lobby"}"#,
        answer: r#"{"seq":5,"members":["ann"],"member_count":1}"#,
    },
    Method {
        name: "get_user",
        scope: Some(Scope::Read),
        summary: "Says whether a user is online, since when, from where, and in which queues.",
        notes: "The key must be for the queue `/user/<id>`. A user is forgotten some time after \
                the last session.",
        fields: &[USER_FIELD],
        gives: &[always("user", Kind::One(&USER_INFO), "the user")],
        refusals: &[(Status::NotFound, "nothing is known of the user")],
        example: r#"{"user":"ann"}"#,
        answer: concat!(
            r#"{"user":{"user":"ann","online":true,"since_ms":1767225600000,"#,
            r#""sessions":[{"session_id":"x7Jk0Qm3T0uGgk1d6oHc8A","gateway":"g1","#,
            r#""client_name":"web","since_ms":1767225600000,"detached":false}],"#,
            r#""queues":["/room/lobby"]}}"#,
        ),
    },
    Method {
        name: "remove_user",
        scope: Some(Scope::Manage),
        summary: "Takes a user out of a queue, with all sessions they have.",
        notes: "Their clients get `unsubscribed`. They stay online and may subscribe again, if the \
                class lets them.",
        fields: &[QUEUE_FIELD, USER_FIELD],
        gives: &[SEQ],
        refusals: &[(Status::NotFound, "there is no such queue, or the user isn't in it")],
        example: r#"{"queue":"/room/lobby","user":"ann"}"#,
        answer: r#"{"seq":6}"#,
    },
    Method {
        name: "disconnect_user",
        scope: Some(Scope::Manage),
        summary: "Ends all sessions of a user: their connections are closed with 3503, and they \
                  leave every queue.",
        notes: "The key must be for the queue `/user/<id>`. Whether they may connect again depends \
                on their next token.",
        fields: &[USER_FIELD, maybe("reason", TEXT, "shown to the clients in `closing`")],
        gives: &[],
        refusals: &[(Status::NotFound, "the user has no session")],
        example: r#"{"user":"ann","reason":"see you tomorrow"}"#,
        answer: r#"{}"#,
    },
    Method {
        name: BATCH,
        scope: None,
        summary: "Runs many calls in one request.",
        notes: "Each item is run, refused and remembered on its own, and needs the scope of its \
                own method. Items for one queue run in their order; none waits for the result of \
                another. With an `Idempotency-Key: K`, item *i* (from 0) has the key `K/i`. A \
                batch that can't be read is refused as a whole, and nothing of it is run. At most \
                64 items may be `get_state` or `get_history`: those beyond are refused.",
        fields: &BATCH_FIELDS,
        gives: &BATCH_GIVES,
        refusals: &[],
        example: concat!(
            r#"{"items":[{"method":"send_message","body":{"queue":"/room/lobby","mount":"chat","#,
            r#""payload":"one"}},{"method":"get_queue","body":{"queue":"/room/none"}}]}"#,
        ),
        answer: concat!(
            r#"{"results":[{"status":200,"body":{"seq":7}},{"status":404,"error":{"status":5,"#,
            r#""code":"not_found","message":"there is no such queue","may_retry":false}}]}"#,
        ),
    },
    Method {
        name: "delete_queue",
        scope: Some(Scope::Manage),
        summary: "Destroys a queue and everything in it; its subscribers get `unsubscribed`.",
        notes: "",
        fields: &[QUEUE_FIELD],
        gives: &[SEQ],
        refusals: &[NO_QUEUE],
        example: r#"{"queue":"/room/lobby"}"#,
        answer: r#"{"seq":7}"#,
    },
];
