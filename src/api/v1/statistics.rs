//! Statistics: for officers, and for everybody.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Proposing, PublicProposing};
use crate::api::extract::{Json, Query, form_of, month};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{
    CaseCounts, Counted, Counts, MIN_TOLD_PARTIES, MonthStatistics, Months, PublicMonth, PublicStatistics,
    RuleCounts, Statistics, StatisticsForm,
};
use crate::catalogue::{Division, Severity};
use crate::shape::month_text;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(statistics)).routes(routes!(public))
}

/// Figures of a month or of a county.
#[derive(Serialize, ToSchema)]
struct CountsView {
    /// Manifests registered, where they begin.
    manifests_registered: i64,
    /// Those of them of which the consignee has by now decided about all that came.
    manifests_completed: i64,
    /// Waste that arose, in grams.
    generated_mass_g: i64,
    /// Waste loaded, in grams.
    shipped_mass_g: i64,
    /// Waste that came off the road, in grams.
    received_mass_g: i64,
    /// Waste used, in grams.
    used_mass_g: i64,
    /// Waste disposed of, in grams.
    disposed_mass_g: i64,
    /// Findings that opened.
    findings_opened: i64,
    /// Findings that closed.
    findings_closed: i64,
}

impl From<&Counts> for CountsView {
    fn from(counts: &Counts) -> Self {
        let of = |counted| counts.get(&counted).copied().unwrap_or_default();
        Self {
            manifests_registered: of(Counted::Registered),
            manifests_completed: of(Counted::Completed),
            generated_mass_g: of(Counted::Generated),
            shipped_mass_g: of(Counted::Shipped),
            received_mass_g: of(Counted::Received),
            used_mass_g: of(Counted::Used),
            disposed_mass_g: of(Counted::Disposed),
            findings_opened: of(Counted::FindingsOpened),
            findings_closed: of(Counted::FindingsClosed),
        }
    }
}

/// Findings of one rule and severity.
#[derive(Serialize, ToSchema)]
struct RuleCountView {
    /// Rule id.
    rule: String,
    /// How grave they are now.
    #[schema(value_type = String)]
    severity: Severity,
    /// How many opened.
    opened: u64,
    /// How many closed.
    closed: u64,
}

fn rule_counts(counts: &RuleCounts) -> Vec<RuleCountView> {
    let view = |((rule, severity), count): (&(String, Severity), &crate::app::query::RuleCount)| {
        RuleCountView { rule: rule.clone(), severity: *severity, opened: count.opened, closed: count.closed }
    };
    counts.iter().map(view).collect()
}

/// Cases opened in a month.
#[derive(Serialize, ToSchema)]
struct CaseCountsView {
    /// How many.
    opened: u64,
    /// How many of them are answered by now.
    answered: u64,
    /// Median of the local days until the first answer, of two in the middle the lower; nothing while none is answered.
    median_days_to_answer: Option<i64>,
}

impl From<CaseCounts> for CaseCountsView {
    fn from(cases: CaseCounts) -> Self {
        let CaseCounts { opened, answered, median_days } = cases;
        Self { opened, answered, median_days_to_answer: median_days }
    }
}

/// One month.
#[derive(Serialize, ToSchema)]
struct MonthView {
    /// Which month, in the zone of the ledger's profile.
    #[schema(example = "2026-03")]
    month: String,
    /// Its figures; each finding counts once.
    #[serde(flatten)]
    counts: CountsView,
    /// Findings by rule and severity.
    findings: Vec<RuleCountView>,
    /// Cases opened in it.
    cases: CaseCountsView,
}

impl From<&MonthStatistics> for MonthView {
    fn from(month: &MonthStatistics) -> Self {
        Self {
            month: month_text(month.month),
            counts: CountsView::from(&month.counts),
            findings: rule_counts(&month.findings),
            cases: month.cases.into(),
        }
    }
}

/// The figures of a county over all months asked for.
#[derive(Serialize, ToSchema)]
struct CountyView {
    /// Its division code (GB/T 2260), as sites and parties are registered with.
    division: String,
    /// Its figures; a finding that concerns parties of two counties counts in both.
    #[serde(flatten)]
    counts: CountsView,
}

/// What happened in some months in a division.
#[derive(Serialize, ToSchema)]
struct StatisticsView {
    /// First month.
    from: String,
    /// Last month.
    to: String,
    /// Where.
    division: String,
    /// Entries in the log that these figures are computed from.
    log_size: u64,
    /// Month by month.
    months: Vec<MonthView>,
    /// County by county, those where something is counted.
    counties: Vec<CountyView>,
    /// Findings by rule and severity over all months.
    findings: Vec<RuleCountView>,
}

impl From<&Statistics> for StatisticsView {
    fn from(statistics: &Statistics) -> Self {
        let counties = statistics.counties();
        let counties = counties.iter().map(|(division, counts)| CountyView {
            division: division.to_string(),
            counts: CountsView::from(counts),
        });
        Self {
            from: month_text(statistics.asked.from()),
            to: month_text(statistics.asked.to()),
            division: statistics.division.to_string(),
            log_size: statistics.log_size,
            months: statistics.months.iter().map(MonthView::from).collect(),
            counties: counties.collect(),
            findings: rule_counts(&statistics.findings()),
        }
    }
}

/// Which months, and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatisticsQuery {
    /// First month, for example `2026-01`; eleven before the last one when absent.
    from: Option<String>,
    /// Last month, at most 24 of them; that of today when absent.
    to: Option<String>,
    /// Only what lies in this division (GB/T 2260); the caller's own when absent.
    division: Option<String>,
    /// `json`, `csv`, `xlsx` or `parquet`; what `Accept` asks for when absent. A file has a row each month and county: sheets in tonnes, Parquet in grams.
    format: Option<String>,
}

/// What happened in some months: manifests, tonnes, findings and cases, in the caller's division; for authorities.
///
/// An unverified view, computed from the log as it is now: an event that comes late changes the figures of its month. A month begins and
/// ends with the local day. Manifests and cases are of the month in which they were registered or opened, masses of that in which they moved,
/// findings of that in which they opened or closed.
#[utoipa::path(get, path = "/statistics", operation_id = "getStatistics", tag = "findings", security(("bearer" = [])),
    params(StatisticsQuery),
    responses((status = 200, description = "The figures, or a sheet of them.",
        content((StatisticsView = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (Vec<u8> = "application/vnd.apache.parquet"))), Proposing))]
async fn statistics(
    State(app): State<App>,
    Caller(viewer): Caller,
    headers: HeaderMap,
    Query(query): Query<StatisticsQuery>,
) -> Result<Response, Problem> {
    let form = file_form(query.format.as_deref(), &headers)?;
    let (from, to) = (month("from", query.from.as_deref())?, month("to", query.to.as_deref())?);
    let division = page::parsed::<Division>("division", query.division.as_deref(), "371300")?;
    let asked = Months::between(from, to, app.today())?;
    let statistics = app.statistics(&viewer, asked, division).await?.ok_or_else(Problem::absent)?;
    match form {
        Some(form) => Ok(file(form, app.statistics_file(&statistics, form)?)),
        None => Ok(Json(StatisticsView::from(&statistics)).into_response()),
    }
}

/// The file that is asked for; `None` for JSON.
fn file_form(format: Option<&str>, headers: &HeaderMap) -> Result<Option<StatisticsForm>, Problem> {
    form_of(format, headers, &StatisticsForm::ALL.map(|form| (form, form.ending(), form.media())))
}

fn file(form: StatisticsForm, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(form.media()))], bytes).into_response()
}

/// What everybody may know of a county in a month.
#[derive(Serialize, ToSchema)]
struct PublicCountyView {
    /// Its division code (GB/T 2260).
    division: String,
    /// Figures by name, as in the statistics for authorities; one that is not there is not told.
    counts: BTreeMap<&'static str, i64>,
}

/// What everybody may know of a month.
#[derive(Serialize, ToSchema)]
struct PublicMonthView {
    /// Which month.
    #[schema(example = "2026-03")]
    month: String,
    /// When it was counted.
    #[schema(format = "date-time")]
    counted_at: String,
    /// The sums of what is told of counties; what is not told is in none of them.
    told: BTreeMap<&'static str, i64>,
    /// County by county, those of which something is told.
    counties: Vec<PublicCountyView>,
}

impl From<&PublicMonth> for PublicMonthView {
    fn from(month: &PublicMonth) -> Self {
        let counties = month.counties.iter();
        let county = |(division, counts): (&Division, &Counts)| PublicCountyView {
            division: division.to_string(),
            counts: named(counts),
        };
        Self {
            month: month_text(month.month),
            counted_at: month.counted_at.to_string(),
            told: named(&month.told()),
            counties: counties.map(county).collect(),
        }
    }
}

fn named(counts: &Counts) -> BTreeMap<&'static str, i64> {
    counts.iter().map(|(counted, value)| (counted.name(), *value)).collect()
}

/// Statistics for everybody.
#[derive(Serialize, ToSchema)]
struct PublicStatisticsView {
    /// First month.
    from: String,
    /// Last month.
    to: String,
    /// A figure of fewer parties than these is not told.
    min_parties: u64,
    /// Month by month.
    months: Vec<PublicMonthView>,
}

impl From<&PublicStatistics> for PublicStatisticsView {
    fn from(statistics: &PublicStatistics) -> Self {
        Self {
            from: month_text(statistics.asked.from()),
            to: month_text(statistics.asked.to()),
            min_parties: MIN_TOLD_PARTIES,
            months: statistics.months.iter().map(PublicMonthView::from).collect(),
        }
    }
}

/// Which months, and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PublicQuery {
    /// First month, for example `2026-01`; eleven before the last one when absent.
    from: Option<String>,
    /// Last month, at most 24 of them, and one that is over; the last such one when absent.
    to: Option<String>,
    /// Only counties in this division (GB/T 2260).
    division: Option<String>,
    /// `json`, `csv`, `xlsx` or `parquet`; what `Accept` asks for when absent. A file has a row each month and county; a figure that is not told is
    /// empty. Sheets in tonnes, Parquet in grams.
    format: Option<String>,
}

/// What happened in some months, county by county, for everybody: figures of at least three parties, of months that are over.
///
/// An unverified view, computed from the log and counted again once an hour at most. Masses (`generated`, `shipped`, `received`, `used`,
/// `disposed`) are in grams.
#[utoipa::path(get, path = "/statistics/public", operation_id = "getPublicStatistics", tag = "findings",
    params(PublicQuery),
    responses((status = 200, description = "The figures, or a file of them.",
        content((PublicStatisticsView = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (Vec<u8> = "application/vnd.apache.parquet"))), PublicProposing))]
async fn public(
    State(app): State<App>,
    headers: HeaderMap,
    Query(query): Query<PublicQuery>,
) -> Result<Response, Problem> {
    let form = file_form(query.format.as_deref(), &headers)?;
    let (from, to) = (month("from", query.from.as_deref())?, month("to", query.to.as_deref())?);
    let division = page::parsed::<Division>("division", query.division.as_deref(), "371300")?;
    let asked = app.public_months(from, to)?;
    let statistics = app.public_statistics(asked, division).await?;
    match form {
        Some(form) => Ok(file(form, app.public_statistics_file(&statistics, form)?)),
        None => Ok(Json(PublicStatisticsView::from(&statistics)).into_response()),
    }
}
