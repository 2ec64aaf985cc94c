//! A web application that asks for things: requests by either gateway, sent again when no answer
//! comes.

use gateway::machine::{WebReply, WebRequest};
use proto::c2g;
use proto::codes::Status;
use proto::g2q::request::Body;
use proto::g2q::{
    CreateMount, CreateQueue, DeleteMount, DeleteQueue, DisconnectUser, JoinUser, ListQueues,
    RemoveUser,
};

use super::agenda::Happening;
use super::process::Arrival;
use super::{Process, World};
use crate::call::{Attempt, Call, Wish};
use crate::phase::Phase;
use crate::plan::GATEWAYS;

/// The web application's memory.
#[derive(Debug, Default)]
pub(crate) struct BackEnd {
    pub(crate) calls: Vec<Call>,
    /// The call and the attempt of each request.
    requests: Vec<(usize, usize)>,
    arrived: u64,
    /// The last call about each queue of its own: the next waits for its end.
    own: std::collections::BTreeMap<String, usize>,
}

/// How often a call is sent until the application gives up on it.
const ATTEMPTS_MAX: usize = 6;

impl World {
    /// The web application wants something.
    pub(crate) fn back_end_thinks(&mut self) {
        if self.phase > Phase::Trouble {
            return;
        }
        let wish = self.wish();
        let own = wish.own_queue().and_then(|queue| self.back_end.own.get(queue));
        if own.is_none_or(|call| self.back_end.calls[*call].is_over) {
            let has_key = wish.own_queue().is_some() || self.chance.percent(60);
            self.call(wish, has_key);
        }
        let us = self.chance.below(2_000 * self.plan.back_end_ms) + 100;
        self.agenda.after(us, Happening::BackEndThinks);
    }

    fn wish(&mut self) -> Wish {
        self.numbers += 1;
        Wish::draw(&mut self.chance, &self.plan, self.numbers)
    }

    /// Queues of its own are no longer needed.
    pub(crate) fn back_end_tidies(&mut self) {
        for queue in self.back_end.own.clone().into_keys() {
            self.call(Wish::Delete { queue }, true);
        }
    }

    /// Whether the web application has ended, or wanted to end, all sessions of a user.
    pub(crate) fn is_disconnected(&self, user: &str) -> bool {
        let is_it = |wish: &Wish| matches!(wish, Wish::Disconnect { user: of } if of == user);
        self.back_end.calls.iter().any(|call| is_it(&call.wish))
    }

    fn call(&mut self, wish: Wish, has_key: bool) {
        let call = self.back_end.calls.len();
        if let Some(queue) = wish.own_queue() {
            self.back_end.own.insert(queue.to_owned(), call);
        }
        self.trace(|| format!("w{call} wants {wish:?}, key: {has_key}"));
        self.back_end.calls.push(Call { wish, has_key, attempts: Vec::new(), is_over: false });
        let gateway = self.chance.index(GATEWAYS);
        self.attempt(call, gateway);
    }

    /// Sends a call by this gateway.
    fn attempt(&mut self, call: usize, gateway: usize) {
        let attempt = self.back_end.calls[call].attempts.len();
        let lane = self.chance.index(self.plan.lanes[gateway]);
        let life = self.life(Process::Gateway(gateway));
        let sent_us = self.agenda.now_us();
        let via = (gateway, life, lane);
        let one = &mut self.back_end.calls[call];
        one.attempts.push(Attempt {
            sent_us,
            via,
            answer: None,
            names: Vec::new(),
            arrived: 0,
            is_lost: false,
        });
        let number = self.back_end.requests.len() as u64;
        self.back_end.requests.push((call, attempt));
        self.trace(|| format!("w{call} is sent to g{}", gateway + 1));
        let us = self.back_end_us();
        self.agenda.after(us, Happening::BackEndAsks { number });
        let patience_us = self.chance.between(200_000, 2_500_000);
        self.agenda.after(patience_us, Happening::BackEndLosesPatience { call, attempt });
    }

    fn back_end_us(&mut self) -> u64 {
        if self.chance.percent(90) { self.chance.below(3_000) } else { self.chance.below(40_000) }
    }

    /// A request reaches its gateway, if that is still there.
    pub(crate) fn back_end_asks(&mut self, number: u64) {
        let (call, attempt) = self.back_end.requests[number as usize];
        let (gateway, life, lane) = self.back_end.calls[call].attempts[attempt].via;
        let process = Process::Gateway(gateway);
        if !self.is_alive(process, life) || lane >= self.gateways[gateway].lanes.len() {
            return self.back_end_lost(call, attempt);
        }
        self.back_end.arrived += 1;
        self.back_end.calls[call].attempts[attempt].arrived = self.back_end.arrived;
        let one = &self.back_end.calls[call];
        let request = WebRequest {
            number,
            body: body_of(&one.wish),
            queue: one.wish.home(),
            key_id: 1,
            idempotency_key: one.has_key.then(|| format!("call-{call}").into_bytes()),
            body_hash: call as u64,
        };
        self.arrive(process, Arrival::Asked { lane, request: Box::new(request) });
    }

    /// A lane has answered: the application hears it, unless the gateway dies before.
    pub(crate) fn back_end_answered(&mut self, gateway: usize, replies: Vec<WebReply>) {
        for reply in replies {
            let us = self.back_end_us();
            let life = self.life(Process::Gateway(gateway));
            let reply = Box::new(reply);
            self.agenda.after(us, Happening::BackEndHears { gateway, life, reply });
        }
    }

    pub(crate) fn back_end_hears(&mut self, gateway: usize, life: u64, reply: WebReply) {
        let (call, attempt) = self.back_end.requests[reply.number as usize];
        if !self.is_alive(Process::Gateway(gateway), life) {
            return self.back_end_lost(call, attempt);
        }
        let now_us = self.agenda.now_us();
        let one = &mut self.back_end.calls[call];
        let status = reply.result.status;
        let text = format!("w{call} is answered {:?} {:?}", reply.result, reply.about.queues);
        let next = next_page(one, &reply.result);
        one.attempts[attempt].names = reply.about.queues;
        let twice = one.attempts[attempt].answer.replace((now_us, reply.result)).is_some();
        one.is_over |= status != Status::OutcomeUnknown.number();
        self.trace(|| text);
        if twice {
            self.violated("a request is answered once", format!("w{call} twice"));
        }
        if status == Status::OutcomeUnknown.number() {
            self.try_again(call, attempt);
        }
        if let Some(wish) = next {
            self.call(wish, false);
        }
    }

    /// A gateway has died: whoever waited for it finds out.
    pub(crate) fn back_end_loses(&mut self, gateway: usize, life: u64) {
        let waits = |attempt: &Attempt| {
            let (of, its, _) = attempt.via;
            (of, its) == (gateway, life) && attempt.answer.is_none()
        };
        let calls = self.back_end.calls.iter().enumerate();
        let lost: Vec<(usize, usize)> = calls
            .flat_map(|(call, one)| {
                let attempts = one.attempts.iter().enumerate();
                attempts.filter(|(_, one)| waits(one)).map(move |(attempt, _)| (call, attempt))
            })
            .collect();
        for (call, attempt) in lost {
            self.back_end_lost(call, attempt);
        }
    }

    fn back_end_lost(&mut self, call: usize, attempt: usize) {
        self.back_end.calls[call].attempts[attempt].is_lost = true;
        self.try_again(call, attempt);
    }

    pub(crate) fn back_end_loses_patience(&mut self, call: usize, attempt: usize) {
        if self.back_end.calls[call].attempts[attempt].answer.is_none() {
            self.try_again(call, attempt);
        }
    }

    /// Sends a call again, by the other gateway; one without a key only sometimes, for that may do
    /// it twice.
    fn try_again(&mut self, call: usize, attempt: usize) {
        let one = &self.back_end.calls[call];
        let is_newest = attempt + 1 == one.attempts.len();
        if one.is_over || !is_newest {
            return;
        }
        let has_key = one.has_key;
        let gateway = (one.attempts[attempt].via.0 + 1) % GATEWAYS;
        let many = one.attempts.len() >= ATTEMPTS_MAX;
        if many || (!has_key && self.chance.percent(50)) {
            self.back_end.calls[call].is_over = true;
        } else {
            self.attempt(call, gateway);
        }
    }
}

/// What is wanted after a page of names, unless another answer has come before this one.
fn next_page(call: &Call, result: &proto::g2c::Result) -> Option<Wish> {
    let Wish::List { limit, .. } = call.wish else { return None };
    let goes_on = !call.is_over && !result.next.is_empty();
    goes_on.then(|| Wish::List { after: result.next.clone(), limit })
}

fn body_of(wish: &Wish) -> Body {
    let (chat, scores) = ("chat".to_owned(), "scores".to_owned());
    match wish.clone() {
        Wish::Message { queue, payload } => Body::SendMessage(c2g::SendMessage {
            queue,
            mount: chat,
            payload: Some(payload),
            ..Default::default()
        }),
        Wish::State { queue, changes } => {
            let changes = changes.iter().map(change_of).collect();
            Body::SendState(c2g::SendState { queue, mount: scores, changes, ..Default::default() })
        }
        Wish::Read { queue } => {
            Body::GetState(c2g::GetState { queue, mount: scores, ..Default::default() })
        }
        Wish::List { after, limit } => {
            Body::ListQueues(ListQueues { after, limit, ..Default::default() })
        }
        Wish::Create { queue } => Body::CreateQueue(CreateQueue { queue }),
        Wish::Delete { queue } => Body::DeleteQueue(DeleteQueue { queue }),
        Wish::Mount { queue, deleted: false } => {
            let (mount, kind) = ("spare".to_owned(), "message".to_owned());
            Body::CreateMount(CreateMount { queue, mount, kind })
        }
        Wish::Mount { queue, deleted: true } => {
            Body::DeleteMount(DeleteMount { queue, mount: "spare".to_owned() })
        }
        Wish::Join { queue, user } => {
            Body::JoinUser(JoinUser { queue, user, ..Default::default() })
        }
        Wish::Remove { queue, user } => Body::RemoveUser(RemoveUser { queue, user }),
        Wish::Disconnect { user } => {
            Body::DisconnectUser(DisconnectUser { user, ..Default::default() })
        }
    }
}

fn change_of(change: &imq_sdk::Change) -> c2g::Change {
    use c2g::change::Act;
    let act = match &change.act {
        imq_sdk::Act::Set(value) => Act::Set(value.clone()),
        imq_sdk::Act::Delete => Act::Delete(true),
        imq_sdk::Act::Add(amount) => Act::Add(*amount),
    };
    let (key, if_version) = (change.key.clone(), change.if_version);
    c2g::Change {
        key,
        act: Some(act),
        if_version,
        if_absent: change.if_absent,
        ..Default::default()
    }
}
