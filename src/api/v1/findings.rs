//! Findings (预警/问题): lists, and one with its life.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::{StatedView, SubjectView};
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{FindingCursor, FindingDetail, FindingFilter, FindingItem, Step};
use crate::catalogue::Uscc;
use crate::custody::answer::{Answer, AnswerKind, Stage};
use crate::custody::finding::Figures;
use crate::custody::shelf::Life;
use crate::id::FindingId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(findings)).routes(routes!(finding))
}

/// A finding as it stands.
#[derive(Serialize, ToSchema)]
pub(super) struct FindingView {
    /// Its id: the same for the same gap, whenever it is computed.
    #[schema(format = "uuid")]
    id: String,
    /// Its rule.
    rule: String,
    /// Title of the rule in Chinese.
    title_zh: Option<&'static str>,
    /// Title of the rule in English.
    title_en: Option<&'static str>,
    /// `notice`, `minor`, `major` or `critical`.
    severity: &'static str,
    /// `open` or `closed`: whether what raised it is still so.
    state: &'static str,
    /// Where it stands by what people said of it: `open`, `explained`, `closed` (结案), `upheld` (认定问题). What was closed counts as
    /// open again while its main figure is worse than the one it was closed with.
    stage: &'static str,
    /// What it is about.
    subject: SubjectView,
    /// The manifest it belongs to, if it belongs to one.
    #[schema(format = "uuid")]
    manifest: Option<String>,
    /// The parties it concerns.
    concerns: Vec<String>,
    /// The figures the rule compared, by name; names of numbers end in their unit.
    #[schema(value_type = Object)]
    figures: Figures,
    /// The events that prove it.
    evidence: Vec<String>,
    /// When it fell due, for an obligation.
    #[schema(format = "date-time")]
    due_at: Option<String>,
    /// When it last opened.
    #[schema(format = "date-time")]
    opened_at: Option<String>,
    /// When it last closed.
    #[schema(format = "date-time")]
    closed_at: Option<String>,
}

impl From<&FindingItem> for FindingView {
    fn from(item: &FindingItem) -> Self {
        let (row, seen) = (&item.row, &item.row.seen);
        Self {
            id: row.id.to_string(),
            rule: seen.rule.clone(),
            title_zh: item.rule.map(|rule| rule.title_zh),
            title_en: item.rule.map(|rule| rule.title_en),
            severity: row.severity.name(),
            // An obligation that was met after it had opened waits again; to a reader it is closed.
            state: if row.life == Life::Open { "open" } else { "closed" },
            stage: row.stage.name(),
            subject: (&seen.subject).into(),
            manifest: row.manifest.map(|manifest| manifest.to_string()),
            concerns: seen.concerns.iter().map(ToString::to_string).collect(),
            figures: seen.figures.clone(),
            evidence: seen.evidence.iter().map(ToString::to_string).collect(),
            due_at: seen.due.map(|due| due.to_string()),
            opened_at: row.opened_at.map(|at| at.to_string()),
            closed_at: row.closed_at.map(|at| at.to_string()),
        }
    }
}

/// A page of findings.
#[derive(Serialize, ToSchema)]
struct FindingPage {
    /// Findings, those that opened last first.
    items: Vec<FindingView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which findings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FindingsQuery {
    /// Only those that concern this party.
    party: Option<String>,
    /// Only those of this rule.
    rule: Option<String>,
    /// `open` or `closed`; both when absent.
    state: Option<String>,
    /// `open`, `explained`, `closed` or `upheld`: only those that stand so by what people said of them.
    stage: Option<String>,
    /// Only those that lie where the caller is on duty today.
    on_duty: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Findings that concern the caller; for an authority, those in its division.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/findings", operation_id = "listFindings", tag = "findings", security(("bearer" = [])),
    params(FindingsQuery), responses((status = 200, description = "A page.", body = FindingPage), Reading))]
async fn findings(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<FindingsQuery>,
) -> Result<(HeaderMap, Json<FindingPage>), Problem> {
    let after = page::parsed::<FindingCursor>(
        "after",
        query.after.as_deref(),
        "1764201600000-01890a5d-ac96-874b-bcce-b302099a8057",
    )?;
    let limit = page::limit(query.limit)?;
    let life = match query.state.as_deref() {
        None => None,
        Some("open") => Some(Life::Open),
        Some("closed") => Some(Life::Closed),
        Some(_) => {
            return Err(bad_parameter("state", "state 应为 open 或 closed", "state must be open or closed"));
        }
    };
    let stage = page::named("stage", query.stage.as_deref(), &Stage::ALL, Stage::name)?;
    let party = page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?;
    let is_mine_today = query.on_duty.unwrap_or(false);
    let filter = FindingFilter { party, rule: query.rule, life, stage, is_mine_today };
    let found = app.findings(&viewer, &filter, after, limit).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.iter().map(FindingView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), FindingPage { items, next }))
}

/// One step in the life of a finding.
#[derive(Serialize, ToSchema)]
struct FindingStepView {
    /// Number of the step, from 0.
    n: u32,
    /// `opened`, `revised` or `closed`.
    step: &'static str,
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// Log index that caused it; absent when only time passed.
    index: Option<u64>,
    /// The figures at that time.
    #[schema(value_type = Object)]
    figures: Figures,
    /// The events that proved it at that time.
    evidence: Vec<String>,
}

impl From<Step> for FindingStepView {
    fn from(step: Step) -> Self {
        Self {
            n: step.n,
            step: step.kind.name(),
            at: step.at.to_string(),
            index: step.index,
            evidence: step.seen.evidence.iter().map(ToString::to_string).collect(),
            figures: step.seen.figures,
        }
    }
}

/// What somebody said of a finding.
#[derive(Serialize, ToSchema)]
struct FindingAnswerView {
    /// `explained`, `closed`, `upheld`, or `case` where a case was opened from it.
    kind: &'static str,
    /// The figures it was closed with.
    #[schema(value_type = Option<Object>)]
    quoted: Option<Figures>,
    /// The case that was opened.
    #[schema(format = "uuid")]
    case: Option<String>,
    /// Who said it, and how.
    #[serde(flatten)]
    stated: StatedView,
}

impl From<Answer> for FindingAnswerView {
    fn from(answer: Answer) -> Self {
        let kind = answer.kind.name();
        let (quoted, case) = match answer.kind {
            AnswerKind::Closed(quoted) => (Some(quoted.figures), None),
            AnswerKind::Case(case) => (None, Some(case.to_string())),
            AnswerKind::Explained | AnswerKind::Upheld => (None, None),
        };
        Self { kind, quoted, case, stated: answer.stated.into() }
    }
}

/// A finding with its life.
#[derive(Serialize, ToSchema)]
struct FindingDetailView {
    /// The finding as it stands.
    #[serde(flatten)]
    finding: FindingView,
    /// Its last steps in order, at most 200: those before the step `before`, if it was asked for.
    steps: Vec<FindingStepView>,
    /// There are steps before this one: ask again with it as `before`. Absent where these are the first.
    earlier_than: Option<u32>,
    /// What people said of it, in the order of the log.
    answers: Vec<FindingAnswerView>,
}

impl From<FindingDetail> for FindingDetailView {
    fn from(detail: FindingDetail) -> Self {
        Self {
            finding: (&detail.item).into(),
            steps: detail.steps.into_iter().map(FindingStepView::from).collect(),
            earlier_than: detail.earlier_than,
            answers: detail.answers.into_iter().map(FindingAnswerView::from).collect(),
        }
    }
}

/// Which steps of a finding to show.
#[derive(Deserialize)]
struct StepsQuery {
    before: Option<String>,
}

/// One finding with its life.
#[utoipa::path(get, path = "/findings/{id}", operation_id = "getFinding", tag = "findings", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "Finding id."),
        ("before" = Option<u32>, Query, description = "Show the steps before the step of this number; the last ones without it."),
    ),
    responses((status = 200, description = "The finding.", body = FindingDetailView), Reading))]
async fn finding(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<FindingId>,
    Query(query): Query<StepsQuery>,
) -> Result<Json<FindingDetailView>, Problem> {
    let before = page::parsed::<u32>("before", query.before.as_deref(), "200")?;
    let detail = app.finding(&viewer, id, before).await?.ok_or_else(Problem::absent)?;
    Ok(Json(detail.into()))
}
