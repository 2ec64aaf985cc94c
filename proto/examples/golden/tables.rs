//! The tables of `docs/protocol.md` that are made from the code, between `<!-- table:NAME -->` and
//! `<!-- end -->`.

use std::fmt::Write as _;

use proto::codes::{CLOSES, STATUSES};
use proto::limits;

/// The document with each table as the code says it.
pub(crate) fn filled_in(document: &str) -> String {
    let mut parts = document.split("<!-- table:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").expect("a marker has an end");
        let (_, rest) = rest.split_once("<!-- end -->").expect("a table has an end");
        let table = match name {
            "statuses" => statuses(),
            "closes" => closes(),
            "limits" => limits(),
            "times" => times(),
            name => panic!("no table is named {name}"),
        };
        write!(out, "<!-- table:{name} -->\n{table}<!-- end -->{rest}").expect("text grows");
    }
    out
}

fn statuses() -> String {
    let mut out = "| status | name | HTTP | meaning |\n|---:|---|---:|---|\n".to_owned();
    for row in &STATUSES {
        let (number, name, http, meaning) = (row.status.number(), row.name, row.http, row.meaning);
        writeln!(out, "| {number} | `{name}` | {http} | {meaning} |").expect("text grows");
    }
    out
}

fn closes() -> String {
    let mut out = "| code | name | come back? | meaning |\n|---:|---|---|---|\n".to_owned();
    for row in &CLOSES {
        let may_retry = if row.close.may_retry() { "yes" } else { "no" };
        let (number, name, meaning) = (row.close.number(), row.name, row.meaning);
        writeln!(out, "| {number} | `{name}` | {may_retry} | {meaning} |").expect("text grows");
    }
    out
}

fn limits() -> String {
    rows(
        "limit",
        &[
            ("a frame of a client", limits::CLIENT_FRAME_BYTES_MAX, "bytes, without its length"),
            ("a frame before `welcome`", limits::UNAUTHENTICATED_BYTES_MAX, "bytes"),
            ("a token", limits::TOKEN_BYTES_MAX, "bytes"),
            ("`client_name`", limits::CLIENT_NAME_BYTES_MAX, "bytes"),
            ("`client_id`", limits::CLIENT_ID_BYTES_MAX, "bytes"),
            ("a payload or value", limits::PAYLOAD_BYTES_MAX, "bytes"),
            ("nesting of a JSON payload or value", proto::json::DEPTH_MAX, "levels"),
            ("a queue name", limits::QUEUE_NAME_BYTES_MAX, "bytes"),
            ("a mount name", limits::MOUNT_NAME_BYTES_MAX, "bytes"),
            ("a user id", limits::USER_ID_BYTES_MAX, "bytes"),
            ("a key, a `key_prefix`", limits::KEY_BYTES_MAX, "bytes"),
            ("changes of one `send_state`", limits::CHANGES_MAX, ""),
            ("unanswered operations", limits::UNANSWERED_PER_QUEUE_MAX, "per session and queue"),
            ("subscriptions", limits::SUBSCRIPTIONS_MAX, "per session"),
            ("mounts named in a `subscribe`", limits::FILTER_MOUNTS_MAX, ""),
            ("mounts of a queue", limits::MOUNTS_MAX, ""),
            ("members of a queue", limits::MEMBERS_MAX, "or what its class says, if that is less"),
            ("keys of a state mount", limits::KEYS_MAX, ""),
            ("keys and values of a state mount", limits::STATE_BYTES_MAX, "bytes"),
            ("history of a message mount", limits::HISTORY_COUNT_MAX, "messages"),
            ("history of a message mount", limits::HISTORY_BYTES_MAX, "bytes"),
            ("one page of a read", limits::PAGE_MAX, "entries"),
            ("one page of a read", limits::PAGE_BYTES_MAX, "bytes"),
            ("a remembered result", limits::REMEMBERED_RESULT_BYTES_MAX, "bytes"),
            ("output that makes a client slow", limits::SLOW_BYTES, "bytes"),
            ("output that closes with 3008", limits::OUTPUT_BYTES_MAX, "bytes"),
        ],
    )
}

fn times() -> String {
    let rows_ms = [
        ("from the open socket to `connect`", limits::CONNECT_MS_MAX, "then 3504"),
        ("silence before the gateway pings", limits::PING_EVERY_MS, "`ping_every_ms` says it"),
        ("from the gateway's `ping` to any frame", limits::PONG_MS_MAX, "then 3003"),
        ("grace: a session outlives its socket", limits::GRACE_MS, "also the time to resend in"),
        ("`ttl_ms`", limits::TTL_MS_MAX, "at most"),
    ];
    let mut out = "| time | ms | |\n|---|---:|---|\n".to_owned();
    for (name, ms, note) in rows_ms {
        writeln!(out, "| {name} | {ms} | {note} |").expect("text grows");
    }
    out
}

fn rows(title: &str, rows: &[(&str, usize, &str)]) -> String {
    let mut out = format!("| {title} | at most | |\n|---|---:|---|\n");
    for (name, value, note) in rows {
        writeln!(out, "| {name} | {value} | {note} |").expect("text grows");
    }
    out
}
