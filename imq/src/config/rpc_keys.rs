//! Keys of several back ends, each with what it may do.

use std::path::PathBuf;

use anyhow::{Result, bail};
use gateway::io::web::{ApiKey, Scope};
use proto::class;
use serde::Deserialize;

/// An entry of `gateway.rpc_keys`.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct RpcKey {
    /// Whose key it is. Keys of one name are one back end: a new key can replace an old one.
    name: String,
    /// The file that holds the key.
    key_file: PathBuf,
    /// What it may do: of `read`, `write` and `manage`.
    scopes: Vec<String>,
    /// Patterns of the queues it may name, as those of classes; none: all queues.
    #[serde(default)]
    queues: Vec<String>,
}

impl RpcKey {
    /// All that is wrong with it, each a sentence.
    pub(crate) fn problems(&self) -> Vec<String> {
        let name = &self.name;
        let mut problems = Vec::new();
        if name.is_empty() {
            problems.push("gateway.rpc_keys: a key has an empty name".to_owned());
        }
        if self.scopes.is_empty() {
            problems.push(format!("gateway.rpc_keys {name:?}: no scopes, so it may do nothing"));
        }
        for scope in self.scopes.iter().filter(|scope| Scope::named(scope).is_none()) {
            let known = Scope::ALL.map(Scope::name).join(", ");
            problems.push(format!("gateway.rpc_keys {name:?}: no scope {scope:?}, only {known}"));
        }
        for pattern in &self.queues {
            let problem = class::pattern_problem(pattern);
            problems.extend(problem.map(|why| format!("gateway.rpc_keys {name:?}: {why}")));
        }
        problems
    }

    /// The key as the gateway wants it. Its file is read.
    fn api_key(&self) -> Result<ApiKey> {
        let key = super::key(None, Some(&self.key_file))?.unwrap_or_default();
        let scopes = self.scopes.iter().filter_map(|scope| Scope::named(scope)).collect();
        Ok(ApiKey { name: self.name.clone(), key, scopes, queues: self.queues.clone() })
    }
}

/// All keys: the one that may do everything, if it was given, and those of the file.
pub(crate) fn all(whole: Option<String>, entries: &[RpcKey]) -> Result<Vec<ApiKey>> {
    let mut keys: Vec<ApiKey> = whole.into_iter().map(ApiKey::whole).collect();
    for entry in entries {
        let key = entry.api_key()?;
        if keys.iter().any(|other| other.key == key.key) {
            bail!("two RPC keys are the same, the second is {:?}: make a new one", key.name);
        }
        keys.push(key);
    }
    Ok(keys)
}
