//! What runs have brought about: a judge to whom nothing is shown finds nothing wrong, so a gate
//! asks for enough of everything, and not too many refusals.

use std::collections::BTreeMap;
use std::fmt;

use imq_sdk::{Answer, Command, Event, Failure, QueueEvent, Status};
use proto::record::field::record;

use crate::application::Ruling;
use crate::call::Wish;
use crate::journal::{FULL, Observations, What};

/// Something that is counted.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    bound: Bound,
    count: fn(&Observations) -> u64,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    /// For each hundred runs.
    AtLeastInHundred(u64),
    /// For each thousand commands of clients.
    AtMostInThousand(u64),
    /// It is the number of commands.
    Commands,
}

/// A few runs may be so far from the mean of many, in percent.
const FEW_PERCENT: u64 = 40;
/// So many runs are not few.
const MANY: u64 = 300;
/// Fewer say nothing, such as the seeds that once found a bug.
const FEW: u64 = 100;

const KINDS: [Kind; 40] = [
    Kind { name: "commands", bound: Bound::Commands, count: commands },
    Kind {
        name: "acknowledged",
        bound: Bound::AtLeastInHundred(68_000),
        count: |seen| answers(seen, |r| r.is_ok()),
    },
    Kind {
        name: "messages delivered",
        bound: Bound::AtLeastInHundred(140_000),
        count: |seen| {
            queue_events(seen, |event| matches!(event, QueueEvent::Message(one) if !one.history))
        },
    },
    Kind {
        name: "old messages",
        bound: Bound::AtLeastInHundred(20_000),
        count: |seen| {
            queue_events(seen, |event| matches!(event, QueueEvent::Message(one) if one.history))
        },
    },
    Kind {
        name: "states delivered",
        bound: Bound::AtLeastInHundred(68_000),
        count: |seen| queue_events(seen, |event| matches!(event, QueueEvent::State(_))),
    },
    Kind {
        name: "states conflated",
        bound: Bound::AtLeastInHundred(600),
        count: |seen| {
            queue_events(seen, |event| matches!(event, QueueEvent::State(one) if one.conflated))
        },
    },
    Kind {
        name: "gaps",
        bound: Bound::AtLeastInHundred(90),
        count: |seen| queue_events(seen, |event| matches!(event, QueueEvent::Gap(_))),
    },
    Kind {
        name: "back after long",
        bound: Bound::AtLeastInHundred(85),
        count: |seen| {
            queue_events(seen, |event| matches!(event, QueueEvent::Subscribed(one) if one.gap))
        },
    },
    Kind {
        name: "joined and left",
        bound: Bound::AtLeastInHundred(36_000),
        count: |seen| {
            queue_events(seen, |event| matches!(event, QueueEvent::Joined(_) | QueueEvent::Left(_)))
        },
    },
    Kind {
        name: "resumes",
        bound: Bound::AtLeastInHundred(850),
        count: |seen| events(seen, |event| matches!(event, Event::Connected { resumed: true, .. })),
    },
    Kind {
        name: "recoveries",
        bound: Bound::AtLeastInHundred(1_700),
        count: |seen| {
            queue_events(
                seen,
                |event| matches!(event, QueueEvent::Subscribed(one) if one.recovered),
            )
        },
    },
    Kind {
        name: "closed for good",
        bound: Bound::AtLeastInHundred(1_200),
        count: |seen| events(seen, |event| matches!(event, Event::Closed { may_retry: false, .. })),
    },
    Kind {
        name: "requests done",
        bound: Bound::AtLeastInHundred(1_600),
        count: |seen| {
            seen.calls.iter().filter(|call| call.answers().any(|(_, one)| one.status == 0)).count()
                as u64
        },
    },
    Kind {
        name: "put in queues",
        bound: Bound::AtLeastInHundred(20),
        count: |seen| {
            let joins = seen.calls.iter().filter(|call| matches!(call.wish, Wish::Join { .. }));
            joins.filter(|call| call.answers().any(|(_, one)| one.status == 0)).count() as u64
        },
    },
    Kind {
        name: "pages of queues",
        bound: Bound::AtLeastInHundred(450),
        count: |seen| {
            let answers = seen.calls.iter().flat_map(|call| call.answers());
            answers.filter(|(_, result)| result.next.contains('/')).count() as u64
        },
    },
    Kind {
        name: "asked and allowed",
        bound: Bound::AtLeastInHundred(9_500),
        count: |seen| {
            seen.questions.iter().filter(|one| one.ruling == Ruling::Allow).count() as u64
        },
    },
    Kind {
        name: "tells",
        bound: Bound::AtLeastInHundred(3_700),
        count: |seen| seen.tells.len() as u64,
    },
    Kind {
        name: "held",
        bound: Bound::AtLeastInHundred(250),
        count: |seen| seen.journals.iter().map(|journal| journal.holds.len() as u64).sum(),
    },
    Kind {
        name: "pages of members",
        bound: Bound::AtLeastInHundred(2_000),
        count: |seen| {
            answers(
                seen,
                |result| matches!(result, Ok(Answer::Members { page, .. }) if page.next.is_some()),
            )
        },
    },
    Kind {
        name: "pages of state",
        bound: Bound::AtLeastInHundred(2_000),
        count: |seen| {
            answers(seen, |result| matches!(result, Ok(Answer::State(page)) if page.next.is_some()))
        },
    },
    Kind {
        name: "earlier pages of history",
        bound: Bound::AtLeastInHundred(500),
        count: |seen| {
            commands_like(seen, |command| {
                matches!(command, Command::GetHistory { before_seq: 1.., .. })
            })
        },
    },
    Kind {
        name: "buckets lost",
        bound: Bound::AtLeastInHundred(100),
        count: |seen| seen.losses.len() as u64,
    },
    Kind { name: "refused: no space", bound: Bound::AtLeastInHundred(500), count: no_space },
    Kind {
        name: "refused: precondition",
        bound: Bound::AtMostInThousand(50),
        count: |seen| refused(seen, Status::Precondition),
    },
    Kind {
        name: "refused: limit",
        bound: Bound::AtMostInThousand(12),
        count: |seen| refused(seen, Status::Limit),
    },
    Kind {
        name: "refused: unavailable",
        bound: Bound::AtMostInThousand(12),
        count: |seen| refused(seen, Status::Unavailable),
    },
    Kind {
        name: "refused: otherwise",
        bound: Bound::AtMostInThousand(70),
        count: |seen| {
            let others = [Status::Precondition, Status::Limit, Status::Unavailable];
            answers(seen, |result| {
                let Err(Failure::Refused { status, .. }) = result else { return false };
                !others.contains(status)
            })
        },
    },
    Kind {
        name: "unknown",
        bound: Bound::AtMostInThousand(35),
        count: |seen| answers(seen, |result| matches!(result, Err(Failure::OutcomeUnknown))),
    },
    Kind {
        name: "records to copies",
        bound: Bound::AtLeastInHundred(150_000),
        count: |seen| seen.copies.records,
    },
    Kind {
        name: "batches",
        bound: Bound::AtLeastInHundred(140_000),
        count: |seen| seen.copies.batches,
    },
    Kind {
        name: "copies back",
        bound: Bound::AtLeastInHundred(1_000),
        count: |seen| seen.copies.rejoined,
    },
    Kind {
        name: "copies compared",
        bound: Bound::AtLeastInHundred(25_000),
        count: |seen| seen.copies.compared,
    },
    Kind {
        name: "copies added",
        bound: Bound::AtLeastInHundred(2_200),
        count: |seen| seen.copies.added,
    },
    Kind {
        name: "copies promoted",
        bound: Bound::AtLeastInHundred(150),
        count: |seen| seen.copies.promoted,
    },
    Kind { name: "lost steps", bound: Bound::AtLeastInHundred(4), count: |seen| seen.falls.falls },
    Kind { name: "frozen", bound: Bound::AtLeastInHundred(2), count: |seen| seen.falls.frozen },
    Kind {
        name: "failed writes",
        // In a few runs there are many: of 20,000 runs each thousand had 184 at least.
        bound: Bound::AtLeastInHundred(12),
        count: |seen| seen.disk.failed,
    },
    Kind { name: "slow writes", bound: Bound::AtLeastInHundred(20), count: |seen| seen.disk.slow },
    Kind { name: "answers timed", bound: Bound::AtLeastInHundred(1), count: |seen| seen.judged },
    Kind {
        name: "later reigns shown",
        bound: Bound::AtLeastInHundred(1),
        count: |seen| seen.lower,
    },
];

fn commands(seen: &Observations) -> u64 {
    commands_like(seen, |command| *command != Command::Close)
}

fn commands_like(seen: &Observations, is_it: impl Fn(&Command) -> bool) -> u64 {
    let moments = seen.journals.iter().flat_map(|journal| &journal.moments);
    let asked = |what: &What| matches!(what, What::Command(_, command) if is_it(command));
    moments.filter(|moment| asked(&moment.what)).count() as u64
}

fn events(seen: &Observations, is_it: impl Fn(&Event) -> bool) -> u64 {
    let moments = seen.journals.iter().flat_map(|journal| &journal.moments);
    moments.filter(|moment| matches!(&moment.what, What::Event(event) if is_it(event))).count()
        as u64
}

fn queue_events(seen: &Observations, is_it: impl Fn(&QueueEvent) -> bool) -> u64 {
    events(seen, |event| matches!(event, Event::Queue { event, .. } if is_it(event)))
}

fn answers(seen: &Observations, is_it: impl Fn(&Result<Answer, Failure>) -> bool) -> u64 {
    events(seen, |event| matches!(event, Event::Answer { result, .. } if is_it(result)))
}

fn refused(seen: &Observations, wanted: Status) -> u64 {
    answers(
        seen,
        |result| matches!(result, Err(Failure::Refused { status, .. }) if *status == wanted),
    )
}

/// What a full node has refused clients: operations, their coming back, and logins.
fn no_space(seen: &Observations) -> u64 {
    events(seen, |event| match event {
        Event::Answer { result: Err(Failure::Refused { sentence, .. }), .. } => sentence == FULL,
        Event::Queue { event: QueueEvent::Unsubscribed { reason, .. }, .. }
        | Event::Closed { reason, .. } => reason.ends_with(FULL),
        Event::Answer { .. } | Event::Queue { .. } | Event::Connected { .. } => false,
    })
}

/// The kinds of records that copies get, but `renewed`: a run never loses what a lane has seen.
const RECORDS: [(u32, &str); 32] = [
    (record::EVENT, "event"),
    (record::STATE, "state"),
    (record::JOIN, "join"),
    (record::LEAVE, "leave"),
    (record::SAY, "say"),
    (record::ANSWERED, "answered"),
    (record::NOTED, "noted"),
    (record::UNNOTED, "unnoted"),
    (record::KNOWN, "known"),
    (record::CREATE, "create"),
    (record::DESTROY, "destroy"),
    (record::NOOP, "noop"),
    (record::PASSED, "passed"),
    (record::CONFIG, "config"),
    (record::BARRED, "barred"),
    (record::MOUNTS, "mounts"),
    (record::INTEREST, "interest"),
    (record::SEAT, "seat"),
    (record::BEGIN, "begin"),
    (record::RESUME, "resume"),
    (record::ATTACHED, "attached"),
    (record::DETACHED, "detached"),
    (record::CONFIRMED, "confirmed"),
    (record::EXPIRES, "expires"),
    (record::END, "end"),
    (record::SWEPT, "swept"),
    (record::REFUSED, "refused"),
    (record::TELL, "tell"),
    (record::TAKEN, "taken"),
    (record::SHORTEN, "shorten"),
    (record::OPENED, "opened"),
    (record::HEARD, "heard"),
];

/// The sums of some runs.
#[derive(Debug, Clone)]
pub struct Harvest {
    runs: u64,
    sums: [u64; KINDS.len()],
    /// How often each refusal was said, without the numbers in it.
    refusals: BTreeMap<String, u64>,
    /// How many records of each kind copies were sent, in the order of their list.
    records: [u64; RECORDS.len()],
}

impl Default for Harvest {
    fn default() -> Harvest {
        Harvest {
            runs: 0,
            sums: [0; KINDS.len()],
            refusals: BTreeMap::new(),
            records: [0; RECORDS.len()],
        }
    }
}

impl Harvest {
    /// Of one run.
    #[must_use]
    pub fn of(seen: &Observations) -> Harvest {
        let mut refusals = BTreeMap::new();
        for moment in seen.journals.iter().flat_map(|journal| &journal.moments) {
            if let What::Event(Event::Answer { result: Err(failure), .. }) = &moment.what {
                let text: String =
                    failure.to_string().chars().filter(|c| !c.is_numeric()).collect();
                *refusals.entry(text).or_default() += 1;
            }
        }
        let records = RECORDS.map(|(kind, _)| seen.records.get(&kind).copied().unwrap_or(0));
        Harvest { runs: 1, sums: KINDS.map(|kind| (kind.count)(seen)), refusals, records }
    }

    /// One run more.
    pub fn add(&mut self, other: &Harvest) {
        self.runs += other.runs;
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, more)| *sum += more);
        self.records.iter_mut().zip(other.records).for_each(|(sum, more)| *sum += more);
        for (text, more) in &other.refusals {
            *self.refusals.entry(text.clone()).or_default() += more;
        }
    }

    /// What was too little or too much, each in a sentence.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        if self.runs < FEW {
            return Vec::new();
        }
        let commands = self.sums[0];
        let percent = if self.runs < MANY { FEW_PERCENT } else { 100 };
        let mut complaints = Vec::new();
        for (kind, sum) in KINDS.iter().zip(self.sums) {
            let name = kind.name;
            match kind.bound {
                Bound::AtLeastInHundred(least) if sum * 10_000 < least * self.runs * percent => {
                    let runs = self.runs;
                    complaints
                        .push(format!("{name}: {sum} in {runs} runs, wanted {least} in a hundred"));
                }
                Bound::AtMostInThousand(most) if sum * 1000 * percent > most * commands * 100 => {
                    let sentence = format!("{name}: {sum} of {commands} commands, over {most} ‰");
                    complaints.push(sentence);
                }
                Bound::AtLeastInHundred(_) | Bound::AtMostInThousand(_) | Bound::Commands => {}
            }
        }
        for ((_, name), sum) in RECORDS.iter().zip(self.records) {
            if sum == 0 && self.runs >= MANY {
                complaints.push(format!("no record `{name}` in {} runs", self.runs));
            }
        }
        complaints
    }
}

impl fmt::Display for Harvest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} runs", self.runs)?;
        for (kind, sum) in KINDS.iter().zip(self.sums) {
            write!(f, ", {}: {sum}", kind.name)?;
        }
        write!(f, "\nrecords that copies were sent")?;
        for ((_, name), sum) in RECORDS.iter().zip(self.records) {
            write!(f, ", {name}: {sum}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Harvest, KINDS, RECORDS};

    /// Each record was there once.
    const ALL: [u64; RECORDS.len()] = [1; RECORDS.len()];

    #[test]
    fn a_cluster_that_does_nothing_is_complained_of() {
        let idle = Harvest { runs: 400, records: ALL, ..Harvest::default() };
        let complaints = idle.complaints();
        assert_eq!(complaints.len(), 34, "{complaints:#?}");
        assert!(complaints[0].starts_with("acknowledged: 0 in 400 runs"), "{complaints:#?}");
    }

    #[test]
    fn a_cluster_that_refuses_nearly_everything_is_complained_of() {
        let mut sums = [1_000_000; KINDS.len()];
        sums[0] = 1_100_000;
        let refusing = Harvest { runs: 400, sums, records: ALL, ..Harvest::default() };
        let complaints = refusing.complaints();
        assert_eq!(complaints.len(), 5, "{complaints:#?}");
        assert!(complaints[1].contains("refused: limit"), "{complaints:#?}");
    }

    #[test]
    fn a_few_runs_are_not_judged() {
        assert!(Harvest { runs: 3, ..Harvest::default() }.complaints().is_empty());
    }
}
