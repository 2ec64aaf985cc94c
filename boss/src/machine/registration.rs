//! What a process says of itself, checked before anything is done about it.

use link::machine::Peer;
use proto::bucket::{BucketId, Conf, Reign};
use proto::limits;
use proto::link::Role;
use proto::n2b::{BucketReport, Register};
use proto::name::NodeId;
use proto::table::{Moved, Version};
use proto::text;

use super::history;
use super::roster::NodeRole;
use super::table::{LOSS_MAX, Row};

/// Host labels and addresses stand in tables.
pub const LABEL_BYTES_MAX: usize = 255;

/// Why a process can't be taken: a sentence for its operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The sentence.
    pub reason: String,
    /// Trying again can't help.
    pub for_good: bool,
}

impl Refusal {
    /// Nothing but an operator can mend it.
    pub fn for_good(reason: impl Into<String>) -> Refusal {
        Refusal { reason: reason.into(), for_good: true }
    }

    /// It may be otherwise in a while.
    pub fn for_now(reason: impl Into<String>) -> Refusal {
        Refusal { reason: reason.into(), for_good: false }
    }
}

/// A process that wants in, or back in.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Which node it is.
    pub id: NodeId,
    /// What it does.
    pub role: NodeRole,
    /// Where it runs: copies of a bucket stay apart by it.
    pub host: String,
    /// Where it can be reached.
    pub address: String,
    /// The life it was given before; none if it is new.
    pub incarnation: Option<u64>,
    /// What it drew when it started; 0 if it didn't.
    pub process: u64,
    /// The rows of what it holds, as far as it knows.
    pub buckets: Vec<(BucketId, Row)>,
    /// Rows that it has acted upon and that its table lacks.
    pub ahead: Vec<(BucketId, Row)>,
    /// The cluster configuration that it knows; 0: none.
    pub config: u64,
    /// What it has of buckets, not checked.
    pub reports: Vec<BucketReport>,
    /// The newest table it has seen.
    pub table: Version,
}

impl Registration {
    /// Checks what came over the link with this peer.
    ///
    /// # Errors
    /// A sentence for the operator of that process.
    pub fn check(register: Register, peer: &Peer) -> Result<Registration, Refusal> {
        let role = match register.role() {
            Role::Gateway => NodeRole::Gateway,
            Role::QueueNode => NodeRole::QueueNode,
            Role::None | Role::Boss => {
                return Err(Refusal::for_good("only gateways and queue nodes register at a boss"));
            }
        };
        let id = NodeId::try_from(register.id.as_str());
        let id = id.map_err(|error| Refusal::for_good(error.to_string()))?;
        if peer.id != register.id || peer.role != register.role() {
            let by = format!("the link was opened by {:?}, not by {:?}", peer.id, register.id);
            return Err(Refusal::for_good(by));
        }
        for (name, label) in [("host", &register.host), ("address", &register.address)] {
            if label.len() > LABEL_BYTES_MAX || label.chars().any(text::is_hidden) {
                return Err(Refusal::for_good(format!(
                    "{name}: at most {LABEL_BYTES_MAX} bytes without control or hidden characters"
                )));
            }
        }
        if register.address.is_empty() {
            let nowhere = "address: give the address at which others reach this process";
            return Err(Refusal::for_good(nowhere));
        }
        let held = register.buckets.iter().filter_map(|bucket| bucket.row.as_ref());
        let rows = held.chain(register.ahead.iter().filter_map(|moved| moved.row.as_ref()));
        if let Some(row) = rows.into_iter().find(|row| row.loss >= LOSS_MAX) {
            return Err(Refusal::for_good(format!(
                "the loss of a bucket is {}, but it is below {LOSS_MAX} in every cluster",
                row.loss
            )));
        }
        let buckets = register.buckets.iter().filter_map(|bucket| {
            let row = Row::reported(bucket.row.as_ref()?)?;
            Some((BucketId::new(bucket.bits, bucket.prefix)?, row))
        });
        Ok(Registration {
            id,
            role,
            buckets: buckets.collect(),
            ahead: ahead(&register.ahead),
            config: register.config_version,
            reports: register.buckets,
            incarnation: (register.incarnation != 0).then_some(register.incarnation),
            process: register.process,
            table: Version { term: register.table_term, version: register.table_version },
            host: register.host,
            address: register.address,
        })
    }

    /// Whether the numbers it names can have been given by a boss of this cluster, whose own have
    /// come so far. What is far ahead would be kept and raised, until no number is left.
    ///
    /// # Errors
    /// Which of them can't.
    pub fn is_plausible(&self, known: &Known) -> Result<(), Refusal> {
        let highest = |number: fn(&Row) -> u64| {
            let rows = self.buckets.iter().chain(&self.ahead);
            rows.map(|(_, row)| number(row)).max().unwrap_or_default()
        };
        let incarnation = self.incarnation.unwrap_or_default();
        let (term, known_term) = (history::term_of(incarnation), known.table.term);
        let known_term = known_term.max(history::term_of(known.incarnation));
        if !history::is_plausible(term, known_term) {
            return Err(Refusal::for_now(format!(
                "the incarnation is {incarnation}, but the newest that a boss of this cluster has \
                 given is {}",
                known.incarnation
            )));
        }
        if !history::is_plausible(self.table.term, known_term) {
            return Err(Refusal::for_now(format!(
                "the term of its table is {}, but the newest that a boss of this cluster has given \
                 is {}",
                self.table.term, known.table.term
            )));
        }
        let named = [
            ("version of its table", self.table.version, known.table.version),
            ("reign of a bucket", highest(|row| row.reign().0), known.reign.0),
            ("conf of a bucket", highest(|row| row.conf().0), known.conf.0),
            ("version of its cluster configuration", self.config, known.config),
        ];
        for (what, named, known) in named {
            if !limits::is_plausible(named, known) {
                return Err(Refusal::for_now(format!(
                    "the {what} is {named}, but the newest that a boss of this cluster has given \
                     is {known}"
                )));
            }
        }
        if self.process >= limits::NUMBER_MAX {
            return Err(Refusal::for_good("the number of the process isn't one that imq gives"));
        }
        Ok(())
    }
}

/// How far a boss's numbers have come.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its step.
    pub table: Version,
    /// The newest incarnation that was given.
    pub incarnation: u64,
    /// The highest of any bucket.
    pub reign: Reign,
    /// The highest of any bucket.
    pub conf: Conf,
    /// The version of the cluster configuration.
    pub config: u64,
}

/// Rows that somebody has told, as far as a boss gives such rows.
pub fn ahead(told: &[Moved]) -> Vec<(BucketId, Row)> {
    let row = |moved: &Moved| {
        let row = moved.row.as_ref()?;
        Some((BucketId::new(moved.bits, row.prefix)?, Row::reported(row)?))
    };
    told.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests;
