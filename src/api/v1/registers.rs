//! Registers of a site (管理台账): the five tables of HJ 1259-2022, appendix B, as JSON, CSV and XLSX.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::prints;
use super::views::PartyNameView;
use crate::api::caller::Caller;
use crate::api::documented::{Printed, PublicReading};
use crate::api::extract::{Json, Path, Query, bad_parameter, day, form_of};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{MAX_SHEET_ROWS, RegisterAsked, RegisterItem, RowCursor, SheetForm};
use crate::catalogue::ColumnOrder;
use crate::custody::register::Register;
use crate::id::SiteId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(register)).routes(routes!(columns))
}

/// One row of a register.
#[derive(Serialize, ToSchema)]
struct RegisterRowView {
    /// The local day.
    #[schema(format = "date")]
    day: String,
    /// When it happened; null once the content of the event was erased.
    #[schema(format = "date-time")]
    at: Option<String>,
    /// The event that says so.
    event_id: String,
    /// Its kind; null once its content was erased.
    kind: Option<&'static str>,
    /// Its log index.
    index: u64,
    /// The lot.
    #[schema(format = "uuid")]
    lot: String,
    /// Its lot code (批次编码), if one was allotted.
    lot_code: Option<String>,
    /// Waste code, as the lot counts now.
    code: String,
    /// Grams.
    mass_g: i64,
    /// Which figure of a declaration it adds to; null where it only moved into or out of a storage facility.
    measure: Option<&'static str>,
    /// The storage facility, where it moved into or out of one.
    facility: Option<String>,
    /// The treatment code, of what was treated here.
    method: Option<String>,
    /// How many containers were filled.
    containers: usize,
    /// The manifest it moved on.
    #[schema(format = "uuid")]
    manifest: Option<String>,
    /// Its number.
    manifest_number: Option<String>,
    /// The party at the other end of that manifest.
    other: Option<PartyNameView>,
    /// Numbers of the permits that the receiver had on the day, of what was sent on.
    permits: Vec<String>,
}

impl From<RegisterItem> for RegisterRowView {
    fn from(item: RegisterItem) -> Self {
        let said = item.said.as_ref();
        Self {
            day: item.row.day.to_string(),
            at: said.map(|said| said.at.to_string()),
            event_id: item.row.event.to_string(),
            kind: said.map(|said| said.kind.name()),
            index: item.row.index,
            lot: item.row.lot.to_string(),
            lot_code: item.row.lot_code.clone(),
            code: item.row.code.to_string(),
            mass_g: item.row.mass_g,
            measure: item.row.measure.map(|measure| measure.name()),
            facility: said.and_then(|said| said.facility.clone()),
            method: said.and_then(|said| said.method).map(|method| method.to_string()),
            containers: said.map_or(0, |said| said.containers),
            manifest: item.row.manifest.map(|manifest| manifest.to_string()),
            manifest_number: item.number,
            other: item.other.map(PartyNameView::from),
            permits: item.permits,
        }
    }
}

/// A page of a register.
#[derive(Serialize, ToSchema)]
struct RegisterPage {
    /// Rows by day, then in log order.
    items: Vec<RegisterRowView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// An order of columns that sheets come in.
#[derive(Serialize, ToSchema)]
struct ColumnOrderView {
    /// What to pass as `columns`.
    id: String,
    /// What it is called, in Chinese.
    zh: String,
    /// In English.
    en: String,
    /// Unit of its masses: `g`, `kg` or `t`.
    unit: &'static str,
}

impl From<&ColumnOrder> for ColumnOrderView {
    fn from(order: &ColumnOrder) -> Self {
        Self { id: order.id.clone(), zh: order.zh.clone(), en: order.en.clone(), unit: order.unit.sign() }
    }
}

/// The orders of columns.
#[derive(Serialize, ToSchema)]
struct ColumnOrders {
    /// The orders; the first one is meant where none is named.
    items: Vec<ColumnOrderView>,
}

/// The orders of columns that registers and declarations come in as sheets: those of the profile, then the operator's.
#[utoipa::path(get, path = "/sheets/columns", operation_id = "listColumnOrders", tag = "declarations",
    responses((status = 200, description = "The orders.", body = ColumnOrders), PublicReading))]
async fn columns(State(app): State<App>) -> Json<ColumnOrders> {
    Json(ColumnOrders { items: app.column_orders().map(ColumnOrderView::from).collect() })
}

/// Which rows, and in which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RegisterQuery {
    /// The first day, for example `2026-03-01`; the first of that month when absent.
    from: Option<String>,
    /// The last day; today when absent.
    to: Option<String>,
    /// `json`, `csv`, `xlsx` or `pdf`; what `Accept` asks for when absent. A sheet holds all rows between the days, at most 20,000; a PDF (the
    /// table of the standard on A4, with a box for the seal) at most 5,000.
    format: Option<String>,
    /// The order of columns of a sheet, by its id; the first of the profile when absent. `/api/v1/sheets/columns` lists them.
    columns: Option<String>,
    /// Of a PDF: `true` when it was printed before; it then says so (补打).
    again: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// One of the five registers of a site: `generation` (B.1), `inbound` (B.2), `outbound` (B.3), `own-treatment` (B.4),
/// `outside-treatment` (B.5).
///
/// All that came in less all that went out, by the rows with a measure, is what the stock grew by, to the gram. Events count on the
/// local day they were effective; what no longer counts has no row. An unverified view, computed from the log.
#[utoipa::path(get, path = "/sites/{id}/registers/{register}", operation_id = "getRegister", tag = "declarations",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id."), ("register" = String, Path, description = "Which register."), RegisterQuery),
    responses((status = 200, description = "A page, or a sheet.",
        content((RegisterPage = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (Vec<u8> = "application/pdf"))), Printed))]
async fn register(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path((id, register)): Path<(SiteId, String)>,
    uri: Uri,
    headers: HeaderMap,
    Query(query): Query<RegisterQuery>,
) -> Result<Response, Problem> {
    let register: Register = register.parse().map_err(|_| Problem::absent())?;
    let file = file_of(query.format.as_deref(), &headers)?;
    let (from, to) = (day("from", query.from.as_deref())?, day("to", query.to.as_deref())?);
    let (from, to) = app.days(from, to);
    if from > to {
        return Err(bad_parameter("from", "from 不能晚于 to", "from must not be after to"));
    }
    let asked = RegisterAsked { site: id, register, from, to };
    let order = order_of(&app, query.columns.as_deref())?;
    if file == Some(File::Printed) {
        let page = format!("/sites/{id}/registers/{}?from={from}&to={to}", register.name());
        let printing = prints::printing(&headers, &page, query.again);
        let made = app.print_register(&viewer, &asked, order, &printing).await?;
        return Ok(prints::pdf(made.ok_or_else(Problem::absent)?));
    }
    if let Some(File::Sheet(form)) = file {
        let bytes = app.register_sheet(&viewer, &asked, order, form).await?.ok_or_else(Problem::absent)?;
        let bytes = bytes.map_err(|full| {
            let zh = format!("一份表格最多 {MAX_SHEET_ROWS} 行，请缩短日期范围");
            bad_parameter("to", zh, full.to_string())
        })?;
        return Ok(sheet(form, bytes));
    }
    let after = page::parsed::<RowCursor>("after", query.after.as_deref(), "20260302-1200-3")?;
    let found = app.register(&viewer, &asked, after, page::limit(query.limit)?).await?;
    let found = found.ok_or_else(Problem::absent)?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(RegisterRowView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), RegisterPage { items, next }).into_response())
}

/// What a register comes as, beside JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
enum File {
    Sheet(SheetForm),
    Printed,
}

fn file_of(format: Option<&str>, headers: &HeaderMap) -> Result<Option<File>, Problem> {
    let sheets = SheetForm::ALL.map(|form| (File::Sheet(form), form.ending(), form.media()));
    let all: Vec<_> = sheets.into_iter().chain([(File::Printed, "pdf", prints::PDF)]).collect();
    form_of(format, headers, &all)
}

/// A sheet as an answer.
pub(super) fn sheet(form: SheetForm, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(form.media()))], bytes).into_response()
}

/// The order of columns that is asked for.
pub(super) fn order_of<'a>(app: &'a App, id: Option<&str>) -> Result<&'a ColumnOrder, Problem> {
    app.column_order(id).ok_or_else(|| {
        let known: Vec<&str> = app.column_orders().map(|order| order.id.as_str()).collect();
        let (zh, en) = (known.join("、"), known.join(", "));
        bad_parameter(
            "columns",
            format!("没有此列序；列序有 {zh}"),
            format!("there is no such order of columns; there are {en}"),
        )
    })
}

/// The sheet that is asked for; `None` for JSON.
pub(super) fn sheet_form(format: Option<&str>, headers: &HeaderMap) -> Result<Option<SheetForm>, Problem> {
    form_of(format, headers, &SheetForm::ALL.map(|form| (form, form.ending(), form.media())))
}
