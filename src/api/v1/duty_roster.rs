//! The duty roster (值班表).

use axum::extract::{DefaultBodyLimit, State};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Lending, Reading};
use crate::api::extract::{Json, JsonBody, Query, day};
use crate::api::layers::MAX_REQUEST_BODY_BYTES;
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::roster::{Roster, Shift};
use crate::catalogue::Division;
use crate::ledger::Kid;

pub(super) fn router() -> OpenApiRouter<App> {
    let routes = OpenApiRouter::new().routes(routes!(roster, arrange));
    routes.layer(DefaultBodyLimit::max(MAX_REQUEST_BODY_BYTES))
}

/// Who is on duty on every day of a span, and nobody else.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShiftView {
    /// Where (GB/T 2260).
    #[schema(value_type = String, example = "371302")]
    division: Division,
    /// First day, today or later.
    #[serde(deserialize_with = "crate::shape::day")]
    #[schema(value_type = String, format = "date")]
    from: NaiveDate,
    /// Last day, at most 366 days from today.
    #[serde(deserialize_with = "crate::shape::day")]
    #[schema(value_type = String, format = "date")]
    to: NaiveDate,
    /// Keys of officers of an authority over the division, at most 8; none clears the days.
    #[schema(value_type = Vec<String>)]
    officers: Vec<Kid>,
}

impl From<ShiftView> for Shift {
    fn from(view: ShiftView) -> Self {
        let ShiftView { division, from, to, officers } = view;
        Self { division, from, to, officers }
    }
}

/// Who is on duty on one day.
#[derive(Serialize, ToSchema)]
struct OnDutyView {
    /// The local day.
    #[schema(format = "date")]
    on: String,
    /// Keys of the officers.
    officers: Vec<String>,
}

/// Who is on duty in a division.
#[derive(Serialize, ToSchema)]
struct RosterView {
    /// Where.
    division: String,
    /// First day told.
    #[schema(format = "date")]
    from: String,
    /// Last day told.
    #[schema(format = "date")]
    to: String,
    /// The days for which something was arranged. Where a division has none, what its city and then its province arranged counts.
    days: Vec<OnDutyView>,
}

impl From<Roster> for RosterView {
    fn from(roster: Roster) -> Self {
        let day = |(on, officers): (NaiveDate, Vec<Kid>)| OnDutyView {
            on: on.to_string(),
            officers: officers.iter().map(ToString::to_string).collect(),
        };
        Self {
            division: roster.division.to_string(),
            from: roster.days.0.to_string(),
            to: roster.days.1.to_string(),
            days: roster.on_duty.into_iter().map(day).collect(),
        }
    }
}

/// Arrange who is on duty in a division on the days of a span; for officers of an authority over it.
///
/// What was arranged for these days before is replaced. No part of the log: an authority's own arrangement, kept for 366 days.
#[utoipa::path(put, path = "/duty-roster", operation_id = "arrangeDuty", tag = "findings", security(("bearer" = [])),
    request_body(content = ShiftView),
    responses((status = 200, description = "The days as they are arranged now.", body = RosterView), Lending))]
async fn arrange(
    State(app): State<App>,
    Caller(viewer): Caller,
    JsonBody(shift): JsonBody<ShiftView>,
) -> Result<Json<RosterView>, Problem> {
    let shift = Shift::from(shift);
    app.arrange_duty(&viewer, &shift).await?;
    let (from, to) = (Some(shift.from), Some(shift.to));
    let roster =
        app.duty_roster(&viewer, Some(shift.division), from, to).await?.ok_or_else(Problem::absent)?;
    Ok(Json(roster.into()))
}

/// Which days, and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RosterQuery {
    /// The division (GB/T 2260); the caller's own when absent.
    division: Option<String>,
    /// First day, for example `2026-03-31`; today when absent.
    from: Option<String>,
    /// Last day, at most 366 of them; thirty days later when absent.
    to: Option<String>,
}

/// Who is on duty in a division; for authorities over it.
#[utoipa::path(get, path = "/duty-roster", operation_id = "getDutyRoster", tag = "findings", security(("bearer" = [])),
    params(RosterQuery), responses((status = 200, description = "The days.", body = RosterView), Reading))]
async fn roster(
    State(app): State<App>,
    Caller(viewer): Caller,
    Query(query): Query<RosterQuery>,
) -> Result<Json<RosterView>, Problem> {
    let division = page::parsed::<Division>("division", query.division.as_deref(), "371302")?;
    let (from, to) = (day("from", query.from.as_deref())?, day("to", query.to.as_deref())?);
    let roster = app.duty_roster(&viewer, division, from, to).await?.ok_or_else(Problem::absent)?;
    Ok(Json(roster.into()))
}
