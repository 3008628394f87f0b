//! `GET /` for the office of a firm: its desk. What waits for it, what is under way, what was done, and what one does every day.

use std::collections::BTreeMap;

use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, html};

use super::lots_new::own_sites;
use super::manifests;
use super::manifests_new::again_link;
use super::tasks;
use crate::app::access::{PartyName, PartySeen};
use crate::app::query::{ManifestFilter, ManifestItem, Task, TaskAbout, TaskDue, TaskKind};
use crate::catalogue::Uscc;
use crate::custody::manifest::Status;
use crate::registry::{PartyKind, PartyRecord};
use crate::web::components::{table, tag, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::shown::ListColumn;
use crate::web::visit::Visit;
use crate::web::words::name_of;

/// So many tasks and so many manifests of each sort stand on the desk.
const TASKS: usize = 8;
/// So many tasks of one kind, without a day by which they are due, stand there one by one.
const FEW: usize = 3;
const UNDER_WAY: u64 = 6;
const DONE: u64 = 5;

/// The desk of a party.
pub(super) async fn page(visit: &Visit, party: Uscc) -> Result<Response, Failure> {
    let (app, viewer, lang) = (&visit.app, &visit.viewer, visit.lang);
    let Some(PartySeen::Full(record)) = app.party(viewer, party).await? else {
        return Err(Failure::NotFound);
    };
    let waiting = app.tasks(viewer).await?;
    let (renewals, open): (Vec<&Task>, Vec<&Task>) =
        waiting.items.iter().partition(|task| task.kind == TaskKind::RenewPaper);
    let (cases, others): (Vec<&Task>, Vec<&Task>) =
        open.into_iter().partition(|task| task.kind == TaskKind::AnswerCase);
    let under_way = ManifestFilter { is_under_way: true, ..ManifestFilter::default() };
    let under_way = app.manifests(viewer, &under_way, None, UNDER_WAY).await?.items;
    let done = ManifestFilter { status: Some(Status::Received), ..ManifestFilter::default() };
    let done = app.manifests(viewer, &done, None, DONE).await?.items;
    let title = lang.t("my-desk.title");
    let (single, many) = by_kind(&others);
    let first = &single[..single.len().min(TASKS)];
    let body = html! {
        h1 { (name_of(lang, &PartyName::of(&record))) }
        (every_day(visit, &record).await?)
        div.desk {
            section data-live="tasks" {
                h2 { (lang.t("site.tasks")) " " (amount(others.len(), waiting.more)) }
                @if others.is_empty() { p.soft { (lang.t("tasks.none")) } }
                @if !first.is_empty() { (tasks::list(visit, first).await?) }
                @if !many.is_empty() {
                    ul { @for (kind, count) in &many { li { (lang.pick(kind.title().0, kind.title().1)) " " (amount(*count, false)) } } }
                }
                @if !others.is_empty() { p { a href="/tasks" { (lang.t("my-desk.all-tasks")) } } }
            }
            section data-live="cases" hidden[cases.is_empty()] {
                @if !cases.is_empty() { h2 { (lang.t("my-desk.cases")) " " (amount(cases.len(), false)) } (tasks::list(visit, &cases).await?) }
            }
            @if !renewals.is_empty() {
                section { h2 { (lang.t("my-desk.expiring")) } (expiring(visit, &renewals)) }
            }
            (section(visit, party, "my-desk.under-way", "/manifests", &under_way))
            (section(visit, party, "my-desk.done", "/manifests?status=received", &done))
        }
    };
    Ok(layout::live(visit, title, body))
}

/// The doors to what somebody does every day: those who produce register, all others go to their tasks.
async fn every_day(visit: &Visit, record: &PartyRecord) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let sites = own_sites(visit).await?;
    let produces = record.kinds.iter().any(|kind| matches!(kind, PartyKind::Producer | PartyKind::Operator));
    let may_begin = produces && !sites.is_empty();
    Ok(html! {
        nav.doors aria-label=(lang.t("my-desk.begin")) {
            @if may_begin {
                a href="/lots/new" { strong { (lang.t("new-lot.title")) } span { (lang.t("my-desk.generate-text")) } }
                a href="/manifests/new" { strong { (lang.t("new-manifest.title")) } span { (lang.t("my-desk.register-text")) } }
            } @else {
                a href="/tasks" { strong { (lang.t("site.tasks")) } span { (lang.t("my-desk.tasks-text")) } }
                a href="/manifests" { strong { (lang.t("site.manifests")) } span { (lang.t("my-desk.manifests-text")) } }
            }
        }
        @if !sites.is_empty() {
            p { (lang.t("my-desk.stock")) (lang.t("sign.separator"))
                @for (n, site) in sites.iter().enumerate() {
                    @if n > 0 { (lang.t("sign.list")) }
                    a href={ "/sites/" (site.site) } { (site.name) }
                }
            }
        }
    })
}

/// Tasks that stand on the desk one by one, and of kinds that many are of, without a day, how many.
fn by_kind<'a>(tasks: &[&'a Task]) -> (Vec<&'a Task>, Vec<(TaskKind, usize)>) {
    let mut counts: BTreeMap<TaskKind, usize> = BTreeMap::new();
    for task in tasks.iter().filter(|task| task.due.is_none()) {
        *counts.entry(task.kind).or_default() += 1;
    }
    counts.retain(|_, count| *count > FEW);
    let is_single = |task: &&&Task| task.due.is_some() || !counts.contains_key(&task.kind);
    let single = tasks.iter().filter(is_single).copied().collect();
    (single, counts.into_iter().collect())
}

/// How many there are, as far as they were counted.
fn amount(count: usize, has_more: bool) -> Markup {
    html! { @if count > 0 { (tag("note", &format!("{count}{}", if has_more { "+" } else { "" }))) } }
}

/// Manifests of one sort, with whoever stands on the other side.
fn section(visit: &Visit, party: Uscc, key: &'static str, all: &str, items: &[ManifestItem]) -> Markup {
    let lang = visit.lang;
    let row = |item: &ManifestItem| {
        let is_own = item.consignor.as_ref().is_some_and(|name| name.party == party);
        // Of both sides the other one stands here.
        let other = if is_own { ListColumn::Consignee } else { ListColumn::Consignor };
        let shown = [ListColumn::Number, ListColumn::Status, other, ListColumn::Leaves, ListColumn::Open];
        let mut cells = shown.map(|column| manifests::cell(visit, column, item)).to_vec();
        cells.push(again_link(visit, item.id, is_own.then_some(party)));
        cells
    };
    let columns = [
        ListColumn::Number.head(),
        ListColumn::Status.head(),
        text("my-desk.other"),
        ListColumn::Leaves.head(),
        ListColumn::Open.head(),
        text("new-manifest.again"),
    ];
    html! {
        section data-live=(key) {
            h2 { (lang.t(key)) }
            @if items.is_empty() { p.soft { (lang.t("my-desk.none")) } } @else {
                (table(lang, lang.t(key), &columns, items.iter().map(row).collect()))
                p { a href=(all) { (lang.t("my-desk.all-manifests")) } }
            }
        }
    }
}

/// What ends, the next first.
fn expiring(visit: &Visit, renewals: &[&Task]) -> Markup {
    let lang = visit.lang;
    html! {
        ul.plain {
            @for task in renewals { li { (expires(lang, task)) } }
        }
        p { a href=(firm_path(visit)) { (lang.t("my-desk.papers")) } }
    }
}

fn expires(lang: Lang, task: &Task) -> Markup {
    let what = match &task.about {
        TaskAbout::Permit(number) => format!("{} {number}", lang.of("paper", "permit").unwrap_or_default()),
        TaskAbout::Paper(paper) => lang.of("paper", paper.kind.name()).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let until: Option<NaiveDate> = match task.due {
        Some(TaskDue::On(day)) => Some(day),
        _ => None,
    };
    html! { (what) @if let Some(day) = until { " · " (lang.fill("new-manifest.until", &[("to", &day.to_string())])) } }
}

fn firm_path(visit: &Visit) -> String {
    visit.viewer.party().map_or_else(|| "/".to_owned(), |party| format!("/parties/{party}"))
}
