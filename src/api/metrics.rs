//! `GET /metrics`: what whoever operates the ledger watches it by, in the text form of OpenMetrics 1.0
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! It is served at an address of its own, which is the operator's and not the public's: how much is recorded is nobody else's business.

mod process;
mod traffic;
mod vitals;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::app::App;

pub use process::most_fds;
pub use traffic::Traffic;
pub(super) use traffic::count;

/// Where they are read.
pub const METRICS_PATH: &str = "/metrics";
/// Of the text form.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What the names of all but those of the process begin with.
const PREFIX: &str = "liandan";

/// What is read, and where it is counted.
#[derive(Clone)]
struct Watched {
    app: App,
    counted: Arc<Registry>,
}

/// The page, for an address of its own. `traffic` is counted where the ledger is served.
pub fn router(app: App, traffic: &Traffic) -> Router {
    let mut counted = Registry::with_prefix(PREFIX);
    let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    counted.register("build", "The program that runs", version);
    app.meters().register(&mut counted);
    traffic.register(&mut counted);
    let watched = Watched { app, counted: Arc::new(counted) };
    Router::new().route(METRICS_PATH, get(read)).with_state(watched)
}

async fn read(State(watched): State<Watched>) -> Response {
    let seen = watched.app.vitals().await.inspect_err(|fault| {
        tracing::error!(error = %fault, "the ledger cannot be looked at for its metrics");
    });
    let now = watched.app.clock().callers_now();
    let seen = vitals::registry(seen.ok().as_ref(), now);
    let mut text = String::new();
    let written = [&*watched.counted, &seen, &process::registry()]
        .into_iter()
        .try_for_each(|registry| encode_registry(&mut text, registry))
        .and_then(|()| encode_eof(&mut text));
    match written {
        Ok(()) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
