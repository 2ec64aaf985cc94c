//! The cluster's events, and those to come.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use boss::machine::events::Kind;
use clap::Args;
use serde_json::Value;

use super::api::{Api, Boss, Trouble};
use crate::show::{self, DIM, NAME, PLAIN, WARN, styled};

/// How often the boss is asked for what is new.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// `imq ctl events`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Go on with those to come, until the process is ended.
    #[arg(long, short)]
    follow: bool,
    /// Only this kind, as `joined` or `lost`; may stand several times.
    #[arg(long, value_delimiter = ',')]
    kind: Vec<String>,
    /// Only about this node; may stand several times.
    #[arg(long, value_delimiter = ',')]
    node: Vec<String>,
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document, or with --follow one for each line.
    #[arg(long)]
    json: bool,
}

/// Prints the events that the boss keeps, oldest first.
pub(super) async fn events(options: &Options) -> Result<ExitCode> {
    let api = options.boss.reader()?;
    let mut all = ask(&api).await?;
    if options.json && !options.follow {
        let wanted: Vec<&Value> = all.iter().filter(|event| options.wants(event)).collect();
        show::json(&serde_json::json!({ "events": wanted }))?;
        return Ok(ExitCode::SUCCESS);
    }
    options.print(&all)?;
    if !options.follow {
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_away = false;
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        let now = match ask(&api).await {
            Ok(now) => now,
            Err(error) => {
                let is_unreached =
                    matches!(error.downcast_ref::<Trouble>(), Some(Trouble::Unreached { .. }));
                if !is_unreached {
                    return Err(error);
                }
                if !is_away {
                    eprintln!("imq: {error:#}; asking again and again");
                }
                is_away = true;
                continue;
            }
        };
        if is_away {
            eprintln!("imq: the boss answers again");
            is_away = false;
        }
        options.print(new_of(&all, &now))?;
        all = now;
    }
}

async fn ask(api: &Api) -> Result<Vec<Value>> {
    let mut answer = api.get("events", &[]).await?;
    Ok(answer["events"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

/// What is behind the last one of before. Where that is forgotten, all that is kept is new.
fn new_of<'a>(before: &[Value], now: &'a [Value]) -> &'a [Value] {
    let known = before.last().and_then(|last| now.iter().rposition(|event| event == last));
    &now[known.map_or(0, |at| at + 1)..]
}

impl Options {
    fn wants(&self, event: &Value) -> bool {
        let is_one = |wanted: &[String], field: &str| {
            wanted.is_empty() || wanted.iter().any(|one| event[field] == one.as_str())
        };
        is_one(&self.kind, "kind") && is_one(&self.node, "node")
    }

    fn print(&self, events: &[Value]) -> Result<()> {
        for event in events.iter().filter(|event| self.wants(event)) {
            match self.json {
                true => show::json(event)?,
                false => show::line(&text(event))?,
            }
        }
        Ok(())
    }
}

/// An event in a line.
pub(crate) fn text(event: &Value) -> String {
    let field = |name: &str| event[name].as_str().unwrap_or_default();
    // A newer boss may have kinds that are unknown here.
    let kind = serde_json::from_value::<Kind>(event["kind"].clone());
    let look = if kind.is_ok_and(Kind::is_alarming) { WARN } else { PLAIN };
    format!(
        "{} {} {} {}",
        styled(&show::date(event["at_ms"].as_u64().unwrap_or_default()), DIM),
        styled(&format!("{:<8}", show::safe(field("kind"))), look),
        styled(&format!("{:<4}", show::safe(field("node"))), NAME),
        show::safe(field("text")),
    )
}

#[cfg(test)]
mod tests;
