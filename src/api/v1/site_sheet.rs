//! The sheet of a site (现场检查表).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cases::CaseView;
use super::duties::DutyView;
use super::findings::FindingView;
use super::manifests::ManifestItemView;
use super::record::RecordView;
use super::stock::StockView;
use crate::api::caller::Caller;
use crate::api::documented::Remembering;
use crate::api::extract::{Json, Path, Query, day};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{OldestLot, SiteSheet};
use crate::catalogue::{Profile, WasteCode};
use crate::id::SiteId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sheet))
}

/// The oldest lot of a code that is there now.
#[derive(Serialize, ToSchema)]
struct OldestLotView {
    /// The waste code.
    code: String,
    /// Its id.
    #[schema(format = "uuid")]
    lot: String,
    /// Its lot code, if one was allotted.
    lot_code: Option<String>,
    /// What is there of it, in grams.
    balance_mass_g: i64,
    /// When its first event was recorded.
    #[schema(format = "date-time")]
    since: String,
}

impl From<(WasteCode, OldestLot)> for OldestLotView {
    fn from((code, lot): (WasteCode, OldestLot)) -> Self {
        Self {
            code: code.to_string(),
            lot: lot.row.lot.to_string(),
            lot_code: lot.row.lot_code,
            balance_mass_g: lot.row.balance_g,
            since: lot.since.to_string(),
        }
    }
}

/// Which lists of a sheet go on elsewhere.
#[derive(Serialize, ToSchema)]
struct MoreView {
    /// More is under way from or to the site: `GET /manifests`.
    manifests: bool,
    /// More findings are open: `GET /findings?state=open&party=`.
    findings: bool,
    /// More cases wait: `GET /cases?party=`.
    cases: bool,
}

/// What an officer wants to have read before the gate of a site.
#[derive(Serialize, ToSchema)]
struct SiteSheetView {
    /// The site, and its stock at the end of the day that was asked for.
    stock: StockView,
    /// The oldest lot there now of each waste code, of at most 50 codes.
    oldest_lots: Vec<OldestLotView>,
    /// The record of its firm: permits, plan, contracts and their use, inspections, penalties, holds, what expires; without what is about
    /// its other sites.
    record: RecordView,
    /// What is under way from and to the site, the oldest first, at most 50.
    manifests: Vec<ManifestItemView>,
    /// Open findings that concern the firm, the gravest first, at most 50.
    findings: Vec<FindingView>,
    /// Cases that are not closed, about this site or about none.
    cases: Vec<CaseView>,
    /// What the site must declare, and how that stands.
    declarations: Vec<DutyView>,
    /// Which lists go on elsewhere.
    more: MoreView,
}

impl SiteSheetView {
    fn of(sheet: SiteSheet, profile: &Profile) -> Self {
        Self {
            stock: sheet.stock.into(),
            oldest_lots: sheet.oldest.into_iter().map(OldestLotView::from).collect(),
            record: RecordView::of(sheet.firm, profile),
            manifests: sheet.manifests.into_iter().map(ManifestItemView::from).collect(),
            findings: sheet.findings.iter().map(FindingView::from).collect(),
            cases: sheet.cases.into_iter().map(CaseView::from).collect(),
            declarations: sheet.duties.into_iter().map(DutyView::from).collect(),
            more: MoreView {
                manifests: sheet.has_more_manifests,
                findings: sheet.has_more_findings,
                cases: sheet.has_more_cases,
            },
        }
    }
}

/// Which day.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SheetQuery {
    /// The day at whose end the stock is shown, for example `2026-03-31`; today when absent.
    on: Option<String>,
}

/// The sheet of a site (现场检查表), for its party and for the authorities over its division.
///
/// All but the stock is as it stands now. An unverified view, computed from the log: what proves something are the chain of a manifest,
/// an event, and bundles.
#[utoipa::path(get, path = "/sites/{id}/sheet", operation_id = "getSiteSheet", tag = "registry",
    security(("bearer" = [])), params(("id" = String, Path, description = "Site id."), SheetQuery),
    responses((status = 200, description = "The sheet.", body = SiteSheetView), Remembering))]
async fn sheet(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    Query(query): Query<SheetQuery>,
) -> Result<Json<SiteSheetView>, Problem> {
    let on = day("on", query.on.as_deref())?;
    let sheet = app.site_sheet(&viewer, id, on).await?.ok_or_else(Problem::absent)?;
    Ok(Json(SiteSheetView::of(sheet, app.rulebook().profile)))
}
