//! Who is there: nobody joins twice, nobody leaves who isn't there, everybody ends with the same
//! list.

use std::collections::{BTreeMap, BTreeSet};

use imq_sdk::{Answer, Command, Roster};

use super::Violation;
use super::ledger::Ledger;
use super::spans::{Got, Lives, Span};
use crate::plan::CLIENTS;

/// What one client knew of who is in a queue, event by event.
pub(super) struct View<'v, 'a> {
    pub(super) span: &'v Span<'a>,
    pub(super) points: Vec<Point<'a>>,
}

/// Whom it knew to be there from some event on.
pub(super) struct Point<'a> {
    pub(super) seq: u64,
    pub(super) at_us: u64,
    pub(super) users: BTreeSet<&'a str>,
}

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let mut views: Vec<View<'_, '_>> = Vec::new();
    let mut held: BTreeMap<*const crate::journal::Journal, BTreeMap<&str, BTreeSet<&str>>> =
        BTreeMap::new();
    let mut standing: BTreeMap<&str, Vec<(&Span<'_>, BTreeSet<&str>)>> = BTreeMap::new();
    for span in lives.spans.iter().filter(|span| span.wants("members")) {
        let held = held.entry(std::ptr::from_ref(span.journal)).or_default();
        let before = held.remove(span.queue);
        if span.is_ambiguous || (span.start.recovered && before.is_none()) {
            continue;
        }
        let mut users = if span.start.recovered {
            before.unwrap_or_default()
        } else {
            span.start.members.iter().map(String::as_str).collect()
        };
        if !span.start.recovered && !users.contains(span.journal.user.as_str()) {
            let what = format!("{} finds {users:?}", span.name());
            let rule = "who joins is in the roster";
            violations.push(Violation { at_us: span.start_us, rule, what });
        }
        let (points, at_farewell) = follow(span, &mut users, lives.seen.farewell_us, violations);
        if span.stands {
            standing.entry(span.queue).or_default().push((span, at_farewell));
        }
        views.push(View { span, points });
        held.insert(span.queue, users);
    }
    super::presence::check(lives, ledger, &views, violations);
    for (queue, spans) in standing {
        agree(queue, &spans, violations);
    }
    last_ones(lives, violations);
}

/// Follows who comes and goes: who was there after each, and at the farewell.
fn follow<'a>(
    span: &Span<'a>,
    users: &mut BTreeSet<&'a str>,
    farewell_us: u64,
    violations: &mut Vec<Violation>,
) -> (Vec<Point<'a>>, BTreeSet<&'a str>) {
    let mut at_farewell = None;
    // What was recovered comes after its mark: before the first event nothing is known.
    let mut points = Vec::new();
    if !span.start.recovered {
        let (seq, at_us) = (span.mark("members"), span.start_us);
        points.push(Point { seq, at_us, users: users.clone() });
    }
    let mut strange = |at_us: u64, change: &str, roster: &Roster| {
        let rule = "joined and left alternate per user";
        let what = format!("{}: {change} {roster:?}", span.name());
        violations.push(Violation { at_us, rule, what });
    };
    for item in &span.items {
        if item.at_us >= farewell_us && at_farewell.is_none() {
            at_farewell = Some(users.clone());
        }
        match item.what {
            Got::Joined(change) => {
                if !change.users.iter().all(|user| users.insert(user)) {
                    strange(item.at_us, "joined", change);
                }
            }
            Got::Left(change) => {
                if !change.users.iter().all(|user| users.remove(user.as_str())) {
                    strange(item.at_us, "left", change);
                }
            }
            Got::Message(_) | Got::State(_) | Got::Gap(_) => continue,
        }
        let (seq, at_us) = (item.seq().unwrap_or(0), item.at_us);
        points.push(Point { seq, at_us, users: users.clone() });
    }
    (points, at_farewell.unwrap_or_else(|| users.clone()))
}

/// In the calm everybody knows the same members.
fn agree(queue: &str, spans: &[(&Span<'_>, BTreeSet<&str>)], violations: &mut Vec<Violation>) {
    let Some((first, users)) = spans.first() else { return };
    // Who came for the audit may still be on its way when the others leave.
    let newcomer = format!("u{CLIENTS}");
    let known = |users: &BTreeSet<&str>| -> Vec<String> {
        let users = users.iter().filter(|user| **user != newcomer);
        users.map(|user| (*user).to_owned()).collect()
    };
    for (span, others) in spans {
        if known(others) != known(users) {
            let what = format!(
                "{queue}: c{} knows {users:?}, c{} knows {others:?}",
                first.journal.client, span.journal.client
            );
            let rule = "everybody ends with the same roster";
            violations.push(Violation { at_us: span.start_us, rule, what });
        }
    }
}

/// When all but the auditors have left, rooms have heard of it, without having asked.
fn last_ones(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    for operation in &lives.operations {
        let Some(answer) = &operation.answer else { continue };
        let (Command::ListMembers { .. }, Ok(Answer::Members { page, .. })) =
            (operation.command, answer.result)
        else {
            continue;
        };
        let auditors = ["u0", "u1"];
        let said_goodbye = |user: &String| {
            let mut its = lives.seen.journals.iter().filter(|journal| journal.user == *user);
            its.all(|journal| journal.is_closed_before(operation.asked_us))
        };
        let mut users = page.items.iter();
        let stranger = users.find(|user| !auditors.contains(&user.as_str()) && said_goodbye(user));
        if operation.asked_us >= lives.seen.roster_us
            && let Some(stranger) = stranger
        {
            let what = format!("{stranger} is still in {}", operation.queue());
            let rule = "who has left is gone soon";
            violations.push(Violation { at_us: answer.at_us, rule, what });
        }
    }
}
