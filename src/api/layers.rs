//! What every answer passes through: limits, timeouts, caught panics, and the headers that keep browsers careful.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::extract::timed_out;
use super::problem::{FAULT, Problem};
use crate::ledger::envelope::MAX_FLATTENED_BYTES;

/// The longest body of one event, in bytes: the longest envelope and a little more, so that an envelope slightly too long is
/// told about its own limit.
pub const MAX_EVENT_BODY_BYTES: usize = MAX_FLATTENED_BYTES + 1024;
/// The longest body of any other request, in bytes.
pub(super) const MAX_REQUEST_BODY_BYTES: usize = 4_096;
/// The longest a handler may take until its answer begins.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Nothing may load anything, nobody may frame it: JSON and plain pages need no more.
const CSP: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The interface browser runs its own script and styles, from this host alone.
const CSP_DOCS: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                        font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The layers of everything but the interface browser.
pub(super) fn guard(router: Router) -> Router {
    let guarded = with_policy(router.layer(from_fn(within_time)), CSP);
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
        .layer(if_absent(header::CONTENT_SECURITY_POLICY, policy))
        .layer(if_absent(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(if_absent(header::REFERRER_POLICY, "no-referrer"))
}

fn if_absent(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
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
