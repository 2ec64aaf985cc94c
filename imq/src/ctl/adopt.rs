//! A boss goes on without those it waits for.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use proto::bucket::BucketId;
use proto::name::NodeId;
use serde::Deserialize;

use super::api::{Admin, read};
use crate::show;

/// `imq ctl adopt`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The nodes that it waits for never served what others have reported: keep that.
    #[arg(long)]
    trust_primaries: bool,
    /// Only this bucket, as `imq ctl where` shows it, is to begin anew.
    #[arg(long, requires = "node", conflicts_with = "trust_primaries")]
    bucket: Option<String>,
    /// At this queue node.
    #[arg(long, requires = "bucket")]
    node: Option<String>,
    #[command(flatten)]
    admin: Admin,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What `/api/v1/adopt` answers.
#[derive(Deserialize)]
struct Done {
    lost: Vec<String>,
}

/// Prints the buckets that begin anew, empty.
pub(super) async fn adopt(options: &Options) -> Result<ExitCode> {
    let mut query = Vec::new();
    if let (Some(bucket), Some(node)) = (&options.bucket, &options.node) {
        query.push(("bucket", bucket.parse::<BucketId>()?.to_string()));
        query.push(("node", NodeId::try_from(node.as_str())?.to_string()));
    } else if options.trust_primaries {
        query.push(("trust_primaries", "true".to_owned()));
    }
    let query: Vec<(&str, &str)> =
        query.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let answer = options.admin.writer()?.post("adopt", &query, String::new()).await?;
    if options.json {
        show::json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let done: Done = read(answer)?;
    if done.lost.is_empty() {
        show::line("no bucket has lost anything")?;
    }
    for bucket in done.lost {
        show::line(&format!("{} begins anew, empty", show::safe(&bucket)))?;
    }
    Ok(ExitCode::SUCCESS)
}
