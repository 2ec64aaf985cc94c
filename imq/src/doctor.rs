//! `imq doctor`: looks at this machine, a configuration and a cluster for what keeps imq from
//! working, and says what to do.

mod certificate;
mod cluster;
mod door;
mod finding;
mod listen;
mod machine;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use self::finding::{Finding, Verdict};
use crate::config::{File, Shared, secrets};
use crate::ctl::api::Boss;
use crate::{exit, show};

/// `imq doctor`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A configuration file of processes that run here, or are to.
    #[arg(long, env = "IMQ_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask no boss: look only at this machine and the configuration.
    #[arg(long)]
    no_boss: bool,
    #[command(flatten)]
    boss: Boss,
    /// A gateway's client address, as host:port; may stand several times.
    #[arg(long, env = "IMQ_GATEWAY", value_name = "ADDRESS", value_delimiter = ',')]
    gateway: Vec<String>,
    /// A user's token: a file, or IMQ_TOKEN in the environment.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Where a page is from that is to connect, as https://game.example.
    #[arg(long)]
    origin: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Looks at everything, and prints what it finds. Fails if something is wrong.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let findings = runtime.block_on(look(options))?;
    let is_bad = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
    if options.json {
        show::json(&json!({"ok": !is_bad, "checks": findings}))?;
    } else {
        let lines: Vec<String> = findings.iter().map(Finding::text).collect();
        show::print(&lines.concat())?;
    }
    Ok(if is_bad { ExitCode::from(exit::REFUSED) } else { ExitCode::SUCCESS })
}

async fn look(options: &Options) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let shared = Shared { config: options.config.clone(), ..Shared::default() };
    let (file, written) = match File::of(&shared) {
        Ok(file) => {
            let path = options.config.as_ref();
            if let Some(path) = path {
                findings.push(Finding::ok("configuration", format!("{} is good", path.display())));
            }
            (file, path.map(|path| crate::config::read(path)).transpose()?.unwrap_or_default())
        }
        Err(error) => {
            let advice = "correct the file: `imq check-config` says the same";
            findings.push(Finding::fail("configuration", format!("{error:#}"), advice));
            (File::default(), String::new())
        }
    };
    let listens = listen::Listens::of(&file, &written);
    findings.extend(machine::look(&listens, &file));
    findings.extend(listen::look(&listens).await);
    findings.extend(certificate::look(&file, options.gateway.first().map(String::as_str)));
    findings.extend(door::origin(&file, options.origin.as_deref()));
    let token = match secrets::token("IMQ_TOKEN", options.token_file.as_ref()) {
        Ok(token) => token,
        Err(error) => {
            let advice = "let this user read the file that --token-file names";
            findings.push(Finding::fail("token", format!("{error:#}"), advice));
            None
        }
    };
    findings.extend(token.as_deref().and_then(|token| door::token(&file, token)));
    if !options.no_boss {
        findings.extend(cluster::look(&options.boss).await?);
    }
    for gateway in &options.gateway {
        findings.push(door::gateway(&file, gateway, token.as_deref()).await);
    }
    Ok(findings)
}
