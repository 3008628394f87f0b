//! Operating permits (经营许可证).

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::PermitRecord;
use crate::catalogue::Uscc;
use crate::id::PermitId;
use crate::registry::standing::PermitItem;
use crate::registry::{PermitStep, PermitTerms};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(permits)).routes(routes!(permit))
}

/// One item of a permit: these codes by these methods, so many grams a year.
#[derive(Serialize, ToSchema)]
struct PermitItemView {
    /// Codes, beginnings of codes and categories it covers.
    codes: Vec<String>,
    /// Treatment codes it covers.
    methods: Vec<String>,
    /// Amount a calendar year, in grams.
    yearly_mass_g: i64,
}

impl From<&PermitItem> for PermitItemView {
    fn from(item: &PermitItem) -> Self {
        Self {
            codes: item.codes.iter().map(ToString::to_string).collect(),
            methods: item.methods.iter().map(ToString::to_string).collect(),
            yearly_mass_g: item.yearly_g.get(),
        }
    }
}

/// One step in the life of a permit.
#[derive(Serialize, ToSchema)]
struct PermitStepView {
    /// `issued`, `amended`, `suspended`, `reinstated`, `revoked`.
    step: &'static str,
    /// From which day on it counts.
    #[schema(format = "date")]
    from: String,
    /// The last day, of terms that were issued or amended.
    #[schema(format = "date")]
    to: Option<String>,
    /// What it allows, where it was issued or amended.
    items: Option<Vec<PermitItemView>>,
    /// Why; an issue states no reason.
    reason: Option<String>,
    /// Log index of the event.
    index: u64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    recorded_at: String,
}

impl From<&PermitStep> for PermitStepView {
    fn from(step: &PermitStep) -> Self {
        let terms = step.terms();
        let from = step.change.from().or(terms.map(|terms| terms.valid_from));
        Self {
            step: step.name(),
            from: from.map(|from| from.to_string()).unwrap_or_default(),
            to: terms.map(|terms| terms.valid_to.to_string()),
            items: terms.map(|terms| terms.items.iter().map(PermitItemView::from).collect()),
            reason: step.reason.clone(),
            index: step.index,
            recorded_at: step.recorded_at.to_string(),
        }
    }
}

/// An operating permit.
#[derive(Serialize, ToSchema)]
struct PermitView {
    /// Its id.
    #[schema(format = "uuid")]
    permit: String,
    /// Number printed on it.
    number: String,
    /// Who holds it.
    party: String,
    /// The site it is for; absent for all sites of the party.
    #[schema(format = "uuid")]
    site: Option<String>,
    /// How it stands today: `not-yet`, `good`, `suspended`, `expired`, `revoked`.
    state: &'static str,
    /// What it allows today.
    items: Vec<PermitItemView>,
    /// First day it is good.
    #[schema(format = "date")]
    valid_from: String,
    /// Last day it is good.
    #[schema(format = "date")]
    valid_to: String,
    /// Log index of its issue.
    index: u64,
    /// Its issue and what followed, in log order.
    life: Vec<PermitStepView>,
}

impl PermitView {
    /// A permit as it stands on a day.
    fn on(today: NaiveDate, permit: PermitRecord) -> Self {
        let terms = permit.terms_on(today);
        let day = |day: fn(&PermitTerms) -> NaiveDate| terms.map(day).map(|day| day.to_string());
        Self {
            state: permit.state_on(today).name(),
            items: terms.into_iter().flat_map(|terms| &terms.items).map(PermitItemView::from).collect(),
            valid_from: day(|terms| terms.valid_from).unwrap_or_default(),
            valid_to: day(|terms| terms.valid_to).unwrap_or_default(),
            life: permit.life.iter().map(PermitStepView::from).collect(),
            permit: permit.permit.to_string(),
            number: permit.number,
            party: permit.party.to_string(),
            site: permit.site.map(|site| site.to_string()),
            index: permit.index,
        }
    }
}

/// A page of permits.
#[derive(Serialize, ToSchema)]
struct PermitPage {
    /// Permits in the order they were issued.
    items: Vec<PermitView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which permits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PermitsQuery {
    /// Only those of this party.
    party: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// The permits of the caller's party; for an authority, of all parties or of the one it names.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/permits", operation_id = "listPermits", tag = "registry", security(("bearer" = [])),
    params(PermitsQuery), responses((status = 200, description = "A page.", body = PermitPage), Reading))]
async fn permits(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<PermitsQuery>,
) -> Result<(HeaderMap, Json<PermitPage>), Problem> {
    let party = page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?;
    let after = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.permits(&viewer, party, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let today = app.today();
    let items = found.items.into_iter().map(|permit| PermitView::on(today, permit)).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), PermitPage { items, next }))
}

/// One permit.
#[utoipa::path(get, path = "/permits/{id}", operation_id = "getPermit", tag = "registry", security(("bearer" = [])),
    params(("id" = String, Path, description = "Permit id.")),
    responses((status = 200, description = "The permit.", body = PermitView), Reading))]
async fn permit(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<PermitId>,
) -> Result<Json<PermitView>, Problem> {
    let permit = app.permit(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(PermitView::on(app.today(), permit)))
}
