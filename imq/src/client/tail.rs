//! `imq tail`: several queues for somebody who watches them.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use imq_sdk::{Client, Connection, QueueEvent, SubscribeOptions};
use link::io::clock;
use proto::limits::HISTORY_COUNT_MAX;
use serde_json::json;
use tokio::sync::mpsc::{Sender, channel};

use super::print::{Printer, Shown};
use super::{Door, Trouble, run};
use crate::show::{self, GOOD, WARN};
use crate::token;

/// Events of all queues that aren't printed yet.
const UNPRINTED_MAX: usize = 1024;

/// `imq tail`.
#[derive(Debug, Args)]
pub(crate) struct TailOptions {
    /// The queues' names.
    #[arg(required = true)]
    queues: Vec<String>,
    /// How many old messages of each mount come first.
    #[arg(long, default_value_t = 0)]
    history: u32,
    /// The old messages that are no older come first: a number and s, m, h or d. A mount keeps only
    /// so many, as its class says.
    #[arg(long, value_name = "TIME", value_parser = token::ttl, conflicts_with = "history")]
    since: Option<u64>,
    /// Only this mount; may stand several times.
    #[arg(long)]
    mount: Vec<String>,
    /// End after so many messages and changes.
    #[arg(long)]
    count: Option<u64>,
    #[command(flatten)]
    door: Door,
}

/// What happened, and in which queue.
type Said = (String, QueueEvent);

/// Prints what comes until the process is ended, or all subscriptions are.
pub(crate) fn tail(options: &TailOptions) -> Result<ExitCode> {
    run(&options.door, async |client, printer| watch(options, client, printer).await)
}

async fn watch(
    options: &TailOptions,
    client: &Client,
    printer: &mut Printer,
) -> Result<(), Trouble> {
    let oldest_ms = options.since.map(|s| clock::now().unix_ms.saturating_sub(s * 1000));
    let (events, mut said) = channel(UNPRINTED_MAX);
    for queue in &options.queues {
        subscribe(options, client, queue, events.clone()).await?;
    }
    drop(events);
    let mut connection = client.connection();
    connection.mark_unchanged();
    let mut left = options.count;
    while left != Some(0) {
        tokio::select! {
            // What came before a change of the connection is printed before it.
            biased;
            event = said.recv() => match event {
                None => return Err(Trouble::over(client)),
                Some((_, QueueEvent::Message(old)))
                    if old.history && oldest_ms.is_some_and(|ms| old.sent_at_ms < ms) => {}
                Some((queue, event)) => {
                    printer.stamped(at_ms(&event), Some(&queue), Shown::of(&event))?;
                    if matches!(event, QueueEvent::Message(_) | QueueEvent::State(_)) {
                        left = left.map(|left| left - 1);
                    }
                }
            },
            Ok(()) = connection.changed() => {
                let shown = shown(&connection.borrow_and_update());
                printer.stamped(clock::now().unix_ms, None, shown)?;
            }
        }
    }
    Ok(())
}

/// Subscribes to a queue; what it says comes with its name.
async fn subscribe(
    options: &TailOptions,
    client: &Client,
    queue: &str,
    events: Sender<Said>,
) -> Result<(), Trouble> {
    let wanted = SubscribeOptions {
        history: if options.since.is_some() { HISTORY_COUNT_MAX as u32 } else { options.history },
        mounts: options.mount.clone(),
        ..SubscribeOptions::default()
    };
    let mut subscription = client.subscribe(queue, wanted).await?;
    let queue = queue.to_owned();
    tokio::spawn(async move {
        while let Some(event) = subscription.recv().await {
            if events.send((queue.clone(), event)).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// When it happened, as far as that is known.
fn at_ms(event: &QueueEvent) -> u64 {
    match event {
        QueueEvent::Message(message) => message.sent_at_ms,
        QueueEvent::Subscribed(_)
        | QueueEvent::State(_)
        | QueueEvent::Joined(_)
        | QueueEvent::Left(_)
        | QueueEvent::MountCreated(_)
        | QueueEvent::MountDeleted(_)
        | QueueEvent::Gap(_)
        | QueueEvent::Unsubscribed { .. } => clock::now().unix_ms,
    }
}

/// How the client stands with its gateway now.
fn shown(connection: &Connection) -> Shown {
    let (json, line, look) = match connection {
        Connection::Down => {
            (json!({"up": false}), "the connection is lost: connecting again".to_owned(), WARN)
        }
        Connection::Up { gateway, resumed } => {
            let how = if *resumed { "the session goes on" } else { "with a new session" };
            let json = json!({"up": true, "gateway": gateway, "resumed": resumed});
            (json, format!("connected again, to {}: {how}", show::safe(gateway)), GOOD)
        }
        Connection::Closed { code, reason } => (
            json!({"up": false, "code": code, "reason": reason}),
            format!("the connection is over, with code {code}: {}", show::safe(reason)),
            WARN,
        ),
    };
    Shown { json: json!({ "connection": json }), lines: vec![show::styled(&line, look)] }
}
