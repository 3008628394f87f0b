//! Speaking for others, about other times, in other places.

use liandan::clock::Timestamp;
use liandan::custody::Verdict;
use liandan::ledger::{Digest, Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::{Scripted, World};
use serde_json::{Value, json};

use crate::api::server::{Server, sign_script};
use crate::oracle::{compare_with_naive, naive_of};
use crate::support::ledger::{Ledger, block_on, databases};

const COLLECTED: &str = "
    08:00  acme  opens      900-041-49 1200 kg
    09:00  acme  registers  M1  900-041-49 1200 kg  acme > swift > heron > phoenix
    09:20  acme  hands      M1  to swift
    =====
";

fn gate(party: &str) -> SigningKey {
    let world = World::embedded();
    world.key(party, world.party(party).unwrap().gate())
}

fn signed(payload: &Value, key: &SigningKey) -> String {
    Envelope::sign(Typ::Event, payload.to_string().as_bytes(), key).into_compact()
}

/// The payload of a scripted event with some members changed, under an act of its own.
fn changed(act: &Scripted, n: u8, changes: &[(&str, Value)]) -> Value {
    let mut payload: Value = serde_json::from_slice(act.envelope.payload()).unwrap();
    payload["act"] = json!(format!("01890a5d-ac96-774b-bcce-{n:012x}"));
    for (pointer, value) in changes {
        *payload.pointer_mut(pointer).unwrap() = value.clone();
    }
    payload
}

/// All but the last event sent, the clock at the last one's moment; gives the last one.
async fn but_the_last(ledger: &Ledger, text: &str) -> Scripted {
    let played = sign_script(text);
    let (last, before) = played.acts.split_last().unwrap();
    for act in before {
        ledger.send(act).await.unwrap();
    }
    ledger.clock.set(last.recorded_at);
    last.clone()
}

#[test]
fn nobody_speaks_for_another_or_takes_anothers_offer() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let collected = but_the_last(&server.ledger, COLLECTED).await;
        let size = server.size().await;
        let (swift, heron) = ("swift", "heron");
        let uscc = |label: &str| json!(World::embedded().party(label).unwrap().uscc);
        for (what, payload, key, code, pointer) in [
            // Carrier B signs what names carrier A as the taker, in A's name and in its own.
            ("in another's name", changed(&collected, 1, &[]), gate(heron), "not-your-party", "/for"),
            (
                "naming another taker",
                changed(&collected, 2, &[("/for", uscc(heron))]),
                gate(heron),
                "payload-malformed",
                "/for",
            ),
            // Carrier B takes what was offered to carrier A.
            (
                "another's offer",
                changed(&collected, 3, &[("/for", uscc(heron)), ("/data/to", uscc(heron))]),
                gate(heron),
                "offer-to-another",
                "/data/offer",
            ),
            (
                "the offer's own party",
                changed(&collected, 4, &[("/for", uscc("acme"))]),
                gate(swift),
                "payload-malformed",
                "/data/offer",
            ),
        ] {
            let answer = server.upload("/api/v1/events", signed(&payload, &key)).await;
            let (_, errors) = answer.problem();
            let wanted = (code.to_owned(), pointer.to_owned());
            assert!((400..500).contains(&answer.status), "{what}");
            assert!(errors.contains(&wanted), "{what}: {}", answer.text);
        }
        assert_eq!(server.size().await, size);
        assert_eq!(
            server.upload("/api/v1/events", collected.envelope.compact().to_owned()).await.status,
            201
        );
    });
}

#[test]
fn an_event_dated_back_before_a_revocation_is_evidence() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let collected = but_the_last(
                &ledger,
                "
                08:00  acme    opens      900-041-49 1200 kg
                09:00  acme    registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                09:40  bureau  revokes    key of swift
                10:00  acme    hands      M1  to swift
                =====
                ",
            )
            .await;
            // The thief says that it happened before the revocation, and anchors it there: the index decides.
            let back = changed(&collected, 1, &[("/occurred_at", json!("2026-03-02T01:05:00Z"))]);
            let sent = ledger.app.submit(signed(&back, &gate("swift")).as_bytes(), None).await.unwrap();
            assert_eq!(sent.receipt.verdict, Verdict::EvidenceOnly);
            let rules: Vec<&str> = sent.receipt.opened.iter().map(|brief| brief.rule.as_str()).collect();
            assert_eq!(rules, ["signed-after-revocation"]);
            ledger.store.close().await;
        });
    }
}

#[test]
fn clocks_days_off_are_clamped_and_flagged() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        const DAYS: i64 = 3 * 24;
        let played = sign_script(
            "08:00 acme opens L1 900-041-49 1200 kg\n08:01 acme opens L2 900-041-49 1 t\n=====\n",
        );
        let office = World::embedded().key("acme", Role::Operator);
        for (n, (act, hours)) in (1..).zip(played.acts.iter().zip([DAYS, -DAYS])) {
            server.ledger.clock.set(act.recorded_at);
            let stated = act.recorded_at.plus_hours(hours);
            let body = signed(&changed(act, n, &[("/occurred_at", json!(stated))]), &office);
            let request =
                server.client.post(server.url("/api/v1/events")).header("Device-Time", stated.to_string());
            let answer: Value = request.body(body).send().await.unwrap().json().await.unwrap();
            let id = answer["event_id"].as_str().unwrap();
            let opened = answer["findings_opened"].as_array().unwrap();
            assert!(opened.iter().any(|brief| brief["rule"] == "clock-skew"), "{answer}");
            assert_eq!(answer["skew_ms"], hours * 3_600_000);
            let event = server.read_as("acme", &format!("/api/v1/events/{id}")).await.json();
            // What it says and when it came are both shown; it is effective no later than it was recorded.
            assert_eq!(event["occurred_at"], stated.to_string());
            assert_eq!(event["recorded_at"], act.recorded_at.to_string());
            assert_eq!(event["effective_at"], stated.min(act.recorded_at).to_string());
            assert!(event["not_after"]["recorded_at"].is_string(), "{event}");
        }
    });
}

#[test]
fn an_anchor_counts_only_where_it_fits_the_log() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let collected = but_the_last(&ledger, COLLECTED).await;
            let mut tx = ledger.store.read().await.unwrap();
            let head = liandan::store::log::head(&mut tx).await.unwrap().unwrap();
            drop(tx);
            // By its clock it was collected an hour before the registration, and it names nobody: only the anchor can tell that
            // its signer knew.
            let early: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
            let other = Digest::sha256(&[b"another log"]);
            let anchor = |size: u64, root: Digest| json!({ "size": size, "root": root });
            let cases = [
                (Value::Null, vec!["moved-without-manifest"]),
                (anchor(head.size, other), vec!["anchor-invalid", "moved-without-manifest"]),
                (anchor(head.size + 1, head.root), vec!["anchor-invalid", "moved-without-manifest"]),
                (anchor(1 << 52, head.root), vec!["anchor-invalid", "moved-without-manifest"]),
                (anchor(0, other), vec!["anchor-invalid", "moved-without-manifest"]),
                (anchor(head.size, head.root), vec![]),
            ];
            for (n, (anchor, wanted)) in (1..).zip(cases) {
                let mut payload =
                    changed(&collected, n, &[("/occurred_at", json!(early)), ("/prev", json!([]))]);
                payload["anchor"] = anchor.clone();
                payload["data"].as_object_mut().unwrap().remove("offer");
                let judged = ledger
                    .app
                    .dry_run(signed(&payload, &gate("swift")).as_bytes(), None)
                    .await
                    .unwrap()
                    .receipt;
                let mut rules: Vec<&str> = judged.opened.iter().map(|brief| brief.rule.as_str()).collect();
                rules.sort_unstable();
                assert_eq!(rules, wanted, "{anchor}");
            }
            ledger.store.close().await;
        });
    }
}

/// Anchors stand in events that are recorded; those that come late are read back from the store, and judged alike.
#[test]
fn anchors_are_judged_alike_when_the_log_is_read_back() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let collected = &but_the_last(&ledger, COLLECTED).await;
            let mut tx = ledger.store.read().await.unwrap();
            let size = liandan::store::log::head(&mut tx).await.unwrap().unwrap().size;
            drop(tx);
            let early = json!("2026-03-02T00:00:00Z");
            for (n, size) in (1..).zip([size, 1, 77, size + 9]) {
                let mut tx = ledger.store.read().await.unwrap();
                let known = size.min(liandan::store::log::head(&mut tx).await.unwrap().unwrap().size);
                let root = liandan::store::log::tail(&mut tx, known).await.unwrap().root();
                drop(tx);
                let mut payload =
                    changed(collected, n, &[("/occurred_at", early.clone()), ("/prev", json!([]))]);
                payload["anchor"] = json!({ "size": size, "root": root });
                payload["data"].as_object_mut().unwrap().remove("offer");
                ledger.app.submit(signed(&payload, &gate("swift")).as_bytes(), None).await.unwrap();
            }
            let mut tx = ledger.store.read().await.unwrap();
            let naive = naive_of(&mut tx, &ledger, ledger.clock.now()).await;
            assert!(naive.open_findings.values().any(|(rule, _, _)| rule == "anchor-invalid"));
            compare_with_naive(&mut tx, &naive).await.unwrap();
            drop(tx);
            ledger.store.close().await;
        });
    }
}

#[test]
fn a_statement_stays_in_its_ledger_and_manifest() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let collected = but_the_last(&server.ledger, COLLECTED).await;
        let size = server.size().await;
        // For another ledger.
        let elsewhere = changed(&collected, 1, &[("/log", json!("other.example/liandan"))]);
        let answer = server.upload("/api/v1/events", signed(&elsewhere, &gate("swift"))).await;
        assert_eq!(answer.problem().1, [("other-ledger".to_owned(), "/log".to_owned())]);
        // The same signed half in another manifest.
        let manifest = json!("01890a5d-ac96-774b-bcce-b302099a8059");
        let moved = changed(&collected, 2, &[("/data/manifest", manifest)]);
        let answer = server.upload("/api/v1/events", signed(&moved, &gate("swift"))).await;
        assert_eq!(answer.problem().1, [("offer-to-another".to_owned(), "/data/offer".to_owned())]);
        // Somebody else's bytes with one byte of the payload changed.
        let compact = collected.envelope.compact();
        let (head, tail) = compact.split_at(compact.len() / 2);
        let other = if tail.starts_with('A') { "B" } else { "A" };
        let answer = server.upload("/api/v1/events", format!("{head}{other}{}", &tail[1..])).await;
        assert!((400..500).contains(&answer.status));
        assert_eq!(server.size().await, size);
        // A predecessor from another manifest makes no edge, so it moves nothing in time and raises no fork.
        let opening =
            server.play("07:00 ruby opens 336-064-17 10 kg\n=====\n").await.acts[0].envelope.event_id();
        let spliced = changed(&collected, 3, &[("/prev", json!([opening]))]);
        let answer = server.upload("/api/v1/events", signed(&spliced, &gate("swift"))).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let mut tx = server.ledger.store.read().await.unwrap();
        let naive = naive_of(&mut tx, &server.ledger, server.ledger.clock.now()).await;
        assert!(naive.open_findings.values().all(|(rule, _, _)| rule != "fork"));
        compare_with_naive(&mut tx, &naive).await.unwrap();
    });
}
