//! What a step has changed in rows: who took over, who came in sync, and who is out.

use std::collections::BTreeMap;

use proto::name::NodeId;

use super::roster::Owner;
use super::table::{Row, Rows};

/// Of one step, or of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Of how many buckets each of these has become the primary, with all that was in them.
    pub promoted: BTreeMap<NodeId, u64>,
    /// Of how many buckets each of these is a member no more.
    pub dropped: BTreeMap<NodeId, u64>,
    /// Members that buckets have got.
    pub added: u64,
    /// Buckets that began anew, empty.
    pub lost: u64,
    /// Buckets that nobody will serve any more.
    pub over: u64,
}

impl Changes {
    /// What is otherwise in the second of these. Of other buckets than before nothing is said.
    pub fn between(before: &Rows, after: &Rows) -> Changes {
        let mut changes = Changes::default();
        if before.bits() == after.bits() {
            let rows = before.iter().zip(after.iter());
            rows.filter(|(old, new)| old.conf() != new.conf())
                .for_each(|(old, new)| changes.add(old, new));
        }
        changes
    }

    fn add(&mut self, old: &Row, new: &Row) {
        if new.loss() > old.loss() {
            self.lost += 1;
            return;
        }
        self.over += u64::from(new.is_over() && !old.is_over());
        if let Some(primary) = new.primary().filter(|primary| old.primary() != Some(primary)) {
            *self.promoted.entry(primary.id.clone()).or_default() += 1;
        }
        let lacks = |members: &[Owner], owner: &Owner| !members.contains(owner);
        for owner in old.in_sync().iter().filter(|owner| lacks(new.in_sync(), owner)) {
            *self.dropped.entry(owner.id.clone()).or_default() += 1;
        }
        let added = new.in_sync().iter().filter(|owner| lacks(old.in_sync(), owner));
        self.added += added.count() as u64;
    }
}

/// Buckets of nodes as a sentence has them: `q1 5, q2 1`.
pub fn listed(of: &BTreeMap<NodeId, u64>) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<String> =
        of.iter().take(SHOWN).map(|(id, many)| format!("{id} {many}")).collect();
    if of.len() > SHOWN {
        shown.push("others the rest".to_owned());
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests;
