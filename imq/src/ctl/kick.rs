//! Users out of a queue, or out of the cluster.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::api::Admin;
use crate::show;

/// `imq ctl kick`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The user's id.
    user: String,
    /// Only out of this queue: the user stays online, and may come back if the class allows it.
    #[arg(long)]
    queue: Option<String>,
    /// What the user's clients are told.
    #[arg(long, conflicts_with = "queue")]
    reason: Option<String>,
    #[command(flatten)]
    admin: Admin,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Removes a user from a queue, or ends all sessions of the user.
pub(super) async fn kick(options: &Options) -> Result<ExitCode> {
    let api = options.admin.writer()?;
    let user = &options.user;
    let (answer, said) = match &options.queue {
        Some(queue) => {
            let asked = json!({"queue": queue, "user": user});
            (api.rpc("remove_user", &asked).await?, format!("{user} is out of {queue}"))
        }
        None => {
            let mut asked = json!({"user": user});
            if let Some(reason) = &options.reason {
                asked["reason"] = reason.as_str().into();
            }
            let said = format!("all sessions of {user} have ended");
            (api.rpc("disconnect_user", &asked).await?, said)
        }
    };
    if options.json {
        show::json(&answer)?;
    } else {
        show::line(&show::safe(&said))?;
    }
    Ok(ExitCode::SUCCESS)
}
