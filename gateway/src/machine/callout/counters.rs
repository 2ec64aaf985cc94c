//! What call-outs count.

use super::verdict::Verdict;
use crate::machine::counters::Figure;

/// Why an ask has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Its deadline is over.
    Late,
    /// No connection, or it ended too early.
    Unreachable,
    /// The URL leads to the inner network, and the call-out isn't configured so.
    InnerAddress,
    /// Redirects are not followed.
    Redirected,
    /// Its HTTP status isn't 200.
    Status,
    /// It is too large.
    Huge,
    /// It isn't what such an ask is answered with.
    Wrong,
    /// Nobody is asked at the moment: the circuit breaker is open.
    CircuitOpen,
    /// Too many asks wait.
    Busy,
    /// No call-out has this name.
    Unconfigured,
}

impl Silence {
    const ALL: [Silence; 10] = [
        Silence::Late,
        Silence::Unreachable,
        Silence::InnerAddress,
        Silence::Redirected,
        Silence::Status,
        Silence::Huge,
        Silence::Wrong,
        Silence::CircuitOpen,
        Silence::Busy,
        Silence::Unconfigured,
    ];

    /// The label's value in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Silence::Late => "late",
            Silence::Unreachable => "unreachable",
            Silence::InnerAddress => "inner_address",
            Silence::Redirected => "redirected",
            Silence::Status => "status",
            Silence::Huge => "huge",
            Silence::Wrong => "wrong",
            Silence::CircuitOpen => "circuit_open",
            Silence::Busy => "busy",
            Silence::Unconfigured => "unconfigured",
        }
    }

    fn at(self) -> usize {
        Silence::ALL.iter().position(|other| *other == self).expect("all are in ALL")
    }
}

/// Plain integers, gathered by io when somebody asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "`list` says what each counts")]
pub struct Counters {
    pub asks_allowed: u64,
    pub asks_refused: u64,
    asks_silent: [u64; Silence::ALL.len()],
    pub asks_under_way: u64,
    pub asks_waiting: u64,
    pub circuits_opened: u64,
    pub circuits_open: u64,
    pub tells_taken: u64,
    pub tells_declined: u64,
    pub tells_heard: u64,
    pub tells_waiting: u64,
    pub posts_of_tells: u64,
    pub posts_of_tells_failed: u64,
}

impl Counters {
    /// An ask has no answer.
    pub(super) fn silent(&mut self, why: Silence) {
        self.asks_silent[why.at()] += 1;
    }

    /// An ask is answered.
    pub(super) fn answered(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Allow | Verdict::Payload(_) | Verdict::User { .. } => self.asks_allowed += 1,
            Verdict::Refuse { .. } => self.asks_refused += 1,
        }
    }

    /// How many asks had no answer for this reason.
    pub fn asks_silent(&self, why: Silence) -> u64 {
        self.asks_silent[why.at()]
    }

    /// Each value with its metric's name and meaning.
    pub fn list(&self) -> Vec<Figure> {
        let answered = [("allowed", self.asks_allowed), ("refused", self.asks_refused)];
        let answered = answered.into_iter().map(|(verdict, count)| Figure {
            name: "imq_callout_asks_answered_total",
            help: "Asks that the web application answered, by its verdict.",
            label: Some(("verdict", verdict)),
            value: count as f64,
        });
        let silent = Silence::ALL.into_iter().map(|why| Figure {
            name: "imq_callout_asks_unanswered_total",
            help: "Asks without an answer of the web application, by the reason.",
            label: Some(("reason", why.name())),
            value: self.asks_silent(why) as f64,
        });
        let plain = self.plain().into_iter().map(|(name, help, value)| Figure {
            name,
            help,
            label: None,
            value: value as f64,
        });
        answered.chain(silent).chain(plain).collect()
    }

    fn plain(&self) -> [(&'static str, &'static str, u64); 10] {
        [
            ("imq_callout_asks_under_way", "Asks on their way now.", self.asks_under_way),
            ("imq_callout_asks_waiting", "Asks that wait for their turn.", self.asks_waiting),
            (
                "imq_callout_circuits_opened_total",
                "Times that a web application wasn't asked for a while.",
                self.circuits_opened,
            ),
            (
                "imq_callout_circuits_open",
                "Call-outs that are not asked now, of each lane.",
                self.circuits_open,
            ),
            ("imq_callout_tells_taken_total", "Tells that nodes gave.", self.tells_taken),
            (
                "imq_callout_tells_declined_total",
                "Tells left to the nodes, since too many waited.",
                self.tells_declined,
            ),
            (
                "imq_callout_tells_heard_total",
                "Tells that the web application has taken.",
                self.tells_heard,
            ),
            ("imq_callout_tells_waiting", "Tells taken and not heard yet.", self.tells_waiting),
            ("imq_callout_tell_posts_total", "Batches of tells posted.", self.posts_of_tells),
            (
                "imq_callout_tell_posts_failed_total",
                "Batches of tells not taken, to be posted again.",
                self.posts_of_tells_failed,
            ),
        ]
    }
}
