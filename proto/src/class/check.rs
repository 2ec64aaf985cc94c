//! What can be wrong with a cluster configuration that has been read.
//!
//! Also what can be meant but can't be: an entry of a list that never matches.

use super::pattern::{covers, matches_users, pattern_problem};
use super::{Callout, Class, ClusterConfig, MountClass, MountKind, TellKind};
use crate::document::Finding;
use crate::limits;
use crate::name::MountName;
use crate::secret::has_user;

impl ClusterConfig {
    /// All that is wrong with it.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if !(1..=limits::COPIES_MAX).contains(&self.copies) {
            let text = format!("copies = {}: 1 to {}", self.copies, limits::COPIES_MAX);
            found.push(Finding::at("copies", text));
        }
        for (at, callout) in self.callout.iter().enumerate() {
            let place = format!("callout[{at}]");
            callout.check(&place, &mut found);
            if self.callout[..at].iter().any(|other| other.name == callout.name) {
                let text = format!("two call-outs named {:?}", callout.name);
                found.push(Finding::at(place + ".name", text));
            }
        }
        if let Some(name) = &self.connect {
            self.check_named("connect", "connect", name, &mut found);
        }
        for (at, class) in self.class.iter().enumerate() {
            let place = format!("class[{at}]");
            class.check(&place, &mut found);
            self.check_callout_of(class, &place, &mut found);
            self.check_order(at, &mut found);
        }
        found
    }

    fn check_named(&self, place: &str, whose: &str, name: &str, found: &mut Vec<Finding>) {
        if !self.callout.iter().any(|callout| callout.name == name) {
            let text = format!("{whose}: no call-out is named {name:?}: add a [[callout]]");
            found.push(Finding::at(place, text));
        }
    }

    fn check_callout_of(&self, class: &Class, place: &str, found: &mut Vec<Finding>) {
        let whose = class.title();
        match &class.callout {
            Some(name) => self.check_named(&format!("{place}.callout"), &whose, name, found),
            None if class.asks() || !class.tells.is_empty() => {
                let text = format!(
                    "{whose}: it asks or tells the web application: set `callout` to the name of \
                     a [[callout]]"
                );
                found.push(Finding::at(place, text));
            }
            None => {}
        }
    }

    /// The first class that matches counts, so one behind another that matches all the same names
    /// is no queue's.
    fn check_order(&self, at: usize, found: &mut Vec<Finding>) {
        let class = &self.class[at];
        let before = self.class[..at].iter();
        let mut before = before.filter(|other| pattern_problem(&other.pattern).is_none());
        if let Some(other) = before.find(|other| covers(&other.pattern, &class.pattern)) {
            let text = format!(
                "{}: no queue has it, since class {:?} before it matches all its names: put it \
                 before that one",
                class.title(),
                other.pattern
            );
            found.push(Finding::at(format!("class[{at}].pattern"), text));
        }
    }
}

impl Callout {
    fn check(&self, place: &str, found: &mut Vec<Finding>) {
        let name = &self.name;
        let mut tell = |key: &str, text: String| {
            found.push(Finding::at(format!("{place}.{key}"), format!("callout {name:?}: {text}")));
        };
        if name.is_empty() {
            tell("name", "it has no name".to_owned());
        }
        if self.url.is_empty() {
            tell("url", "it has no url".to_owned());
        } else if !(self.url.starts_with("http://") || self.url.starts_with("https://")) {
            tell("url", "url must begin with http:// or https://".to_owned());
        } else if has_user(&self.url) {
            let why = "url has a user or a password, which would be shown: leave them out; your \
                       application recognises imq by the signature";
            tell("url", why.to_owned());
        }
        if self.deadline_ms == 0 || self.deadline_ms > limits::CALLOUT_MS_MAX {
            tell("deadline_ms", format!("deadline_ms is 1 to {}", limits::CALLOUT_MS_MAX));
        }
        if self.concurrency_max == 0 || self.concurrency_max > limits::CALLOUTS_MAX {
            tell("concurrency_max", format!("concurrency_max is 1 to {}", limits::CALLOUTS_MAX));
        }
        if let Some((key, why)) = self.secret_problem() {
            tell(key, why);
        }
    }

    fn secret_problem(&self) -> Option<(&'static str, String)> {
        let why = |key, text: &str| Some((key, text.to_owned()));
        match (&self.secret, &self.secret_file, &self.secret_env) {
            (None, None, None) => why(
                "secret_file",
                "it has no secret: give secret_file or secret_env, from which each gateway reads \
                 it",
            ),
            (Some(secret), None, None) => {
                let is_good = secret.is_redacted() || secret.webhook_key().is_some();
                let text = "secret is `whsec_` and the base64 of 24 to 64 random bytes";
                if is_good { None } else { why("secret", text) }
            }
            (None, Some(path), None) if path.is_absolute() => None,
            (None, Some(_), None) => why(
                "secret_file",
                "secret_file must begin with '/': it is the same on each gateway",
            ),
            (None, None, Some(name)) => {
                let is_name = !name.is_empty()
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let text = "secret_env is the name of a variable: letters, digits and '_'";
                if is_name { None } else { why("secret_env", text) }
            }
            (_, _, _) => {
                why("secret", "it has several secrets: give one of secret_file, secret_env, secret")
            }
        }
    }
}

impl Class {
    /// What it is called in sentences.
    fn title(&self) -> String {
        format!("class {:?}", self.pattern)
    }

    fn check(&self, place: &str, found: &mut Vec<Finding>) {
        let title = self.title();
        let mut tell = |key: &str, text: String| {
            found.push(Finding::at(format!("{place}.{key}"), text));
        };
        if let Some(why) = pattern_problem(&self.pattern) {
            tell("pattern", format!("class {why}"));
        }
        if self.sessions_max == 0 || self.sessions_max > limits::SESSIONS_MAX {
            let max = limits::SESSIONS_MAX;
            tell("sessions_max", format!("{title}: sessions_max is 1 to {max}"));
        }
        if self.mounts.len() > limits::MOUNTS_MAX {
            let max = limits::MOUNTS_MAX;
            tell(&format!("mount[{max}]"), format!("{title}: a queue has at most {max} mounts"));
        }
        if self.max_members == 0 || self.max_members > limits::MEMBERS_MAX {
            let max = limits::MEMBERS_MAX;
            tell("max_members", format!("{title}: max_members is 1 to {max}"));
        }
        for (at, kind) in self.tells.iter().enumerate() {
            let name = kind.name();
            if self.tells[..at].contains(kind) {
                tell(&format!("tells[{at}]"), format!("{title}: tells names {name} twice"));
            }
            if kind.is_of_users() && !matches_users(&self.pattern) {
                let why = "happens only to user queues: move it to a class of \"/user/*\"";
                tell(&format!("tells[{at}]"), format!("{title}: {name} in tells {why}"));
            }
        }
        for (at, mount) in self.mounts.iter().enumerate() {
            let title = format!("{title}, mount {:?}", mount.name);
            let place = format!("{place}.mount[{at}]");
            mount.check(&place, &title, found);
            if self.mounts[..at].iter().any(|other| other.name == mount.name) {
                let text = format!("{}: two mounts named {:?}", self.title(), mount.name);
                found.push(Finding::at(place + ".name", text));
            }
        }
    }
}

impl MountClass {
    fn check(&self, place: &str, title: &str, found: &mut Vec<Finding>) {
        let mut tell = |key: &str, text: String| {
            found.push(Finding::at(format!("{place}.{key}"), format!("{title}: {text}")));
        };
        if let Err(error) = MountName::try_from(self.name.as_bytes()) {
            tell("name", error.to_string());
        }
        if self.history > limits::HISTORY_COUNT_MAX {
            tell("history", format!("history is at most {}", limits::HISTORY_COUNT_MAX));
        }
        if self.history_bytes > limits::HISTORY_BYTES_MAX {
            tell(
                "history_bytes",
                format!("history_bytes is at most {}", limits::HISTORY_BYTES_MAX),
            );
        }
        if self.kind == MountKind::State && self.history > 0 {
            tell("history", "state has no history".to_owned());
        }
    }
}

/// All of them, by number.
const TELL_KINDS: [TellKind; 9] = [
    TellKind::UserOnline,
    TellKind::UserOffline,
    TellKind::Joined,
    TellKind::Left,
    TellKind::QueueCreated,
    TellKind::QueueFirstJoin,
    TellKind::QueueLastLeave,
    TellKind::QueueDestroyed,
    TellKind::Closed,
];

impl TellKind {
    /// As it is written, in configurations and to the application.
    pub fn name(self) -> &'static str {
        match self {
            TellKind::UserOnline => "user_online",
            TellKind::UserOffline => "user_offline",
            TellKind::Joined => "joined",
            TellKind::Left => "left",
            TellKind::QueueCreated => "queue_created",
            TellKind::QueueFirstJoin => "queue_first_join",
            TellKind::QueueLastLeave => "queue_last_leave",
            TellKind::QueueDestroyed => "queue_destroyed",
            TellKind::Closed => "closed",
        }
    }

    /// Its number between queue nodes.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The kind of this number.
    pub fn from_number(number: u32) -> Option<TellKind> {
        TELL_KINDS.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether it happens to user queues alone.
    fn is_of_users(self) -> bool {
        match self {
            TellKind::UserOnline | TellKind::UserOffline | TellKind::Closed => true,
            TellKind::Joined
            | TellKind::Left
            | TellKind::QueueCreated
            | TellKind::QueueFirstJoin
            | TellKind::QueueLastLeave
            | TellKind::QueueDestroyed => false,
        }
    }
}
