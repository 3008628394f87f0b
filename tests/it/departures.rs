//! Somebody leaves: what the key holds goes to a successor, and the key ends when it was said to.

use liandan::ledger::{Envelope, Kid, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::{Answer, Server, claims, now_s, office_key, sign_token};
use crate::support::ledger::{Database, LOG, block_on, databases};

const DAY: &str = "08:00 acme opens 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    =====";
const HOUR_MS: i64 = 3_600_000;

/// A carrier whose driver leaves, its administrator, and the driver who stays; an authority of two officers.
struct Staff {
    server: Server,
}

fn administrator() -> SigningKey {
    SigningKey::from_seed([41; 32])
}

fn other_driver() -> SigningKey {
    SigningKey::from_seed([42; 32])
}

fn other_officer() -> SigningKey {
    SigningKey::from_seed([43; 32])
}

fn driver() -> SigningKey {
    World::embedded().key("swift", Role::Driver)
}

impl Staff {
    async fn start(database: Database) -> Self {
        let server = Server::start(database).await;
        server.play(DAY).await;
        let staff = Self { server };
        staff.enrol("swift", "administrator", &administrator(), 1).await;
        staff.enrol("swift", "driver", &other_driver(), 2).await;
        staff.enrol("bureau", "officer", &other_officer(), 3).await;
        staff
    }

    async fn enrol(&self, party: &str, role: &str, key: &SigningKey, n: u8) {
        let now = self.server.ledger.clock.now();
        let party = World::embedded().party(party).unwrap().uscc;
        let id = format!("01890a5d-ac96-774b-bcce-b302099a80{n:02x}");
        let invitation = json!({
            "v": 1, "log": LOG, "invitation": id, "party": party, "role": role,
            "expires_at": now.plus_hours(1).to_string(),
        });
        let invitation =
            Envelope::sign(Typ::Invitation, invitation.to_string().as_bytes(), &office_key("bureau"));
        let event = json!({
            "v": 1, "log": LOG, "kind": "key.enrolled", "act": id, "for": party, "occurred_at": now.to_string(),
            "data": { "key": key.public(), "invitation": invitation.compact() },
        });
        let event = Envelope::sign(Typ::Event, event.to_string().as_bytes(), key);
        let answer = self.server.upload("/api/v1/events", event.compact().to_owned()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    fn token(&self, key: &SigningKey) -> String {
        let now_s = now_s(self.server.ledger.clock.now());
        sign_token(&claims(now_s, now_s + 300), key)
    }

    async fn asks(&self, key: &SigningKey, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let method = method.parse().unwrap();
        let request = self.server.client.request(method, self.server.url(path)).bearer_auth(self.token(key));
        let request = body.iter().fold(request, |request, body| request.body(body.to_string()));
        Answer::of(request.send().await.unwrap()).await
    }

    /// Prepare a statement and sign it.
    async fn signs(&self, key: &SigningKey, wish: &Value) -> String {
        let prepared = self.asks(key, "POST", "/api/v1/events/prepare", Some(wish)).await;
        assert_eq!(prepared.status, 200, "{}", prepared.text);
        let payload = prepared.json()["payload"].to_string();
        Envelope::sign(Typ::Event, payload.as_bytes(), key).into_compact()
    }

    /// Pass on what a key holds; the revocation is left over.
    async fn passes_on(&self, by: &SigningKey, held: &Value) -> String {
        let mut signed = Vec::new();
        for wish in held["to_sign"].as_array().unwrap() {
            signed.push(self.signs(by, wish).await);
        }
        let revocation = signed.pop().unwrap();
        let answer = self.server.upload("/api/v1/events/batch", signed.join("\n")).await;
        assert!(answer.text.lines().all(|line| line.contains("\"status\":201")), "{}", answer.text);
        revocation
    }

    async fn held(&self, by: &SigningKey, kid: Kid, successor: Kid) -> Value {
        let held =
            self.asks(by, "GET", &format!("/api/v1/keys/{kid}/held?successor={successor}"), None).await;
        assert_eq!(held.status, 200, "{}", held.text);
        held.json()
    }

    async fn is_let_in(&self, key: &SigningKey) -> bool {
        self.asks(key, "GET", "/api/v1/trips", None).await.status == 200
    }
}

fn kid(key: &SigningKey) -> Kid {
    key.public().kid()
}

fn path(key: &SigningKey) -> String {
    format!("/api/v1/keys/{}/departure", kid(key))
}

#[test]
fn a_driver_leaves_and_another_drives() {
    for database in databases() {
        block_on(async {
            let staff = Staff::start(database).await;
            let admin = administrator();
            let held = staff.held(&admin, kid(&driver()), kid(&other_driver())).await;
            assert_eq!(held["trips"].as_array().unwrap().len(), 1, "{held}");
            let kinds: Vec<&str> =
                held["to_sign"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
            assert_eq!(kinds, ["manifest.assigned", "key.revoked"]);
            let trips = async |key: &SigningKey| {
                let answer = staff.asks(key, "GET", "/api/v1/trips", None).await;
                answer.json()["items"].as_array().unwrap().len()
            };
            assert_eq!((trips(&driver()).await, trips(&other_driver()).await), (1, 0));
            let revocation = staff.passes_on(&admin, &held).await;
            assert_eq!((trips(&driver()).await, trips(&other_driver()).await), (0, 1));

            let ends_at = staff.server.ledger.clock.now().plus_millis(HOUR_MS);
            let wanted =
                json!({"successor": kid(&other_driver()), "ends_at": ends_at, "revocation": revocation});
            let arranged = staff.asks(&admin, "PUT", &path(&driver()), Some(&wanted)).await;
            assert_eq!(
                (arranged.status, &arranged.json()["stage"]),
                (200, &json!("waits")),
                "{}",
                arranged.text
            );
            let size = staff.server.size().await;
            staff.server.ledger.pass_time(ends_at.plus_millis(-1)).await;
            assert!(staff.is_let_in(&driver()).await);
            assert_eq!(staff.server.size().await, size, "nothing is recorded before its time");
            staff.server.ledger.pass_time(ends_at).await;
            assert!(!staff.is_let_in(&driver()).await);
            assert_eq!(staff.server.size().await, size + 1);
            staff.server.ledger.app.tick().await.unwrap();
            assert_eq!(staff.server.size().await, size + 1, "once");
            let told = staff.asks(&admin, "GET", "/api/v1/departures", None).await.json();
            assert_eq!(told["items"][0]["stage"], "done");
            let again = staff.asks(&admin, "PUT", &path(&driver()), Some(&wanted)).await;
            assert_eq!((again.status, &again.json()["stage"]), (200, &json!("done")));
            assert_eq!(staff.asks(&admin, "DELETE", &path(&driver()), None).await.status, 404);
        });
    }
}

#[test]
fn webhooks_cases_and_days_on_duty_go_over() {
    for database in databases() {
        block_on(async {
            let staff = Staff::start(database).await;
            let (officer, admin, operator) = (office_key("bureau"), administrator(), office_key("swift"));
            let hook = json!({"url": "http://127.0.0.1:9/told"});
            let hook = staff.asks(&operator, "POST", "/api/v1/webhooks", Some(&hook)).await;
            assert_eq!(hook.status, 201, "{}", hook.text);
            let today = staff.server.ledger.clock.now().to_utc().date_naive() + chrono::TimeDelta::days(1);
            let shift = json!({
                "division": "371300", "from": today, "to": today + chrono::TimeDelta::days(2),
                "officers": [kid(&officer), kid(&other_officer())],
            });
            let shift = staff.asks(&officer, "PUT", "/api/v1/duty-roster", Some(&shift)).await;
            assert_eq!(shift.status, 200, "{}", shift.text);
            let acme = World::embedded().party("acme").unwrap().uscc;
            let case = json!({"kind": "case.opened", "data": {"case": "new:case", "party": acme,
                "text": "a drum without a label"}});
            let opened = staff.signs(&officer, &case).await;
            assert_eq!(staff.server.upload("/api/v1/events", opened).await.status, 201);
            let case =
                staff.asks(&officer, "GET", "/api/v1/cases", None).await.json()["items"][0]["case"].clone();
            let assigned = json!({"kind": "case.assigned", "data": {"case": case, "to": kid(&officer)}});
            let assigned = staff.signs(&officer, &assigned).await;
            assert_eq!(staff.server.upload("/api/v1/events", assigned).await.status, 201);

            // At once: nobody waits for the end of somebody who has left.
            for (leaves, by, takes) in
                [(&operator, &admin, &admin), (&officer, &other_officer(), &other_officer())]
            {
                let held = staff.held(by, kid(leaves), kid(takes)).await;
                let revocation = staff.passes_on(by, &held).await;
                let wanted = json!({"successor": kid(takes), "revocation": revocation});
                let done = staff.asks(by, "PUT", &path(leaves), Some(&wanted)).await;
                assert_eq!((done.status, &done.json()["stage"]), (200, &json!("done")), "{}", done.text);
                assert!(!staff.is_let_in(leaves).await);
                match held["webhooks"].as_u64().unwrap() {
                    1 => assert_eq!((&held["cases"], &held["days_on_duty"]), (&json!([]), &json!(0))),
                    _ => assert_eq!((&held["cases"], &held["days_on_duty"]), (&json!([case]), &json!(3))),
                }
            }
            let hooks = staff.asks(&admin, "GET", "/api/v1/webhooks", None).await.json();
            assert_eq!(hooks["items"][0]["kid"], json!(kid(&admin)));
            let roster =
                format!("/api/v1/duty-roster?from={today}&to={}", today + chrono::TimeDelta::days(2));
            let roster = staff.asks(&other_officer(), "GET", &roster, None).await.json();
            let days = roster["days"].as_array().unwrap();
            assert!(
                days.len() == 3 && days.iter().all(|day| day["officers"] == json!([kid(&other_officer())]))
            );
            let case = staff.asks(&other_officer(), "GET", "/api/v1/cases", None).await.json();
            assert_eq!(case["items"][0]["owner"], json!(kid(&other_officer())), "{case}");
        });
    }
}

#[test]
fn who_may_arrange_it_and_what_is_refused() {
    block_on(async {
        let staff = Staff::start(databases().remove(0)).await;
        let (admin, operator) = (administrator(), office_key("swift"));
        let end = json!({"kind": "key.revoked", "data": {"key": kid(&driver()), "reason": "left"}});
        let revocation = staff.signs(&admin, &end).await;
        let good = json!({"successor": kid(&other_driver()), "revocation": revocation});
        // The office of the party does not administer its keys, and nobody those of others; to them there is nothing.
        assert_eq!(staff.asks(&operator, "PUT", &path(&driver()), Some(&good)).await.status, 403);
        let officer = office_key("bureau");
        let foreign = staff.asks(&officer, "PUT", &path(&driver()), Some(&good)).await;
        let absent = staff.asks(&officer, "PUT", &path(&SigningKey::from_seed([9; 32])), Some(&good)).await;
        assert_eq!((foreign.status, foreign.text), (404, absent.text));
        let held = format!("/api/v1/keys/{}/held", kid(&driver()));
        assert_eq!(staff.asks(&officer, "GET", &held, None).await.status, 404);

        let other = json!({"kind": "key.revoked", "data": {"key": kid(&other_driver()), "reason": "left"}});
        let of_another = staff.signs(&admin, &other).await;
        let late = staff.server.ledger.clock.now().plus_millis(367 * 24 * HOUR_MS);
        let unsigned = format!("{}AAAA", &revocation[..revocation.len() - 4]);
        let with = |name: &str, value: Value| {
            let mut wanted = good.clone();
            wanted[name] = value;
            wanted
        };
        for (wanted, told) in [
            (with("successor", json!(kid(&driver()))), ("successor-unfit", "/successor")),
            (with("successor", json!(kid(&officer))), ("successor-unfit", "/successor")),
            (with("successor", json!(kid(&operator))), ("successor-unfit", "/successor")),
            (with("ends_at", json!(late)), ("departure-too-far", "/ends_at")),
            (with("revocation", json!(of_another)), ("no-revocation", "/revocation")),
            (with("revocation", json!("nothing")), ("no-revocation", "/revocation")),
            (with("revocation", json!(unsigned)), ("signature-invalid", "/signature")),
        ] {
            let answer = staff.asks(&admin, "PUT", &path(&driver()), Some(&wanted)).await;
            let (_, errors) = answer.problem();
            assert_eq!(errors, [(told.0.to_owned(), told.1.to_owned())], "{}", answer.text);
        }
        let none = staff.asks(&admin, "GET", "/api/v1/departures", None).await.json();
        assert_eq!((&none["items"], staff.is_let_in(&driver()).await), (&json!([]), true));

        // Arranged and called off: nothing happens.
        let later = staff.server.ledger.clock.now().plus_millis(HOUR_MS);
        let arranged =
            staff.asks(&admin, "PUT", &path(&driver()), Some(&with("ends_at", json!(later)))).await;
        assert_eq!(arranged.json()["stage"], "waits");
        let own = staff.asks(&admin, "DELETE", &path(&admin), None).await;
        assert_eq!(own.problem().1, [("own-departure".to_owned(), String::new())]);
        assert_eq!(staff.asks(&admin, "DELETE", &path(&driver()), None).await.status, 204);
        staff.server.ledger.pass_time(later.plus_millis(1)).await;
        assert!(staff.is_let_in(&driver()).await);

        // Ended by somebody else before the day: what it held goes over all the same, and it is done.
        let later = staff.server.ledger.clock.now().plus_millis(HOUR_MS);
        let arranged =
            staff.asks(&admin, "PUT", &path(&driver()), Some(&with("ends_at", json!(later)))).await;
        assert_eq!(arranged.json()["stage"], "waits");
        let lost = json!({"kind": "key.revoked", "data": {"key": kid(&driver()), "reason": "lost"}});
        let lost = staff.signs(&admin, &lost).await;
        assert_eq!(staff.server.upload("/api/v1/events", lost).await.status, 201);
        staff.server.ledger.pass_time(later).await;
        let told = staff.asks(&admin, "GET", "/api/v1/departures", None).await.json();
        assert_eq!(told["items"][0]["stage"], "done");
    });
}
