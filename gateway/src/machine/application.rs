//! What of a lane's clients the web application is asked about and told, and how its verdicts come
//! back. [`Application`] owns it.
//!
//! In reading order: `line` lets the operations of a session go to a queue one by one; `question`
//! is what a queue's home wants asked about one of them; `newcomer` asks who connects, unless
//! `returner` finds the session that goes on. What is said over HTTP, and how, is the matter of
//! [`callout`].
//!
//! Of a queue whose class asks about nothing, nothing is known in here.

use std::collections::BTreeMap;
use std::sync::Arc;

use link::machine::LinkId;
use proto::class::{Class, ClusterConfig};
use proto::g2q::{self, G2q};
use proto::ids::{Handle, SessionId};
use proto::q2g;
use proto::wire;

use super::delivery::ConnId;
use super::desk::Desk;
use super::door::Prefix;
use super::lane::Outbox;
use super::sessions::Sessions;
use callout::{AskKind, Callouts, Outcome, Verdict};

pub mod callout;
mod line;
mod newcomer;
mod question;
mod returner;

use line::Line;
use newcomer::Newcomer;

/// What of a lane's clients the web application is asked about and told, and the call-outs that do
/// it.
#[derive(Debug)]
pub(super) struct Application {
    callouts: Callouts,
    /// Some class asks about something, or some operation is in a line: else an operation has
    /// nothing to do in here.
    is_on: bool,
    config: Arc<ClusterConfig>,
    /// By session and the hash of the queue's name.
    lines: BTreeMap<(Handle, u64), Line>,
    /// Bytes of all operations in lines.
    bytes: usize,
    /// Some line waits until its user's home is heard.
    is_mute: bool,
    newcomers: BTreeMap<ConnId, Newcomer>,
    /// Where those come from who haven't said yet who they are.
    origins: BTreeMap<ConnId, Prefix>,
    /// Whom the verdict on an ask is for.
    asked: BTreeMap<u64, Whose>,
    /// The newest ask's number.
    newest: u64,
}

/// Whom a verdict is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The first operation of a line.
    Operation { session: Handle, hash: u64, kind: AskKind },
    /// A connection without a session yet.
    Newcomer(ConnId),
    /// A session that brings new credentials.
    Refresh { session: Handle, id: SessionId, op_id: u32, until_ms: Option<u64> },
}

impl Application {
    /// Nothing is asked about yet.
    pub(super) fn new(callouts: Callouts) -> Application {
        Application {
            callouts,
            is_on: false,
            config: Arc::default(),
            lines: BTreeMap::new(),
            bytes: 0,
            is_mute: false,
            newcomers: BTreeMap::new(),
            origins: BTreeMap::new(),
            asked: BTreeMap::new(),
            newest: 0,
        }
    }

    /// Whether an operation may have something to do in here. Of a call that is always so.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// What the call-outs have counted.
    pub(super) fn counters(&self) -> callout::Counters {
        self.callouts.counters()
    }

    /// When something is to be done, if nothing comes before.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.callouts.wake_at()
    }

    /// A link is down: its node gives its tells to whom it finds next.
    pub(super) fn link_down(&mut self, link: LinkId) {
        self.callouts.link_down(link);
    }
    /// The class of a queue's name.
    fn class_of(&self, queue: &str) -> Option<&Class> {
        self.config.class_of(queue).map(|at| &self.config.class[at])
    }

    /// A number for an ask.
    fn number(&mut self, whose: Whose) -> u64 {
        self.newest += 1;
        self.asked.insert(self.newest, whose);
        self.newest
    }

    /// Whether an operation has nothing to do in here may have changed.
    fn look_whether_on(&mut self) {
        self.is_on = !self.lines.is_empty() || self.config.class.iter().any(Class::asks);
    }
}

impl Application {
    /// The cluster's configuration has come, or has changed.
    pub(super) fn configure(
        &mut self,
        config: Arc<ClusterConfig>,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        self.callouts.configure(desk.now, &config, &mut out.callouts);
        self.config = config;
        self.look_whether_on();
        sessions.forget_asks();
        self.take_verdicts(sessions, desk, out);
    }

    /// What became of a request to the web application.
    pub(super) fn called(
        &mut self,
        request: u64,
        outcome: Outcome,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        self.callouts.answered(desk.now, request, outcome, &mut out.callouts);
        self.take_verdicts(sessions, desk, out);
    }

    /// Ends asks that are late, and posts the tells that have gathered.
    pub(super) fn wake(&mut self, sessions: &mut Sessions, desk: &mut Desk, out: &mut Outbox) {
        if self.callouts.wake_at().is_some_and(|at_ms| at_ms <= desk.now.ms) {
            self.callouts.wake(desk.now, &mut out.callouts);
            self.take_verdicts(sessions, desk, out);
        }
    }

    /// A node has something for the web application.
    pub(super) fn tell(
        &mut self,
        link: LinkId,
        tell: q2g::Tell,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if desk.settings.faults().tell_acknowledged_early {
            out.callouts.acknowledged.push((link, vec![tell.number]));
            self.take_verdicts(sessions, desk, out);
        }
        self.callouts.tell(desk.now, link, tell);
    }

    /// Does what follows from what the call-outs have let out.
    pub(super) fn take_verdicts(
        &mut self,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        for (link, numbers) in std::mem::take(&mut out.callouts.acknowledged) {
            if desk.upstream.node_of(link).is_some() {
                let body = Some(g2q::g2q::Body::Acknowledge(g2q::Acknowledge { numbers }));
                wire::put_message(out.links.buffer(link), &G2q { body });
            }
        }
        for (number, verdict) in std::mem::take(&mut out.callouts.verdicts) {
            self.verdict(number, verdict, sessions, desk, out);
        }
    }

    /// The verdict on an ask. Whoever it was about may be gone.
    fn verdict(
        &mut self,
        number: u64,
        verdict: Verdict,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        match self.asked.remove(&number) {
            Some(Whose::Operation { session, hash, kind }) => {
                self.verdict_on_operation(
                    (session, hash),
                    verdict.to_wire(kind),
                    sessions,
                    desk,
                    out,
                );
            }
            Some(Whose::Newcomer(conn)) => {
                self.verdict_on_newcomer(conn, verdict, sessions, desk, out)
            }
            Some(Whose::Refresh { session, id, op_id, until_ms }) => {
                self.verdict_on_refresh(
                    (session, id),
                    (op_id, until_ms),
                    verdict,
                    sessions,
                    desk,
                    out,
                );
            }
            None => {}
        }
    }
}
