//! The copies of a queue node beside their primaries.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::show;

/// `imq ctl digest`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The node's HTTP address, where its /metrics are.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7690")]
    node: String,
}

/// Prints what the node says of its copies; fails if one differs.
pub(super) async fn digest(options: &Options) -> Result<ExitCode> {
    let url = format!("{}/copies", options.node.trim_end_matches('/'));
    let text = page(&url).await.with_context(|| format!("asking {url}"))?;
    show::print(&text)?;
    let differing = text.lines().filter(|line| line.ends_with(" differs")).count();
    ensure!(differing == 0, "{differing} copies differ from their primaries");
    Ok(ExitCode::SUCCESS)
}

async fn page(url: &str) -> Result<String> {
    let response = reqwest::Client::new().get(url).send().await?;
    let (status, text) = (response.status(), response.text().await?);
    if !status.is_success() {
        bail!("the answer is {status}: {}", show::safe(text.trim_end()));
    }
    Ok(text)
}
