//! Devices on the page of a site and on their own.

use liandan::app::access::Viewer;
use liandan::clock::{MINUTE_MS, Timestamp};
use liandan::custody::heartbeat::{Device, DeviceKind, Heartbeat};
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::Pages;
use crate::stock::site_of;
use crate::support::ledger::{Ledger, block_on, databases};

#[test]
fn a_site_shows_its_devices_and_their_silences_to_whom_it_is_open() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let noon: Timestamp = "2026-03-20T12:00:00+08:00".parse().unwrap();
            ledger.pass_time(noon).await;
            let (world, (party, site)) = (World::embedded(), site_of("acme", None));
            let (role, view) =
                (Role::Operator, |label: &str| format!("view={}; lang=en", world.party(label).unwrap().uscc));
            let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
            let (at_site, own) = (format!("/sites/{site}"), format!("/sites/{site}/devices"));
            let before = pages.with_cookie("lang=en").get(&at_site).await.body;
            assert!(!before.contains("Heartbeats of devices"), "nothing was heard yet");
            assert!(pages.with_cookie("lang=en").get(&own).await.body.contains("No device ever sent"));

            let viewer = Viewer::Party { party, role, kid: world.key("acme", role).public().kid() };
            let beat = |kind, name: &str, minutes: i64| Heartbeat {
                device: Device { kind, name: name.parse().unwrap() },
                at: noon.plus_millis(-minutes * MINUTE_MS),
            };
            let said = vec![
                beat(DeviceKind::Scale, "scale-1", 300),
                beat(DeviceKind::Scale, "scale-1", 200),
                beat(DeviceKind::Camera, "cam.1", 1),
            ];
            ledger.app.hear(&viewer, site, said).await.unwrap().unwrap();
            for looks in ["lang=en".to_owned(), view("acme")] {
                let page = pages.with_cookie(&looks).get(&at_site).await.body;
                for says in [
                    "Heartbeats of devices",
                    "more than 15 minutes",
                    ">scale-1<",
                    "cam.1",
                    "2026-03-20 08:40",
                    "svg class=\"strip\"",
                    &own,
                ] {
                    assert!(page.contains(says), "{says}: {page}");
                }
                let page = pages.with_cookie(&looks).get(&own).await.body;
                for says in [
                    "Silent 2026-03-20 07:00 to 2026-03-20 08:40, 100 minutes",
                    "Silent since 2026-03-20 08:40, and still is",
                    "handheld scanner",
                ] {
                    assert_eq!(page.contains(says), says != "handheld scanner", "{says}: {page}");
                }
                assert!(!page.contains("<script>"), "it is read without scripts");
            }
            let chinese = pages.with_cookie("lang=zh").get(&own).await.body;
            for says in ["电子地磅", "静默自 2026-03-20 08:40 起，仍未恢复", "截至 2026-03-20 12:00 的 30 天"]
            {
                assert!(chinese.contains(says), "{says}: {chinese}");
            }
            let earlier = pages.with_cookie("lang=en").get(&format!("{own}?on=2026-03-19")).await.body;
            assert!(
                earlier.contains("value=\"2026-03-19\"") && !earlier.contains("Silent 2026"),
                "{earlier}"
            );
            for page in [&at_site, &own] {
                assert_eq!(pages.with_cookie(&view("swift")).get(page).await.status, 404, "{page}");
            }
            ledger.store.close().await;
        });
    }
}
