//! The cluster configuration that counts, and those before it, which can be looked at and put
//! back.

use std::collections::VecDeque;
use std::fmt;

use proto::class::ClusterConfig;
use proto::limits::{CONFIGURATIONS_BYTES_MAX, CONFIGURATIONS_MAX, COPIES_MAX};
use serde::{Deserialize, Serialize};

use super::configuration::Configuration;

/// All that are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configurations {
    #[serde(flatten)]
    present: Version,
    /// Of the text that the boss was last started with, so that a restart with the same text
    /// doesn't undo what came by the page's interface since.
    given: u64,
    /// Those before, the newest last.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    past: VecDeque<Version>,
}

/// One of them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Rises with each replacement.
    pub version: u64,
    /// The text, with the secrets that stand in it.
    pub toml: String,
    /// Since when it counts, in milliseconds since 1970; 0: an earlier imq didn't write it down.
    #[serde(default)]
    pub since_unix_ms: u64,
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text may hold secrets.
        f.debug_struct("Version").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Configurations {
    /// The first one of a cluster, of a text with this fingerprint.
    pub fn new(config: &Configuration, given: u64, now_unix_ms: u64) -> Configurations {
        let toml = config.as_str().to_owned();
        let present = Version { version: 1, toml, since_unix_ms: now_unix_ms };
        Configurations { present, given, past: VecDeque::new() }
    }

    /// The one that counts.
    pub fn present(&self) -> &Version {
        &self.present
    }

    /// How many copies of each bucket there are to be.
    pub fn copies(&self) -> usize {
        let config: Option<ClusterConfig> = toml::from_str(&self.present.toml).ok();
        config.map_or(1, |config| config.copies.clamp(1, COPIES_MAX) as usize)
    }

    /// Whether a bucket changes nothing of which one of several copies is left.
    pub fn holds(&self) -> bool {
        let config: Option<ClusterConfig> = toml::from_str(&self.present.toml).ok();
        config.is_some_and(|config| config.holds())
    }

    /// The one of this version, if it is kept.
    pub fn of(&self, version: u64) -> Option<&Version> {
        self.iter().find(|one| one.version == version)
    }

    /// All of them, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.present).chain(self.past.iter().rev())
    }

    /// Takes what this process was started with, if it isn't the text of the last start.
    pub fn give(&mut self, config: &Configuration, given: u64, now_unix_ms: u64) {
        if self.given != given {
            self.given = given;
            self.replace(config, now_unix_ms);
        }
    }

    /// Replaces the one that counts; the same text is no replacement.
    pub fn replace(&mut self, config: &Configuration, now_unix_ms: u64) {
        if self.present.toml == config.as_str() {
            return;
        }
        let toml = config.as_str().to_owned();
        self.put(self.present.version + 1, toml, now_unix_ms);
    }

    /// The newest that anybody knows counts, or the present one again, under a version that no lost
    /// step has given: it is higher than this one, and jumps.
    pub fn adopt(&mut self, newest: Option<(u64, String)>, jump: u64, now_unix_ms: u64) {
        let newest = newest.filter(|(version, _)| *version > self.present.version);
        let present = || (self.present.version, self.present.toml.clone());
        let (version, toml) = newest.unwrap_or_else(present);
        self.put(version + jump, toml, now_unix_ms);
    }

    fn put(&mut self, version: u64, toml: String, now_unix_ms: u64) {
        let present = Version { version, toml, since_unix_ms: now_unix_ms };
        self.past.push_back(std::mem::replace(&mut self.present, present));
        self.trim();
    }

    /// The oldest go first; the newest of the past stays whatever its size.
    fn trim(&mut self) {
        let bytes = |past: &VecDeque<Version>| past.iter().map(|one| one.toml.len()).sum::<usize>();
        while self.past.len() > 1
            && (self.past.len() >= CONFIGURATIONS_MAX
                || bytes(&self.past) > CONFIGURATIONS_BYTES_MAX)
        {
            self.past.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
