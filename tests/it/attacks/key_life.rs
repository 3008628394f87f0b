//! What an ended or doubted key signed, as the interface and the pages show it.

use liandan::app::access::Viewer;
use liandan::custody::Verdict;
use liandan::registry::{KeyStanding, Role};
use liandan::scenario::World;
use serde_json::Value;

use crate::api::server::{Server, sign_script};
use crate::support::ledger::{Ledger, block_on, databases};

const LOST_PHONE: &str = "
    08:00  acme    opens      900-041-49 2400 kg
    09:00  acme    registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:05  acme    registers  M2  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme    hands      M1  to swift  #k1
    09:30  acme    hands      M2  to swift  #k2
    10:00  bureau  revokes    key of swift suspected from #k1
    10:05  bureau  enrols     key of swift
    10:10  swift   reaffirms  #k1
    =====
";

/// The officer of the world's authority.
fn officer() -> Viewer {
    let bureau = World::embedded().authority();
    let kid = World::embedded().key(&bureau.label, Role::Officer).kid();
    Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid }
}

fn verdicts(chain: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    chain["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (text(&step["kind"]), text(&step["verdict"])))
        .collect()
}

#[test]
fn a_suspicion_marks_what_was_counted_and_a_reaffirmation_takes_the_mark_away() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(LOST_PHONE).await;
            let chain = async |label: &str| {
                let id = played.names.manifest(label).unwrap();
                server.read_as("swift", &format!("/api/v1/manifests/{id}/chain")).await.json()
            };
            let reaffirmed = chain("M1").await;
            assert!(verdicts(&reaffirmed).iter().all(|(_, verdict)| verdict == "counts"), "{reaffirmed}");
            let step = reaffirmed["items"].as_array().unwrap().last().unwrap();
            assert_eq!(step["last_word"]["stance"], "reaffirmed");
            assert_eq!(step["signature"]["suspected"], true);
            let doubted = chain("M2").await;
            let (kind, verdict) = verdicts(&doubted).pop().unwrap();
            assert_eq!((kind.as_str(), verdict.as_str()), ("waste.collected", "disputed"));
            let signature = &doubted["items"].as_array().unwrap().last().unwrap()["signature"];
            let (from, ended) = (signature["suspected_from"].as_u64(), signature["ended_index"].as_u64());
            assert_eq!(from.unwrap() + 2, ended.unwrap());
            // It still counts, and its receipt is the first one.
            let id = played.names.manifest("M2").unwrap();
            let manifest = server.read_as("swift", &format!("/api/v1/manifests/{id}")).await.json();
            assert_eq!(manifest["status"], "in-transit");
            let sent = played.acts.iter().find(|act| act.line == 6).unwrap();
            let again = server.ledger.send(sent).await.unwrap();
            assert_eq!(again.verdict, Verdict::Counts);
            let keys = server.read_as("swift", "/api/v1/keys").await.json();
            let ended: Vec<&Value> = keys["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|key| !key["revoked_index"].is_null())
                .collect();
            assert_eq!((ended.len(), ended[0]["suspected_from"].as_u64()), (1, from));
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_late_event_is_evidence_until_it_is_reaffirmed_and_keeps_its_first_receipt() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "
                08:00  acme   opens      900-041-49 1200 kg
                09:00  acme   registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                09:20  acme   hands      M1  to swift  sent 10:00  #k1
                09:40  swift  rotates    key
                10:10  swift  reaffirms  #k1
                =====
                ",
            );
            let (reaffirms, before) = played.acts.split_last().unwrap();
            let mut late = None;
            for act in before {
                late = Some((act, ledger.send(act).await.unwrap()));
            }
            let (late, first) = late.unwrap();
            assert_eq!((first.verdict, first.opened.len()), (Verdict::EvidenceOnly, 1));
            let receipt = ledger.send(reaffirms).await.unwrap();
            assert_eq!(receipt.closed.len(), 1);
            assert_eq!(receipt.closed[0].rule, "signed-after-revocation");
            assert_eq!(ledger.send(late).await.unwrap(), first, "always the first receipt");
            let viewer = officer();
            let event = ledger.app.event(&viewer, first.event_id).await.unwrap().unwrap().step;
            assert_eq!(event.verdict, Verdict::Counts);
            let signature = event.content.said().unwrap().signature;
            assert_eq!((signature.key_standing, signature.is_valid), (Some(KeyStanding::Revoked), true));
            let swift = World::embedded().party("swift").unwrap().uscc;
            let keys = ledger.app.keys(&viewer, Some(swift)).await.unwrap();
            let (old, new) = (&keys[keys.len() - 2], &keys[keys.len() - 1]);
            assert_eq!((old.replaced_by, new.replaces), (Some(new.kid), Some(old.kid)));
            assert_eq!(old.revoked_index, Some(new.enrolled_index));
            ledger.store.close().await;
        });
    }
}
