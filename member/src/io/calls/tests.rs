//! Requests of a boss that the test plays.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use proto::b2n::Call;
use proto::limits;
use tokio::sync::mpsc::channel;

use super::{open, run};

fn routes() -> Router {
    Router::new()
        .route("/hello", get(async || "hello"))
        .route("/long", get(async || vec![0_u8; limits::CALL_ANSWER_BYTES_MAX + 1]))
        .route("/never", get(std::future::pending::<()>))
        .route("/echo", post(async |body: Bytes| body))
        .route("/key", get(async |headers: HeaderMap| headers["authorization"].as_bytes().to_vec()))
}

fn call(number: u64, method: &str, path: &str, body: &[u8]) -> Call {
    Call { number, method: method.to_owned(), path: path.to_owned(), body: body.to_vec() }
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(test)
}

/// Status and body of the answer.
fn ask(method: &str, path: &str, body: &[u8]) -> (u32, String) {
    let key = Some("secret".to_owned());
    let called = block_on(run(call(7, method, path, body), routes(), key));
    assert_eq!(called.number, 7);
    (called.status, String::from_utf8(called.body).unwrap())
}

#[test]
fn the_routes_answer_with_the_key_of_the_process() {
    assert_eq!(ask("GET", "/hello?x=1", b""), (200, "hello".to_owned()));
    assert_eq!(ask("POST", "/echo", b"body"), (200, "body".to_owned()));
    assert_eq!(ask("GET", "/key", b""), (200, "Bearer secret".to_owned()));
    assert_eq!(ask("GET", "/nothing", b"").0, 404);
}

#[test]
fn what_is_no_request_too_long_or_too_late_is_said() {
    let refused = [
        (ask("GET", "no path", b""), 400, "no request"),
        (ask("no method", "/hello", b""), 400, "no request"),
        (ask("POST", "/echo", &vec![0; limits::CALL_BYTES_MAX + 1]), 400, "no request"),
        (ask("GET", "/long", b""), 502, "too long"),
        (ask("GET", "/never", b""), 504, "too long"),
    ];
    for ((status, said), wanted, words) in refused {
        assert_eq!(status, wanted, "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn requests_cross_to_the_thread_of_http_and_back_and_too_many_are_refused() {
    block_on(async {
        let (woken, mut wakes) = channel(limits::CALLS_MAX + 1);
        let (calls, calling) = open(move || woken.try_send(()).unwrap());
        for number in 0..=limits::CALLS_MAX as u64 {
            calls.put(call(number, "GET", "/hello", b""));
        }
        let refused: Vec<_> = calls.answers().iter().map(|one| (one.number, one.status)).collect();
        assert_eq!(refused, [(limits::CALLS_MAX as u64, 503)]);
        tokio::spawn(calling.answer(routes(), None));
        let mut answered = Vec::new();
        while answered.len() < limits::CALLS_MAX {
            wakes.recv().await.unwrap();
            answered.extend(calls.answers());
        }
        assert!(answered.iter().all(|one| one.status == 200 && one.body == b"hello"));
        calls.put(call(100, "GET", "/hello", b""));
        let last = loop {
            // The first wakes may be those of answers that were taken with others.
            wakes.recv().await.unwrap();
            if let Some(last) = calls.answers().pop() {
                break last;
            }
        };
        assert_eq!((last.number, last.status), (100, 200));
    });
}
