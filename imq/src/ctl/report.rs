//! Lists of what stands out: connections, and queues with traffic.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, Boss, read};
use crate::show::{self, Cell, DIM, NAME, PLAIN, Table, WARN, styled};

/// So long queue nodes count before they say which queues are busy.
const COUNTING: Duration = Duration::from_millis(1_200);

/// What is reported.
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// Print the connections of all gateways that come first by what is unsent to them, by the
    /// queues that they are in, or by their operations without an answer.
    #[command(after_help = "Examples: imq ctl report connections --top 10 --sort unsent
          imq ctl report connections --user ann")]
    Connections(ConnectionsOptions),
}

/// `imq ctl report connections`.
#[derive(Debug, Args)]
pub(crate) struct ConnectionsOptions {
    /// How many, 1 to 100.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    top: u32,
    /// By what.
    #[arg(long, value_enum, default_value_t)]
    sort: Sort,
    /// Only those of this user.
    #[arg(long)]
    user: Option<String>,
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What connections are sorted by, the largest first.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Sort {
    /// Bytes that their clients don't take.
    #[default]
    Unsent,
    /// Queues that their clients are in.
    Subscriptions,
    /// Operations without an answer.
    Unanswered,
}

impl Sort {
    fn name(self) -> &'static str {
        match self {
            Sort::Unsent => "unsent",
            Sort::Subscriptions => "subscriptions",
            Sort::Unanswered => "unanswered",
        }
    }
}

/// What a boss answers, or has in its stream.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct Connections {
    pub(crate) connections: Vec<Connection>,
    pub(crate) missing: Vec<Missing>,
}

/// A connection, as its gateway tells it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Connection {
    pub(crate) user: String,
    pub(crate) gateway: String,
    pub(crate) transport: String,
    pub(crate) state: String,
    pub(crate) unsent_bytes: f64,
    pub(crate) unanswered: f64,
    pub(crate) subscriptions: f64,
}

/// Queues with traffic.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct Busy {
    pub(crate) queues: Vec<BusyQueue>,
    pub(crate) missing: Vec<Missing>,
}

/// A queue, as its home tells it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct BusyQueue {
    pub(crate) queue: String,
    pub(crate) node: String,
    pub(crate) members: f64,
    pub(crate) events_per_s: f64,
}

impl BusyQueue {
    /// Each member gets each event.
    pub(crate) fn deliveries_per_s(&self) -> f64 {
        self.events_per_s * self.members
    }
}

/// Who answered nothing that could be used.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Missing {
    pub(crate) node: String,
    pub(crate) why: String,
}

/// Prints a report.
pub(super) async fn run(report: &Report) -> Result<ExitCode> {
    let Report::Connections(options) = report;
    let top = options.top.to_string();
    let mut query = vec![("sort", options.sort.name()), ("top", top.as_str())];
    if let Some(user) = &options.user {
        query.push(("user", user));
    }
    let answer = options.boss.reader()?.get("connections", &query).await?;
    print(answer, options.json, |all: Connections| (connections(&all.connections), all.missing))
}

/// Prints the queues with the most traffic.
pub(super) async fn busy(api: &Api, top: u32, json: bool) -> Result<ExitCode> {
    let top = top.to_string();
    let query = [("top", top.as_str())];
    // Queue nodes count from the first question on, and answer the next one.
    api.get("busy", &query).await?;
    tokio::time::sleep(COUNTING).await;
    let answer = api.get("busy", &query).await?;
    print(answer, json, |all: Busy| (queues(&all.queues), all.missing))
}

fn print<T: serde::de::DeserializeOwned>(
    answer: Value,
    json: bool,
    table: impl FnOnce(T) -> (Table, Vec<Missing>),
) -> Result<ExitCode> {
    if json {
        show::json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (table, missing) = table(read(answer)?);
    show::print(&table.text())?;
    for Missing { node, why } in missing {
        show::line(&styled(&show::safe(&format!("{node} is missing here: {why}")), WARN))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Connections in columns.
pub(crate) fn connections(all: &[Connection]) -> Table {
    let heads = ["user", "gateway", "by", "state", ">unsent", ">unanswered", ">queues"];
    let mut table = Table::new(&heads);
    for one in all {
        let look = if one.unsent_bytes > 0.0 { WARN } else { PLAIN };
        table.push(vec![
            Cell::new(&one.user, NAME),
            Cell::plain(&one.gateway),
            Cell::new(&one.transport, DIM),
            Cell::new(&one.state, if one.state == "ok" { PLAIN } else { WARN }),
            Cell::new(show::bytes(one.unsent_bytes), look),
            Cell::plain(format!("{:.0}", one.unanswered)),
            Cell::plain(format!("{:.0}", one.subscriptions)),
        ]);
    }
    table
}

/// Queues with traffic in columns.
pub(crate) fn queues(all: &[BusyQueue]) -> Table {
    let mut table = Table::new(&["queue", "node", ">members", ">events/s", ">deliveries/s"]);
    for one in all {
        table.push(vec![
            Cell::new(&one.queue, NAME),
            Cell::plain(&one.node),
            Cell::plain(format!("{:.0}", one.members)),
            Cell::plain(show::rate(one.events_per_s)),
            Cell::plain(show::rate(one.deliveries_per_s())),
        ]);
    }
    table
}
