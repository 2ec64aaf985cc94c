//! Watches what queue nodes let out: nothing leaves before it is committed. A bucket that has
//! copies, by its stored row, shows nothing to a lane, and answers no word, while it decides: that
//! takes an acknowledgement. What has a number has to be in all logs when it leaves.

use std::collections::BTreeMap;

use link::machine::LinkId;
use prost::Message as _;
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::g2q::field::g2q;
use proto::link::At;
use proto::q2g::field::q2g as said;
use proto::q2q::field::q2q;
use proto::wire;

use super::World;
use super::process::Arrival;
use super::referee::each_frame;

/// A bucket and its loss.
pub(crate) type Key = (BucketId, Loss);

const SHOWN: &str = "nothing is shown before it is committed";
const SAID: &str = "no word to another node leaves before it is committed";

/// What a node has put on its links.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    links: BTreeMap<LinkId, Seen>,
    /// Something has come in this turn that may end what others wait for.
    may_release: bool,
}

/// A link with a lane or another node.
#[derive(Debug)]
struct Seen {
    is_lane: bool,
    /// So much of what is unwritten has been looked at.
    read: usize,
    /// Of which bucket the node speaks.
    about: Option<(BucketId, Epochs)>,
}

/// Something that may be early.
enum Doubt {
    Answer { link: LinkId, number: u32, about: (BucketId, Epochs) },
    Word { link: LinkId, body: Vec<u8> },
    Probed { link: LinkId, body: Vec<u8> },
}

impl Shown {
    pub(crate) fn up(&mut self, link: LinkId, is_lane: bool) {
        self.links.insert(link, Seen { is_lane, read: 0, about: None });
    }

    pub(crate) fn down(&mut self, link: LinkId) {
        self.links.remove(&link);
    }

    /// Whether a lane is at the other end.
    pub(crate) fn is_lane(&self, link: LinkId) -> bool {
        self.links.get(&link).is_some_and(|seen| seen.is_lane)
    }

    /// All has been written, and a turn begins.
    pub(crate) fn turn_begins(&mut self) {
        self.may_release = false;
        self.links.values_mut().for_each(|seen| seen.read = 0);
    }

    /// Something comes: whether the node only decides when it takes it.
    pub(crate) fn comes(&mut self, arrival: &Arrival) -> bool {
        let Arrival::Frame { link, frame, .. } = arrival else {
            self.may_release = true;
            return false;
        };
        let number = wire::envelope(frame).map_or(0, |(number, _)| number);
        let only_decides = match self.links.get(link) {
            Some(seen) if seen.is_lane => number != g2q::MOVED,
            Some(_) => [q2q::AT, q2q::WORD].contains(&number),
            None => false,
        };
        self.may_release |= !only_decides;
        only_decides
    }

    /// What was put on links since, and may be early.
    fn doubts(&mut self, out: &link::machine::Outbox, only_decides: bool) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for (&link, seen) in &mut self.links {
            let Some(new) = out.unwritten(link).get(seen.read..) else { continue };
            seen.read += new.len();
            each_frame(new, |number, body| {
                // Both kinds of links have `At` under one number.
                if number == said::AT {
                    if let Ok(at) = At::decode(body)
                        && let Some(bucket) = BucketId::new(at.bits, at.prefix)
                    {
                        let epochs = Epochs { loss: Loss(at.loss), reign: Reign(at.reign) };
                        seen.about = Some((bucket, epochs));
                    }
                    return;
                }
                match (seen.is_lane, number) {
                    (false, q2q::WORD) => doubts.push(Doubt::Word { link, body: body.to_vec() }),
                    (true, said::PROBED) => {
                        doubts.push(Doubt::Probed { link, body: body.to_vec() });
                    }
                    // `Moved` speaks of no bucket's state; a `Tell` of what was committed before it
                    // was put among those that a gateway is given, whenever it has space.
                    (true, said::MOVED | said::TELL) => {}
                    (true, _) | (false, q2q::ANSWER) if only_decides => {
                        let answer = |about| Doubt::Answer { link, number, about };
                        doubts.extend(seen.about.map(answer));
                    }
                    (true | false, _) => {}
                }
            });
        }
        doubts
    }
}

const _: () = assert!(said::AT == q2q::AT, "both kinds of links speak of a bucket alike");

impl World {
    /// A node has taken something: what it lets out.
    pub(crate) fn look_at_outputs(&mut self, at: usize, only_decides: bool) {
        self.look_at_doubts(at, only_decides, World::waits);
    }

    fn look_at_doubts(
        &mut self,
        at: usize,
        only_decides: bool,
        waits: fn(&World, usize, (BucketId, Epochs)) -> bool,
    ) {
        let host = &mut self.nodes[at];
        for doubt in host.shown.doubts(&host.out.links, only_decides) {
            match doubt {
                Doubt::Answer { link, number, about } => {
                    if waits(self, at, about) {
                        let rule = if self.nodes[at].shown.is_lane(link) { SHOWN } else { SAID };
                        let what = format!("body {number} of {about:?} on link {}", link.0);
                        self.violated(rule, format!("q{} let out {what}", at + 1));
                    }
                }
                Doubt::Word { link, body } => {
                    if let Some(what) = self.is_word_early(at, &body) {
                        let what = format!("q{} says on link {}: {what}", at + 1, link.0);
                        self.violated(SAID, what);
                    }
                }
                Doubt::Probed { link, body } => {
                    if let Some(what) = self.is_probed_early(at, link, &body) {
                        let what = format!("q{} answers on link {}: {what}", at + 1, link.0);
                        self.violated(SHOWN, what);
                    }
                }
            }
        }
    }

    /// The timer of a node has come, or its turn ends: nothing is let out then either, unless
    /// something has come before. But a learner that wasn't proposed yet is waited for no more
    /// once it is silent, and what all others have leaves then.
    pub(crate) fn look_at_own_outputs(&mut self, at: usize) {
        let only_decides = !self.nodes[at].shown.may_release;
        self.look_at_doubts(at, only_decides, |world, at, about| {
            let row = world.logs.row_before(about.0);
            world.waits(at, about) && row.is_none_or(|row| row.learners.is_empty())
        });
    }

    /// Whether a node may let nothing out of a bucket before a copy has said something.
    pub(crate) fn waits(&self, at: usize, about: (BucketId, Epochs)) -> bool {
        let host = &self.nodes[at];
        self.logs.waits((&host.id, host.member.incarnation()), about)
    }

    /// Who lacks a record of a bucket that a node is primary of, if it has to have it.
    pub(crate) fn who_lacks(&self, at: usize, key: Key, n: u64) -> Option<String> {
        let host = &self.nodes[at];
        let held = host.node.as_ref()?.buckets();
        let (bucket, epochs) = held.into_iter().find(|(id, its)| (*id, its.loss) == key)?;
        let owner = (&*host.id, host.member.incarnation());
        if !self.logs.waits(owner, (bucket, epochs)) {
            return None;
        }
        let by = (at, self.life(super::Process::Node(at)));
        self.logs.who_lacks(&self.alive(), by, (bucket, epochs), n)
    }
}
