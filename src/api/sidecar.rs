//! The interface of a sidecar: plain JSON in, an envelope out. A router of its own: a sidecar is no ledger. It answers programs of its machine,
//! and no page that a browser shows there.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;

use super::extract::{Json, JsonBody};
use super::layers;
use super::layers::MAX_EVENT_BODY_BYTES;
use super::problem::{MALFORMED, Problem};
use crate::app::proposal::Wish;
use crate::app::sidecar::Sidecar;

/// The routes of a sidecar.
pub fn router(sidecar: Arc<Sidecar>) -> Router {
    let routes = Router::new()
        .route("/", get(about))
        .route("/sign", post(sign))
        .layer(DefaultBodyLimit::max(MAX_EVENT_BODY_BYTES))
        .layer(from_fn(no_browser))
        .with_state(sidecar);
    layers::guard(routes)
}

/// Whom it signs for.
#[derive(Serialize)]
struct AboutView {
    /// Origin of the ledger.
    log: String,
    /// Code of the party.
    party: String,
    /// Thumbprint of the key.
    kid: String,
}

async fn about(State(sidecar): State<Arc<Sidecar>>) -> Json<AboutView> {
    Json(AboutView {
        log: sidecar.log().to_owned(),
        party: sidecar.party().to_string(),
        kid: sidecar.kid().to_string(),
    })
}

/// What was signed.
#[derive(Serialize)]
struct SignedView {
    /// The compact JWS, to be sent to `POST /api/v1/events` of the ledger.
    envelope: String,
    /// What the event is called.
    event_id: String,
    /// The ids that were made, by their names.
    new_ids: BTreeMap<String, uuid::Uuid>,
}

async fn sign(
    State(sidecar): State<Arc<Sidecar>>,
    JsonBody(wish): JsonBody<Wish, MAX_EVENT_BODY_BYTES>,
) -> Result<Json<SignedView>, Problem> {
    let signed = sidecar.sign(wish)?;
    Ok(Json(SignedView {
        envelope: signed.envelope,
        event_id: signed.event_id.to_string(),
        new_ids: signed.new_ids,
    }))
}

/// A page of any site can make a browser send something here, and then the browser says which site it was. Nothing is signed for it.
async fn no_browser(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::ORIGIN) {
        return next.run(request).await;
    }
    let (zh, en) = ("签名服务不回应浏览器中的网页", "a sidecar signs nothing for a page in a browser");
    Problem::one(MALFORMED, "from-browser", "/header/origin", zh, en).into_response()
}
