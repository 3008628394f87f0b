//! Tracks: where vehicles were on the rides of a manifest, and what to sign of points.

use axum::extract::{DefaultBodyLimit, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{FileBody, Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::attachments::MAX_ATTACHMENT_BYTES;
use crate::app::query::{PointsStanding, TrackShown};
use crate::custody::payload::track::{Alarm, Silence, Waypoint};
use crate::id::ManifestId;
use crate::shape::Coordinates;

use super::manifests::plate_named;

pub(super) fn router() -> OpenApiRouter<App> {
    let summing =
        OpenApiRouter::new().routes(routes!(summary)).layer(DefaultBodyLimit::max(MAX_ATTACHMENT_BYTES));
    summing.merge(OpenApiRouter::new().routes(routes!(tracks)))
}

/// A position in millionths of a degree (WGS 84).
#[derive(Serialize, ToSchema)]
struct CoordinatesView {
    /// Latitude, north positive.
    lat_udeg: i32,
    /// Longitude, east positive.
    lon_udeg: i32,
}

impl From<Coordinates> for CoordinatesView {
    fn from(place: Coordinates) -> Self {
        Self { lat_udeg: place.lat_udeg, lon_udeg: place.lon_udeg }
    }
}

/// A time in which nothing was heard of the vehicle.
#[derive(Serialize, ToSchema)]
struct SilenceView {
    /// The last point before.
    #[schema(format = "date-time")]
    from: String,
    /// The first point after.
    #[schema(format = "date-time")]
    to: String,
    /// Where it was before.
    left: CoordinatesView,
    /// Where it was after.
    back: CoordinatesView,
}

impl From<&Silence> for SilenceView {
    fn from(silence: &Silence) -> Self {
        Self {
            from: silence.from.to_string(),
            to: silence.to.to_string(),
            left: silence.left.into(),
            back: silence.back.into(),
        }
    }
}

/// One of the points, which the way cannot do without.
#[derive(Serialize, ToSchema)]
struct WaypointView {
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// Where.
    place: CoordinatesView,
}

impl From<&Waypoint> for WaypointView {
    fn from(waypoint: &Waypoint) -> Self {
        Self { at: waypoint.at.to_string(), place: waypoint.place.into() }
    }
}

/// One alarm of the platform.
#[derive(Serialize, ToSchema)]
struct AlarmView {
    /// What for: `speeding`, `fatigue`, `off-route`, `area`, `parking`, `collision`, `emergency`, `device` or `other`.
    #[serde(rename = "type")]
    of: &'static str,
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// Where, as far as the platform knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<CoordinatesView>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl From<&Alarm> for AlarmView {
    fn from(alarm: &Alarm) -> Self {
        Self {
            of: alarm.of.name(),
            at: alarm.at.to_string(),
            place: alarm.place.map(CoordinatesView::from),
            text: alarm.text.as_ref().map(ToString::to_string),
        }
    }
}

/// One track, as it was signed.
#[derive(Serialize, ToSchema)]
struct TrackView {
    /// The event that says so.
    event_id: String,
    /// Whose platform it is.
    party: String,
    /// When it was recorded.
    #[schema(format = "date-time")]
    recorded_at: String,
    /// The vehicle.
    vehicle: String,
    /// Of how many manifests it is.
    manifests: usize,
    /// The first point.
    #[schema(format = "date-time")]
    from: String,
    /// The last point.
    #[schema(format = "date-time")]
    to: String,
    /// How many points there are.
    points: u32,
    /// SHA-256 of the file of points, base64url.
    sha256: String,
    /// Silences of more than five minutes, in order of time; of very many the longest.
    silences: Vec<SilenceView>,
    /// The way in few points.
    waypoints: Vec<WaypointView>,
    /// What the platform raised alarms for, in order of time.
    alarms: Vec<AlarmView>,
    /// Whether the file of points is there: `kept`, `missing`, or `over` where it need not be kept any more.
    points_file: &'static str,
    /// What of this does not follow from the file of points, where it is kept: names of members.
    #[serde(skip_serializing_if = "Option::is_none")]
    differs: Option<Vec<&'static str>>,
}

impl From<TrackShown> for TrackView {
    fn from(shown: TrackShown) -> Self {
        let TrackShown { event, party, recorded_at, track, points } = shown;
        Self {
            event_id: event.to_string(),
            party: party.to_string(),
            recorded_at: recorded_at.to_string(),
            vehicle: track.vehicle.to_string(),
            manifests: track.manifests.len(),
            from: track.from.to_string(),
            to: track.to.to_string(),
            points: track.points,
            sha256: track.sha256.to_string(),
            silences: track.silences.iter().map(SilenceView::from).collect(),
            waypoints: track.waypoints.iter().map(WaypointView::from).collect(),
            alarms: track.alarms.iter().map(AlarmView::from).collect(),
            points_file: points.name(),
            differs: if let PointsStanding::Kept { differs } = points { Some(differs) } else { None },
        }
    }
}

/// The tracks of a manifest's rides.
#[derive(Serialize, ToSchema)]
struct TracksView {
    /// Tracks, in order of their records; of very many the last 32.
    items: Vec<TrackView>,
}

/// The tracks of a manifest's rides that its parties recorded, and whether the points are there and bear them out.
#[utoipa::path(get, path = "/manifests/{id}/tracks", operation_id = "listTracks", tag = "handovers", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "Its id.")),
    responses((status = 200, description = "Its tracks.", body = TracksView), Reading))]
async fn tracks(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
) -> Result<Json<TracksView>, Problem> {
    let shown = app.tracks_on(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(TracksView { items: shown.into_iter().map(TrackView::from).collect() }))
}

/// Of what the points are.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SummaryQuery {
    /// The vehicle.
    vehicle: String,
    /// The manifest whose waste was on it; further ones are added to `manifests` of the answer before it is signed.
    manifest: String,
}

/// What to sign of points: `data` of `track.recorded`, to which alarms are added.
#[derive(Serialize, ToSchema)]
struct TrackDataView {
    /// The vehicle.
    vehicle: String,
    /// The manifests whose waste was on it.
    manifests: Vec<String>,
    /// The first point.
    #[schema(format = "date-time")]
    from: String,
    /// The last point.
    #[schema(format = "date-time")]
    to: String,
    /// How many points there are.
    points: u32,
    /// SHA-256 of the file of points, base64url.
    sha256: String,
    /// Silences of more than five minutes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    silences: Vec<SilenceView>,
    /// The way in few points.
    waypoints: Vec<WaypointView>,
}

/// Make of points what is signed of them, for `POST /events/prepare`; nothing is kept.
///
/// The body is the file of points: CSV in UTF-8, first line `time,lon_wgs84,lat_wgs84` or `time,lon_wgs84,lat_wgs84,speed_kmh`, times ascending with
/// their offset, coordinates in decimal degrees (WGS 84). Every fault is told with its line and column. Send the same bytes to `POST /attachments`.
#[utoipa::path(post, path = "/tracks/summary", operation_id = "summariseTrack", tag = "handovers", security(("bearer" = [])),
    params(SummaryQuery),
    request_body(content((Vec<u8> = "text/csv")), description = "The file of points."),
    responses((status = 200, description = "What to sign.", body = TrackDataView), Keeping))]
async fn summary(
    State(app): State<App>,
    Caller(_viewer): Caller,
    Query(query): Query<SummaryQuery>,
    FileBody(body): FileBody<MAX_ATTACHMENT_BYTES>,
) -> Result<Json<TrackDataView>, Problem> {
    let vehicle = plate_named(Some(query.vehicle))?.ok_or_else(Problem::absent)?;
    let example = "01890a5d-ac96-774b-bcce-b302099a8057";
    let manifest = page::parsed::<ManifestId>("manifest", Some(&query.manifest), example)?;
    let (summary, digest) = app.track_summary(body.to_vec()).await?;
    Ok(Json(TrackDataView {
        vehicle: vehicle.to_string(),
        manifests: manifest.iter().map(ToString::to_string).collect(),
        from: summary.from.to_string(),
        to: summary.to.to_string(),
        points: summary.points,
        sha256: digest.to_string(),
        silences: summary.silences.iter().map(SilenceView::from).collect(),
        waypoints: summary.waypoints.iter().map(WaypointView::from).collect(),
    }))
}
