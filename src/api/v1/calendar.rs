//! The working-day calendar, public: terms in law are counted in working days.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::documented::PublicReading;
use crate::api::extract::{Json, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::catalogue::{Calendar, MAX_WORKING_DAYS};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(working_days))
}

/// A term.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TermQuery {
    /// The day it begins, not counted, for example `2026-03-02`.
    from: String,
    /// Working days, at most 2,500.
    days: u32,
}

/// The end of a term.
#[derive(Serialize, ToSchema)]
struct TermView {
    /// The day it begins, not counted.
    #[schema(format = "date")]
    from: String,
    /// Working days.
    days: u32,
    /// The last day of the term.
    #[schema(format = "date")]
    last_day: String,
    /// True when a day counted lies outside the known calendar, where only Monday to Friday is assumed.
    provisional: bool,
}

/// The last day of a term of working days.
#[utoipa::path(get, path = "/calendar/working-days", operation_id = "countWorkingDays", tag = "reference",
    params(TermQuery), responses((status = 200, description = "The term.", body = TermView), PublicReading))]
async fn working_days(Query(query): Query<TermQuery>) -> Result<Json<TermView>, Problem> {
    let from =
        page::parsed::<NaiveDate>("from", Some(&query.from), "2026-03-02")?.ok_or_else(Problem::absent)?;
    if query.days > MAX_WORKING_DAYS {
        let zh = format!("days 最多 {MAX_WORKING_DAYS}");
        return Err(bad_parameter("days", zh, format!("days must be at most {MAX_WORKING_DAYS}")));
    }
    let deadline = Calendar::embedded().add_working_days(from, query.days);
    Ok(Json(TermView {
        from: from.to_string(),
        days: query.days,
        last_day: deadline.date.to_string(),
        provisional: deadline.provisional,
    }))
}
