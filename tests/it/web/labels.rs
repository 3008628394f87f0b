//! The pages about labels.

use liandan::ledger::{Envelope, Typ};
use liandan::scenario::World;
use liandan::web::WebMode;

use super::{EVIL, Pages};
use crate::api::server::{office_key, sign_script};
use crate::support::ledger::{Ledger, block_on, databases};

const TWO_LOTS: &str = "
    08:00  acme  generates  L1  900-041-49 600 kg  in 2 drums  labelled 1
    09:00  acme  generates  L2  900-041-49 400 kg  in 1 drums  labelled 2
    =====
";

#[test]
fn a_lot_shows_its_containers_and_a_label_those_that_bear_it() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let played = sign_script(TWO_LOTS);
        ledger.send(&played.acts[0]).await.unwrap();
        let second = String::from_utf8(played.acts[1].envelope.payload().to_vec()).unwrap();
        ledger.send(&played.acts[1]).await.unwrap();
        let acme = World::embedded().party("acme").unwrap().uscc;
        let label = format!("{acme}9000414920260302002");
        // A label may be any text.
        let evil = serde_json::to_string(EVIL).unwrap();
        let other = [
            ("\"act\":\"0", "\"act\":\"1"),
            ("\"lot\":\"0", "\"lot\":\"1"),
            ("\"container\":\"0", "\"container\":\"1"),
        ];
        let mut spoilt = second.replace(&format!("\"{label}\""), &evil);
        for (from, to) in other {
            assert!(spoilt.contains(from), "{spoilt}");
            spoilt = spoilt.replace(from, to);
        }
        let envelope = Envelope::sign(Typ::Event, spoilt.as_bytes(), &office_key("acme"));
        ledger.app.submit(envelope.into_compact().as_bytes(), None).await.unwrap();

        let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
        let findings = pages.get("/findings").await;
        assert!(
            findings.body.contains("标签重复使用") && findings.body.contains(&label),
            "{}",
            findings.body
        );
        let page = pages.get(&format!("/labels/{label}")).await;
        assert_eq!(page.status, 200);
        for shown in [label.as_str(), "900-041-49", "2026-03-02", "/lots/", "容器"] {
            assert!(page.body.contains(shown), "{shown} in {}", page.body);
        }
        let lots: Vec<String> = super::attributes(&page.body, "href")
            .into_iter()
            .filter(|link| link.starts_with("/lots/"))
            .collect();
        assert_eq!(lots.len(), 2, "{lots:?}");
        let lot = pages.get(&lots[0]).await;
        let links = super::attributes(&lot.body, "href");
        assert_eq!(links.iter().filter(|link| link.starts_with("/labels/")).count(), 2, "{links:?}");
        for link in links.iter().filter(|link| link.starts_with("/labels/")) {
            assert_eq!(pages.get(link).await.status, 200, "{link}");
        }
        let spelled = format!("/labels/{}%20900-041-49-20260302-002", acme.to_string().to_lowercase());
        assert_eq!(pages.get(&spelled).await.status, 200, "any spelling leads there");
        for absent in ["/labels/x", "/labels/01890a5d-ac96-874b-bcce-b302099a8057"] {
            assert_eq!(pages.get(absent).await.status, 404, "{absent}");
        }
        let evil_page =
            pages.get("/labels/%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%3E%3Cimg%20src%3Dx%3E").await;
        assert_eq!(evil_page.status, 200);
        assert!(!evil_page.body.contains("<script>alert") && !evil_page.body.contains("<img src=x"));
        let public = Pages::serve(&ledger.app, WebMode::Public).await;
        assert_ne!(public.get(&format!("/labels/{label}")).await.status, 200);
    });
}
