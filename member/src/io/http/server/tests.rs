//! Peers that break off, go on, read nothing, or say nothing: each hears what was done, and none
//! keeps others waiting.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::*;

mod ends;
mod waits;

/// More than the kernel buffers on both sides.
const LARGE: usize = 16 * 1024 * 1024;
/// Longer than any test may take.
const LONG_MS: u64 = 60_000;

fn bounds() -> Bounds {
    Bounds {
        connections_max: 8,
        gives_way_ms: LONG_MS,
        head_ms: LONG_MS,
        idle_ms: LONG_MS,
        doze_ms: LONG_MS,
        stall_ms: LONG_MS,
        ..Bounds::of_files(100)
    }
}

/// A port, and how many requests were run there.
struct Here {
    address: SocketAddr,
    runs: Arc<AtomicUsize>,
}

impl Here {
    fn new(bounds: Bounds) -> Here {
        let large: &'static [u8] = Box::leak(vec![b'x'; LARGE].into_boxed_slice());
        let runs = Arc::new(AtomicUsize::new(0));
        let routes = Router::new()
            .route("/", get(run))
            .route(
                "/large",
                get(async move |State(runs): State<Arc<AtomicUsize>>| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    large
                }),
            )
            .route("/unread", post(async || (StatusCode::UNAUTHORIZED, "unread")))
            .route("/body", post(length))
            .with_state(Arc::clone(&runs));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let port = Port { name: "test".to_owned(), address, routes, hosts: Hosts::any(), bounds };
        Here { address: serve(port, std::future::pending()).unwrap(), runs }
    }

    /// Connects and says this.
    fn say(&self, text: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(LONG_MS))).unwrap();
        stream.write_all(text.as_ref()).unwrap();
        stream
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }

    /// Somebody comes and is served.
    fn serves(&self) {
        hears(&mut self.say(GET), "here");
    }
}

async fn run(State(runs): State<Arc<AtomicUsize>>) -> &'static str {
    runs.fetch_add(1, Ordering::Relaxed);
    "here"
}

/// Says how long the body is, if it is no longer than 1,000 bytes.
async fn length(
    State(runs): State<Arc<AtomicUsize>>,
    request: Request,
) -> axum::response::Response {
    use axum::response::IntoResponse as _;

    match body::read(request.into_body(), 1_000).await {
        Ok(body) => {
            runs.fetch_add(1, Ordering::Relaxed);
            format!("{} bytes", body.len()).into_response()
        }
        Err(unread) => unread.response(),
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: imq\r\n\r\n";

/// A request with a body of so many bytes, of which this is there.
fn post_of(path: &str, length: usize, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: imq\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Reads until the peer has said this.
fn hears(stream: &mut TcpStream, end: &str) {
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    while !said.ends_with(end.as_bytes()) {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed after {:?}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&buffer[..length]);
    }
}

/// The statuses of all answers until the peer's end, which is no reset.
fn statuses(mut stream: TcpStream) -> Vec<u16> {
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said.match_indices("HTTP/1.1 ").map(|(at, _)| said[at + 9..at + 12].parse().unwrap()).collect()
}
