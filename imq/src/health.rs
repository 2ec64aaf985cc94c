//! Asks a process how it is, for images and supervisors that have no other program for it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use tokio::runtime;

use crate::ctl::api;
use crate::{exit, show};

/// What is longer isn't one of imq's answers; the rest isn't read.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// `imq health`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the process's /metrics are: of a boss 7500, a queue node 7690, a gateway 7490, unless
    /// configured otherwise.
    #[arg(value_name = "URL")]
    url: String,
    /// Ask whether it is ready, too: whether it can do its work now. A gateway is not while the
    /// boss, or a queue node that it needs, is away.
    #[arg(long)]
    ready: bool,
    /// How long it may take to answer, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 2_000,
        value_parser = clap::value_parser!(u64).range(1..=60_000))]
    timeout_ms: u64,
}

/// Prints what the process says. 0 if it is well, 1 if it says that it isn't, 2 if it says nothing.
///
/// # Errors
/// If it can't be printed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(ask(options)) {
        Ok((true, said)) => {
            show::print(&format!("{said}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Ok((false, said)) => {
            eprintln!("imq: {said}");
            Ok(ExitCode::from(exit::REFUSED))
        }
        Err(error) => {
            let reason = match error.is_timeout() {
                true => format!("no answer within {} ms", options.timeout_ms),
                false => api::last_words(&error),
            };
            eprintln!("imq: {}: {reason}", show::safe(&options.url));
            Ok(ExitCode::from(exit::NOT_REACHED))
        }
    }
}

/// Whether all is well, and in which words.
async fn ask(options: &Options) -> Result<(bool, String), reqwest::Error> {
    let url = options.url.trim_end_matches('/');
    let scheme = if url.contains("://") { "" } else { "http://" };
    let path = if options.ready { "readyz" } else { "healthz" };
    let time_max = Duration::from_millis(options.timeout_ms);
    let http = reqwest::Client::builder().no_proxy().timeout(time_max).build()?;
    let mut answer = http.get(format!("{scheme}{url}/{path}")).send().await?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        body.extend_from_slice(&part);
        if body.len() > BODY_BYTES_MAX {
            break;
        }
    }
    let said = String::from_utf8_lossy(&body);
    let said = show::safe(said.trim());
    Ok(match status.is_success() {
        true => (true, said),
        false => (false, format!("{status}: {said}")),
    })
}
