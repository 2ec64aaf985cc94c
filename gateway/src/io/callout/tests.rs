//! Requests against small servers of this machine, which answer as the tests say.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};

use proto::class::ClusterConfig;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::address::{is_inner, is_inner_literal, outer};
use super::*;
use crate::machine::callout::{Ask, Asked, Callouts, Out, Verdict};

/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the thread makes of requests.
struct Poster {
    caller: Caller,
}

impl Poster {
    fn new() -> Poster {
        Poster { caller: Caller::start(100).unwrap() }
    }

    fn post(&self, url: &str, inner: bool, timeout_ms: u64) -> Outcome {
        self.send(url, inner, timeout_ms, true)
    }

    fn send(&self, url: &str, inner: bool, timeout_ms: u64, again: bool) -> Outcome {
        let (answer, outcome) = sync_channel(1);
        let request = HttpRequest {
            request: 7,
            url: url.to_owned(),
            headers: vec![("webhook-id", "id".to_owned())],
            body: b"{\"ask\":1}".to_vec(),
            timeout_ms,
            inner,
            again,
        };
        let answer = move |number, outcome| answer.send((number, outcome)).unwrap();
        self.caller.call(request, Box::new(answer));
        let (number, outcome) = outcome.recv_timeout(PATIENCE).unwrap();
        assert_eq!(number, 7);
        outcome
    }
}

/// A server that answers one request after the other with these bytes, and then none, and says
/// which connection asked, and what.
fn server(answers: &'static [&'static str]) -> (SocketAddr, Receiver<(usize, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (said, heard) = sync_channel(100);
    std::thread::spawn(move || {
        let mut rest = answers.iter();
        for (connection, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            while let Some(request) = read_request(&mut stream) {
                if said.send((connection, request)).is_err() {
                    return;
                }
                let Some(answer) = rest.next() else { continue };
                if stream.write_all(answer.as_bytes()).is_err() || answer.contains("close") {
                    break;
                }
            }
        }
    });
    (address, heard)
}

fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"}") {
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            count => request.extend_from_slice(&buffer[..count]),
        }
    }
    String::from_utf8(request).ok()
}

const YES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"allow\":true}";

fn answered(status: u16, body: &str) -> Outcome {
    Outcome::Response { status, body: body.as_bytes().to_vec() }
}

/// It wasn't reached, for a reason that says this.
fn assert_unreachable(outcome: &Outcome, reason: &str) {
    let Outcome::Failed(Failure::Unreachable(why)) = outcome else { panic!("{outcome:?}") };
    assert!(!why.is_empty() && why.contains(reason) && !why.contains("s3cret"), "{why}");
}

#[test]
fn posts_and_keeps_the_connection() {
    let (address, heard) = server(&[YES, YES]);
    let poster = Poster::new();
    let url = format!("http://{address}/imq?key=1");
    for _ in 0..2 {
        assert_eq!(poster.post(&url, true, 5_000), answered(200, "{\"allow\":true}"));
    }
    let (first, request) = heard.recv_timeout(PATIENCE).unwrap();
    let (second, _) = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first, second, "one connection");
    assert!(request.starts_with("POST /imq?key=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("webhook-id: id\r\n"), "{request}");
    assert!(request.contains("user-agent: imq/"), "{request}");
}

/// A server that answers one request of each connection, and ends the connection when another one
/// comes on it, without having looked at that. It says how many requests it has answered.
fn hasty_server(answer: &'static str) -> (SocketAddr, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (said, heard) = sync_channel(100);
    std::thread::spawn(move || {
        for (connection, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            if read_request(&mut stream).is_none() {
                continue;
            }
            stream.write_all(answer.as_bytes()).unwrap();
            if said.send(connection).is_err() {
                return;
            }
            // It is closed with what comes now still in it.
            drop(stream.peek(&mut [0; 1]));
        }
    });
    (address, heard)
}

#[test]
fn what_a_kept_connection_took_along_is_sent_once_more() {
    let (address, heard) = hasty_server(YES);
    let (poster, url) = (Poster::new(), format!("http://{address}/"));
    for connection in 0..5 {
        assert_eq!(poster.post(&url, true, 5_000), answered(200, "{\"allow\":true}"));
        assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), connection);
    }
}

/// Of a call nobody knows whether it was done.
#[test]
fn a_call_is_never_sent_twice() {
    let (address, heard) = hasty_server(YES);
    let (poster, url) = (Poster::new(), format!("http://{address}/"));
    assert_eq!(poster.send(&url, true, 5_000, false), answered(200, "{\"allow\":true}"));
    assert_unreachable(&poster.send(&url, true, 5_000, false), "");
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), 0);
    assert!(heard.try_recv().is_err(), "one request was answered");
}

/// Whoever never answers is asked twice within the one deadline, and no third time.
#[test]
fn what_is_never_answered_is_sent_once_more_and_not_thrice() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (said, heard) = sync_channel(100);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            read_request(&mut stream.unwrap());
            said.send(()).unwrap();
        }
    });
    let outcome = Poster::new().post(&format!("http://{address}/"), true, 5_000);
    assert_unreachable(&outcome, "");
    assert_eq!(heard.try_iter().count(), 2);
}

/// `Keep-Alive: timeout=1`: by the next request the connection may be closed.
#[test]
fn what_closes_early_is_not_kept() {
    let early = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nkeep-alive: timeout=1, max=9\r\n\r\n{}";
    let late = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nKeep-Alive: timeout=5\r\n\r\n{}";
    let poster = Poster::new();
    for (answer, connections) in [(early, [0, 1, 2]), (late, [0, 0, 0])] {
        let (address, heard) = server(Box::leak(Box::new([answer; 3])));
        for connection in connections {
            let url = format!("http://{address}/");
            assert_eq!(poster.send(&url, true, 5_000, false), answered(200, "{}"));
            assert_eq!(heard.recv_timeout(PATIENCE).unwrap().0, connection, "{answer}");
        }
    }
    assert!(IDLE < Duration::from_secs(2), "gunicorn closes after two seconds");
}

#[test]
fn redirects_are_not_followed() {
    let (elsewhere, heard) = server(&[YES]);
    let answer =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n");
    let (address, _heard) = server(Box::leak(Box::new([&*answer.leak()])));
    let outcome = Poster::new().post(&format!("http://{address}/"), true, 5_000);
    assert_eq!(outcome, answered(302, ""));
    assert!(heard.try_recv().is_err());
}

#[test]
fn what_is_late_is_ended() {
    let (never, _heard) = server(&[]);
    let (half, _also) = server(&["HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"allow\""]);
    let poster = Poster::new();
    for address in [never, half] {
        assert_eq!(poster.post(&format!("http://{address}/"), true, 50), Outcome::TimedOut);
    }
}

#[test]
fn what_is_huge_or_broken_is_no_answer() {
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n";
    let chunk = "x".repeat(40_000);
    let chunks = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
         9c40\r\n{chunk}\r\n9c40\r\n{chunk}\r\n"
    );
    let cut = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{";
    let garbage = "SSH-2.0-OpenSSH_9.2 close\r\n";
    let poster = Poster::new();
    let post = |answer: &str| {
        let (address, _heard) = server(Box::leak(Box::new([&*answer.to_owned().leak()])));
        poster.post(&format!("http://{address}/"), true, 5_000)
    };
    for huge in [announced, &chunks] {
        assert_eq!(post(huge), Outcome::Failed(Failure::Huge), "{huge:.60}");
    }
    for broken in [cut, garbage] {
        assert_unreachable(&post(broken), "");
    }
}

#[test]
fn who_is_not_there_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let poster = Poster::new();
    // The operator is told why, and no password.
    let post = |url: &str| poster.post(url, true, 5_000);
    assert_unreachable(&post(&format!("http://ann:s3cret@{closed}/?key=s3cret")), "refused");
    assert_unreachable(&post("no url at all"), "relative URL");
    assert_unreachable(&post("ftp://ann:s3cret@example.com/"), "");
    // Without a certificate, nobody is told anything.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(std::thread::spawn(move || drop(listener.accept())));
    assert_unreachable(&post(&format!("https://{address}/")), "");
}

#[test]
fn inner_addresses_are_closed_to_it() {
    let (address, heard) = server(&[YES]);
    let (poster, port) = (Poster::new(), address.port());
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "user:secret@127.0.0.1",
    ] {
        let outcome = poster.post(&format!("http://{host}:{port}/"), false, 5_000);
        assert_eq!(outcome, Outcome::Failed(Failure::InnerAddress), "{host}");
    }
    assert!(heard.try_recv().is_err(), "nobody has come");
    let outcome = poster.post(&format!("http://localhost:{port}/"), true, 5_000);
    assert_eq!(outcome, answered(200, "{\"allow\":true}"));
}

const INNER: &str = "
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 100.127.255.255 127.255.255.255
    168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1
    192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255
    240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:8.8.8.8 ::ffff:10.0.0.1
    64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1
    5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
";

const OUTER: &str = "
    1.1.1.1 8.8.8.8 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 168.63.129.17
    169.253.255.255 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255
    198.20.0.1 223.255.255.255 2606:4700::1111 2a00:1450:4001::1 64:ff9b::8.8.8.8
    2001:4860:4860::8888 3ffe::1
";

#[test]
fn knows_inner_addresses() {
    for inner in INNER.split_whitespace() {
        assert!(is_inner(inner.parse().unwrap()), "{inner}");
        let host = if inner.contains(':') { format!("[{inner}]") } else { inner.to_owned() };
        assert!(is_inner_literal(&host), "{host}");
    }
    for outer in OUTER.split_whitespace() {
        assert!(!is_inner(outer.parse().unwrap()), "{outer}");
    }
    assert!(!is_inner_literal("example.com"));
}

/// A name that leads outside and inside is one that somebody plays with.
#[test]
fn one_inner_address_is_enough() {
    let address = |text: &str| SocketAddr::from((text.parse::<IpAddr>().unwrap(), 0));
    let public = vec![address("1.1.1.1"), address("2606:4700::1111")];
    assert_eq!(outer("a.example", public.clone()).unwrap().count(), 2);
    let mixed = [public, vec![address("169.254.169.254")]].concat();
    let error = outer("a.example", mixed).err().unwrap().to_string();
    assert!(error.contains("a.example leads to 169.254.169.254"), "{error}");
}

/// What the machine has posted arrives, signed, and its answer is a verdict.
#[test]
fn a_lane_asks_and_hears() {
    let (address, heard) = server(&[YES]);
    let config = format!(
        "[[callout]]\nname = 'app'\nurl = 'http://{address}/imq'\ninner = true\n\
         secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'"
    );
    let config: ClusterConfig = toml::from_str(&config).unwrap();
    let (now, mut out) = (link::io::clock::now(), Out::default());
    let mut callouts = Callouts::new("g1", 1, StdRng::seed_from_u64(1));
    callouts.configure(now, &config, &mut out);
    let (queue, class) = ("/room/1".to_owned(), "/room/*".to_owned());
    let ask = Ask {
        id: "00d1/4".to_owned(),
        user: Some("ann".to_owned()),
        from: None,
        session: Some("00d1".to_owned()),
        asked: Asked::Subscribe { queue, class },
    };
    callouts.ask(now, 9, Some("app"), &ask, &mut out);
    let (answer, outcome) = sync_channel(1);
    let request = out.requests.pop().unwrap();
    let signature = request.headers[3].1.clone();
    let answer = move |number, outcome| answer.send((number, outcome)).unwrap();
    let caller = Caller::start(100).unwrap();
    caller.call(request, Box::new(answer));
    let (_, posted) = heard.recv_timeout(PATIENCE).unwrap();
    assert!(posted.contains(&format!("webhook-signature: {signature}\r\n")), "{posted}");
    let (number, outcome) = outcome.recv_timeout(PATIENCE).unwrap();
    callouts.answered(now, number, outcome, &mut out);
    assert_eq!(out.verdicts, [(9, Verdict::Allow)]);
}

#[test]
fn so_many_requests_are_under_way_at_a_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (prompt, heard) = server(&["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"]);
    let caller = Caller::start(1).unwrap();
    let (said, outcomes) = sync_channel(2);
    let address = silent.local_addr().unwrap();
    for (number, to, timeout_ms) in [(1, address, 500), (2, prompt, 20_000)] {
        let said = said.clone();
        let request = HttpRequest {
            request: number,
            url: format!("http://{to}/"),
            headers: vec![],
            body: b"{}".to_vec(),
            timeout_ms,
            inner: true,
            again: false,
        };
        caller
            .call(request, Box::new(move |number, outcome| said.send((number, outcome)).unwrap()));
    }
    let (number, outcome) = outcomes.recv_timeout(PATIENCE).unwrap();
    assert_eq!((number, outcome), (1, Outcome::TimedOut));
    let (number, outcome) = outcomes.recv_timeout(PATIENCE).unwrap();
    assert_eq!((number, outcome), (2, Outcome::Response { status: 200, body: b"ok".to_vec() }));
    assert!(heard.recv_timeout(PATIENCE).is_ok());
}
