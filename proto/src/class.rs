//! The cluster configuration: classes of queues. One TOML document, held and pushed by the boss.

mod check;
mod pattern;

use std::path::PathBuf;

use serde::Deserialize;

pub use self::pattern::{matches, pattern_problem};
use crate::document::{self, Problem};
use crate::limits;
use crate::secret::Secret;

/// The cluster configuration as it is used.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterConfig {
    /// Which one it is, by the boss: it rises. Not part of the document.
    #[serde(skip)]
    pub version: u64,
    /// How many copies of each queue are kept, on different hosts where possible.
    #[serde(default = "two")]
    pub copies: u32,
    /// What happens to queues of which one of several copies is left.
    pub alone: Alone,
    /// Web applications that are asked and told.
    pub callout: Vec<Callout>,
    /// The call-out that is asked who may connect; none: tokens alone say it.
    pub connect: Option<String>,
    /// The first class whose pattern matches a queue's name gives its options.
    pub class: Vec<Class>,
}

impl ClusterConfig {
    /// Whether a bucket changes nothing of which one of several copies is left.
    pub fn holds(&self) -> bool {
        self.alone == Alone::Hold && self.copies > 1
    }
}

/// What a bucket does of which one of several copies is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Alone {
    /// They are served as before.
    #[default]
    GoOn,
    /// Nothing is changed until there is a second one: writes and logins are `unavailable`.
    Hold,
}

/// A web application that is asked and told over HTTP.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callout {
    /// What classes and `connect` call it.
    #[serde(default)]
    pub name: String,
    /// Where asks and tells are posted to: `http://` or `https://`.
    #[serde(default)]
    pub url: String,
    /// What they are signed with, as Standard Webhooks write it: `whsec_` and base64. Needed,
    /// unless it is in one of the two other places, where each gateway looks for itself.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// A file with the secret, at the same path on each gateway, read again when it changes.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// A variable of each gateway's environment with the secret, unless it is in a file.
    #[serde(default)]
    pub secret_env: Option<String>,
    /// An ask that isn't answered by then has no answer: see `no_answer`.
    #[serde(default = "deadline_ms")]
    pub deadline_ms: u64,
    /// Asks of one gateway that are under way at a time; more are refused as `unavailable`.
    #[serde(default = "concurrency_max")]
    pub concurrency_max: usize,
    /// What an ask without an answer comes to.
    #[serde(default)]
    pub no_answer: NoAnswer,
    /// Whether the URL may lead to an address of one's own network; if not, only to the internet.
    #[serde(default)]
    pub inner: bool,
}

/// What an ask without an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswer {
    /// The operation is refused as `unavailable`.
    #[default]
    Refuse,
    /// While the application is down, the operation runs unchanged.
    Allow,
}

/// What the web application can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "docs/callouts.md says what each means")]
pub enum TellKind {
    UserOnline,
    UserOffline,
    Joined,
    Left,
    QueueCreated,
    QueueFirstJoin,
    QueueLastLeave,
    QueueDestroyed,
    Closed,
}

/// Options of the queues whose names match a pattern.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Which queues: `*` is one segment of a name, `**` at the end one or more. The first class
    /// that matches counts.
    #[serde(default)]
    pub pattern: String,
    /// How its queues come to be.
    #[serde(default)]
    pub create: Create,
    /// Who may subscribe.
    #[serde(default)]
    pub join: Access,
    /// How many users may be in a queue; more are refused with `limit`.
    #[serde(default = "members_max")]
    pub max_members: usize,
    /// What subscribers learn of each other.
    #[serde(default)]
    pub presence: Presence,
    /// A queue without members is destroyed after this long; 0: at once.
    #[serde(default = "idle_ttl_ms")]
    pub idle_ttl_ms: u64,
    /// Of a class of `/user/*`: what becomes of a user's other sessions at a login.
    #[serde(default)]
    pub sessions: SessionPolicy,
    /// With `sessions = "many"`: how many sessions a user may have.
    #[serde(default = "sessions_max")]
    pub sessions_max: usize,
    /// The call-out that is asked and told about its queues.
    #[serde(default)]
    pub callout: Option<String>,
    /// What that is told; docs/callouts.md says when.
    #[serde(default)]
    pub tells: Vec<TellKind>,
    /// The mounts that each queue of the class has from its creation.
    #[serde(default, rename = "mount")]
    pub mounts: Vec<MountClass>,
}

/// Options of a mount.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountClass {
    /// The mount's name, unique in its queue.
    pub name: String,
    /// What it carries.
    pub kind: MountKind,
    /// Who may send to it.
    #[serde(default = "members")]
    pub send: Access,
    /// Message mounts: how many messages are kept for late comers.
    #[serde(default)]
    pub history: usize,
    /// Message mounts: how many bytes of messages are kept at most.
    #[serde(default = "history_bytes")]
    pub history_bytes: usize,
    /// Message mounts: how long messages are kept; 0: no matter how old.
    #[serde(default)]
    pub history_ms: u64,
    /// Message mounts: what happens to a receiver that doesn't keep up.
    #[serde(default)]
    pub on_slow: OnSlow,
    /// Message mounts: whether the sender's own session gets its messages, too.
    #[serde(default = "yes")]
    pub echo: bool,
}

/// How a queue comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Create {
    /// By the first user who subscribes.
    Auto,
    /// By the back end alone.
    #[default]
    Rpc,
    /// By the first user who subscribes, if the web application allows it.
    Callout,
}

/// What becomes of a user's other sessions at a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SessionPolicy {
    /// They end.
    #[default]
    NewestWins,
    /// One that is connected stays, and the login is refused.
    OldestWins,
    /// There may be several at a time; beyond that, the oldest ends.
    Many,
}

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Every user.
    Open,
    /// Who is a member of the queue already.
    Members,
    /// The back end alone; as `join`: whom the back end puts in.
    #[default]
    Server,
    /// Whom the web application lets, when it is asked.
    Callout,
}

/// What subscribers learn of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Who is there, who joins, who leaves.
    #[default]
    Users,
    /// How many there are, at subscribe.
    Count,
    /// Nothing.
    Off,
}

/// The two kinds of mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountKind {
    /// Events, each sent once to those who are there.
    Message,
    /// Keys and values; who comes later gets the present ones.
    State,
}

/// What happens to a receiver of messages that doesn't keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnSlow {
    /// The oldest are dropped, and a `gap` says so.
    #[default]
    DropOldest,
    /// The connection is closed with 3008.
    Close,
}

impl ClusterConfig {
    /// Reads a document.
    ///
    /// # Errors
    /// All that is wrong with it, in the order of its lines.
    pub fn read(toml: &str) -> Result<ClusterConfig, Vec<Problem>> {
        document::read(toml, ClusterConfig::findings)
    }

    /// The class of a queue's name: the first in the list's order that matches.
    pub fn class_of(&self, queue: &str) -> Option<usize> {
        self.class.iter().position(|class| matches(&class.pattern, queue))
    }
}

impl Callout {
    /// The bytes of the secret, where it is known.
    pub fn secret_bytes(&self) -> Option<Vec<u8>> {
        self.secret.as_ref()?.webhook_key()
    }
}

impl Class {
    /// Whether anything in its queues is asked about.
    pub fn asks(&self) -> bool {
        self.create == Create::Callout
            || self.join == Access::Callout
            || self.mounts.iter().any(|mount| mount.send == Access::Callout)
    }

    /// What user queues are like that no class of the configuration matches.
    pub fn of_users() -> Class {
        Class {
            pattern: "/user/*".to_owned(),
            create: Create::Auto,
            join: Access::Server,
            max_members: limits::SESSIONS_MAX,
            presence: Presence::Off,
            idle_ttl_ms: idle_ttl_ms(),
            sessions: SessionPolicy::default(),
            sessions_max: sessions_max(),
            callout: None,
            tells: Vec::new(),
            mounts: vec![MountClass {
                name: "inbox".to_owned(),
                kind: MountKind::Message,
                send: Access::Server,
                history: 100,
                history_bytes: history_bytes(),
                history_ms: 0,
                on_slow: OnSlow::default(),
                echo: true,
            }],
        }
    }
}

fn deadline_ms() -> u64 {
    3_000
}

fn concurrency_max() -> usize {
    64
}

fn sessions_max() -> usize {
    limits::SESSIONS_MAX
}

/// How many copies there are of each bucket, where nothing is said.
fn two() -> u32 {
    2
}

fn yes() -> bool {
    true
}

fn members() -> Access {
    Access::Members
}

fn members_max() -> usize {
    limits::MEMBERS_MAX
}

fn idle_ttl_ms() -> u64 {
    60_000
}

fn history_bytes() -> usize {
    limits::REPLAY_LOG_BYTES_MAX
}

#[cfg(test)]
mod tests;
