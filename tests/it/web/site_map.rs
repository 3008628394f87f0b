//! The schematic map of a division.

use liandan::scenario::World;
use liandan::web::WebMode;

use super::{Pages, attributes};
use crate::api::server::sign_script;
use crate::support::ledger::{Ledger, block_on, databases};

/// A load goes from one placed site to another, a second one to a site that says nothing of where it lies; a third has not left.
const MOVED: &str = "
    08:00  acme          lies       gps 35.104711 118.356448
    08:00  phoenix/kiln  lies       gps 34.988900 118.287350
    08:10  acme          opens      900-041-49 12 t
    09:00  acme          registers  M1  900-041-49 1 t  acme > swift > phoenix
    09:05  acme          registers  M2  900-041-49 1 t  acme > swift > crane
    09:06  acme          registers  M3  900-041-49 1 t  acme > swift > phoenix
    10:00  acme          hands      M1  to swift
    10:00  acme          hands      M2  to swift
    11:00  swift         hands      M1  to phoenix
    =====
";

#[test]
fn an_officer_sees_sites_on_a_map_and_what_went_between_them() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            for act in &sign_script(MOVED).acts {
                ledger.send(act).await.unwrap();
            }
            let pages = Pages::serve(&ledger.app, WebMode::Demo).await.with_cookie("lang=en");
            let page = pages.get("/sites/map").await;
            assert_eq!(page.status, 200);
            let world = World::embedded();
            for (site, is_there) in [("acme/plant", true), ("acme/paint", false), ("crane/kiln", false)] {
                let (party, label) = site.split_once('/').unwrap();
                let site = world.party(party).unwrap().sites.iter().find(|site| site.label == label).unwrap();
                let link = format!("/sites/{}", site.site);
                assert_eq!(attributes(&page.body, "href").contains(&link), is_there, "{label}");
            }
            assert_eq!(page.body.matches("circle class=\"place").count(), 2);
            assert_eq!(page.body.matches("class=\"between\"").count(), 1);
            assert!(page.body.contains("1 兰山总厂 → 2 罗庄焚烧厂 · manifests 1"));
            // A county has its own; places outside the officer's division, and none, are nobody's.
            let county = pages.get("/sites/map?division=371311").await;
            assert_eq!(county.body.matches("circle class=\"place").count(), 1);
            assert!(pages.get("/sites/map?division=371328").await.body.contains("No site of this division"));
            for path in ["/sites/map?division=110101", "/sites/map?division=x", "/sites/map?division=9"] {
                assert_eq!(pages.get(path).await.status, 404, "{path}");
            }
            let acme = world.party("acme").unwrap().uscc;
            assert_eq!(pages.with_cookie(&format!("view={acme}")).get("/sites/map").await.status, 404);
            ledger.store.close().await;
        });
    }
}
