//! Events: one in, one out, and its receipt.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::chain::ChainStepView;
use super::receipt::ReceiptView;
use super::views::SubjectView;
use crate::api::caller::Caller;
use crate::api::documented::{Reading, Uploading};
use crate::api::extract::{Device, EventBody, Json, Path, Query};
use crate::api::layers::MAX_EVENT_BODY_BYTES;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::EventDetail;
use crate::ledger::{EventId, b64};

pub(super) fn router() -> OpenApiRouter<App> {
    let upload =
        OpenApiRouter::new().routes(routes!(submit)).layer(DefaultBodyLimit::max(MAX_EVENT_BODY_BYTES));
    upload.merge(OpenApiRouter::new().routes(routes!(event)).routes(routes!(receipt)))
}

/// How to take an event in.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SubmitQuery {
    /// Judge it and throw it away: the receipt it would get, with an index that is not taken and no proof.
    #[serde(default)]
    dry_run: bool,
}

/// Record one signed event.
///
/// The body is the envelope's bytes, a compact JWS or its flattened JSON form, and is kept exactly as it is. No token is needed:
/// the signatures speak. The same bytes, or the same act with the same content, get the first receipt again.
#[utoipa::path(post, path = "/events", operation_id = "submitEvent", tag = "events",
    params(SubmitQuery, ("Device-Time" = Option<String>, Header, description = "The uploading device's clock, RFC 3339: it becomes the measured skew of the event.")),
    request_body(content((String = "application/jose"), (String = "application/jose+json")), description = "The envelope, at most 256 KiB."),
    responses(
        (status = 201, description = "Recorded by this request.", body = ReceiptView),
        (status = 200, description = "Known before, or a dry run.", body = ReceiptView),
        Uploading
    ))]
async fn submit(
    State(app): State<App>,
    Query(query): Query<SubmitQuery>,
    Device(device): Device,
    EventBody(body): EventBody,
) -> Result<(StatusCode, Json<ReceiptView>), Problem> {
    if query.dry_run {
        let judged = app.dry_run(&body, device).await?;
        return Ok((StatusCode::OK, Json(judged.receipt.into())));
    }
    let submitted = app.submit(&body, device).await?;
    let status = if submitted.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(submitted.receipt.into())))
}

/// One event in full.
#[derive(Serialize, ToSchema)]
struct EventView {
    /// The event, its signatures and its leaf, checked while this was answered.
    #[serde(flatten)]
    step: ChainStepView,
    /// The compact JWS, exactly as it came; absent when it cannot be read.
    compact: Option<String>,
    /// The bytes of the public leaf, base64url.
    leaf: String,
    /// Opens the leaf, base64url.
    salt: Option<String>,
    /// What it touches.
    touches: Vec<SubjectView>,
}

impl From<EventDetail> for EventView {
    fn from(detail: EventDetail) -> Self {
        Self {
            compact: detail.step.content.said().map(|said| said.compact.clone()),
            step: (&detail.step).into(),
            leaf: b64::encode(&detail.leaf),
            salt: detail.salt.map(|salt| b64::encode(&salt.0)),
            touches: detail.touches.iter().map(SubjectView::from).collect(),
        }
    }
}

/// One event: its bytes, who signed it, and whether that still holds.
#[utoipa::path(get, path = "/events/{id}", operation_id = "getEvent", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, description = "Event id, base64url.")),
    responses((status = 200, description = "The event.", body = EventView), Reading))]
async fn event(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<EventId>,
) -> Result<Json<EventView>, Problem> {
    let detail = app.event(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(detail.into()))
}

/// The receipt of an event, the same as when it was recorded.
#[utoipa::path(get, path = "/events/{id}/receipt", operation_id = "getReceipt", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, description = "Event id, base64url.")),
    responses((status = 200, description = "The receipt.", body = ReceiptView), Reading))]
async fn receipt(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<EventId>,
) -> Result<Json<ReceiptView>, Problem> {
    let receipt = app.receipt(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(receipt.into()))
}
