//! `imq trace`: what becomes of the messages of a queue or a user, hop by hop.

use std::collections::HashMap;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::ctl::api::Boss;
use crate::ctl::{self, live};
use crate::show::{self, DIM, NAME, PLAIN, WARN, styled};

/// So many messages are told apart before it begins anew.
const MESSAGES_MAX: usize = 100_000;

/// `imq trace`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The queue.
    #[arg(required_unless_present = "user", conflicts_with = "user")]
    queue: Option<String>,
    /// The user, instead of a queue.
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// How long; it ends by itself.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    seconds: u64,
    #[command(flatten)]
    boss: Boss,
    /// Print a JSON document for each hop.
    #[arg(long)]
    json: bool,
}

/// Prints hops as they come.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Installed already: somebody else in this process needs it, too.
    rustls::crypto::ring::default_provider().install_default().ok();
    let done = runtime.block_on(follow(options));
    done.map(|()| ExitCode::SUCCESS).or_else(ctl::explained)
}

async fn follow(options: &Options) -> Result<()> {
    let api = options.boss.reader()?;
    let seconds = options.seconds.to_string();
    let subject = match (&options.queue, &options.user) {
        (Some(queue), _) => ("queue", queue.as_str()),
        (None, user) => ("user", user.as_deref().unwrap_or_default()),
    };
    let response = api.stream("trace", &[subject, ("seconds", &seconds)]).await?;
    let mut pieces = live::Pieces::new(response);
    let mut messages = Messages::default();
    loop {
        let piece = pieces.next().await?;
        let Some((name, data)) = live::event(&piece)? else { continue };
        match name {
            "begin" => begun(&data),
            "missing" => missing(&data),
            "hops" => {
                for hop in data["hops"].as_array().into_iter().flatten() {
                    let since_us = messages.since(hop);
                    match options.json {
                        true => show::json(hop)?,
                        false => show::line(&text(hop, since_us))?,
                    }
                }
            }
            "end" => return ended(&data),
            _ => {}
        }
    }
}

fn begun(data: &Value) {
    eprintln!("imq: following for {} s; Ctrl-C ends it earlier", data["seconds"]);
    for (node, process) in data["processes"].as_object().into_iter().flatten() {
        let ahead_ms = process["clock_ahead_ms"].as_i64().unwrap_or_default();
        if ahead_ms != 0 {
            let node = show::safe(node);
            eprintln!("imq: the clock of {node} is {ahead_ms} ms ahead of the boss's, about");
        }
    }
}

fn missing(data: &Value) {
    let field = |name: &str| show::safe(data[name].as_str().unwrap_or_default());
    eprintln!("imq: {} tells nothing: {}", field("node"), field("why"));
}

fn ended(data: &Value) -> Result<()> {
    let reason = data["reason"].as_str().context("the boss's end of the trace has no reason")?;
    if let Some(missed) = data["missed"].as_u64().filter(|count| *count > 0) {
        eprintln!("imq: {missed} hops are missing: there were too many");
    }
    if reason != "its time is over" {
        bail!("the trace ended early: {}", show::safe(reason));
    }
    eprintln!("imq: the trace has ended: {reason}");
    Ok(())
}

/// Which hops are of one message, and when its last one was.
#[derive(Debug, Default)]
struct Messages {
    /// By the sender's session and number, and by the queue and the event's number.
    numbers: HashMap<(String, u64), usize>,
    last_us: Vec<u64>,
}

impl Messages {
    /// Microseconds since the hop before of the same message; nothing of its first one.
    fn since(&mut self, hop: &Value) -> Option<i64> {
        if self.last_us.len() >= MESSAGES_MAX {
            *self = Messages::default();
        }
        let key = |name: &str, number: &str| {
            Some((hop[name].as_str()?.to_owned(), hop[number].as_u64()?))
        };
        let keys: Vec<_> =
            [key("session", "op_id"), key("queue", "seq")].into_iter().flatten().collect();
        let known = keys.iter().find_map(|key| self.numbers.get(key).copied());
        let at_us = hop["at_us"].as_u64().unwrap_or_default();
        let number = known.unwrap_or(self.last_us.len());
        for key in keys {
            self.numbers.insert(key, number);
        }
        match self.last_us.get_mut(number) {
            Some(last_us) => {
                let since_us = at_us as i64 - *last_us as i64;
                *last_us = at_us;
                Some(since_us)
            }
            None => {
                self.last_us.push(at_us);
                None
            }
        }
    }
}

/// A hop in a line.
fn text(hop: &Value, since_us: Option<i64>) -> String {
    let at_us = hop["at_us"].as_u64().unwrap_or_default();
    let at = show::clock(at_us / 1_000);
    let at = format!("{}{:03}Z", at.trim_end_matches('Z'), at_us % 1_000);
    let since = since_us.map(|us| {
        let (sign, us) = (if us < 0 { '-' } else { '+' }, us.unsigned_abs());
        format!("{sign}{}.{:03} ms", us / 1_000, us % 1_000)
    });
    let field = |name: &str| show::safe(hop[name].as_str().unwrap_or_default());
    let refused = hop["status"].as_u64().is_some_and(|status| status > 0);
    let mut line = format!(
        "{} {} {} {} {}",
        styled(&at, DIM),
        styled(&format!("{:>11}", since.unwrap_or_default()), DIM),
        styled(&format!("{:<4}", field("node")), NAME),
        styled(&format!("{:<9}", field("kind")), if refused { WARN } else { PLAIN }),
        field("what"),
    );
    for name in ["queue", "user", "op_id", "seq", "status", "bytes", "count"] {
        match &hop[name] {
            Value::String(text) => line.push_str(&format!(" {name}={}", show::safe(text))),
            Value::Number(number) => line.push_str(&format!(" {name}={number}")),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    line
}

#[cfg(test)]
mod tests;
