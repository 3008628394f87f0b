//! Sites.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::SiteView;
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::catalogue::Uscc;
use crate::id::SiteId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sites)).routes(routes!(site))
}

/// A page of sites.
#[derive(Serialize, ToSchema)]
struct SitePage {
    /// Sites in the order they were registered.
    items: Vec<SiteView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which sites.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SitesQuery {
    /// Only those of this party.
    party: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// The sites of the caller's party; for an authority, of all parties or of the one it names.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/sites", operation_id = "listSites", tag = "registry", security(("bearer" = [])),
    params(SitesQuery), responses((status = 200, description = "A page.", body = SitePage), Reading))]
async fn sites(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<SitesQuery>,
) -> Result<(HeaderMap, Json<SitePage>), Problem> {
    let party = page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?;
    let after = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.sites(&viewer, party, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(SiteView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), SitePage { items, next }))
}

/// One site.
#[utoipa::path(get, path = "/sites/{id}", operation_id = "getSite", tag = "registry", security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id.")),
    responses((status = 200, description = "The site.", body = SiteView), Reading))]
async fn site(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
) -> Result<Json<SiteView>, Problem> {
    let site = app.site(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(site.into()))
}
