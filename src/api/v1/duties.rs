//! What is due: which periods which sites must declare, and how each stands.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::declarations::{PeriodView, ReasonView};
use super::papers::PaperView;
use super::views::{PartyNameView, SiteView};
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Query, day};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::DutyItem;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(duties))
}

/// A period that a site must declare.
#[derive(Serialize, ToSchema)]
pub(super) struct DutyView {
    /// The site.
    site: SiteView,
    /// What its party is called.
    party: Option<PartyNameView>,
    /// Its class in the year of the period: `key` (重点监管), `simplified` (简化管理) or `registered` (登记管理).
    class: Option<&'static str>,
    /// The period.
    #[serde(flatten)]
    period: PeriodView,
    /// `due`, `overdue`, `filed`, `returned` or `accepted`.
    state: &'static str,
    /// The last filing for it.
    #[schema(format = "uuid")]
    declaration: Option<String>,
    /// Why it was sent back, field by field.
    reasons: Vec<ReasonView>,
    /// True when every figure filed is what the ledger says now; null where nothing is filed.
    fits: Option<bool>,
    /// How many figures differ; null where nothing is filed.
    differing: Option<usize>,
}

impl From<DutyItem> for DutyView {
    fn from(item: DutyItem) -> Self {
        let filing = item.filing.as_ref();
        Self {
            site: item.site.into(),
            party: item.party.map(PartyNameView::from),
            class: item.class.map(|class| class.name()),
            period: PeriodView::of(&item.duty.slot, item.duty.due_on),
            state: item.state.name(),
            declaration: filing.map(|record| record.filed.declaration.to_string()),
            reasons: filing.into_iter().flat_map(|record| record.reasons()).map(ReasonView::from).collect(),
            fits: item.differing.map(|differing| differing == 0),
            differing: item.differing,
        }
    }
}

/// A page of duties.
#[derive(Serialize, ToSchema)]
struct DutyPage {
    /// Duties by site, of each by due day.
    items: Vec<DutyView>,
    /// On the first page: applications for interprovincial transfers that go on, the oldest first, at most 100.
    applications: Vec<PaperView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which duties.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DutiesQuery {
    /// The day that is looked at, for example `2026-04-15`; today when absent.
    on: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most sites on a page, 1 to 500.
    limit: Option<u64>,
}

/// What is due: every period that is over and not accepted, and what was accepted of what is due in that month or later.
///
/// For an authority it is about all sites in its division. Which periods a site declares follows from its class in their year, the days
/// from the profile in force. A page ends between two sites. An unverified view, computed from the log.
#[utoipa::path(get, path = "/duties", operation_id = "listDuties", tag = "declarations", security(("bearer" = [])),
    params(DutiesQuery), responses((status = 200, description = "A page.", body = DutyPage), Reading))]
async fn duties(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<DutiesQuery>,
) -> Result<(HeaderMap, Json<DutyPage>), Problem> {
    let on = day("on", query.on.as_deref())?;
    let after = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.duties(&viewer, on, after, page::limit(query.limit)?).await?;
    let going_on = if after.is_none() { app.applications_going_on(&viewer).await? } else { Vec::new() };
    let profile = app.rulebook().profile;
    let applications = going_on.into_iter().map(|paper| PaperView::of(paper, profile)).collect();
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(DutyView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), DutyPage { items, applications, next }))
}
