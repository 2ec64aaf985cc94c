//! `imq trace`: what becomes of the messages of a queue or a user, hop by hop.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::ctl::api::Boss;
use crate::ctl::{self, live};
use crate::show::{self, DIM, NAME, PLAIN, WARN, styled};

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
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=300))]
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
    let (mut missing, mut before_ms) = (Value::Null, None);
    loop {
        let piece = pieces.next().await?;
        let Some((name, data)) = live::event(&piece)? else { continue };
        match name {
            "begin" => begun(&data),
            "hops" => {
                for hop in data["hops"].as_array().into_iter().flatten() {
                    match options.json {
                        true => show::json(hop)?,
                        false => show::line(&text(hop, &mut before_ms))?,
                    }
                }
                if data["missing"] != missing {
                    missing = data["missing"].clone();
                    warn(&missing);
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

fn warn(missing: &Value) {
    for one in missing.as_array().into_iter().flatten() {
        let field = |name: &str| show::safe(one[name].as_str().unwrap_or_default());
        eprintln!("imq: {} tells nothing: {}", field("node"), field("why"));
    }
}

fn ended(data: &Value) -> Result<()> {
    let why = data["why"].as_str().context("the boss's end of the trace has no reason")?;
    if let Some(forgotten) = data["forgotten"].as_u64().filter(|count| *count > 0) {
        eprintln!("imq: {forgotten} hops are missing: there were too many");
    }
    if why != "its time is over" {
        bail!("the trace ended early: {}", show::safe(why));
    }
    eprintln!("imq: the trace has ended: {why}");
    Ok(())
}

/// A hop in a line, with the time since the line before.
fn text(hop: &Value, before_ms: &mut Option<u64>) -> String {
    let at_ms = hop["at_ms"].as_u64().unwrap_or_default();
    let since_ms = before_ms.map_or(0, |before_ms| at_ms.saturating_sub(before_ms));
    *before_ms = Some(at_ms);
    let field = |name: &str| show::safe(hop[name].as_str().unwrap_or_default()).to_string();
    let refused = hop["status"].as_u64().is_some_and(|status| status > 0);
    let look = if refused || hop["step"] == "refused" { WARN } else { PLAIN };
    let mut line = format!(
        "{} {} {} {} {}",
        styled(&format!("{}.{:03}", show::date(at_ms), at_ms % 1_000), DIM),
        styled(&format!("{:>8}", format!("+{since_ms} ms")), DIM),
        styled(&format!("{:<4}", field("node")), NAME),
        styled(&format!("{:<12}", field("step")), look),
        field("kind"),
    );
    for name in ["queue", "user", "op_id", "seq", "status", "bytes", "lanes", "receivers"] {
        match &hop[name] {
            Value::String(text) => line.push_str(&format!(" {name}={}", show::safe(text))),
            Value::Number(number) => line.push_str(&format!(" {name}={number}")),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    line
}
