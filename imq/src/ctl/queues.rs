//! Where a queue is, what is in it, who is in it, and which queues are busy.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Api, Boss, read};
use super::report;
use crate::exit;
use crate::show::{self, Cell, NAME, Table, styled};

/// `imq ctl where`.
#[derive(Debug, Args)]
pub(crate) struct WhereOptions {
    /// The queue's name; it need not be there.
    queue: String,
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// `imq ctl queues`.
#[derive(Debug, Args)]
pub(crate) struct QueuesOptions {
    /// The queue's name.
    #[arg(required_unless_present = "busy", conflicts_with = "busy")]
    queue: Option<String>,
    /// The queues with the most traffic, in the place of one.
    #[arg(long)]
    busy: bool,
    /// How many of them, 1 to 100.
    #[arg(long, value_name = "COUNT", default_value_t = 20, requires = "busy")]
    top: u32,
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// `imq ctl members`.
#[derive(Debug, Args)]
pub(crate) struct MembersOptions {
    /// The queue's name.
    queue: String,
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Place {
    hash: String,
    bucket: String,
    loss: u64,
    reign: u64,
    conf: u64,
    in_sync: Vec<Owner>,
    node: Option<Node>,
}

#[derive(Deserialize)]
struct Owner {
    id: String,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    host: String,
    address: String,
}

#[derive(Deserialize)]
struct Contents {
    epoch: u64,
    seq: u64,
    members: u64,
    created_at_ms: u64,
    class: String,
    mounts: Vec<Mount>,
}

#[derive(Deserialize)]
struct Mount {
    name: String,
    kind: String,
    entries: u64,
    bytes: u64,
}

#[derive(Deserialize)]
struct Members {
    members: Vec<String>,
    next: Option<String>,
    member_count: u64,
}

/// Prints which node serves a queue, and who has copies.
pub(super) async fn where_is(options: &WhereOptions) -> Result<ExitCode> {
    let place = options.boss.reader()?.get("where", &[("queue", &options.queue)]).await?;
    if options.json {
        show::json(&place)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Place { hash, bucket, loss, reign, conf, in_sync, node } = read(place)?;
    let node = node.map_or("nobody: no queue node is there".to_owned(), |node| {
        format!("{} at {}, on host {}", node.id, node.address, node.host)
    });
    let in_sync: Vec<String> = in_sync.into_iter().map(|owner| owner.id).collect();
    let mut text = fact("queue", &options.queue);
    text += &fact("served by", &node);
    text += &fact("in sync", &in_sync.join(", "));
    text += &fact("bucket", &format!("{bucket} (hash {hash})"));
    text += &fact("numbers", &format!("loss {loss}, reign {reign}, conf {conf}"));
    show::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what is in a queue, or which are busy.
pub(super) async fn queues(options: &QueuesOptions) -> Result<ExitCode> {
    let api = options.boss.reader()?;
    let Some(queue) = &options.queue else {
        return report::busy(&api, options.top, options.json).await;
    };
    let answer = api.get("queues", &[("queue", queue)]).await?;
    let is_found = answer["found"] == Value::Bool(true);
    if options.json {
        show::json(&answer)?;
    } else if is_found {
        show::print(&contents_text(queue, &read(answer)?))?;
    } else {
        eprintln!("imq: there is no queue {:?}", show::safe(queue));
    }
    Ok(if is_found { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
}

/// Prints who is in a queue, all of them.
pub(super) async fn members(options: &MembersOptions) -> Result<ExitCode> {
    let api = options.boss.reader()?;
    let mut all = Vec::new();
    let mut after = None;
    let count = loop {
        let page = page(&api, &options.queue, after.as_deref()).await?;
        if !options.json {
            let names = page.members.iter().map(|name| show::safe(name) + "\n");
            show::print(&names.collect::<String>())?;
        }
        all.extend(page.members);
        after = page.next;
        if after.is_none() {
            break page.member_count;
        }
    };
    if options.json {
        show::json(&json!({"queue": options.queue, "members": all, "member_count": count}))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn page(api: &Api, queue: &str, after: Option<&str>) -> Result<Members> {
    let mut asked = json!({"queue": queue});
    if let Some(after) = after {
        asked["after"] = after.into();
    }
    read(api.rpc("list_members", &asked).await?)
}

fn contents_text(queue: &str, contents: &Contents) -> String {
    let Contents { epoch, seq, members, created_at_ms, class, mounts } = contents;
    let mut text = fact("queue", queue);
    text += &fact("class", class);
    text += &fact("members", &members.to_string());
    text += &fact("seq", &seq.to_string());
    text += &fact("created", &format!("{} (epoch {epoch})", show::date(*created_at_ms)));
    let mut table = Table::new(&["mount", "kind", ">entries", ">size"]);
    for mount in mounts {
        table.push(vec![
            Cell::new(&mount.name, NAME),
            Cell::plain(&mount.kind),
            Cell::plain(mount.entries.to_string()),
            Cell::plain(show::bytes(mount.bytes as f64)),
        ]);
    }
    text + &table.text()
}

/// A line of a description.
fn fact(name: &str, value: &str) -> String {
    format!("{} {}\n", styled(&format!("{name:<10}"), show::HEAD), show::safe(value))
}

#[cfg(test)]
mod tests;
