//! Operations of clients: which is which, and those that come too late.

use prost::Message as _;
use proto::c2g::{self, Kind};
use proto::codes::Status;
use proto::g2q::OperationRef;
use proto::ids::Sub;

use super::application::Verdicts;
use super::asker::{Asker, Who};
use super::bucket::Bucket;
use super::local::Seat;
use super::record::Refusal;
use super::subscribe_ref::SubscribeRef;
use super::turn::Turn;

impl Bucket {
    /// Decides any operation but an ordinary `send_message`.
    pub(crate) fn other_operation(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        operation: &OperationRef<'_>,
        hash: u64,
    ) {
        let (body, verdicts) = (operation.body, Verdicts::of(operation));
        let read = match operation.kind {
            Kind::Subscribe => match SubscribeRef::of(body) {
                Ok(subscribe) => {
                    let Some(sub) = Sub::or_none(operation.sub) else {
                        return self.refuse(turn, asker, numberless());
                    };
                    return self.subscribe(turn, asker, subscribe, verdicts, (sub, hash));
                }
                Err(_) => c2g::Subscribe::decode(body).map(|_| ()),
            },
            Kind::Unsubscribe => c2g::Unsubscribe::decode(body)
                .map(|unsubscribe| self.unsubscribe(turn, asker, &unsubscribe.queue, hash)),
            Kind::SendMessage => c2g::SendMessage::decode(body).map(|_| ()),
            Kind::SendState => c2g::SendState::decode(body)
                .map(|send| self.send_state(turn, asker, &send, verdicts, hash)),
            Kind::GetState => {
                c2g::GetState::decode(body).map(|read| self.get_state(turn, asker, &read))
            }
            Kind::GetHistory => {
                c2g::GetHistory::decode(body).map(|read| self.get_history(turn, asker, &read))
            }
            Kind::ListMembers => {
                c2g::ListMembers::decode(body).map(|read| self.list_members(turn, asker, &read))
            }
            Kind::Call => {
                c2g::Call::decode(body).map(|call| self.call(turn, asker, &call, verdicts, hash))
            }
            Kind::Connect | Kind::Open | Kind::Refresh | Kind::Ping | Kind::Pong | Kind::Bye => {
                let sentence = "this version of the queue node doesn't know the operation";
                self.refuse(turn, asker, Refusal::new(Status::Unimplemented, sentence));
                Ok(())
            }
        };
        if read.is_err() {
            let sentence = "the operation is not a message of this protocol: encode it again";
            self.refuse(turn, asker, Refusal::new(Status::Invalid, sentence));
        }
    }

    /// What a connection says that is over. It changes nothing; but what ran before it was over,
    /// and comes again since the answer was lost, has its result.
    pub(crate) fn operation_of_the_past(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        operation: &OperationRef<'_>,
        queue: &[u8],
        hash: u64,
    ) {
        let Who::Session { key, handle, op_id } = asker.who else { return };
        let found = match operation.kind == Kind::Call {
            true => self.inbox_of(self.state.people().user_of(key)),
            false => self.state.queues().find(queue),
        };
        let may_have_run = is_write(operation.kind) && op_id > 0;
        let earlier = match may_have_run {
            true => self.earlier(turn, asker, found, hash),
            false => None,
        };
        let Some(earlier) = earlier else {
            return self.refuse(turn, asker, super::member::over());
        };
        turn.shared.counters.repeated += 1;
        self.answer(turn, asker, &earlier);
        if operation.kind == Kind::Subscribe
            && earlier.head.status == 0
            && let Some(sub) = Sub::or_none(operation.sub)
        {
            let seat = Seat { link: asker.link, handle };
            if let Some(index) = found
                && self.seat_of(index, key) == Some(seat)
            {
                self.stand(turn, index, key);
                self.detached(turn, index);
            }
            // It goes on elsewhere, or has ended: its client here hears nothing of the queue.
            self.unsubscribed(turn, seat, sub, "", false);
        }
    }
}

/// The refusal of a `subscribe` whose events the lane could give to nobody.
fn numberless() -> Refusal {
    let sentence = "the gateway has given the queue no number: report this";
    Refusal::new(Status::Invalid, sentence)
}

/// Whether the results of such operations are remembered.
pub(crate) fn is_write(kind: Kind) -> bool {
    match kind {
        Kind::Subscribe | Kind::Unsubscribe | Kind::SendMessage | Kind::SendState | Kind::Call => {
            true
        }
        Kind::GetState
        | Kind::GetHistory
        | Kind::ListMembers
        | Kind::Connect
        | Kind::Open
        | Kind::Refresh
        | Kind::Ping
        | Kind::Pong
        | Kind::Bye => false,
    }
}
