//! Many events at once, streamed both ways.

use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use liandan::ledger::{Envelope, Typ};
use liandan::scenario::World;
use serde_json::{Value, json};

use super::server::{Answer, Server, office_key, sign_script};
use crate::support::ledger::{LOG, block_on, databases};

/// A day of four events that the ledger takes in any order of arrival.
fn lines() -> Vec<String> {
    let text = "
        08:00  acme  opens  900-041-49 1200 kg
        08:10  acme  opens  900-041-49 1300 kg
        08:20  ruby  opens  336-064-17 10 kg
        08:30  acme  opens  900-041-49 1400 kg
        =====
    ";
    sign_script(text).acts.iter().map(|act| act.envelope.compact().to_owned()).collect()
}

fn results(answer: &Answer) -> Vec<Value> {
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (200, &"application/x-ndjson".parse().unwrap())
    );
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_line_has_its_result_in_order_and_bad_ones_harm_nobody() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let size = server.size().await;
        let good = lines();
        let too_long = "x".repeat(300 * 1024);
        let upload = [&good[0], "nonsense", &good[1], "", &too_long, &good[0], &good[2], &good[3]].join("\n");
        let results = results(&server.upload("/api/v1/events/batch", upload).await);
        let statuses: Vec<u64> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [201, 400, 201, 400, 413, 200, 201, 201]);
        let numbers: Vec<u64> = results.iter().map(|result| result["line"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(results[5]["receipt"], results[0]["receipt"], "a line sent twice gets one receipt");
        assert_eq!(results[1]["problem"]["type"], "/problems/malformed");
        assert_eq!(server.size().await, size + 4);
    });
}

/// Who waits for a result before sending the next line gets it: otherwise this would never end.
#[test]
fn results_come_while_the_upload_is_open() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (mut sender, receiver) = mpsc::channel::<Result<String, std::io::Error>>(1);
        let body = reqwest::Body::wrap_stream(receiver);
        let sent = tokio::spawn(server.client.post(server.url("/api/v1/events/batch")).body(body).send());
        let mut lines = lines().into_iter();
        sender.send(Ok(format!("{}\n", lines.next().unwrap()))).await.unwrap();
        let mut answers = sent.await.unwrap().unwrap().bytes_stream();
        let mut text = Vec::new();
        for wanted in 1..=4 {
            while text.iter().filter(|byte| **byte == b'\n').count() < wanted {
                text.extend_from_slice(&answers.next().await.unwrap().unwrap());
            }
            if let Some(line) = lines.next() {
                sender.send(Ok(format!("{line}\n"))).await.unwrap();
            }
        }
        drop(sender);
        assert!(answers.next().await.is_none());
        assert_eq!(String::from_utf8(text).unwrap().lines().count(), 4);
    });
}

#[test]
fn lines_above_the_limit_are_not_read_and_that_is_said() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let upload = "x\n".repeat(usize::try_from(liandan::api::MAX_BATCH_LINES).unwrap() + 5);
        let results = results(&server.upload("/api/v1/events/batch", upload).await);
        assert_eq!(results.len() as u64, liandan::api::MAX_BATCH_LINES + 1);
        let last = results.last().unwrap();
        assert_eq!(
            (last["status"].as_u64(), last["problem"]["errors"][0]["code"].as_str()),
            (Some(413), Some("too-many-lines"))
        );
        assert!(results[..results.len() - 1].iter().all(|result| result["status"] == 400));
    });
}

#[test]
fn exactly_the_limit_is_read() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let upload = "x\n".repeat(usize::try_from(liandan::api::MAX_BATCH_LINES).unwrap());
        let results = results(&server.upload("/api/v1/events/batch", upload).await);
        assert_eq!(results.len() as u64, liandan::api::MAX_BATCH_LINES);
        assert!(results.iter().all(|result| result["status"] == 400));
    });
}

/// Each line is judged as if those before it had been recorded, and nothing is kept.
#[test]
fn a_sequence_is_tried_without_being_kept() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let size = server.size().await;
            let played = sign_script(
                "08:00 acme opens 900-041-49 1200 kg
                 09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
                 10:00 acme hands M1 to swift
                 =====",
            );
            server.ledger.clock.set(played.ends_at);
            let lines: Vec<&str> = played.acts.iter().map(|act| act.envelope.compact()).collect();
            let tried = server.upload("/api/v1/events/batch?dry_run=true", lines.join("\n")).await;
            let tried = results(&tried);
            let statuses: Vec<u64> = tried.iter().map(|result| result["status"].as_u64().unwrap()).collect();
            // The confirmation and the assignment are refused where no registration stands before them.
            assert_eq!(statuses, vec![201; lines.len()]);
            let indexes: Vec<u64> =
                tried.iter().map(|result| result["receipt"]["index"].as_u64().unwrap()).collect();
            assert_eq!(indexes, (size..size + lines.len() as u64).collect::<Vec<_>>());
            assert!(tried.iter().all(|result| result["receipt"]["inclusion"].is_null()));
            assert_eq!(server.size().await, size);
            let alone = server.upload("/api/v1/events/batch?dry_run=true", lines[2].to_owned()).await;
            assert_eq!(results(&alone)[0]["status"], 422, "without what stands before it");
            let many = vec!["x"; 1_001].join("\n");
            let refused = server.upload("/api/v1/events/batch?dry_run=true", many).await;
            assert_eq!(refused.problem().1, [("too-many-lines".to_owned(), String::new())]);
        });
    }
}

/// Two loads, from the opening of their lots to their disposal.
fn two_loads() -> Vec<(String, Option<String>)> {
    let played = sign_script(
        "08:00 acme opens 900-041-49 2400 kg
         09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
         09:10 acme registers M2 900-041-49 1200 kg acme > swift > phoenix
         10:00 acme hands M1 to swift
         10:30 acme hands M2 to swift
         12:00 swift hands M1 to phoenix
         12:10 swift hands M2 to phoenix
         =====",
    );
    let name = |act: &liandan::scenario::Scripted| {
        let event = act.envelope.payload();
        let event: Value = serde_json::from_slice(event).unwrap();
        event["data"]["manifest"].as_str().map(str::to_owned)
    };
    played.acts.iter().map(|act| (act.envelope.compact().to_owned(), name(act))).collect()
}

fn statuses(results: &[Value]) -> Vec<u64> {
    results.iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

/// A backlog need not be sorted: what is refused alone is taken with what it stands on, wherever that is in the upload.
#[test]
fn lines_may_stand_on_later_ones() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let size = server.size().await;
            let loads = two_loads();
            server.ledger.clock.set("2026-11-30T00:00:00Z".parse().unwrap());
            let backwards: Vec<&str> = loads.iter().rev().map(|(line, _)| line.as_str()).collect();
            let tried = server.upload("/api/v1/events/batch?dry_run=true", backwards.join("\n")).await;
            assert_eq!(statuses(&results(&tried)), vec![201; loads.len()]);
            let taken = results(&server.upload("/api/v1/events/batch", backwards.join("\n")).await);
            assert_eq!(statuses(&taken), vec![201; loads.len()]);
            assert_eq!(server.size().await, size + loads.len() as u64);
            let again = results(&server.upload("/api/v1/events/batch", backwards.join("\n")).await);
            assert_eq!(statuses(&again), vec![200; loads.len()]);
            let indexes = |of: &[Value]| -> Vec<u64> {
                of.iter().map(|one| one["receipt"]["index"].as_u64().unwrap()).collect()
            };
            assert_eq!(indexes(&again), indexes(&taken));
            let mut sorted = indexes(&taken);
            sorted.sort_unstable();
            assert_eq!(sorted, (size..size + loads.len() as u64).collect::<Vec<_>>());
            assert_ne!(sorted, indexes(&taken), "not the order of the lines");
        });
    }
}

#[test]
fn of_a_manifest_all_lines_are_taken_or_none() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let size = server.size().await;
            server.ledger.clock.set("2026-11-30T00:00:00Z".parse().unwrap());
            let loads = two_loads();
            let second = loads.iter().rev().find_map(|(_, manifest)| manifest.clone()).unwrap();
            let registration =
                loads.iter().position(|(_, manifest)| manifest.as_ref() == Some(&second)).unwrap();
            // Without its registration nobody can confirm or assign the second manifest; its facts alone would be taken.
            let lines: Vec<&(String, Option<String>)> =
                loads.iter().enumerate().filter(|(n, _)| *n != registration).map(|(_, load)| load).collect();
            let upload: Vec<&str> = lines.iter().map(|(line, _)| line.as_str()).collect();
            let of_second = |n: usize| lines[n].1.as_ref() == Some(&second);
            let path = "/api/v1/events/batch?all_or_nothing=manifest";
            let answers = results(&server.upload(path, upload.join("\n")).await);
            let wanted: Vec<u64> = (0..lines.len()).map(|n| if of_second(n) { 422 } else { 201 }).collect();
            assert_eq!(statuses(&answers), wanted);
            let codes: Vec<&str> =
                answers.iter().filter_map(|answer| answer["problem"]["errors"][0]["code"].as_str()).collect();
            assert!(
                codes.contains(&"others-refused") && codes.iter().any(|code| *code != "others-refused"),
                "{codes:?}"
            );
            let told =
                answers.iter().find(|answer| answer["problem"]["errors"][0]["code"] == "others-refused");
            let message = told.unwrap()["problem"]["errors"][0].to_string();
            let cause = (0..lines.len())
                .find(|n| of_second(*n) && answers[*n]["problem"]["errors"][0]["code"] != "others-refused");
            assert!(message.contains(&format!("line {} ", cause.unwrap() + 1)), "{message}");
            let kept = wanted.iter().filter(|status| **status == 201).count() as u64;
            assert_eq!(server.size().await, size + kept);
            // A line twice is no way around it.
            let mut doubled = upload.clone();
            let twice = (0..lines.len()).rfind(|n| of_second(*n)).unwrap();
            doubled.push(upload[twice]);
            let answers = results(&server.upload(path, doubled.join("\n")).await);
            assert_eq!(statuses(&answers).last(), Some(&422));
            assert_eq!(server.size().await, size + kept);
            // Complete, it is taken; what is known already is known.
            let whole: Vec<&str> = loads.iter().map(|(line, _)| line.as_str()).collect();
            let answers = results(&server.upload(path, whole.join("\n")).await);
            let wanted: Vec<u64> = loads
                .iter()
                .map(|(_, manifest)| if manifest.as_ref() == Some(&second) { 201 } else { 200 })
                .collect();
            assert_eq!(statuses(&answers), wanted);
        });
    }
}

#[test]
fn what_cannot_be_read_may_belong_to_any_manifest() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let size = server.size().await;
        let loads = two_loads();
        let mut upload: Vec<&str> = loads.iter().map(|(line, _)| line.as_str()).collect();
        let (head, signature) = upload[2].rsplit_once('.').unwrap();
        let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
        for unread in ["nonsense", "", &forged, &"x".repeat(300 * 1024)] {
            upload.insert(1, unread);
            let path = "/api/v1/events/batch?all_or_nothing=manifest";
            let answers = results(&server.upload(path, upload.join("\n")).await);
            assert!(answers.iter().all(|answer| answer["receipt"].is_null()), "{unread:.20}");
            assert_eq!(answers[0]["problem"]["errors"][0]["code"], "others-refused");
            assert!(answers[0].to_string().contains("line 2 "), "{}", answers[0]);
            upload.remove(1);
        }
        assert_eq!(server.size().await, size);
        let many = vec!["x"; 1_001].join("\n");
        let refused = server.upload("/api/v1/events/batch?all_or_nothing=manifest", many).await;
        assert_eq!(refused.problem().1, [("too-many-lines".to_owned(), String::new())]);
    });
}

/// A revocation that says of itself that it came first takes nothing away from what stands before it, whatever else is refused.
#[test]
fn no_other_order_makes_a_line_fare_worse() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = sign_script(
            "08:00 acme opens 900-041-49 2400 kg
             09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
             10:00 acme hands M1 to swift
             12:00 swift hands M1 to phoenix
             =====",
        );
        server.ledger.clock.set(played.ends_at);
        let world = World::embedded();
        let driver = world.key("swift", world.party("swift").unwrap().gate()).public().kid();
        let revoked = json!({
            "v": 1, "log": LOG, "kind": "key.revoked", "act": "01890a5d-ac96-774b-bcce-b302099a8057",
            "for": world.party("bureau").unwrap().uscc, "occurred_at": "2026-03-01T00:00:00Z",
            "data": {"key": driver, "reason": "lost"},
        });
        let revoked = Envelope::sign(Typ::Event, revoked.to_string().as_bytes(), &office_key("bureau"));
        let acts = played.acts.iter().map(|act| act.envelope.compact());
        let mut lines: Vec<&str> = acts.chain([revoked.compact()]).collect();
        // Something is refused as it stands: the confirmation before its registration.
        let confirmed = played
            .acts
            .iter()
            .position(|act| act.envelope.payload().windows(18).any(|w| w == b"manifest.confirmed"));
        let confirmation = lines.remove(confirmed.unwrap());
        lines.insert(0, confirmation);
        let answers = results(&server.upload("/api/v1/events/batch", lines.join("\n")).await);
        let verdicts: Vec<&str> =
            answers.iter().filter_map(|answer| answer["receipt"]["verdict"].as_str()).collect();
        assert!(!verdicts.is_empty() && !verdicts.contains(&"evidence-only"), "{answers:?}");
        assert_eq!(statuses(&answers)[0], 422, "the order of the lines stays");
    });
}
