//! Bodies that never end, on virtual time.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use axum::body::Body as HttpBody;
use axum::response::IntoResponse as _;
use hyper::body::Frame;

use super::*;
use crate::io::web::keys::{ApiKey, Keyring};

/// A byte every second.
struct Drip(tokio::time::Interval);

impl hyper::body::Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let tick = self.0.poll_tick(context);
        tick.map(|_| Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_has_so_much_time() {
    let drip = Drip(tokio::time::interval(Duration::from_secs(1)));
    let mut read = pin!(body_of(Request::new(HttpBody::new(drip)), 100));
    let patience = Duration::from_millis(limits::WEB_BODY_MS_MAX - 1);
    assert!(tokio::time::timeout(patience, &mut read).await.is_err(), "it may still come");
    let refused = tokio::time::timeout(Duration::from_millis(100), read).await.unwrap();
    let refusal = refused.unwrap_err();
    assert_eq!(refusal.into_response().status(), 503);
}

/// Only who may ask for the user is told whether the user is there.
#[test]
fn who_may_not_name_a_user_is_not_told_of_it() {
    let is_discreet = |queues: &[&str]| {
        let queues = queues.iter().map(|queue| (*queue).to_owned()).collect();
        let keys = Keyring::new(&[ApiKey { queues, ..ApiKey::whole("sesame") }]);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer sesame".parse().unwrap());
        let holder = keys.holder(&headers).ok().unwrap();
        let method = method_of("join_user").ok().unwrap();
        let body = r#"{"queue":"/room/1","user":"ann"}"#;
        let request = operation(holder, method, body, None).ok().unwrap();
        matches!(request.body, Body::JoinUser(join) if join.discreet)
    };
    assert!(is_discreet(&["/room/*"]));
    assert!(is_discreet(&["/room/*", "/user/bob"]));
    assert!(!is_discreet(&["/room/*", "/user/*"]));
    assert!(!is_discreet(&[]));
    // A body can't say so by itself.
    assert!(json::operation("join_user", r#"{"discreet":false}"#).is_err());
}
