//! The cluster configuration: shown, replaced, put back.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::Value;

use super::api::{Admin, Boss, read};
use crate::config;
use crate::show::{self, Cell, DIM, GOOD, NAME, PLAIN, Table};

/// `imq ctl config`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    act: Option<Act>,
    /// An older version that is kept [default: the one that counts].
    #[arg(long, value_name = "VERSION")]
    number: Option<u64>,
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What is done with the configuration.
#[derive(Debug, Subcommand)]
enum Act {
    /// Replace it by a file, which is checked first.
    #[command(after_help = "Example: imq ctl config set cluster.toml")]
    Set(SetOptions),
    /// List the versions that are kept, the newest first.
    #[command(after_help = "Example: imq ctl config history")]
    History(HistoryOptions),
    /// Make an older version count again, under a new number.
    #[command(after_help = "Example: imq ctl config rollback 3")]
    Rollback(RollbackOptions),
}

#[derive(Debug, Args)]
struct SetOptions {
    /// The file; `imq check-config` says what is wrong with it.
    file: PathBuf,
    #[command(flatten)]
    admin: Admin,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct HistoryOptions {
    #[command(flatten)]
    boss: Boss,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RollbackOptions {
    /// The version's number, as `history` lists it.
    #[arg(value_name = "VERSION")]
    number: u64,
    #[command(flatten)]
    admin: Admin,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Kept {
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
    since_ms: Option<u64>,
    bytes: u64,
}

/// Shows it, or does something with it.
pub(super) async fn run(options: &Options) -> Result<ExitCode> {
    match &options.act {
        None => show_one(options).await,
        Some(Act::Set(set)) => {
            let text = config::read(&set.file)?;
            let answer = set.admin.writer()?.post("config", &[], text).await?;
            said(&answer, set.json)
        }
        Some(Act::History(history)) => {
            let kept = history.boss.reader()?.get("config/history", &[]).await?;
            if history.json {
                show::json(&kept)?;
            } else {
                show::print(&history_text(&read(kept)?))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Some(Act::Rollback(rollback)) => {
            let version = rollback.number.to_string();
            let query = [("version", version.as_str())];
            let api = rollback.admin.writer()?;
            let answer = api.post("config/rollback", &query, String::new()).await?;
            said(&answer, rollback.json)
        }
    }
}

/// Prints the text as it was given, so that it can go into a file.
async fn show_one(options: &Options) -> Result<ExitCode> {
    let version = options.number.map(|number| number.to_string());
    let query = version.iter().map(|version| ("version", version.as_str()));
    let api = options.boss.reader()?;
    let answer = api.get("config", &query.collect::<Vec<_>>()).await?;
    if options.json {
        show::json(&answer)?;
    } else {
        let lines = answer["toml"].as_str().unwrap_or_default().lines();
        show::print(&lines.map(|line| show::safe(line) + "\n").collect::<String>())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn said(answer: &Value, json: bool) -> Result<ExitCode> {
    if json {
        show::json(answer)?;
    } else {
        show::line(&format!("version {} counts now", answer["version"]))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn history_text(kept: &Kept) -> String {
    let mut table = Table::new(&[">version", "since", ">size", ""]);
    for (at, version) in kept.versions.iter().enumerate() {
        let since = version.since_ms.map_or("-".to_owned(), show::date);
        let (is, look) = if at == 0 { ("counts", GOOD) } else { ("", PLAIN) };
        table.push(vec![
            Cell::new(version.version.to_string(), NAME),
            Cell::new(since, DIM),
            Cell::plain(show::bytes(version.bytes as f64)),
            Cell::new(is, look),
        ]);
    }
    table.text()
}
