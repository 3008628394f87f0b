//! `GET /tasks`: what waits for whoever looks (待办).

mod at_once;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::extract::Query;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::approvals::paper_path;
use super::declarations::{declarations_path, period_text};
use crate::app::access::Viewer;
use crate::app::query::{PaperKind, Task, TaskAbout, TaskDue, Tasks};
use crate::catalogue::Uscc;
use crate::id::SiteId;
use crate::web::acting::FOR;
use crate::web::components::{Column, case_path, check, finding_path, manifest_path, short, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::signing;
use crate::web::visit::Visit;
use crate::web::words::{moment, name_of};

const COLUMNS: [Column; 3] = [text("tasks.what"), text("tasks.about"), text("tasks.until")];

/// Most firms that one acts for whose tasks stand on the page of the own one.
const MAX_OTHERS: usize = 20;

/// What the links of the page ask for; empty means nothing.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    /// The kind of task that is to be done at once.
    #[serde(default)]
    at_once: String,
}

/// The tasks.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let lang = visit.lang;
    let title = lang.t("site.tasks");
    let tasks = visit.app.tasks(&visit.viewer).await?;
    let own = Whose { visit: &visit, viewer: &visit.viewer, switch: None };
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("tasks.text")) }
        (at_once::show(&visit, &tasks.items, &asked.at_once).await?)
        div data-live="tasks" { (own.list(title, &tasks).await?) }
        (uploads(&visit, &tasks.items))
        (of_others(&visit).await?)
        (layout::live_script(&visit))
    };
    Ok(signing::page(&visit, title, body))
}

/// Where files are sent that events of the party name and that are not here; each is known by its digest, so any of them may be chosen.
fn uploads(visit: &Visit, tasks: &[Task]) -> Markup {
    let lang = visit.lang;
    let is_missing = tasks.iter().any(|task| matches!(task.about, TaskAbout::Attachment(..)));
    html! {
        @if is_missing && visit.acting.now_for.is_none() {
            h2 #files { (lang.t("tasks.files")) }
            p.soft { (lang.t("tasks.files-text")) }
            (signing::upload(visit, "/tasks", "tasks.send"))
        }
    }
}

/// What waits for the firms that mandated the visitor's, each under its name: a link leads to the thing and acts for that firm from there on.
async fn of_others(visit: &Visit) -> Result<Markup, Failure> {
    let mut lists = Vec::new();
    for (firm, viewer) in visit.acting.others(visit, MAX_OTHERS).await? {
        let tasks = visit.app.tasks(&viewer).await?;
        let whose = Whose { visit, viewer: &viewer, switch: Some(firm.party) };
        let name = name_of(visit.lang, firm);
        lists.push(html! { h2 { (name) } (whose.list(&name, &tasks).await?) });
    }
    let is_cut = visit.acting.now_for.is_none() && visit.acting.firms.len() > MAX_OTHERS;
    Ok(html! {
        @for list in lists { (list) }
        @if is_cut { p { (visit.lang.fill("tasks.more-firms", &[("most", &MAX_OTHERS.to_string())])) } }
    })
}

/// A table of tasks of whoever looks.
pub(super) async fn list(visit: &Visit, tasks: &[&Task]) -> Result<Markup, Failure> {
    let own = Whose { visit, viewer: &visit.viewer, switch: None };
    own.table(visit.lang.t("site.tasks"), tasks).await
}

/// Whose tasks are listed, and the firm that whoever follows their addresses acts for.
struct Whose<'a> {
    visit: &'a Visit,
    viewer: &'a Viewer,
    switch: Option<Uscc>,
}

impl Whose<'_> {
    async fn list(&self, title: &str, tasks: &Tasks) -> Result<Markup, Failure> {
        let lang = self.visit.lang;
        let items: Vec<&Task> = tasks.items.iter().collect();
        Ok(html! {
            @if items.is_empty() { p { (lang.t("tasks.none")) } } @else { (self.table(title, &items).await?) }
            @if tasks.more { p { (lang.t("tasks.more")) } }
        })
    }

    async fn table(&self, title: &str, tasks: &[&Task]) -> Result<Markup, Failure> {
        let sites = sites_in(self.visit, self.viewer, tasks).await?;
        let rows = tasks.iter().map(|task| self.row(&sites, task)).collect();
        Ok(table(self.visit.lang, title, &COLUMNS, rows))
    }

    fn row(&self, sites: &HashMap<SiteId, String>, task: &Task) -> Vec<Markup> {
        let (visit, lang) = (self.visit, self.visit.lang);
        let (zh, en) = task.kind.title();
        let until = match task.due {
            Some(TaskDue::At(at)) => html! { (moment(visit.zone(), at)) },
            Some(TaskDue::On(day)) => html! { span.nowrap { (day) } },
            None => html! {},
        };
        vec![
            html! { (lang.pick(zh, en)) },
            self.about(sites, task),
            html! { (until) @if task.is_overdue { " " (check("bad", lang.t("tasks.overdue"))) } },
        ]
    }

    /// What a task is about, with a link to where it is read.
    fn about(&self, sites: &HashMap<SiteId, String>, task: &Task) -> Markup {
        let lang = self.visit.lang;
        let (path, key) = match &task.about {
            TaskAbout::Manifest(id) | TaskAbout::Offer(_, id) => {
                (manifest_path(*id), task.number.clone().unwrap_or_else(|| short(&id.to_string())))
            }
            TaskAbout::Correction(id, _) => ("/corrections".to_owned(), short(&id.to_string())),
            TaskAbout::Finding(id) => (finding_path(*id), short(&id.to_string())),
            TaskAbout::Case(id) => (case_path(*id), short(&id.to_string())),
            TaskAbout::Declaration(site, period, from) => {
                let text = period_text(lang, *period, *from);
                match sites.get(site) {
                    Some(name) => (declarations_path(*site, *period, *from), format!("{name} {text}")),
                    // Of a firm that is declared for: its own list leads there.
                    None => (String::new(), text),
                }
            }
            TaskAbout::Permit(number) => (self.firm(), number.clone()),
            TaskAbout::Attachment(digest, _) => ("/tasks#files".to_owned(), short(&digest.to_string())),
            TaskAbout::Paper(paper) => {
                let is_application = paper.kind == PaperKind::Application;
                let path = if is_application { paper_path(paper) } else { self.firm() };
                (path, short(&paper.id.to_string()))
            }
        };
        html! {
            @if path.is_empty() { span.mono.nowrap { (key) } } @else { a.mono.nowrap href=(self.switched(&path)) { (key) } }
        }
    }

    /// The record of the firm whose tasks these are.
    fn firm(&self) -> String {
        self.viewer.party().map(|party| format!("/parties/{party}")).unwrap_or_default()
    }

    /// An address that is followed acting for whom the tasks are.
    fn switched(&self, path: &str) -> String {
        let Some(firm) = &self.switch else { return path.to_owned() };
        let (page, part) = path.find('#').map_or((path, ""), |at| path.split_at(at));
        let joint = if page.contains('?') { '&' } else { '?' };
        format!("{page}{joint}{FOR}={firm}{part}")
    }
}

/// What the sites of these tasks are called, as far as the visitor may know.
async fn sites_in(
    visit: &Visit,
    viewer: &Viewer,
    tasks: &[&Task],
) -> Result<HashMap<SiteId, String>, Failure> {
    let mut names = HashMap::new();
    for task in tasks {
        let TaskAbout::Declaration(site, ..) = task.about else { continue };
        if let Entry::Vacant(unknown) = names.entry(site)
            && let Some(record) = visit.app.site(viewer, site).await?
        {
            unknown.insert(record.name);
        }
    }
    Ok(names)
}
