//! The writes of one session in one queue: which came, and how the last of them were answered.

use proto::g2c::ResultHead;
use proto::limits::UNANSWERED_PER_QUEUE_MAX;
use proto::wire::{self, Fields, Value};

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) head: ResultHead,
    /// The whole result where it is more than the head; `Some` of nothing: it was too large to
    /// keep.
    pub(crate) whole: Option<Box<[u8]>>,
}

/// What is known of an operation's id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is above all before.
    New,
    /// It was answered so.
    Answered(Remembered),
    /// It isn't above all before, and has left nothing: it was refused, or comes too late, and
    /// nothing was done.
    Traceless,
    /// It came before, and nobody knows any more what became of it.
    Forgotten,
}

/// What is known of a session's writes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Recent {
    highest: u32,
    /// The session is over: it never joins again.
    pub(crate) is_over: bool,
    results: Results,
    /// Of results that are more than their heads, by the operation's id. Nearly always none.
    #[allow(clippy::box_collection, reason = "two words less in every subscription")]
    wholes: Option<Box<Vec<Whole>>>,
}

/// The id of an operation, and its result.
type Whole = (u32, Box<[u8]>);

/// A result that is remembered, in the few bytes that nearly all are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Brief {
    seq: u64,
    op_id: u32,
    status: u16,
    /// It is more than this: the rest is among the wholes, or was too large to keep.
    has_whole: bool,
}

/// The last results, in a ring once there are more than whoever comes and goes has.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Results {
    Few { count: u8, briefs: [Brief; FEW] },
    Many { oldest: u8, briefs: Vec<Brief> },
}

/// The fields of a packed [`Recent`]: a result that is its head, a whole one, and the head of one
/// that was too large to keep.
const HEAD: u32 = 1;
const WHOLE: u32 = 2;
const TOO_LARGE: u32 = 3;

/// Of a subscribe and an unsubscribe.
const FEW: usize = 2;

impl Default for Results {
    fn default() -> Results {
        Results::Few { count: 0, briefs: [Brief::default(); FEW] }
    }
}

impl Results {
    /// Where one more goes if the oldest has to make space for it.
    #[inline]
    fn oldest_if_full(&mut self) -> Option<&mut Brief> {
        match self {
            Results::Many { oldest, briefs } if briefs.len() == UNANSWERED_PER_QUEUE_MAX => {
                let at = usize::from(*oldest);
                *oldest = ((at + 1) % UNANSWERED_PER_QUEUE_MAX) as u8;
                Some(&mut briefs[at])
            }
            Results::Few { .. } | Results::Many { .. } => None,
        }
    }

    /// Appends one where there is space.
    fn push(&mut self, brief: Brief) {
        match self {
            Results::Few { count, briefs } => match briefs.get_mut(usize::from(*count)) {
                Some(space) => {
                    *space = brief;
                    *count += 1;
                }
                None => {
                    let mut briefs = briefs.to_vec();
                    briefs.push(brief);
                    *self = Results::Many { oldest: 0, briefs };
                }
            },
            Results::Many { briefs, .. } => briefs.push(brief),
        }
    }

    /// Whether a result of this id would still be here: ids rise, and the oldest goes first.
    fn had_space_since(&self, op_id: u32) -> bool {
        match self {
            Results::Many { briefs, .. } if briefs.len() == UNANSWERED_PER_QUEUE_MAX => {
                self.iter().next().is_some_and(|oldest| oldest.op_id < op_id)
            }
            Results::Few { .. } | Results::Many { .. } => true,
        }
    }

    /// All of them, oldest first.
    fn iter(&self) -> impl DoubleEndedIterator<Item = &Brief> {
        let (newer, older) = match self {
            Results::Few { count, briefs } => briefs[..usize::from(*count)].split_at(0),
            Results::Many { oldest, briefs } => briefs.split_at(usize::from(*oldest)),
        };
        older.iter().chain(newer)
    }
}

impl Recent {
    /// What is known of this id.
    #[inline]
    pub(crate) fn look(&self, op_id: u32) -> Known {
        if op_id > self.highest {
            return Known::New;
        }
        match self.results.iter().rev().find(|brief| brief.op_id == op_id) {
            Some(brief) => match self.remembered(brief) {
                Remembered { whole: Some(whole), .. } if whole.is_empty() => Known::Forgotten,
                result => Known::Answered(result),
            },
            None if self.results.had_space_since(op_id) => Known::Traceless,
            None => Known::Forgotten,
        }
    }

    fn remembered(&self, brief: &Brief) -> Remembered {
        let Brief { seq, op_id, status, has_whole } = *brief;
        let head = ResultHead { op_id, status: u32::from(status), seq };
        if !has_whole {
            return Remembered { head, whole: None };
        }
        let mut wholes = self.wholes.iter().flat_map(|wholes| wholes.iter().rev());
        let whole = wholes.find(|(other, _)| *other == op_id).map(|(_, whole)| whole.clone());
        Remembered { head, whole: Some(whole.unwrap_or_default()) }
    }

    /// Keeps a result; the oldest beyond those that can be unanswered goes.
    #[inline]
    pub(crate) fn remember(&mut self, result: Remembered) {
        let ResultHead { op_id, status, seq } = result.head;
        self.highest = self.highest.max(op_id);
        let has_whole = result.whole.is_some();
        let brief = Brief { seq, op_id, status: status as u16, has_whole };
        match self.results.oldest_if_full() {
            Some(oldest) => {
                // Looked at only if need be: it has long left the cache.
                if let Some(wholes) = &mut self.wholes {
                    wholes.retain(|(other, _)| *other != oldest.op_id);
                }
                *oldest = brief;
            }
            None => self.results.push(brief),
        }
        if let Some(whole) = result.whole.filter(|whole| !whole.is_empty()) {
            self.wholes.get_or_insert_default().push((op_id, whole));
        }
    }

    /// The highest id of an operation.
    pub(super) fn highest(&self) -> u32 {
        self.highest
    }

    /// Ids up to this one have been seen.
    pub(super) fn raise_highest(&mut self, highest: u32) {
        self.highest = self.highest.max(highest);
    }

    /// The results that are remembered, the oldest first.
    pub(super) fn results(&self) -> impl Iterator<Item = Remembered> {
        self.results.iter().map(|brief| self.remembered(brief))
    }

    /// As few bytes as will do: the highest id and in its lowest bit whether the session is over,
    /// then each result as a field.
    pub(crate) fn pack(&self, out: &mut Vec<u8>) {
        wire::put_varint(out, u64::from(self.highest) << 1 | u64::from(self.is_over));
        for brief in self.results.iter() {
            match self.remembered(brief) {
                Remembered { whole: Some(whole), .. } if !whole.is_empty() => {
                    wire::put_bytes(out, WHOLE, &whole);
                }
                Remembered { head, whole } => {
                    let field = if whole.is_none() { HEAD } else { TOO_LARGE };
                    wire::put_nested(out, field, head.len());
                    head.put(out);
                }
            }
        }
    }

    /// What [`Recent::pack`] wrote.
    pub(crate) fn unpack(packed: &[u8]) -> Recent {
        let read = |bytes: &[u8]| {
            let (highest, at) = wire::varint(bytes).ok()??;
            let mut recent = Recent::default();
            let mut fields = Fields::of(&bytes[at..]);
            while let Some((number, Value::Bytes(result))) = fields.field().ok()? {
                let head = ResultHead::of(result).ok()?;
                let whole = match number {
                    WHOLE => Some(result.into()),
                    TOO_LARGE => Some(Box::default()),
                    _ => None,
                };
                recent.remember(Remembered { head, whole });
            }
            recent.highest = (highest >> 1) as u32;
            recent.is_over = highest & 1 == 1;
            Some(recent)
        };
        read(packed).expect("only `pack` wrote these bytes")
    }
}
