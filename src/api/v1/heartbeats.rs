//! Devices of a site: heartbeats in, silences out.

use axum::extract::{DefaultBodyLimit, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, JsonBody, Path, Query, day};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::heartbeats::{Heard, MAX_HEARTBEATS};
use crate::app::query::{DeviceShown, SiteDevices};
use crate::clock::{MINUTE_MS, Timestamp};
use crate::custody::heartbeat::{Device, DeviceKind, DeviceName, Heartbeat, SILENCE_MS, Silence};
use crate::id::SiteId;
use crate::registry::standing::{Camera, Facility};
use crate::shape::List;

/// Room for the most heartbeats with the longest names, each on a line of its own.
const MAX_BODY_BYTES: usize = 256 * 1024;

pub(super) fn router() -> OpenApiRouter<App> {
    let hearing = OpenApiRouter::new().routes(routes!(hear)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    hearing.merge(OpenApiRouter::new().routes(routes!(devices)))
}

/// One heartbeat: a device worked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HeartbeatView {
    /// What the device is called at the site: letters `a-z` and `A-Z`, digits, `.`, `_`, `-`; a letter or digit first.
    #[schema(value_type = String, example = "scale-1", max_length = 40, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    device: DeviceName,
    /// What sort it is. Two devices of different sorts may have one name.
    kind: DeviceKindView,
    /// When, with its offset: at most 5 minutes ahead of the ledger's clock and 31 days old.
    #[schema(value_type = String, format = "date-time")]
    at: Timestamp,
}

impl From<HeartbeatView> for Heartbeat {
    fn from(view: HeartbeatView) -> Self {
        Self { device: Device { kind: view.kind.into(), name: view.device }, at: view.at }
    }
}

/// Sorts of devices.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum DeviceKindView {
    /// A scale or weighbridge.
    Scale,
    /// A camera.
    Camera,
    /// The unit of a vehicle.
    VehicleUnit,
    /// A printer of labels.
    LabelPrinter,
    /// A handheld scanner.
    Scanner,
    /// A gateway that speaks for others.
    Gateway,
    /// Anything else.
    Other,
}

impl From<DeviceKindView> for DeviceKind {
    fn from(kind: DeviceKindView) -> Self {
        match kind {
            DeviceKindView::Scale => Self::Scale,
            DeviceKindView::Camera => Self::Camera,
            DeviceKindView::VehicleUnit => Self::VehicleUnit,
            DeviceKindView::LabelPrinter => Self::LabelPrinter,
            DeviceKindView::Scanner => Self::Scanner,
            DeviceKindView::Gateway => Self::Gateway,
            DeviceKindView::Other => Self::Other,
        }
    }
}

/// Heartbeats of devices of one site.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HeartbeatsView {
    /// In any order; those that were sent before change nothing.
    #[schema(value_type = Vec<HeartbeatView>, min_items = 1, max_items = 1000)]
    heartbeats: List<HeartbeatView, 1, MAX_HEARTBEATS>,
}

/// What became of heartbeats.
#[derive(Serialize, ToSchema)]
struct HeardView {
    /// Those that told something: the device was not known to work then.
    new: u64,
    /// The others: sent before, or between two that were known.
    known: u64,
    /// A device that was not heard for more minutes than these is silent.
    silence_minutes: i64,
}

impl From<Heard> for HeardView {
    fn from(heard: Heard) -> Self {
        Self { new: heard.new, known: heard.known, silence_minutes: SILENCE_MS / MINUTE_MS }
    }
}

/// Tell that devices at a site of your party work. Beside the log: nothing is signed, and no finding comes of it.
///
/// A gateway sends what its devices say, every few minutes or after an outage all at once: the same again, doubled or in another order comes to the same.
/// All of a call is taken, or nothing. At most 64 devices a site; kept are the times in which each was heard, for 400 days.
#[utoipa::path(post, path = "/sites/{id}/heartbeats", operation_id = "sendHeartbeats", tag = "registry", security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id.")), request_body(content = HeartbeatsView),
    responses((status = 200, description = "Taken.", body = HeardView), Keeping))]
async fn hear(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    JsonBody(body): JsonBody<HeartbeatsView, MAX_BODY_BYTES>,
) -> Result<Json<HeardView>, Problem> {
    let heartbeats = body.heartbeats.into_vec().into_iter().map(Heartbeat::from).collect();
    let heard = app.hear(&viewer, id, heartbeats).await?.ok_or_else(Problem::absent)?;
    Ok(Json(heard.into()))
}

/// A time in which a device was silent.
#[derive(Serialize, ToSchema)]
struct DeviceSilenceView {
    /// When it was heard last before.
    #[schema(format = "date-time")]
    from: String,
    /// When it was heard again; absent while it is silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    to: Option<String>,
}

impl From<Silence> for DeviceSilenceView {
    fn from(silence: Silence) -> Self {
        Self { from: silence.from.to_string(), to: silence.to.map(|to| to.to_string()) }
    }
}

/// A device of a site.
#[derive(Serialize, ToSchema)]
struct DeviceView {
    /// What it is called.
    device: String,
    /// What sort it is: `scale`, `camera`, `vehicle-unit`, `label-printer`, `scanner`, `gateway` or `other`.
    kind: &'static str,
    /// When it was heard first.
    #[schema(format = "date-time")]
    first_heard: String,
    /// When it was heard last.
    #[schema(format = "date-time")]
    last_heard: String,
    /// Since when it is silent; absent while it is heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    silent_since: Option<String>,
    /// When it was silent, in order; of very many the last 100.
    silences: Vec<DeviceSilenceView>,
    /// True where it was silent more often, before these.
    has_more: bool,
}

impl From<DeviceShown> for DeviceView {
    fn from(shown: DeviceShown) -> Self {
        let DeviceShown { device, first, last, silent_since, silences, has_more } = shown;
        Self {
            device: device.name.to_string(),
            kind: device.kind.name(),
            first_heard: first.to_string(),
            last_heard: last.to_string(),
            silent_since: silent_since.map(|since| since.to_string()),
            silences: silences.into_iter().map(DeviceSilenceView::from).collect(),
            has_more,
        }
    }
}

/// A camera that watches a facility, as the site says.
#[derive(Serialize, ToSchema)]
struct CameraView {
    /// Code of the facility.
    facility: String,
    /// Name of the facility.
    facility_name: String,
    /// What it is called.
    name: String,
    /// Where whoever may looks through it.
    link: String,
    /// For how many days its pictures are kept.
    keeps_days: u16,
}

impl CameraView {
    fn of(facility: &Facility, camera: &Camera) -> Self {
        Self {
            facility: facility.code.to_string(),
            facility_name: facility.name.to_string(),
            name: camera.name.to_string(),
            link: camera.link.to_string(),
            keeps_days: camera.keeps_days,
        }
    }
}

/// The devices of a site.
#[derive(Serialize, ToSchema)]
struct SiteDevicesView {
    /// A device that was not heard for more minutes than these is silent.
    silence_minutes: i64,
    /// Silences are told from here on.
    #[schema(format = "date-time")]
    from: String,
    /// Up to here.
    #[schema(format = "date-time")]
    to: String,
    /// Devices that sent heartbeats in the last 400 days, by sort and name; at most 64.
    devices: Vec<DeviceView>,
    /// Cameras that the site registered, by facility.
    cameras: Vec<CameraView>,
}

impl From<SiteDevices> for SiteDevicesView {
    fn from(found: SiteDevices) -> Self {
        let of = |facility| move |camera| CameraView::of(facility, camera);
        let cameras =
            found.site.facilities.iter().flat_map(|facility| facility.cameras.iter().map(of(facility)));
        Self {
            silence_minutes: SILENCE_MS / MINUTE_MS,
            from: found.shown.from.to_string(),
            to: found.shown.to.to_string(),
            cameras: cameras.collect(),
            devices: found.devices.into_iter().map(DeviceView::from).collect(),
        }
    }
}

/// Which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DevicesQuery {
    /// The last of the 30 days whose silences are told, for example `2026-03-31`; up to now when absent.
    on: Option<String>,
}

/// The devices at a site, since when one is silent, when it was in 30 days; and the cameras that the site registered.
///
/// For the party of the site and the authorities over its division. Heartbeats lie beside the log and prove nothing: they are what the firm's gateway said.
#[utoipa::path(get, path = "/sites/{id}/devices", operation_id = "listDevices", tag = "registry", security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id."), DevicesQuery),
    responses((status = 200, description = "Devices and cameras.", body = SiteDevicesView), Reading))]
async fn devices(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    Query(query): Query<DevicesQuery>,
) -> Result<Json<SiteDevicesView>, Problem> {
    let on = day("on", query.on.as_deref())?;
    let found = app.devices(&viewer, id, on).await?.ok_or_else(Problem::absent)?;
    Ok(Json(found.into()))
}
