//! The sheet of a site over HTTP: what an officer reads before the gate, and who else may.

use serde_json::{Value, json};

use super::server::Server;
use crate::support::ledger::{block_on, databases};

/// Two lots of one code, the older one drawn from; a load received 80 kg short, one on its way, a patrol, an inspection, a hold.
const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg
    08:10 acme opens L2 900-041-49 500 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1200 kg acme > heron > phoenix
    09:20 acme hands M1 to swift
    09:30 acme hands M2 to heron
    16:05 swift hands M1 to phoenix
    16:30 phoenix receives M1 1120 kg
    17:00 bureau inspects phoenix \"scale looked at\"
    17:10 bureau opens case C1 on phoenix patrol \"labels are missing\" due 2026-03-10
    17:20 bureau holds H1 on phoenix \"until weighed again\"
    =====";

async fn site_of(server: &Server, label: &str) -> String {
    let sites = server.read_as(label, "/api/v1/sites").await.json();
    sites["items"][0]["site"].as_str().unwrap().to_owned()
}

async fn sheet(server: &Server, label: &str, site: &str) -> Value {
    server.read_as(label, &format!("/api/v1/sites/{site}/sheet")).await.json()
}

fn kinds(sheet: &Value) -> Vec<&str> {
    sheet["record"]["papers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|paper| paper["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn one_sheet_tells_what_is_known_of_a_site() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let site = site_of(&server, "phoenix").await;
            let seen = sheet(&server, "bureau", &site).await;
            assert_eq!(seen, sheet(&server, "phoenix", &site).await, "the firm reads what the officer reads");
            assert_eq!(seen["stock"]["site"]["site"], json!(site));
            let under_way: Vec<&Value> =
                seen["manifests"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
            assert_eq!(under_way, ["in-transit"], "what was received is under way no longer");
            let rules: Vec<&Value> =
                seen["findings"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
            assert!(rules.contains(&&json!("mass-discrepancy")), "{rules:?}");
            let evidence = seen["findings"][0]["evidence"].as_array().unwrap();
            assert!(!evidence.is_empty());
            assert_eq!(seen["cases"][0]["source"], "patrol");
            assert!(
                kinds(&seen).contains(&"inspection") && kinds(&seen).contains(&"hold"),
                "{:?}",
                kinds(&seen)
            );
            assert!(!seen["record"]["permits"].as_array().unwrap().is_empty());
            assert_eq!(seen["more"], json!({ "manifests": false, "findings": false, "cases": false }));

            let acme = site_of(&server, "acme").await;
            let seen = sheet(&server, "acme", &acme).await;
            assert_eq!(seen["oldest_lots"][0]["code"], "900-041-49");
            assert_eq!(seen["manifests"].as_array().unwrap().len(), 1);
            let before = format!("/api/v1/sites/{acme}/sheet?on=2026-03-01");
            let before = server.read_as("acme", &before).await.json();
            assert_eq!(before["stock"]["codes"], json!([]), "nothing was there the day before");
        });
    }
}

#[test]
fn nobody_else_learns_that_a_site_has_a_sheet() {
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play_all(SCRIPT).await;
        let site = site_of(&server, "phoenix").await;
        let absent = "/api/v1/sites/01890a5d-ac96-774b-bcce-b302099a8057/sheet";
        let there = format!("/api/v1/sites/{site}/sheet");
        for path in [absent, &there] {
            assert_eq!(server.read_as("swift", path).await.status, 404, "{path}");
        }
        let wrong = server.read_as("bureau", &format!("{there}?on=2026-02-30")).await;
        assert_eq!(wrong.status, 400);
        let of_firm = sheet(&server, "bureau", &site).await["record"]["party"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/findings?state=open&party={of_firm}");
        let mine = server.read_as("phoenix", &path).await.json();
        assert_eq!(mine, server.read_as("bureau", &path).await.json());
        assert!(!mine["items"].as_array().unwrap().is_empty());
        assert_eq!(server.read_as("swift", &path).await.json()["items"], json!([]));
    });
}
