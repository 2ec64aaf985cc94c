//! What the boss asks of this process for an operator, over the link that it has anyhow: the same
//! as anybody could ask over HTTP, and what only it may ask. The thread with the link hands the
//! request to the thread that serves HTTP, which hands the answer back.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use proto::b2n::Call;
use proto::limits;
use proto::n2b::Called;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The end of the thread with the link.
pub struct Calls {
    asked: Sender<Call>,
    answered: Arc<Mutex<Vec<Called>>>,
}

/// The end of the thread that serves HTTP.
pub struct Calling {
    asked: Receiver<Call>,
    answered: Answered,
}

/// Where answers go, and how the thread with the link hears of them.
#[derive(Clone)]
struct Answered {
    all: Arc<Mutex<Vec<Called>>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// Both ends; the thread with the link is woken so.
pub fn open(wake: impl Fn() + Send + Sync + 'static) -> (Calls, Calling) {
    let (sender, asked) = channel(limits::CALLS_MAX);
    let all = Arc::default();
    let answered = Answered { all: Arc::clone(&all), wake: Arc::new(wake) };
    (Calls { asked: sender, answered: all }, Calling { asked, answered })
}

impl Calls {
    /// Hands it on, to be answered later; or at once, if too many wait.
    pub(super) fn put(&self, call: Call) {
        let number = call.number;
        if self.asked.try_send(call).is_err() {
            let sentence = "this process has too many requests of the boss under way: ask again";
            let refused = refusal(number, StatusCode::SERVICE_UNAVAILABLE, sentence);
            locked(&self.answered).push(refused);
        }
    }

    /// What was answered since.
    pub(super) fn answers(&self) -> Vec<Called> {
        std::mem::take(&mut *locked(&self.answered))
    }
}

impl Calling {
    /// Has `routes` answer what comes, with this key of the process's own, until nobody asks any
    /// more.
    pub async fn answer(mut self, routes: Router, key: Option<String>) {
        let under_way = Arc::new(Semaphore::new(limits::CALLS_MAX));
        while let Some(call) = self.asked.recv().await {
            let Ok(permit) = Arc::clone(&under_way).acquire_owned().await else { return };
            let (routes, key, answered) = (routes.clone(), key.clone(), self.answered.clone());
            tokio::spawn(async move {
                let called = run(call, routes, key).await;
                locked(&answered.all).push(called);
                (answered.wake)();
                drop(permit);
            });
        }
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}

impl fmt::Debug for Calling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calling")
    }
}

fn locked(answers: &Mutex<Vec<Called>>) -> MutexGuard<'_, Vec<Called>> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run(call: Call, routes: Router, key: Option<String>) -> Called {
    let number = call.number;
    let Some(request) = request(call, key) else {
        return refusal(number, StatusCode::BAD_REQUEST, "the boss asks what is no request");
    };
    let answered = tokio::time::timeout(Duration::from_millis(limits::CALL_MS_MAX), async {
        let asked = TowerToHyperService::new(routes).call(request).await;
        let response: Result<Response<Body>, Infallible> = asked;
        let Ok(response) = response;
        let status = response.status();
        (status, to_bytes(response.into_body(), limits::CALL_ANSWER_BYTES_MAX).await)
    });
    match answered.await {
        Ok((status, Ok(body))) => {
            Called { number, status: status.as_u16().into(), body: body.into() }
        }
        Ok((_, Err(_))) => {
            let sentence = "the answer is too long for the boss: ask for less";
            refusal(number, StatusCode::BAD_GATEWAY, sentence)
        }
        Err(_) => refusal(
            number,
            StatusCode::GATEWAY_TIMEOUT,
            "this takes the process too long: ask for less",
        ),
    }
}

fn request(call: Call, key: Option<String>) -> Option<Request<Body>> {
    let Call { method, path, body, .. } = call;
    if body.len() > limits::CALL_BYTES_MAX {
        return None;
    }
    let mut request = Request::builder().method(method.as_str()).uri(path);
    request = request.header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    request.body(Body::from(Bytes::from(body))).ok()
}

fn refusal(number: u64, status: StatusCode, sentence: &str) -> Called {
    Called { number, status: status.as_u16().into(), body: format!("{sentence}\n").into_bytes() }
}

#[cfg(test)]
mod tests;
