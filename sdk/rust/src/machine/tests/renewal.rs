//! Tokens that end: a new one before, a new one to come back with, and none to be had.

use super::script::{check, renewing, step};
use crate::machine::Client;

/// Does the lines; what came of them.
fn does(client: &mut Client, script: &str) -> Vec<String> {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| step(client, line)).collect()
}

/// A connected client whose token ends in 100 s.
fn connected() -> Client {
    let mut client = renewing();
    let log = does(&mut client, "0 token t1\n0 connected\n0 welcome s1 expires=100000");
    assert_eq!(log[0], "0 sends connect  token=t1");
    client
}

/// When the client wants to be woken next, answering every ping till then.
fn renews_at(client: &mut Client) -> u64 {
    loop {
        let at_ms = client.wake_at().expect("it has something to do");
        let log = does(client, &format!("{at_ms} wake"));
        if log.contains(&format!("{at_ms} wants a token")) {
            return at_ms;
        }
        assert_eq!(log, [format!("{at_ms} sends ping")]);
        does(client, &format!("{at_ms} pong 1"));
    }
}

#[test]
fn a_new_token_is_brought_before_the_old_one_ends() {
    let mut client = connected();
    let at_ms = renews_at(&mut client);
    assert!((70_000..=90_000).contains(&at_ms), "{at_ms}");
    let log = does(&mut client, &format!("{at_ms} token t2"));
    assert_eq!(log, [format!("{at_ms} sends refresh 1 t2")]);
    assert!(does(&mut client, &format!("{at_ms} result 1 ok expires=200000")).is_empty());
    let next_ms = renews_at(&mut client);
    assert!((140_000..=180_000).contains(&(next_ms - at_ms)), "{next_ms}");
    // The one that it has now is that of the next connection.
    let log = does(&mut client, &format!("{next_ms} disconnected\n{next_ms} connected"));
    assert_eq!(log.last(), Some(&format!("{next_ms} sends connect  token=t2 resume=s1")));
}

#[test]
fn what_fails_is_tried_again_while_there_is_time() {
    let mut client = connected();
    let at_ms = renews_at(&mut client);
    assert!(does(&mut client, &format!("{at_ms} token")).is_empty(), "there is none");
    let again_ms = renews_at(&mut client);
    assert!((5_000..=10_000).contains(&(again_ms - at_ms)), "{again_ms}");
    does(&mut client, &format!("{again_ms} token bad\n{again_ms} result 1 unauthenticated"));
    let third_ms = renews_at(&mut client);
    assert!((5_000..=10_000).contains(&(third_ms - again_ms)), "{third_ms}");
}

#[test]
fn who_is_closed_with_3010_comes_back_with_a_new_token() {
    let mut client = connected();
    let log = does(
        &mut client,
        "50000 closing 3010\n50000 token t2\n50000 connected\n50001 welcome s1 resumed",
    );
    assert!(log.contains(&"50000 redial at once".to_owned()), "{log:?}");
    assert!(log.contains(&"50000 sends connect  token=t2 resume=s1".to_owned()), "{log:?}");
}

/// With the token that has ended it would be sent away again and again.
#[test]
fn without_a_new_token_the_end_of_one_is_the_end() {
    check(
        "
        0 connected
        0 welcome s1 expires=100000
        100000 closing 3010
        ",
        "
        0 sends connect alice
        0 Connected alice
        100000 Closed 3010 over
        100000 stop
        ",
    );
}

/// A token that came while the connection was lost is no refresh.
#[test]
fn a_token_that_nobody_wants_is_kept_for_the_next_connection() {
    let mut client = connected();
    let at_ms = renews_at(&mut client);
    let log =
        does(&mut client, &format!("{at_ms} disconnected\n{at_ms} token t2\n{at_ms} connected"));
    assert_eq!(log.last(), Some(&format!("{at_ms} sends connect  token=t2 resume=s1")));
    let log = does(&mut client, &format!("{at_ms} welcome s1 resumed\n{at_ms} token t3"));
    assert!(!log.iter().any(|entry| entry.contains("refresh")), "{log:?}");
}
