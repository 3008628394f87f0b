//! Incidents: accidents on the way, as they were reported.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::Incident;
use crate::catalogue::Uscc;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(incidents))
}

/// An incident, as it was reported.
#[derive(Serialize, ToSchema)]
pub(super) struct IncidentView {
    /// The event.
    event: String,
    /// Its log index.
    index: u64,
    /// When it happened, no later than it was recorded.
    #[schema(format = "date-time")]
    at: String,
    /// What the report counts for: `counts`, `disputed`, `evidence-only`.
    verdict: &'static str,
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// Who reports it.
    party: String,
    /// Cause in words.
    cause: String,
    /// Measures taken.
    measures: Option<String>,
    /// Digests of photos.
    photos: Vec<String>,
}

impl From<Incident> for IncidentView {
    fn from(incident: Incident) -> Self {
        Self {
            event: incident.event.to_string(),
            index: incident.index,
            at: incident.at.to_string(),
            verdict: incident.verdict.name(),
            manifest: incident.manifest.to_string(),
            party: incident.party.to_string(),
            cause: incident.cause,
            measures: incident.measures,
            photos: incident.photos.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A page of incidents.
#[derive(Serialize, ToSchema)]
struct IncidentPage {
    /// Incidents, the newest first.
    items: Vec<IncidentView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which incidents.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct IncidentsQuery {
    /// Only those on manifests on which this party has a role.
    party: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Incidents on the manifests that the caller may see, the newest first.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/incidents", operation_id = "listIncidents", tag = "manifests", security(("bearer" = [])),
    params(IncidentsQuery), responses((status = 200, description = "A page.", body = IncidentPage), Reading))]
async fn incidents(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<IncidentsQuery>,
) -> Result<(HeaderMap, Json<IncidentPage>), Problem> {
    let party = page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?;
    let before = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.incidents(&viewer, party, before, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(IncidentView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), IncidentPage { items, next }))
}
