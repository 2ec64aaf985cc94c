//! `imq sub`, `pub`, `set` and `get`: the client library from the command line.

mod print;
mod tail;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use imq_sdk::{
    Change, Client, Close, ConnectError, Connection, Failure, Options, PageAsked, Status,
    SubscribeOptions, Subscription,
};
use print::Printer;
pub(crate) use tail::{TailOptions, tail};

use crate::config::secrets;
use crate::exit;
use crate::show::{self, Unprinted};

/// How often a gateway is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// How to reach the cluster, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Door {
    /// A gateway's client address; may stand several times.
    #[arg(long, env = "IMQ_GATEWAY", value_delimiter = ',', default_value = "127.0.0.1:7400")]
    gateway: Vec<String>,
    /// The user id, for a gateway with development authentication [default: cli-<process>].
    #[arg(long, env = "IMQ_USER")]
    user: Option<String>,
    /// The user's token, for any other gateway: a file, or IMQ_TOKEN in the environment.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// So long a gateway is asked again that can't let anybody in yet, as one without a table.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    wait: f64,
    /// Print JSON: one document, or for `sub` one for each line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SubOptions {
    /// The queue's name.
    queue: String,
    /// How many old messages of each mount come first.
    #[arg(long, default_value_t = 0)]
    history: u32,
    /// Only this mount; may stand several times.
    #[arg(long)]
    mount: Vec<String>,
    /// Of state mounts, only keys that begin so.
    #[arg(long, default_value = "")]
    key_prefix: String,
    /// End after so many messages and changes.
    #[arg(long)]
    count: Option<u64>,
    #[command(flatten)]
    door: Door,
}

#[derive(Debug, Args)]
pub(crate) struct PubOptions {
    /// The queue's name.
    queue: String,
    /// A message mount of it.
    mount: String,
    /// What to send: text that parses as JSON as it is, other text as a JSON string.
    payload: String,
    /// Send the text's bytes as they are.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    door: Door,
}

#[derive(Debug, Args)]
pub(crate) struct SetOptions {
    /// The queue's name.
    queue: String,
    /// A state mount of it.
    mount: String,
    /// The key.
    key: String,
    /// Its value: text that parses as JSON as it is, other text as a JSON string.
    value: String,
    /// Set the text's bytes as they are.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    door: Door,
}

#[derive(Debug, Args)]
pub(crate) struct GetOptions {
    /// The queue's name.
    queue: String,
    /// A state mount of it.
    mount: String,
    /// One key of it [default: all].
    key: Option<String>,
    #[command(flatten)]
    door: Door,
}

/// Prints what comes until the process is ended.
pub(crate) fn sub(options: &SubOptions) -> Result<ExitCode> {
    run(&options.door, async |client, printer| {
        let wanted = SubscribeOptions {
            history: options.history,
            mounts: options.mount.clone(),
            key_prefix: options.key_prefix.clone(),
        };
        let mut subscription = client.subscribe(&options.queue, wanted).await?;
        let mut left = options.count;
        while left != Some(0) {
            let Some(event) = subscription.recv().await else { return Err(Trouble::over(client)) };
            if printer.event(&event)? {
                left = left.map(|left| left - 1);
            }
        }
        Ok(())
    })
}

/// Joins a queue, sends one message, leaves.
pub(crate) fn publish(options: &PubOptions) -> Result<ExitCode> {
    run(&options.door, async |client, printer| {
        let _member = join(client, &options.queue, &options.mount).await?;
        let payload = bytes(&options.payload, options.raw);
        let seq = client.send_message(&options.queue, &options.mount, payload).await?;
        printer.sent(seq)
    })
}

/// Joins a queue, sets one key, leaves.
pub(crate) fn set(options: &SetOptions) -> Result<ExitCode> {
    run(&options.door, async |client, printer| {
        let _member = join(client, &options.queue, &options.mount).await?;
        let change = Change::set(&options.key, bytes(&options.value, options.raw));
        let seq = client.send_state(&options.queue, &options.mount, vec![change]).await?;
        printer.sent(seq)
    })
}

/// Prints a state mount, page by page, or one key of it.
pub(crate) fn get(options: &GetOptions) -> Result<ExitCode> {
    run(&options.door, async |client, printer| {
        let _member = join(client, &options.queue, &options.mount).await?;
        let prefix = options.key.as_deref().unwrap_or_default();
        let mut entries = Vec::new();
        let mut asked = PageAsked::default();
        loop {
            let page = client.get_state(&options.queue, &options.mount, prefix, asked).await?;
            entries.extend(page.items);
            let Some(after) = page.next else { break };
            asked = PageAsked { after, limit: 0 };
        }
        if let Some(key) = &options.key {
            entries.retain(|entry| entry.key == *key);
        }
        printer.entries(&entries, options.key.as_deref())
    })
}

/// Members may send and read where the class says so. Events end with the subscription that is
/// given back; only this mount's are wanted.
async fn join(client: &Client, queue: &str, mount: &str) -> Result<Subscription, Failure> {
    let wanted = SubscribeOptions { mounts: vec![mount.to_owned()], ..SubscribeOptions::default() };
    client.subscribe(queue, wanted).await
}

fn bytes(text: &str, raw: bool) -> Vec<u8> {
    let json = serde_json::from_str::<&serde_json::value::RawValue>(text);
    if raw || json.is_ok() {
        return text.as_bytes().to_vec();
    }
    serde_json::Value::from(text).to_string().into_bytes()
}

/// Connects, does it, says goodbye; what went wrong becomes a sentence and an exit code.
fn run(
    door: &Door,
    act: impl AsyncFnOnce(&Client, &mut Printer) -> Result<(), Trouble>,
) -> Result<ExitCode> {
    let token = secrets::token("IMQ_TOKEN", door.token_file.as_ref())?;
    let wait = Duration::try_from_secs_f64(door.wait).context("--wait")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let options = Options {
            addresses: door.gateway.clone(),
            user: door.user.clone().unwrap_or_else(|| format!("cli-{}", std::process::id())),
            token: token.unwrap_or_default(),
            client_name: "imq".to_owned(),
            ..Options::default()
        };
        let client = connect(&options, wait).await?;
        let done = act(&client, &mut Printer::new(door.json)).await;
        client.close().await;
        done
    });
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Trouble::Print(error)) => Err(error.into()),
        Err(trouble) => {
            let page = trouble.page().map(|code| format!("; {}", exit::page(&code)));
            eprintln!("imq: {}{}", show::safe(&trouble.to_string()), page.unwrap_or_default());
            Ok(ExitCode::from(trouble.code()))
        }
    }
}

/// Connects, if need be again and again for a while.
async fn connect(options: &Options, wait: Duration) -> Result<Client, ConnectError> {
    let mut left = wait.as_millis() / ASK_AGAIN.as_millis();
    let mut is_told = false;
    loop {
        let (code, reason) = match Client::connect(options.clone()).await {
            Err(ConnectError::Refused { code, reason }) => (code, reason),
            done => return done,
        };
        if left == 0 || code != Close::Overloaded as u32 {
            return Err(ConnectError::Refused { code, reason });
        }
        if !is_told {
            eprintln!("imq: waiting for up to {} s: {reason}", wait.as_secs_f64());
            is_told = true;
        }
        left -= 1;
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// What can go wrong with a verb.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Operation(#[from] Failure),
    #[error(transparent)]
    Print(#[from] Unprinted),
    #[error("there is no key {0:?}")]
    NoKey(String),
    #[error("the connection is over, with code {code}: {reason}")]
    Closed { code: u32, reason: String },
    #[error("the subscription is over")]
    Unsubscribed,
}

impl Trouble {
    /// Why there are no more events.
    fn over(client: &Client) -> Trouble {
        match &*client.connection().borrow() {
            Connection::Closed { code, reason } => {
                Trouble::Closed { code: *code, reason: reason.clone() }
            }
            Connection::Down | Connection::Up { .. } => Trouble::Unsubscribed,
        }
    }

    fn code(&self) -> u8 {
        match self {
            Trouble::Connect(_) | Trouble::Closed { .. } => exit::NOT_REACHED,
            Trouble::Operation(Failure::OutcomeUnknown) => exit::UNKNOWN,
            Trouble::Operation(_)
            | Trouble::Print(_)
            | Trouble::NoKey(_)
            | Trouble::Unsubscribed => exit::REFUSED,
        }
    }

    /// Which page says more about it.
    fn page(&self) -> Option<String> {
        match self {
            Trouble::Connect(ConnectError::Refused { code, .. }) | Trouble::Closed { code, .. } => {
                Some(code.to_string())
            }
            Trouble::Operation(Failure::Refused { status, .. }) => {
                Some(status.row().name.to_owned())
            }
            Trouble::Operation(Failure::OutcomeUnknown) => {
                Some(Status::OutcomeUnknown.row().name.to_owned())
            }
            Trouble::Connect(_)
            | Trouble::Operation(_)
            | Trouble::Print(_)
            | Trouble::NoKey(_)
            | Trouble::Unsubscribed => None,
        }
    }
}
