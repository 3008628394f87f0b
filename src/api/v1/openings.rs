//! What opens the leaves, for auditors: a monitor that is given all of it can vouch that nothing was logged unseen.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::Query;
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(openings))
}

/// From where, and how many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OpeningsQuery {
    /// Log index of the first; 0 when absent.
    #[serde(default)]
    from: u64,
    /// Most lines, 1 to 500; 50 when absent. There may be fewer: go on behind the last one until none comes.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u64>,
}

/// What opens one leaf: the shape of a line.
#[derive(Serialize, ToSchema)]
struct OpeningLine {
    /// Log index.
    index: u64,
    /// The compact JWS.
    event: String,
    /// The salt of the commitment, base64url.
    salt: String,
    /// When it was recorded, in milliseconds since 1970.
    recorded_at_ms: i64,
    /// Measured skew of the uploading device in milliseconds.
    skew_ms: i64,
}

/// Event, salt and times of every entry, in the order of the log; for officers and auditors over the whole ledger.
#[utoipa::path(get, path = "/log/openings", operation_id = "listOpenings", tag = "log",
    params(OpeningsQuery), security(("bearer" = [])),
    responses((status = 200, description = "One opening a line; erased entries have none.", body = OpeningLine, content_type = "application/x-ndjson"), Reading))]
async fn openings(
    State(app): State<App>,
    Caller(viewer): Caller,
    Query(query): Query<OpeningsQuery>,
) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    let openings = app.openings(&viewer, query.from, limit).await?.ok_or_else(Problem::absent)?;
    let mut lines = Vec::new();
    for opening in openings {
        let line = OpeningLine {
            index: opening.index,
            event: opening.event,
            salt: crate::ledger::b64::encode(&opening.salt.0),
            recorded_at_ms: opening.recorded_at_ms,
            skew_ms: opening.skew_ms,
        };
        lines.extend(serde_json::to_vec(&line).unwrap_or_default());
        lines.push(b'\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}
