//! What the web application is asked about an operation, and what it said.

use std::borrow::Cow;

use prost::Message as _;
use proto::codes::Status;
use proto::g2q::{self, OperationRef};
use proto::q2g::AnswerRef;

use crate::machine::asker::{Asker, Who};
use crate::machine::bucket::{Bucket, Decision};
use crate::machine::record::{Outcome, Refusal};
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::Record;
use crate::machine::turn::Turn;

/// What can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskKind {
    CreateQueue,
    Subscribe,
    SendMessage,
    SendState,
    Call,
}

impl AskKind {
    /// As it stands in `q2g.Answer.ask` and in `g2q.Verdict.kind`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            AskKind::CreateQueue => "create_queue",
            AskKind::Subscribe => "subscribe",
            AskKind::SendMessage => "send_message",
            AskKind::SendState => "send_state",
            AskKind::Call => "call",
        }
    }
}

/// What an operation has of the web application's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdicts<'a> {
    /// It may be asked: nothing of the session behind the operation is on its way to the queue.
    askable: bool,
    /// `g2q.Verdicts`, encoded; mostly none.
    encoded: &'a [u8],
}

/// What is to become of an operation that needs the web application's leave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    Allowed,
    Refused(Refusal),
    /// It hasn't been asked yet.
    Ask(AskKind),
    /// It can't be asked any more: the operation came without a stop for it.
    TooLate,
}

impl<'a> Verdicts<'a> {
    /// Of what needs none: requests of the back end.
    pub(crate) const NONE: Verdicts<'static> = Verdicts { askable: false, encoded: &[] };

    /// Those that came with an operation.
    #[inline]
    pub(crate) fn of(operation: &OperationRef<'a>) -> Verdicts<'a> {
        Verdicts { askable: operation.askable, encoded: operation.verdicts }
    }

    /// The verdict on this question, if it was asked.
    pub(crate) fn on(&self, kind: AskKind) -> Option<g2q::Verdict> {
        if self.encoded.is_empty() {
            return None;
        }
        let verdicts = g2q::Verdicts::decode(self.encoded).ok()?.verdicts;
        verdicts.into_iter().rfind(|verdict| verdict.kind == kind.name())
    }

    /// What becomes of an operation that needs this leave.
    pub(crate) fn rule(&self, kind: AskKind) -> Ruling {
        match self.on(kind) {
            Some(verdict) if verdict.status == Status::Ok.number() => Ruling::Allowed,
            Some(verdict) => Ruling::Refused(refusal(verdict)),
            None if self.askable => Ruling::Ask(kind),
            None => Ruling::TooLate,
        }
    }

    /// The same, of what needs the leave only if a class says so.
    pub(crate) fn rule_if(&self, needs: bool, kind: AskKind) -> Ruling {
        if needs { self.rule(kind) } else { Ruling::Allowed }
    }
}

impl Bucket {
    /// Commits what was decided if the web application lets it. What would be refused anyway is
    /// refused without asking. False: the operation changed nothing.
    pub(crate) fn conclude_ruled(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        asker: &Asker,
        decision: Decision,
        ruling: Ruling,
    ) -> bool {
        let is_ignored = turn.shared.settings.faults().verdict_ignored;
        let ruling = match ruling {
            Ruling::Refused(_) if is_ignored => Ruling::Allowed,
            Ruling::Allowed | Ruling::Refused(_) | Ruling::Ask(_) | Ruling::TooLate => ruling,
        };
        match (decision, ruling) {
            (Ok(decided), Ruling::Allowed) => {
                self.conclude(turn, index, asker, Ok(decided));
                return true;
            }
            (Err(refusal), _) | (Ok(_), Ruling::Refused(refusal)) => {
                self.conclude(turn, index, asker, Err(refusal));
            }
            (Ok(_), Ruling::Ask(kind)) => self.ask_application(turn, asker, kind),
            (Ok(_), Ruling::TooLate) => self.refuse(turn, asker, too_late()),
        }
        false
    }

    /// Whether a queue that isn't there may come to be. False: the operation is answered.
    pub(crate) fn may_come_to_be(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        hash: u64,
        ruling: Ruling,
    ) -> bool {
        match ruling {
            Ruling::Allowed => return true,
            Ruling::Refused(refusal) => self.refuse_for_good(turn, asker, hash, refusal),
            Ruling::Ask(kind) => self.ask_application(turn, asker, kind),
            Ruling::TooLate => self.refuse(turn, asker, too_late()),
        }
        false
    }

    /// Refuses an operation on a queue that isn't there, or that isn't to be told from one, and
    /// remembers it: asking twice could come out otherwise.
    pub(crate) fn refuse_for_good(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        hash: u64,
        refusal: Refusal,
    ) {
        turn.shared.counters.refused += 1;
        let result = asker.result(&Outcome::Refused(refusal));
        let kept = self.kept(turn, asker, Some(hash), &result);
        self.record(turn, Record::Noop, kept);
        self.answer(turn, asker, &result);
    }

    /// The lane is to ask, and to send the operation again with the verdict. Nothing of it is
    /// remembered.
    pub(crate) fn ask_application(&mut self, turn: &mut Turn<'_>, asker: &Asker, kind: AskKind) {
        let Who::Session { handle, .. } = asker.who else { return };
        turn.shared.counters.asks += 1;
        let answer = AnswerRef { session: handle, result: &[], ask: kind.name().as_bytes() };
        self.say(turn, asker.link, |out| answer.put(out));
        if turn.shared.followed.is_on() {
            self.trace_asked(turn, asker);
        }
    }
}

/// The web application's no.
fn refusal(verdict: g2q::Verdict) -> Refusal {
    let status = match Status::from_number(verdict.status) {
        // What isn't a status is no leave. The lane alone says that an outcome isn't known.
        Some(Status::Ok) | None => Status::Forbidden,
        Some(status) => status,
    };
    let sentence = match verdict.error_message {
        sentence if sentence.is_empty() => Cow::Borrowed("the web application doesn't allow it"),
        sentence => Cow::Owned(sentence),
    };
    Refusal::new(status, sentence)
}

/// What became of the queue's class meanwhile can't be asked about any more.
pub(crate) fn too_late() -> Refusal {
    let sentence = "the rules of the queue have just changed: send it again";
    Refusal::new(Status::Unavailable, sentence)
}
