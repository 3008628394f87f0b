//! Offers that wait for whoever shall take over: left, read, taken back. One is accepted by the event that embeds it.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Offering, Reading};
use crate::api::extract::{EventBody, Json, Path, Query};
use crate::api::layers::MAX_EVENT_BODY_BYTES;
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::offers::{OfferSide, WaitingOffer};
use crate::ledger::EventId;

pub(super) fn router() -> OpenApiRouter<App> {
    let leaving =
        OpenApiRouter::new().routes(routes!(list, leave)).layer(DefaultBodyLimit::max(MAX_EVENT_BODY_BYTES));
    leaving.merge(OpenApiRouter::new().routes(routes!(get, withdraw)))
}

/// The mass of one line in an offer.
#[derive(Serialize, ToSchema)]
struct OfferedLineView {
    /// Line number.
    line: u16,
    /// Mass in grams.
    mass_g: i64,
}

/// An offer that waits.
#[derive(Serialize, ToSchema)]
pub(super) struct OfferView {
    /// Names it: SHA-256 of what was signed, base64url.
    id: String,
    /// The step it offers.
    #[schema(example = "collected")]
    step: &'static str,
    /// Kind of the event that accepts it.
    #[schema(example = "waste.collected")]
    kind: &'static str,
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// Who lets go.
    from: String,
    /// Who may take it.
    to: String,
    /// Mass per line.
    lines: Vec<OfferedLineView>,
    /// Number of containers, where the offer says it.
    containers: Option<u16>,
    /// When it was signed.
    #[schema(format = "date-time")]
    at: String,
    /// Until when it waits.
    #[schema(format = "date-time")]
    expires_at: String,
    /// The key that signed it.
    kid: String,
    /// The `waste-offer+jws` in the compact form: the accepting event embeds it as it is.
    compact: String,
}

impl From<WaitingOffer> for OfferView {
    fn from(offer: WaitingOffer) -> Self {
        let WaitingOffer { stored, said } = offer;
        let line = |line: &crate::custody::payload::handover::OfferedLine| OfferedLineView {
            line: line.line,
            mass_g: line.mass_g.get(),
        };
        Self {
            id: stored.id.to_string(),
            step: said.step.name(),
            kind: said.step.kind().name(),
            manifest: said.manifest.to_string(),
            from: said.from.to_string(),
            to: said.to.to_string(),
            lines: said.lines.iter().map(line).collect(),
            containers: said.containers.map(|set| set.count),
            at: said.at.to_string(),
            expires_at: stored.expires_at.to_string(),
            kid: stored.kid.to_string(),
            compact: stored.compact,
        }
    }
}

/// A page of offers.
#[derive(Serialize, ToSchema)]
struct OfferPage {
    /// Offers, the last left first.
    items: Vec<OfferView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which offers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OffersQuery {
    /// `taking` for those made to the caller's party, which is the default; `releasing` for those it made.
    side: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Offers that wait for the caller's party, or that it left. Drivers and escorts see those on manifests they are named for.
#[utoipa::path(get, path = "/offers", operation_id = "listOffers", tag = "handovers", security(("bearer" = [])),
    params(OffersQuery), responses((status = 200, description = "A page.", body = OfferPage), Reading))]
async fn list(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<OffersQuery>,
) -> Result<(HeaderMap, Json<OfferPage>), Problem> {
    let side = page::named("side", query.side.as_deref(), &OfferSide::ALL, OfferSide::name)?;
    let example = "1772414400000-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let after = page::parsed("after", query.after.as_deref(), example)?;
    let side = side.unwrap_or(OfferSide::Taking);
    let found = app.offers(&viewer, side, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(OfferView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), OfferPage { items, next }))
}

/// Leave a signed offer for whom it names, until an event embeds it, it is taken back, or 72 hours after it was signed are over.
///
/// The body is the offer's bytes, a `waste-offer+jws`, signed by a key of the caller's party, which lets go. It moves nothing: the other side
/// accepts it by the event that embeds it. The same offer again changes nothing.
#[utoipa::path(post, path = "/offers", operation_id = "leaveOffer", tag = "handovers", security(("bearer" = [])),
    request_body(content((String = "application/jose"), (String = "application/jose+json")), description = "The offer."),
    responses(
        (status = 201, description = "It waits.", body = OfferView),
        (status = 200, description = "It waited before.", body = OfferView),
        Offering
    ))]
async fn leave(
    State(app): State<App>,
    Caller(viewer): Caller,
    EventBody(body): EventBody,
) -> Result<(StatusCode, Json<OfferView>), Problem> {
    let left = app.leave_offer(&viewer, &body).await?;
    let status = if left.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(left.offer.into())))
}

/// One offer that waits.
#[utoipa::path(get, path = "/offers/{id}", operation_id = "getOffer", tag = "handovers", security(("bearer" = [])),
    params(("id" = String, Path, description = "Id of the offer, base64url.")),
    responses((status = 200, description = "The offer.", body = OfferView), Reading))]
async fn get(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<EventId>,
) -> Result<Json<OfferView>, Problem> {
    let offer = app.offer(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(offer.into()))
}

/// Take back an offer that the caller's party left. Who has a copy of it can embed it all the same: it was signed.
#[utoipa::path(delete, path = "/offers/{id}", operation_id = "withdrawOffer", tag = "handovers", security(("bearer" = [])),
    params(("id" = String, Path, description = "Id of the offer, base64url.")),
    responses((status = 204, description = "It waits no longer."), Offering))]
async fn withdraw(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<EventId>,
) -> Result<StatusCode, Problem> {
    let is_gone = app.withdraw_offer(&viewer, id).await?;
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
