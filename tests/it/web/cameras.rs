//! Cameras on the page of a site.

use liandan::scenario::World;
use liandan::web::WebMode;

use super::Pages;
use crate::api::server::sign_script;
use crate::support::ledger::{Ledger, block_on, databases};

#[test]
fn a_site_shows_where_to_look_to_whom_it_is_open() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            for act in &sign_script("08:00 acme films TS001 keeps 60 days\n=====").acts {
                ledger.send(act).await.unwrap();
            }
            let world = World::embedded();
            let path = format!("/sites/{}", world.party("acme").unwrap().sites[0].site);
            let view = |label: &str| format!("view={}; lang=en", world.party(label).unwrap().uscc);
            let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
            for looks in ["lang=en".to_owned(), view("acme")] {
                let page = pages.with_cookie(&looks).get(&path).await.body;
                for says in ["Cameras", "href=\"https://video.example/1\"", "noopener", ">60<"] {
                    assert!(page.contains(says), "{says}: {page}");
                }
            }
            assert_eq!(pages.with_cookie(&view("swift")).get(&path).await.status, 404);
            let found = pages.with_cookie("lang=en").get("/findings?rule=video-too-short").await.body;
            assert!(found.contains("kept for 60 days, where 90 are asked for"), "{found}");
            ledger.store.close().await;
        });
    }
}
