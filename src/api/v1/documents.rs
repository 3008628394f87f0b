//! Records as documents of other systems.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Bundling;
use crate::api::extract::{Path, Query, bad_parameter};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Written, written};
use crate::id::ManifestId;
use crate::ledger::EventId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_manifest)).routes(routes!(export_event))
}

/// The format when none is named.
const DEFAULT: &str = "epcis";

/// Which format.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// `epcis`, or when absent: EPCIS 2.0 in JSON-LD; `epa-emanifest`: the e-Manifest of the United States that was imported, as it came in.
    #[param(example = "epcis")]
    format: Option<String>,
}

impl ExportQuery {
    fn known(&self) -> Result<&str, Problem> {
        let (all, format) = (written(), self.format.as_deref().unwrap_or(DEFAULT));
        if all.contains(&format) {
            return Ok(format);
        }
        let (zh, en) = (all.join("、"), all.join(", "));
        let (zh, en) =
            (format!("没有这种格式；可写的有 {zh}"), format!("there is no such format; there are {en}"));
        Err(bad_parameter("format", zh, en))
    }
}

/// The document, or why these records give none of that format.
fn answer(written: Option<Written>) -> Result<Response, Problem> {
    let (media, text) =
        written.ok_or_else(Problem::absent)?.map_err(|none| bad_parameter("format", none.zh, none.en))?;
    Ok(([(header::CONTENT_TYPE, media)], text).into_response())
}

/// The chain of custody of a manifest as a document of another system. It says what was signed and proves nothing: what proves it is the bundle,
/// whose statements it names by digest.
#[utoipa::path(get, path = "/manifests/{id}/export", operation_id = "exportManifest", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id."), ExportQuery),
    responses((status = 200, description = "The document.", content(
        (Object = "application/ld+json"), (Object = "application/json; profile=epa-emanifest"))), Bundling))]
async fn export_manifest(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    answer(app.manifest_document(&viewer, id, query.known()?).await?)
}

/// One event as a document of another system; an imported document of that system as it came in.
#[utoipa::path(get, path = "/events/{id}/export", operation_id = "exportEvent", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, description = "Event id, base64url."), ExportQuery),
    responses((status = 200, description = "The document.", content(
        (Object = "application/ld+json"), (Object = "application/json; profile=epa-emanifest"))), Bundling))]
async fn export_event(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<EventId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    answer(app.event_document(&viewer, id, query.known()?).await?)
}
