//! A boss, and all that it knows of.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use link::io::clock;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::finding::Finding;
use crate::ctl::api::{Api, Boss, Trouble, read};
use crate::ctl::live::Live;
use crate::show;

/// Who hasn't accepted a connection by then isn't there.
pub(super) const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);
/// Clocks that differ by more make tokens valid too early or too late.
const CLOCK_GOOD_MS: u64 = 1_000;
const CLOCK_BAD_MS: u64 = 5_000;
/// A boss asks its processes within this time what they are.
const ASKED_WITHIN: Duration = Duration::from_secs(6);

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    role: String,
    address: String,
    state: String,
    message: String,
}

#[derive(Deserialize)]
struct Status {
    ready: bool,
    message: String,
    safety: Safety,
}

#[derive(Deserialize)]
struct Safety {
    hosts_may_die: u64,
    nodes_may_die: u64,
    hosts_wanted: u64,
    reasons: Vec<String>,
}

#[derive(Deserialize)]
struct Process {
    version: Option<String>,
}

/// Looks at the boss and everybody it knows.
pub(super) async fn look(boss: &Boss) -> Result<Vec<Finding>> {
    let api = boss.reader()?;
    let status: Status = match api.get("status", &[]).await {
        Ok(answer) => read(answer)?,
        Err(error) => return Ok(vec![unreached(&error)]),
    };
    let mut findings = vec![health(&status), safety(&status.safety)];
    findings.push(clocks(&api).await?);
    let Nodes { nodes } = read(api.get("nodes", &[]).await?)?;
    for node in &nodes {
        findings.push(reachable(node).await);
    }
    findings.push(versions(&api).await?);
    Ok(findings)
}

/// Whether somebody accepts connections there; else why not.
pub(super) async fn reach(address: &str) -> Result<(), String> {
    match tokio::time::timeout(CONNECT_TIME_MAX, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", CONNECT_TIME_MAX.as_secs())),
    }
}

fn unreached(error: &anyhow::Error) -> Finding {
    let advice = match error.downcast_ref::<Trouble>() {
        Some(Trouble::Unreached { .. }) => {
            "is it running? --boss URL says where its page is, --no-boss leaves it out"
        }
        Some(Trouble::Refused { .. }) => "give --read-key-file FILE, or IMQ_READ_KEY",
        Some(Trouble::Strange { .. }) | None => {
            "--boss wants the address of its page, port 7500, not that of links"
        }
    };
    Finding::fail("boss", format!("{error:#}"), advice)
}

fn health(status: &Status) -> Finding {
    if status.ready {
        return Finding::ok("boss", &status.message);
    }
    Finding::fail("boss", &status.message, "docs/runbook.md; a new cluster waits for queue nodes")
}

fn safety(safety: &Safety) -> Finding {
    let Safety { hosts_may_die, nodes_may_die, hosts_wanted, reasons } = safety;
    let said = format!("hosts that may die: {hosts_may_die}; queue nodes: {nodes_may_die}");
    let is_as_wanted = hosts_may_die >= hosts_wanted && *nodes_may_die > 0;
    if is_as_wanted {
        return Finding::ok("safety", said);
    }
    let advice = format!("{}; docs/runbook.md", reasons.join("; "));
    Finding::warn("safety", said, advice.trim_start_matches("; "))
}

/// The boss's clock beside this one.
async fn clocks(api: &Api) -> Result<Finding> {
    const CHECK: &str = "clock";
    let before = clock::now();
    let answer = match api.get("where", &[("queue", "/imq/doctor")]).await {
        Ok(answer) => answer,
        Err(error) => {
            let advice = "ask again when the boss is ready";
            return Ok(Finding::warn(CHECK, format!("{error:#}"), advice));
        }
    };
    let after = clock::now();
    let took_ms = after.ms - before.ms;
    let there_ms = answer["asked_at_ms"].as_u64().unwrap_or_default();
    Ok(compared(there_ms, before.unix_ms + took_ms / 2, took_ms))
}

fn compared(there_ms: u64, here_ms: u64, took_ms: u64) -> Finding {
    const CHECK: &str = "clock";
    let apart_ms = there_ms.abs_diff(here_ms).saturating_sub(took_ms / 2);
    if apart_ms <= CLOCK_GOOD_MS {
        return Finding::ok(CHECK, "the boss's clock and this one agree");
    }
    let ahead = if there_ms > here_ms { "ahead of" } else { "behind" };
    let said = format!("the boss's clock is {} {ahead} this one", show::span(apart_ms));
    let advice = "tokens are good from when to when they say, by the gateways' clocks: run chrony \
                  or systemd-timesyncd on all machines";
    if apart_ms > CLOCK_BAD_MS {
        Finding::fail(CHECK, said, advice)
    } else {
        Finding::warn(CHECK, said, advice)
    }
}

/// Whether a node can be reached from here, as others must reach it.
async fn reachable(node: &Node) -> Finding {
    const CHECK: &str = "node";
    let Node { id, role, address, state, message } = node;
    let name = format!("{} {id}", role.replace('_', "-"));
    if state == "gone" {
        let advice = "start it again, or another one in its place";
        return Finding::warn(CHECK, format!("{name} is gone: {message}"), advice);
    }
    if address.starts_with("pipe:") {
        return Finding::ok(CHECK, format!("{name} is in the boss's own process"));
    }
    match reach(address).await {
        Ok(()) => Finding::ok(CHECK, format!("{name} is reached at {address}: {message}")),
        Err(why) => {
            let advice = "gateways and queue nodes must reach it there: look at `advertise`, \
                          `listen_link` and firewalls; or can it only not be reached from here?";
            Finding::fail(CHECK, format!("{name} at {address}: {why}"), advice)
        }
    }
}

/// Whether all processes are of one version.
async fn versions(api: &Api) -> Result<Finding> {
    const CHECK: &str = "versions";
    let asked = async {
        let mut live = Live::open(api).await?;
        live.wait_for(&["processes"], ASKED_WITHIN).await?;
        Ok::<_, anyhow::Error>(live.document()["processes"].clone())
    };
    match asked.await {
        Ok(processes) => Ok(versions_of(read(processes)?, env!("CARGO_PKG_VERSION"))),
        Err(error) => {
            let advice = "the boss may be of an older version: compare `imq --version` by hand";
            Ok(Finding::warn(CHECK, format!("{error:#}"), advice))
        }
    }
}

fn versions_of(processes: BTreeMap<String, Process>, own: &str) -> Finding {
    const CHECK: &str = "versions";
    let mut by_version: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, process) in processes {
        let version = process.version.unwrap_or_else(|| "unknown".to_owned());
        by_version.entry(version).or_default().push(id);
    }
    let said: Vec<String> =
        by_version.iter().map(|(version, ids)| format!("{version} ({})", ids.join(", "))).collect();
    match by_version.keys().collect::<Vec<_>>()[..] {
        [] => Finding::warn(CHECK, "no process has answered", "are there any with a link?"),
        [one] if one == own => Finding::ok(CHECK, format!("all processes are {}", said.join(", "))),
        [_] => {
            let said = format!("all processes are {}, and this is {own}", said.join(", "));
            Finding::warn(CHECK, said, "use the same for what is asked and who asks")
        }
        [..] => {
            let advice = "finish the upgrade: one process after the other (docs/operations.md)";
            Finding::warn(CHECK, said.join("; "), advice)
        }
    }
}

#[cfg(test)]
mod tests;
