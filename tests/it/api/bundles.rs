//! Bundles: the ledger makes them, a stranger checks them, and nothing that was changed in one passes.

use liandan::clock::Timestamp;
use liandan::custody::Event;
use liandan::custody::bundle::{Bundle, Item, Mark, Note, Outcome, Report, check, check_with_head};
use liandan::custody::event::Anchor;
use liandan::custody::head::HeadStatement;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::cosignature::Cosigner;
use liandan::ledger::merkle::empty_root;
use liandan::ledger::note::{NoteKey, NoteSigner};
use liandan::ledger::policy::Policy;
use liandan::ledger::tlog_proof::TlogProof;
use liandan::ledger::{Digest, Envelope, SigningKey, Typ};
use liandan::scenario::{Played, Scripted};
use serde_json::Value;

use super::server::{Server, office_key, sign_script};
use crate::support::ledger::{LOG, block_on, databases, log_key};
use crate::support::random::Random;
use crate::support::tamper::Tamper;

pub(super) const DAY: &str = "
    08:00  acme      opens      900-041-49 2400 kg
    09:00  acme      registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:05  acme      registers  M2  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme      hands      M1  to swift
    09:30  acme      hands      M2  to swift  alone
    16:05  swift     hands      M1  to phoenix
    16:30  phoenix   receives   M1  1120 kg
    =====
    ";

/// The driver's key is revoked between registering and collecting.
const REVOKED: &str = "
    08:00  acme      opens      900-041-49 1200 kg
    09:00  acme      registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:10  bureau    revokes    key of swift
    09:20  acme      hands      M1  to swift
    =====
    ";

/// Phoenix registers a load for acme.
const MANDATED: &str = "
    08:00  acme      opens      900-041-49 1200 kg
    08:10  acme      mandates   phoenix for manifest.registered until 2026-12-31
    09:00  acme      registers  M1  900-041-49 1200 kg  acme > swift > phoenix  through phoenix
    09:20  acme      hands      M1  to swift
    =====
    ";

fn log_alone() -> Policy {
    Policy::log_alone(signer().verifier())
}

fn signer() -> NoteSigner {
    NoteSigner { name: LOG.to_owned(), key: log_key() }
}

async fn bundle_of(server: &Server, played: &Played, manifest: &str) -> String {
    let id = played.names.manifest(manifest).unwrap();
    let answer = server.read_as("acme", &format!("/api/v1/manifests/{id}/bundle")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/json");
    answer.text
}

fn codes(report: &Report, mark: Mark) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.mark == mark).map(|check| check.code).collect()
}

fn parsed(json: &str) -> Bundle {
    Bundle::parse(json.as_bytes()).unwrap()
}

fn outcome(bundle: &Bundle) -> Outcome {
    check(bundle.to_json().as_bytes(), &log_alone()).outcome
}

#[test]
fn what_the_ledger_hands_out_convinces_a_stranger() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(DAY).await;
            let json = bundle_of(&server, &played, "M1").await;
            let report = check(json.as_bytes(), &log_alone());
            assert_eq!(report.outcome, Outcome::Valid, "{report:#?}");
            let kinds: Vec<_> = report.events.iter().map(|event| event.kind.unwrap()).collect();
            let said = ["registered", "confirmed", "assigned"].map(|kind| format!("manifest.{kind}"));
            let done = ["collected", "delivered", "received"].map(|kind| format!("waste.{kind}"));
            assert_eq!(kinds, [said, done].concat());
            assert_eq!(report.events[3].notes, [Note::BothSides]);
            assert_eq!(codes(&report, Mark::Holds), ["checkpoint", "witnesses", "keys", "events", "head"]);
            assert_eq!(parsed(&json).to_json(), json, "what is written is what is read");

            let one_sided = check(bundle_of(&server, &played, "M2").await.as_bytes(), &log_alone());
            assert_eq!(one_sided.outcome, Outcome::Valid);
            assert_eq!(one_sided.events[3].notes, [Note::OneSided]);

            for act in &played.acts {
                let id = act.envelope.event_id();
                let answer = server.read_as("bureau", &format!("/api/v1/events/{id}/bundle")).await;
                let report = check(answer.text.as_bytes(), &log_alone());
                assert_eq!((report.outcome, report.events.len()), (Outcome::Valid, 1), "{report:#?}");
                assert_eq!(report.events[0].event, Some(id));
                let proof = server.read_as("bureau", &format!("/api/v1/events/{id}/proof")).await.text;
                let Item::Said { proof: inside, .. } = &parsed(&answer.text).events[0] else { panic!() };
                assert_eq!(*inside, proof);
                let receipt = server.read_as("bureau", &format!("/api/v1/events/{id}/receipt")).await.json();
                let first = TlogProof::parse(receipt["tlog_proof"].as_str().unwrap()).unwrap();
                assert_eq!(first.index, TlogProof::parse(&proof).unwrap().index);
                assert_eq!(receipt["inclusion"]["checkpoint"], first.checkpoint);
            }
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn what_was_signed_for_another_says_so() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(MANDATED).await;
        let json = bundle_of(&server, &played, "M1").await;
        let report = check(json.as_bytes(), &log_alone());
        assert_eq!(report.outcome, Outcome::Valid, "{report:#?}");
        assert_eq!(report.events[0].notes, [Note::Mandated]);
        assert!(report.events[1..].iter().all(|event| !event.notes.contains(&Note::Mandated)));
    });
}

#[test]
fn the_verdict_goes_by_the_reader_s_policy() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let json = bundle_of(&server, &played, "M1").await;
        let vkey = signer().verifier().to_vkey();
        let witnesses =
            [1, 2].map(|seed| Cosigner { name: format!("w{seed}"), key: SigningKey::from_seed([seed; 32]) });
        let [one, two] = witnesses.each_ref().map(|witness| witness.verifier().to_vkey());
        let lines = format!("log {vkey}\nwitness w1 {one}\nwitness w2 {two}\ngroup both all w1 w2\n");
        let policy = |quorum: &str| Policy::parse(&format!("{lines}quorum {quorum}\n")).unwrap();
        let outcome = |json: &str, policy: &Policy| check(json.as_bytes(), policy).outcome;
        assert_eq!(outcome(&json, &policy("none")), Outcome::Valid);
        assert_eq!(outcome(&json, &policy("w1")), Outcome::BelowPolicy);

        let note = TlogProof::parse(parsed(&json).events[0].proof()).unwrap().checkpoint;
        let text = format!("{}\n", note.split_once("\n\n").unwrap().0);
        let line = witnesses[0].cosign(&text, 1_790_000_000).unwrap();
        let cosigned = with_note(&json, &format!("{note}{line}"));
        assert_eq!(outcome(&cosigned, &policy("w1")), Outcome::Valid);
        assert_eq!(outcome(&cosigned, &policy("both")), Outcome::BelowPolicy);
        let report = check(cosigned.as_bytes(), &policy("w1"));
        assert_eq!(report.head.unwrap().cosigned, [("w1".to_owned(), 1_790_000_000)]);
        let forged = line.replace("w1 ", "w1 AAAA");
        assert_ne!(outcome(&with_note(&json, &format!("{note}{forged}")), &policy("w1")), Outcome::Valid);

        let other = NoteSigner { name: LOG.to_owned(), key: SigningKey::from_seed([77; 32]) };
        assert_eq!(outcome(&json, &Policy::log_alone(other.verifier())), Outcome::Invalid, "not its key");
        let elsewhere = NoteSigner { name: "elsewhere.example".to_owned(), key: log_key() };
        assert_eq!(outcome(&json, &Policy::log_alone(elsewhere.verifier())), Outcome::CannotTell);
        server.ledger.store.close().await;
    });
}

/// The same bundle with another note below every proof.
fn with_note(json: &str, note: &str) -> String {
    let mut bundle = parsed(json);
    let swap = |text: &mut String| {
        *text = TlogProof { checkpoint: note.to_owned(), ..TlogProof::parse(text).unwrap() }.to_text();
    };
    bundle.events.iter_mut().for_each(|item| match item {
        Item::Said { proof, .. } | Item::Erased { proof, .. } => swap(proof),
    });
    bundle.keys.iter_mut().for_each(|item| swap(&mut item.proof));
    bundle.to_json()
}

#[test]
fn one_changed_byte_anywhere_is_never_taken() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let id = played.acts.last().unwrap().envelope.event_id();
        let event = server.read_as("acme", &format!("/api/v1/events/{id}/bundle")).await.text;
        let manifest = bundle_of(&server, &played, "M1").await;
        let policy = log_alone();
        let mut invalid = 0;
        for (json, step) in [(&event, 1), (&manifest, 61)] {
            for at in (0..json.len()).step_by(step) {
                let mut bytes = json.clone().into_bytes();
                bytes[at] ^= 1;
                let outcome = check(&bytes, &policy).outcome;
                assert!(
                    matches!(outcome, Outcome::Invalid | Outcome::CannotTell),
                    "byte {at} changed: {outcome:?}: …{}",
                    String::from_utf8_lossy(&bytes[at.saturating_sub(40)..(at + 20).min(json.len())])
                );
                invalid += usize::from(outcome == Outcome::Invalid);
            }
            for length in (0..json.len()).step_by(97) {
                assert_eq!(check(&json.as_bytes()[..length], &policy).outcome, Outcome::CannotTell);
            }
        }
        assert!(invalid > event.len() / 2, "only {invalid} were found to be untrue");
        server.ledger.store.close().await;
    });
}

#[test]
fn every_changed_member_is_found() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let json = bundle_of(&server, &played, "M1").await;
        let whole: Value = serde_json::from_str(&json).unwrap();
        let mut pointers = Vec::new();
        leaves_of(&whole, String::new(), &mut pointers);
        assert!(pointers.len() > 40);
        for pointer in pointers {
            for value in [Value::Null, "".into(), 7.into(), true.into(), Value::Array(vec![])] {
                let mut changed = whole.clone();
                *changed.pointer_mut(&pointer).unwrap() = value;
                let outcome = check(changed.to_string().as_bytes(), &log_alone()).outcome;
                assert!(matches!(outcome, Outcome::Invalid | Outcome::CannotTell), "{pointer}: {outcome:?}");
            }
        }
        for (from, to) in [
            ("{\"format\"", "{\"more\":1,\"format\""),
            ("{\"format\"", "{\"format\":\"liandan-bundle/v1\",\"format\""),
            ("liandan-bundle/v1", "liandan-bundle/v2"),
            ("\"skew_ms\":0", "\"skew_ms\":0.0"),
            ("\"skew_ms\":0", "\"skew_ms\":0,\"skew_ms\":0"),
            ("\"skew_ms\":0", "\"skew_ms\":0,\"erased\":true"),
        ] {
            let report = check(json.replacen(from, to, 1).as_bytes(), &log_alone());
            assert_eq!(
                (report.outcome, codes(&report, Mark::Unknown)),
                (Outcome::CannotTell, vec!["form"]),
                "{to}"
            );
        }
        server.ledger.store.close().await;
    });
}

fn leaves_of(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves_of(value, format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| leaves_of(value, format!("{at}/{n}"), found));
        }
        _ => found.push(at),
    }
}

#[test]
fn nothing_is_left_out_spliced_in_or_moved() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let whole = parsed(&bundle_of(&server, &played, "M1").await);
        let other = parsed(&bundle_of(&server, &played, "M2").await);
        assert_eq!(outcome(&whole), Outcome::Valid);
        for n in 0..whole.events.len() {
            let mut less = whole.clone();
            less.events.remove(n);
            assert_eq!(outcome(&less), Outcome::Invalid, "event {n} left out");
            let mut twice = whole.clone();
            twice.events.insert(n, whole.events[n].clone());
            assert_eq!(outcome(&twice), Outcome::Invalid, "event {n} twice");
            let mut erased = whole.clone();
            let Item::Said { proof, .. } = &whole.events[n] else { panic!() };
            erased.events[n] = Item::Erased { leaf: vec![1; 34], proof: proof.clone() };
            assert_eq!(outcome(&erased), Outcome::Invalid, "event {n} said to be erased");
        }
        for n in 0..whole.keys.len() {
            let mut less = whole.clone();
            less.keys.remove(n);
            assert_eq!(outcome(&less), Outcome::Invalid, "key entry {n} left out");
        }
        // Another manifest's event in the place of one: the count fits, the subject does not.
        let mut spliced = whole.clone();
        spliced.events[1] = other.events[1].clone();
        spliced.events.sort_by_key(|item| TlogProof::parse(item.proof()).unwrap().index);
        let report = check(spliced.to_json().as_bytes(), &log_alone());
        assert!(codes(&report, Mark::Fails).contains(&"subject"), "{report:#?}");
        let about_other = Bundle { about: other.about, ..whole.clone() };
        assert_eq!(outcome(&about_other), Outcome::Invalid);
        let mut swapped = whole.clone();
        swapped.events.swap(0, 1);
        assert_eq!(outcome(&swapped), Outcome::Invalid);
        server.ledger.store.close().await;
    });
}

#[test]
fn proofs_of_impossible_shapes_are_refused() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let whole = parsed(&bundle_of(&server, &played, "M1").await);
        let proof = TlogProof::parse(whole.events[3].proof()).unwrap();
        let with = |proof: TlogProof| {
            let mut bundle = whole.clone();
            let Item::Said { proof: text, .. } = &mut bundle.events[3] else { panic!() };
            *text = proof.to_text();
            outcome(&bundle)
        };
        assert_eq!(with(proof.clone()), Outcome::Valid);
        for index in [proof.index + 1, 1_000_000, (1 << 63) - 2, u64::MAX] {
            assert_eq!(with(TlogProof { index, ..proof.clone() }), Outcome::Invalid, "index {index}");
        }
        for n in 0..proof.hashes.len() {
            let mut less = proof.clone();
            less.hashes.remove(n);
            let mut more = proof.clone();
            more.hashes.insert(n, proof.hashes[0]);
            let mut turned = proof.clone();
            turned.hashes[n].0[7] ^= 1;
            for changed in [less, more, turned] {
                assert_eq!(with(changed), Outcome::Invalid, "hash {n}");
            }
        }
        assert_eq!(with(TlogProof { hashes: vec![proof.hashes[0]; 63], ..proof.clone() }), Outcome::Invalid);
        assert_eq!(with(TlogProof { hashes: vec![proof.hashes[0]; 64], ..proof.clone() }), Outcome::Invalid);
        server.ledger.store.close().await;
    });
}

#[test]
fn a_head_statement_fits_or_convicts() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let id = played.names.manifest("M1").unwrap();
        let whole = parsed(&bundle_of(&server, &played, "M1").await);
        let compact = server.read_as("swift", &format!("/api/v1/manifests/{id}/head")).await.text;
        let said =
            Envelope::parse(compact.as_bytes(), Typ::Head).unwrap().verify(&log_key().public()).unwrap();
        let said = HeadStatement::parse(said.payload()).unwrap();
        assert_eq!((said.events, said.manifest, said.size), (6, id, server.size().await));
        assert!(said.number.is_some());

        let with = |head: &HeadStatement, key: &SigningKey| {
            outcome(&Bundle { head: Some(head.sign(key).into_compact()), ..whole.clone() })
        };
        assert_eq!(with(&said, &log_key()), Outcome::Valid);
        assert_eq!(with(&said, &SigningKey::from_seed([1; 32])), Outcome::Invalid, "another key");
        let first = played.acts[0].envelope.event_id();
        for untrue in [
            HeadStatement { events: 7, ..said.clone() },
            HeadStatement { events: 5, ..said.clone() },
            HeadStatement { last_event: first, ..said.clone() },
            HeadStatement { last_index: said.last_index - 1, ..said.clone() },
            HeadStatement { size: said.size - 1, ..said.clone() },
            HeadStatement { manifest: played.names.manifest("M2").unwrap(), ..said.clone() },
        ] {
            assert_eq!(with(&untrue, &log_key()), Outcome::Invalid, "{untrue:?}");
        }

        // Kept from before, and held against what is proven now.
        let json = whole.to_json();
        let against = |head: &HeadStatement| {
            check_with_head(json.as_bytes(), &log_alone(), head.sign(&log_key()).compact())
        };
        assert_eq!(against(&said).outcome, Outcome::Valid);
        let kept_back = HeadStatement { events: 5, last_index: said.last_index - 1, ..said.clone() };
        let report = against(&kept_back);
        assert_eq!((report.outcome, codes(&report, Mark::Fails)), (Outcome::Invalid, vec!["convicted"]));
        let two_roots = HeadStatement { root: liandan::ledger::Digest([1; 32]), ..said.clone() };
        assert_eq!(codes(&against(&two_roots), Mark::Fails), ["split-view"]);
        let elsewhere = HeadStatement { manifest: played.names.manifest("M2").unwrap(), ..said };
        assert_eq!(against(&elsewhere).outcome, Outcome::CannotTell);
        server.ledger.store.close().await;
    });
}

#[test]
fn what_a_revoked_key_signed_is_evidence_and_no_more() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(REVOKED).await;
        let report = check(bundle_of(&server, &played, "M1").await.as_bytes(), &log_alone());
        assert_eq!(report.outcome, Outcome::Valid, "{report:#?}");
        assert_eq!(report.events.last().unwrap().notes, [Note::KeyEnded, Note::BothSides], "{report:#?}");
        let late = played.acts.last().unwrap().envelope.event_id();
        let answer = server.read_as("bureau", &format!("/api/v1/events/{late}/bundle")).await;
        assert_eq!(answer.status, 200);
        let report = check(answer.text.as_bytes(), &log_alone());
        assert_eq!((report.outcome, codes(&report, Mark::Fails)), (Outcome::Invalid, vec!["key-ended"]));
        server.ledger.store.close().await;
    });
}

/// The suspicion is carried back after the key had ended: in another entry, which the record of the key does not name.
const SUSPECTED_LATER: &str = "
    08:00  acme      opens      900-041-49 1200 kg
    09:00  acme      registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme      hands      M1  to swift  #k1
    09:30  bureau    revokes    key of swift
    09:40  bureau    revokes    key of swift suspected from #k1
    =====
    ";

#[test]
fn a_later_revocation_that_carries_the_suspicion_back_is_in_the_bundle() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(SUSPECTED_LATER).await;
            let json = bundle_of(&server, &played, "M1").await;
            let report = check(json.as_bytes(), &log_alone());
            assert_eq!(report.outcome, Outcome::Valid, "{report:#?}");
            assert_eq!(
                report.events.last().unwrap().notes,
                [Note::Suspected, Note::BothSides],
                "{report:#?}"
            );
            let revocations = parsed(&json).keys.into_iter().filter(|key| key.opening.is_none()).count();
            assert_eq!(revocations, 2);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn what_is_committed_and_not_signed_is_not_ready() {
    for database in databases() {
        block_on(async {
            let url = database.url.clone();
            let server = Server::start(database).await;
            let played = server.play(DAY).await;
            let signed = server.size().await;
            let mut tamper = Tamper::open(&url).await;
            tamper.drop_triggers().await;
            let last = played.acts.last().unwrap().envelope.event_id();
            let first = played.acts[0].envelope.event_id();
            let index = server.read_as("bureau", &format!("/api/v1/events/{first}/receipt")).await.json();
            let index = index["index"].as_u64().unwrap();
            let manifest = played.names.manifest("M1").unwrap();
            // As after a stop between COMMIT and signing: the last event is not covered, then the whole script.
            for (covered, paths) in [
                (signed - 1, vec![format!("events/{last}/bundle"), format!("events/{last}/proof")]),
                (index, vec![format!("manifests/{manifest}/bundle"), format!("manifests/{manifest}/head")]),
            ] {
                tamper.run(&format!("delete from checkpoint where size > {covered}")).await.unwrap();
                for path in paths {
                    let answer = server.read_as("bureau", &format!("/api/v1/{path}")).await;
                    assert_eq!((answer.status, answer.problem().0.as_str()), (503, "not-ready"), "{path}");
                    assert_eq!(answer.headers["retry-after"], "1", "{path}");
                }
                // What is signed about the manifest is still proven.
                let told = server.read_as("bureau", &format!("/api/v1/manifests/{manifest}/bundle")).await;
                assert_eq!(told.status, if covered == index { 503 } else { 200 });
            }
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_self_signed_key_nobody_invited_is_not_taken() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let mut bundle = parsed(&bundle_of(&server, &played, "M1").await);
        // The first entry is the founding: without it nothing leads anywhere, and another's event cannot stand in.
        let founding = bundle.keys.remove(0);
        let mut random = Random::new(1);
        for _ in 0..5 {
            let n = random.below(bundle.keys.len());
            let mut changed = bundle.clone();
            changed.keys.insert(0, founding.clone());
            let opening = changed.keys[n + 1].opening.clone();
            changed.keys[0].opening = opening;
            assert_eq!(outcome(&changed), Outcome::Invalid);
        }
        assert_eq!(outcome(&bundle), Outcome::Invalid);
        server.ledger.store.close().await;
    });
}

#[test]
fn times_are_bracketed_from_both_sides() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let id = played.names.manifest("M1").unwrap();
        let chain = server.read_as("acme", &format!("/api/v1/manifests/{id}/chain")).await.json();
        for step in chain["items"].as_array().unwrap() {
            assert_eq!(step["in_log"], true);
            assert_eq!(step["not_before"], Value::Null, "these signers name no head");
            let at: Timestamp = step["not_after"]["recorded_at"].as_str().unwrap().parse().unwrap();
            let recorded: Timestamp = step["recorded_at"].as_str().unwrap().parse().unwrap();
            assert!(recorded <= at && step["not_after"]["size"].as_u64() > step["index"].as_u64());
        }
        server.ledger.store.close().await;
    });
}

/// The statement of a script's line as its signer would have made it after seeing this head.
fn anchored(act: &Scripted, key: &SigningKey, anchor: Anchor) -> Vec<u8> {
    assert_eq!(act.envelope.kid(), key.public().kid());
    let event = Event { anchor: Some(anchor), ..Event::parse(act.envelope.payload()).unwrap() };
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), key).compact().as_bytes().to_vec()
}

const FOUR: &str = "
    08:00  acme      opens      900-041-49 2400 kg
    09:00  acme      registers  M1  900-041-49 100 kg  acme > swift > phoenix
    09:05  acme      registers  M2  900-041-49 100 kg  acme > swift > phoenix
    09:10  acme      registers  M3  900-041-49 100 kg  acme > swift > phoenix
    09:15  acme      registers  M4  900-041-49 100 kg  acme > swift > phoenix
    =====
    ";

#[test]
fn an_anchor_proves_from_below_when_it_is_this_log_s_head_and_only_then() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(FOUR);
            let acts: Vec<&Scripted> = played
                .acts
                .iter()
                .filter(|act| act.envelope.kid() == office_key("acme").public().kid())
                .collect();
            let registered = |manifest: &str| {
                let id = played.names.manifest(manifest).unwrap();
                *acts
                    .iter()
                    .find(|act| Event::parse(act.envelope.payload()).unwrap().manifest() == Some(id))
                    .unwrap()
            };
            server.ledger.send(&played.acts[0]).await.unwrap();
            let note = server.ledger.app.checkpoint().await.unwrap().unwrap();
            let seen = Checkpoint::open(&note, &signer().verifier()).unwrap();
            let last = server.ledger.clock.now();
            let other = Digest::sha256(&[b"another log"]);
            for (manifest, size, root, wanted) in [
                ("M1", seen.size, seen.root, "ours"),
                // A size nobody signed at: the root comes from the tiles.
                ("M2", 0, empty_root(), "ours"),
                ("M3", seen.size, other, "other"),
                ("M4", seen.size + 100, seen.root, "ahead"),
            ] {
                let act = registered(manifest);
                server.ledger.clock.set(act.recorded_at);
                let body = anchored(act, &office_key("acme"), Anchor { size, root });
                let answer = server.upload("/api/v1/events", body).await;
                assert_eq!(answer.status, 201, "{}", answer.text);
                let id = played.names.manifest(manifest).unwrap();
                let chain = server.read_as("acme", &format!("/api/v1/manifests/{id}/chain")).await.json();
                let told = &chain["items"][0]["not_before"];
                assert_eq!((&told["anchor"], &told["size"]), (&wanted.into(), &size.into()), "{told}");
                let at = (manifest == "M1").then(|| last.to_string());
                assert_eq!(told["recorded_at"].as_str(), at.as_deref(), "{told}");
            }
            server.ledger.store.close().await;
        });
    }
}
