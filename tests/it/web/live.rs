//! Pages that stand open hear that something happened, when it concerned whoever looks.

use liandan::web::WebMode;

use super::Pages;
use crate::api::server::{office_key, sign_script};
use crate::support::ledger::{Ledger, block_on, databases};

/// The second is no business of swift's.
const SCRIPT: &str = "
    08:00 acme opens L1 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1200 kg acme > heron > phoenix
    =====
";

/// Lines of the script, from 1.
const OPENED: usize = 2;
const OF_SWIFT: usize = 3;
const OF_HERON: usize = 4;

async fn open(pages: &Pages, last: Option<&str>) -> reqwest::Response {
    let request = pages.client.get(format!("{}/live", pages.base)).header("cookie", &pages.cookie);
    last.into_iter().fold(request, |request, id| request.header("last-event-id", id)).send().await.unwrap()
}

/// The next thing that is told, comments left out.
async fn told(stream: &mut reqwest::Response) -> String {
    loop {
        let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
        let chunk = String::from_utf8(chunk.to_vec()).unwrap();
        if !chunk.starts_with(':') {
            return chunk;
        }
    }
}

#[test]
fn a_page_that_stands_open_hears_what_concerns_it_and_goes_on_where_it_ended() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let site = Pages::serve(&ledger.app, WebMode::Public).await;
            let acts = sign_script(SCRIPT).acts;
            let of_line = |line: usize| acts.iter().filter(move |act| act.line == line);
            for act in of_line(OPENED) {
                ledger.send(act).await.unwrap();
            }
            let swift = site.signed_in(&ledger, &office_key("swift")).await;
            let phoenix = site.signed_in(&ledger, &office_key("phoenix")).await;
            let (mut of_swift, mut of_phoenix) = (open(&swift, None).await, open(&phoenix, None).await);
            assert_eq!(of_swift.headers()["content-type"], "text/event-stream");
            assert_eq!(of_swift.headers()["cache-control"], "no-store");
            for act in of_line(OF_HERON) {
                ledger.send(act).await.unwrap();
            }
            let heard = told(&mut of_phoenix).await;
            assert!(heard.contains("\nevent: news\ndata: "), "{heard}");
            ledger.send(of_line(OF_SWIFT).next().unwrap()).await.unwrap();
            let heard = told(&mut of_swift).await;
            assert!(heard.ends_with("event: news\ndata: 1\n\n"), "of two manifests one is its own: {heard}");
            // Whoever comes back, in a session of today, hears what happened on the way; a number that was never given counts for none.
            let phoenix = site.signed_in(&ledger, &office_key("phoenix")).await;
            let first = told(&mut open(&phoenix, Some("0")).await).await;
            assert!(first.contains("event: news"), "{first}");
            let odd = open(&phoenix, Some("99999999999999999999")).await;
            assert_eq!(odd.status(), 200);
        });
    }
}

#[test]
fn whom_nothing_concerns_hears_nothing() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let site = Pages::serve(&ledger.app, WebMode::Public).await;
        assert_eq!(open(&site, None).await.status(), 204);
        let page = site.get("/").await;
        assert!(!page.body.contains("/desk/live.js"), "no script that would ask");
        let swift = site.signed_in(&ledger, &office_key("swift")).await;
        assert!(swift.get("/").await.body.contains("/desk/live.js"));
    });
}
