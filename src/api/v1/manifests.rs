//! Manifests: lists, one in full, and what may be done with it next.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::findings::FindingView;
use super::views::{HolderView, PartyNameView, SiteView, WhyView};
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Action, LineTransit, LineView, ManifestDetail, ManifestFilter, ManifestItem};
use crate::custody::manifest::{Registration, Status};
use crate::id::ManifestId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(manifests)).routes(routes!(manifest)).routes(routes!(actions))
}

/// A manifest in a list.
#[derive(Serialize, ToSchema)]
struct ManifestItemView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its number, once one was allotted.
    number: Option<String>,
    /// Where it stands, kebab-case.
    status: String,
    /// Whom the waste leaves.
    consignor: Option<PartyNameView>,
    /// Whom it goes to.
    consignee: Option<PartyNameView>,
    /// Log index of its first event.
    first_index: u64,
    /// Open findings on it that the caller may see.
    open_findings: u64,
}

impl From<ManifestItem> for ManifestItemView {
    fn from(item: ManifestItem) -> Self {
        Self {
            id: item.id.to_string(),
            number: item.number,
            status: item.status,
            consignor: item.consignor.map(PartyNameView::from),
            consignee: item.consignee.map(PartyNameView::from),
            first_index: item.first_index,
            open_findings: item.open_findings,
        }
    }
}

/// A page of manifests.
#[derive(Serialize, ToSchema)]
struct ManifestPage {
    /// Manifests, newest first.
    items: Vec<ManifestItemView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which manifests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ManifestsQuery {
    /// Only those in this status, for example `in-transit`.
    status: Option<String>,
    /// Only those whose number ends so.
    number: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Manifests on which the caller has a role; for an authority, those with an end in its division.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/manifests", operation_id = "listManifests", tag = "manifests", security(("bearer" = [])),
    params(ManifestsQuery), responses((status = 200, description = "A page.", body = ManifestPage), Reading))]
async fn manifests(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<ManifestsQuery>,
) -> Result<(HeaderMap, Json<ManifestPage>), Problem> {
    let before = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let limit = page::limit(query.limit)?;
    let status = query.status.as_deref().map(status_named).transpose()?;
    let filter = ManifestFilter { status, number: query.number };
    let found = app.manifests(&viewer, &filter, before, limit).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(ManifestItemView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), ManifestPage { items, next }))
}

fn status_named(name: &str) -> Result<Status, Problem> {
    serde_json::from_value(name.into()).map_err(|_| {
        bad_parameter(
            "status",
            "没有这个联单状态",
            "there is no such status; write it like in-transit or received",
        )
    })
}

/// What became of the mass of a line on the road. Shipped and out of storage, less into storage, accepted and rejected, is what is on
/// the way or missing, to the gram.
#[derive(Serialize, ToSchema)]
struct LineTransitView {
    /// Loaded at the consignor, in grams.
    shipped_mass_g: i64,
    /// Put into interim storage, in grams.
    into_storage_mass_g: i64,
    /// Taken out of interim storage, in grams.
    out_of_storage_mass_g: i64,
    /// Accepted by the consignee, in grams.
    accepted_mass_g: i64,
    /// Rejected by the consignee, at the gate or later, in grams.
    rejected_mass_g: i64,
    /// Rejected and back at a site, in grams.
    returned_mass_g: i64,
    /// Still on the way, in grams.
    on_the_way_mass_g: i64,
    /// Shipped and never found, once the consignee has said everything about the line, in grams; negative when more was found than was
    /// shipped.
    missing_mass_g: i64,
    /// Rejected, and on the way back or still with the carrier, in grams.
    back_on_the_way_mass_g: i64,
    /// Rejected and never found again, once the rest is back, in grams; negative when more came back.
    back_missing_mass_g: i64,
}

impl From<LineTransit> for LineTransitView {
    fn from(transit: LineTransit) -> Self {
        Self {
            shipped_mass_g: transit.shipped_g,
            into_storage_mass_g: transit.into_storage_g,
            out_of_storage_mass_g: transit.out_of_storage_g,
            accepted_mass_g: transit.accepted_g,
            rejected_mass_g: transit.rejected_g,
            returned_mass_g: transit.returned_g,
            on_the_way_mass_g: transit.on_the_way_g,
            missing_mass_g: transit.missing_g,
            back_on_the_way_mass_g: transit.back_on_the_way_g,
            back_missing_mass_g: transit.back_missing_g,
        }
    }
}

/// One waste line; it is a lot of its own.
#[derive(Serialize, ToSchema)]
struct ManifestLineView {
    /// Line number.
    line: u16,
    /// The lot it is.
    #[schema(format = "uuid")]
    lot: String,
    /// Waste code.
    code: Option<String>,
    /// Intended treatment.
    treatment: Option<String>,
    /// Planned, in grams.
    planned_mass_g: Option<i64>,
    /// At departure, in grams.
    shipped_mass_g: i64,
    /// Accepted, in grams.
    accepted_mass_g: i64,
    /// Rejected, in grams.
    rejected_mass_g: i64,
    /// Returned to a site, in grams.
    returned_mass_g: i64,
    /// Who holds it (the accepted part, once a part was rejected).
    holder: HolderView,
    /// Who holds the rejected part.
    rejected_holder: Option<HolderView>,
    /// On the road.
    on_the_way: bool,
    /// What became of its mass on the road.
    transit: LineTransitView,
}

impl From<LineView> for ManifestLineView {
    fn from(line: LineView) -> Self {
        Self {
            line: line.line,
            lot: line.lot.to_string(),
            code: line.code.map(|code| code.to_string()),
            treatment: line.treatment.map(|treatment| treatment.to_string()),
            planned_mass_g: line.planned_g,
            shipped_mass_g: line.shipped_g,
            accepted_mass_g: line.accepted_g,
            rejected_mass_g: line.rejected_g,
            returned_mass_g: line.returned_g,
            holder: (&line.holder).into(),
            rejected_holder: line.rejected_holder.as_ref().map(HolderView::from),
            on_the_way: line.on_the_way,
            transit: line.transit.into(),
        }
    }
}

/// What the consignor registered.
#[derive(Serialize, ToSchema)]
struct RegistrationView {
    /// The event.
    event_id: String,
    /// When it was registered.
    #[schema(format = "date-time")]
    at: String,
    /// Whom the waste leaves.
    consignor: String,
    /// The site it leaves.
    #[schema(format = "uuid")]
    consignor_site: String,
    /// Whom it goes to.
    consignee: String,
    /// The site it goes to.
    #[schema(format = "uuid")]
    consignee_site: String,
    /// Carriers in order of legs.
    carriers: Vec<String>,
    /// Planned departure.
    #[schema(format = "date-time")]
    planned_departure: String,
    /// Planned arrival.
    #[schema(format = "date-time")]
    planned_arrival: String,
    /// The consignor's business key.
    erp_no: Option<String>,
}

impl From<&Registration> for RegistrationView {
    fn from(r: &Registration) -> Self {
        Self {
            event_id: r.mark.event.to_string(),
            at: r.mark.at.to_string(),
            consignor: r.consignor.party.to_string(),
            consignor_site: r.consignor.site.to_string(),
            consignee: r.consignee.party.to_string(),
            consignee_site: r.consignee.site.to_string(),
            carriers: r.carriers.iter().map(ToString::to_string).collect(),
            planned_departure: r.planned_departure.to_string(),
            planned_arrival: r.planned_arrival.to_string(),
            erp_no: r.erp_no.clone(),
        }
    }
}

/// A manifest in full.
#[derive(Serialize, ToSchema)]
struct ManifestView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its number, once one was allotted.
    number: Option<String>,
    /// Where it stands, kebab-case.
    status: &'static str,
    /// The same in Chinese.
    status_zh: &'static str,
    /// Log index of its first event.
    first_index: u64,
    /// What the consignor registered; absent when it moved without that.
    registration: Option<RegistrationView>,
    /// Waste lines by number.
    lines: Vec<ManifestLineView>,
    /// Names of everybody with a role on it.
    parties: Vec<PartyNameView>,
    /// The sites it names.
    sites: Vec<SiteView>,
    /// Findings on it and its lines that the caller may see, in the order they opened.
    findings: Vec<FindingView>,
}

impl From<ManifestDetail> for ManifestView {
    fn from(detail: ManifestDetail) -> Self {
        Self {
            id: detail.id.to_string(),
            number: detail.number,
            status: detail.status.name(),
            status_zh: detail.status.name_zh(),
            first_index: detail.first_index,
            registration: detail.state.registration.as_ref().map(RegistrationView::from),
            lines: detail.lines.into_iter().map(ManifestLineView::from).collect(),
            parties: detail.parties.into_iter().map(PartyNameView::from).collect(),
            sites: detail.sites.into_iter().map(SiteView::from).collect(),
            findings: detail.findings.iter().map(FindingView::from).collect(),
        }
    }
}

/// One manifest: what was planned, who holds each line, what was received, what is wrong.
#[utoipa::path(get, path = "/manifests/{id}", operation_id = "getManifest", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id.")),
    responses((status = 200, description = "The manifest.", body = ManifestView), Reading))]
async fn manifest(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
) -> Result<Json<ManifestView>, Problem> {
    let detail = app.manifest(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(detail.into()))
}

/// Whether the caller's party may state a kind of event next.
#[derive(Serialize, ToSchema)]
struct ActionView {
    /// Kind of event.
    kind: &'static str,
    /// Its name in Chinese.
    kind_zh: &'static str,
    /// True when it would be taken (a declaration) or would fit the chain (a fact).
    allowed: bool,
    /// Why not.
    why: Option<WhyView>,
}

impl From<Action> for ActionView {
    fn from(action: Action) -> Self {
        Self {
            kind: action.kind.name(),
            kind_zh: action.kind.name_zh(),
            allowed: action.allowed.is_ok(),
            why: action.allowed.err().map(WhyView::from),
        }
    }
}

/// What the caller's party may state next about a manifest.
#[derive(Serialize, ToSchema)]
struct ActionList {
    /// Kinds of event in the order of a manifest's life.
    items: Vec<ActionView>,
}

/// What the caller's party may state next, and why not the rest.
#[utoipa::path(get, path = "/manifests/{id}/actions", operation_id = "listActions", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id.")),
    responses((status = 200, description = "The actions.", body = ActionList), Reading))]
async fn actions(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
) -> Result<Json<ActionList>, Problem> {
    let actions = app.actions(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(ActionList { items: actions.into_iter().map(ActionView::from).collect() }))
}
