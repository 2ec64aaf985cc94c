//! The cluster configuration: classes of queues. One TOML document, held and pushed by the boss.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::name::MountName;

/// The cluster configuration as it is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterConfig {
    /// Copies of each bucket. 1 until copies are built.
    #[serde(default = "one")]
    pub copies: u32,
    /// Web applications that are asked and told.
    pub callout: Vec<Callout>,
    /// The call-out that says who may connect; none: tokens alone do.
    pub connect: Option<String>,
    /// The first class whose pattern matches a queue's name gives its options.
    pub class: Vec<Class>,
}

/// A web application that is asked and told over HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callout {
    /// What classes call it.
    pub name: String,
    /// Where asks and tells are posted to: `http://` or `https://`.
    pub url: String,
    /// What they are signed with, as Standard Webhooks write it: `whsec_` and base64.
    pub secret: String,
    /// An ask that isn't answered by then gets the configured answer.
    #[serde(default = "deadline_ms")]
    pub deadline_ms: u64,
    /// Asks of one gateway that are under way at a time; more are refused as `unavailable`.
    #[serde(default = "concurrency_max")]
    pub concurrency_max: usize,
    /// What an ask without an answer comes to.
    #[serde(default)]
    pub no_answer: NoAnswer,
    /// Whether the URL may lead to an address of the inner network.
    #[serde(default)]
    pub inner: bool,
}

/// What an ask without an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswer {
    /// The operation is refused as `unavailable`.
    #[default]
    Refuse,
    /// The operation goes on.
    Allow,
}

/// What the web application can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// `*` is one segment, `**` the rest.
    pub pattern: String,
    /// How its queues come to be.
    #[serde(default)]
    pub create: Create,
    /// Who may subscribe.
    #[serde(default)]
    pub join: Access,
    /// More are refused.
    #[serde(default = "members_max")]
    pub max_members: usize,
    /// What subscribers learn of each other.
    #[serde(default)]
    pub presence: Presence,
    /// A queue without members is destroyed after this long.
    #[serde(default = "idle_ttl_ms")]
    pub idle_ttl_ms: u64,
    /// Of a class of user queues: what becomes of a user's other sessions at a login.
    #[serde(default)]
    pub sessions: SessionPolicy,
    /// Of a class of user queues with `sessions = "many"`: how many.
    #[serde(default = "sessions_max")]
    pub sessions_max: usize,
    /// The call-out that its queues ask and tell.
    #[serde(default)]
    pub callout: Option<String>,
    /// What it is told.
    #[serde(default)]
    pub tells: Vec<TellKind>,
    /// What each queue of the class has from its creation.
    #[serde(default, rename = "mount")]
    pub mounts: Vec<MountClass>,
}

/// Options of a mount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountClass {
    /// Its name.
    pub name: String,
    /// Events or state.
    pub kind: MountKind,
    /// Who may send to it.
    #[serde(default = "members")]
    pub send: Access,
    /// Message mounts: how many messages are kept for late comers.
    #[serde(default)]
    pub history: usize,
    /// Message mounts: how many bytes of them.
    #[serde(default = "history_bytes")]
    pub history_bytes: usize,
    /// Message mounts: how long; 0: no matter how old.
    #[serde(default)]
    pub history_ms: u64,
    /// Message mounts: what happens to a receiver that doesn't keep up.
    #[serde(default)]
    pub on_slow: OnSlow,
    /// Message mounts: whether the sender's own sessions get their messages, too.
    #[serde(default = "yes")]
    pub echo: bool,
}

/// How a queue comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Create {
    /// By the first subscribe.
    Auto,
    /// By the back end.
    #[default]
    Rpc,
    /// By the first subscribe that the web application lets.
    Callout,
}

/// What becomes of a user's other sessions at a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SessionPolicy {
    /// They end.
    #[default]
    NewestWins,
    /// One that is connected stays, and the login is refused.
    OldestWins,
    /// There may be some at a time; the oldest ends.
    Many,
}

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Every user.
    Open,
    /// Members of the queue.
    Members,
    /// The back end alone.
    #[default]
    Server,
    /// Whom the web application lets by its answer to a call-out.
    Callout,
}

/// What subscribers learn of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountKind {
    /// Edge-triggered events.
    Message,
    /// Level-triggered keys and values.
    State,
}

/// What happens to a receiver of messages that doesn't keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnSlow {
    /// The oldest are dropped, and a `gap` says so.
    #[default]
    DropOldest,
    /// The connection is closed.
    Close,
}

impl ClusterConfig {
    /// The class of a queue's name: the first in the list's order that matches.
    pub fn class_of(&self, queue: &str) -> Option<usize> {
        self.class.iter().position(|class| matches(&class.pattern, queue))
    }

    /// All that is wrong with it, each a sentence.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.copies != 1 {
            problems.push(format!(
                "copies = {}: this version keeps one copy of each bucket, set copies = 1",
                self.copies
            ));
        }
        for (at, callout) in self.callout.iter().enumerate() {
            callout.problems(&mut problems);
            if self.callout[..at].iter().any(|other| other.name == callout.name) {
                problems.push(format!("two call-outs named {:?}", callout.name));
            }
        }
        if let Some(name) = &self.connect {
            self.callout_problem("connect", name, &mut problems);
        }
        for class in &self.class {
            class.problems(&mut problems);
            self.class_callout_problems(class, &mut problems);
        }
        problems
    }
}

impl ClusterConfig {
    fn callout_problem(&self, whose: &str, name: &str, problems: &mut Vec<String>) {
        if !self.callout.iter().any(|callout| callout.name == name) {
            problems.push(format!("{whose}: no call-out is named {name:?}: add a [[callout]]"));
        }
    }

    fn class_callout_problems(&self, class: &Class, problems: &mut Vec<String>) {
        let whose = format!("class {:?}", class.pattern);
        match &class.callout {
            Some(name) => self.callout_problem(&whose, name, problems),
            None if class.asks() || !class.tells.is_empty() => problems.push(format!(
                "{whose}: it asks or tells the web application: set `callout` to the name of a \
                 [[callout]]"
            )),
            None => {}
        }
    }
}

impl Callout {
    fn problems(&self, problems: &mut Vec<String>) {
        let name = &self.name;
        if !(self.url.starts_with("http://") || self.url.starts_with("https://")) {
            problems.push(format!("callout {name:?}: url begins with http:// or https://"));
        }
        if self.secret_bytes().is_none() {
            problems.push(format!(
                "callout {name:?}: secret is `whsec_` and the base64 of 24 to 64 random bytes"
            ));
        }
        if self.deadline_ms == 0 || self.deadline_ms > limits::CALLOUT_MS_MAX {
            let max = limits::CALLOUT_MS_MAX;
            problems.push(format!("callout {name:?}: deadline_ms is 1 to {max}"));
        }
        if self.concurrency_max == 0 || self.concurrency_max > limits::CALLOUTS_MAX {
            let max = limits::CALLOUTS_MAX;
            problems.push(format!("callout {name:?}: concurrency_max is 1 to {max}"));
        }
    }

    /// The bytes of the secret, if it is one.
    pub fn secret_bytes(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        let text = self.secret.strip_prefix("whsec_")?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        (24..=64).contains(&bytes.len()).then_some(bytes)
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

    fn problems(&self, problems: &mut Vec<String>) {
        let pattern = &self.pattern;
        problems.extend(pattern_problem(pattern).map(|why| format!("class {why}")));
        if pattern.starts_with("/sys/") {
            problems.push(format!("class {pattern:?}: /sys/ is reserved"));
        }
        if self.sessions_max == 0 || self.sessions_max > limits::SESSIONS_MAX {
            let max = limits::SESSIONS_MAX;
            problems.push(format!("class {pattern:?}: sessions_max is 1 to {max}"));
        }
        if self.mounts.len() > limits::MOUNTS_MAX {
            let max = limits::MOUNTS_MAX;
            problems.push(format!("class {pattern:?}: a queue has at most {max} mounts"));
        }
        if self.max_members == 0 || self.max_members > limits::MEMBERS_MAX {
            let max = limits::MEMBERS_MAX;
            problems.push(format!("class {pattern:?}: max_members is 1 to {max}"));
        }
        for (at, mount) in self.mounts.iter().enumerate() {
            mount.problems(pattern, problems);
            if self.mounts[..at].iter().any(|other| other.name == mount.name) {
                problems.push(format!("class {pattern:?}: two mounts named {:?}", mount.name));
            }
        }
    }
}

impl MountClass {
    fn problems(&self, pattern: &str, problems: &mut Vec<String>) {
        let name = &self.name;
        if let Err(error) = MountName::try_from(name.as_bytes()) {
            problems.push(format!("class {pattern:?}, mount {name:?}: {error}"));
        }
        if self.history > limits::HISTORY_COUNT_MAX {
            let max = limits::HISTORY_COUNT_MAX;
            problems.push(format!("class {pattern:?}, mount {name:?}: history is at most {max}"));
        }
        if self.history_bytes > limits::HISTORY_BYTES_MAX {
            let max = limits::HISTORY_BYTES_MAX;
            problems
                .push(format!("class {pattern:?}, mount {name:?}: history_bytes is at most {max}"));
        }
        if self.kind == MountKind::State && self.history > 0 {
            problems.push(format!("class {pattern:?}, mount {name:?}: state has no history"));
        }
    }
}

/// Why this is no pattern of queue names, if it isn't: a sentence that begins with it.
pub fn pattern_problem(pattern: &str) -> Option<String> {
    if !pattern.starts_with('/') || pattern.len() < 2 {
        return Some(format!("{pattern:?}: a pattern begins with '/' and a segment"));
    }
    let is_inside = pattern.contains("**/");
    is_inside.then(|| format!("{pattern:?}: '**' stands at the end only"))
}

/// Whether a pattern matches a name: `*` is one segment, `**` one or more to the end.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), name.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), Some(_)) => return true,
            (Some("*"), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return true,
            (Some(_) | None, Some(_) | None) => return false,
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

fn one() -> u32 {
    1
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
