//! Bytes of a turn for one link: as they will be in the link's own buffer, and which are whose.

use link::machine::LinkId;
use proto::bucket::{BucketId, Epochs};

use crate::machine::links::put_at;

/// What is held for a link.
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) link: LinkId,
    pub(super) bytes: Vec<u8>,
    spans: Vec<Span>,
}

/// From here to where the next one begins: frames of a bucket, `at` first.
#[derive(Debug, Clone, Copy)]
struct Span {
    bucket: BucketId,
    epochs: Epochs,
    start: usize,
}

/// How much of something there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    pub(super) bytes: usize,
    pub(super) spans: usize,
    pub(super) effects: usize,
}

impl Buffer {
    /// Without anything.
    pub(super) fn new(link: LinkId) -> Buffer {
        Buffer { link, bytes: Vec::new(), spans: Vec::new() }
    }

    /// Where to append frames of a bucket.
    #[inline]
    pub(super) fn open(&mut self, (bucket, epochs): (BucketId, Epochs)) -> &mut Vec<u8> {
        let is_its = |last: &Span| last.bucket == bucket && last.epochs == epochs;
        if !self.spans.last().is_some_and(is_its) {
            self.spans.push(Span { bucket, epochs, start: self.bytes.len() });
            put_at(&mut self.bytes, bucket, epochs);
        }
        &mut self.bytes
    }

    /// How much there is.
    pub(super) fn mark(&self) -> Mark {
        Mark { bytes: self.bytes.len(), spans: self.spans.len(), effects: 0 }
    }

    /// Forgets what came since there was so much.
    pub(super) fn cut_to(&mut self, mark: Mark) {
        self.bytes.truncate(mark.bytes);
        self.spans.truncate(mark.spans);
    }

    /// Whether any of it is of this bucket.
    pub(super) fn has(&self, prefix: u32) -> bool {
        self.spans.iter().any(|span| span.bucket.prefix() == prefix)
    }

    /// Moves what is of this bucket behind what is in another buffer.
    pub(super) fn cut(&mut self, prefix: u32, to: &mut Buffer) {
        let (bytes, spans) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.spans));
        for (at, span) in spans.iter().enumerate() {
            let end = spans.get(at + 1).map_or(bytes.len(), |next| next.start);
            let into = if span.bucket.prefix() == prefix { &mut *to } else { &mut *self };
            into.spans.push(Span { start: into.bytes.len(), ..*span });
            into.bytes.extend_from_slice(&bytes[span.start..end]);
        }
    }

    /// Forgets all of it, to be used again for a link.
    pub(super) fn clear(&mut self, link: LinkId) {
        self.link = link;
        self.bytes.clear();
        self.spans.clear();
    }

    /// Forgets all of it, and keeps no more space than that.
    pub(super) fn shrink_to(&mut self, bytes_max: usize) {
        self.clear(self.link);
        self.bytes.shrink_to(bytes_max);
        self.spans.shrink_to(bytes_max / size_of::<Span>());
    }
}
