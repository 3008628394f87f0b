//! People who leave: what their key holds, who takes over, and when the key ends.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, JsonBody, Path, Query};
use crate::api::layers::MAX_REQUEST_BODY_BYTES;
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::departure::{Departure, DepartureStage, HeldByKey, WantedDeparture};
use crate::clock::Timestamp;
use crate::ledger::Kid;

/// What a thumbprint looks like.
const KID: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(held))
        .routes(routes!(list))
        .routes(routes!(arrange, call_off))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BODY_BYTES))
}

/// Who shall take over.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HeldQuery {
    /// The key that takes over; without it, only the end of the key is to be signed.
    successor: Option<String>,
}

/// A statement to sign, as `POST /events/prepare` takes it.
#[derive(Serialize, ToSchema)]
struct PassingOnView {
    /// Kind of the event.
    kind: &'static str,
    /// Its payload.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

/// A mandate that is bound to the key.
#[derive(Serialize, ToSchema)]
struct BoundMandateView {
    /// Its id.
    #[schema(format = "uuid")]
    mandate: String,
    /// Who granted it, and alone can grant it to another key.
    party: String,
    /// Until when it holds.
    #[schema(format = "date-time")]
    until: String,
}

/// What a key holds.
#[derive(Serialize, ToSchema)]
struct HeldByKeyView {
    /// Open cases that lie with it, at most 500.
    cases: Vec<String>,
    /// Manifests that it is named for as driver or escort and whose carrier has not taken them yet.
    trips: Vec<String>,
    /// Mandates of other parties that are bound to it: ask them to grant another.
    mandates: Vec<BoundMandateView>,
    /// Days on duty from today on; they go over when the key ends.
    days_on_duty: u64,
    /// Webhooks that it answers for; they go over when the key ends.
    webhooks: u64,
    /// What is to be prepared and signed to pass it on, the end of the key last.
    to_sign: Vec<PassingOnView>,
}

impl From<HeldByKey> for HeldByKeyView {
    fn from(held: HeldByKey) -> Self {
        let bound = |one: crate::registry::MandateRecord| BoundMandateView {
            mandate: one.mandate.to_string(),
            party: one.party.to_string(),
            until: one.until.to_string(),
        };
        let passing =
            |one: crate::app::departure::PassingOn| PassingOnView { kind: one.kind.name(), data: one.data };
        Self {
            cases: held.cases.iter().map(ToString::to_string).collect(),
            trips: held.trips.iter().map(ToString::to_string).collect(),
            mandates: held.mandates.into_iter().map(bound).collect(),
            days_on_duty: held.days_on_duty,
            webhooks: held.webhooks,
            to_sign: held.to_sign.into_iter().map(passing).collect(),
        }
    }
}

/// Who leaves, who takes over, and when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedDepartureView {
    /// The key that takes over: of the same party and in the same role, or its administrator's.
    #[schema(value_type = String)]
    successor: Kid,
    /// When the key ends, at most 366 days ahead; at once where it is absent or has passed.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    ends_at: Option<Timestamp>,
    /// The signed `key.revoked` of the key, compact or flattened. It is recorded when the time has come.
    #[schema(max_length = 16384)]
    revocation: String,
}

/// What was arranged for a key.
#[derive(Serialize, ToSchema)]
struct DepartureView {
    /// The key that ends.
    kid: String,
    /// The key that takes over.
    successor: String,
    /// When it ends.
    #[schema(format = "date-time")]
    ends_at: String,
    /// Whose key arranged it.
    by: String,
    /// When it was arranged.
    #[schema(format = "date-time")]
    made_at: String,
    /// `waits`, `done`, or `refused`: the ledger did not take the revocation when its time had come.
    stage: &'static str,
    /// When it was done or refused.
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    /// Kebab-case code of why it was refused.
    refused_for: Option<String>,
}

impl From<Departure> for DepartureView {
    fn from(departure: Departure) -> Self {
        let (stage, ended_at, refused_for) = match departure.stage {
            DepartureStage::Waits => ("waits", None, None),
            DepartureStage::Done { at } => ("done", Some(at.to_string()), None),
            DepartureStage::Refused { at, code } => ("refused", Some(at.to_string()), Some(code)),
        };
        Self {
            kid: departure.kid.to_string(),
            successor: departure.successor.to_string(),
            ends_at: departure.ends_at.to_string(),
            by: departure.by.to_string(),
            made_at: departure.made_at.to_string(),
            stage,
            ended_at,
            refused_for,
        }
    }
}

/// A page of departures.
#[derive(Serialize, ToSchema)]
struct DeparturePage {
    /// What was arranged, by key.
    items: Vec<DepartureView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which departures.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeparturesQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// What a key of your party holds, and what is to be signed so that another takes over.
#[utoipa::path(get, path = "/keys/{kid}/held", operation_id = "heldByKey", tag = "registry", security(("bearer" = [])),
    params(("kid" = String, Path, description = "Thumbprint of the key that leaves."), HeldQuery),
    responses((status = 200, description = "What it holds.", body = HeldByKeyView), Reading))]
async fn held(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(kid): Path<Kid>,
    Query(query): Query<HeldQuery>,
) -> Result<Json<HeldByKeyView>, Problem> {
    let successor = page::parsed::<Kid>("successor", query.successor.as_deref(), KID)?;
    let held = app.held_by_key(&viewer, kid, successor).await?.ok_or_else(Problem::absent)?;
    Ok(Json(held.into()))
}

/// Let a key of your party end at a chosen time, and another take over.
///
/// Send what `GET /keys/{kid}/held` names to `POST /events/batch` first; its last statement, the signed `key.revoked`, comes here. It is judged
/// now, kept, and recorded when its time has come; webhooks and days on duty go over then. What was arranged before is replaced.
#[utoipa::path(put, path = "/keys/{kid}/departure", operation_id = "letLeave", tag = "registry", security(("bearer" = [])),
    params(("kid" = String, Path, description = "Thumbprint of the key that leaves.")), request_body(content = WantedDepartureView),
    responses((status = 200, description = "As it is arranged.", body = DepartureView), Keeping))]
async fn arrange(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(kid): Path<Kid>,
    JsonBody(wanted): JsonBody<WantedDepartureView>,
) -> Result<Json<DepartureView>, Problem> {
    let WantedDepartureView { successor, ends_at, revocation } = wanted;
    let ends_at = ends_at.unwrap_or_default();
    let wanted = WantedDeparture { successor, ends_at, revocation };
    let departure = app.let_leave(&viewer, kid, wanted).await?.ok_or_else(Problem::absent)?;
    Ok(Json(departure.into()))
}

/// Let somebody stay after all.
#[utoipa::path(delete, path = "/keys/{kid}/departure", operation_id = "callDepartureOff", tag = "registry", security(("bearer" = [])),
    params(("kid" = String, Path, description = "Thumbprint of the key.")),
    responses((status = 204, description = "Nothing is arranged for it any more."), Keeping))]
async fn call_off(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(kid): Path<Kid>,
) -> Result<StatusCode, Problem> {
    match app.call_departure_off(&viewer, kid).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}

/// Who of your party leaves, and when.
#[utoipa::path(get, path = "/departures", operation_id = "departures", tag = "registry", security(("bearer" = [])),
    params(DeparturesQuery),
    responses((status = 200, description = "What was arranged.", body = DeparturePage), Reading))]
async fn list(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<DeparturesQuery>,
) -> Result<(HeaderMap, Json<DeparturePage>), Problem> {
    let after = page::parsed::<Kid>("after", query.after.as_deref(), KID)?;
    let found = app.departures(&viewer, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(DepartureView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), DeparturePage { items, next }))
}
