//! What a party takes with it to convince a stranger: proofs, head statements, bundles. Each is checked before it is sent.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Bundling, Proving};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::app::App;
use crate::id::ManifestId;
use crate::ledger::EventId;

pub(super) fn router() -> OpenApiRouter<App> {
    let of_event = OpenApiRouter::new().routes(routes!(event_proof)).routes(routes!(event_bundle));
    of_event.routes(routes!(manifest_bundle)).routes(routes!(manifest_head))
}

fn as_media(media: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, media)], body).into_response()
}

/// The proof that the log holds an event, as text (C2SP tlog-proof), below the newest signed head.
#[utoipa::path(get, path = "/events/{id}/proof", operation_id = "getEventProof", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, description = "Event id, base64url.")),
    responses((status = 200, description = "The proof.", body = String, content_type = "text/plain"), Proving))]
async fn event_proof(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<EventId>,
) -> Result<Response, Problem> {
    let proof = app.event_proof(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(as_media("text/plain; charset=utf-8", proof.to_text()))
}

/// Everything a stranger needs to check one event offline: `liandan-bundle/v1`, see docs/formats.md.
#[utoipa::path(get, path = "/events/{id}/bundle", operation_id = "getEventBundle", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, description = "Event id, base64url.")),
    responses((status = 200, description = "The bundle.", body = Object, content_type = "application/json"), Bundling))]
async fn event_bundle(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<EventId>,
) -> Result<Response, Problem> {
    let bundle = app.event_bundle(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(as_media("application/json", bundle))
}

/// Everything a stranger needs to check a manifest offline, with the log's word that nothing is missing.
#[utoipa::path(get, path = "/manifests/{id}/bundle", operation_id = "getManifestBundle", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id.")),
    responses((status = 200, description = "The bundle.", body = Object, content_type = "application/json"), Bundling))]
async fn manifest_bundle(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
) -> Result<Response, Problem> {
    let bundle = app.manifest_bundle(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(as_media("application/json", bundle))
}

/// The log's signed word on how many entries touch a manifest and which is the last. Keep it: an entry that turns up later at a
/// lower index convicts the ledger.
#[utoipa::path(get, path = "/manifests/{id}/head", operation_id = "getManifestHead", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id.")),
    responses((status = 200, description = "A compact JWS of typ `waste-head+jws`.", body = String, content_type = "application/jose"), Proving))]
async fn manifest_head(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
) -> Result<Response, Problem> {
    let head = app.head_statement(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(as_media("application/jose", head))
}
