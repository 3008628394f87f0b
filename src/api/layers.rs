//! What every answer passes through: limits, timeouts, caught panics, and the headers that keep browsers careful.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::extract::timed_out;
use super::problem::{FAULT, Problem, in_language};
use crate::ledger::Digest;
use crate::ledger::envelope::MAX_FLATTENED_BYTES;

/// The longest body of one event, in bytes: the longest envelope and a little more, so that an envelope slightly too long is
/// told about its own limit.
pub const MAX_EVENT_BODY_BYTES: usize = MAX_FLATTENED_BYTES + 1024;
/// The longest body of any other request, in bytes.
pub(super) const MAX_REQUEST_BODY_BYTES: usize = 4_096;
/// The longest a handler may take until its answer begins.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest answer that gets an entity tag, in bytes.
const MAX_TAGGED_BYTES: u64 = 8 * 1024 * 1024;

/// Nothing may load anything, nobody may frame it: JSON and plain pages need no more.
const CSP: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The interface browser runs its own script and styles, from this host alone.
const CSP_DOCS: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                        font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The layers of everything but the interface browser.
pub(super) fn guard(router: Router) -> Router {
    let guarded = with_policy(router.layer(from_fn(if_changed)).layer(from_fn(within_time)), CSP);
    guarded.layer(if_absent(header::CACHE_CONTROL, "no-store"))
}

/// The layers of the interface browser.
pub(super) fn guard_docs(router: Router) -> Router {
    with_policy(router, CSP_DOCS)
}

/// Panics are caught inside the header layers, so that their answers carry the headers too.
fn with_policy(router: Router, policy: &'static str) -> Router {
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(in_their_language))
        .layer(if_absent(header::CONTENT_SECURITY_POLICY, policy))
        .layer(if_absent(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(if_absent(header::REFERRER_POLICY, "no-referrer"))
}

fn if_absent(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Answers to GET carry an entity tag of their bytes, and whoever has the same already is told so (RFC 9110 §13.1.2). It saves the way, not the
/// work: what a caller may see is decided before.
async fn if_changed(request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let asked = request.headers().clone();
    let (mut parts, body) = next.run(request).await.into_parts();
    // Streams have no length, and need none.
    let is_whole = body.size_hint().exact().is_some_and(|length| length <= MAX_TAGGED_BYTES);
    if parts.status != StatusCode::OK || !is_whole || parts.headers.contains_key(header::ETAG) {
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = to_bytes(body, usize::try_from(MAX_TAGGED_BYTES).unwrap_or(usize::MAX)).await else {
        return Problem::new(FAULT, Vec::new()).into_response();
    };
    let tag = format!("\"{}\"", Digest::sha256(&[&bytes]));
    let is_known = has_already(&asked, &tag);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    if !is_known {
        return Response::from_parts(parts, bytes.into());
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    Response::from_parts(parts, Body::empty())
}

/// True when `If-None-Match` names this entity tag; a weak one is as good (RFC 9110 §8.8.3.2).
pub(super) fn has_already(asked: &HeaderMap, tag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|tags| tags.split(',')).any(|one| one.trim() == "*" || strong(one) == strong(tag))
}

async fn in_their_language(request: Request, next: Next) -> Response {
    let asked = request.headers().clone();
    in_language(&asked, next.run(request).await)
}

async fn within_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => timed_out(),
    }
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("without a text"), "a handler panicked");
    Problem::new(FAULT, Vec::new()).into_response()
}
