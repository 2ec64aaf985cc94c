//! Peers that keep a connection without need. Each test has one seat, and somebody who waits for
//! it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use axum::routing::get;

use super::*;

/// What the kernel buffers on both sides, and more.
const LARGE: usize = 16 * 1024 * 1024;
/// Longer than any test may take.
const LONG: Duration = Duration::from_secs(60);

const BOUNDS: Bounds = Bounds {
    connections_max: 1,
    address_connections_max: 1,
    first_head: LONG,
    head: LONG,
    stall: LONG,
};

fn port(bounds: Bounds) -> SocketAddr {
    let large: &'static [u8] = Box::leak(vec![b'x'; LARGE].into_boxed_slice());
    let routes = Router::new()
        .route("/", get(async || "here"))
        .route("/large", get(async move || large))
        .route("/early", axum::routing::post(async || "too long, unread"));
    serve(SocketAddr::from(([127, 0, 0, 1], 0)), routes, bounds, std::future::ready(())).unwrap()
}

fn say(to: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// The next answer, which is this.
fn hears(stream: &mut TcpStream, end: &str) {
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    while !said.ends_with(end.as_bytes()) {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed after {:?}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&buffer[..length]);
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: imq\r\n\r\n";

/// Somebody comes while another has the seat, and gets it.
fn is_served(port: SocketAddr) {
    hears(&mut say(port, GET), "here");
}

#[test]
fn who_says_nothing_at_first_is_closed() {
    let port = port(Bounds { first_head: Duration::from_millis(200), ..BOUNDS });
    for begun in ["", "GET / HTTP/1.1\r\nHost: imq\r\nA: b"] {
        let _there = say(port, begun);
        is_served(port);
    }
    // Who has asked once may be silent for longer.
    let port = self::port(Bounds {
        first_head: Duration::from_millis(100),
        head: Duration::from_millis(1_000),
        ..BOUNDS
    });
    let mut there = say(port, GET);
    hears(&mut there, "here");
    let since_ms = clock::now().ms;
    is_served(port);
    let waited_ms = clock::now().ms - since_ms;
    assert!(waited_ms > 800, "{waited_ms} ms");
}

#[test]
fn who_does_not_end_a_later_head_is_closed() {
    let port = port(Bounds { head: Duration::from_millis(200), ..BOUNDS });
    let mut there = say(port, GET);
    hears(&mut there, "here");
    there.write_all(b"GET / HTTP/1.1\r\nA: b").unwrap();
    is_served(port);
}

#[test]
fn who_reads_nothing_is_closed() {
    let port = port(Bounds { stall: Duration::from_millis(500), ..BOUNDS });
    let _there = say(port, &GET.replace("/ ", "/large ").repeat(10));
    is_served(port);
}

#[test]
fn who_does_not_end_a_body_that_nobody_wants_is_closed() {
    let port = port(BOUNDS);
    let head = "POST /early HTTP/1.1\r\nHost: imq\r\nContent-Length: 1000000\r\n\r\nx";
    let mut there = say(port, head);
    hears(&mut there, "unread");
    is_served(port);
}

#[test]
fn an_address_has_so_many_seats() {
    let permits = Arc::new(Semaphore::new(4));
    let limits = AddressLimits { connections_max: 1, attempts_per_s: 0 };
    let addresses = Arc::new(Addresses::new(limits, Seed::new(1)));
    let take = |from: &str| {
        let permit = Arc::clone(&permits).try_acquire_owned().unwrap();
        Seat::take(permit, &addresses, from.parse().unwrap())
    };
    let ann = take("192.0.2.1").unwrap();
    assert!(take("192.0.2.1").is_none());
    assert!(take("::ffff:192.0.2.1").is_none());
    let others = [take("192.0.2.2"), take("127.0.0.1"), take("127.0.0.1")];
    assert!(others.iter().all(Option::is_some));
    assert_eq!(permits.available_permits(), 0);
    drop(ann);
    assert!(take("192.0.2.1").is_some());
}

#[test]
fn who_is_turned_away_hears_why() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut there = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (here, _) = listener.accept().unwrap();
    here.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let here = tokio::net::TcpStream::from_std(here).unwrap();
        here.writable().await.unwrap();
        turn_away(&here);
    });
    let mut said = String::new();
    there.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 429 ") && said.ends_with("keep them\n"), "{said}");
}
