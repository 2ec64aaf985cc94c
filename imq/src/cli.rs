//! The command line.

use clap::{Parser, Subcommand};

use crate::config::{BossOptions, CheckOptions, GatewayOptions, QueueNodeOptions};
use crate::logging::Format;
use crate::{client, ctl, dev, doctor, exit, health, load, pages, token, top, trace};

/// Load tests refuse a debug build by these words.
const VERSION: &str = if cfg!(debug_assertions) {
    concat!(env!("CARGO_PKG_VERSION"), " (debug build)")
} else {
    env!("CARGO_PKG_VERSION")
};

/// imq: a real-time message queue for games, chat and live pages.
#[derive(Debug, Parser)]
#[command(version = VERSION, propagate_version = true, after_help = exit::HELP)]
pub(crate) struct Cli {
    /// What is logged to standard error: error, warn, info, debug, or a filter by module.
    #[arg(long, global = true, env = "IMQ_LOG")]
    pub(crate) log: Option<String>,
    /// How lines of the log look.
    #[arg(long, global = true, env = "IMQ_LOG_FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole cluster in one process, for development.
    #[command(after_help = "Example: imq dev --port-base 17400")]
    Dev(dev::Options),
    /// Run a boss: it holds the roster and the bucket table.
    #[command(
        after_help = "Example: imq boss --secret-file /etc/imq/secret --data-dir /var/lib/imq"
    )]
    Boss(BossOptions),
    /// Run a queue node: it holds queues.
    #[command(after_help = "Example: imq queue-node --secret-file /etc/imq/secret --id q1 --boss \
                      10.0.0.1:7501")]
    QueueNode(QueueNodeOptions),
    /// Run a gateway: the door of clients and web back ends.
    #[command(after_help = "Example: imq gateway --secret-file /etc/imq/secret --id g1 --boss \
                      10.0.0.1:7501")]
    Gateway(Box<GatewayOptions>),
    /// Subscribe to a queue and print what comes, a line each.
    #[command(after_help = "Example: imq sub /room/1 --history 10")]
    Sub(client::SubOptions),
    /// Watch several queues at once, as people do: each line has its time and its queue, and lost
    /// connections are told of. `sub` is the one for programs: one queue, nothing added.
    #[command(after_help = "Examples: imq tail /room/1 /room/2
          imq tail /room/1 --mount chat --since 10m
          imq tail /room/1 --json")]
    Tail(client::TailOptions),
    /// Send a message to a message mount of a queue.
    #[command(after_help = "Example: imq pub /room/1 chat hello")]
    Pub(client::PubOptions),
    /// Set a key of a state mount of a queue.
    #[command(after_help = "Example: imq set /room/1 scores ann 10")]
    Set(client::SetOptions),
    /// Print a state mount of a queue, or one key of it.
    #[command(after_help = "Example: imq get /room/1 scores ann")]
    Get(client::GetOptions),
    /// Make a token for a user, as the web application would.
    #[command(after_help = "Example: imq token --user ann --ttl 1h --key-file /etc/imq/keys")]
    Token(token::Options),
    /// Put a cluster under load and check that nothing is lost, doubled or out of order.
    #[command(subcommand)]
    Loadtest(load::Plan),
    /// Compare imq with Redis, NATS and Mosquitto under the same load.
    #[command(after_help = "Example: imq compare --servers redis,imq --loads rooms-10-n1")]
    Compare(load::CompareArgs),
    /// Ask a running node, or tell it something.
    #[command(subcommand)]
    Ctl(ctl::Question),
    /// Follow the messages of one queue or one user for a while: a line for each hop, from all
    /// processes, with its time and the time since the hop before of the same message. What is in
    /// messages isn't shown. It ends by itself.
    #[command(after_help = "Examples: imq trace /room/1
          imq trace --user ann --seconds 10 --json")]
    Trace(trace::Options),
    /// Watch the cluster in the terminal: how many hosts may die, nodes, queues, clients, figures.
    #[command(after_help = "Keys: q quit, s sort, 1 nodes, 2 queues, 3 clients, 0 all

Examples: imq top --boss http://10.0.0.5:7500
          imq top --once")]
    Top(top::Options),
    /// Look for what keeps imq from working: this machine's limits, ports, clocks, certificates, a
    /// token, an origin, and all nodes of a cluster. Says what to do about it.
    #[command(after_help = "Examples: imq doctor
          imq doctor --config /etc/imq.toml --no-boss
          imq doctor --gateway game.example:7400 --token-file token --origin https://game.example

Exit codes: 0 nothing is wrong, there may be warnings; 1 something is; 2 wrong words.")]
    Doctor(doctor::Options),
    /// Ask a process whether it is well, as health checks do: 0 if it is.
    #[command(after_help = "Examples: imq health http://127.0.0.1:7500
          imq health http://127.0.0.1:7490 --ready

Exit codes: 0 it is well; 1 it says that it isn't; 2 it doesn't answer, or wrong words.")]
    Health(health::Options),
    /// Check a configuration file and say all that is wrong with it.
    #[command(after_help = "Example: imq check-config /etc/imq.toml")]
    CheckConfig(CheckOptions),
    /// Print a script by which a shell completes this command line.
    #[command(after_help = "Examples: imq completions bash > /etc/bash_completion.d/imq
          imq completions zsh > ~/.zfunc/_imq
          imq completions fish > ~/.config/fish/completions/imq.fish")]
    Completions(pages::CompletionsOptions),
    /// Print the manual page, or write one for each command into a directory.
    #[command(after_help = "Examples: imq man | man -l -
          imq man /usr/local/share/man/man1")]
    Man(pages::ManOptions),
}

#[cfg(test)]
mod tests;
