//! Asking a process what its own HTTP shows, on behalf of an operator, over the link that it has
//! with the boss anyhow.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::b2n::{self, b2n as envelope};
use proto::limits;
use proto::n2b::Called;
use proto::name::NodeId;
use proto::time::Time;

use super::super::outbox::{Answer, Outbox};
use super::super::roster::{Node, NodeRole, State};
use super::Boss;
use super::publication::put;

/// A process says by [`limits::CALL_MS_MAX`] that it couldn't: who doesn't even say that has other
/// worries.
const ANSWER_MS_MAX: u64 = limits::CALL_MS_MAX + 1_000;
/// Calls under way to all processes.
pub(super) const CALLS_MAX: usize = 1_024;

/// A request to a process's own HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Whom it goes to.
    pub callee: Callee,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// With its query.
    pub path: String,
    /// At most [`limits::CALL_BYTES_MAX`].
    pub body: Vec<u8>,
}

/// Who is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callee {
    /// This process.
    Node(NodeId),
    /// A gateway that is ready, one after the other.
    Gateway,
}

/// Calls that processes haven't answered yet.
#[derive(Debug, Default)]
pub(super) struct Calls {
    newest: u64,
    pending: BTreeMap<u64, Pending>,
    /// The gateway that was called last because it was ready.
    last: Option<NodeId>,
}

#[derive(Debug)]
struct Pending {
    question: u64,
    node: NodeId,
    link: LinkId,
    late_at: u64,
}

impl Calls {
    /// When the oldest call is answered without its process. All wait equally long.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.pending.first_key_value().map(|(_, pending)| pending.late_at)
    }
}

impl Boss {
    pub(super) fn call(&mut self, now: Time, question: u64, call: Call, out: &mut Outbox) {
        self.counters.called += 1;
        let (node, link) = match self.callee(&call) {
            Ok(callee) => callee,
            Err(reason) => return Boss::answer(out, question, Answer::Unavailable(reason)),
        };
        let Call { callee, method, path, body } = call;
        if callee == Callee::Gateway {
            self.calls.last = Some(node.clone());
        }
        self.calls.newest += 1;
        let number = self.calls.newest;
        let late_at = now.ms + ANSWER_MS_MAX;
        self.calls.pending.insert(number, Pending { question, node, link, late_at });
        let method = method.to_owned();
        put(out, link, envelope::Body::Call(b2n::Call { number, method, path, body }));
    }

    /// Whom a call goes to, and over which link; or why it can't.
    fn callee(&self, call: &Call) -> Result<(NodeId, LinkId), String> {
        if call.body.len() > limits::CALL_BYTES_MAX {
            return Err(format!("the request is longer than {} bytes", limits::CALL_BYTES_MAX));
        }
        if self.calls.pending.len() >= CALLS_MAX {
            return Err("too many calls at once: ask again".to_owned());
        }
        match &call.callee {
            Callee::Node(id) => {
                let link = self.lives.get(id).and_then(|life| life.link());
                let link = link.ok_or_else(|| format!("the boss has no link to {id}"))?;
                Ok((id.clone(), link))
            }
            Callee::Gateway => {
                let ready = || self.kept.roster.iter().filter_map(|node| self.ready_gateway(node));
                let mut behind = ready().filter(|(id, _)| self.calls.last.as_ref() < Some(id));
                let next = behind.next().or_else(|| ready().next());
                next.ok_or_else(|| "the boss has no link to a gateway that is ready".to_owned())
            }
        }
    }

    fn ready_gateway(&self, node: &Node) -> Option<(NodeId, LinkId)> {
        let link = self.lives.get(&node.id).and_then(|life| life.link())?;
        let is_ready = self.reports.of(&node.id);
        let is_ready = is_ready.is_some_and(|report| report.ready && !report.draining);
        let serves = node.role == NodeRole::Gateway && node.state == State::Up && is_ready;
        serves.then(|| (node.id.clone(), link))
    }

    pub(super) fn called(&mut self, link: LinkId, answer: Called, out: &mut Outbox) {
        // An answer that nobody waits for any more comes late, not wrong.
        let is_its = self.calls.pending.get(&answer.number).is_some_and(|it| it.link == link);
        if !is_its {
            return;
        }
        let Some(pending) = self.calls.pending.remove(&answer.number) else { return };
        let status = u16::try_from(answer.status).ok().filter(|status| (200..600).contains(status));
        let answer = match status {
            Some(status) if answer.body.len() <= limits::CALL_ANSWER_BYTES_MAX => {
                Answer::Called { status, body: answer.body }
            }
            Some(_) => Answer::Late(format!("the answer of {} is too long", pending.node)),
            None => Answer::Late(format!("the answer of {} has no status", pending.node)),
        };
        Boss::answer(out, pending.question, answer);
    }

    /// Who was called over this link answers no more.
    pub(super) fn hang_up(&mut self, link: LinkId, out: &mut Outbox) {
        for (_, pending) in self.calls.pending.extract_if(.., |_, pending| pending.link == link) {
            let reason = format!("the link to {} ended before it answered", pending.node);
            Boss::answer(out, pending.question, Answer::Late(reason));
        }
    }

    /// Answers calls that their processes didn't.
    pub(super) fn expire_calls(&mut self, now: Time, out: &mut Outbox) {
        while let Some(entry) = self.calls.pending.first_entry() {
            if entry.get().late_at > now.ms {
                break;
            }
            let pending = entry.remove();
            let reason = format!("{} didn't answer within {ANSWER_MS_MAX} ms", pending.node);
            Boss::answer(out, pending.question, Answer::Late(reason));
        }
    }
}
