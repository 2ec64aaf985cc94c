//! A panic while an operation is decided is that operation's alone: it is refused, and all else
//! goes on.
//!
//! Deciding reads the state, and writes only what can be taken back: frames into the buffer of the
//! link that asked, or the one that is held for it, bodies into buffers that every decision clears.
//! So before anything is carried out a panic has changed nothing, but for allowances that were
//! spent and for what was counted, which are a node's own. Once something is, a panic is a bug in
//! carrying out: half of it can't be taken back, and the process ends.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use link::machine::LinkId;
use proto::codes::Status;
use proto::text::Foreign;

use super::asker::Asker;
use super::bucket::Bucket;
use super::faults::Panics;
use super::held::Mark;
use super::record::Refusal;
use super::turn::Turn;

/// A panic that was caught: for the log, since a machine doesn't write any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// The kind of the operation or request, as the protocols name it.
    pub kind: &'static str,
    /// The queue that it named, if it named one; of a login, the user.
    pub queue: Foreign,
    /// What the panic said.
    pub text: Foreign,
}

/// What is being decided, as long as nothing of it has been carried out: how much was said before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deciding {
    /// Whose link is answered.
    link: LinkId,
    /// So many bytes were unsent on it, and so much of this turn waits.
    said: usize,
    held: Mark,
    /// A planted bug.
    panics: bool,
}

impl Bucket {
    /// The way into a bucket of each operation and request. Should deciding it panic, it is
    /// refused, and no record remembers that: if it comes again, it is decided again.
    #[inline]
    pub(crate) fn guarded(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        subject: (&'static str, &[u8]),
        decide: impl FnOnce(&mut Bucket, &mut Turn<'_>),
    ) {
        if let Some(refusal) = self.caught(turn, asker.link, subject, decide) {
            self.refuse(turn, asker, refusal);
        }
    }

    /// Decides and carries out what is answered on this link: of a kind, and about a queue. After a
    /// panic while it was decided, there is only the refusal to be answered.
    #[inline]
    pub(crate) fn caught(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        (kind, queue): (&'static str, &[u8]),
        decide: impl FnOnce(&mut Bucket, &mut Turn<'_>),
    ) -> Option<Refusal> {
        let is_its = |panics: &Panics| queue.ends_with(panics.on.as_bytes());
        let planted = turn.shared.settings.faults().panics.filter(is_its);
        self.deciding = Some(Deciding {
            link,
            said: turn.out.links.length(link),
            held: self.outputs.mark(&turn.shared.links, link),
            panics: planted.is_some_and(|panics| !panics.late),
        });
        // Safe to go on with: what a decision can leave unfinished is put right below.
        let decided = catch_unwind(AssertUnwindSafe(|| {
            decide(self, turn);
            if planted.is_some() {
                self.panic_in_the_end(turn);
            }
            self.deciding = None;
        }));
        decided.err().map(|panic| self.take_back(turn, (kind, queue), panic))
    }

    /// From here on what was decided is carried out, and can't be taken back.
    #[inline]
    pub(crate) fn carry_out(&mut self) {
        if self.deciding.is_some_and(|deciding| deciding.panics) {
            panic!("a planted panic");
        }
        self.deciding = None;
    }

    /// Carries out what is right whatever becomes of the operation that is being decided, such as
    /// the end of a run: that goes on from there.
    pub(crate) fn beforehand<T>(
        &mut self,
        turn: &mut Turn<'_>,
        work: impl FnOnce(&mut Bucket, &mut Turn<'_>) -> T,
    ) -> T {
        let deciding = self.deciding.take();
        let done = work(self, turn);
        self.deciding = deciding.map(|deciding| Deciding {
            said: turn.out.links.length(deciding.link),
            held: self.outputs.mark(&turn.shared.links, deciding.link),
            ..deciding
        });
        done
    }

    /// A planted bug: in the midst of its answer, or when all has been carried out.
    #[cold]
    fn panic_in_the_end(&self, turn: &mut Turn<'_>) {
        match self.deciding {
            Some(Deciding { panics: false, .. }) => return,
            Some(Deciding { link, said, .. }) if turn.out.links.length(link) > said => {
                turn.out.links.buffer(link).pop();
            }
            Some(_) | None => {}
        }
        panic!("a planted panic");
    }

    /// Nothing is left of what was being decided.
    #[cold]
    fn take_back(
        &mut self,
        turn: &mut Turn<'_>,
        (kind, queue): (&'static str, &[u8]),
        panic: Box<dyn Any + Send>,
    ) -> Refusal {
        let Some(Deciding { link, said, held, .. }) = self.deciding.take() else {
            resume_unwind(panic)
        };
        self.keyed = None;
        self.outputs.cut_to(&mut turn.shared.links, link, held);
        turn.out.links.cut(link, said);
        // What was cut may have named the bucket.
        turn.shared.links.unsaid(link);
        turn.shared.scratch.clear();
        turn.shared.body.clear();
        turn.shared.counters.panics += 1;
        let (queue, text) = (Foreign::of_bytes(queue), Foreign::new(words_of(&*panic)));
        turn.out.caught.push(Caught { kind, queue, text });
        let sentence = "the server has a bug, and has done nothing: report it to its operator";
        Refusal::new(Status::Internal, sentence)
    }
}

/// What a panic said.
fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}
