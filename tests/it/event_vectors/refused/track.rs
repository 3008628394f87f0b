//! Limits of tracks: what they tell stands in order, within their time, and is what a summary of points can be.

use super::super::CARRIER;
use super::{Base, Refused, refused, with};

const TRACK: Base = (
    "track.recorded",
    CARRIER,
    r#"{"vehicle":"鲁Q12345","manifests":["01890a5d-ac96-774b-bcce-b302099a8028"],"from":"2026-03-02T01:20:00.000Z","to":"2026-03-02T03:20:00.000Z","points":121,"sha256":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM","silences":[{"from":"2026-03-02T02:00:00.000Z","to":"2026-03-02T02:31:00.000Z","left":{"lat_udeg":35100000,"lon_udeg":118350000},"back":{"lat_udeg":35200000,"lon_udeg":118350000}}],"waypoints":[{"at":"2026-03-02T01:20:00.000Z","place":{"lat_udeg":35000000,"lon_udeg":118350001}},{"at":"2026-03-02T03:20:00.000Z","place":{"lat_udeg":35300000,"lon_udeg":118350000}}],"alarms":[{"type":"speeding","at":"2026-03-02T01:50:00.000Z"}]}"#,
);

pub(super) fn vectors() -> Vec<Refused> {
    let edited = |from: &str, to: &str| with(TRACK, from, to);
    let manifest = r#""01890a5d-ac96-774b-bcce-b302099a8028""#;
    let silence = r#"{"from":"2026-03-02T02:00:00.000Z","to":"2026-03-02T02:31:00.000Z","#;
    let until = |to: &str| format!(r#"{{"from":"2026-03-02T02:00:00.000Z","to":"{to}","#);
    let first = r#""waypoints":[{"at":"2026-03-02T01:20:00.000Z""#;
    let last = r#"{"at":"2026-03-02T03:20:00.000Z""#;
    let alarm = r#""at":"2026-03-02T01:50:00.000Z""#;
    vec![
        refused(
            "a track of one manifest twice",
            edited(manifest, &format!("{manifest},{manifest}")),
            "/data/manifests/1",
        ),
        refused("a track of no manifest", edited(manifest, ""), "/data/manifests"),
        refused(
            "a track that ends before it begins",
            edited(
                r#""to":"2026-03-02T03:20:00.000Z","points""#,
                r#""to":"2026-03-02T01:20:00.000Z","points""#,
            ),
            "/data/to",
        ),
        refused(
            "a track of more than 31 days",
            edited(
                r#""to":"2026-03-02T03:20:00.000Z","points""#,
                r#""to":"2026-04-02T01:20:00.001Z","points""#,
            ),
            "/data/to",
        ),
        refused(
            "a track of fewer points than it tells",
            edited(r#""points":121"#, r#""points":1"#),
            "/data/points",
        ),
        refused(
            "a track of too many points",
            edited(r#""points":121"#, r#""points":200001"#),
            "/data/points",
        ),
        refused("a track of half a point", edited(r#""points":121"#, r#""points":120.5"#), "/data/points"),
        refused(
            "a first waypoint that is not the first point",
            edited(first, r#""waypoints":[{"at":"2026-03-02T01:20:00.001Z""#),
            "/data/waypoints/0/at",
        ),
        refused(
            "a last waypoint that is not the last point",
            edited(last, r#"{"at":"2026-03-02T03:19:59.999Z""#),
            "/data/waypoints/1/at",
        ),
        refused(
            "waypoints out of order",
            edited(
                last,
                &format!(
                    r#"{{"at":"2026-03-02T01:19:00.000Z","place":{{"lat_udeg":1,"lon_udeg":1}}}},{last}"#
                ),
            ),
            "/data/waypoints/1/at",
        ),
        refused(
            "a waypoint beyond the pole",
            edited("35000000", "90000001"),
            "/data/waypoints/0/place/lat_udeg",
        ),
        refused(
            "a waypoint beyond half a turn",
            edited("118350001", "180000001"),
            "/data/waypoints/0/place/lon_udeg",
        ),
        refused(
            "a waypoint that is no number",
            edited("118350001", "1e9"),
            "/data/waypoints/0/place/lon_udeg",
        ),
        refused(
            "silence that is over in five minutes",
            edited(silence, &until("2026-03-02T02:05:00.000Z")),
            "/data/silences/0/to",
        ),
        refused(
            "silence beyond the end",
            edited(silence, &until("2026-03-02T03:20:00.001Z")),
            "/data/silences/0/from",
        ),
        refused(
            "an alarm before the beginning",
            edited(alarm, r#""at":"2026-03-02T01:19:00.000Z""#),
            "/data/alarms/0/at",
        ),
        refused(
            "an alarm of no type that is known",
            edited(r#""speeding""#, r#""boredom""#),
            "/data/alarms/0/type",
        ),
    ]
}
