//! Tests of look-ups, with name servers of the test's own.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::*;

/// A name server that is told each answer, and tells who was asked for.
fn server() -> (Resolver, Receiver<String>, SyncSender<io::Result<SocketAddr>>) {
    let (asked, names) = sync_channel(LOOKUPS_MAX + 1);
    let (answer, answers) = sync_channel(1);
    let answers = Mutex::new(answers);
    let resolver = Resolver::new(move |name| {
        asked.send(name.to_owned()).map_err(io::Error::other)?;
        let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.recv().map_err(io::Error::other)?
    });
    (resolver, names, answer)
}

/// Asks until it is known.
fn known(resolver: &Resolver, now: Time, name: &str) -> io::Result<SocketAddr> {
    loop {
        if let Some(found) = resolver.find(now, name) {
            return found;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_name_is_looked_up_once_and_kept_for_a_while() {
    let (resolver, names, answer) = server();
    let now = clock::now();
    let literal = resolver.find(now, "127.0.0.1:7600").expect("known at once");
    assert_eq!(literal.expect("an address").port(), 7600);
    for _ in 0..10 {
        assert!(resolver.find(now, "node.test:7600").is_none(), "nobody waits");
    }
    assert_eq!(names.recv().expect("asked"), "node.test:7600");
    let here = SocketAddr::from(([127, 0, 0, 1], 7600));
    answer.send(Ok(here)).expect("awaited");
    assert_eq!(known(&resolver, now, "node.test:7600").expect("found"), here);
    assert!(names.try_recv().is_err(), "it was asked for once");
    let later = clock::now().after(KEPT_MS);
    assert!(resolver.find(later, "node.test:7600").is_none(), "it may have moved");
    assert_eq!(names.recv().expect("asked"), "node.test:7600");
    answer.send(Err(io::Error::new(io::ErrorKind::NotFound, "no such host"))).expect("awaited");
    let error = known(&resolver, clock::now(), "node.test:7600").expect_err("gone");
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (io::ErrorKind::NotFound, "no such host")
    );
}

#[test]
fn so_many_are_looked_up_at_a_time() {
    let (resolver, names, answer) = server();
    let now = clock::now();
    for number in 0..LOOKUPS_MAX * 2 {
        assert!(resolver.find(now, &format!("n{number}.test:1")).is_none());
    }
    for _ in 0..LOOKUPS_MAX {
        names.recv().expect("asked");
    }
    assert!(names.try_recv().is_err());
    answer.send(Err(io::ErrorKind::NotFound.into())).expect("awaited");
    // One is done: there is space for another.
    while names.try_recv().is_err() {
        assert!(resolver.find(now, "another.test:1").is_none_or(|found| found.is_err()));
        std::thread::yield_now();
    }
}
