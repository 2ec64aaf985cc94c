//! What a process says of itself, checked before anything is done about it.

use link::machine::Peer;
use proto::bucket::{BucketId, Epochs};
use proto::link::Role;
use proto::n2b::Register;
use proto::name::NodeId;
use proto::table::Version;

use super::roster::NodeRole;

/// Host labels and addresses stand in tables.
pub const LABEL_BYTES_MAX: usize = 255;
/// Numbers of terms, versions, epochs and incarnations only rise by steps: none comes near this.
const NUMBER_MAX: u64 = 1 << 53;

/// A process that wants in, or back in.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// What it holds, as far as it knows.
    pub buckets: Vec<(BucketId, Epochs)>,
    /// The newest table it has seen.
    pub table: Version,
}

impl Registration {
    /// Checks what came over the link with this peer.
    ///
    /// # Errors
    /// A sentence for the operator of that process.
    pub fn check(register: Register, peer: &Peer) -> Result<Registration, String> {
        let role = match register.role() {
            Role::Gateway => NodeRole::Gateway,
            Role::QueueNode => NodeRole::QueueNode,
            Role::None | Role::Boss => {
                return Err("only gateways and queue nodes register at a boss".to_owned());
            }
        };
        let id = NodeId::try_from(register.id.as_str()).map_err(|error| error.to_string())?;
        if peer.id != register.id || peer.role != register.role() {
            return Err(format!("the link was opened by {:?}, not by {:?}", peer.id, register.id));
        }
        for (name, label) in [("host", &register.host), ("address", &register.address)] {
            if label.len() > LABEL_BYTES_MAX || label.chars().any(char::is_control) {
                return Err(format!(
                    "{name}: at most {LABEL_BYTES_MAX} bytes without control characters"
                ));
            }
        }
        if register.address.is_empty() {
            return Err("address: where others reach this process must be named".to_owned());
        }
        let table = Version { term: register.table_term, version: register.table_version };
        if table.term.max(table.version).max(register.incarnation) >= NUMBER_MAX {
            return Err("a term, version or incarnation that no boss has given".to_owned());
        }
        let buckets = register.buckets.iter().filter_map(|bucket| {
            let id = BucketId::new(bucket.bits, bucket.prefix)?;
            let epochs = Epochs { loss: bucket.loss, conf: bucket.conf };
            (epochs.loss.max(epochs.conf) < NUMBER_MAX).then_some((id, epochs))
        });
        Ok(Registration {
            id,
            role,
            buckets: buckets.collect(),
            host: register.host,
            address: register.address,
            incarnation: (register.incarnation != 0).then_some(register.incarnation),
            table,
        })
    }
}

#[cfg(test)]
mod tests;
