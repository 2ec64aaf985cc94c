//! A node hangs while nobody says anything, so that its links beat once a second only.

use std::fs;

use link::io::clock::micros;

use super::copies::Copies;
use crate::http::until;

/// From when on a process counts as quiet that wakes less often than so in a second. Links that
/// beat ten times a second wake it more often than that.
const QUIET_WAKES: u64 = 20;
/// An operation is answered so long after it was sent: the dead time, and others take over.
const ANSWERED_MS: u64 = 700;
/// How much later on a machine that does other things, too.
const LATE_MS: u64 = 1_000;

/// How often the threads of a process have waited for something.
fn wakes(process: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    let status = |task: fs::DirEntry| fs::read_to_string(task.path().join("status")).ok();
    let statuses: Vec<String> = tasks.map_while(Result::ok).filter_map(status).collect();
    let lines = statuses.iter().flat_map(|status| status.lines());
    let counts = lines.filter_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    counts.map(|count| count.trim().parse::<u64>().expect("a number")).sum()
}

/// Waits for a second in which a process has hardly done anything.
fn until_quiet(process: u32) {
    let (mut since_us, mut before) = (micros(), wakes(process));
    until("it is quiet", || {
        let passed_us = micros() - since_us;
        if passed_us < 1_000_000 {
            return false;
        }
        let after = wakes(process);
        let is_quiet = (after - before) * 1_000_000 < QUIET_WAKES * passed_us;
        (since_us, before) = (micros(), after);
        is_quiet
    });
}

#[test]
fn what_is_said_into_a_home_that_hung_unnoticed_is_answered_soon() {
    let copies = Copies::start();
    let queue = "/room/quiet";
    copies.create(queue);
    assert!(copies.write(0, queue, 1));
    let (home, loss, _) = copies.place(queue);
    let node = &copies.queue_nodes[home - 1];
    until_quiet(node.id());

    node.freeze();
    let sent_us = micros();
    assert!(copies.write(0, queue, 2), "it is answered by another");
    let took_ms = (micros() - sent_us) / 1000;
    println!("answered after {took_ms} ms");
    assert!(took_ms < ANSWERED_MS + LATE_MS, "answered after {took_ms} ms");
    let (successor, loss_then, _) = copies.place(queue);
    assert_ne!(successor, home, "another has taken over");
    assert_eq!((loss_then, copies.read(1, queue)), (loss, Some(2)));
    node.signal("CONT");
}
