//! Documents that pages offer as files.

use liandan::web::WebMode;

use super::{Pages, attributes};
use crate::api::server::sign_script;
use crate::support::ledger::{Ledger, block_on, databases};

const SCRIPT: &str = "
    08:00  acme  generates  L1  900-041-49 600 kg  in 2 drums  labelled 1
    09:00  acme  registers  M1  900-041-49 300 kg acme > swift > phoenix
    =====
";

async fn played() -> (Ledger, crate::support::ledger::Database) {
    let database = databases().remove(0);
    let ledger = Ledger::found(&database.url).await;
    let played = sign_script(SCRIPT);
    for act in &played.acts {
        ledger.send(act).await.unwrap();
    }
    ledger.pass_time(played.ends_at).await;
    (ledger, database)
}

/// The first link of a page that ends so, before its parameters.
fn link_to(html: &str, end: &str) -> String {
    let mut links = attributes(html, "href").into_iter().chain(attributes(html, "action"));
    links
        .find(|link| link.split('?').next().unwrap().ends_with(end))
        .unwrap_or_else(|| panic!("no {end} in {html}"))
}

#[test]
fn what_can_be_printed_is_offered_as_a_file() {
    block_on(async {
        let (ledger, _database) = played().await;
        let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
        let of = async |page: &str, end: &str| {
            let page = pages.get(page).await;
            assert_eq!(page.status, 200);
            link_to(&page.body, end)
        };
        let manifests = pages.get("/manifests").await;
        let links = attributes(&manifests.body, "href");
        let is_manifest = |link: &&String| link.strip_prefix("/manifests/").is_some_and(|id| id.len() == 36);
        let manifest = links.iter().find(is_manifest).unwrap();
        let sites = pages.get("/sites").await;
        let is_site = |link: &&String| link.strip_prefix("/sites/").is_some_and(|id| id.len() == 36);
        let links = attributes(&sites.body, "href");
        let site = links.iter().find(is_site).unwrap();
        for (file, media, beginning) in [
            (of(&format!("{manifest}/print"), "/print/pdf").await, "application/pdf", "%PDF-1."),
            (of(site, "/store-ledger/pdf").await, "application/pdf", "%PDF-1."),
            (
                of(&format!("{site}/registers/inbound"), "/registers/inbound/pdf").await,
                "application/pdf",
                "%PDF-1.",
            ),
        ] {
            let answer = pages.get(&file).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, media), "{file}");
            assert!(answer.header("content-disposition").starts_with("attachment; filename=\""), "{file}");
            assert!(answer.body.starts_with(beginning), "{file}");
        }
        let wrong = pages.get(&format!("{site}/store-ledger/pdf?month=March")).await;
        assert_eq!(wrong.status, 404);
        // The public has no business with any of it.
        let public = Pages::serve(&ledger.app, WebMode::Public).await;
        for path in [format!("{manifest}/print/pdf"), format!("{site}/store-ledger/pdf")] {
            assert_eq!(public.get(&path).await.status, 401, "{path}");
        }
    });
}

#[test]
fn a_page_says_what_a_server_without_a_font_lacks() {
    block_on(async {
        let (ledger, _database) = played().await;
        ledger.app.look_for_fonts_in("no-such-folder".into());
        let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
        let manifests = pages.get("/manifests").await;
        let links = attributes(&manifests.body, "href");
        let is_manifest = |link: &&String| link.strip_prefix("/manifests/").is_some_and(|id| id.len() == 36);
        let manifest = links.iter().find(is_manifest).unwrap();
        let answer = pages.get(&format!("{manifest}/print/pdf")).await;
        assert_eq!(answer.status, 501);
        assert!(answer.body.contains("fonts-noto-cjk") && answer.body.contains("--font"), "{}", answer.body);
        assert!(!answer.body.contains("no-such-folder"));
    });
}
