//! Two ends in one thread, over a pair of sockets.

use std::os::unix::net::UnixStream;

use super::*;

type End = Stream<UnixStream>;

const START: Time = Time { ms: 10_000, unix_ms: 0 };

fn testdata(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "testdata/tls", name].iter().collect()
}

/// The files of a node of one authority, or of a stranger of another.
pub(in crate::io) fn files(who: &str) -> Files {
    let authority = if who == "node" { "authority.pem" } else { "stranger-authority.pem" };
    Files {
        certificate: testdata(&format!("{who}.pem")),
        key: testdata(&format!("{who}.key")),
        authority: Some(testdata(authority)),
        name: None,
    }
}

pub(in crate::io) fn tls(who: &str) -> Tls {
    Tls::load(files(who)).expect("the files of the tests")
}

/// One end that dials the other.
fn pair(now: Time, dialler: &Tls, acceptor: &Tls, address: &str) -> (End, End) {
    let (here, there) = UnixStream::pair().expect("a pair");
    here.set_nonblocking(true).expect("ours");
    there.set_nonblocking(true).expect("ours");
    let dialled = dialler.dial(now, here, address).expect("an authority and a name");
    (dialled, acceptor.accept(now, there).expect("a certificate"))
}

/// What is left when there is nothing to read yet.
fn read(end: &mut End, into: &mut Vec<u8>) -> Result<(), String> {
    let mut buffer = vec![0; 50_000];
    match end.read(&mut buffer) {
        Ok(0) => Err("ended".to_owned()),
        Ok(length) => {
            into.extend_from_slice(&buffer[..length]);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Sends these bytes; what the other end has then, or why either gave up.
fn carry(from: &mut End, to: &mut End, bytes: &[u8]) -> Result<(), String> {
    let (mut sent, mut came, mut back) = (0, Vec::new(), Vec::new());
    for _ in 0..10_000 {
        match from.write(&bytes[sent..]) {
            Ok(length) => sent += length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.to_string()),
        }
        from.flush().map_err(|error| error.to_string())?;
        read(to, &mut came)?;
        read(from, &mut back)?;
        if came.len() == bytes.len() {
            assert!(came == bytes && back.is_empty());
            return Ok(());
        }
    }
    Err("in vain".to_owned())
}

#[test]
fn much_passes_both_ways_and_the_end_is_seen() {
    let tls = tls("node");
    let (mut dialler, mut acceptor) = pair(START, &tls, &tls, "localhost:7600");
    let much: Vec<u8> = (0..2_000_000u32).map(|at| (at % 251) as u8).collect();
    assert_eq!(carry(&mut dialler, &mut acceptor, &much), Ok(()));
    assert_eq!(carry(&mut acceptor, &mut dialler, &much), Ok(()));
    acceptor.end();
    drop(acceptor);
    assert_eq!(read(&mut dialler, &mut Vec::new()), Err("ended".to_owned()));
}

#[test]
fn a_certificate_must_name_who_is_dialled() {
    let tls = tls("node");
    let refused = |address| {
        let (mut dialler, mut acceptor) = pair(START, &tls, &tls, address);
        carry(&mut dialler, &mut acceptor, b"hello").expect_err("another name")
    };
    assert!(refused("elsewhere.imq.test:7600").contains("certificate is not valid"));
    for address in ["127.0.0.1:7600", "node.imq.test:7600"] {
        let (mut dialler, mut acceptor) = pair(START, &tls, &tls, address);
        assert_eq!(carry(&mut dialler, &mut acceptor, b"hello"), Ok(()));
    }
    let named = Files { name: Some("node.imq.test".to_owned()), ..files("node") };
    let named = Tls::load(named).expect("the files of the tests");
    let (mut dialler, mut acceptor) = pair(START, &named, &tls, "10.9.8.7:7600");
    assert_eq!(carry(&mut dialler, &mut acceptor, b"hello"), Ok(()));
}

#[test]
fn a_door_for_clients_asks_for_no_certificate_and_dials_nobody() {
    let door = Tls::load(Files { authority: None, ..files("node") }).expect("two files");
    let (here, _there) = UnixStream::pair().expect("a pair");
    assert!(door.dial(START, here, "localhost:7400").is_err());
    let (mut client, mut end) = pair(START, &tls("node"), &door, "localhost:7400");
    assert_eq!(carry(&mut client, &mut end, b"hello"), Ok(()));
}

#[test]
fn wrong_files_are_named() {
    let absent = Files { key: testdata("absent.key"), ..files("node") };
    assert!(Tls::load(absent).expect_err("no file").to_string().contains("absent.key"));
    let mixed = Files { key: testdata("stranger.key"), ..files("node") };
    assert!(Tls::load(mixed).expect_err("another's key").to_string().contains("node.pem"));
    let none = Files { certificate: testdata("node.key"), ..files("node") };
    assert!(Tls::load(none).expect_err("a key").to_string().contains("no certificate"));
}

#[test]
fn changed_files_count_for_new_connections_and_bad_ones_do_not() {
    let folder = std::env::temp_dir().join(format!("imq-tls-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let here = |name: &str| folder.join(name);
    let copied = Files {
        certificate: here("certificate.pem"),
        key: here("key.pem"),
        authority: Some(here("authority.pem")),
        name: None,
    };
    let put = |who: &str| {
        let from = files(who);
        fs::copy(from.certificate, &copied.certificate).expect("copied");
        fs::copy(from.key, &copied.key).expect("copied");
        fs::copy(from.authority.expect("given"), here("authority.pem")).expect("copied");
    };
    let says = |at: Time, dialler: &Tls, acceptor: &Tls| {
        let (mut a, mut b) = pair(at, dialler, acceptor, "localhost:7600");
        carry(&mut a, &mut b, b"hello")
    };
    put("node");
    let (changing, node, stranger) =
        (Tls::load(copied.clone()).expect("copied"), tls("node"), tls("stranger"));
    let (mut old_dialler, mut old) = pair(START, &node, &changing, "localhost:7600");
    assert_eq!(carry(&mut old_dialler, &mut old, b"hello"), Ok(()));

    put("stranger");
    assert_eq!(says(START.after(LOOK_MS - 1), &node, &changing), Ok(()), "not looked at yet");
    let later = START.after(LOOK_MS);
    assert_eq!(says(later, &stranger, &changing), Ok(()));
    let refused = says(later, &node, &changing).expect_err("another authority");
    assert!(refused.contains("not from the authority"), "{refused}");
    assert_eq!(carry(&mut old_dialler, &mut old, b"still here"), Ok(()));

    fs::write(&copied.key, "half a").expect("written");
    assert_eq!(says(START.after(LOOK_MS * 2), &stranger, &changing), Ok(()));
    fs::remove_dir_all(folder).expect("ours");
}
