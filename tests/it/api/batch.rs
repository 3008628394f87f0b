//! Many events at once, streamed both ways.

use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use serde_json::Value;

use super::server::{Answer, Server, sign_script};
use crate::support::ledger::{block_on, databases};

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
