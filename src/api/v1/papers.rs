//! Papers: licences of vehicles, qualifications of persons, plans, applications, approvals, contracts, holds, inspections, penalties.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Paper, PaperId, PaperKind, Stage};
use crate::catalogue::{Profile, Uscc};
use crate::custody::application::StageStep;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(papers)).routes(routes!(paper))
}

/// How a paper was ended.
#[derive(Serialize, ToSchema)]
struct PaperEndView {
    /// Why.
    reason: String,
    /// Log index of the event.
    index: u64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    at: String,
}

/// One stage that an application for an interprovincial transfer reached.
#[derive(Serialize, ToSchema)]
struct StageView {
    /// `returned` (补正), `accepted` (受理), `inquired` (商请), `consented`, `objected` (接受地意见), `refused`, `granted` (决定).
    stage: &'static str,
    /// Log index of the event.
    index: u64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    at: String,
    /// Number of the letter or decision, where one was written.
    number: Option<String>,
    /// Why, where it was said.
    reason: Option<String>,
}

impl From<StageStep> for StageView {
    fn from(step: StageStep) -> Self {
        let StageStep { stage, index, at, number, reason } = step;
        Self { stage: stage.name(), index, at: at.to_string(), number, reason }
    }
}

/// Until when the next stage of an application is in time.
#[derive(Serialize, ToSchema)]
struct NextStageView {
    /// The last day.
    #[schema(format = "date")]
    due_on: String,
    /// True when that counts days beyond the known calendar of working days.
    is_provisional: bool,
}

/// A paper.
#[derive(Serialize, ToSchema)]
pub(super) struct PaperView {
    /// `vehicle`, `person`, `plan`, `application`, `approval`, `contract`, `hold`, `inspection`, `penalty`.
    kind: &'static str,
    /// Its id. Where the payload names none (persons, penalties) it is derived from what it says.
    #[schema(format = "uuid")]
    id: String,
    /// In whose record it stands; absent where the ledger cannot tell.
    party: Option<String>,
    /// The other side of it.
    other: Option<String>,
    /// The site it is about.
    #[schema(format = "uuid")]
    site: Option<String>,
    /// The party that said it.
    by: String,
    /// First day it is good, where it says days.
    #[schema(format = "date")]
    from: Option<String>,
    /// Last day it is good.
    #[schema(format = "date")]
    to: Option<String>,
    /// Log index of the event that made it.
    index: u64,
    /// When that was recorded.
    #[schema(format = "date-time")]
    recorded_at: String,
    /// Log index of the last event that amended it.
    amended_index: Option<u64>,
    /// How it was ended, if it was.
    end: Option<PaperEndView>,
    /// How far it got, if it is an application: `filed`, or the stage of its last step.
    stage: Option<&'static str>,
    /// The stages it reached, if it is an application.
    steps: Vec<StageView>,
    /// Until when the next stage is due, if it is an application that goes on.
    next_stage: Option<NextStageView>,
    /// What it says, as it was signed last: the `data` of its kind of event.
    #[schema(value_type = Object)]
    data: Value,
}

impl PaperView {
    pub(super) fn of(paper: Paper, profile: &Profile) -> Self {
        let (days, stage) = (paper.days(), paper.stage());
        let next_stage = paper.next_stage_due(profile);
        let end = paper.end.map(|end| PaperEndView {
            reason: end.reason,
            index: end.index,
            at: end.at.to_string(),
        });
        Self {
            kind: paper.id.kind.name(),
            id: paper.id.id.to_string(),
            party: paper.belongs.party.map(|party| party.to_string()),
            other: paper.belongs.other.map(|party| party.to_string()),
            site: paper.belongs.site.map(|site| site.to_string()),
            by: paper.by.to_string(),
            from: days.map(|(from, _)| from.to_string()),
            to: days.map(|(_, to)| to.to_string()),
            index: paper.index,
            recorded_at: paper.recorded_at.to_string(),
            amended_index: paper.amended_index,
            end,
            stage: stage.map(Stage::name),
            steps: paper.steps.into_iter().map(StageView::from).collect(),
            next_stage: next_stage.map(|next| NextStageView {
                due_on: next.date.to_string(),
                is_provisional: next.provisional,
            }),
            data: paper.written.to_json(),
        }
    }
}

/// A page of papers.
#[derive(Serialize, ToSchema)]
struct PaperPage {
    /// Papers in the order they were recorded.
    items: Vec<PaperView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which papers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PapersQuery {
    /// `vehicle`, `person`, `plan`, `application`, `approval`, `contract`, `hold`, `inspection`, `penalty`.
    kind: String,
    /// Only those of which this party is a side.
    party: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Papers of one kind: those the caller's party is a side of; for an authority, those of its division, or of the party it names.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/papers", operation_id = "listPapers", tag = "registry", security(("bearer" = [])),
    params(PapersQuery), responses((status = 200, description = "A page.", body = PaperPage), Reading))]
async fn papers(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<PapersQuery>,
) -> Result<(HeaderMap, Json<PaperPage>), Problem> {
    let kind = kind_of(&query.kind)?;
    let party = page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?;
    let after = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.papers(&viewer, kind, party, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let profile = app.rulebook().profile;
    let items = found.items.into_iter().map(|paper| PaperView::of(paper, profile)).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), PaperPage { items, next }))
}

fn kind_of(name: &str) -> Result<PaperKind, Problem> {
    let kinds = PaperKind::ALL.map(PaperKind::name).join(", ");
    let wrong =
        || bad_parameter("kind", format!("kind 应为 {kinds} 之一"), format!("kind is one of {kinds}"));
    PaperKind::named(name).ok_or_else(wrong)
}

/// One paper.
#[utoipa::path(get, path = "/papers/{kind}/{id}", operation_id = "getPaper", tag = "registry", security(("bearer" = [])),
    params(("kind" = String, Path, description = "Kind of the paper."), ("id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "The paper.", body = PaperView), Reading))]
async fn paper(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path((kind, id)): Path<(String, Uuid)>,
) -> Result<Json<PaperView>, Problem> {
    let kind = PaperKind::named(&kind).ok_or_else(Problem::absent)?;
    let paper = app.paper(&viewer, PaperId { kind, id }).await?.ok_or_else(Problem::absent)?;
    Ok(Json(PaperView::of(paper, app.rulebook().profile)))
}
