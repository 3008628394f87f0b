//! Tasks: what waits for whoever asks.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::Json;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Task, TaskAbout, TaskDue, Tasks};
use crate::custody::Kind;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tasks))
}

/// What a task is about.
#[derive(Serialize, ToSchema)]
struct TaskAboutView {
    /// `manifest`, `offer`, `correction`, `finding`, `case`, `declaration`, `permit`, `paper` or `attachment`.
    #[schema(example = "manifest")]
    kind: &'static str,
    /// Its id; of a permit the number printed on it, of a declaration the site.
    id: String,
    /// Of an offer: its manifest. Of a correction and of an attachment: the event.
    of: Option<String>,
    /// Of a declaration: the first day of the period.
    #[schema(format = "date")]
    from: Option<String>,
}

impl From<&TaskAbout> for TaskAboutView {
    fn from(about: &TaskAbout) -> Self {
        let view = |kind, id: String| Self { kind, id, of: None, from: None };
        match about {
            TaskAbout::Manifest(id) => view("manifest", id.to_string()),
            TaskAbout::Offer(id, manifest) => {
                Self { of: Some(manifest.to_string()), ..view("offer", id.to_string()) }
            }
            TaskAbout::Correction(id, event) => {
                Self { of: Some(event.to_string()), ..view("correction", id.to_string()) }
            }
            TaskAbout::Finding(id) => view("finding", id.to_string()),
            TaskAbout::Case(id) => view("case", id.to_string()),
            TaskAbout::Declaration(site, _, from) => {
                Self { from: Some(from.to_string()), ..view("declaration", site.to_string()) }
            }
            TaskAbout::Permit(number) => view("permit", number.clone()),
            TaskAbout::Paper(paper) => view("paper", paper.id.to_string()),
            TaskAbout::Attachment(digest, event) => {
                Self { of: Some(event.to_string()), ..view("attachment", digest.to_string()) }
            }
        }
    }
}

/// One task.
#[derive(Serialize, ToSchema)]
struct TaskView {
    /// What is to be done, kebab-case, for example `confirm-manifest`.
    task: &'static str,
    /// The same in Chinese.
    title_zh: &'static str,
    /// The same in English.
    title_en: &'static str,
    /// About what.
    about: TaskAboutView,
    /// Number of the manifest, where it is about one that has a number.
    manifest_number: Option<String>,
    /// Until when, as a moment, where one is known.
    #[schema(format = "date-time")]
    until: Option<String>,
    /// Until the end of which local day, where it is a day.
    #[schema(format = "date")]
    until_day: Option<String>,
    /// True when that has passed.
    overdue: bool,
    /// Kinds of event that do it; none for what is done elsewhere.
    done_by: Vec<&'static str>,
    /// Where it is read, below the ledger's address.
    link: String,
}

impl From<&Task> for TaskView {
    fn from(task: &Task) -> Self {
        let (title_zh, title_en) = task.kind.title();
        let (until, until_day) = match task.due {
            Some(TaskDue::At(at)) => (Some(at.to_string()), None),
            Some(TaskDue::On(day)) => (None, Some(day.to_string())),
            None => (None, None),
        };
        Self {
            task: task.kind.name(),
            title_zh,
            title_en,
            about: (&task.about).into(),
            manifest_number: task.number.clone(),
            until,
            until_day,
            overdue: task.is_overdue,
            done_by: task.kind.done_by().iter().map(|kind| Kind::name(*kind)).collect(),
            link: link(&task.about),
        }
    }
}

fn link(about: &TaskAbout) -> String {
    match about {
        TaskAbout::Manifest(id) | TaskAbout::Offer(_, id) => format!("/api/v1/manifests/{id}"),
        TaskAbout::Correction(_, event) | TaskAbout::Attachment(_, event) => {
            format!("/api/v1/events/{event}")
        }
        TaskAbout::Finding(id) => format!("/api/v1/findings/{id}"),
        TaskAbout::Case(id) => format!("/api/v1/cases/{id}"),
        TaskAbout::Declaration(site, ..) => format!("/api/v1/sites/{site}/declarations"),
        TaskAbout::Permit(_) => "/api/v1/permits".to_owned(),
        TaskAbout::Paper(paper) => format!("/api/v1/papers/{}/{}", paper.kind.name(), paper.id),
    }
}

/// Everything that waits.
#[derive(Serialize, ToSchema)]
struct TaskList {
    /// Tasks: what is due first comes first, what has no day last; at most 100 of each kind.
    items: Vec<TaskView>,
    /// True when there are more than were looked for.
    more: bool,
}

impl From<Tasks> for TaskList {
    fn from(tasks: Tasks) -> Self {
        Self { items: tasks.items.iter().map(TaskView::from).collect(), more: tasks.more }
    }
}

/// What waits for the caller (待办): offers to take, manifests to confirm, vehicles to assign, handovers to countersign, loads to receive,
/// corrections, findings and cases to answer, declarations to file, papers that end, files to send; for an officer what waits for a decision.
///
/// An unverified view, computed from the log and from the offers that wait. Drivers and escorts have what concerns their loads.
#[utoipa::path(get, path = "/tasks", operation_id = "listTasks", tag = "handovers", security(("bearer" = [])),
    responses((status = 200, description = "The tasks.", body = TaskList), Reading))]
async fn tasks(State(app): State<App>, Caller(viewer): Caller) -> Result<Json<TaskList>, Problem> {
    Ok(Json(app.tasks(&viewer).await?.into()))
}
