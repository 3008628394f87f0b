//! Tracing: where a lot came from, what became of it, and what of a manifest is still open.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::{PartyNameView, SiteView};
use crate::api::caller::Caller;
use crate::api::documented::{Reading, Tracing};
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{ManifestFate, OpenEnd, TraceDetail, TraceEnd, TraceLink, TraceNode};
use crate::custody::trace::{Direction, Place};
use crate::id::{LotId, ManifestId};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trace)).routes(routes!(fate))
}

/// Which way to look.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TraceQuery {
    /// `up`: where it came from. `down`: what became of it.
    direction: String,
    /// As it was known when the log had so many entries, at most as many as it has; absent for what is known now.
    as_of: Option<String>,
}

impl TraceQuery {
    fn direction(&self) -> Result<Direction, Problem> {
        let known = [Direction::Up, Direction::Down];
        known.into_iter().find(|known| known.name() == self.direction).ok_or_else(|| {
            bad_parameter("direction", "direction 应为 up 或 down", "direction must be up or down")
        })
    }
}

/// A lot or a mix on the way. A mix is one repacking or treatment: everything that went in became everything that came out.
#[derive(Serialize, ToSchema)]
struct TraceNodeView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// `lot`, or what the mix was: `repacked`, `used` or `disposed`.
    kind: &'static str,
    /// Its lot code, if one was allotted.
    lot_code: Option<String>,
    /// Its waste code, as far as known.
    waste_code: Option<String>,
    /// Of the mass asked for, what passed it, in grams.
    mass_g: i64,
}

impl From<TraceNode> for TraceNodeView {
    fn from(node: TraceNode) -> Self {
        Self {
            id: node.id.to_string(),
            kind: node.mix.map_or("lot", |mix| mix.name()),
            lot_code: node.labels.lot_code,
            waste_code: node.labels.waste_code,
            mass_g: node.mass_g,
        }
    }
}

/// What passed from one node to the next.
#[derive(Serialize, ToSchema)]
struct TraceLinkView {
    /// What it went into; absent where the caller may not see that.
    #[schema(format = "uuid")]
    child: Option<String>,
    /// What it came out of; absent where the caller may not see that.
    #[schema(format = "uuid")]
    parent: Option<String>,
    /// Of the mass asked for, in grams. 0 is a share of less than a gram.
    mass_g: i64,
}

impl From<TraceLink> for TraceLinkView {
    fn from(link: TraceLink) -> Self {
        Self {
            child: link.child.map(|id| id.to_string()),
            parent: link.parent.map(|id| id.to_string()),
            mass_g: link.mass_g,
        }
    }
}

/// An origin or a fate of a part of the mass.
#[derive(Serialize, ToSchema)]
struct TraceEndView {
    /// Origins: `opened`, `generated`, `unproven` (no earlier event put it there), `added` (a treatment gave more than was fed).
    /// Fates: `held`, `on-the-way`, `shortfall` (lost on the way, within the tolerance of scales), `missing` (lost, more than that), `product`, `used`, `disposed`. Either: `variance` (lost, or found, for a stated cause),
    /// `unexplained`, `loop` (lots made of each other).
    kind: &'static str,
    /// True for a fate after which nothing more has to happen.
    is_final: bool,
    /// The lot or mix it is at; absent where the caller may not see that: one entry stands for all such of a kind.
    #[schema(format = "uuid")]
    at: Option<String>,
    /// Holder, for `held` and `product`.
    party: Option<String>,
    /// Its site.
    #[schema(format = "uuid")]
    site: Option<String>,
    /// The manifest, for what is left on a line.
    #[schema(format = "uuid")]
    manifest: Option<String>,
    /// Its line.
    line: Option<u16>,
    /// Of the mass asked for, in grams. 0 is a share of less than a gram.
    mass_g: i64,
}

impl From<TraceEnd> for TraceEndView {
    fn from(end: TraceEnd) -> Self {
        let (holder, line) = match end.place {
            Some(Place::Site(party, site)) => (Some((party, site)), None),
            Some(Place::Line(manifest, line)) => (None, Some((manifest, line))),
            None => (None, None),
        };
        Self {
            kind: end.kind.name(),
            is_final: end.kind.is_final(),
            at: end.at.map(|id| id.to_string()),
            party: holder.map(|(party, _)| party.to_string()),
            site: holder.map(|(_, site)| site.to_string()),
            manifest: line.map(|(manifest, _)| manifest.to_string()),
            line: line.map(|(_, line)| line),
            mass_g: end.mass_g,
        }
    }
}

/// Where all mass of a lot came from, or what became of it.
#[derive(Serialize, ToSchema)]
struct TraceView {
    /// The lot.
    #[schema(format = "uuid")]
    lot: String,
    /// `up` or `down`.
    direction: &'static str,
    /// All that ever came in, or went out, in grams: `ends` sum to it.
    total_mass_g: i64,
    /// Lots and mixes on the way that the caller may see, by id.
    nodes: Vec<TraceNodeView>,
    /// What passed from one to the next.
    links: Vec<TraceLinkView>,
    /// Origins or fates, by kind, the largest first.
    ends: Vec<TraceEndView>,
    /// Names of the parties named in it.
    parties: Vec<PartyNameView>,
    /// The sites named in it.
    sites: Vec<SiteView>,
}

impl From<TraceDetail> for TraceView {
    fn from(detail: TraceDetail) -> Self {
        Self {
            lot: detail.lot.to_string(),
            direction: detail.direction.name(),
            total_mass_g: detail.total_g,
            nodes: detail.nodes.into_iter().map(TraceNodeView::from).collect(),
            links: detail.links.into_iter().map(TraceLinkView::from).collect(),
            ends: detail.ends.into_iter().map(TraceEndView::from).collect(),
            parties: detail.parties.into_iter().map(PartyNameView::from).collect(),
            sites: detail.sites.into_iter().map(SiteView::from).collect(),
        }
    }
}

/// Where a lot came from, or what became of it, through any number of consolidations.
///
/// Shares are computed, by largest remainder at each lot and mix: what was mixed cannot be told apart. They sum to the gram. The
/// answer is whole, or there is none (`trace-limit`). What the caller may not see is in the sums, without a name.
#[utoipa::path(get, path = "/lots/{id}/trace", operation_id = "traceLot", tag = "lots", security(("bearer" = [])),
    params(("id" = String, Path, description = "Lot id."), TraceQuery),
    responses((status = 200, description = "The trace.", body = TraceView), Tracing))]
async fn trace(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<LotId>,
    Query(query): Query<TraceQuery>,
) -> Result<Json<TraceView>, Problem> {
    let detail = app
        .trace(&viewer, id, query.direction()?, page::as_of(query.as_of.as_deref())?)
        .await?
        .ok_or_else(Problem::absent)?;
    Ok(Json(detail.into()))
}

/// A part of a manifest's mass that has no final fate yet.
#[derive(Serialize, ToSchema)]
struct OpenEndView {
    /// The open end.
    #[serde(flatten)]
    end: TraceEndView,
    /// Code of the lot it is at, if it has one.
    lot_code: Option<String>,
    /// Waste code of the lot it is at, as far as known.
    waste_code: Option<String>,
}

impl From<OpenEnd> for OpenEndView {
    fn from(open: OpenEnd) -> Self {
        Self { end: open.end.into(), lot_code: open.labels.lot_code, waste_code: open.labels.waste_code }
    }
}

/// Both closing flags of a manifest, and what is still open.
#[derive(Serialize, ToSchema)]
struct FateView {
    /// True when the consignee has said everything about it (联单已办结).
    is_finished: bool,
    /// True when every gram of its lines has a final fate (去向已闭环). Absent when that is more to follow than one trace may: then
    /// it is unknown, and nothing below is told.
    is_closed: Option<bool>,
    /// All that its lines moved, in grams.
    total_mass_g: i64,
    /// Of it, what has a final fate, in grams.
    final_mass_g: i64,
    /// What is still open, the largest first, at most 500.
    open: Vec<OpenEndView>,
    /// How many more there are.
    left_out: u64,
    /// Lines that are still to leave.
    waiting_lines: Vec<u16>,
    /// Names of the parties named in it.
    parties: Vec<PartyNameView>,
    /// The sites named in it.
    sites: Vec<SiteView>,
}

impl From<ManifestFate> for FateView {
    fn from(fate: ManifestFate) -> Self {
        Self {
            is_finished: fate.is_finished,
            is_closed: fate.is_closed,
            total_mass_g: fate.total_g,
            final_mass_g: fate.final_g,
            open: fate.open.into_iter().map(OpenEndView::from).collect(),
            left_out: fate.left_out,
            waiting_lines: fate.waiting.into_iter().collect(),
            parties: fate.parties.into_iter().map(PartyNameView::from).collect(),
            sites: fate.sites.into_iter().map(SiteView::from).collect(),
        }
    }
}

/// Whether everything a manifest moved has a final fate (去向已闭环), whatever it was mixed with since, and what has none.
#[utoipa::path(get, path = "/manifests/{id}/fate", operation_id = "getManifestFate", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id.")),
    responses((status = 200, description = "Both flags.", body = FateView), Reading))]
async fn fate(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
) -> Result<Json<FateView>, Problem> {
    let fate = app.manifest_fate(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(fate.into()))
}
