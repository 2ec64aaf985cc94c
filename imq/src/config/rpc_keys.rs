//! Keys of several back ends, each with what it may do.

use std::path::PathBuf;

use anyhow::{Result, bail};
use gateway::io::web::{ApiKey, Scope};
use proto::class;
use proto::document::Finding;
use serde::Deserialize;

/// An entry of `gateway.rpc_keys`.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct RpcKey {
    /// Whose key it is. Keys of one name are one back end: a new key can replace an old one.
    #[serde(default)]
    name: String,
    /// The file that holds the key.
    #[serde(default)]
    key_file: PathBuf,
    /// What it may do: of `read`, `write` and `manage`.
    #[serde(default)]
    scopes: Vec<String>,
    /// Patterns of the queues it may name, as those of classes; left out: all queues.
    #[serde(default)]
    queues: Option<Vec<String>>,
}

impl RpcKey {
    /// All that is wrong with it, as the entry at this place.
    pub(crate) fn findings(&self, place: &str) -> Vec<Finding> {
        let name = &self.name;
        let mut found = Vec::new();
        let mut tell = |key: &str, text: &str| {
            let text = format!("gateway.rpc_keys {name:?}: {text}");
            found.push(Finding::at(format!("{place}.{key}"), text));
        };
        if name.is_empty() {
            tell("name", "a key without a name");
        }
        if self.key_file.as_os_str().is_empty() {
            tell("key_file", "no key_file with the key");
        }
        if self.scopes.is_empty() {
            tell("scopes", "no scopes, so it may do nothing");
        }
        for (at, scope) in self.scopes.iter().enumerate() {
            let at = format!("scopes[{at}]");
            if Scope::named(scope).is_none() {
                let known = Scope::ALL.map(Scope::name).join(", ");
                tell(&at, &format!("no scope {scope:?}, only {known}"));
            }
        }
        if self.queues.as_ref().is_some_and(Vec::is_empty) {
            tell("queues", "queues is empty, so it may name none: leave it out for all queues");
        }
        for (at, pattern) in self.queues.iter().flatten().enumerate() {
            if let Some(why) = class::pattern_problem(pattern) {
                tell(&format!("queues[{at}]"), &why);
            }
        }
        found
    }

    /// The key as the gateway wants it. Its file is read.
    fn api_key(&self) -> Result<ApiKey> {
        let key = super::secrets::key_of_file(&self.key_file)?;
        let queues = self.queues.clone().unwrap_or_default();
        let scopes = self.scopes.iter().filter_map(|scope| Scope::named(scope)).collect();
        Ok(ApiKey { name: Some(self.name.clone()), key, scopes, queues })
    }
}

/// All keys: the one that may do everything, if it was given, and those of the file.
pub(crate) fn all(whole: Option<String>, entries: &[RpcKey]) -> Result<Vec<ApiKey>> {
    let mut keys: Vec<ApiKey> = whole.into_iter().map(ApiKey::whole).collect();
    for entry in entries {
        let key = entry.api_key()?;
        if keys.iter().any(|other| other.key == key.key) {
            bail!("two RPC keys are the same, the second is {:?}: make a new one", entry.name);
        }
        keys.push(key);
    }
    Ok(keys)
}
