//! What operators ask running nodes.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use tokio::runtime;

/// A question to a node.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Print each copy that a queue node has of another's buckets beside its primary, as they were
    /// behind the same record. Fails if one differs, or the node has none.
    #[command(after_help = "Example: imq ctl digest --node http://127.0.0.1:7690")]
    Digest(DigestOptions),
}

/// `imq ctl digest`.
#[derive(Debug, Args)]
pub(crate) struct DigestOptions {
    /// The node's HTTP address, where its /metrics are.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7690")]
    node: String,
}

/// Asks and prints.
///
/// # Errors
/// If the node can't be asked, or a copy differs.
pub(crate) fn run(question: &Question) -> Result<ExitCode> {
    let Question::Digest(options) = question;
    let url = format!("{}/copies", options.node.trim_end_matches('/'));
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(page(&url)).with_context(|| format!("asking {url}"))?;
    print!("{text}");
    let differing = text.lines().filter(|line| line.ends_with(" differs")).count();
    ensure!(differing == 0, "{differing} copies differ from their primaries");
    Ok(ExitCode::SUCCESS)
}

async fn page(url: &str) -> Result<String> {
    // Installed already: somebody else in this process needs it, too.
    rustls::crypto::ring::default_provider().install_default().ok();
    let response = reqwest::get(url).await?;
    let (status, text) = (response.status(), response.text().await?);
    if !status.is_success() {
        bail!("the node answers {status}: {}", text.trim_end());
    }
    Ok(text)
}
