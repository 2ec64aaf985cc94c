//! `call`: an operation on the user's own queue which the web application answers.

use proto::c2g;
use proto::codes::Status;
use proto::limits;

use super::ask::{AskKind, Verdicts};
use crate::machine::asker::{Asker, Who};
use crate::machine::bucket::{Bucket, Decision};
use crate::machine::record::{Outcome, Refusal};
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::Step;
use crate::machine::turn::Turn;

impl Bucket {
    /// `call`; `hash` is that of the name of the session's user queue, which lives here.
    pub(crate) fn call(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        call: &c2g::Call,
        verdicts: Verdicts<'_>,
        hash: u64,
    ) {
        let Who::Session { key, .. } = asker.who else { return };
        let inbox = self.inbox_of(self.state.people().user_of(key));
        if self.repeated(turn, asker, inbox, hash) {
            return;
        }
        let inbox = inbox.filter(|inbox| self.state.queue(*inbox).members.contains(key));
        let Some(inbox) = inbox else {
            return self.refuse(turn, asker, crate::machine::member::over());
        };
        let decision = self.decide_call(inbox, call, verdicts);
        self.conclude_ruled(turn, inbox, asker, decision, verdicts.rule(AskKind::Call));
    }

    fn decide_call(&self, inbox: QueueIndex, call: &c2g::Call, verdicts: Verdicts<'_>) -> Decision {
        let class = match &*call.queue {
            "" => Some(&self.state.queue(inbox).class),
            queue if queue.starts_with("/user/") => Some(self.state.classes().class_of_user(queue)),
            queue => self.state.classes().class_of(queue),
        };
        let Some(class) = class else {
            let sentence = "no class of the configuration matches the queue of this call: add one, \
                            or correct the name";
            return Err(Refusal::new(Status::NotFound, sentence));
        };
        if class.target.is_none() {
            let pattern = &class.class.pattern;
            let sentence = format!(
                "the class {pattern:?} has no `callout` that could answer a call: name a `queue` \
                 whose class has one, or give it one"
            );
            return Err(Refusal::new(Status::Unimplemented, sentence));
        }
        if call.method.is_empty() {
            return Err(Refusal::new(Status::Invalid, "a call names a method"));
        }
        let max = limits::PAYLOAD_BYTES_MAX;
        if call.payload.len() > max {
            let sentence = format!("a payload is at most {max} bytes long; send a link to it");
            return Err(Refusal::new(Status::Limit, sentence));
        }
        let verdict = verdicts.on(AskKind::Call);
        let payload = verdict.and_then(|verdict| verdict.payload).unwrap_or_default();
        if payload.len() > max {
            let sentence = format!("the web application's answer is longer than {max} bytes");
            return Err(Refusal::new(Status::Limit, sentence));
        }
        Ok((Outcome::Called { payload: payload.into() }, Step::Nothing))
    }
}
