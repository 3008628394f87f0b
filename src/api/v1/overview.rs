//! Figures: open findings per rule, totals of imported documents.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::Json;
use crate::api::problem::Problem;
use crate::app::App;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(overview)).routes(routes!(imported))
}

/// Open findings of one rule.
#[derive(Serialize, ToSchema)]
struct RuleCount {
    /// Rule id.
    rule: String,
    /// Open findings.
    open: u64,
}

/// Rules in force, each part pinned by its digest.
#[derive(Serialize, ToSchema)]
struct AdoptionView {
    /// Log index of the adoption; they apply from the next entry on.
    index: u64,
    /// Jurisdiction profile, for example `cn`.
    profile: String,
    /// Its version.
    version: String,
    /// SHA-256 of the profile.
    profile_sha256: String,
    /// SHA-256 of the working-day calendar.
    calendar_sha256: String,
    /// SHA-256 of the reference tables.
    catalogue_sha256: String,
    /// SHA-256 of the rule set.
    rules_sha256: String,
}

/// What there is, in figures.
#[derive(Serialize, ToSchema)]
struct OverviewView {
    /// Entries in the log.
    log_size: u64,
    /// The rules last adopted by the authority; nothing while none were.
    adopted: Option<AdoptionView>,
    /// Open findings per rule: those in its division for an authority, the caller's own otherwise.
    open_findings: Vec<RuleCount>,
}

/// Open findings per rule, and the size of the log.
#[utoipa::path(get, path = "/overview", operation_id = "getOverview", tag = "findings", security(("bearer" = [])),
    responses((status = 200, description = "The figures.", body = OverviewView), Reading))]
async fn overview(State(app): State<App>, Caller(viewer): Caller) -> Result<Json<OverviewView>, Problem> {
    let overview = app.overview(&viewer).await?;
    let open_findings =
        overview.open_findings.into_iter().map(|(rule, open)| RuleCount { rule, open }).collect();
    let adopted = overview.adopted.map(|(index, adopted)| AdoptionView {
        index,
        profile: adopted.profile.id.to_string(),
        version: adopted.profile.version.to_string(),
        profile_sha256: adopted.profile.sha256.to_string(),
        calendar_sha256: adopted.calendar.sha256.to_string(),
        catalogue_sha256: adopted.catalogue.sha256.to_string(),
        rules_sha256: adopted.rules.sha256.to_string(),
    });
    Ok(Json(OverviewView { log_size: overview.log_size, adopted, open_findings }))
}

/// Imported lines of one unit.
#[derive(Serialize, ToSchema)]
struct UnitTotalView {
    /// The unit as written.
    unit: String,
    /// Number of lines.
    lines: i64,
    /// Sum of quantities, in thousandths of the unit.
    quantity_milli: i64,
}

/// Totals of imported documents.
#[derive(Serialize, ToSchema)]
struct ImportedTotals {
    /// By unit.
    items: Vec<UnitTotalView>,
}

/// Totals of all imported documents per unit; for authorities.
#[utoipa::path(get, path = "/documents/totals", operation_id = "getImportedTotals", tag = "findings", security(("bearer" = [])),
    responses((status = 200, description = "The totals.", body = ImportedTotals), Reading))]
async fn imported(State(app): State<App>, Caller(viewer): Caller) -> Result<Json<ImportedTotals>, Problem> {
    let totals = app.imported_totals(&viewer).await?.ok_or_else(Problem::absent)?;
    let view = |total: crate::app::query::UnitTotal| UnitTotalView {
        unit: total.unit,
        lines: total.lines,
        quantity_milli: total.quantity_milli,
    };
    Ok(Json(ImportedTotals { items: totals.into_iter().map(view).collect() }))
}
