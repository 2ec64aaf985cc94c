//! Bodies that never end, on virtual time.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::IntoResponse as _;
use hyper::body::Frame;

use super::*;

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
    let mut read = pin!(body_of(Request::new(Body::new(drip)), 100));
    let patience = Duration::from_millis(limits::WEB_BODY_MS_MAX - 1);
    assert!(tokio::time::timeout(patience, &mut read).await.is_err(), "it may still come");
    let refused = tokio::time::timeout(Duration::from_millis(100), read).await.unwrap();
    let refusal = refused.unwrap_err();
    assert_eq!(refusal.into_response().status(), 503);
}
