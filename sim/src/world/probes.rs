//! What answers to lanes' probes may say: no answer of the turn in which a node was asked speaks of
//! a bucket that has copies, for nobody can have acknowledged anything since.

use std::collections::{BTreeMap, BTreeSet};

use link::machine::LinkId;
use prost::Message as _;
use proto::bucket::{BucketId, Epochs};
use proto::g2q::Probe;
use proto::q2g::Probed;

use super::World;

/// The probes that a node hasn't answered for all its buckets, by their links and numbers. Several
/// of one millisecond have one number: what is said of the first is no answer to the next.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    /// With the buckets that the node had when they came: an answer is about these.
    of_this_turn: BTreeMap<(LinkId, u64), Vec<(BucketId, Epochs)>>,
    before: BTreeSet<(LinkId, u64)>,
}

impl Probes {
    /// A lane asks.
    pub(crate) fn comes(&mut self, link: LinkId, body: &[u8], held: Vec<(BucketId, Epochs)>) {
        let Probe { nonce } = Probe::decode(body).unwrap_or_default();
        if !self.before.contains(&(link, nonce)) {
            self.of_this_turn.insert((link, nonce), held);
        }
    }

    /// A turn ends: copies may acknowledge what it brought.
    pub(crate) fn turn_ends(&mut self) {
        self.before.extend(std::mem::take(&mut self.of_this_turn).into_keys());
    }
}

impl World {
    /// What an answer says of buckets whose copies haven't acknowledged it.
    pub(crate) fn is_probed_early(&self, at: usize, link: LinkId, body: &[u8]) -> Option<String> {
        let Probed { nonce, except } = Probed::decode(body).unwrap_or_default();
        let host = &self.nodes[at];
        let came = host.probes.of_this_turn.get(&(link, nonce))?;
        let mut held = host.node.as_ref()?.buckets().into_iter();
        let is_early = |about: &(BucketId, Epochs)| {
            came.contains(about) && !except.contains(&about.0.prefix()) && self.waits(at, *about)
        };
        held.find(is_early).map(|about| format!("{about:?}, in the same turn"))
    }
}
