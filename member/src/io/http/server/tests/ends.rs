//! What was done is told, whatever else comes.

use super::*;

/// What comes of these bytes when nothing follows and the peer reads until the end; and how many
/// requests were run.
fn check(said: &str, then_ends: bool, statuses: &[u16], runs: usize) {
    let here = Here::new(bounds());
    let stream = here.say(said);
    if then_ends {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    let shown: String = said.chars().take(60).collect();
    assert_eq!(super::statuses(stream), statuses, "{shown:?}");
    assert_eq!(here.runs(), runs, "{shown:?}");
}

#[test]
fn an_empty_line_behind_a_body_is_nothing() {
    let here = Here::new(bounds());
    let mut stream = here.say(post_of("/body", 2, "{}\r\n"));
    hears(&mut stream, "2 bytes");
    stream.write_all(b"\r\n\r\n").unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    hears(&mut stream, "here");
}

#[test]
fn requests_behind_the_last_one_are_not_run() {
    let last = GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    check(&[GET, &last, GET].concat(), false, &[200, 200], 2);
    check(&[&post_of("/body", 2, "{}"), &last, GET].concat(), false, &[200, 200], 2);
}

#[test]
fn who_says_garbage_hears_of_what_was_run_before() {
    check(&[GET, "garbage\r\n\r\n"].concat(), false, &[200, 400], 1);
    check(&[GET, GET, "\0\0\0\0\0\0\0\0"].concat(), false, &[200, 200, 400], 2);
    check("garbage\r\n\r\n", false, &[400], 0);
    check("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false, &[400], 0);
    let preface = [&post_of("/unread", 2, "{}"), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"].concat();
    check(&preface, false, &[401, 400], 0);
}

#[test]
fn who_ends_his_half_at_once_hears_the_answer() {
    for _ in 0..20 {
        check(GET, true, &[200], 1);
        check(&[GET, GET, GET].concat(), true, &[200, 200, 200], 3);
        check(&post_of("/body", 2, "{}"), true, &[200], 1);
    }
    check(&post_of("/body", 100, "{}"), true, &[400], 0);
    check("GET / HTTP/1.1\r\nHost: i", true, &[400], 0);
    check(&[GET, "GET / HTTP"].concat(), true, &[200, 400], 1);
    check("", true, &[], 0);
}

#[test]
fn heads_are_bounded_in_bytes_and_lines() {
    let with = |lines: &str| GET.replace("\r\n\r\n", &format!("\r\n{lines}\r\n"));
    check(&with(&"a: b\r\n".repeat(150)), false, &[431], 0);
    check(&with(&format!("a: {}\r\n", "b".repeat(70 * 1024))), false, &[431], 0);
    check(&[GET, &with(&"a: b\r\n".repeat(150)), GET].concat(), false, &[200, 431], 1);
    check(&GET.replace("/ ", &format!("/{} ", "a".repeat(70_000))), false, &[431], 0);
    check(&with("Connection: close\r\n"), false, &[200], 1);
}

#[test]
fn one_host_is_named() {
    let without = GET.replace("Host: imq\r\n", "");
    check(&without.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), false, &[400], 0);
    let twice = without.replace("\r\n\r\n", "\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n");
    check(&twice, false, &[400], 0);
    let here = Here::new(bounds());
    let mut old = here.say(without.replace("1.1", "1.0"));
    hears(&mut old, "here");
}

#[test]
fn a_body_that_is_too_long_is_refused_however_much_comes() {
    let here = Here::new(bounds());
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
    let chunked = "POST /body HTTP/1.1\r\nHost: imq\r\nTransfer-Encoding: chunked\r\n\r\n";
    // None of it is read by its sender before all is sent.
    for round in 0..8 {
        let mut stream = match round % 2 {
            0 => here.say(post_of("/body", 1000 * chunk.len(), "")),
            _ => here.say(chunked),
        };
        for _ in 0..1000 {
            stream.write_all(chunk.as_bytes()).unwrap();
        }
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(statuses(stream), [413], "round {round}");
    }
    assert_eq!(here.runs(), 0);
}

#[test]
fn the_rest_of_a_refused_body_is_not_in_the_way() {
    let here = Here::new(bounds());
    let mut stream = here.say([post_of("/unread", 5, "12345"), GET.to_owned()].concat());
    hears(&mut stream, "here");
    drop(stream);
    // A long one isn't waited for.
    assert_eq!(statuses(here.say(post_of("/unread", 1_000_000, "12345"))), [401]);
    // Nor is one that waits for leave itself.
    let head = post_of("/unread", 5, "").replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(statuses(here.say(head)), [401]);
    let head = post_of("/body", 5, "").replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    let mut stream = here.say(head);
    hears(&mut stream, "100 Continue\r\n\r\n");
    stream.write_all(b"12345").unwrap();
    hears(&mut stream, "5 bytes");
}
