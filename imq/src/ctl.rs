//! What operators ask running nodes.

mod cluster;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use proto::bucket::BucketId;
use proto::name::NodeId;
use reqwest::RequestBuilder;
use serde::Deserialize;
use tokio::runtime;

use crate::config::secrets;

/// A question to a node.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Print each copy that a queue node has of another's buckets beside its primary, as they were
    /// behind the same record. Fails if one differs, or the node has none.
    #[command(after_help = "Example: imq ctl digest --node http://127.0.0.1:7690")]
    Digest(DigestOptions),
    /// Print how many hosts may die now without losing anything, and why it are no more; then all
    /// nodes, with the buckets that they have.
    #[command(after_help = "Example: imq ctl nodes --boss http://127.0.0.1:7500")]
    Nodes(cluster::Options),
    /// Print the row of each bucket: who serves it, who else has all of it, who is being filled.
    #[command(after_help = "Example: imq ctl table --boss http://127.0.0.1:7500")]
    Table(cluster::Options),
    /// Let a boss go on whose store has lost steps, without the nodes that it waits for; or give up
    /// a bucket of which no node can be proven dead. Prints the buckets that begin anew, empty.
    #[command(after_help = "Examples: imq ctl adopt
          imq ctl adopt --trust-primaries
          imq ctl adopt --bucket 12/5 --node q2")]
    Adopt(AdoptOptions),
}

/// `imq ctl adopt`.
#[derive(Debug, Args)]
pub(crate) struct AdoptOptions {
    /// The boss's HTTP address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7500")]
    boss: String,
    /// The boss's admin key: a file, or IMQ_ADMIN_KEY in the environment.
    #[arg(long, value_name = "FILE")]
    admin_key_file: Option<PathBuf>,
    /// The nodes that it waits for never served what others have reported: keep that.
    #[arg(long)]
    trust_primaries: bool,
    /// Only this bucket, as `imq where` shows it, is to begin anew.
    #[arg(long, requires = "node", conflicts_with = "trust_primaries")]
    bucket: Option<String>,
    /// At this queue node.
    #[arg(long, requires = "bucket")]
    node: Option<String>,
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
/// If the node can't be asked, refuses, or a copy differs.
pub(crate) fn run(question: &Question) -> Result<ExitCode> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    // Installed already: somebody else in this process needs it, too.
    rustls::crypto::ring::default_provider().install_default().ok();
    match question {
        Question::Digest(options) => runtime.block_on(digest(options)),
        Question::Nodes(options) => runtime.block_on(cluster::nodes(options)),
        Question::Table(options) => runtime.block_on(cluster::table(options)),
        Question::Adopt(options) => runtime.block_on(adopt(options)),
    }
}

async fn digest(options: &DigestOptions) -> Result<ExitCode> {
    let url = format!("{}/copies", options.node.trim_end_matches('/'));
    let request = reqwest::Client::new().get(&url);
    let text = answer(request).await.with_context(|| format!("asking {url}"))?;
    print!("{text}");
    let differing = text.lines().filter(|line| line.ends_with(" differs")).count();
    ensure!(differing == 0, "{differing} copies differ from their primaries");
    Ok(ExitCode::SUCCESS)
}

async fn adopt(options: &AdoptOptions) -> Result<ExitCode> {
    let key = secrets::key("IMQ_ADMIN_KEY", options.admin_key_file.as_ref())?;
    let key = key.context("give the admin key: --admin-key-file FILE, or IMQ_ADMIN_KEY")?;
    let asked = match (&options.bucket, &options.node) {
        (Some(bucket), Some(node)) => {
            let bucket: BucketId = bucket.parse()?;
            format!("?bucket={bucket}&node={}", NodeId::try_from(node.as_str())?)
        }
        (Some(_) | None, _) if options.trust_primaries => "?trust_primaries=true".to_owned(),
        (Some(_) | None, _) => String::new(),
    };
    let url = format!("{}/api/v1/adopt{asked}", options.boss.trim_end_matches('/'));
    let request = reqwest::Client::new().post(&url).bearer_auth(key);
    let text = answer(request).await.with_context(|| format!("asking {url}"))?;
    let done: Done = serde_json::from_str(&text).context("the boss's answer can't be read")?;
    if done.lost.is_empty() {
        println!("no bucket has lost anything");
    }
    for bucket in done.lost {
        println!("{bucket} begins anew, empty");
    }
    Ok(ExitCode::SUCCESS)
}

/// What `/api/v1/adopt` answers.
#[derive(Deserialize)]
struct Done {
    lost: Vec<String>,
}

async fn answer(request: RequestBuilder) -> Result<String> {
    let response = request.send().await?;
    let (status, text) = (response.status(), response.text().await?);
    if !status.is_success() {
        bail!("the answer is {status}: {}", text.trim_end());
    }
    Ok(text)
}
