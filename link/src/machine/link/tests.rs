//! Two ends and the bytes between them.

use proto::link::{Hello, Proof};

use super::*;

mod beats;

fn settings(id: &str, secret: &str) -> Settings {
    Settings {
        role: Role::QueueNode,
        id: id.to_owned(),
        incarnation: 1,
        cluster_id: 7,
        lane: 0,
        secret: secret.as_bytes().to_vec(),
        beat_ms: 100,
        dead_ms: 500,
    }
}

const START: Time = Time { ms: 1000, unix_ms: 0 };

/// The pace of a thread that has nothing to say.
fn quiet() -> Pace {
    Pace::default()
}

/// Carries bytes between the two until nobody has any, and says what came of it.
fn shake_as(a: Settings, b: Settings) -> (Vec<String>, Link, Link) {
    let mut to_b = Vec::new();
    let mut dialler = Link::dial(START, a, [1; 16], &mut to_b);
    let mut acceptor = Link::accept(START, b, [2; 16]);
    let mut seen = Vec::new();
    while !to_b.is_empty() {
        let (mut to_a, mut up) = (Vec::new(), Vec::new());
        let taken = std::mem::take(&mut to_b);
        let result =
            acceptor.receive(START, &quiet(), &taken, &mut to_a, |got| up.push(name("b", got)));
        seen.append(&mut up);
        seen.extend(result.err().map(|error| format!("b: {error}")));
        let result =
            dialler.receive(START, &quiet(), &to_a, &mut to_b, |got| up.push(name("a", got)));
        seen.append(&mut up);
        seen.extend(result.err().map(|error| format!("a: {error}")));
    }
    (seen, dialler, acceptor)
}

fn shake(a: &str, b: &str) -> (Vec<String>, Link, Link) {
    shake_as(settings("a", a), settings("b", b))
}

fn name(end: &str, received: Received<'_>) -> String {
    match received {
        Received::Up(peer) => format!("{end} sees {}", peer.id),
        Received::Frame(frame) => format!("{end} got {frame:?}"),
        Received::Active { hops } => format!("{end} is to be active, {hops} links far"),
    }
}

#[test]
fn both_prove_the_secret_the_dialler_first() {
    assert_eq!(shake("s", "s").0, ["b sees a", "a sees b"]);
}

#[test]
fn a_wrong_secret_is_found_by_the_acceptor() {
    let (seen, ..) = shake("s", "t");
    assert!(seen[0].starts_with("b: the peer's proof is wrong"), "{seen:?}");
    assert!(seen[1].starts_with("a: the peer refuses: the peer's proof is wrong"), "{seen:?}");
    assert_eq!(seen.len(), 2);
}

/// A frame of the link itself, alone.
fn framed(field: u32, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, field, body);
    out
}

fn refused(reason: &str, for_good: bool) -> Vec<u8> {
    framed(REFUSE, &Refuse { reason: reason.to_owned(), for_good }.encode_to_vec())
}

/// What a stranger who sends this to an acceptor is answered, and how it ends, if it does.
fn stranger(acceptor: &mut Link, bytes: &[u8]) -> (Vec<u8>, Option<LinkError>) {
    let mut out = Vec::new();
    let result =
        acceptor.receive(START, &quiet(), bytes, &mut out, |_| panic!("it has proven nothing"));
    (out, result.err())
}

#[test]
fn a_stranger_learns_a_nonce_and_nothing_else() {
    let mut hello = Vec::new();
    Link::dial(START, settings("a", "?"), [1; 16], &mut hello);
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let nonce = Hello { nonce: vec![2; 16], ..Hello::default() };
    let (answer, error) = stranger(&mut acceptor, &hello);
    assert_eq!((answer, error), (framed(HELLO, &nonce.encode_to_vec()), None));
    assert_eq!(
        acceptor.wake(START.after(499), &quiet(), &mut Vec::new()),
        Ok(()),
        "nor does it beat"
    );
    let wrong = Proof { proof: vec![0; 32], hello: Vec::new() };
    let (answer, error) = stranger(&mut acceptor, &framed(PROOF, &wrong.encode_to_vec()));
    assert_eq!(error, Some(LinkError::WrongProof));
    assert_eq!(answer, refused(&LinkError::WrongProof.to_string(), true));
}

#[test]
fn what_a_stranger_must_not_say_ends_the_link_without_a_word() {
    let no_nonce = Hello { nonce: vec![1; 15], ..Hello::default() };
    let frames = [
        framed(BEAT, b""),
        framed(6, b"x"),
        framed(5, b""),
        framed(PROOF, b""),
        refused("no\n2026-01-01 ERROR fake", true),
        framed(HELLO, b""),
        framed(HELLO, &no_nonce.encode_to_vec()),
        framed(HELLO, &[0xff]),
        framed(6, &[0; 1100]),
        [&b"GET / HTTP/1.1\r\n"[..], &[b'x'; 100]].concat(),
        vec![0xff; 11],
    ];
    for frame in frames {
        let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
        let (answer, error) = stranger(&mut acceptor, &frame);
        assert!(error.is_some() && answer.is_empty(), "{frame:?}: {answer:?}");
        // Nor after a hello.
        let mut hello = Vec::new();
        Link::dial(START, settings("a", "?"), [1; 16], &mut hello);
        let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
        stranger(&mut acceptor, &hello);
        let (answer, error) = stranger(&mut acceptor, &frame);
        let is_told = error == Some(LinkError::WrongProof);
        assert!(error.is_some() && (is_told || answer.is_empty()), "{frame:?}: {answer:?}");
        let (answer, error) = stranger(&mut acceptor, &hello);
        assert!(error.is_some() && answer.is_empty(), "it goes on after {frame:?}");
    }
}

#[test]
fn a_dialler_believes_nobody_before_the_proof() {
    let challenge =
        framed(HELLO, &Hello { nonce: vec![2; 16], ..Hello::default() }.encode_to_vec());
    let wrong = Proof { proof: vec![0; 32], hello: handshake::hello(&settings("b", "?"), &[]) };
    let wrong = framed(PROOF, &wrong.encode_to_vec());
    for frame in [framed(BEAT, b""), framed(6, b"x"), wrong] {
        for before in [b"".to_vec(), challenge.clone()] {
            let mut dialler = Link::dial(START, settings("a", "s"), [1; 16], &mut Vec::new());
            let bytes = [before, frame.clone()].concat();
            let result =
                dialler.receive(START, &quiet(), &bytes, &mut Vec::new(), |_| panic!("not up"));
            assert!(result.is_err(), "{bytes:?}");
        }
    }
}

#[test]
fn its_own_words_are_no_answer() {
    let mut said = Vec::new();
    let mut dialler = Link::dial(START, settings("a", "s"), [1; 16], &mut said);
    let mut out = Vec::new();
    let result = dialler.receive(START, &quiet(), &said, &mut out, |_| panic!("not up"));
    assert_eq!(result, Ok(()), "its hello may be a nonce, too");
    let reflected = std::mem::take(&mut out);
    let result = dialler.receive(START, &quiet(), &reflected, &mut out, |_| panic!("not up"));
    assert_eq!(result, Err(LinkError::WrongProof));
}

#[test]
fn a_recorded_handshake_is_worth_nothing() {
    let (mut hello, mut proof) = (Vec::new(), Vec::new());
    let mut dialler = Link::dial(START, settings("a", "s"), [1; 16], &mut hello);
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let mut nonce = Vec::new();
    assert_eq!(acceptor.receive(START, &quiet(), &hello, &mut nonce, |_| {}), Ok(()));
    assert_eq!(dialler.receive(START, &quiet(), &nonce, &mut proof, |_| {}), Ok(()));
    assert_eq!(acceptor.receive(START, &quiet(), &proof, &mut Vec::new(), |_| {}), Ok(()));
    assert!(acceptor.is_up());
    let mut later = Link::accept(START, settings("b", "s"), [3; 16]);
    let (_, error) = stranger(&mut later, &[hello, proof].concat());
    assert_eq!(error, Some(LinkError::WrongProof));
}

#[test]
fn what_a_proven_peer_is_refused_for_is_told_and_for_good() {
    let other = |change: fn(&mut Settings)| {
        let mut a = settings("a", "s");
        change(&mut a);
        let (seen, dialler, _) = shake_as(a, settings("b", "s"));
        assert!(!dialler.is_up());
        seen.join("; ")
    };
    let cases = [
        other(|a| a.cluster_id = 8),
        other(|a| a.id = "a\nb".to_owned()),
        other(|a| a.role = Role::None),
        other(|a| a.incarnation = u64::MAX),
        other(|a| a.incarnation = limits::NUMBER_MAX),
    ];
    for case in &cases[..1] {
        assert!(case.starts_with("b: the peer belongs to another cluster; a: the peer refuses: "));
    }
    for case in &cases[1..] {
        assert!(case.starts_with("b: the peer doesn't say who it is"), "{case}");
    }
    let error = LinkError::Refused { reason: Foreign::new("x"), for_good: true };
    assert!(error.is_for_good() && LinkError::OtherCluster.is_for_good());
}

#[test]
fn versions_that_share_nothing_are_told_after_the_proof() {
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let hello = Hello { version: 1, version_min: 1, nonce: vec![1; 16], ..Hello::default() };
    let (hello, nonce) = (hello.encode_to_vec(), Hello { nonce: vec![2; 16], ..Hello::default() });
    let (answer, error) = stranger(&mut acceptor, &framed(HELLO, &hello));
    assert_eq!((answer, error), (framed(HELLO, &nonce.encode_to_vec()), None));
    let proof = proof::make(b"s", End::Dialler, &[&hello, &nonce.encode_to_vec()]).to_vec();
    let proof = Proof { proof, hello: Vec::new() };
    let (answer, error) = stranger(&mut acceptor, &framed(PROOF, &proof.encode_to_vec()));
    assert_eq!(error, Some(LinkError::Version(1, 1)));
    let reason = "the peer speaks link versions 1 to 1, this node 3 to 4";
    assert_eq!(answer, refused(reason, true));
}

#[test]
fn a_handshake_has_five_seconds_whatever_comes() {
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let mut hello = Vec::new();
    Link::dial(START, settings("a", "?"), [1; 16], &mut hello);
    let mut bytes = hello.chunks(3).chain(std::iter::repeat(&[][..]));
    for at in (0..5_000).step_by(200) {
        let (now, byte) = (START.after(at), bytes.next().expect("they repeat"));
        assert_eq!(acceptor.receive(now, &quiet(), byte, &mut Vec::new(), |_| {}), Ok(()));
        assert_eq!(acceptor.wake(now, &quiet(), &mut Vec::new()), Ok(()));
    }
    assert_eq!(acceptor.wake_at(&quiet()), START.ms + 5_000);
    let end = START.after(5_000);
    assert_eq!(acceptor.wake(end, &quiet(), &mut Vec::new()), Err(LinkError::Unproven));
    assert_eq!(
        acceptor.receive(end, &quiet(), b"", &mut Vec::new(), |_| {}),
        Err(LinkError::Unproven)
    );
}

#[test]
fn a_refusal_is_shown_without_what_could_forge_a_line() {
    let mut dialler = Link::dial(START, settings("a", "s"), [1; 16], &mut Vec::new());
    let forged = refused("no\n2026-01-01 ERROR fake", false);
    let error = dialler.receive(START, &quiet(), &forged, &mut Vec::new(), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), r"the peer refuses: no\n2026-01-01 ERROR fake");
    assert!(!error.is_for_good());
}

#[test]
fn a_large_frame_before_the_proof_is_refused() {
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let mut large = vec![0xff, 0xff, 0x7f];
    large.resize(2000, 0);
    let refused = acceptor.receive(START, &quiet(), &large, &mut Vec::new(), |_| {});
    assert_eq!(refused, Err(LinkError::NoHello));
}
