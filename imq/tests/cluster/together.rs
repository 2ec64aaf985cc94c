//! What has to wait for times of the protocol's, of half a minute and more, waits together: these
//! scenarios run at the same moment, on clusters of their own. Whichever of their tests comes first
//! waits for all of them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::thread;

use crate::aftermath;
use crate::classes::guests;
use crate::dawdlers;
use crate::reconnect::{client, grace, network, server};
use crate::roles::Five;
use crate::tokens::issuer::{Late, publishes_and_rotates};

/// What each has come to: nothing, or the words of its panic.
static OUTCOMES: OnceLock<BTreeMap<&'static str, Option<String>>> = OnceLock::new();

fn outcomes() -> BTreeMap<&'static str, Option<String>> {
    // One after the other, since each looks for ports that are free; that of the storms, too.
    let (quiet, mut doomed) = (Five::start(), Five::start());
    let (quiet, dens, late) = (&quiet, &Five::start(), &Late::start());
    type Scenario = fn(&Five);
    let scenarios: [(&str, Scenario); 6] = [
        ("client crashed", client::crashed),
        ("dawdlers", dawdlers::hold_up_nobody),
        ("gateway finds out", network::gateway_finds_out),
        ("program finds out", network::program_finds_out),
        ("last moment", grace::last_moment),
        ("two resumes", grace::two_resumes_at_once),
    ];
    thread::scope(|scope| {
        let start = |(name, scenario): (&'static str, Scenario)| {
            (name, scope.spawn(move || words(|| scenario(quiet))))
        };
        let mut running: Vec<_> = scenarios.into_iter().map(start).collect();
        running.push(("storms", scope.spawn(|| words(aftermath::storms))));
        running.push(("keys from a URL", scope.spawn(|| words(|| publishes_and_rotates(late)))));
        running.push(("guests", scope.spawn(|| words(|| guests::stay_beyond_grace(dens)))));
        let dies = scope.spawn(move || words(|| server::gateway_dies_for_good(&mut doomed)));
        running.push(("gateway dies for good", dies));
        let end = |(name, run): (_, thread::ScopedJoinHandle<'_, _>)| {
            (name, run.join().expect("a panic is caught"))
        };
        running.into_iter().map(end).collect()
    })
}

/// Runs it; what it says if it panics.
fn words(scenario: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(scenario)).err()?;
    let words = panic.downcast_ref::<String>().cloned();
    Some(
        words
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default(),
    )
}

fn check(name: &str) {
    if let Some(words) = &OUTCOMES.get_or_init(outcomes)[name] {
        panic!("{words}");
    }
}

#[test]
fn client_crashed_and_is_seen_to_leave_after_its_grace() {
    check("client crashed");
}

#[test]
fn network_lost_and_the_gateway_finds_out_by_itself() {
    check("gateway finds out");
}

#[test]
fn network_lost_and_a_program_finds_out_by_itself() {
    check("program finds out");
}

#[test]
fn resumes_around_the_last_moment_of_grace_go_on_or_begin_anew() {
    check("last moment");
}

#[test]
fn of_two_resumes_at_once_with_one_secret_one_stays() {
    check("two resumes");
}

#[test]
fn gateway_crashed_and_who_never_comes_back_leaves_after_grace() {
    check("gateway dies for good");
}

#[test]
fn storms_leave_nothing_behind() {
    check("storms");
}

#[test]
fn keys_from_a_url_come_and_are_rotated() {
    check("keys from a URL");
}

#[test]
fn guests_stay_beyond_grace_until_they_are_put_out() {
    check("guests");
}

#[test]
fn requests_that_come_byte_by_byte_hold_up_nobody() {
    check("dawdlers");
}
