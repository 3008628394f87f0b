//! A row of a firm's own ledger answers to the authority once a declaration that covers it was filed, or is overdue.

use liandan::custody::Statement;
use liandan::id::SiteId;
use serde_json::{Value, json};

use super::{filed, path, prefilled, say, statement};
use crate::api::server::Server;
use crate::stock::site_of;
use crate::support::ledger::{block_on, databases};

/// A correction id.
fn correction(n: u8) -> String {
    format!("01890a5d-ac96-774b-bcce-b302099ac0{n:02x}")
}

/// The event behind the one row that a site has of what came in.
async fn row_of(server: &Server, label: &str, site: SiteId) -> String {
    let address = format!("{}/registers/inbound?from=2026-01-01&to=2026-12-31", path(site));
    let rows = server.read_as(label, &address).await.json();
    let [row] = &rows["items"].as_array().unwrap()[..] else { panic!("{rows}") };
    row["event_id"].as_str().unwrap().to_owned()
}

fn asked(n: u8, event: &str) -> Statement {
    let data = json!({ "correction": correction(n), "event": event, "pointer": "/data/lots/0/quantity/mass_g", "reason": "磅单" });
    Statement::CorrectionRequested(serde_json::from_value(data).unwrap())
}

fn corrected(n: u8, event: &str, pointer: &str, value: &Value) -> Value {
    json!({ "correction": correction(n), "event": event, "pointer": pointer, "value": value, "reason": "磅单" })
}

fn ordered(n: u8, event: &str, mass_g: i64) -> Statement {
    let data = corrected(n, event, "/data/lots/0/quantity/mass_g", &json!({ "mass-g": mass_g }));
    Statement::CorrectionOrdered(serde_json::from_value(data).unwrap())
}

fn refused(code: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), "/data/event".to_owned())]
}

#[test]
fn a_firms_own_row_is_reviewed_once_it_was_declared_or_should_have_been() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server
                .play(
                    "08:00  acme        opens  900-041-49 3 t
                     08:10  acme/paint  opens  900-252-12 1 t
                     08:20  marsh       opens  772-003-18 5 t
                     =====",
                )
                .await;
            let ((_, plant), (_, paint)) = (site_of("acme", None), site_of("acme", Some("paint")));
            let (of_plant, of_paint) =
                (row_of(&server, "acme", plant).await, row_of(&server, "acme", paint).await);
            let of_marsh = row_of(&server, "marsh", site_of("marsh", None).1).await;
            let early = "2026-03-20T09:00:00+08:00";
            assert_eq!(
                say(&server, "bureau", early, 1, ordered(1, &of_plant, 2_999_000)).await,
                refused("row-not-declared")
            );
            assert_eq!(
                say(&server, "bureau", early, 2, asked(1, &of_plant)).await,
                refused("row-not-declared")
            );
            // Who declares nothing has nothing to wait for.
            assert!(say(&server, "bureau", early, 3, ordered(1, &of_marsh, 4_000_000)).await.is_empty());

            let filing = "2026-04-01T09:00:00+08:00";
            let lines = prefilled(&server, "acme", plant, "2026-03-01").await;
            let march = statement("filed", filed(1, plant, "2026-03-01", lines));
            assert!(say(&server, "acme", filing, 4, march).await.is_empty());
            assert!(say(&server, "bureau", filing, 5, asked(2, &of_plant)).await.is_empty());
            assert!(say(&server, "bureau", filing, 6, ordered(2, &of_plant, 2_999_000)).await.is_empty());
            assert_eq!(
                say(&server, "bureau", filing, 7, ordered(3, &of_paint, 999_000)).await,
                refused("row-not-declared"),
                "of another site nothing is filed"
            );
            // Dated into a period that nobody has declared yet, it still was a row of March.
            let later =
                corrected(4, &of_plant, "/occurred_at", &json!({ "time": "2026-04-01T08:00:00.000+08:00" }));
            let later = Statement::CorrectionProposed(serde_json::from_value(later).unwrap());
            assert!(say(&server, "acme", "2026-04-02T09:00:00+08:00", 8, later).await.is_empty());
            let again = ordered(5, &of_plant, 2_998_000);
            assert!(say(&server, "bureau", "2026-04-02T09:01:00+08:00", 9, again).await.is_empty());

            let last_day = "2026-04-15T23:59:00+08:00";
            let late = ordered(6, &of_paint, 999_000);
            assert_eq!(say(&server, "bureau", last_day, 10, late.clone()).await, refused("row-not-declared"));
            assert!(say(&server, "bureau", "2026-04-16T00:00:00+08:00", 11, late).await.is_empty());
            server.ledger.store.close().await;
        });
    }
}

/// Who supervises a site reads what stands behind its registers, and corrects it, wherever the firm is registered.
#[test]
fn the_authority_over_a_site_reads_and_corrects_its_rows() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let (crane, kiln) = site_of("crane", None);
            let branch = "01890a5d-ac96-774b-bcce-b302099ad1aa";
            let registered =
                json!({ "site": branch, "party": crane, "name": "兰山分厂", "division": "371302" });
            let registered = Statement::SiteRegistered(serde_json::from_value(registered).unwrap());
            let at = "2026-03-02T08:00:00+08:00";
            assert!(say(&server, "bureau", at, 1, registered).await.is_empty());
            let branch: SiteId = branch.parse().unwrap();
            for (n, site) in [(2, kiln), (3, branch)] {
                let lot = format!("01890a5d-ac96-774b-bcce-b302099ae0{n:02x}");
                let opened = json!({ "site": site, "lots": [{
                    "lot": lot, "code": "900-041-49", "quantity": { "mass_g": 1_000_000, "basis": "measured" }, "containers": [] }] });
                let opened = Statement::StockOpened(serde_json::from_value(opened).unwrap());
                assert!(say(&server, "crane", at, n, opened).await.is_empty());
            }
            let (far, near) = (row_of(&server, "crane", kiln).await, row_of(&server, "crane", branch).await);
            assert_eq!(row_of(&server, "bureau", branch).await, near);
            for (event, status) in [(&near, 200), (&far, 404)] {
                assert_eq!(server.read_as("bureau", &format!("/api/v1/events/{event}")).await.status, status);
            }
            assert!(say(&server, "bureau", at, 4, ordered(1, &near, 900_000)).await.is_empty());
            assert_eq!(
                say(&server, "bureau", at, 5, ordered(2, &far, 900_000)).await,
                refused("not-your-division")
            );
            server.ledger.store.close().await;
        });
    }
}
