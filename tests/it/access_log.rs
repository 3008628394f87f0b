//! What authorities read is written down and shown, sealed readings once their day has come.

use liandan::id::ActId;
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::{Answer, Server, claims, now_s, office_key, sign_token};
use crate::support::ledger::{LOG, block_on, databases};

const DAY: &str = "08:00 acme opens 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    =====";
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A second officer of the bureau.
fn second_officer() -> SigningKey {
    SigningKey::from_seed([7; 32])
}

struct Watched {
    server: Server,
    manifest: String,
}

impl Watched {
    async fn start(database: crate::support::ledger::Database) -> Self {
        let server = Server::start(database).await;
        let played = server.play(DAY).await;
        let (_, manifest) = played.names.manifests().next().unwrap();
        let watched = Self { server, manifest: manifest.to_string() };
        watched.enrol_second_officer().await;
        watched
    }

    async fn enrol_second_officer(&self) {
        let now = self.server.ledger.clock.now();
        let bureau = World::embedded().party("bureau").unwrap().uscc;
        let invitation = json!({
            "v": 1, "log": LOG, "invitation": NOBODY, "party": bureau, "role": "officer",
            "expires_at": now.plus_hours(1).to_string(),
        });
        let invitation =
            Envelope::sign(Typ::Invitation, invitation.to_string().as_bytes(), &office_key("bureau"));
        let act: ActId = NOBODY.parse().unwrap();
        let event = json!({
            "v": 1, "log": LOG, "kind": "key.enrolled", "act": act, "for": bureau, "occurred_at": now.to_string(),
            "data": { "key": second_officer().public(), "invitation": invitation.compact() },
        });
        let event = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &second_officer());
        let answer = self.server.upload("/api/v1/events", event.compact().to_owned()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    fn second_token(&self) -> String {
        let now_s = now_s(self.server.ledger.clock.now());
        sign_token(&claims(now_s, now_s + 300), &second_officer())
    }

    async fn second_posts(&self, path: &str) -> Answer {
        let request = self.server.client.post(self.server.url(path)).bearer_auth(self.second_token());
        Answer::of(request.send().await.unwrap()).await
    }

    /// What a party sees was read: operation and subject, the last first.
    async fn told(&self, label: &str) -> Vec<(String, String)> {
        let page = self.server.read_as(label, "/api/v1/access-log").await.json();
        let text = |item: &Value, member: &str| item[member].as_str().unwrap().to_owned();
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| (text(item, "operation"), text(item, "subject"))).collect()
    }

    fn chain(&self) -> (String, String) {
        ("/manifests/{id}/chain".to_owned(), self.manifest.clone())
    }

    /// A second later than anything before, so that the order of readings is one.
    async fn bureau_reads_the_chain(&self) {
        self.server.ledger.clock.forward(1_000);
        let path = format!("/api/v1/manifests/{}/chain", self.manifest);
        assert_eq!(self.server.read_as("bureau", &path).await.status, 200);
    }
}

#[test]
fn what_an_authority_reads_is_told_to_those_whose_record_it_is() {
    for database in databases() {
        block_on(async {
            let watched = Watched::start(database).await;
            watched.bureau_reads_the_chain().await;
            for label in ["acme", "swift", "phoenix"] {
                assert_eq!(watched.told(label).await, [watched.chain()], "{label}");
            }
            assert_eq!(watched.told("ruby").await, []);
            // Own readings, refused ones and lists over everybody are none; a list of one party's is one.
            let (server, acme) = (&watched.server, World::embedded().party("acme").unwrap().uscc);
            server.read_as("acme", &format!("/api/v1/manifests/{}", watched.manifest)).await;
            server.read_as("bureau", &format!("/api/v1/manifests/{NOBODY}")).await;
            server.read_as("bureau", "/api/v1/manifests").await;
            assert_eq!(watched.told("acme").await.len(), 1);
            server.ledger.clock.forward(1_000);
            assert_eq!(server.read_as("bureau", &format!("/api/v1/findings?party={acme}")).await.status, 200);
            assert_eq!(watched.told("acme").await[0], ("/findings".to_owned(), acme.to_string()));
            assert_eq!(watched.told("swift").await.len(), 1);
            // The authority sees what its staff read, and whose it was.
            let own = server.read_as("bureau", "/api/v1/access-log?limit=2").await.json();
            assert_eq!(own["items"].as_array().unwrap().len(), 2);
            let next = own["next"].as_str().unwrap();
            let rest = server.read_as("bureau", &format!("/api/v1/access-log?after={next}&limit=500")).await;
            assert_eq!(rest.status, 200);
        });
    }
}

#[test]
fn every_sort_of_record_is_told_to_its_owner() {
    block_on(async {
        let watched = Watched::start(databases().remove(0)).await;
        let server = &watched.server;
        let world = World::embedded().party("acme").unwrap();
        let lots = server.read_as("acme", "/api/v1/lots").await.json();
        let lot = lots["items"][0]["id"].as_str().or(lots["items"][0]["lot"].as_str()).unwrap().to_owned();
        let site = world.sites[0].site.to_string();
        let kid = office_key("acme").public().kid().to_string();
        let addresses = [
            format!("lots/{lot}"),
            format!("parties/{}", world.uscc),
            format!("parties/{}/record", world.uscc),
            format!("sites/{site}/stock"),
            format!("sites/{site}/registers/generation?from=2026-03-01&to=2026-03-31"),
            format!("keys/{kid}"),
        ];
        for (n, address) in addresses.iter().enumerate() {
            let answer = server.read_as("bureau", &format!("/api/v1/{address}")).await;
            assert_eq!(answer.status, 200, "{address}: {}", answer.text);
            assert_eq!(watched.told("acme").await.len(), n + 1, "{address}");
        }
    });
}

#[test]
fn a_sealed_reading_is_told_when_its_day_has_come() {
    for database in databases() {
        block_on(async {
            let watched = Watched::start(database).await;
            let server = &watched.server;
            let acme = World::embedded().party("acme").unwrap().uscc.to_string();
            let wanted = json!({ "party": acme, "reason": "举报：夜间倾倒", "days": 30 });
            let asked = server.post_as("bureau", "/api/v1/sealed-reads", &wanted).await;
            assert_eq!(asked.status, 201, "{}", asked.text);
            let agree = format!("/api/v1/sealed-reads/{}/agree", asked.json()["id"].as_str().unwrap());
            // Nothing is sealed before a second officer has agreed, and the first one is none.
            watched.bureau_reads_the_chain().await;
            assert_eq!(watched.told("acme").await.len(), 1);
            let alone = server.post_as("bureau", &agree, &json!({})).await;
            assert_eq!(alone.problem().1[0].0, "second-officer");
            let agreed = watched.second_posts(&agree).await;
            assert_eq!(agreed.status, 200, "{}", agreed.text);
            assert_eq!(watched.second_posts(&agree).await.problem().1[0].0, "agreed-already");
            // Now nobody on the manifest is told, not only acme: a partner could warn it.
            watched.bureau_reads_the_chain().await;
            for label in ["acme", "swift", "phoenix"] {
                assert_eq!(watched.told(label).await.len(), 1, "{label}");
            }
            let count = server.read("/api/v1/sealed-reads/count").await.json();
            assert_eq!(count, json!({ "years": [{ "year": 2026, "agreed": 1, "disclosed": 0 }] }));
            // Another record is not sealed by it, nor another officer's reading, were there one.
            let ruby = World::embedded().party("ruby").unwrap().uscc;
            server.read_as("bureau", &format!("/api/v1/parties/{ruby}")).await;
            assert_eq!(watched.told("ruby").await.len(), 1);
            let at = server.ledger.clock.now();
            server.ledger.clock.set(at.plus_hours(30 * 24));
            assert_eq!(watched.told("acme").await.len(), 2, "it is told, and nothing is sealed any more");
            let told = server.read_as("acme", "/api/v1/access-log").await.json();
            assert_eq!(told["items"][0]["sealed"]["reason"], "举报：夜间倾倒");
            watched.bureau_reads_the_chain().await;
            assert_eq!(watched.told("acme").await.len(), 3);
            let count = server.read("/api/v1/sealed-reads/count").await.json();
            assert_eq!(count["years"][0]["disclosed"], 1);
        });
    }
}

#[test]
fn who_may_not_seal_is_refused() {
    block_on(async {
        let watched = Watched::start(databases().remove(0)).await;
        let server = &watched.server;
        let acme = World::embedded().party("acme").unwrap().uscc.to_string();
        let bureau = World::embedded().party("bureau").unwrap().uscc.to_string();
        let wanted = |party: &str, days: u32| json!({ "party": party, "reason": "为什么", "days": days });
        let by_party = server.post_as("acme", "/api/v1/sealed-reads", &wanted(&acme, 9)).await;
        assert_eq!((by_party.status, by_party.problem().0.as_str()), (403, "role"));
        for (party, days, code) in [
            (acme.as_str(), 0, "days-out-of-range"),
            (acme.as_str(), 181, "days-out-of-range"),
            (bureau.as_str(), 9, "party-unknown"),
            // Crane is of another city.
            (&World::embedded().party("crane").unwrap().uscc.to_string(), 9, "party-unknown"),
        ] {
            let refused = server.post_as("bureau", "/api/v1/sealed-reads", &wanted(party, days)).await;
            assert_eq!(refused.problem().1[0].0, code, "{party} {days}");
        }
        assert_eq!(watched.second_posts(&format!("/api/v1/sealed-reads/{NOBODY}/agree")).await.status, 404);
        let asked = server.post_as("bureau", "/api/v1/sealed-reads", &wanted(&acme, 9)).await.json();
        server.ledger.clock.set(server.ledger.clock.now().plus_hours(7 * 24 + 1));
        let late = format!("/api/v1/sealed-reads/{}/agree", asked["id"].as_str().unwrap());
        assert_eq!(watched.second_posts(&late).await.problem().1[0].0, "asked-too-long-ago");
        let listed = server.read_as("bureau", "/api/v1/sealed-reads").await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let driver = server.token_of("swift", Role::Driver);
        assert_eq!(server.read_with(&driver, "/api/v1/access-log").await.status, 403);
    });
}
