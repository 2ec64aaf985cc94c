//! What a machine lets out on its links: bytes per link, appended in a turn, written at its end.

use proto::limits;

/// A link of this thread. The number is used anew after the link went down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// The output of all links of a thread.
#[derive(Debug, Default)]
pub struct Outbox {
    slots: Vec<Slot>,
    dirty: Vec<LinkId>,
    ended: Vec<(LinkId, &'static str)>,
    sink: Vec<u8>,
    /// Something was appended that isn't routine.
    has_spoken: bool,
}

#[derive(Debug, Default)]
struct Slot {
    up: bool,
    dirty: bool,
    bytes: Vec<u8>,
    written: usize,
    /// So many bytes for it wait elsewhere.
    held: usize,
}

impl Outbox {
    /// Where to append whole frames for this link. What is for a link that isn't up is swallowed.
    #[inline]
    pub fn buffer(&mut self, link: LinkId) -> &mut Vec<u8> {
        self.has_spoken = true;
        self.routine(link)
    }

    /// The same for what is said again and again though nothing happens, as beats are: it makes
    /// nobody [active](super::Pace).
    #[inline]
    pub fn routine(&mut self, link: LinkId) -> &mut Vec<u8> {
        match self.slots.get_mut(link.0 as usize) {
            Some(slot) if slot.up => {
                if !slot.dirty {
                    slot.dirty = true;
                    self.dirty.push(link);
                }
                &mut slot.bytes
            }
            Some(_) | None => {
                self.sink.clear();
                &mut self.sink
            }
        }
    }

    /// How many bytes the link's socket hasn't taken yet, those that are held included.
    #[inline]
    pub fn unsent(&self, link: LinkId) -> usize {
        self.slots.get(link.0 as usize).map_or(0, Slot::unsent)
    }

    /// So many bytes for the link wait for something before they may be written. If more is unsent
    /// than a link may have, it is to be ended: nothing else would notice while it waits.
    pub fn hold(&mut self, link: LinkId, bytes: usize) {
        if let Some(slot) = self.slots.get_mut(link.0 as usize).filter(|slot| slot.up) {
            slot.held += bytes;
            if slot.unsent() > limits::LINK_BACKLOG_BYTES_MAX {
                self.end(link, "more is held for it than a link may have unsent");
            }
        }
    }

    /// So many of the bytes that were held aren't any more: they come by [`Outbox::swap_in`], or
    /// never.
    pub fn let_go(&mut self, link: LinkId, bytes: usize) {
        if let Some(slot) = self.slots.get_mut(link.0 as usize) {
            slot.held = slot.held.saturating_sub(bytes);
        }
    }

    /// Appends whole frames for this link, and leaves their buffer empty: where nothing is unsent
    /// the two buffers are swapped, and nothing is copied.
    pub fn swap_in(&mut self, link: LinkId, bytes: &mut Vec<u8>) {
        let buffer = self.buffer(link);
        if buffer.is_empty() {
            std::mem::swap(buffer, bytes);
        } else {
            buffer.append(bytes);
        }
    }

    /// How much of it there is, written or not; [`Outbox::cut`] goes back to there.
    #[inline]
    pub fn length(&self, link: LinkId) -> usize {
        self.slots.get(link.0 as usize).map_or(0, |slot| slot.bytes.len())
    }

    /// Forgets what was appended since there was so much, in the same turn.
    pub fn cut(&mut self, link: LinkId, length: usize) {
        if let Some(slot) = self.slots.get_mut(link.0 as usize) {
            slot.bytes.truncate(length);
        }
    }

    /// Has the link closed; its `LinkDown` comes later.
    pub fn end(&mut self, link: LinkId, reason: &'static str) {
        self.ended.push((link, reason));
    }

    /// The link exists from now on, with nothing unsent.
    pub fn up(&mut self, link: LinkId) {
        let at = link.0 as usize;
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, Slot::default);
        }
        self.slots[at] = Slot { up: true, ..Slot::default() };
    }

    /// The link is no more; what was unsent is gone.
    pub fn down(&mut self, link: LinkId) {
        if let Some(slot) = self.slots.get_mut(link.0 as usize) {
            *slot = Slot::default();
        }
        self.dirty.retain(|dirty| *dirty != link);
        self.ended.retain(|(ended, _)| *ended != link);
    }

    /// The new output of this link is written before that of others (S2 of docs/replication.md):
    /// somebody waits for what its peer answers.
    pub fn first(&mut self, link: LinkId) {
        if let Some(at) = self.dirty.iter().position(|dirty| *dirty == link) {
            self.dirty[..=at].rotate_right(1);
        }
    }

    /// The links with new output, each once, in the order they got it. They are clean then.
    pub fn dirty(&mut self) -> Vec<LinkId> {
        for link in &self.dirty {
            self.slots[link.0 as usize].dirty = false;
        }
        std::mem::take(&mut self.dirty)
    }

    /// Whether anything but routine was appended since this was asked last.
    #[inline]
    pub fn has_spoken(&mut self) -> bool {
        std::mem::take(&mut self.has_spoken)
    }

    /// Whether any link has new output.
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// The links that a machine wants closed, and why.
    pub fn ended(&mut self) -> Vec<(LinkId, &'static str)> {
        std::mem::take(&mut self.ended)
    }

    /// What is to be written now.
    pub fn unwritten(&self, link: LinkId) -> &[u8] {
        self.slots.get(link.0 as usize).map_or(&[], |slot| &slot.bytes[slot.written..])
    }

    /// So many bytes of it have been taken. False: too much is unsent, the link is to be ended.
    pub fn wrote(&mut self, link: LinkId, bytes: usize) -> bool {
        let Some(slot) = self.slots.get_mut(link.0 as usize) else { return true };
        slot.written += bytes;
        if slot.written == slot.bytes.len() {
            slot.written = 0;
            slot.bytes.clear();
            slot.bytes.shrink_to(KEPT_BYTES);
        } else if slot.written > KEPT_BYTES {
            slot.bytes.drain(..slot.written);
            slot.written = 0;
        }
        slot.unsent() <= limits::LINK_BACKLOG_BYTES_MAX
    }

    /// All that is to be written, taken at once: for a simulation, whose pipes are never full.
    pub fn take(&mut self, link: LinkId) -> Vec<u8> {
        let slot = &mut self.slots[link.0 as usize];
        let written = std::mem::take(&mut slot.written);
        let mut bytes = std::mem::take(&mut slot.bytes);
        bytes.drain(..written);
        bytes
    }
}

impl Slot {
    #[inline]
    fn unsent(&self) -> usize {
        self.bytes.len() - self.written + self.held
    }
}

/// A buffer keeps this much when it has been written: the batch of a busy turn.
const KEPT_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests;
