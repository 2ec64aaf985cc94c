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
    /// The first class whose pattern matches a queue's name gives its options.
    pub class: Vec<Class>,
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
        for class in &self.class {
            class.problems(&mut problems);
        }
        problems
    }
}

impl Class {
    fn problems(&self, problems: &mut Vec<String>) {
        let pattern = &self.pattern;
        let mut segments = pattern.split('/');
        if segments.next() != Some("") || pattern.len() < 2 {
            problems.push(format!("class {pattern:?}: a pattern begins with '/' and a segment"));
        }
        if pattern.contains("**/") {
            problems.push(format!("class {pattern:?}: '**' stands at the end only"));
        }
        if pattern.starts_with("/user/") || pattern.starts_with("/sys/") {
            problems.push(format!("class {pattern:?}: /user/ and /sys/ are reserved"));
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
