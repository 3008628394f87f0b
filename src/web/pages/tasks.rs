//! `GET /tasks`: what waits for whoever looks (待办).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use maud::{Markup, html};

use crate::app::query::{Task, TaskAbout, TaskDue};
use crate::id::SiteId;
use crate::web::components::{Column, case_path, check, finding_path, manifest_path, short, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::moment;

const COLUMNS: [Column; 3] = [text("tasks.what"), text("tasks.about"), text("tasks.until")];

/// The tasks.
pub(in crate::web) async fn show(visit: Visit) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let tasks = visit.app.tasks(&visit.viewer).await?;
    let lang = visit.lang;
    let title = lang.t("site.tasks");
    let items: Vec<&Task> = tasks.items.iter().collect();
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("tasks.text")) }
        @if tasks.items.is_empty() { p { (lang.t("tasks.none")) } } @else { (list(&visit, &items).await?) }
        @if tasks.more { p { (lang.t("tasks.more")) } }
    };
    Ok(layout::page(&visit, title, body))
}

/// A table of tasks.
pub(super) async fn list(visit: &Visit, tasks: &[&Task]) -> Result<Markup, Failure> {
    let sites = sites_in(visit, tasks).await?;
    let rows = tasks.iter().map(|task| row(visit, &sites, task)).collect();
    Ok(table(visit.lang, visit.lang.t("site.tasks"), &COLUMNS, rows))
}

/// What the sites of these tasks are called, as far as the visitor may know.
async fn sites_in(visit: &Visit, tasks: &[&Task]) -> Result<HashMap<SiteId, String>, Failure> {
    let mut names = HashMap::new();
    for task in tasks {
        let TaskAbout::Declaration(site, _) = task.about else { continue };
        if let Entry::Vacant(unknown) = names.entry(site)
            && let Some(record) = visit.app.site(&visit.viewer, site).await?
        {
            unknown.insert(record.name);
        }
    }
    Ok(names)
}

fn row(visit: &Visit, sites: &HashMap<SiteId, String>, task: &Task) -> Vec<Markup> {
    let lang = visit.lang;
    let (zh, en) = task.kind.title();
    let until = match task.due {
        Some(TaskDue::At(at)) => html! { (moment(visit.zone(), at)) },
        Some(TaskDue::On(day)) => html! { span.nowrap { (day) } },
        None => html! {},
    };
    vec![
        html! { (lang.pick(zh, en)) },
        about(visit, sites, task),
        html! { (until) @if task.is_overdue { " " (check("bad", lang.t("tasks.overdue"))) } },
    ]
}

/// What a task is about, with a link to where it is read.
fn about(visit: &Visit, sites: &HashMap<SiteId, String>, task: &Task) -> Markup {
    let (path, key) = match &task.about {
        TaskAbout::Manifest(id) | TaskAbout::Offer(_, id) => {
            (manifest_path(*id), task.number.clone().unwrap_or_else(|| short(&id.to_string())))
        }
        TaskAbout::Correction(id, _) => (String::new(), short(&id.to_string())),
        TaskAbout::Finding(id) => (finding_path(*id), short(&id.to_string())),
        TaskAbout::Case(id) => (case_path(*id), short(&id.to_string())),
        TaskAbout::Declaration(site, from) => {
            let name = sites.get(site).map_or("", String::as_str);
            (format!("/sites/{site}/declarations"), format!("{name} {from}").trim().to_owned())
        }
        TaskAbout::Permit(number) => {
            let firm = visit.viewer.party().map(|party| format!("/parties/{party}"));
            (firm.unwrap_or_default(), number.clone())
        }
        TaskAbout::Attachment(digest, _) => (String::new(), short(&digest.to_string())),
        TaskAbout::Paper(paper) => ("/duties".to_owned(), short(&paper.id.to_string())),
    };
    html! {
        @if path.is_empty() { span.mono.nowrap { (key) } } @else { a.mono.nowrap href=(path) { (key) } }
    }
}
