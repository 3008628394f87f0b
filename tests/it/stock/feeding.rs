//! The feed of a furnace day: proposed, stated, and shown as computed.

use liandan::custody::Statement;

use super::{signed, site_of};
use crate::api::server::Server;
use crate::support::ledger::{block_on, databases};

const TWO_LOADS: &str = "
    08:00  acme     opens      L1  900-041-49 2000 kg
    08:10  acme     opens      L2  900-252-12 500 kg
    09:00  acme     registers  M1  900-041-49 1200 kg + 900-252-12 500 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift  from L1 1200 kg + L2 500 kg
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1200 kg + 500 kg
    =====
";

#[test]
fn a_weighed_feed_is_shared_out_stated_and_shown_as_computed() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(TWO_LOADS).await;
            let (_, site) = site_of("phoenix", None);
            let path = format!("/api/v1/sites/{site}/feed-sheet?code=900-041-49,900-252-12");
            let sheet = server.read_as("phoenix", &format!("{path}&mass_g=1000001")).await.json();
            let parts: Vec<(i64, i64)> = (sheet["parts"].as_array().unwrap().iter())
                .map(|part| (part["balance_mass_g"].as_i64().unwrap(), part["mass_g"].as_i64().unwrap()))
                .collect();
            let sum: i64 = parts.iter().map(|(_, mass_g)| mass_g).sum();
            assert_eq!((sum, sheet["there_mass_g"].as_i64()), (1_000_001, Some(1_700_000)));
            assert!(
                parts.contains(&(1_200_000, 705_883)) && parts.contains(&(500_000, 294_118)),
                "{parts:?}"
            );

            let short = server.read_as("phoenix", &format!("{path}&mass_g=1700001")).await;
            assert_eq!(short.status, 422);
            let (slug, errors) = short.problem();
            assert_eq!(
                (slug.as_str(), &errors[0]),
                ("unacceptable", &("stock-short".into(), "/query/mass_g".into()))
            );
            assert!(short.text.contains("1700000"), "it names what is there: {}", short.text);

            let data = serde_json::json!({
                "site": site, "inputs": sheet["inputs"], "weighed": sheet["weighed"], "method": "D10", "outputs": []
            });
            let at = "2026-03-03T09:00:00+08:00".parse().unwrap();
            server.ledger.clock.set(at);
            let treated = Statement::WasteDisposed(serde_json::from_value(data).unwrap());
            let receipt =
                server.ledger.app.submit(&signed("phoenix", at, 1, treated), None).await.unwrap().receipt;
            let event = format!("/api/v1/events/{}", receipt.event_id);
            let event = server.read_as("phoenix", &event).await.json();
            assert_eq!(event["computed"], true, "{event}");
            let open = server.read_as("bureau", "/api/v1/findings?state=open").await.json();
            assert_eq!(open["items"].as_array().unwrap().len(), 0, "{open}");
            let stock = server.read_as("phoenix", &format!("/api/v1/sites/{site}/stock")).await.json();
            let disposed = stock["codes"].as_array().unwrap().iter();
            let disposed: i64 = disposed.map(|row| row["flows"]["disposed_mass_g"].as_i64().unwrap()).sum();
            assert_eq!(disposed, 1_000_001);
            server.ledger.store.close().await;
        });
    }
}
