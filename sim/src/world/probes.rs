//! What answers to lanes' probes may say: that all is committed that a node had recorded when it
//! was asked, but of buckets that the answer excepts.

use std::collections::BTreeMap;

use link::machine::LinkId;
use prost::Message as _;
use proto::g2q::Probe;
use proto::q2g::Probed;

use super::World;
use super::copies::{Copies, Key};

/// The probes that a node hasn't answered, by their links and numbers.
#[derive(Debug, Default)]
pub(crate) struct Probes(BTreeMap<(LinkId, u64), Asked>);

/// What there was when a node was asked.
#[derive(Debug)]
struct Asked {
    newest: Vec<(Key, u64)>,
    /// Nobody can have acknowledged anything since.
    is_of_this_turn: bool,
}

impl Probes {
    /// A turn ends: copies may acknowledge what it brought.
    pub(crate) fn turn_ends(&mut self) {
        self.0.values_mut().for_each(|asked| asked.is_of_this_turn = false);
    }

    /// Whether an answer says more of these buckets than copies have acknowledged.
    pub(crate) fn is_early(
        &mut self,
        link: LinkId,
        body: &[u8],
        (waiting, copies): (&[Key], &Copies),
    ) -> bool {
        let Probed { nonce, except } = Probed::decode(body).unwrap_or_default();
        let Some(Asked { newest, is_of_this_turn }) = self.0.get(&(link, nonce)) else {
            return false;
        };
        let is_early = newest.iter().any(|&(key, n)| {
            let is_open = *is_of_this_turn || copies.committed(key) < n;
            is_open && waiting.contains(&key) && !except.contains(&key.0.prefix())
        });
        // What is said of a part of the buckets may be followed by more.
        if except.is_empty() {
            self.0.remove(&(link, nonce));
        }
        is_early
    }
}

impl World {
    /// A lane asks a node.
    pub(crate) fn probe_comes(&mut self, at: usize, link: LinkId, body: &[u8]) {
        let newest = self.newest(at);
        let Probe { nonce } = Probe::decode(body).unwrap_or_default();
        let asked = Asked { newest, is_of_this_turn: true };
        self.nodes[at].probes.0.insert((link, nonce), asked);
    }
}
