//! The status page: a document with its style and its script, all of them in the binary. They hold
//! no data, so they need no key; they ask the interface.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Parts of the script, by name.
const PARTS: [(&str, &str); 10] = [
    ("boss.js", include_str!("page/boss.js")),
    ("config.js", include_str!("page/config.js")),
    ("dom.js", include_str!("page/dom.js")),
    ("events.js", include_str!("page/events.js")),
    ("figures.js", include_str!("page/figures.js")),
    ("lists.js", include_str!("page/lists.js")),
    ("map.js", include_str!("page/map.js")),
    ("nodes.js", include_str!("page/nodes.js")),
    ("queue.js", include_str!("page/queue.js")),
    ("trace.js", include_str!("page/trace.js")),
];

/// The page's own files, and the interface of the same boss; nothing else, from nowhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src \
                      'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The routes of the page.
pub(super) fn routes() -> Router {
    Router::new()
        .route("/", get(async || served(HTML, PAGE)))
        .route("/page.css", get(async || served(CSS, STYLE)))
        .route("/page.js", get(async || served(JAVASCRIPT, SCRIPT)))
        .route("/page/{part}", get(part))
}

async fn part(Path(name): Path<String>) -> Response {
    match PARTS.iter().find(|(part, _)| *part == name) {
        Some((_, text)) => served(JAVASCRIPT, text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A browser keeps nothing of it, so that it is always of the same version as the boss.
fn served(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests;
