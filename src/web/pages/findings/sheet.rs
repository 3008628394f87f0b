//! `GET /findings/sheet/{form}`: everything that the filter finds, as a file.

use axum::extract::{Path, Query};
use axum::response::Response;

use super::Asked;
use crate::app::query::{Cell, FindingItem, write_sheet};
use crate::clock::Timestamp;
use crate::web::components::{life_name, rule_title, stage_name};
use crate::web::failure::Failure;
use crate::web::pages::sheets::{form_named, list_file, of_list};
use crate::web::visit::Visit;
use crate::web::words::{Names, Speaker, moment_text};

/// Heads of the columns.
const HEADS: [&str; 10] = [
    "col.rule",
    "findings.rule-id",
    "col.severity",
    "col.status",
    "col.answered",
    "col.what",
    "col.subject",
    "findings.subject-id",
    "col.opened",
    "col.closed",
];

/// The file.
pub(in crate::web) async fn sheet(
    visit: Visit,
    Path(form): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let form = form_named(&form)?;
    let (items, has_more) = visit.app.findings_listed(&visit.viewer, &asked.filter()).await?;
    let seen: Vec<_> = items.iter().map(|item| &item.row.seen).collect();
    let names = Names::load_seen(&visit.app, &visit.viewer, [], seen).await?;
    let lang = visit.lang;
    let speaker = Speaker { lang, zone: visit.zone(), names: &names };
    let rows = items.iter().map(|item| row(&speaker, item)).collect();
    let sheet = of_list(lang, "findings.title", &HEADS, rows, has_more.then_some("findings.sheet-cut"));
    let parties = items.iter().flat_map(|item| item.row.seen.concerns.iter().copied()).collect();
    Ok(list_file(&format!("findings-{}", visit.app.today()), form, write_sheet(&sheet, form)?, parties))
}

fn row(speaker: &Speaker<'_>, item: &FindingItem) -> Vec<Cell> {
    let lang = speaker.lang;
    let (row, seen) = (&item.row, &item.row.seen);
    let at = |at: Option<Timestamp>| at.map(|at| moment_text(speaker.zone, at)).unwrap_or_default();
    let named = |group, name| lang.of(group, name).unwrap_or(name).to_owned();
    let cells = [
        rule_title(lang, item),
        seen.rule.clone(),
        named("severity", row.severity.name()),
        life_name(lang, row.life).to_owned(),
        stage_name(lang, row.stage).to_owned(),
        speaker.sentence(seen),
        named("subject", seen.subject.kind_name()),
        seen.subject.key(),
        at(row.opened_at),
        at(row.closed_at),
    ];
    cells.map(Cell::Text).to_vec()
}
