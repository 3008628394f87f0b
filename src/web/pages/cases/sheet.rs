//! `GET /cases/sheet/{form}`: everything that the filter finds, as a file.

use axum::extract::{Path, Query};
use axum::response::Response;

use super::{Asked, stage_name};
use crate::app::query::{CaseItem, Cell, write_sheet};
use crate::clock::Timestamp;
use crate::web::failure::Failure;
use crate::web::pages::sheets::{form_named, list_file, of_list};
use crate::web::visit::Visit;
use crate::web::words::{Names, Speaker, moment_text};

/// Heads of the columns.
const HEADS: [&str; 16] = [
    "case.case",
    "col.party",
    "firm.code",
    "col.status",
    "case.source",
    "case.due",
    "case.sheet-due",
    "case.owner",
    "case.opened",
    "case.sheet-answers",
    "case.sheet-answered",
    "case.closed",
    "case.sheet-closing",
    "case.sheet-site",
    "case.sheet-manifest",
    "case.sheet-id",
];

/// The file.
pub(in crate::web) async fn sheet(
    visit: Visit,
    Path(form): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let form = form_named(&form)?;
    let (items, has_more) = visit.app.cases_listed(&visit.viewer, &asked.filter()).await?;
    let names = Names::load(&visit.app, &visit.viewer, items.iter().map(|item| item.state.party)).await?;
    let lang = visit.lang;
    let speaker = Speaker { lang, zone: visit.zone(), names: &names };
    let rows = items.iter().map(|item| row(&speaker, item)).collect();
    let sheet = of_list(lang, "case.list", &HEADS, rows, has_more.then_some("case.sheet-cut"));
    let parties = items.iter().map(|item| item.state.party).collect();
    Ok(list_file(&format!("cases-{}", visit.app.today()), form, write_sheet(&sheet, form)?, parties))
}

/// One case. Answers may be long and many, so they are counted.
fn row(speaker: &Speaker<'_>, item: &CaseItem) -> Vec<Cell> {
    let (lang, case) = (speaker.lang, &item.state);
    let at = |at: Option<Timestamp>| text(at.map(|at| moment_text(speaker.zone, at)));
    let named = |group, name| Cell::Text(lang.of(group, name).unwrap_or_default().to_owned());
    let closed = case.closed.as_ref();
    vec![
        Cell::Text(case.opened.text.clone()),
        Cell::Text(speaker.names.of(lang, &case.party)),
        Cell::Text(case.party.to_string()),
        Cell::Text(stage_name(lang, case.stage()).to_owned()),
        named("case-source", case.source.name()),
        text(case.due),
        named("case-due", item.due.name()),
        Cell::Text(case.owner.to_string()),
        at(Some(case.opened.at)),
        Cell::Count(i64::try_from(case.answers.len()).unwrap_or(i64::MAX)),
        at(case.answers.last().map(|answer| answer.at)),
        at(closed.map(|closed| closed.at)),
        text(closed.map(|closed| &closed.text)),
        text(case.site),
        text(case.manifest),
        Cell::Text(case.case.to_string()),
    ]
}

fn text(text: Option<impl ToString>) -> Cell {
    Cell::Text(text.map(|text| text.to_string()).unwrap_or_default())
}
