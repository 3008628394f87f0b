//! What firms do for each other and about what was said: acting by a mandate, and corrections that the other side agrees to.

use liandan::custody::{Class, Kind};
use liandan::scenario::World;
use liandan::web::WebMode;

use super::{Pages, attributes, check_page};
use crate::api::server::{office_key, sign_script};
use crate::support::ledger::{Ledger, block_on, databases};

/// Who drives states what happens on the way; what is planned is for the office.
const ON_THE_ROAD: &str = "
    08:20  acme   opens      L2  900-041-49 2400 kg
    08:30  acme   registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    =====
";

#[test]
fn a_driver_is_shown_no_form_that_the_ledger_would_refuse() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(ON_THE_ROAD);
            for act in &played.acts {
                ledger.send(act).await.unwrap();
            }
            let pages = Pages::serve(&ledger.app, WebMode::Public).await;
            let (world, manifest) = (World::embedded(), played.names.manifest("M1").unwrap());
            let gate = world.key("swift", world.party("swift").unwrap().gate());
            let manifest = format!("/manifests/{manifest}");
            let driver = pages.signed_in(&ledger, &gate).await.get(&manifest).await;
            let office = pages.signed_in(&ledger, &office_key("swift")).await.get(&manifest).await;
            check_page(&manifest, &driver.body);
            let kinds = |page: &str| {
                let kinds = attributes(page, "data-kind").into_iter();
                kinds.map(|kind| Kind::named(&kind).unwrap()).collect::<Vec<Kind>>()
            };
            let is_fact = |kind: &Kind| kind.class() == Class::Fact;
            let (of_driver, of_office) = (kinds(&driver.body), kinds(&office.body));
            assert!(of_driver.iter().all(is_fact), "{of_driver:?}");
            assert!(of_office.iter().any(|kind| !is_fact(kind)), "{of_office:?}");
            assert!(driver.body.contains("您登录所用的密钥不能签署此项"), "and is told why");
            assert!(!office.body.contains("您登录所用的密钥不能签署此项"));
        });
    }
}

/// Lotus may register what arises at the clinic, and nothing else. Of the other load a mass was written down wrong.
const SCRIPT: &str = "
    08:00  clinic  mandates   lotus for waste.generated + manifest.voided until 2026-12-31
    08:05  clinic  generates  L1  841-001-01 60 kg
    08:10  clinic  registers  C1  841-001-01 60 kg  clinic > badger > phoenix
    08:20  acme    opens      L2  900-041-49 2400 kg
    08:30  acme    registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:00  acme    hands      M1  to swift
    =====
";

#[test]
fn who_acts_for_a_firm_finds_its_tasks_and_signs_what_the_mandate_covers() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(SCRIPT);
            for act in &played.acts {
                ledger.send(act).await.unwrap();
            }
            let pages = Pages::serve(&ledger.app, WebMode::Public).await;
            let lotus = pages.signed_in(&ledger, &office_key("lotus")).await;
            let clinic = World::embedded().party("clinic").unwrap();
            let manifest = format!("/manifests/{}", played.names.manifest("C1").unwrap());

            let tasks = lotus.get("/tasks").await;
            check_page("/tasks", &tasks.body);
            assert!(
                tasks.body.contains(&*clinic.zh) && tasks.body.contains("正在办理的单位"),
                "{}",
                tasks.body
            );
            assert_eq!(lotus.get(&manifest).await.status, 404, "as itself it has no part in it");

            // The switch is a cookie; what is asked with it is what the clinic sees.
            let switched = lotus.get(&format!("{manifest}?for={}", clinic.uscc)).await;
            assert_eq!((switched.status, switched.header("location")), (303, manifest.as_str()));
            let acting = lotus.with_cookie(&format!("{}; for={}", lotus.cookie, clinic.uscc));
            let page = acting.get(&manifest).await;
            assert_eq!(page.status, 200);
            check_page(&manifest, &page.body);
            assert_eq!(attributes(&page.body, "data-kind"), ["manifest.voided"], "what the mandate covers");
            assert_eq!(attributes(&page.body, "data-for"), [clinic.uscc.to_string()]);
            assert_eq!(attributes(&page.body, "data-mandate").len(), 1);
            assert!(page.body.contains("该单位的授权不包括此项"), "and what it does not");

            // Others are not let in by a cookie.
            let acme = pages.signed_in(&ledger, &office_key("acme")).await;
            let stranger = acme.with_cookie(&format!("{}; for={}", acme.cookie, clinic.uscc));
            assert_eq!(stranger.get(&manifest).await.status, 404);
            assert!(!stranger.get("/tasks").await.body.contains(&*clinic.zh));
        });
    }
}

#[test]
fn a_record_is_corrected_field_by_field_and_the_other_side_answers() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let text = SCRIPT.replace(
                "    =====",
                "    10:00  swift   corrects   #k1  line 1 to 1300 kg  \"看错磅单\"  #c1\n    =====",
            );
            let played = sign_script(&text.replace("to swift\n", "to swift  #k1\n"));
            for act in &played.acts {
                ledger.send(act).await.unwrap();
            }
            let pages = Pages::serve(&ledger.app, WebMode::Public).await;
            let swift = pages.signed_in(&ledger, &office_key("swift")).await;
            let manifest = format!("/manifests/{}", played.names.manifest("M1").unwrap());
            let chain = swift.get(&manifest).await.body;
            let ways: Vec<String> =
                attributes(&chain, "href").into_iter().filter(|link| link.ends_with("/correct")).collect();
            let [way] = &ways[..] else { panic!("the handover alone is a fact: {ways:?}") };
            let form = swift.get(way).await;
            check_page(way, &form.body);
            for pointer in
                ["/data/lines/0/quantity/mass_g", "/data/lines/0/code", "/data/vehicle", "/occurred_at"]
            {
                assert!(form.body.contains(pointer), "{pointer}: {}", form.body);
            }
            let kinds = attributes(&form.body, "data-kind");
            assert!(kinds.iter().all(|kind| kind == "correction.proposed"), "{kinds:?}");

            let acme = pages.signed_in(&ledger, &office_key("acme")).await;
            let answers = acme.get("/corrections").await;
            check_page("/corrections", &answers.body);
            assert!(answers.body.contains("看错磅单") && answers.body.contains("等待本单位答复"));
            assert_eq!(attributes(&answers.body, "data-kind"), ["correction.agreed", "correction.refused"]);
            assert_eq!(
                attributes(&swift.get("/corrections").await.body, "data-kind"),
                [""; 0],
                "it waits for the other side"
            );
            let phoenix = pages.signed_in(&ledger, &office_key("phoenix")).await;
            assert!(!phoenix.get("/corrections").await.body.contains("看错磅单"));
            assert_eq!(pages.get(way).await.status, 401);
        });
    }
}
