//! Cases (案件、整改): the queue, and one with all that was said.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::StatedView;
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{CaseFilter, CaseItem, CaseStage};
use crate::catalogue::{Division, Uscc};
use crate::custody::payload::oversight::CaseSource;
use crate::id::CaseId;
use crate::ledger::Kid;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(cases)).routes(routes!(case))
}

/// A case.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseView {
    /// Its id.
    #[schema(format = "uuid")]
    case: String,
    /// The party that has to answer.
    party: String,
    /// Division where it lies.
    division: Option<String>,
    /// `finding`, `complaint`, `patrol`, `hotline` or `other`.
    #[schema(value_type = String)]
    source: CaseSource,
    /// The site it is about.
    #[schema(format = "uuid")]
    site: Option<String>,
    /// The manifest it is about.
    #[schema(format = "uuid")]
    manifest: Option<String>,
    /// The findings it comes from.
    findings: Vec<String>,
    /// `open`, `answered` or `closed`.
    stage: &'static str,
    /// Last day for the answer.
    #[schema(format = "date")]
    due: Option<String>,
    /// How it stands by that day, today: `nothing`, `later`, `soon`, `overdue` or `escalated`.
    due_state: &'static str,
    /// True when a working day that counts lies outside the known calendar.
    provisional: bool,
    /// The key of the officer it lies with.
    owner: String,
    /// Keys of the officers on duty today where it lies; told to authorities alone.
    on_duty: Vec<String>,
    /// Who opened it, and what is to be answered.
    opened: StatedView,
    /// What the party answered.
    answers: Vec<StatedView>,
    /// Who closed it, and how it ended.
    closed: Option<StatedView>,
}

impl From<CaseItem> for CaseView {
    fn from(item: CaseItem) -> Self {
        let stage = item.state.stage().name();
        let case = item.state;
        Self {
            case: case.case.to_string(),
            party: case.party.to_string(),
            division: case.division.map(|division| division.to_string()),
            source: case.source,
            site: case.site.map(|site| site.to_string()),
            manifest: case.manifest.map(|manifest| manifest.to_string()),
            findings: case.findings.iter().map(ToString::to_string).collect(),
            stage,
            due: case.due.map(|due| due.to_string()),
            due_state: item.due.name(),
            provisional: item.is_provisional,
            owner: case.owner.to_string(),
            on_duty: item.on_duty.iter().map(ToString::to_string).collect(),
            opened: case.opened.into(),
            answers: case.answers.into_iter().map(StatedView::from).collect(),
            closed: case.closed.map(StatedView::from),
        }
    }
}

/// A page of cases.
#[derive(Serialize, ToSchema)]
struct CasePage {
    /// Cases in the order in which they were opened.
    items: Vec<CaseView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which cases.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CasesQuery {
    /// Only those of this party.
    party: Option<String>,
    /// Only those that lie in this division (GB/T 2260).
    division: Option<String>,
    /// Only those that lie with this officer's key.
    owner: Option<String>,
    /// `open`, `answered` or `closed`.
    stage: Option<String>,
    /// Only those whose answer is overdue.
    overdue: Option<bool>,
    /// Only those that lie where the caller is on duty today.
    on_duty: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Cases that the caller's party has to answer; for an authority, those in its division.
///
/// An unverified view, computed from the log: what proves something are events and bundles.
#[utoipa::path(get, path = "/cases", operation_id = "listCases", tag = "findings", security(("bearer" = [])),
    params(CasesQuery), responses((status = 200, description = "A page.", body = CasePage), Reading))]
async fn cases(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<CasesQuery>,
) -> Result<(HeaderMap, Json<CasePage>), Problem> {
    let filter = CaseFilter {
        party: page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?,
        division: page::parsed::<Division>("division", query.division.as_deref(), "371300")?,
        owner: page::parsed::<Kid>(
            "owner",
            query.owner.as_deref(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        )?,
        stage: page::named("stage", query.stage.as_deref(), &CaseStage::ALL, CaseStage::name)?,
        is_overdue: query.overdue.unwrap_or(false),
        is_mine_today: query.on_duty.unwrap_or(false),
    };
    let after = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.cases(&viewer, &filter, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(CaseView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), CasePage { items, next }))
}

/// One case.
#[utoipa::path(get, path = "/cases/{id}", operation_id = "getCase", tag = "findings", security(("bearer" = [])),
    params(("id" = String, Path, description = "Case id.")),
    responses((status = 200, description = "The case.", body = CaseView), Reading))]
async fn case(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<CaseId>,
) -> Result<Json<CaseView>, Problem> {
    let item = app.case(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(item.into()))
}
