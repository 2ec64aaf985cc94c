//! What must hold, judged from what clients saw.
//!
//! [`spans`] cuts journals into subscriptions and operations; [`ledger`] puts together what all of
//! them saw of each queue. Then each rule is looked at on its own: [`delivery`] (order, doubles,
//! nothing missed, filters, exclusion), [`outcome`] (exactly once, answers in order and with a
//! reason), [`refusal`] (nothing is refused without a cause), [`present`] (snapshot then live,
//! against a reference model), [`reads`] (what was read was so), [`ends`] (of keys that are bound
//! to a moment or a session), [`roster`] and [`presence`] (who is there), [`session`] (who is
//! connected stays), [`causes`] (who is named, and why), [`fenced`] (of two logins one wins),
//! [`back_end`] and [`own_queues`] (what the web application asked for), [`asked`] and [`tells`]
//! (what it was asked and told), [`listed`] (the queues that there are), [`losses`] (what
//! is announced as lost).

mod asked;
mod back_end;
mod causes;
mod delivery;
mod ends;
mod fenced;
mod ledger;
mod listed;
mod losses;
mod outcome;
mod own_queues;
mod presence;
mod present;
mod reads;
mod refusal;
mod roster;
mod session;
mod spans;
mod tells;
#[cfg(test)]
mod tests;

use crate::journal::Observations;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When it was seen, in microseconds since the run began.
    pub at_us: u64,
    /// The promise.
    pub rule: &'static str,
    /// What was seen instead.
    pub what: String,
}

/// Judges a run.
pub fn check(seen: &Observations) -> Vec<Violation> {
    let lives = spans::read(seen);
    let (ledger, mut violations) = ledger::gather(&lives);
    delivery::check(&lives, &ledger, &mut violations);
    outcome::check(&lives, &ledger, &mut violations);
    refusal::check(&lives, &ledger, &mut violations);
    reads::check(&lives, &ledger, &mut violations);
    ends::check(&lives, &ledger, &mut violations);
    present::check(&lives, &ledger, &mut violations);
    roster::check(&lives, &ledger, &mut violations);
    session::check(&lives, &mut violations);
    causes::check(&lives, &ledger, &mut violations);
    fenced::check(&lives, &ledger, &mut violations);
    back_end::check(&lives, &ledger, &mut violations);
    asked::check(&lives, &ledger, &mut violations);
    listed::check(&lives, &mut violations);
    tells::check(seen, &mut violations);
    violations.extend(losses::check(seen));
    own_queues::check(seen, &mut violations);
    violations
}
