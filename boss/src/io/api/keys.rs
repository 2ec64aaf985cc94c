//! Who may read, and who may change.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use proto::codes::Status;
use subtle::ConstantTimeEq as _;

use super::Refusal;

/// The keys of a boss.
#[derive(Clone)]
pub(in crate::io) struct Keys {
    /// None: nobody may change anything.
    admin: Option<Arc<str>>,
    /// None: everybody may read.
    read: Option<Arc<str>>,
}

impl Keys {
    pub(in crate::io) fn new(admin: Option<&str>, read: Option<&str>) -> Keys {
        Keys { admin: admin.map(Arc::from), read: read.map(Arc::from) }
    }

    /// Lets through who has the admin key.
    pub(super) fn may_change(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.admin.as_deref().is_none_or(str::is_empty) {
            let message = "this boss was started without an admin key, so nothing can be changed";
            return Err(Refusal::new(Status::Forbidden, message));
        }
        if is_given(self.admin.as_deref(), headers) {
            return Ok(());
        }
        let message = "send the admin key: Authorization: Bearer <key>";
        Err(Refusal::new(Status::Unauthenticated, message))
    }

    /// Lets through who has the key for reading, or the admin key.
    pub(super) fn may_read(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let keys = [self.read.as_deref(), self.admin.as_deref()];
        if self.read.is_none() || keys.into_iter().any(|key| is_given(key, headers)) {
            return Ok(());
        }
        let message = "send the key for reading, or the admin key: Authorization: Bearer <key>";
        Err(Refusal::new(Status::Unauthenticated, message))
    }
}

/// Stands before all routes: what only shows something is for those who may read.
pub(super) async fn reading(State(keys): State<Keys>, request: Request, next: Next) -> Response {
    let is_reading = request.method().is_safe();
    match keys.may_read(request.headers()) {
        Err(refusal) if is_reading => refusal.into_response(),
        Ok(()) | Err(_) => next.run(request).await,
    }
}

/// An empty key would let everybody in, and lets nobody.
fn is_given(key: Option<&str>, headers: &HeaderMap) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let key = key.filter(|key| !key.is_empty());
    key.zip(given).is_some_and(|(key, given)| given.ct_eq(key.as_bytes()).into())
}
