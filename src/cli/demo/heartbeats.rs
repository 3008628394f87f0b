//! Heartbeats of devices in the demonstration: a month of a scale, a camera and a gateway, which are not always heard.

use super::Error;
use crate::app::App;
use crate::app::access::Viewer;
use crate::app::heartbeats::MAX_HEARTBEATS;
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::custody::heartbeat::{Device, DeviceKind, Heartbeat};
use crate::registry::Role;
use crate::scenario::World;

/// So long the devices are heard, and so often.
const HEARD_MS: i64 = 30 * 24 * HOUR_MS;
const EVERY_MS: i64 = 10 * MINUTE_MS;

/// A device, and when it was silent: from so many hours before the end to so many.
type Silent = (DeviceKind, &'static str, &'static [(i64, i64)]);

/// The scale was silent for an evening and for a day, the camera is since noon, the gateway is heard throughout.
const DEVICES: [Silent; 3] = [
    (DeviceKind::Scale, "scale-1", &[(100, 93), (500, 476)]),
    (DeviceKind::Camera, "camera-1", &[(8, -1), (310, 308)]),
    (DeviceKind::Gateway, "gateway-1", &[]),
];

/// Send what the gateway of the treatment plant would have sent by now.
pub(super) async fn send(app: &App) -> Result<(), Error> {
    let (world, role) = (World::embedded(), Role::Operator);
    let party = world.party("phoenix").ok_or("the world lacks a party")?;
    let kid = world.key("phoenix", role).public().kid();
    let viewer = Viewer::Party { party: party.uscc, role, kid };
    let site = party.sites.first().ok_or("the plant has no site")?.site;
    let now = app.clock().now();
    for (kind, name, silent) in DEVICES {
        let device = Device { kind, name: name.parse()? };
        let moments = (0..=HEARD_MS / EVERY_MS).map(|n| now.plus_millis(-n * EVERY_MS));
        let is_silent = |at: &Timestamp| {
            let ago_ms = now.since(*at);
            silent.iter().any(|(from, to)| (to * HOUR_MS..from * HOUR_MS).contains(&ago_ms))
        };
        let heard: Vec<Heartbeat> =
            moments.filter(|at| !is_silent(at)).map(|at| Heartbeat { device: device.clone(), at }).collect();
        for call in heard.chunks(MAX_HEARTBEATS) {
            app.hear(&viewer, site, call.to_vec()).await?.ok_or("the plant is not its own")?;
        }
    }
    Ok(())
}
