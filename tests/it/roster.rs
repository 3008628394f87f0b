//! The duty roster: who arranges it, and what goes to whom.

use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::{Answer, Server, claims, now_s, office_key, sign_token};
use crate::divisions::Offices;
use crate::support::ledger::{block_on, databases};

/// A finding of acme (Lanshan) and phoenix (Luozhuang), and a case of each.
const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:20 acme hands M1 to swift
    16:05 swift hands M1 to phoenix
    16:30 phoenix receives M1 1120 kg
    17:00 bureau opens case C1 on phoenix \"say where 80 kg went\" due 2026-03-10 from mass-discrepancy M1
    17:10 bureau opens case C2 on acme/paint patrol \"labels are missing\" due 2026-03-10
    =====";

fn token(server: &Server, key: &liandan::ledger::SigningKey) -> String {
    let now = now_s(server.ledger.clock.now());
    sign_token(&claims(now, now + 60), key)
}

async fn arrange(server: &Server, token: &str, shift: &Value) -> Answer {
    let request = server.client.put(server.url("/api/v1/duty-roster")).bearer_auth(token);
    Answer::of(request.body(shift.to_string()).send().await.unwrap()).await
}

fn shift(division: &str, officers: &[&str]) -> Value {
    json!({ "division": division, "from": "2026-03-02", "to": "2026-03-04", "officers": officers })
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.json()["items"].as_array().unwrap().clone()
}

#[test]
fn what_lies_somewhere_goes_to_whom_the_nearest_authority_put_on_duty() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let offices = Offices::with_a_branch(&server.ledger).await;
            let bureau = office_key("bureau");
            let (city, county) = (bureau.public().kid().to_string(), offices.key.public().kid().to_string());
            let arranged = arrange(&server, &token(&server, &bureau), &shift("371300", &[&city])).await;
            assert_eq!(arranged.status, 200, "{}", arranged.text);
            let days = arranged.json()["days"].as_array().unwrap().clone();
            assert_eq!((days.len(), &days[2]), (3, &json!({ "on": "2026-03-04", "officers": [city] })));

            let cases = async |key, query: &str| {
                items(&server.read_with(&token(&server, key), &format!("/api/v1/cases?{query}")).await)
            };
            let officers =
                |cases: &[Value]| cases.iter().map(|case| case["on_duty"][0].clone()).collect::<Vec<_>>();
            assert_eq!(officers(&cases(&bureau, "").await), [json!(city), json!(city)]);
            assert_eq!(cases(&bureau, "on_duty=true").await.len(), 2);
            arrange(&server, &token(&server, &offices.key), &shift("371302", &[&county])).await;
            assert_eq!(officers(&cases(&bureau, "").await), [json!(city), json!(county)]);
            let (its, theirs) =
                (cases(&bureau, "on_duty=true").await, cases(&offices.key, "on_duty=true").await);
            assert_eq!((its.len(), &its[0]["source"]), (1, &json!("finding")));
            assert_eq!((theirs.len(), &theirs[0]["source"]), (1, &json!("patrol")));
            let own = items(&server.read_as("phoenix", "/api/v1/cases").await);
            assert_eq!(own[0]["on_duty"], json!([]), "who is on duty is the authority's affair");
            assert_eq!(
                items(&server.read_as("phoenix", "/api/v1/cases?on_duty=true").await),
                Vec::<Value>::new()
            );

            let path = "/api/v1/findings?rule=mass-discrepancy&on_duty=true";
            for key in [&bureau, &offices.key] {
                let found = items(&server.read_with(&token(&server, key), path).await);
                assert_eq!(found.len(), 1, "it concerns a party in either county");
            }
            assert_eq!(items(&server.read_as("acme", path).await), Vec::<Value>::new());
            // The county's own arrangement ends, and its things go to the city again.
            let cleared = arrange(&server, &token(&server, &offices.key), &shift("371302", &[])).await;
            assert_eq!(cleared.json()["days"], json!([]));
            assert_eq!(cases(&bureau, "on_duty=true").await.len(), 2);
            server.ledger.pass_time("2026-03-05T00:00:00+08:00".parse().unwrap()).await;
            assert_eq!(cases(&bureau, "on_duty=true").await, Vec::<Value>::new());
        });
    }
}

#[test]
fn only_officers_arrange_and_only_good_keys_of_officers_over_the_division() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let offices = Offices::with_a_branch(&server.ledger).await;
            let bureau = office_key("bureau");
            let (city, county) = (bureau.public().kid().to_string(), offices.key.public().kid().to_string());
            let firm = office_key("acme");
            let acme = firm.public().kid().to_string();
            let errors = async |key, shift: &Value| {
                let answer = arrange(&server, &token(&server, key), shift).await;
                assert!([400, 403, 422].contains(&answer.status), "{}", answer.text);
                answer.problem().1
            };
            let one = |code: &str, pointer: &str| vec![(code.to_owned(), pointer.to_owned())];
            let good = shift("371302", &[&city]);
            assert_eq!(errors(&firm, &good).await, one("role", "/header/authorization"));
            let elsewhere = shift("371311", &[&city]);
            assert_eq!(errors(&offices.key, &elsewhere).await, one("division-not-supervised", "/division"));
            let of_others = shift("371311", &[&city, &county, &acme]);
            let unknown = errors(&bureau, &of_others).await;
            assert_eq!(
                unknown,
                [one("officer-unknown", "/officers/1"), one("officer-unknown", "/officers/2")].concat()
            );
            let mut past = good.clone();
            past["from"] = json!("2026-03-01");
            assert_eq!(errors(&bureau, &past).await, one("roster-past", "/from"));
            let mut more = good.clone();
            more["shift"] = json!("night");
            assert_eq!(errors(&bureau, &more).await, one("body-malformed", "/shift"));
            let read =
                server.read_as("bureau", "/api/v1/duty-roster?division=371302&from=2026-03-02").await.json();
            assert_eq!(read["days"], json!([]), "nothing of all that was kept");

            // The city's officer may stand in for the county, and a key that ends is put on duty no more.
            assert_eq!(arrange(&server, &token(&server, &offices.key), &good).await.status, 200);
            let read = async |label: &str, query: &str| server.read_as(label, query).await;
            assert_eq!(
                read("bureau", "/api/v1/duty-roster").await.json()["days"],
                json!([]),
                "the city has arranged nothing"
            );
            assert_eq!(read("acme", "/api/v1/duty-roster").await.status, 403);
            assert_eq!(read("bureau", "/api/v1/duty-roster?division=110000").await.status, 404);
            let gate = World::embedded().key("swift", Role::Driver).public().kid().to_string();
            assert_eq!(
                errors(&bureau, &shift("371302", &[&gate])).await,
                one("officer-unknown", "/officers/0")
            );
        });
    }
}
