//! Links over TLS, and ends that don't agree on it.

use super::*;
use crate::io::tls::Tls;
use crate::io::tls::tests::files;

fn secured(who: &str) -> Hub {
    Hub::secured(Tls::load(files(who)).expect("the files of the tests"))
}

/// Who dials, who accepts, and the sentence that the dialler gets.
fn check_refused(dialler: &Hub, acceptor: &Hub, wanted: &str) {
    let (mut a, mut b) = (End::new("a", "s", dialler), End::new("b", "s", acceptor));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    a.wires.dial(clock::now(), "b", &address.to_string());
    until(&mut a, &mut b, |a, _| !a.reasons.is_empty());
    assert!(a.seen.reasons[0].contains(wanted), "{:?}", a.seen.reasons);
    assert!(a.seen.unreachable.iter().all(|(_, hopeless)| !hopeless), "it may be mended");
    assert!(a.seen.up.is_empty() && b.seen.up.is_empty());
}

#[test]
fn tls_links_carry_and_come_back() {
    let (a, mut b) = (End::new("a", "s", &secured("node")), End::new("b", "s", &secured("node")));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    check(a, b, &address.to_string());
}

#[test]
fn another_authority_is_named() {
    check_refused(&secured("node"), &secured("stranger"), "not from the authority");
}

#[test]
fn tls_and_plain_are_told_apart() {
    check_refused(&Hub::default(), &secured("node"), "the peer speaks TLS, but this end");
    check_refused(&secured("node"), &Hub::default(), "the peer doesn't speak TLS");
}
