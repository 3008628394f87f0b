//! Mandates over HTTP: who lists them, what a mandatary may read, and how its word is shown.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use crate::support::ledger::{block_on, databases};
use liandan::catalogue::Uscc;
use liandan::registry::mandate::MAX_MANDATES;
use liandan::scenario::{Played, World};

fn party(label: &str) -> Uscc {
    World::embedded().party(label).unwrap().uscc
}

async fn read_for(server: &Server, label: &str, principal: &str, path: &str) -> Answer {
    let request = server.client.get(server.url(path)).bearer_auth(server.token(label));
    Answer::of(request.header("acting-for", principal).send().await.unwrap()).await
}

const SCRIPT: &str = "08:00 clinic mandates lotus for waste.generated + manifest.registered until 2026-12-31
     08:01 lotus mandates clinic for waste.generated until 2026-12-31
     08:02 lotus mandates mirage for waste.generated until 2026-12-31
     08:10 clinic generates L1 841-001-01 60 kg through lotus
     08:30 clinic registers C1 841-001-01 60 kg clinic > badger > phoenix through lotus
     =====";

/// Play a script whose refused lines are refused as they say.
async fn play(server: &Server, text: &str) -> Played {
    let played = super::server::sign_script(text);
    for act in &played.acts {
        let answer = server.ledger.send(act).await;
        assert_eq!(answer.err(), act.refused, "line {}", act.line);
    }
    played
}

#[test]
fn a_mandatary_lists_its_mandates_and_sees_what_its_principal_sees() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = play(&server, SCRIPT).await;
            let count = async |label: &str| {
                let page = server.read_as(label, "/api/v1/mandates").await.json();
                page["items"].as_array().unwrap().len()
            };
            let counts =
                [count("clinic").await, count("lotus").await, count("mirage").await, count("bureau").await];
            assert_eq!(counts, [2, 3, 1, 3]);
            assert_eq!(count("acme").await, 0);
            let mine = server.read_as("lotus", "/api/v1/mandates?limit=1").await.json();
            let mandate = &mine["items"][0];
            assert_eq!(
                (&mandate["party"], &mandate["to"]),
                (&json!(party("clinic").to_string()), &json!(party("lotus").to_string()))
            );
            let one = format!("/api/v1/mandates/{}", mandate["mandate"].as_str().unwrap());
            assert_eq!(server.read_as("clinic", &one).await.status, 200);
            assert_eq!(server.read_as("acme", &one).await.status, 404);

            let manifest = format!("/api/v1/manifests/{}", played.names.manifest("C1").unwrap());
            let clinic = party("clinic").to_string();
            assert_eq!(server.read_as("lotus", &manifest).await.status, 404);
            assert_eq!(read_for(&server, "lotus", &clinic, &manifest).await.status, 200);
            // A mandate is not passed on, and what an authority sees is never lent.
            for (label, principal) in
                [("mirage", clinic.clone()), ("acme", clinic.clone()), ("lotus", party("bureau").to_string())]
            {
                let answer = read_for(&server, label, &principal, &manifest).await;
                let wanted = ("not-mandated".to_owned(), "/header/acting-for".to_owned());
                assert_eq!(answer.problem(), ("token".to_owned(), vec![wanted]), "{label}");
            }
            assert_eq!(read_for(&server, "lotus", "clinic", &manifest).await.problem().0, "malformed");
        });
    }
}

#[test]
fn a_revoked_mandate_opens_nothing_and_what_was_signed_for_another_says_so() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = play(&server, SCRIPT).await;
            let manifest = format!("/api/v1/manifests/{}", played.names.manifest("C1").unwrap());
            let chain = server.read_as("phoenix", &format!("{manifest}/chain")).await.json();
            let signed_by: Vec<&Value> =
                chain["items"].as_array().unwrap().iter().map(|step| &step["signed_by"]).collect();
            let lotus = party("lotus").to_string();
            assert_eq!(signed_by, [&json!(lotus), &Value::Null, &Value::Null]);
            play(
                &server,
                "08:00 clinic mandates lotus for waste.generated + manifest.registered until 2026-12-31
                 09:00 clinic revokes mandate of lotus
                 =====",
            )
            .await;
            let clinic = party("clinic").to_string();
            assert_eq!(read_for(&server, "lotus", &clinic, &manifest).await.status, 401);
        });
    }
}

#[test]
fn a_party_grants_a_bounded_number_of_mandates() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let grants = |n: usize| {
                let (hour, minute) = (8 + n / 60, n % 60);
                format!("{hour:02}:{minute:02} clinic mandates lotus for waste.generated until 2026-12-31\n")
            };
            // Revoked ones count: what was granted is read for ever.
            let lines: String = (0..MAX_MANDATES).map(grants).collect();
            let played =
                super::server::sign_script(&format!("{lines}20:00 clinic revokes mandate of lotus\n=====\n"));
            let acts = played.acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec());
            server.ledger.clock.set(played.ends_at);
            for answer in server.ledger.app.submit_many(acts.collect(), None).await.unwrap() {
                answer.unwrap();
            }
            let spent =
                "21:00 clinic mandates swift for waste.generated until 2026-12-31  refused mandates-spent
                21:01 garage mandates lotus for waste.generated until 2026-12-31
                =====";
            play(&server, spent).await;
        });
    }
}
