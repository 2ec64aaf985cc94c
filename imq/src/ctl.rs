//! What operators ask running nodes, and tell them.

mod adopt;
pub(crate) mod api;
pub(crate) mod cluster;
mod config;
mod digest;
pub(crate) mod events;
mod kick;
pub(crate) mod live;
mod queues;
pub(crate) mod report;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use tokio::runtime;

use self::api::Trouble;

/// A question to a node, or something that it is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Print how many hosts may die now without losing anything, and why it are no more; then all
    /// nodes, with the buckets that they have.
    #[command(after_help = "Example: imq ctl nodes --boss http://127.0.0.1:7500")]
    Nodes(cluster::Options),
    /// Print the row of each bucket: who serves it, who else has all of it, who is being filled.
    #[command(after_help = "Example: imq ctl table --boss http://127.0.0.1:7500")]
    Table(cluster::Options),
    /// Print which node serves a queue, and who has copies.
    #[command(after_help = "Example: imq ctl where /room/1")]
    Where(queues::WhereOptions),
    /// Print what is in a queue, or which queues have the most traffic.
    #[command(after_help = "Examples: imq ctl queues /room/1
          imq ctl queues --busy --top 10")]
    Queues(queues::QueuesOptions),
    /// Print who is in a queue, a user a line.
    #[command(after_help = "Example: imq ctl members /room/1")]
    Members(queues::MembersOptions),
    /// End all sessions of a user, or take a user out of a queue.
    #[command(after_help = "Examples: imq ctl kick ann --reason 'see you tomorrow'
          imq ctl kick ann --queue /room/1")]
    Kick(kick::Options),
    /// Print the cluster configuration, replace it, or go back to an older one.
    #[command(after_help = "Examples: imq ctl config > cluster.toml
          imq ctl config set cluster.toml
          imq ctl config history
          imq ctl config rollback 3")]
    Config(config::Options),
    /// Print what happened to the cluster, oldest first, and what happens.
    #[command(after_help = "Examples: imq ctl events --follow
          imq ctl events --kind lost,promoted --node q1")]
    Events(events::Options),
    /// Print reports, such as the connections with the most unsent bytes.
    #[command(subcommand)]
    Report(report::Report),
    /// Print each copy that a queue node has of another's buckets beside its primary, as they were
    /// behind the same record. Fails if one differs, or the node has none.
    #[command(after_help = "Example: imq ctl digest --node http://127.0.0.1:7690")]
    Digest(digest::Options),
    /// Let a boss go on whose store has lost steps, without the nodes that it waits for; or give up
    /// a bucket of which no node can be proven dead. Prints the buckets that begin anew, empty.
    #[command(after_help = "Examples: imq ctl adopt
          imq ctl adopt --trust-primaries
          imq ctl adopt --bucket 12/5 --node q2")]
    Adopt(adopt::Options),
}

/// Asks and prints.
///
/// # Errors
/// If the node can't be asked, refuses, or a copy differs.
pub(crate) fn run(question: &Question) -> Result<ExitCode> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        match question {
            Question::Nodes(options) => cluster::nodes(options).await,
            Question::Table(options) => cluster::table(options).await,
            Question::Where(options) => queues::where_is(options).await,
            Question::Queues(options) => queues::queues(options).await,
            Question::Members(options) => queues::members(options).await,
            Question::Kick(options) => kick::kick(options).await,
            Question::Config(options) => config::run(options).await,
            Question::Events(options) => events::events(options).await,
            Question::Report(report) => report::run(report).await,
            Question::Digest(options) => digest::digest(options).await,
            Question::Adopt(options) => adopt::adopt(options).await,
        }
    });
    done.or_else(explained)
}

/// An error that a boss's answer is, or its absence, with an exit code of its own.
pub(crate) fn explained(error: anyhow::Error) -> Result<ExitCode> {
    match error.downcast_ref::<Trouble>() {
        Some(trouble) => {
            eprintln!("imq: {error:#}");
            Ok(ExitCode::from(trouble.exit_code()))
        }
        None => Err(error),
    }
}
