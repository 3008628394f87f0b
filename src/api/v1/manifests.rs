//! Manifests: lists, one in full, and what may be done with it next.

mod parts;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use parts::{ExternalNumberView, LinkedView, ManifestLineView, RegistrationView, WeighingView};

use super::findings::FindingView;
use super::views::{PartyNameView, SiteView, WhyView};
use crate::api::caller::Caller;
use crate::api::documented::{Reading, Remembering};
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Action, ManifestDetail, ManifestFilter, ManifestItem};
use crate::custody::manifest::Status;
use crate::id::ManifestId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(manifests)).routes(routes!(manifest)).routes(routes!(actions))
}

/// A manifest in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct ManifestItemView {
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
    /// Only those whose number, or a number of another system bound to them, ends so.
    number: Option<String>,
    /// Only those that a number of another system is bound to, or only the others.
    bound: Option<bool>,
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
    let filter = ManifestFilter { status, number: query.number, bound: query.bound };
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
    /// When the consignee had confirmed everything that moved (联单已办结), if it has. What becomes of the waste is another question.
    #[schema(format = "date-time")]
    completed_at: Option<String>,
    /// Log index of its first event.
    first_index: u64,
    /// What the consignor registered, as amended; absent when it moved without that.
    registration: Option<RegistrationView>,
    /// The manifest whose rejected waste it carries on, if the caller may see that one.
    predecessor: Option<LinkedView>,
    /// Manifests that carry on rejected waste of it, oldest first, at most 64, as far as the caller may see them.
    follow_ups: Vec<LinkedView>,
    /// Numbers of other systems, in the order they were bound.
    external_numbers: Vec<ExternalNumberView>,
    /// When it was amended, in order.
    amended_at: Vec<String>,
    /// Number of containers that travel on it, as far as they were named.
    containers: u64,
    /// Weighings of the whole vehicle run.
    weighings: Vec<WeighingView>,
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
            completed_at: detail.state.completed_at().map(|at| at.to_string()),
            first_index: detail.first_index,
            predecessor: detail.predecessor.map(LinkedView::from),
            follow_ups: detail.follow_ups.into_iter().map(LinkedView::from).collect(),
            external_numbers: detail.state.numbers.iter().map(ExternalNumberView::from).collect(),
            amended_at: detail.state.amended.iter().map(|mark| mark.at.to_string()).collect(),
            containers: detail.state.containers.len() as u64,
            weighings: detail.state.weighings.iter().map(WeighingView::from).collect(),
            registration: detail.state.registration.as_ref().map(RegistrationView::from),
            lines: detail.lines.into_iter().map(ManifestLineView::from).collect(),
            parties: detail.parties.into_iter().map(PartyNameView::from).collect(),
            sites: detail.sites.into_iter().map(SiteView::from).collect(),
            findings: detail.findings.iter().map(FindingView::from).collect(),
        }
    }
}

/// At what time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ManifestQuery {
    /// As it was known when the log had so many entries, at most as many as it has; absent for what is known now.
    as_of: Option<String>,
}

/// One manifest: what was planned, who holds each line, what was received, what is wrong.
#[utoipa::path(get, path = "/manifests/{id}", operation_id = "getManifest", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id."), ManifestQuery),
    responses((status = 200, description = "The manifest.", body = ManifestView), Remembering))]
async fn manifest(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
    Query(query): Query<ManifestQuery>,
) -> Result<Json<ManifestView>, Problem> {
    let detail = match page::as_of(query.as_of.as_deref())? {
        None => app.manifest(&viewer, id).await?,
        Some(size) => app.manifest_as_of(&viewer, id, size).await?,
    };
    Ok(Json(detail.ok_or_else(Problem::absent)?.into()))
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
