//! The boss's store is put back, as from a backup: it finds out, and what it can't vouch for is
//! announced.

use std::fs;

use super::copies::Copies;
use crate::http::until;
use crate::process::imq;

/// Steps that the store loses, at least.
const STEPS: u64 = 3;
/// Queues, in different buckets.
const QUEUES: u64 = 24;

#[test]
fn a_store_that_falls_back_is_found_out_and_nothing_is_lost_in_silence() {
    let mut copies = Copies::start();
    let queues: Vec<String> = (0..QUEUES).map(|number| format!("/room/store-{number}")).collect();
    for queue in &queues {
        copies.create(queue);
        assert!(copies.write(0, queue, 1));
    }
    let version = |copies: &Copies| copies.ask("/api/v1/table")["version"].as_u64();
    let (old, old_version) = (read_all(&copies), version(&copies));
    let losses: Vec<u64> = queues.iter().map(|queue| copies.place(queue).1).collect();

    // Each of these is a step: who takes over, who is filled, and who is in sync.
    let (home, ..) = copies.place(&queues[0]);
    copies.queue_nodes[home - 1].kill();
    copies.whole(2..=2);
    assert!(version(&copies) >= old_version.map(|version| version + STEPS), "{old_version:?}");
    for queue in &queues {
        assert!(copies.write(1, queue, 2));
    }
    copies.boss.kill();
    fs::remove_dir_all(copies.data()).expect("the boss's own");
    fs::create_dir(copies.data()).expect("a folder");
    for (name, bytes) in old {
        fs::write(copies.data().join(name), bytes).expect("a file");
    }
    copies.restart_boss();
    until("the boss listens", || !copies.ask("/api/v1/nodes").is_null());
    until("it knows that it is behind", || copies.is_frozen());
    // Meanwhile all goes on.
    assert!(copies.write(0, &queues[0], 3));

    let boss = format!("http://127.0.0.1:{}", copies.base + 100);
    until("an operator, or all reports, let it go on", || {
        imq(&["ctl", "adopt", "--boss", &boss]).status.success() || !copies.is_frozen()
    });
    until("it goes on", || !copies.is_frozen());
    copies.whole(2..=2);
    for (at, queue) in queues.iter().enumerate() {
        let wanted = if at == 0 { 3 } else { 2 };
        let mut read = None;
        until("it is served", || {
            let (home, ..) = copies.place(queue);
            read = copies.read(1, queue);
            home > 0 && (read.is_some() || copies.place(queue).1 > losses[at])
        });
        let is_announced = copies.place(queue).1 > losses[at];
        assert!(read == Some(wanted) || is_announced, "{queue} holds {read:?}, not {wanted}");
    }
}

/// The files of the boss's store.
fn read_all(copies: &Copies) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let files = fs::read_dir(copies.data()).expect("a folder").map_while(Result::ok);
    let file = |entry: fs::DirEntry| (entry.file_name(), fs::read(entry.path()));
    files.map(file).filter_map(|(name, bytes)| Some((name, bytes.ok()?))).collect()
}
