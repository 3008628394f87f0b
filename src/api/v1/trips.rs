//! Trips: legs that carriers assigned to vehicles.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Query, day};
use crate::api::page;
use crate::api::problem::Problem;
use crate::api::v1::manifests::{CURSOR_EXAMPLE, plate_named};
use crate::app::App;
use crate::app::query::{TripFilter, TripLeg};
use crate::custody::payload::manifest::PartyAt;
use crate::ledger::Kid;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trips))
}

/// A party at one of its sites.
#[derive(Serialize, ToSchema)]
pub(super) struct EndView {
    /// The party.
    party: String,
    /// Its site.
    #[schema(format = "uuid")]
    site: String,
}

impl From<PartyAt> for EndView {
    fn from(end: PartyAt) -> Self {
        Self { party: end.party.to_string(), site: end.site.to_string() }
    }
}

/// What is on the vehicle of one line.
#[derive(Serialize, ToSchema)]
struct LoadView {
    /// Line of the manifest.
    line: u16,
    /// Waste code.
    code: Option<String>,
    /// As shipped, before that as planned, in grams.
    mass_g: i64,
}

/// One leg of a manifest on a vehicle. Legs with the same `trip`, or with the same vehicle and day, are driven together.
#[derive(Serialize, ToSchema)]
struct TripLegView {
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// Its number, once one was allotted.
    number: Option<String>,
    /// Where it stands, kebab-case.
    status: String,
    /// The vehicle run it shares, where its registration names one.
    #[schema(format = "uuid")]
    trip: Option<String>,
    /// Number of the leg, from 1.
    leg: u8,
    /// Who carries it.
    carrier: String,
    /// On what.
    vehicle: String,
    /// The driver's key.
    driver: Option<String>,
    /// The escort's key.
    escort: Option<String>,
    /// The local day on which it left, or shall leave while it did not.
    #[schema(format = "date")]
    leaves_on: Option<String>,
    /// From where it leaves.
    from: Option<EndView>,
    /// Where it goes.
    to: Option<EndView>,
    /// When it shall leave.
    #[schema(format = "date-time")]
    planned_departure: Option<String>,
    /// When it shall arrive.
    #[schema(format = "date-time")]
    planned_arrival: Option<String>,
    /// When the carrier took it over, if it did.
    #[schema(format = "date-time")]
    taken_at: Option<String>,
    /// What is on it.
    lines: Vec<LoadView>,
}

impl From<TripLeg> for TripLegView {
    fn from(leg: TripLeg) -> Self {
        let load = |(line, code, mass_g): (u16, Option<crate::catalogue::WasteCode>, i64)| LoadView {
            line,
            code: code.map(|code| code.to_string()),
            mass_g,
        };
        Self {
            manifest: leg.manifest.to_string(),
            number: leg.number,
            status: leg.status,
            trip: leg.trip.map(|trip| trip.to_string()),
            leg: leg.leg,
            carrier: leg.carrier.to_string(),
            vehicle: leg.vehicle.to_string(),
            driver: leg.driver.as_ref().map(Kid::to_string),
            escort: leg.escort.as_ref().map(Kid::to_string),
            leaves_on: leg.leaves_on.map(|day| day.to_string()),
            from: leg.from.map(EndView::from),
            to: leg.to.map(EndView::from),
            planned_departure: leg.planned_departure.map(|at| at.to_string()),
            planned_arrival: leg.planned_arrival.map(|at| at.to_string()),
            taken_at: leg.taken_at.map(|at| at.to_string()),
            lines: leg.lines.into_iter().map(load).collect(),
        }
    }
}

/// A page of legs.
#[derive(Serialize, ToSchema)]
struct TripPage {
    /// Legs, those of the latest registered manifests first.
    items: Vec<TripLegView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which trips.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TripsQuery {
    /// Only what left, or shall leave, on this local day or later.
    from: Option<String>,
    /// Only what left, or shall leave, on this local day or earlier.
    to: Option<String>,
    /// Only this vehicle; the spelling does not matter.
    plate: Option<String>,
    /// Only this vehicle run.
    trip: Option<String>,
    /// Only what something is still to be done about.
    #[serde(default)]
    under_way: bool,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most manifests on a page, 1 to 500.
    limit: Option<u64>,
}

/// Legs on vehicles: a driver's or escort's own, those of a carrier, those of manifests that the caller may see.
///
/// A page ends between two manifests. An unverified view, computed from the log.
#[utoipa::path(get, path = "/trips", operation_id = "listTrips", tag = "handovers", security(("bearer" = [])),
    params(TripsQuery), responses((status = 200, description = "A page.", body = TripPage), Reading))]
async fn trips(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<TripsQuery>,
) -> Result<(HeaderMap, Json<TripPage>), Problem> {
    let filter = TripFilter {
        from: day("from", query.from.as_deref())?,
        to: day("to", query.to.as_deref())?,
        plate: plate_named(query.plate)?,
        trip: page::parsed("trip", query.trip.as_deref(), "01890a5d-ac96-774b-bcce-b302099a8057")?,
        is_under_way: query.under_way,
    };
    let after = page::parsed("after", query.after.as_deref(), CURSOR_EXAMPLE)?;
    let found = app.trips(&viewer, &filter, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(TripLegView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), TripPage { items, next }))
}
