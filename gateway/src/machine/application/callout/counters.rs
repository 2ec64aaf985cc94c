//! What call-outs count.

use member::machine::{Histogram, Sample, Value};

use super::verdict::Verdict;

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
    pub ask_times: Histogram,
    pub tell_times: Histogram,
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
    pub fn list(&self) -> Vec<Sample> {
        let answered = [("allowed", self.asks_allowed), ("refused", self.asks_refused)];
        let answered = answered.into_iter().map(|(verdict, count)| {
            let help = "Asks that the web application answered, by its verdict.";
            let name = "imq_gateway_callout_asks_answered_total";
            Sample::counter(name, help, count).with("verdict", verdict)
        });
        let silent = Silence::ALL.into_iter().map(|why| {
            let help = "Asks without a valid answer, by reason.";
            let name = "imq_gateway_callout_asks_unanswered_total";
            Sample::counter(name, help, self.asks_silent(why)).with("reason", why.name())
        });
        let times = [("ask", self.ask_times), ("tell", self.tell_times)];
        let times = times.into_iter().map(|(kind, times)| {
            let help =
                "How long requests to web applications took until they were answered or failed.";
            let times = Value::Histogram(times);
            Sample::new("imq_gateway_callout_request_seconds", help, times).with("kind", kind)
        });
        let sizes = self.sizes().map(|(name, help, size)| Sample::gauge(name, help, size));
        let totals = self.totals().map(|(name, help, count)| Sample::counter(name, help, count));
        sizes.into_iter().chain(totals).chain(answered).chain(silent).chain(times).collect()
    }

    fn sizes(&self) -> [(&'static str, &'static str, u64); 4] {
        [
            ("imq_gateway_callout_asks_under_way", "Asks on their way now.", self.asks_under_way),
            (
                "imq_gateway_callout_asks_waiting",
                "Asks that wait for their turn.",
                self.asks_waiting,
            ),
            (
                "imq_gateway_callout_circuits_open",
                "Call-outs that are not asked now, counted for each lane.",
                self.circuits_open,
            ),
            (
                "imq_gateway_callout_tells_waiting",
                "Tells taken from queue nodes and not acknowledged yet.",
                self.tells_waiting,
            ),
        ]
    }

    fn totals(&self) -> [(&'static str, &'static str, u64); 6] {
        [
            (
                "imq_gateway_callout_circuits_opened_total",
                "Times that a lane stopped asking a web application for a while.",
                self.circuits_opened,
            ),
            (
                "imq_gateway_callout_tells_taken_total",
                "Tells taken from queue nodes.",
                self.tells_taken,
            ),
            (
                "imq_gateway_callout_tells_declined_total",
                "Tells left with queue nodes because too many waited here.",
                self.tells_declined,
            ),
            (
                "imq_gateway_callout_tells_heard_total",
                "Tells that the web application has acknowledged.",
                self.tells_heard,
            ),
            (
                "imq_gateway_callout_tell_posts_total",
                "Batches of tells posted.",
                self.posts_of_tells,
            ),
            (
                "imq_gateway_callout_tell_posts_failed_total",
                "Batches of tells that failed and are posted again.",
                self.posts_of_tells_failed,
            ),
        ]
    }
}
