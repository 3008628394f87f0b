//! Whether the process lives and the ledger can serve, and what changed in it.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::Json;
use super::problem::{NOT_READY, Problem};
use crate::app::{App, Mode};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(ready)).routes(routes!(changelog))
}

/// Where it is told what changed.
pub(super) const CHANGELOG_PATH: &str = "/changelog";

/// How far the log goes and how far it is signed.
#[derive(Serialize, ToSchema)]
struct ReadinessView {
    /// Entries committed.
    size: u64,
    /// Entries covered by a signed checkpoint.
    signed: u64,
    /// What is made of the replica, where reads may go to one: `in-use`, or why the primary answers all reads for now (`unchecked`, `unreachable`, `behind`,
    /// `no-standby`, `other-ledger`, `ahead`).
    #[serde(skip_serializing_if = "Option::is_none")]
    replica: Option<&'static str>,
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", operation_id = "getHealth", tag = "service",
    responses((status = 200, description = "It lives.", body = String, content_type = "text/plain")))]
async fn health() -> &'static str {
    "ok\n"
}

/// The database answers, every committed entry is signed for, and events are taken in.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "service",
    responses(
        (status = 200, description = "Ready.", body = ReadinessView),
        (status = 503, description = "Not ready.", body = Problem, content_type = "application/problem+json")
    ))]
async fn ready(State(app): State<App>) -> Result<Json<ReadinessView>, Problem> {
    let readiness = app.readiness().await.map_err(|fault| {
        tracing::error!(error = %fault, "the ledger is not ready");
        Problem::new(NOT_READY, Vec::new())
    })?;
    if let Mode::ReadOnly(why) = readiness.mode {
        return Err(why.into());
    }
    if !readiness.is_ready() {
        return Err(Problem::new(NOT_READY, Vec::new()));
    }
    let replica = app.replica().map(|seen| seen.state.code());
    Ok(Json(ReadinessView { size: readiness.size, signed: readiness.signed, replica }))
}

/// What changed from version to version, in Markdown.
#[utoipa::path(get, path = "/changelog", operation_id = "getChangelog", tag = "service",
    responses((status = 200, description = "The changelog.", body = String, content_type = "text/markdown")))]
async fn changelog() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], include_str!("../../CHANGELOG.md"))
}
