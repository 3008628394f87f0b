//! Who is let in, and what a caller may know.

use liandan::clock::Timestamp;
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::scenario::World;
use liandan::shape::Text;

use super::server::{Server, claims, now_s, office_key, sign_token};
use crate::support::ledger::{block_on, databases};

const ONE_LOAD: &str = "
    08:00  acme     opens      900-041-49 1200 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    16:05  swift    hands      M1  to phoenix
    16:30  phoenix  receives   M1  800 kg
    =====
    M1  received at phoenix
";

fn code(answer: &super::server::Answer) -> String {
    assert_eq!(answer.status, 401, "{}", answer.text);
    let (slug, errors) = answer.problem();
    assert_eq!((slug.as_str(), errors.len()), ("token", 1));
    errors[0].0.clone()
}

#[test]
fn only_a_fresh_token_of_an_enrolled_key_lets_in() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (now, key) = (now_s(server.ledger.clock.now()), office_key("acme"));
        let stranger = SigningKey::from_seed([77; 32]);
        let good = || claims(now, now + 300);
        let elsewhere =
            || liandan::app::access::TokenClaims { aud: Text::new("other/log").unwrap(), ..good() };
        let repeated =
            format!("{{\"aud\":\"x\",\"aud\":\"x\",\"iat\":{now},\"exp\":{now},\"jti\":\"twice\"}}");
        let event = Envelope::sign(Typ::Event, &serde_json::to_vec(&good()).unwrap(), &key).into_compact();
        let forged = {
            let (good, other) = (sign_token(&good(), &key), sign_token(&good(), &stranger));
            let (body, _) = good.rsplit_once('.').unwrap();
            format!("{body}.{}", other.rsplit_once('.').unwrap().1)
        };
        for (token, wanted) in [
            (sign_token(&good(), &stranger), "key-unknown"),
            (forged, "signature-invalid"),
            (event, "envelope-header"),
            ("a.b".to_owned(), "envelope-malformed"),
            (sign_token(&elsewhere(), &key), "token-audience"),
            (sign_token(&claims(now - 400, now - 100), &key), "token-expired"),
            (sign_token(&claims(now + 100, now + 200), &key), "token-not-yet"),
            (sign_token(&claims(now, now + 301), &key), "token-too-long"),
            (Envelope::sign(Typ::Token, repeated.as_bytes(), &key).into_compact(), "token-malformed"),
        ] {
            assert_eq!(code(&server.read_with(&token, "/api/v1/parties").await), wanted);
        }
        let token = sign_token(&good(), &key);
        assert_eq!(server.read_with(&token, "/api/v1/parties").await.status, 200);
        assert_eq!(code(&server.read_with(&token, "/api/v1/parties").await), "token-replayed");
    });
}

#[test]
fn a_revoked_key_no_longer_lets_in() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let world = World::embedded();
        let gate = world.key("swift", world.party("swift").unwrap().gate());
        let sign = |now: Timestamp| sign_token(&claims(now_s(now), now_s(now) + 60), &gate);
        let before = sign(server.ledger.clock.now());
        assert_eq!(server.read_with(&before, "/api/v1/parties").await.status, 200);
        server.play("08:00 bureau revokes key of swift\n=====\n").await;
        let after = sign(server.ledger.clock.now());
        assert_eq!(code(&server.read_with(&after, "/api/v1/parties").await), "key-revoked");
    });
}

#[test]
fn what_is_not_for_a_caller_is_absent_for_it() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(ONE_LOAD).await;
            let manifest = played.names.manifest("M1").unwrap();
            let acme = World::embedded().party("acme").unwrap().uscc;
            let seen = server.read_as("acme", &format!("/api/v1/manifests/{manifest}")).await.json();
            let finding = seen["findings"][0]["id"].as_str().unwrap();
            let line_lot = seen["lines"][0]["lot"].as_str().unwrap();
            let site = seen["registration"]["consignor_site"].as_str().unwrap();
            let event = played.acts.last().unwrap().envelope.event_id();
            let own_lot = server.read_as("acme", "/api/v1/lots").await.json()["items"][0]["id"].clone();
            for (path, absent, insider) in [
                (
                    format!("manifests/{manifest}"),
                    "manifests/01890a5d-ac96-774b-bcce-b302099a8057",
                    "phoenix",
                ),
                (
                    format!("manifests/{manifest}/chain"),
                    "manifests/01890a5d-ac96-774b-bcce-b302099a8057/chain",
                    "swift",
                ),
                (
                    format!("manifests/{manifest}/bundle"),
                    "manifests/01890a5d-ac96-774b-bcce-b302099a8057/bundle",
                    "phoenix",
                ),
                (
                    format!("manifests/{manifest}/export?format=epcis"),
                    "manifests/01890a5d-ac96-774b-bcce-b302099a8057/export?format=epcis",
                    "phoenix",
                ),
                (
                    format!("manifests/{manifest}/head"),
                    "manifests/01890a5d-ac96-774b-bcce-b302099a8057/head",
                    "acme",
                ),
                (
                    format!("events/{event}/bundle"),
                    "events/ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0/bundle",
                    "swift",
                ),
                (
                    format!("events/{event}/proof"),
                    "events/ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0/proof",
                    "acme",
                ),
                (
                    format!("manifests/{manifest}/actions"),
                    "manifests/01890a5d-ac96-774b-bcce-b302099a8057/actions",
                    "swift",
                ),
                (format!("findings/{finding}"), "findings/01890a5d-ac96-874b-bcce-b302099a8057", "acme"),
                (format!("lots/{line_lot}"), "lots/01890a5d-ac96-774b-bcce-b302099a8057", "phoenix"),
                (
                    format!("lots/{}", own_lot.as_str().unwrap()),
                    "lots/01890a5d-ac96-774b-bcce-b302099a8057",
                    "acme",
                ),
                (format!("sites/{site}"), "sites/01890a5d-ac96-774b-bcce-b302099a8057", "acme"),
                (format!("events/{event}"), "events/ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", "acme"),
                (
                    format!("events/{event}/receipt"),
                    "events/ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0/receipt",
                    "phoenix",
                ),
            ] {
                let forbidden = server.read_as("ruby", &format!("/api/v1/{path}")).await;
                let absent = server.read_as("ruby", &format!("/api/v1/{absent}")).await;
                assert_eq!((forbidden.status, &forbidden.text), (404, &absent.text), "{path}");
                for label in [insider, "bureau"] {
                    let answer = server.read_as(label, &format!("/api/v1/{path}")).await;
                    assert_eq!(answer.status, 200, "{label} {path}: {}", answer.text);
                }
            }
            for list in ["manifests", "lots", "findings", "documents/totals"] {
                let answer = server.read_as("ruby", &format!("/api/v1/{list}")).await;
                let is_empty = answer.status == 404 || answer.json()["items"].as_array().unwrap().is_empty();
                assert!(is_empty, "{list}: {}", answer.text);
            }
            let party = server.read_as("ruby", &format!("/api/v1/parties/{acme}")).await.json();
            assert!(party["name"].is_string() && party.get("division").is_none(), "{party}");
            let own = server.read_as("ruby", "/api/v1/parties").await.json();
            assert_eq!(own["items"].as_array().unwrap().len(), 1);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_stranger_that_states_a_handover_is_not_let_in_by_it() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server
            .play(
                "
                08:00  acme   opens      900-041-49 1200 kg
                09:00  acme   registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                09:20  acme   hands      M1  to swift
                10:00  swift  hands      M1  to heron  alone
                =====
                ",
            )
            .await;
        let path = format!("/api/v1/manifests/{}", played.names.manifest("M1").unwrap());
        assert_eq!(server.read_as("heron", &path).await.status, 404, "heron alone says that it took over");
        assert_eq!(server.read_as("swift", &path).await.status, 200);
        assert!(
            server.read_as("heron", "/api/v1/manifests").await.json()["items"].as_array().unwrap().is_empty()
        );
        let own = played.acts.last().unwrap().envelope.event_id();
        assert_eq!(
            server.read_as("heron", &format!("/api/v1/events/{own}")).await.status,
            200,
            "its own statement"
        );
    });
}
