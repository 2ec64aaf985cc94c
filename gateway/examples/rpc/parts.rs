//! The parts of `docs/rpc.md` that are made from the code, between `<!-- part:NAME -->` and
//! `<!-- end -->`.

use std::fmt::Write as _;

use gateway::io::web::methods::{
    ERROR, Field, HTTP_REFUSALS, Kind, METHODS, Method, OBJECTS, Object, REFUSALS,
};
use proto::codes::{STATUSES, Status};
use proto::limits;

/// Numbers of which nothing else is said.
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// The document with each part as the code says it.
pub(crate) fn filled_in(document: &str) -> String {
    let mut parts = document.split("<!-- part:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").expect("a marker has an end");
        let (_, rest) = rest.split_once("<!-- end -->").expect("a part has an end");
        let text = match name {
            "methods" => methods(),
            "refusals" => refusals(),
            "limits" => bounds(),
            "reference" => METHODS.iter().map(method).collect(),
            "objects" => OBJECTS.iter().copied().chain([&ERROR]).map(object).collect(),
            name => panic!("no part is named {name}"),
        };
        write!(out, "<!-- part:{name} -->\n{text}<!-- end -->{rest}").expect("text grows");
    }
    out
}

fn methods() -> String {
    let mut out = "| method | scope | |\n|---|---|---|\n".to_owned();
    for Method { name, scope, summary, .. } in &METHODS {
        let scope = scope.map_or("of each item", |scope| scope.name());
        writeln!(out, "| [`{name}`](#{name}) | {scope} | {summary} |").expect("text grows");
    }
    out
}

fn refusals() -> String {
    let mut out = "| HTTP | `code` | `status` | when |\n|---:|---|---:|---|\n".to_owned();
    for row in STATUSES.iter().filter(|row| row.status != Status::Ok) {
        let general = REFUSALS.iter().find(|(status, _)| *status == row.status);
        let when = general.map_or(row.meaning, |(_, when)| when);
        let (http, name, number) = (row.http, row.name, row.status.number());
        writeln!(out, "| {http} | `{name}` | {number} | {when} |").expect("text grows");
    }
    for (http, status, when) in HTTP_REFUSALS {
        let (name, number) = (status.row().name, status.number());
        writeln!(out, "| {http} | `{name}` | {number} | {when} |").expect("text grows");
    }
    out
}

const UNDER_WAY: &str =
    "each item of a batch counts; divided among the gateway's keys, at least 1000 each";
const READ: &str = "ms for the client to read it, then the connection is closed";

fn bounds() -> String {
    let rows = [
        ("the body of a call", limits::CLIENT_FRAME_BYTES_MAX, "bytes"),
        ("the body of a batch", limits::BATCH_BYTES_MAX, "bytes"),
        ("items of a batch", limits::BATCH_MAX, ""),
        ("a payload or value", limits::PAYLOAD_BYTES_MAX, "bytes"),
        ("nesting of a payload or value", proto::json::DEPTH_MAX, "levels"),
        ("changes of one `send_state`", limits::CHANGES_MAX, ""),
        ("one page of a read", limits::PAGE_MAX, "entries"),
        ("one page of a read", limits::PAGE_BYTES_MAX, "bytes"),
        ("an `Idempotency-Key`", limits::IDEMPOTENCY_KEY_BYTES_MAX, "bytes"),
        ("how long it is remembered", limits::IDEMPOTENCY_MS as usize, "ms"),
        (
            "how many a bucket remembers",
            limits::IDEMPOTENCY_KEYS_MAX,
            "of all API keys together; half of it for one API key",
        ),
        (
            "writes without one to a bucket",
            limits::KEYLESS_KEYS_MAX,
            "within 15 s, of all API keys together; half of it for one API key",
        ),
        ("requests under way at a gateway", limits::WEB_REQUESTS_MAX, UNDER_WAY),
        ("bytes of bodies and answers under way", limits::WEB_BYTES_MAX, "divided in the same way"),
        (
            "connections to a gateway's port",
            limits::WEB_CONNECTIONS_MAX,
            "or a sixteenth of the files it may open, if that is less; when full, an idle \
             connection is closed for a new one, else 503",
        ),
        (
            "connections from one address",
            limits::WEB_CONNECTIONS_MAX / 4,
            "or a quarter of the above; likewise, else 429; loopback isn't counted",
        ),
        ("a request's head", limits::WEB_HEAD_BYTES_MAX, "bytes; a larger one gets 431"),
        ("lines of a head", limits::WEB_HEAD_LINES_MAX, "a longer one gets 431"),
        (
            "a connection's idle time before its first request",
            limits::WEB_HEAD_MS_MAX as usize,
            "ms",
        ),
        ("its idle time between two requests", limits::WEB_IDLE_MS_MAX as usize, "ms"),
        ("a request's head", limits::WEB_HEAD_MS_MAX as usize, "ms from its first byte, then 408"),
        ("a request's body", limits::WEB_BODY_MS_MAX as usize, "ms after its head, then 408"),
        ("65536 bytes of an answer, or its rest", limits::WEB_STALL_MS_MAX as usize, READ),
        ("an answer", limits::WEB_ANSWER_MS as usize, "ms, then `outcome_unknown`"),
    ];
    let mut out = "| what | at most | |\n|---|---:|---|\n".to_owned();
    for (what, value, note) in rows {
        writeln!(out, "| {what} | {value} | {note} |").expect("text grows");
    }
    out
}

fn method(method: &Method) -> String {
    let Method { name, scope, summary, notes, fields, gives, refusals, example, answer } = method;
    let scope = scope.map(|scope| format!(" Scope `{}`.", scope.name())).unwrap_or_default();
    let notes = if notes.is_empty() { String::new() } else { format!(" {notes}") };
    let mut out = format!("### {name}\n{summary}{scope}{notes}\n\n");
    out += &table("field", "", fields);
    if gives.is_empty() {
        out += "\nGives nothing.\n";
    } else {
        write!(out, "\n{}", table("gives", "may be absent; ", gives)).expect("text grows");
    }
    if !refusals.is_empty() {
        let row = |(status, when): &(Status, &str)| {
            let row = status.row();
            format!("{} `{}`: {when}", row.http, row.name)
        };
        let rows: Vec<String> = refusals.iter().map(row).collect();
        write!(out, "\nRefused with {}.\n", rows.join("; ")).expect("text grows");
    }
    write!(
        out,
        "\n```sh\ncurl -H \"Authorization: Bearer $KEY\" -d '{example}' \
         http://127.0.0.1:7490/rpc/v1/{name}\n```\n```json\n{answer}\n```\n\n"
    )
    .expect("text grows");
    out
}

fn object(object: &Object) -> String {
    let Object { name, meaning, fields } = object;
    let (first, rest) = meaning.split_at(1);
    let (first, table) = (first.to_uppercase(), table("field", "may be absent; ", fields));
    format!("### {name}\n{first}{rest}.\n\n{table}\n")
}

fn table(title: &str, absent: &str, fields: &[Field]) -> String {
    let mut out = format!("| {title} | holds | |\n|---|---|---|\n");
    for Field { name, kind, always, meaning } in fields {
        let needed = match (always, absent) {
            (true, "") => "required; ",
            (false, absent) => absent,
            (true, _) => "",
        };
        let holds = match kind {
            Kind::Text(None) => "string".to_owned(),
            Kind::Text(Some(max)) => format!("string, at most {max} bytes"),
            Kind::Number(NUMBER_MAX) => "number".to_owned(),
            Kind::Number(max) => format!("number, 0 to {max}"),
            Kind::Signed => "number, 64 bits with sign".to_owned(),
            Kind::Flag => "true or false".to_owned(),
            Kind::Any => format!("any JSON, or `{name}_base64`"),
            Kind::OneOf(words) => format!("`\"{}\"`", words.join("\"` or `\"")),
            Kind::Texts => "list of strings".to_owned(),
            Kind::Body => "object".to_owned(),
            Kind::One(object) => link(object),
            Kind::Many(object, max) => format!("list of {}, at most {max}", link(object)),
        };
        writeln!(out, "| `{name}` | {holds} | {needed}{meaning} |").expect("text grows");
    }
    out
}

fn link(object: &Object) -> String {
    format!("[{}](#{})", object.name, object.name.to_lowercase())
}
