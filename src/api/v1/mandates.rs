//! Mandates (授权): who may sign which kinds of event for another party.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::MandateRecord;
use crate::catalogue::Uscc;
use crate::id::MandateId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(mandates)).routes(routes!(mandate))
}

/// A mandate.
#[derive(Serialize, ToSchema)]
struct MandateView {
    /// Its id.
    #[schema(format = "uuid")]
    mandate: String,
    /// Who is signed for.
    party: String,
    /// Who may sign.
    to: String,
    /// Only this key of theirs; absent for any.
    key: Option<String>,
    /// Kinds of event it covers.
    kinds: Vec<String>,
    /// From when.
    #[schema(format = "date-time")]
    from: String,
    /// Until when; the moment itself no more.
    #[schema(format = "date-time")]
    until: String,
    /// Log index of its grant; it holds from the next entry on.
    index: u64,
    /// Log index of its revocation; from that entry on it does not hold.
    revoked_index: Option<u64>,
    /// Why it was revoked.
    reason: Option<String>,
}

impl From<MandateRecord> for MandateView {
    fn from(mandate: MandateRecord) -> Self {
        Self {
            mandate: mandate.mandate.to_string(),
            party: mandate.party.to_string(),
            to: mandate.to.to_string(),
            key: mandate.key.map(|key| key.to_string()),
            kinds: mandate.kinds,
            from: mandate.from.to_string(),
            until: mandate.until.to_string(),
            index: mandate.index,
            revoked_index: mandate.revoked_index,
            reason: mandate.reason,
        }
    }
}

/// A page of mandates.
#[derive(Serialize, ToSchema)]
struct MandatePage {
    /// Mandates in the order they were granted.
    items: Vec<MandateView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which mandates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MandatesQuery {
    /// Only those that this party granted or got.
    party: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// The mandates that the caller's party granted or got; for an authority, those of all parties or of the one it names.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/mandates", operation_id = "listMandates", tag = "registry", security(("bearer" = [])),
    params(MandatesQuery), responses((status = 200, description = "A page.", body = MandatePage), Reading))]
async fn mandates(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<MandatesQuery>,
) -> Result<(HeaderMap, Json<MandatePage>), Problem> {
    let party = page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?;
    let after = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.mandates(&viewer, party, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(MandateView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), MandatePage { items, next }))
}

/// One mandate, for either side of it.
#[utoipa::path(get, path = "/mandates/{id}", operation_id = "getMandate", tag = "registry", security(("bearer" = [])),
    params(("id" = String, Path, description = "Mandate id.")),
    responses((status = 200, description = "The mandate.", body = MandateView), Reading))]
async fn mandate(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<MandateId>,
) -> Result<Json<MandateView>, Problem> {
    let mandate = app.mandate(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(mandate.into()))
}
