//! What a boss says of its cluster, in columns: the same as its page.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer;

/// `imq ctl nodes` and `imq ctl table`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The boss's HTTP address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7500")]
    boss: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// A line of a table: a text for each column.
type Line<const N: usize> = [String; N];

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
}

/// Of `/api/v1/status`.
#[derive(Deserialize)]
struct Status {
    safety: Safety,
    buckets_of: Vec<Share>,
}

#[derive(Deserialize)]
struct Safety {
    hosts_may_die: u64,
    nodes_may_die: u64,
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
struct Table {
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
    let (status, nodes) = (ask(options, "status").await?, ask(options, "nodes").await?);
    if options.json {
        let document = json!({"safety": status["safety"], "buckets_of": status["buckets_of"],
            "nodes": nodes["nodes"]});
        println!("{document}");
    } else {
        print!("{}", nodes_text(&read(status)?, &read(nodes)?));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints all rows.
pub(super) async fn table(options: &Options) -> Result<ExitCode> {
    let table = ask(options, "table").await?;
    if options.json {
        println!("{table}");
    } else {
        print!("{}", table_text(&read(table)?));
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(options: &Options, what: &str) -> Result<Value> {
    let url = format!("{}/api/v1/{what}", options.boss.trim_end_matches('/'));
    let text = answer(reqwest::Client::new().get(&url)).await;
    let text = text.with_context(|| format!("asking {url}"))?;
    serde_json::from_str(&text).with_context(|| format!("{url} doesn't answer with JSON"))
}

fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T> {
    serde_json::from_value(answer).context("the boss is of another version of imq")
}

fn nodes_text(status: &Status, nodes: &Nodes) -> String {
    let Safety { hosts_may_die, nodes_may_die, reasons } = &status.safety;
    let mut text = format!(
        "hosts that may die now without losing anything: {hosts_may_die}\n\
         queue nodes that may: {nodes_may_die}\n"
    );
    reasons.iter().for_each(|reason| text.push_str(&format!("  {reason}\n")));
    let heads = ["node", "role", "host", "state", "primary", "copy", "learner", "lag", "message"];
    let mut lines = vec![heads.map(str::to_owned)];
    for node in &nodes.nodes {
        let share = status.buckets_of.iter().find(|share| share.id == node.id);
        let many = |of: fn(&Share) -> u64| share.map_or("-".to_owned(), |s| of(s).to_string());
        let lag = share.and_then(|share| Some((share.lag_records?, share.lag_bytes?)));
        let lag = lag.map_or("-".to_owned(), |(n, bytes)| format!("{n} records, {bytes} bytes"));
        lines.push([
            node.id.clone(),
            node.role.replace('_', "-"),
            node.host.clone(),
            node.state.clone(),
            many(|share| share.buckets),
            many(|share| share.copies),
            many(|share| share.learners),
            lag,
            node.message.clone(),
        ]);
    }
    text.push_str(&columns(&lines));
    text
}

fn table_text(table: &Table) -> String {
    let heads = ["bucket", "primary", "in sync", "learners", "loss", "reign", "conf", ""];
    let mut lines = vec![heads.map(str::to_owned)];
    let ids = |owners: &[Owner]| {
        let ids: Vec<&str> = owners.iter().map(|owner| owner.id.as_str()).collect();
        if ids.is_empty() { "-".to_owned() } else { ids.join(",") }
    };
    for row in &table.rows {
        lines.push([
            format!("{}/{}", row.prefix, table.bits),
            ids(row.in_sync.get(..1).unwrap_or_default()),
            ids(&row.in_sync),
            ids(&row.learners),
            row.loss.to_string(),
            row.reign.to_string(),
            row.conf.to_string(),
            match (row.degraded, row.holding) {
                (true, true) => "degraded, holds",
                (true, false) => "degraded",
                (false, true) => "holds",
                (false, false) => "",
            }
            .to_owned(),
        ]);
    }
    columns(&lines)
}

/// Each column as wide as its widest text.
fn columns<const N: usize>(lines: &[Line<N>]) -> String {
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|at| width(at).unwrap_or_default()).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
