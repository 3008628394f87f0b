//! Numbers of other systems: comparing a list of theirs with what is bound here.

use axum::extract::{DefaultBodyLimit, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Comparing;
use crate::api::extract::{Json, Query, SheetBody, bad_parameter};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{BoundHere, Compared, Period, Reconciliation};
use crate::app::query::{ListedNumber, MAX_SHEET_BYTES};
use crate::shape::parse_day;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(reconcile)).layer(DefaultBodyLimit::max(MAX_SHEET_BYTES))
}

/// What a list says of a number.
#[derive(Serialize, ToSchema)]
struct ListedView {
    /// The number.
    number: String,
    /// Rows of the sheet, from 1; several where a manifest has several wastes.
    rows: Vec<u32>,
    /// In grams, over these rows.
    mass_g: i64,
    /// Waste codes, where the list has them.
    codes: Vec<String>,
    /// Whom the waste leaves, where the list says.
    consignor: Option<String>,
    /// Whom it goes to, where the list says.
    consignee: Option<String>,
    /// When, where the list says.
    #[schema(format = "date")]
    day: Option<String>,
}

impl From<&ListedNumber> for ListedView {
    fn from(listed: &ListedNumber) -> Self {
        Self {
            number: listed.number.clone(),
            rows: listed.rows.clone(),
            mass_g: listed.mass_g(),
            codes: listed.codes().iter().map(ToString::to_string).collect(),
            consignor: listed.consignor.map(|party| party.to_string()),
            consignee: listed.consignee.map(|party| party.to_string()),
            day: listed.day.map(|day| day.to_string()),
        }
    }
}

/// What is here of a number.
#[derive(Serialize, ToSchema)]
struct BoundView {
    /// The number.
    number: String,
    /// The manifest it is bound to.
    #[schema(format = "uuid")]
    manifest: String,
    /// In grams at departure, before one as planned.
    mass_g: i64,
    /// Waste codes.
    codes: Vec<String>,
    /// Whom the waste leaves.
    consignor: Option<String>,
    /// Whom it goes to.
    consignee: Option<String>,
}

impl From<&BoundHere> for BoundView {
    fn from(bound: &BoundHere) -> Self {
        Self {
            number: bound.number.clone(),
            manifest: bound.manifest.to_string(),
            mass_g: bound.mass_g,
            codes: bound.codes.iter().map(ToString::to_string).collect(),
            consignor: bound.consignor.map(|party| party.to_string()),
            consignee: bound.consignee.map(|party| party.to_string()),
        }
    }
}

/// A number that is on both sides.
#[derive(Serialize, ToSchema)]
struct ComparedView {
    /// What the list says.
    there: ListedView,
    /// What is here.
    here: BoundView,
    /// Grams here less grams there.
    difference_mass_g: i64,
    /// The list names other wastes.
    codes_differ: bool,
    /// The list names another consignor.
    consignor_differs: bool,
    /// The list names another consignee.
    consignee_differs: bool,
}

impl From<&Compared> for ComparedView {
    fn from(pair: &Compared) -> Self {
        Self {
            there: (&pair.there).into(),
            here: (&pair.here).into(),
            difference_mass_g: pair.difference_g(),
            codes_differ: pair.is_of_other_codes(),
            consignor_differs: pair.is_of_other_consignor(),
            consignee_differs: pair.is_of_other_consignee(),
        }
    }
}

/// A list compared with what is here. Every compared number stands in exactly one of the four groups.
#[derive(Serialize, ToSchema)]
struct ReconciliationView {
    /// Numbering system.
    system: String,
    /// Rows that were read, heads, totals and empty rows not counted.
    rows: usize,
    /// Numbers of the list whose day lies outside the period; they were not compared.
    outside: usize,
    /// On both sides, with the same mass.
    both: Vec<ComparedView>,
    /// On both sides, with another mass.
    mass_differs: Vec<ComparedView>,
    /// In the list, and bound to no manifest that the caller may see.
    only_there: Vec<ListedView>,
    /// Bound to a manifest whose waste left in the period, and not in the list; what was voided or declined is not expected there.
    only_here: Vec<BoundView>,
    /// Manifests of the period that no number of the system is bound to.
    unbound: usize,
}

impl From<Reconciliation> for ReconciliationView {
    fn from(reconciled: Reconciliation) -> Self {
        Self {
            system: reconciled.system,
            rows: reconciled.rows,
            outside: reconciled.outside,
            both: reconciled.both.iter().map(ComparedView::from).collect(),
            mass_differs: reconciled.mass_differs.iter().map(ComparedView::from).collect(),
            only_there: reconciled.only_there.iter().map(ListedView::from).collect(),
            only_here: reconciled.only_here.iter().map(BoundView::from).collect(),
            unbound: reconciled.unbound,
        }
    }
}

/// Which numbers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReconcileQuery {
    /// First day on which the waste left.
    from: String,
    /// Last day.
    to: String,
    /// Numbering system, for example `cn-national`; the first of the profile when absent.
    system: Option<String>,
}

/// Compare a list of another system with the numbers bound here. Nothing of it is kept.
///
/// The body is the sheet as it was exported: XLSX (its first sheet), or CSV in UTF-8, at most 4 MiB and 20,000 rows. Columns are found by their
/// heads: 联单编号 or `number`, 数量 or `mass` with its unit in brackets or in a column 单位 or `unit`; 移出单位 or `consignor`, 接受单位 or
/// `consignee` (credit codes), 废物代码 or `code`, 日期 or `date` may stand beside them. Every row that cannot be read is named, and then nothing
/// is compared. A party compares its own manifests, an authority those with an end in its division.
#[utoipa::path(post, path = "/external-numbers/reconcile", operation_id = "reconcileNumbers", tag = "manifests", security(("bearer" = [])),
    params(ReconcileQuery),
    request_body(content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        description = "The sheet, at most 4 MiB."),
    responses((status = 200, description = "The four groups.", body = ReconciliationView), Comparing))]
async fn reconcile(
    State(app): State<App>,
    Caller(viewer): Caller,
    Query(query): Query<ReconcileQuery>,
    SheetBody(sheet): SheetBody,
) -> Result<Json<ReconciliationView>, Problem> {
    let day = |name: &str, text: &str| {
        parse_day(text).map_err(|en| bad_parameter(name, format!("{name} 应为日期，例如 2026-03-02"), en))
    };
    let period = Period { system: query.system, from: day("from", &query.from)?, to: day("to", &query.to)? };
    let reconciled = app.reconcile(&viewer, &period, sheet.to_vec()).await?;
    Ok(Json(reconciled.ok_or_else(Problem::absent)?.into()))
}
