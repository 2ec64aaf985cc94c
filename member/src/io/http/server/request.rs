//! One request: whether it is for us, what the routes say to it, and what becomes of the rest of
//! its body.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body as AxumBody, Bytes};
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use proto::limits;

use super::Shared;
use super::talk::Talk;

/// Runs a request to its answer.
pub(super) async fn run(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    talk: Arc<Talk>,
    here: IpAddr,
) -> Result<Response<Answer>, Infallible> {
    talk.asked();
    let waits = request.headers().contains_key(header::EXPECT);
    let refusal = shared.hosts.refusal(&request, here);
    let request = request.map(|body| Lent { body: Some(body), talk: Arc::clone(&talk) });
    let mut response = match refusal {
        Some(refusal) => refusal.response(),
        None => match TowerToHyperService::new(shared.routes.clone()).call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
    };
    // What is left of the body is in the way of the next request.
    if let Some(rest) = talk.rest()
        && (waits || !read_away(rest).await)
    {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    talk.answers();
    Ok(response.map(|body| Answer { body, talk }))
}

/// Reads the rest of a body, if it is short and comes soon. Whether it did.
async fn read_away(mut rest: Incoming) -> bool {
    if rest.size_hint().lower() > limits::WEB_REST_BYTES_MAX as u64 {
        return false;
    }
    let read = async {
        let mut left = limits::WEB_REST_BYTES_MAX;
        while let Some(frame) = next(&mut rest).await {
            let Ok(frame) = frame else { return false };
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(less) = left.checked_sub(length) else { return false };
            left = less;
        }
        true
    };
    let patience = Duration::from_millis(limits::WEB_REST_MS_MAX);
    tokio::time::timeout(patience, read).await.unwrap_or(false)
}

/// The next piece of a body.
pub(super) async fn next<B: Body + Unpin>(
    body: &mut B,
) -> Option<Result<Frame<B::Data>, B::Error>> {
    std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

/// A request's body, as long as somebody reads it; then what is left of it is the connection's.
struct Lent {
    body: Option<Incoming>,
    talk: Arc<Talk>,
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(rest) = self.body.take().filter(|rest| !rest.is_end_stream()) {
            self.talk.leave(rest);
        }
    }
}

/// An answer's body, which says when hyper has all of it.
pub(super) struct Answer {
    body: AxumBody,
    talk: Arc<Talk>,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.talk.given();
    }
}
