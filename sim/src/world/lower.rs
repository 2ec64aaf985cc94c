//! What lanes make of output of a reign that is over (I13): nothing of it reaches a client behind
//! anything of a higher one.

use std::collections::BTreeMap;

use link::machine::LinkId;
use prost::Message as _;
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::link::At;
use proto::q2g::field::q2g as said;
use proto::wire;

use super::World;
use super::wires::Port;

const RULE: &str = "nothing of a lower reign is shown behind a higher one";

/// What clients had unsent, and of which bucket under which numbers a frame is.
type Before = (usize, (BucketId, Epochs));

/// What lanes have heard and shown.
#[derive(Debug, Default)]
pub(crate) struct Lower {
    /// Of which bucket, and under which numbers, a link's node speaks.
    about: BTreeMap<(Port, LinkId), (BucketId, Epochs)>,
    /// The highest numbers that a lane has shown anything under.
    highest: BTreeMap<(Port, BucketId), Epochs>,
    /// How often something of a later reign was shown.
    pub(crate) seen: u64,
}

impl Lower {
    /// A link has begun or ended.
    pub(crate) fn link_changes(&mut self, port: Port, link: LinkId) {
        self.about.remove(&(port, link));
    }

    /// A gateway has died.
    pub(crate) fn gateway_dies(&mut self, gateway: usize) {
        let is_its = |port: &Port| matches!(port, Port::Lane(at, _) if *at == gateway);
        self.about.retain(|(port, _), _| !is_its(port));
        self.highest.retain(|(port, _), _| !is_its(port));
    }

    /// A lane is about to take a frame: under which numbers of which bucket it comes, if it may
    /// show anything.
    fn hears(&mut self, port: Port, link: LinkId, frame: &[u8]) -> Option<(BucketId, Epochs)> {
        let (number, body) = wire::envelope(frame).ok()?;
        match number {
            said::AT => {
                let at = At::decode(body).ok()?;
                let bucket = BucketId::new(at.bits, at.prefix)?;
                let epochs = Epochs { loss: Loss(at.loss), reign: Reign(at.reign) };
                self.about.insert((port, link), (bucket, epochs));
                None
            }
            // None of them is of the bucket that `at` names.
            said::MOVED | said::PROBED | said::TELL => None,
            _ => self.about.get(&(port, link)).copied(),
        }
    }

    /// A lane has shown something: whether it was of a reign that is over.
    fn shows(&mut self, port: Port, (bucket, epochs): (BucketId, Epochs)) -> bool {
        let highest = self.highest.entry((port, bucket)).or_insert(epochs);
        self.seen += u64::from(epochs > *highest);
        *highest = epochs.max(*highest);
        epochs < *highest
    }
}

impl World {
    /// A lane is about to take a frame: how much clients have unsent, and of what it is.
    pub(crate) fn before_shown(
        &mut self,
        port: Port,
        link: LinkId,
        frame: &[u8],
    ) -> Option<Before> {
        let about = self.lower.hears(port, link, frame)?;
        Some((self.unsent_by_clients(port), about))
    }

    /// The lane has taken the frame.
    pub(crate) fn behind_shown(&mut self, port: Port, (before, about): Before) {
        if self.unsent_by_clients(port) > before && self.lower.shows(port, about) {
            self.violated(RULE, format!("{port:?} shows something of {about:?}"));
        }
    }

    fn unsent_by_clients(&self, port: Port) -> usize {
        let Port::Lane(gateway, lane) = port else { return 0 };
        self.gateways[gateway].lanes[lane].out.clients.unsent_by_all()
    }
}
