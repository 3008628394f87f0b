//! Heartbeats over HTTP: told once or often, in any order, by the firm alone; read by whom its site is open to; kept by what keeps what lies beside the log.

use liandan::app::audit::{self, Against, AuditError};
use liandan::app::heartbeats::{KEPT_DAYS, MAX_DEVICES, MAX_HEARTBEATS, MAX_OLD_SPANS};
use liandan::app::query::MAX_SILENCES;
use liandan::app::{backup, rebuild};
use liandan::clock::{MINUTE_MS, Timestamp};
use liandan::custody::heartbeat::{Span, joined};
use liandan::ledger::Digest;
use liandan::registry::Role;
use serde_json::{Value, json};

use super::server::{Answer, Server};
use crate::replay::empty;
use crate::stock::site_of;
use crate::support::ledger::{Database, block_on, databases};
use crate::support::random::Random;
use crate::support::tamper::Tamper;

const CAMERAS: &str = "08:00 acme films TS001 keeps 60 days\n=====";
const DAY_MINUTES: i64 = 24 * 60;

fn path(label: &str, rest: &str) -> String {
    format!("/api/v1/sites/{}/{rest}", site_of(label, None).1)
}

fn noon() -> Timestamp {
    "2026-03-20T12:00:00+08:00".parse().unwrap()
}

/// So many minutes after noon of the day on which these tests are.
fn minute(n: i64) -> Timestamp {
    noon().plus_millis(n * MINUTE_MS)
}

fn beat(device: &str, kind: &str, at: Timestamp) -> Value {
    json!({ "device": device, "kind": kind, "at": at })
}

/// Heartbeats of the scale at these minutes.
fn scale(minutes: &[i64]) -> Vec<Value> {
    minutes.iter().map(|n| beat("scale-1", "scale", minute(*n))).collect()
}

async fn send(server: &Server, label: &str, heartbeats: Vec<Value>) -> Answer {
    server.post_as(label, &path("acme", "heartbeats"), &json!({ "heartbeats": heartbeats })).await
}

/// Send as acme; how many were new, and how many known.
async fn hear(server: &Server, heartbeats: Vec<Value>) -> (u64, u64) {
    let answer = send(server, "acme", heartbeats).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["silence_minutes"], 15);
    (told["new"].as_u64().unwrap(), told["known"].as_u64().unwrap())
}

async fn devices(server: &Server, label: &str, query: &str) -> Value {
    let told = server.read_as(label, &path("acme", &format!("devices{query}"))).await;
    assert_eq!(told.status, 200, "{label}: {}", told.text);
    told.json()
}

/// Beginnings and ends of silences, in minutes after noon.
fn silences(device: &Value) -> Vec<(i64, Option<i64>)> {
    let minutes =
        |at: &Value| at.as_str().map(|at| at.parse::<Timestamp>().unwrap().since(noon()) / MINUTE_MS);
    let told = device["silences"].as_array().unwrap().iter();
    told.map(|one| (minutes(&one["from"]).unwrap(), minutes(&one["to"]))).collect()
}

/// A server whose clock stands at a minute after noon.
async fn served(database: Database, now: i64) -> Server {
    served_after(CAMERAS, database, now).await
}

/// The same after a script.
async fn served_after(script: &str, database: Database, now: i64) -> Server {
    let server = Server::start(database).await;
    server.play(script).await;
    server.ledger.pass_time(minute(now)).await;
    server
}

#[test]
fn a_device_is_heard_and_silent_and_the_site_says_so_to_whom_it_is_open() {
    for database in databases() {
        block_on(async {
            let server = served(database, 300).await;
            let size = server.size().await;
            assert_eq!(hear(&server, scale(&[0, 10, 20, 100, 110])).await, (5, 0));
            let camera = |n| beat("cam.1", "camera", minute(n));
            assert_eq!(hear(&server, vec![camera(290), camera(305), camera(290)]).await, (2, 1));
            assert_eq!(hear(&server, scale(&[110, 105, 15, 20])).await, (0, 4), "sent again, and between");
            assert_eq!(hear(&server, vec![beat("scale-1", "gateway", minute(299))]).await, (1, 0));
            let told = devices(&server, "acme", "").await;
            for label in ["acme", "bureau"] {
                assert_eq!(devices(&server, label, "").await, told, "{label}");
            }
            assert_eq!(told["to"], json!(minute(300)));
            assert_eq!(told["from"], json!(minute(300 - 30 * DAY_MINUTES)));
            let listed: Vec<(&str, &str)> = told["devices"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| (one["kind"].as_str().unwrap(), one["device"].as_str().unwrap()))
                .collect();
            assert_eq!(listed, [("scale", "scale-1"), ("camera", "cam.1"), ("gateway", "scale-1")]);
            let (scale, camera) = (&told["devices"][0], &told["devices"][1]);
            assert_eq!(
                (&scale["first_heard"], &scale["last_heard"]),
                (&json!(minute(0)), &json!(minute(110)))
            );
            assert_eq!((&scale["silent_since"], &scale["has_more"]), (&json!(minute(110)), &json!(false)));
            assert_eq!(silences(scale), [(20, Some(100)), (110, None)]);
            assert_eq!((camera.get("silent_since"), silences(camera)), (None, vec![]));
            let filmed = &told["cameras"][0];
            assert_eq!((&filmed["facility"], &filmed["keeps_days"]), (&json!("TS001"), &json!(60)));
            assert_eq!(filmed["link"], "https://video.example/1");

            let site = site_of("acme", None).1;
            server.is_for_acme_and_the_bureau(site, "devices").await;
            let crew = server.token_of("swift", Role::Driver);
            assert_eq!(server.read_with(&crew, &path("acme", "devices")).await.status, 403);
            assert_eq!(server.read(&path("acme", "devices")).await.status, 401);
            assert_eq!(server.size().await, size, "nothing of it is in the log");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn what_was_silent_once_is_asked_by_day() {
    for database in databases() {
        block_on(async {
            let server = served(database, 0).await;
            assert_eq!(hear(&server, scale(&[-60, -40, 0])).await, (3, 0));
            let asked = devices(&server, "bureau", "?on=2026-03-20").await;
            assert_eq!(asked["to"], json!(minute(0)), "the day is not over");
            server.ledger.pass_time(minute(60 * DAY_MINUTES)).await;
            assert_eq!(hear(&server, scale(&[40 * DAY_MINUTES, 60 * DAY_MINUTES])).await, (2, 0));
            let months = [(0, Some(40 * DAY_MINUTES)), (40 * DAY_MINUTES, Some(60 * DAY_MINUTES))];
            for (on, wanted) in [
                ("", months.to_vec()),
                ("?on=2026-05-19", months.to_vec()),
                ("?on=2026-03-20", vec![(-60, Some(-40)), (-40, Some(0)), months[0]]),
                ("?on=2026-03-19", vec![]),
                ("?on=2030-01-01", months.to_vec()),
            ] {
                let told = devices(&server, "bureau", on).await;
                assert_eq!(silences(&told["devices"][0]), wanted, "{on}");
                assert_eq!(told["devices"][0].get("silent_since"), None, "that is told of now: {on}");
            }
            let refused = server.read_as("acme", &path("acme", "devices?on=yesterday")).await;
            assert_eq!(refused.problem().1, [("query-malformed".into(), "/query/on".into())]);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn whatever_the_order_and_the_calls_the_same_is_kept() {
    let mut random = Random::new(48);
    for round in 0..3 {
        for database in databases() {
            block_on(async {
                let server = served(database, 0).await;
                let mut said: Vec<i64> =
                    (0..240).map(|_| -(random.below(20 * DAY_MINUTES as usize) as i64)).collect();
                said.extend((0..300).map(|n| -n));
                for n in (1..said.len()).rev() {
                    said.swap(n, random.below(n + 1));
                }
                let mut distinct = 0;
                for call in said.chunks(1 + 60 * round) {
                    let doubled: Vec<i64> = call.iter().chain(call).copied().collect();
                    let (new, known) = hear(&server, scale(&doubled)).await;
                    assert_eq!(new + known, doubled.len() as u64);
                    distinct += new;
                }
                assert!(distinct > 0 && hear(&server, scale(&said)).await.0 == 0, "all of it is known");
                let spans = joined(said.iter().map(|n| Span::at(minute(*n))));
                let wanted: Vec<(i64, Option<i64>)> = spans
                    .windows(2)
                    .map(|pair| {
                        (pair[0].to.since(noon()) / MINUTE_MS, Some(pair[1].from.since(noon()) / MINUTE_MS))
                    })
                    .collect();
                let told = devices(&server, "acme", "").await;
                let shown = silences(&told["devices"][0]);
                assert!(wanted.len() > MAX_SILENCES, "{}", wanted.len());
                assert_eq!(shown, wanted[wanted.len() - MAX_SILENCES..]);
                assert_eq!(told["devices"][0]["has_more"], true);
                server.ledger.store.close().await;
            });
        }
    }
}

/// Several gateways of a site at once: each call joins what the others wrote.
#[test]
fn calls_at_the_same_time_lose_nothing_of_each_other() {
    for database in databases() {
        block_on(async {
            let server = served(database, 0).await;
            let call = |k: i64| scale(&(0..10).map(|n| -10 * (6 * n + k)).collect::<Vec<_>>());
            let told = futures::future::join_all((0..6).map(|k| hear(&server, call(k)))).await;
            assert_eq!(told, [(10, 0); 6], "an hour apart, a call joins nothing by itself");
            let device = &devices(&server, "acme", "").await["devices"][0];
            assert_eq!((silences(device), &device["first_heard"]), (vec![], &json!(minute(-590))));
            let audited = audit::verify(&server.ledger.store, Against::itself(), |_, _| {}).await.unwrap();
            assert_eq!(audited.devices, 1);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_nothing_of_it_is_kept() {
    for database in databases() {
        block_on(async {
            let server = served(database, 0).await;
            let good = || beat("scale-1", "scale", minute(0));
            let all = |n: usize| vec![good(); n];
            let with = |member: &str, value: Value| {
                let mut bad = good();
                bad[member] = value;
                vec![good(), bad]
            };
            for (sent, status, code, pointer) in [
                (with("at", json!(minute(6))), 422, "heartbeat-ahead", "/heartbeats/1/at"),
                (with("at", json!(minute(-31 * DAY_MINUTES - 1))), 422, "heartbeat-late", "/heartbeats/1/at"),
                (with("at", json!("2026-03-20")), 400, "body-malformed", "/heartbeats/1/at"),
                (with("at", json!(1_772_414_400)), 400, "body-malformed", "/heartbeats/1/at"),
                (with("device", json!("地磅")), 400, "body-malformed", "/heartbeats/1/device"),
                (with("device", json!("x".repeat(41))), 400, "body-malformed", "/heartbeats/1/device"),
                (with("kind", json!("toaster")), 400, "body-malformed", "/heartbeats/1/kind"),
                (with("mass_g", json!(5)), 400, "body-malformed", "/heartbeats/1/mass_g"),
                (vec![], 400, "body-malformed", "/heartbeats"),
                (all(MAX_HEARTBEATS + 1), 400, "body-malformed", "/heartbeats"),
            ] {
                let answer = send(&server, "acme", sent).await;
                assert_eq!(answer.status, status, "{code} {pointer}: {}", answer.text);
                assert_eq!(answer.problem().1, [(code.to_owned(), pointer.to_owned())]);
            }
            let late: Vec<Value> =
                (0..50).map(|n| beat("scale-1", "scale", minute(-40 * DAY_MINUTES - n))).collect();
            assert_eq!(send(&server, "acme", late).await.problem().1.len(), 20, "of very many the first");
            let long = json!({ "heartbeats": all(1), "pad": "x".repeat(300_000) });
            let long = server.post_as("acme", &path("acme", "heartbeats"), &long).await;
            assert_eq!((long.status, long.problem().0.as_str()), (413, "too-large"));
            assert_eq!(devices(&server, "acme", "").await["devices"], json!([]));

            let edges = [5, -31 * DAY_MINUTES];
            assert_eq!(hear(&server, scale(&edges)).await, (2, 0));
            assert_eq!(hear(&server, all(MAX_HEARTBEATS)).await, (1, MAX_HEARTBEATS as u64 - 1));
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn only_the_party_of_a_site_tells_what_its_devices_say() {
    for database in databases() {
        block_on(async {
            let server = served(database, 0).await;
            let beats = || json!({ "heartbeats": scale(&[0]) });
            let nowhere = "/api/v1/sites/01890a5d-ac96-774b-bcce-b302099a8057/heartbeats";
            let absent = server.post_as("acme", nowhere, &beats()).await;
            assert_eq!(absent.problem().0, "not-found");
            for label in ["swift", "phoenix"] {
                let forbidden = send(&server, label, scale(&[0])).await;
                assert_eq!((forbidden.status, &forbidden.text), (404, &absent.text), "{label}");
            }
            assert_eq!(send(&server, "bureau", scale(&[0])).await.problem().0, "role");
            let crew = server.client.post(server.url(&path("acme", "heartbeats")));
            let crew = crew.bearer_auth(server.token_of("swift", Role::Driver)).body(beats().to_string());
            assert_eq!(Answer::of(crew.send().await.unwrap()).await.status, 403);
            let nobody = server.upload(&path("acme", "heartbeats"), beats().to_string()).await;
            assert_eq!(nobody.status, 401);
            assert_eq!(devices(&server, "bureau", "").await["devices"], json!([]));
            server.ledger.store.close().await;
        });
    }
}

/// A mandate lends reading, and nothing that a party keeps beside the log.
#[test]
fn who_acts_for_a_firm_reads_its_devices_and_speaks_for_none() {
    for database in databases() {
        block_on(async {
            let script = "08:00 acme mandates phoenix for waste.generated until 2026-12-31\n=====";
            let server = served_after(script, database, 0).await;
            assert_eq!(hear(&server, scale(&[0])).await, (1, 0));
            let acme = site_of("acme", None).0.to_string();
            let read =
                server.client.get(server.url(&path("acme", "devices"))).bearer_auth(server.token("phoenix"));
            let read = Answer::of(read.header("acting-for", &acme).send().await.unwrap()).await;
            assert_eq!((read.status, read.json()["devices"][0]["device"].clone()), (200, json!("scale-1")));
            let told = server.client.post(server.url(&path("acme", "heartbeats")));
            let told = told.bearer_auth(server.token("phoenix")).header("acting-for", &acme);
            let told = told.body(json!({ "heartbeats": scale(&[-1]) }).to_string());
            assert_eq!(Answer::of(told.send().await.unwrap()).await.status, 404);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_closed_site_is_heard_of_until_its_last_day_and_no_longer() {
    for database in databases() {
        block_on(async {
            let script = "day 2026-03-19\n13:00 acme closes 2026-03-19 \"moved away\"\n=====";
            let server = served_after(script, database, 0).await;
            assert_eq!(hear(&server, scale(&[-DAY_MINUTES])).await, (1, 0), "from before, sent late");
            let refused = send(&server, "acme", scale(&[-DAY_MINUTES, 0])).await;
            assert_eq!(refused.problem().1, [("site-closed".into(), "/heartbeats/1/at".into())]);
            assert_eq!(silences(&devices(&server, "bureau", "").await["devices"][0]), [(-DAY_MINUTES, None)]);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_site_has_so_many_devices_and_one_long_silent_makes_room() {
    for database in databases() {
        block_on(async {
            let server = served(database, 0).await;
            let many = |count: usize, at| {
                (0..count).map(|n| beat(&format!("s{n}"), "scale", at)).collect::<Vec<_>>()
            };
            let refused = send(&server, "acme", many(MAX_DEVICES + 1, minute(0))).await;
            assert_eq!(refused.problem().1, [("devices-full".into(), "/heartbeats".into())]);
            assert_eq!(hear(&server, many(MAX_DEVICES, minute(0))).await, (MAX_DEVICES as u64, 0));
            let new = || vec![beat("new", "scanner", server.ledger.clock.now())];
            server.ledger.pass_time(minute(31 * DAY_MINUTES)).await;
            assert_eq!(send(&server, "acme", new()).await.problem().0, "unacceptable");
            assert_eq!(
                hear(&server, many(MAX_DEVICES - 1, minute(31 * DAY_MINUTES))).await.0,
                MAX_DEVICES as u64 - 1
            );
            server.ledger.pass_time(minute(31 * DAY_MINUTES + 1)).await;
            assert_eq!(hear(&server, new()).await, (1, 0));
            let told = devices(&server, "acme", "").await;
            let names: Vec<&str> = told["devices"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["device"].as_str().unwrap())
                .collect();
            assert_eq!(names.len(), MAX_DEVICES);
            let last = format!("s{}", MAX_DEVICES - 1);
            assert!(names.contains(&"new") && !names.contains(&&*last), "{names:?}");
            server.ledger.store.close().await;
        });
    }
}

/// What is old goes when something is written, and is not shown before.
#[test]
fn times_go_when_they_are_old_or_too_many() {
    for database in databases() {
        block_on(async {
            let url = database.url.clone();
            let server = served(database, 0).await;
            let mut rows = Tamper::open(&url).await;
            let often: Vec<i64> = (0..2 * MAX_HEARTBEATS as i64).map(|n| -n * 16).collect();
            for call in often.chunks(MAX_HEARTBEATS) {
                assert_eq!(hear(&server, scale(call)).await.0, MAX_HEARTBEATS as u64);
            }
            let count = |text: &str| format!("update device_span set to_ms = to_ms where {text}");
            assert_eq!(rows.run(&count("1 = 1")).await.unwrap(), often.len() as u64);
            // A month later nothing more can be said of them, so that no order of arrival decides which ones stay.
            let later = 32 * DAY_MINUTES;
            server.ledger.pass_time(minute(later)).await;
            assert_eq!(hear(&server, scale(&[later])).await, (1, 0));
            assert_eq!(rows.run(&count("1 = 1")).await.unwrap(), MAX_OLD_SPANS + 1);
            let last = KEPT_DAYS * DAY_MINUTES;
            server.ledger.pass_time(minute(last)).await;
            assert_eq!(hear(&server, scale(&[last])).await, (1, 0));
            assert_eq!(rows.run(&count("1 = 1")).await.unwrap(), 3, "the one at its end, and two later");
            let told = devices(&server, "acme", "").await;
            assert_eq!(told["devices"][0]["first_heard"], json!(minute(*often.last().unwrap())));
            server.ledger.pass_time(minute(last + last)).await;
            assert_eq!(devices(&server, "acme", "").await["devices"], json!([]), "unheard of for too long");
            assert_eq!(hear(&server, vec![beat("gate", "gateway", minute(last + last))]).await, (1, 0));
            assert_eq!(rows.run(&count("kind = 'scale'")).await.unwrap(), 0);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn backups_carry_devices_rebuilding_leaves_them_and_audits_look_at_them() {
    for database in databases() {
        block_on(async {
            let url = database.url.clone();
            let server = served(database, 300).await;
            hear(&server, scale(&[0, 10, 100])).await;
            hear(&server, vec![beat("cam.1", "camera", minute(290))]).await;
            let (store, told) = (&server.ledger.store, devices(&server, "acme", "").await);
            rebuild::rebuild(store, 1_000, |_, _| {}).await.unwrap();
            assert_eq!(devices(&server, "acme", "").await, told);
            let looked_at = audit::verify(store, Against::itself(), |_, _| {}).await.unwrap();
            assert_eq!(looked_at.devices, 2);

            let mut file = Vec::new();
            backup::write(store, &mut file, |_, _| {}).await.unwrap();
            for target in databases() {
                let restored = empty(&target.url).await;
                backup::restore(&restored, &file[..], |_, _| {}).await.unwrap();
                let mut again = Vec::new();
                backup::write(&restored, &mut again, |_, _| {}).await.unwrap();
                assert!(again == file, "a backup of what was restored is the same file");
                assert_eq!(audit::verify(&restored, Against::itself(), |_, _| {}).await.unwrap().devices, 2);
                restored.close().await;
            }
            // Spans that no heartbeats give are refused, whatever the digest at the end says.
            let text = String::from_utf8(file).unwrap();
            let (first, second) = (minute(10).as_millis(), minute(100).as_millis());
            let close = text.replace(&format!("[{second},{second}]"), &format!("[{},{second}]", first + 1));
            assert_ne!(close, text);
            let lines: Vec<&str> = close.split_inclusive('\n').collect();
            let cut = lines[..lines.len() - 1].concat();
            let end = json!({ "end": { "sha256": Digest::sha256(&[cut.as_bytes()]).to_string() } });
            for target in databases() {
                let store = empty(&target.url).await;
                let wrong = format!("{cut}{end}\n");
                let refused =
                    backup::restore(&store, wrong.as_bytes(), |_, _| {}).await.unwrap_err().to_string();
                assert!(refused.contains("do not follow from heartbeats"), "{refused}");
                store.close().await;
            }

            let mut rows = Tamper::open(&url).await;
            let spoil = format!("update device_span set from_ms = {} where from_ms = {second}", first + 1);
            assert_eq!(rows.run(&spoil).await.unwrap(), 1);
            let error = audit::verify(store, Against::itself(), |_, _| {}).await.unwrap_err();
            let AuditError::Broken(broken) = error else { panic!("{error}") };
            assert_eq!(broken.table, "device_span");
            assert!(broken.place.ends_with("/scale/scale-1"), "{}", broken.place);
            server.ledger.store.close().await;
        });
    }
}
