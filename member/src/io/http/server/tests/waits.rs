//! Peers that keep a connection without need.

use super::*;

#[test]
fn who_says_nothing_is_closed() {
    let here = Here::new(Bounds { head_ms: 200, ..bounds() });
    let there = here.say("");
    assert!(statuses(there).is_empty());
    assert_eq!(statuses(here.say("GET / HTTP/1.1\r\nHost: imq\r\nA: b")), [408]);
    // A later head counts from its first byte, also behind a request in the same packet: once
    // hyper has been idle for long enough to be asked.
    let here = Here::new(Bounds { head_ms: 200, doze_ms: 100, ..bounds() });
    assert_eq!(statuses(here.say([GET, "GET / HTTP"].concat())), [200, 408]);
    // Or at once, where enough others are idle.
    let here = Here::new(Bounds { head_ms: 200, awake_max: 0, ..bounds() });
    assert_eq!(statuses(here.say([GET, "GET / HTTP"].concat())), [200, 408]);
    let here = Here::new(Bounds { idle_ms: 300, doze_ms: 100, ..bounds() });
    assert_eq!(statuses(here.say(GET)), [200]);
    assert_eq!(statuses(here.say([GET, "\r\n"].concat())), [200]);
}

#[test]
fn who_is_idle_is_served_again() {
    for bounds in [Bounds { doze_ms: 1, ..bounds() }, Bounds { awake_max: 0, ..bounds() }] {
        let here = Here::new(bounds);
        let mut stream = here.say(GET);
        hears(&mut stream, "here");
        for _ in 0..50 {
            // What is written a little later comes while the connection dozes.
            std::thread::yield_now();
            stream.write_all(GET.as_bytes()).unwrap();
            hears(&mut stream, "here");
        }
        assert_eq!(here.runs(), 51);
    }
}

#[test]
fn who_reads_nothing_is_asked_nothing_more_and_closed() {
    let here = Here::new(Bounds { stall_ms: 500, ..bounds() });
    let more = GET.replace("/ ", "/large ").repeat(5_000);
    let mut there = here.say("");
    here.serves();
    // It goes on asking, without reading, until it is cut off.
    while there.write_all(more.as_bytes()).is_ok() {}
    // Of all its requests one was run.
    assert_eq!(here.runs(), 2);
}

#[test]
fn who_does_not_end_a_body_that_nobody_wants_is_closed() {
    let here = Here::new(bounds());
    assert_eq!(statuses(here.say(post_of("/unread", 1_000_000, "x"))), [401]);
}

#[test]
fn silent_ones_give_way_to_newcomers() {
    let here = Here::new(Bounds { connections_max: 5, gives_way_ms: 0, ..bounds() });
    let beginnings = ["", "GET", GET, "GET / HTTP/1.1\r\n", ""];
    let there: Vec<_> = (0..50).map(|at| here.say(beginnings[at % 5])).collect();
    // As an operator who looks whether the process lives: again and again.
    for _ in 0..20 {
        here.serves();
    }
    drop(there);
}

#[test]
fn when_all_are_busy_a_newcomer_hears_so() {
    let here = Here::new(Bounds { connections_max: 1, gives_way_ms: 0, ..bounds() });
    let mut busy = here.say(GET.replace("/ ", "/large "));
    let mut first = [0; 1];
    busy.read_exact(&mut first).unwrap();
    // Also those that have sent something, and go on.
    for body in [0, 1_000_000] {
        let said = post_of("/body", body, &"x".repeat(body));
        assert_eq!(statuses(here.say(said)), [503]);
    }
    assert_eq!(here.runs(), 1);
}
