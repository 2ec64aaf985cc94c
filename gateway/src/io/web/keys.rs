//! API keys of back ends: who may call which methods on which queues.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use proto::class;
use proto::codes::Status;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::answer::Refusal;
use super::scheduler::NOBODY;

/// The back end that the boss is. A configured key of this name would share its account.
const BOSS: &str = "(boss)";

/// What a method does to the cluster, and what a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Sees what is there and changes nothing.
    Read,
    /// Sends messages and state.
    Write,
    /// Makes and removes queues and mounts, and decides who is where.
    Manage,
}

impl Scope {
    /// All of them: what a key may do of which nothing else is said.
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Write, Scope::Manage];

    /// As it stands in the configuration and in documents.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Manage => "manage",
        }
    }

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A key of a back end, as configured.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Whose it is, in logs and for Idempotency-Keys: two keys of one name are one back end, so
    /// that a key can be replaced without forgetting what was done under the old one. Without a
    /// name it is the key itself that counts.
    pub name: Option<String>,
    /// The secret.
    pub key: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Patterns of the queues it may name, as those of classes; none: all queues.
    pub queues: Vec<String>,
}

impl ApiKey {
    /// A key that may do everything.
    pub fn whole(key: impl Into<String>) -> ApiKey {
        let (scopes, queues) = (Scope::ALL.to_vec(), Vec::new());
        ApiKey { name: None, key: key.into(), scopes, queues }
    }

    /// The key with which this process runs what the boss asks for an operator; nobody else has it.
    pub(super) fn of_boss() -> ApiKey {
        let key = format!("{:032x}", rand::random::<u128>());
        ApiKey { name: Some(BOSS.to_owned()), ..ApiKey::whole(key) }
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All keys of a gateway.
#[derive(Debug)]
pub(super) struct Keyring(Vec<Holder>);

/// Who calls.
#[derive(Debug)]
pub(super) struct Holder {
    hash: [u8; 32],
    /// By which the queue nodes tell back ends apart: the same at each gateway.
    pub(super) id: u64,
    /// By which this gateway does: from 1 on, the same for keys of one name.
    pub(super) account: usize,
    scopes: Vec<Scope>,
    queues: Vec<String>,
}

impl Keyring {
    pub(super) fn new(keys: &[ApiKey]) -> Keyring {
        let mut accounts = BTreeMap::new();
        let holder = |key: &ApiKey| {
            let identity = key.name.as_ref().unwrap_or(&key.key);
            let [a, b, c, d, e, f, g, h, ..] = hash(identity);
            let id = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
            let next = NOBODY + 1 + accounts.len();
            Holder {
                hash: hash(&key.key),
                id,
                account: *accounts.entry(id).or_insert(next),
                scopes: key.scopes.clone(),
                queues: key.queues.clone(),
            }
        };
        Keyring(keys.iter().map(holder).collect())
    }

    /// How many accounts there are, nobody's included.
    pub(super) fn accounts(&self) -> usize {
        self.0.iter().map(|holder| holder.account).max().unwrap_or(NOBODY) + 1
    }

    /// Whose key the request has. Every key is compared by its hash and none ends the search, so
    /// that the time taken says nothing of how much of a key was right.
    pub(super) fn holder(&self, headers: &HeaderMap) -> Result<&Holder, Refusal> {
        let refusal = |sentence| Refusal::new(Status::Unauthenticated, sentence);
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (kind, given) = given.and_then(|value| value.split_once(' ')).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("bearer") {
            return Err(refusal("send an API key: `Authorization: Bearer <key>`"));
        }
        let given = hash(given.trim());
        let mut found = None;
        for holder in &self.0 {
            if bool::from(holder.hash.ct_eq(&given)) {
                found = Some(holder);
            }
        }
        found.ok_or_else(|| refusal("this gateway doesn't have this API key"))
    }
}

impl Holder {
    /// Whether it may do this, to this queue if it is about one.
    pub(super) fn may(&self, scope: Scope, queue: Option<&str>) -> Result<(), Refusal> {
        let refusal = |sentence| Err(Refusal::new(Status::Forbidden, sentence));
        if !self.scopes.contains(&scope) {
            return refusal(format!("this API key lacks the scope `{}`", scope.name()));
        }
        if queue.is_some_and(|queue| !self.may_name(queue)) {
            let patterns = self.queues.join(", ");
            return refusal(format!("this API key is for the queues {patterns} only"));
        }
        Ok(())
    }

    /// Patterns of the queues it may name; none: all.
    pub(super) fn patterns(&self) -> &[String] {
        &self.queues
    }

    /// Whether it may name this queue.
    pub(super) fn may_name(&self, queue: &str) -> bool {
        self.queues.is_empty() || self.queues.iter().any(|pattern| class::matches(pattern, queue))
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests;
