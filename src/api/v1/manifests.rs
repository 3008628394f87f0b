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
use crate::api::extract::{Json, Path, Query, bad_parameter, day};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Action, ContainerAsked, ManifestDetail, ManifestFilter, ManifestItem, PartyRole};
use crate::catalogue::Division;
use crate::custody::label::id_of;
use crate::custody::manifest::Status;
use crate::id::ManifestId;
use crate::shape::{Plate, Text};

/// The `next` of a page that goes by manifests, as it is told to whoever passed something else.
pub(super) const CURSOR_EXAMPLE: &str = "1200-01890a5d-ac96-774b-bcce-b302099a8057";

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
    /// Numbers of other systems, in the order they were bound.
    external_numbers: Vec<String>,
    /// Where it stands, kebab-case.
    status: String,
    /// Whom the waste leaves.
    consignor: Option<PartyNameView>,
    /// Whom it goes to.
    consignee: Option<PartyNameView>,
    /// Who carries it by the registration, each once, in order of legs.
    carriers: Vec<PartyNameView>,
    /// The vehicles that were assigned to it or carried it, each once.
    vehicles: Vec<String>,
    /// Waste codes of its lines, each once.
    codes: Vec<String>,
    /// Planned over all lines, in grams.
    planned_g: Option<i64>,
    /// Accepted over all lines, in grams; absent before anything was received.
    accepted_g: Option<i64>,
    /// The local day on which it left, or shall leave while it did not.
    #[schema(format = "date")]
    leaves_on: Option<String>,
    /// When something on it was last received.
    #[schema(format = "date-time")]
    received_at: Option<String>,
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
            external_numbers: item.external_numbers,
            status: item.status.name().to_owned(),
            consignor: item.consignor.map(PartyNameView::from),
            consignee: item.consignee.map(PartyNameView::from),
            carriers: item.carriers.into_iter().map(PartyNameView::from).collect(),
            vehicles: item.vehicles.iter().map(|plate| plate.to_string()).collect(),
            codes: item.codes.iter().map(ToString::to_string).collect(),
            planned_g: item.planned_g,
            accepted_g: item.accepted_g,
            leaves_on: item.leaves_on.map(|day| day.to_string()),
            received_at: item.received_at.map(|at| at.to_string()),
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

/// Which manifests. Whatever is given must hold of all that are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ManifestsQuery {
    /// Only those in this status, for example `in-transit`.
    status: Option<String>,
    /// Only those whose number, or a number of another system bound to them, ends so; full-width and small letters do not matter.
    number: Option<String>,
    /// Only those that a number of another system is bound to, or only the others.
    bound: Option<bool>,
    /// Only those on which the party of this unified social credit code has a role.
    party: Option<String>,
    /// Only those on which that party, or without one the caller's own, is this: `consignor`, `carrier` or `consignee`.
    role: Option<String>,
    /// Only those with waste of this code, `900-041-49` or `90004149`, or of this category, `HW49`.
    code: Option<String>,
    /// Only those that begin or end in this division: a county, a city or a province by its six digits.
    division: Option<String>,
    /// Only those that left, or shall leave, on this local day or later.
    from: Option<String>,
    /// Only those that left, or shall leave, on this local day or earlier.
    to: Option<String>,
    /// Only those that this vehicle was assigned to or carried; the spelling does not matter.
    plate: Option<String>,
    /// Only those that were loaded with this container, or with one under this label: an id, or the text of a label.
    container: Option<String>,
    /// Only those that the caller's party registered under this business key of its own.
    erp_no: Option<String>,
    /// Only those on which a party has a role whose name holds this, in Chinese, English or in short, or the initials of its Chinese name (`lyfh`).
    text: Option<String>,
    /// Only those that leave this site or go to it.
    site: Option<String>,
    /// Only those on which something is still to be done.
    #[serde(default)]
    under_way: bool,
    /// Only those of which a handover waits for the signature of the caller's party.
    #[serde(default)]
    unsigned: bool,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

impl ManifestsQuery {
    fn filter(self) -> Result<ManifestFilter, Problem> {
        let division = page::parsed::<Division>("division", self.division.as_deref(), "371300")?;
        let container = self.container.map(|text| {
            text.parse().map_or_else(|_| ContainerAsked::Label(id_of(&text)), ContainerAsked::Id)
        });
        Ok(ManifestFilter {
            status: self.status.as_deref().map(status_named).transpose()?,
            number: self.number,
            bound: self.bound,
            party: page::parsed("party", self.party.as_deref(), "91371300MA3C00017B")?,
            role: page::named("role", self.role.as_deref(), &PartyRole::ALL, PartyRole::name)?,
            waste: page::parsed("code", self.code.as_deref(), "900-041-49 or HW49")?,
            division,
            from: day("from", self.from.as_deref())?,
            to: day("to", self.to.as_deref())?,
            plate: plate_named(self.plate)?,
            container,
            erp_no: short_text("erp_no", self.erp_no)?,
            text: short_text("text", self.text)?,
            site: page::parsed("site", self.site.as_deref(), "01890a5d-ac96-774b-bcce-b302099a8057")?,
            is_under_way: self.under_way,
            is_unsigned: self.unsigned,
        })
    }
}

/// A plate as people type it.
pub(super) fn plate_named(text: Option<String>) -> Result<Option<Plate>, Problem> {
    let wrong = |_| bad_parameter("plate", "plate 应类似 鲁Q12345", "write the plate like 鲁Q12345");
    text.map(|text| Plate::parse_loose(&text).map_err(wrong)).transpose()
}

fn short_text(name: &str, text: Option<String>) -> Result<Option<Text<64>>, Problem> {
    text.map(Text::new).transpose().map_err(|en| {
        bad_parameter(name, format!("{name} 应为 1 至 64 字，首尾无空白"), format!("{name}: {en}"))
    })
}

/// Manifests on which the caller has a role; for an authority, those with an end in its division. Filters are combined.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles. A page may be shorter
/// than asked for and have a next one, where much had to be looked at that did not fit.
#[utoipa::path(get, path = "/manifests", operation_id = "listManifests", tag = "manifests", security(("bearer" = [])),
    params(ManifestsQuery), responses((status = 200, description = "A page.", body = ManifestPage), Reading))]
async fn manifests(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(mut query): Query<ManifestsQuery>,
) -> Result<(HeaderMap, Json<ManifestPage>), Problem> {
    let after = page::parsed("after", query.after.take().as_deref(), CURSOR_EXAMPLE)?;
    let limit = page::limit(query.limit)?;
    let found = app.manifests(&viewer, &query.filter()?, after, limit).await?;
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
