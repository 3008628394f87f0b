//! Who holds a key stands beside the log: shown to its party and to authorities, and erased without a trace in what is signed or computed.

use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::{Server, office_key};
use crate::support::ledger::{block_on, databases};

async fn put(server: &Server, token: String, kid: &str, name: &str) -> u16 {
    let request = server.client.put(server.url(&format!("/api/v1/keys/{kid}/holder"))).bearer_auth(token);
    request.body(json!({ "name": name }).to_string()).send().await.unwrap().status().as_u16()
}

async fn forget(server: &Server, token: String, kid: &str) -> u16 {
    let request = server.client.delete(server.url(&format!("/api/v1/keys/{kid}/holder"))).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

async fn told(server: &Server, label: &str, kid: &str) -> Value {
    server.read_as(label, &format!("/api/v1/keys/{kid}")).await.json()["holder"].clone()
}

#[test]
fn a_person_is_named_shown_and_forgotten() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let (size, driver) = (server.size().await, World::embedded().key("swift", Role::Driver));
            let kid = driver.public().kid().to_string();
            let by_driver = || server.token_of("swift", Role::Driver);
            assert_eq!(forget(&server, by_driver(), &kid).await, 404, "nobody said yet");
            assert_eq!(put(&server, by_driver(), &kid, "王建国").await, 204);
            for label in ["swift", "bureau"] {
                assert_eq!(told(&server, label, &kid).await, "王建国", "{label}");
            }
            assert_eq!(server.read_as("acme", &format!("/api/v1/keys/{kid}")).await.status, 404);
            assert_eq!(put(&server, by_driver(), &kid, "王建军").await, 204);
            assert_eq!(told(&server, "swift", &kid).await, "王建军");
            assert_eq!(forget(&server, by_driver(), &kid).await, 204);
            assert_eq!(told(&server, "swift", &kid).await, Value::Null);
            assert_eq!(server.size().await, size, "the log knows nothing of it");
        });
    }
}

#[test]
fn only_who_keeps_the_keys_of_its_party_says_who_holds_them() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let driver = World::embedded().key("swift", Role::Driver).public().kid().to_string();
        let acme = office_key("acme").public().kid().to_string();
        // An operator of the party is no keeper; another party and an authority keep other keys.
        assert_eq!(put(&server, server.token("swift"), &driver, "王").await, 422);
        assert_eq!(put(&server, server.token("acme"), &driver, "王").await, 404);
        assert_eq!(put(&server, server.token("bureau"), &acme, "王").await, 404);
        let officer = office_key("bureau").public().kid().to_string();
        assert_eq!(put(&server, server.token("bureau"), &officer, "李").await, 204);
        for bad in ["", " 王", &"王".repeat(51), "王\u{202e}"] {
            assert_eq!(
                put(&server, server.token_of("swift", Role::Driver), &driver, bad).await,
                400,
                "{bad:?}"
            );
        }
    });
}
