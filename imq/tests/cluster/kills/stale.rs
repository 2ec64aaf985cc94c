//! Nobody reads from a node that stood still what has been written over elsewhere.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::copies::Copies;
use crate::http::until;

/// Reads behind the node's way back.
const READS: usize = 100;

/// The queue's home stands still until another has taken over and a write was acknowledged there;
/// then it goes on, with reads that were asked for while it stood still, and others.
#[test]
fn no_read_is_stale_when_a_home_goes_on_that_stood_still() {
    let copies = Copies::start();
    let queue = "/room/stale";
    copies.create(queue);
    assert!(copies.write(0, queue, 1));
    let (home, ..) = copies.place(queue);
    let written = AtomicU64::new(1);
    let is_over = AtomicBool::new(false);

    copies.queue_nodes[home - 1].freeze();
    thread::scope(|scope| {
        let (copies, written, is_over) = (&copies, &written, &is_over);
        let read = move |gateway: u16| {
            let (mut reads, mut left) = (0, READS);
            while left > 0 {
                left -= usize::from(is_over.load(Ordering::SeqCst));
                let least = written.load(Ordering::SeqCst);
                if let Some(number) = copies.read(gateway, queue) {
                    assert!(number >= least, "{number} was read, and {least} had been written");
                    reads += 1;
                }
            }
            reads
        };
        let readers = [0, 1].map(|gateway| scope.spawn(move || read(gateway)));
        let write = |number: u64| {
            until("it is written", || copies.write(0, queue, number));
            written.store(number, Ordering::SeqCst);
        };
        write(2);
        assert_ne!(copies.place(queue).0, home, "another has taken over");
        copies.queue_nodes[home - 1].signal("CONT");
        (3..50).for_each(write);
        is_over.store(true, Ordering::SeqCst);
        for reader in readers {
            assert!(reader.join().expect("no stale read") > 0, "nothing was read");
        }
    });
    // It ends when it finds that it is out, or is taken in again.
    copies.whole(2..=3);
}
