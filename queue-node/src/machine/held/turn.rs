//! What buckets that wait for the same nodes let out in one turn.

use link::machine::{LinkId, Outbox};
use proto::bucket::{BucketId, Epochs};

use super::buffer::{Buffer, Mark};
use super::effect::Effect;

/// A buffer for each link that gets something, and effects, in their order. It is used again.
#[derive(Debug, Default)]
pub(super) struct HeldTurn {
    /// The first ones are in use.
    buffers: Vec<Buffer>,
    used: usize,
    /// Which buffer is whose, each at the place of its link's number.
    by_link: Vec<Option<u32>>,
    /// Each with the prefix of its bucket.
    pub(super) effects: Vec<(u32, Effect)>,
    /// What a link that isn't up gets.
    sink: Vec<u8>,
}

/// A buffer that is to be used again keeps this much: what a busy turn has for one lane.
const KEPT_BYTES: usize = 64 * 1024;

impl HeldTurn {
    /// Where to append frames of a bucket for a link.
    pub(super) fn open(
        &mut self,
        link: LinkId,
        of: (BucketId, Epochs),
        is_up: impl FnOnce() -> bool,
    ) -> &mut Vec<u8> {
        match self.at(link) {
            Some(at) => self.buffers[at].open(of),
            None if is_up() => self.begin(link).open(of),
            None => {
                self.sink.clear();
                &mut self.sink
            }
        }
    }

    fn at(&self, link: LinkId) -> Option<usize> {
        let at = self.by_link.get(link.0 as usize).copied().flatten();
        at.map(|at| at as usize)
    }

    /// The buffer of a link that has none yet.
    fn begin(&mut self, link: LinkId) -> &mut Buffer {
        let place = link.0 as usize;
        if self.by_link.len() <= place {
            self.by_link.resize(place + 1, None);
        }
        let at = self.used;
        self.by_link[place] = Some(at as u32);
        self.used += 1;
        match at < self.buffers.len() {
            true => self.buffers[at].clear(link),
            false => self.buffers.push(Buffer::new(link)),
        }
        &mut self.buffers[at]
    }

    /// Those that are in use.
    pub(super) fn buffers(&mut self) -> &mut [Buffer] {
        &mut self.buffers[..self.used]
    }

    /// Whether nothing was let out, but for what was cut out again.
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0 && self.effects.is_empty()
    }

    /// How much there is for a link, and of effects.
    pub(super) fn mark(&self, link: LinkId) -> Mark {
        let mark = self.at(link).map_or(Mark::default(), |at| self.buffers[at].mark());
        Mark { effects: self.effects.len(), ..mark }
    }

    /// Forgets what came since then.
    pub(super) fn cut_to(&mut self, link: LinkId, mark: Mark) {
        if let Some(at) = self.at(link) {
            self.buffers[at].cut_to(mark);
        }
        self.effects.truncate(mark.effects);
    }

    /// Moves what is of a bucket behind what is in another turn. Whether there was any.
    pub(super) fn cut(&mut self, prefix: u32, to: &mut HeldTurn) -> bool {
        let mut any = false;
        for from in self.buffers[..self.used].iter_mut().filter(|buffer| buffer.has(prefix)) {
            let at = to.at(from.link);
            let into = match at {
                Some(at) => &mut to.buffers[at],
                None => to.begin(from.link),
            };
            from.cut(prefix, into);
            any = true;
        }
        for effect in self.effects.extract_if(.., |(of, _)| *of == prefix) {
            to.effects.push(effect);
            any = true;
        }
        any
    }

    /// A link went down: there is nothing for it.
    pub(super) fn link_down(&mut self, link: LinkId) {
        if let Some(at) = self.at(link) {
            self.buffers[at].clear(link);
            self.by_link[link.0 as usize] = None;
        }
        self.effects.retain(|(_, effect)| !effect.is_for(link));
    }

    /// Nobody gets it.
    pub(super) fn drop_all(&mut self, out: &mut Outbox) {
        self.buffers().iter().for_each(|buffer| out.let_go(buffer.link, buffer.bytes.len()));
    }

    /// Begins anew, with some of the space that it has.
    pub(super) fn clear(&mut self) {
        for buffer in &mut self.buffers[..self.used] {
            if let Some(place) = self.by_link.get_mut(buffer.link.0 as usize) {
                *place = None;
            }
            buffer.shrink_to(KEPT_BYTES);
        }
        self.used = 0;
        self.effects.clear();
    }
}
