//! Commands: checked, admitted, and sent as soon as the queue's bounds allow.

use std::sync::Arc;

use proto::c2g;
use proto::limits as protocol;
use proto::name::QueueName;
use proto::time::Time;
use proto::wire;

use super::operation::{Operation, Request};
use super::{Client, Connection, Outbox};
use crate::{Answer, Command, Event, Failure, Ticket};

impl Client {
    pub(super) fn command(
        &mut self,
        now: Time,
        ticket: Ticket,
        command: Command,
        out: &mut Outbox,
    ) {
        if matches!(self.connection, Connection::Over) {
            return out.answer(ticket, Err(Failure::Closed));
        }
        let Some((queue, request)) = request(command) else { return self.bye(ticket, out) };
        if let Err(failure) = self.submit(now, ticket, &queue, request, out) {
            out.answer(ticket, Err(failure));
        }
    }

    fn submit(
        &mut self,
        now: Time,
        ticket: Ticket,
        queue: &str,
        request: Request,
        out: &mut Outbox,
    ) -> Result<(), Failure> {
        let name = QueueName::try_from(queue)?;
        if matches!(request, Request::Unsubscribe(_)) {
            self.drop_paused(queue);
        }
        let known = self.queues.get_key_value(name.as_str()).map(|(name, _)| Arc::clone(name));
        let name = known.unwrap_or_else(|| Arc::from(name.as_str()));
        if matches!(request, Request::Subscribe(_)) && self.is_full(&name) {
            return Err(Failure::Full);
        }
        let operation =
            Operation::new(self.deadline_ms(now), Some(ticket), Arc::clone(&name), request);
        self.held.admit(&operation)?;
        if let Some(expires_ms) = operation.expires_ms() {
            self.look_at(expires_ms);
        }
        self.queues.entry(Arc::clone(&name)).or_default().waiting.push_back(operation);
        self.pump(now, &name, out);
        self.forget_if_idle(&name);
        Ok(())
    }

    /// One subscription more than a session may have; the others stay as they are.
    fn is_full(&self, queue: &str) -> bool {
        let others = self.queues.iter().filter(|(name, _)| &***name != queue);
        let subscribed = others.filter(|(_, queue)| queue.subscription.is_some()).count();
        subscribed >= protocol::SUBSCRIPTIONS_MAX
    }

    /// A subscription that is paused isn't waited for any more. The session may be a member all the
    /// same, so the queue hears of it.
    fn drop_paused(&mut self, name: &str) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        let wished = |operation: &Operation| matches!(operation.request, Request::Subscribe(_));
        if queue.paused_until().is_some() && !queue.waiting.iter().any(wished) {
            queue.subscription = None;
        }
    }

    fn bye(&mut self, ticket: Ticket, out: &mut Outbox) {
        if self.connection.is_up() {
            let bye = c2g::C2g { body: Some(c2g::c2g::Body::Bye(c2g::Bye {})) };
            wire::put_message(&mut out.frames, &bye);
        }
        self.end(out);
        out.answer(ticket, Ok(Answer::Done));
        let code = Some(u32::from(proto::codes::Close::Bye.number()));
        let reason = "the application closed the client".to_owned();
        out.events.push(Event::Closed { code, reason, may_retry: false });
    }
}

/// The queue and what is asked of it; nothing if the command is about no queue.
fn request(command: Command) -> Option<(String, Request)> {
    let op_id = 0;
    Some(match command {
        Command::Subscribe { queue, options } => {
            let (history, mounts) = (options.history, options.mounts);
            let (name, key_prefix) = (queue.clone(), options.key_prefix);
            let since = None;
            let message = c2g::Subscribe { op_id, queue, since, history, mounts, key_prefix };
            (name, Request::Subscribe(message))
        }
        Command::Unsubscribe { queue } => {
            (queue.clone(), Request::Unsubscribe(c2g::Unsubscribe { op_id, queue }))
        }
        Command::SendMessage { queue, mount, payload, exclude_self } => {
            let name = queue.clone();
            let payload = Some(payload);
            let message = c2g::SendMessage { op_id, queue, mount, payload, exclude_self };
            (name, Request::SendMessage(message))
        }
        Command::SendState { queue, mount, changes } => {
            let name = queue.clone();
            let changes = changes.into_iter().map(c2g::Change::from).collect();
            (name, Request::SendState(c2g::SendState { op_id, queue, mount, changes }))
        }
        Command::GetState { queue, mount, key_prefix, page } => {
            let (name, after, limit) = (queue.clone(), page.after, page.limit);
            let message = c2g::GetState { op_id, queue, mount, key_prefix, after, limit };
            (name, Request::GetState(message))
        }
        Command::GetHistory { queue, mount, before_seq, limit } => {
            let name = queue.clone();
            let message = c2g::GetHistory { op_id, queue, mount, before_seq, limit };
            (name, Request::GetHistory(message))
        }
        Command::ListMembers { queue, page } => {
            let (name, after, limit) = (queue.clone(), page.after, page.limit);
            (name, Request::ListMembers(c2g::ListMembers { op_id, queue, after, limit }))
        }
        Command::Close => return None,
    })
}
