//! Spreadsheets in: rows become payloads to sign, and what is wrong comes back in the row where it belongs.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Comparing;
use crate::api::extract::{Path, Query, SheetBody, bad_parameter};
use crate::api::page;
use crate::api::problem::{Problem, ProblemError, UNACCEPTABLE};
use crate::app::query::{MAX_SHEET_BYTES, SheetForm};
use crate::app::sheets::{CellError, NoSheet, PreparedEvent, PreparedSheet, SheetKind};
use crate::app::{App, Fault};
use crate::id::MandateId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(prepare)).layer(DefaultBodyLimit::max(MAX_SHEET_BYTES))
}

/// How to read a sheet.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SheetQuery {
    /// `sheet`: answer with a copy of the sheet in which two columns more say what is wrong in each row, in Chinese and English.
    errors: Option<String>,
    /// Prepare nothing where anything is wrong.
    #[serde(default)]
    all_or_nothing: bool,
    /// The mandate that whoever signs has from the caller's party.
    mandate: Option<String>,
}

/// What is wrong in one cell.
#[derive(Serialize, ToSchema)]
struct CellErrorView {
    /// Row of the sheet, from 1.
    row: u32,
    /// English name of the column; empty for the row as a whole.
    column: String,
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
}

impl From<&CellError> for CellErrorView {
    fn from(error: &CellError) -> Self {
        let CellError { row, column, zh, en } = error.clone();
        Self { row, column: column.to_owned(), zh, en }
    }
}

/// One line of the answer: a payload to sign, or what is wrong in rows.
#[derive(Serialize, ToSchema)]
struct SheetLine {
    /// Rows of the sheet, from 1.
    rows: Vec<u32>,
    /// Kind of the event; absent where something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// The payload of a `waste-event+jws`: sign these bytes as they are, in UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// The event by which it was said already; then there is nothing to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<CellErrorView>,
}

impl SheetLine {
    fn prepared(event: &PreparedEvent) -> Self {
        Self {
            rows: event.rows.clone(),
            kind: Some(event.kind.name()),
            payload: event.recorded.is_none().then(|| event.payload.clone()),
            recorded: event.recorded.map(|id| id.to_string()),
            errors: Vec::new(),
        }
    }

    fn wrong(errors: &[CellError]) -> Self {
        let rows = errors.first().map(|error| error.row).into_iter().collect();
        Self {
            rows,
            kind: None,
            payload: None,
            recorded: None,
            errors: errors.iter().map(CellErrorView::from).collect(),
        }
    }
}

/// Read a sheet into payloads that wait for a signature. Nothing is kept, and nothing is recorded by it.
///
/// `manifests`: planned shipments, a row each waste line, rows with one `erp_no` are one manifest. Columns `erp_no`, `site`, `consignee`,
/// `consignee_site`, `carrier`, `code`, `name`, `form`, `packaging`, `containers`, `mass`, `unit`, `treatment`, `departure`. `lots`: batches that arose, a
/// row each: `site`, `code`, `mass`, `unit`, `time`, `facility`, `label`. The first row names them, in Chinese or English, in any order. The body
/// is XLSX (its first sheet) or CSV in UTF-8, at most 4 MiB and 20,000 rows. Acts are named by the business key, else by the sheet and its
/// row: of what was recorded already the event is named, and there is nothing to sign.
#[utoipa::path(post, path = "/sheets/{kind}", operation_id = "prepareSheet", tag = "manifests", security(("bearer" = [])),
    params(("kind" = String, Path, description = "`manifests` or `lots`."), SheetQuery),
    request_body(content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        description = "The sheet, at most 4 MiB."),
    responses(
        (status = 200, description = "One payload a line, the event that says it already, or what is wrong in a row; with `errors=sheet` a copy of the sheet, in the form in which it came.",
            content((SheetLine = "application/x-ndjson"), (String = "text/csv"),
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        Comparing
    ))]
async fn prepare(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(kind): Path<String>,
    Query(query): Query<SheetQuery>,
    SheetBody(sheet): SheetBody,
) -> Result<Response, Problem> {
    let kind = SheetKind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(Problem::absent)?;
    let example = "01890a5d-ac96-774b-bcce-b302099a8057";
    let mandate = page::parsed::<MandateId>("mandate", query.mandate.as_deref(), example)?;
    let writes_back = match query.errors.as_deref() {
        None => false,
        Some("sheet") => true,
        Some(_) => {
            return Err(bad_parameter("errors", "errors 只能是 sheet", "errors is sheet, or left out"));
        }
    };
    let form = if sheet.starts_with(b"PK") { SheetForm::Xlsx } else { SheetForm::Csv };
    let prepared = app.prepare_sheet(&viewer, kind, mandate, sheet.to_vec()).await.map_err(refused)?;
    let prepared = prepared.ok_or_else(Problem::absent)?;
    if writes_back {
        let copy = prepared.with_errors(form).map_err(|error| Fault::Tree(error.to_string()))?;
        return Ok(([(header::CONTENT_TYPE, form.media())], copy).into_response());
    }
    if query.all_or_nothing && !prepared.errors().is_empty() {
        return Err(all_wrong(prepared.errors()));
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines(&prepared)).into_response())
}

/// Payloads and errors, by row.
fn lines(prepared: &PreparedSheet) -> Vec<u8> {
    let wrong = prepared.errors().chunk_by(|one, next| one.row == next.row).map(SheetLine::wrong);
    let mut lines: Vec<SheetLine> = prepared.events.iter().map(SheetLine::prepared).chain(wrong).collect();
    lines.sort_by_key(|line| line.rows.first().copied());
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(serde_json::to_vec(&line).unwrap_or_default());
        bytes.push(b'\n');
    }
    bytes
}

fn refused(error: NoSheet) -> Problem {
    match error {
        NoSheet::Sheet(errors) => all_wrong(&errors),
        NoSheet::Fault(fault) => fault.into(),
    }
}

/// Most errors that one problem names; the lines of an answer and the copy of a sheet name all of them.
const MAX_NAMED_ERRORS: usize = 500;

/// What is wrong as one problem, each with its place in the sheet.
fn all_wrong(errors: &[CellError]) -> Problem {
    let place = |error: &CellError| match (error.row, error.column) {
        (0, _) => String::new(),
        (row, "") => format!("/rows/{row}"),
        (row, column) => format!("/rows/{row}/{column}"),
    };
    let named = |error: &CellError| ProblemError {
        code: "sheet-cell".to_owned(),
        pointer: place(error),
        zh: error.zh.clone(),
        en: error.en.clone(),
    };
    Problem::new(UNACCEPTABLE, errors.iter().take(MAX_NAMED_ERRORS).map(named).collect())
}
