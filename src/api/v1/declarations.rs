//! Declarations to the authority: what to file, what was filed, and where it differs from the ledger.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::registers::{order_of, sheet, sheet_form};
use super::views::SiteView;
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Difference, Filing, Prefill, StoredRow};
use crate::catalogue::{DeclarationPeriod, WasteCode};
use crate::custody::measure::Measure;
use crate::id::SiteId;
use crate::registry::standing::{DeclarationLine, DeclarationNature, FieldReason};
use crate::registry::{Decision, DeclarationRecord, Slot};
use crate::shape::parse_day;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(prefill)).routes(routes!(declarations))
}

/// One figure, as `declaration.filed` states it.
#[derive(Serialize, ToSchema)]
struct FigureView {
    /// Waste code.
    code: String,
    /// Which figure: `opening`, `generated`, `received`, `sent-on`, `closing` and so on.
    measure: String,
    /// Grams.
    mass_g: i64,
}

impl From<&DeclarationLine> for FigureView {
    fn from(line: &DeclarationLine) -> Self {
        let mass_g = i64::try_from(line.mass_g).unwrap_or(i64::MAX);
        Self { code: line.code.to_string(), measure: line.measure.to_string(), mass_g }
    }
}

/// A period of a site, and until when it is declared.
#[derive(Serialize, ToSchema)]
pub(super) struct PeriodView {
    /// `month`, `quarter` or `year`.
    period: &'static str,
    /// First day of the period.
    #[schema(format = "date")]
    from: String,
    /// Last day of the period.
    #[schema(format = "date")]
    until: String,
    /// The last day on which it is declared in time.
    #[schema(format = "date")]
    due_on: String,
}

impl PeriodView {
    pub(super) fn of(slot: &Slot, due_on: NaiveDate) -> Self {
        Self {
            period: slot.period.name(),
            from: slot.from.to_string(),
            until: slot.last_day().to_string(),
            due_on: due_on.to_string(),
        }
    }
}

/// What the ledger says of a period: what to file.
#[derive(Serialize, ToSchema)]
struct PrefillView {
    /// The site.
    site: SiteView,
    /// The period.
    #[serde(flatten)]
    period: PeriodView,
    /// `figures`, or `zero` where nothing moved.
    nature: &'static str,
    /// The figures that are not 0. Opening, all that came, less all that went, is closing, to the gram.
    lines: Vec<FigureView>,
}

impl From<Prefill> for PrefillView {
    fn from(prefill: Prefill) -> Self {
        let figure = |(code, measure, mass_g): (WasteCode, Measure, i64)| FigureView {
            code: code.to_string(),
            measure: measure.name().to_owned(),
            mass_g,
        };
        Self {
            period: PeriodView::of(&prefill.slot, prefill.due_on),
            nature: nature_name(prefill.nature()),
            lines: prefill.figures.iter().map(figure).collect(),
            site: prefill.site.into(),
        }
    }
}

fn nature_name(nature: DeclarationNature) -> &'static str {
    match nature {
        DeclarationNature::Figures => "figures",
        DeclarationNature::Zero => "zero",
        DeclarationNature::Shutdown => "shutdown",
    }
}

/// Which period.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PrefillQuery {
    /// `month`, `quarter` or `year`.
    period: String,
    /// First day of the period, for example `2026-03-01`.
    from: String,
    /// `json`, `csv` or `xlsx`; what `Accept` asks for when absent.
    format: Option<String>,
    /// The order of columns of a sheet, by its id; the first of the profile when absent. `/api/v1/sheets/columns` lists them.
    columns: Option<String>,
}

/// What the ledger says of a period, as it would be filed. Nothing is stored.
///
/// Events count on the local day they were effective, so a late one changes the figures of the period it belongs to. An unverified
/// view, computed from the log.
#[utoipa::path(get, path = "/sites/{id}/declarations/prefill", operation_id = "prefillDeclaration", tag = "declarations",
    security(("bearer" = [])), params(("id" = String, Path, description = "Site id."), PrefillQuery),
    responses((status = 200, description = "The figures, or a sheet of them.",
        content((PrefillView = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), Reading))]
async fn prefill(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    headers: HeaderMap,
    Query(query): Query<PrefillQuery>,
) -> Result<Response, Problem> {
    let period = query.period.parse::<DeclarationPeriod>().map_err(|_| {
        bad_parameter("period", "period 应为 month、quarter 或 year", "period must be month, quarter or year")
    })?;
    let wrong = || {
        let zh = "from 应为申报期的第一天，写作 2026-03-01";
        bad_parameter("from", zh, "from must be the first day of the period, written 2026-03-01")
    };
    let from = parse_day(&query.from).map_err(|_| wrong())?;
    if period.first_day(from) != from {
        return Err(wrong());
    }
    let (form, order) =
        (sheet_form(query.format.as_deref(), &headers)?, order_of(&app, query.columns.as_deref())?);
    let prefill = app.prefill(&viewer, id, period, from).await?.ok_or_else(Problem::absent)?;
    Ok(match form {
        Some(form) => sheet(form, app.declaration_sheet(&prefill, order, form)?),
        None => Json(PrefillView::from(prefill)).into_response(),
    })
}

/// A reason for sending a declaration back.
#[derive(Serialize, ToSchema)]
pub(super) struct ReasonView {
    /// JSON pointer (RFC 6901) into the `data` of what was filed.
    pointer: String,
    /// Why that field was sent back.
    reason: String,
}

impl From<&FieldReason> for ReasonView {
    fn from(reason: &FieldReason) -> Self {
        Self { pointer: reason.pointer.to_string(), reason: reason.reason.to_string() }
    }
}

/// A row of the ledger that adds to a figure.
#[derive(Serialize, ToSchema)]
struct LedgerRowView {
    /// The local day.
    #[schema(format = "date")]
    day: String,
    /// The event that says so.
    event_id: String,
    /// Its log index.
    index: u64,
    /// The lot.
    #[schema(format = "uuid")]
    lot: String,
    /// Its lot code, if one was allotted.
    lot_code: Option<String>,
    /// The manifest it moved on.
    #[schema(format = "uuid")]
    manifest: Option<String>,
    /// Grams.
    mass_g: i64,
}

impl From<StoredRow> for LedgerRowView {
    fn from(row: StoredRow) -> Self {
        Self {
            day: row.day.to_string(),
            event_id: row.event.to_string(),
            index: row.index,
            lot: row.lot.to_string(),
            lot_code: row.lot_code,
            manifest: row.manifest.map(|manifest| manifest.to_string()),
            mass_g: row.mass_g,
        }
    }
}

/// A figure that was filed and is not what the ledger says now.
#[derive(Serialize, ToSchema)]
struct DifferenceView {
    /// Waste code.
    code: String,
    /// Which figure.
    measure: &'static str,
    /// What was filed, in grams.
    filed_mass_g: i64,
    /// What the ledger says now, in grams.
    ledger_mass_g: i64,
    /// Filed less ledger, in grams.
    difference_mass_g: i64,
    /// The register whose rows add up to the figure; null for what was there at the beginning and at the end.
    register: Option<&'static str>,
    /// The first 20 of these rows.
    rows: Vec<LedgerRowView>,
}

impl From<Difference> for DifferenceView {
    fn from(difference: Difference) -> Self {
        Self {
            code: difference.code.to_string(),
            measure: difference.measure.name(),
            filed_mass_g: difference.filed_g,
            ledger_mass_g: difference.ledger_g,
            difference_mass_g: difference.filed_g.wrapping_sub(difference.ledger_g),
            register: difference.register.map(|register| register.name()),
            rows: difference.rows.into_iter().map(LedgerRowView::from).collect(),
        }
    }
}

/// One filing.
#[derive(Serialize, ToSchema)]
struct DeclarationView {
    /// Its id.
    #[schema(format = "uuid")]
    declaration: String,
    /// The period.
    #[serde(flatten)]
    period: PeriodView,
    /// `filed`, `returned` or `accepted`.
    state: &'static str,
    /// False when the period was filed again later.
    is_last: bool,
    /// `figures`, `zero` (零申报) or `shutdown` (停产).
    nature: &'static str,
    /// What was filed.
    lines: Vec<FigureView>,
    /// When it was recorded.
    #[schema(format = "date-time")]
    filed_at: String,
    /// The event that filed it.
    filed_event_id: String,
    /// When the authority decided.
    #[schema(format = "date-time")]
    decided_at: Option<String>,
    /// The event by which it decided.
    decided_event_id: Option<String>,
    /// Why it was sent back, field by field.
    reasons: Vec<ReasonView>,
    /// Where it differs from what the ledger says now. An act of the authority, a late event or a correction may have come in between.
    differences: Vec<DifferenceView>,
}

impl From<Filing> for DeclarationView {
    fn from(filing: Filing) -> Self {
        let DeclarationRecord { filed, event, at, ref decision, .. } = filing.record.clone();
        let decided = decision.as_ref().map(|decision| match decision {
            Decision::Returned { event, at, .. } | Decision::Accepted { event, at } => (event, at),
        });
        Self {
            declaration: filed.declaration.to_string(),
            period: PeriodView::of(&filing.record.slot(), filing.due_on),
            state: filing.record.state().name(),
            is_last: filing.is_last,
            nature: nature_name(filed.nature),
            lines: filed.lines.iter().map(FigureView::from).collect(),
            filed_at: at.to_string(),
            filed_event_id: event.to_string(),
            decided_at: decided.map(|(_, at)| at.to_string()),
            decided_event_id: decided.map(|(event, _)| event.to_string()),
            reasons: filing.record.reasons().iter().map(ReasonView::from).collect(),
            differences: filing.differences.into_iter().map(DifferenceView::from).collect(),
        }
    }
}

/// A page of declarations.
#[derive(Serialize, ToSchema)]
struct DeclarationPage {
    /// Filings, the newest first.
    items: Vec<DeclarationView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which declarations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeclarationsQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// What was filed for a site, each with its state and where it differs from what the ledger says now.
#[utoipa::path(get, path = "/sites/{id}/declarations", operation_id = "listDeclarations", tag = "declarations",
    security(("bearer" = [])), params(("id" = String, Path, description = "Site id."), DeclarationsQuery),
    responses((status = 200, description = "A page.", body = DeclarationPage), Reading))]
async fn declarations(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    uri: Uri,
    Query(query): Query<DeclarationsQuery>,
) -> Result<(HeaderMap, Json<DeclarationPage>), Problem> {
    let before = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.declarations(&viewer, id, before, page::limit(query.limit)?).await?;
    let found = found.ok_or_else(Problem::absent)?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(DeclarationView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), DeclarationPage { items, next }))
}
