//! Limits of cameras: an address that leads to one, and no password in it.

use super::super::CONSIGNOR;
use super::{Base, Refused, refused, with};

const WATCHED: Base = (
    "site.updated",
    CONSIGNOR,
    r#"{"site":"01890a5d-ac96-774b-bcce-b302099a8014","party":"91370000DEM000001A","name":"一号厂区","division":"371302","facilities":[{"code":"TS001","name":"危废库","cameras":[{"name":"东门","link":"https://video.example/1","keeps_days":90}]}]}"#,
);

pub(super) fn vectors() -> Vec<Refused> {
    let linked = |link: &str| with(WATCHED, "https://video.example/1", link);
    let pointer = "/data/facilities/0/cameras/0/link";
    vec![
        refused("a camera without an address", linked("https://"), pointer),
        refused("a camera at an address that runs", linked("javascript:alert(1)"), pointer),
        refused(
            "a camera at an address without encryption of a page",
            linked("http://video.example/1"),
            pointer,
        ),
        refused("a camera at an address of two words", linked("https://video.example/1 2"), pointer),
        refused("a camera with its password", linked("rtsp://admin:12345@10.0.0.9/1"), pointer),
        refused(
            "a camera that keeps pictures for a negative time",
            with(WATCHED, r#""keeps_days":90"#, r#""keeps_days":-1"#),
            "/data/facilities/0/cameras/0/keeps_days",
        ),
    ]
}
