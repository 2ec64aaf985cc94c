//! What a boss says of its cluster, in columns: the same as its page.

use std::process::ExitCode;

use anstyle::Style;
use anyhow::Result;
use clap::Args;
use serde::Deserialize;
use serde_json::json;

use super::api::{Boss, read};
use crate::show::{self, BAD, Cell, DIM, GOOD, HEAD, NAME, PLAIN, Table, WARN, styled};

/// `imq ctl nodes` and `imq ctl table`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    role: String,
    host: String,
    state: String,
    message: String,
    connections: Option<u64>,
    connections_max: Option<u64>,
}

/// Of `/api/v1/status`.
#[derive(Deserialize)]
struct Status {
    safety: Safety,
    buckets_of: Vec<Share>,
}

/// How many hosts may die.
#[derive(Debug, Deserialize)]
pub(crate) struct Safety {
    hosts_may_die: u64,
    nodes_may_die: u64,
    hosts_wanted: u64,
    reasons: Vec<String>,
}

#[derive(Deserialize)]
struct Share {
    id: String,
    buckets: u64,
    copies: u64,
    learners: u64,
    lag_records: Option<f64>,
    lag_bytes: Option<f64>,
}

#[derive(Deserialize)]
struct Rows {
    bits: u32,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    prefix: u32,
    loss: u64,
    reign: u64,
    conf: u64,
    in_sync: Vec<Owner>,
    learners: Vec<Owner>,
    degraded: bool,
    holding: bool,
}

#[derive(Deserialize)]
struct Owner {
    id: String,
}

/// Prints how safe the buckets are, and all nodes.
pub(super) async fn nodes(options: &Options) -> Result<ExitCode> {
    let api = options.boss.reader()?;
    let (status, nodes) = (api.get("status", &[]).await?, api.get("nodes", &[]).await?);
    if options.json {
        show::json(&json!({"safety": status["safety"], "buckets_of": status["buckets_of"],
            "nodes": nodes["nodes"]}))?;
    } else {
        show::print(&nodes_text(&read(status)?, &read(nodes)?))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints all rows.
pub(super) async fn table(options: &Options) -> Result<ExitCode> {
    let table = options.boss.reader()?.get("table", &[]).await?;
    if options.json {
        show::json(&table)?;
    } else {
        show::print(&table_text(&read(table)?))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Node {
    /// How many clients it has, of how many it may have.
    fn clients(&self) -> String {
        match (self.connections, self.connections_max) {
            (Some(has), Some(may_have)) => format!("{has} of {may_have}"),
            (_, _) => "-".to_owned(),
        }
    }
}

impl Safety {
    /// The headline, and why it is no better.
    pub(crate) fn text(&self) -> String {
        let Safety { hosts_may_die, nodes_may_die, hosts_wanted, reasons } = self;
        let look = match (*hosts_may_die, *nodes_may_die) {
            (hosts, _) if hosts > 0 && hosts >= *hosts_wanted => GOOD,
            (0, nodes) if nodes > 0 && *hosts_wanted == 0 => GOOD,
            (0, 0) => BAD,
            (_, _) => WARN,
        };
        let mut text = format!(
            "{HEAD}hosts that may die now without losing anything:{HEAD:#} {}\n\
             queue nodes that may: {nodes_may_die}\n",
            styled(&hosts_may_die.to_string(), look)
        );
        for reason in reasons {
            text.push_str(&format!("  {}\n", styled(&show::safe(reason), WARN)));
        }
        text
    }
}

/// How a node's state looks.
pub(crate) fn look_of_state(state: &str) -> Style {
    match state {
        "up" => GOOD,
        "gone" => BAD,
        _ => WARN,
    }
}

fn nodes_text(status: &Status, nodes: &Nodes) -> String {
    let heads = [
        "node", "role", "host", "state", ">primary", ">copy", ">learner", "lag", ">clients",
        "message",
    ];
    let mut table = Table::new(&heads);
    for node in &nodes.nodes {
        let share = status.buckets_of.iter().find(|share| share.id == node.id);
        let lag = share.and_then(|share| Some((share.lag_records?, share.lag_bytes?)));
        let lag = lag.map_or("-".to_owned(), |(n, bytes)| {
            format!("{}, {}", show::count(n as u64, "record"), show::bytes(bytes))
        });
        table.push(vec![
            Cell::new(&node.id, NAME),
            Cell::plain(node.role.replace('_', "-")),
            Cell::plain(&node.host),
            Cell::new(&node.state, look_of_state(&node.state)),
            Cell::number(share.map(|share| share.buckets)),
            Cell::number(share.map(|share| share.copies)),
            Cell::number(share.map(|share| share.learners)),
            Cell::plain(lag),
            Cell::plain(node.clients()),
            Cell::new(&node.message, DIM),
        ]);
    }
    status.safety.text() + &table.text()
}

fn table_text(rows: &Rows) -> String {
    let heads = ["bucket", "primary", "in sync", "learners", ">loss", ">reign", ">conf", ""];
    let mut table = Table::new(&heads);
    let ids = |owners: &[Owner]| {
        let ids: Vec<&str> = owners.iter().map(|owner| owner.id.as_str()).collect();
        if ids.is_empty() { "-".to_owned() } else { ids.join(",") }
    };
    for row in &rows.rows {
        let (is, look) = match (row.degraded, row.holding) {
            (true, true) => ("degraded, holds", BAD),
            (true, false) => ("degraded", WARN),
            (false, true) => ("holds", BAD),
            (false, false) => ("", PLAIN),
        };
        table.push(vec![
            Cell::new(format!("{}/{}", row.prefix, rows.bits), NAME),
            Cell::plain(ids(row.in_sync.get(..1).unwrap_or_default())),
            Cell::plain(ids(&row.in_sync)),
            Cell::plain(ids(&row.learners)),
            Cell::plain(row.loss.to_string()),
            Cell::plain(row.reign.to_string()),
            Cell::plain(row.conf.to_string()),
            Cell::new(is, look),
        ]);
    }
    table.text()
}

#[cfg(test)]
mod tests;
