//! What will happen and when; of two things at the same moment, the one that was put first comes
//! first.

use std::collections::BTreeMap;

use gateway::machine::callout::{HttpRequest, Outcome};

use super::application::Via;
use super::wires::Port;
use super::{Process, Target};
use crate::phase::Phase;

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A process takes what has come and decides.
    Turn { process: Process, life: u64 },
    /// A process wanted to be woken.
    Wake { process: Process, life: u64 },
    /// A process begins (again).
    Start { process: Process, life: u64 },
    /// A port dials.
    Dial { port: Port, life: u64, target: Target },
    /// Bytes reach an end of a wire.
    Carried { wire: usize, end: usize, bytes: Vec<u8> },
    /// An end of a wire notices that the other is gone.
    Notice { wire: usize, end: usize },
    /// The boss's disk has what was written, or says that it hasn't.
    Written { life: u64, fails: bool },
    /// An operator finds the boss frozen.
    OperatorLooks { life: u64 },
    /// Trouble of some kind.
    Trouble(Trouble),
    /// A client does something, or nothing.
    Think { client: usize },
    /// A client wanted to be woken.
    ClientWake { client: usize, at_ms: u64 },
    /// A client dials a gateway.
    ClientDial { client: usize, attempt: u64 },
    /// A client's dial came to something, or to nothing.
    ClientDialled { client: usize, attempt: u64, socket: Option<usize> },
    /// A client gets the token that it asked for, or none.
    TokenComes { client: usize, attempt: u64 },
    /// A client that held takes old events, too.
    ClientOpens { socket: usize },
    /// Bytes of a gateway reach a client.
    ToClient { socket: usize, bytes: Vec<u8> },
    /// Bytes of a client reach its gateway.
    ToGateway { socket: usize, bytes: Vec<u8> },
    /// A client notices the end of its connection.
    ClientNotices { socket: usize },
    /// A gateway notices the end of a client's connection.
    GatewayNotices { socket: usize },
    /// A client takes bytes again.
    Unstall { socket: usize },
    /// A node that was full has space again.
    HasSpace { node: usize, life: u64 },
    /// The web application does something.
    BackEndThinks,
    /// A request of the web application reaches its gateway.
    BackEndAsks { number: u64 },
    /// An answer reaches the web application.
    BackEndHears { gateway: usize, life: u64, reply: Box<gateway::machine::WebReply> },
    /// The web application waits no longer for an answer.
    BackEndLosesPatience { call: usize, attempt: usize },
    /// A request of a lane reaches the web application.
    CalledOut { via: Via, sent_us: u64, request: Box<HttpRequest> },
    /// The web application's answer reaches the lane: to a question, it is one of its posts.
    Answered { via: Via, request: u64, post: Option<(usize, usize)>, outcome: Box<Outcome> },
    /// The next part of the run begins.
    Phase(Phase),
    /// All faults have healed some time ago.
    Healed,
    /// A process dies.
    Kill { process: Process, life: u64, down_us: u64 },
    /// What a node has said to the boss comes once more, on whatever link there is.
    Repeated { node: usize, life: u64, frame: Vec<u8> },
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    LaneLink,
    NodeLink,
    BossLink,
    DropClient,
    StallClient,
    RenewClient,
    RivalClient,
    CrashNode,
    CrashBoss,
    CrashGateway,
    Hang,
    CutOff,
    LateClient,
    AwayClient,
    FullNode,
    SlowNode,
    OneFault,
}

/// The order of things to come.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    now_us: u64,
    order: u64,
    to_come: BTreeMap<(u64, u64), Happening>,
}

impl Agenda {
    /// The present moment, in microseconds since the run began.
    pub(crate) fn now_us(&self) -> u64 {
        self.now_us
    }

    /// Something will happen then, or at once if that is past.
    pub(crate) fn at(&mut self, at_us: u64, happening: Happening) {
        self.order += 1;
        self.to_come.insert((at_us.max(self.now_us), self.order), happening);
    }

    /// Something will happen so much later.
    pub(crate) fn after(&mut self, us: u64, happening: Happening) {
        self.at(self.now_us + us, happening);
    }

    /// Goes on to the next thing that happens.
    pub(crate) fn next(&mut self) -> Option<Happening> {
        let ((at_us, _), happening) = self.to_come.pop_first()?;
        self.now_us = at_us;
        Some(happening)
    }
}
