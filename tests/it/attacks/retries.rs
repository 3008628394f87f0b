//! The same thing said many times, and two things said at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use liandan::app::{App, Receipt, Submitted};
use liandan::clock::Clock;
use liandan::custody::{Subject, Verdict};
use liandan::ledger::{Envelope, Typ};
use liandan::scenario::Scripted;
use liandan::store::{ConnectOptions, Store, log};

use crate::api::server::{office_key, sign_script};
use crate::oracle::{compare_with_naive, naive_of};
use crate::support::ledger::{Ledger, block_on, databases, settings};

#[test]
fn a_hundred_senders_get_one_receipt() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script("08:00 acme opens 900-041-49 1200 kg\n=====\n");
            let act = &played.acts[0];
            ledger.clock.set(act.recorded_at);
            let before = ledger.app.readiness().await.unwrap().size;
            // The same bytes, and the same statement written with other blanks and so signed over other bytes.
            let payload: serde_json::Value = serde_json::from_slice(act.envelope.payload()).unwrap();
            let spaced = |n: usize| {
                let text = format!("{payload}{}", " ".repeat(n));
                Envelope::sign(Typ::Event, text.as_bytes(), &office_key("acme")).into_compact()
            };
            let sent: Vec<String> = (0..100)
                .map(|n| if n % 2 == 0 { act.envelope.compact().to_owned() } else { spaced(n) })
                .collect();
            let answers = join_all(sent.iter().map(|bytes| ledger.app.submit(bytes.as_bytes(), None))).await;
            let answers: Vec<Submitted> = answers.into_iter().map(Result::unwrap).collect();
            assert_eq!(answers.iter().filter(|answer| answer.is_new).count(), 1);
            assert!(answers.iter().all(|answer| answer.receipt == answers[0].receipt));
            assert_eq!(ledger.app.readiness().await.unwrap().size, before + 1);
            ledger.store.close().await;
        });
    }
}

#[test]
fn other_content_under_one_act_is_kept_and_moves_nothing() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "
                08:00  acme  opens  L1  900-041-49 1200 kg  #k1
                08:01  acme  opens  L2  900-041-49 1300 kg  same act as #k1
                =====
                ",
            );
            let first = ledger.send(&played.acts[0]).await.unwrap();
            let other = ledger.send(&played.acts[1]).await.unwrap();
            assert_eq!((first.verdict, other.verdict), (Verdict::Counts, Verdict::EvidenceOnly));
            assert_eq!((other.index, other.opened[0].rule.as_str()), (first.index + 1, "act-conflict"));
            assert_eq!(
                ledger.send(&played.acts[1]).await.unwrap(),
                other,
                "its own first receipt, each time"
            );
            ledger.store.close().await;
        });
    }
}

const TWO_TAKERS: &str = "
    08:00  acme  opens      L1  900-041-49 1200 kg
    09:00  acme  registers  M1  900-041-49 1200 kg  acme > swift > heron > phoenix
    09:20  acme  hands      M1  to swift  from L1 1200 kg  #k1
    09:20  acme  hands      M1  to heron  from L1 1200 kg  unaware of #k1
    =====
";

/// Two processes hold one Postgres, as two `App`s do here: each has its own sequencer, and only the database between them.
#[test]
fn two_servers_at_once_keep_both_takeovers() {
    let Some(database) = databases().into_iter().nth(1) else { return };
    block_on(async {
        let one = Ledger::found(&database.url).await;
        let played = sign_script(TWO_TAKERS);
        let (before, takeovers) = played.acts.split_at(played.acts.len() - 2);
        for act in before {
            one.send(act).await.unwrap();
        }
        one.clock.set(takeovers[0].recorded_at);
        let other = one.beside(&database).await;
        let start = one.app.readiness().await.unwrap().size;
        // Each sends its own takeover, and fifty more lots, so that batches of both interleave.
        let lots = |n: usize| sign_script(&format!("08:00 ruby opens L{n} 336-064-17 {} kg\n=====\n", n + 1));
        let lots: Vec<Scripted> = (0..100).map(|n| with_act(lots(n).acts[0].clone(), n)).collect();
        let (left, right) = lots.split_at(50);
        let send = |app: App, act: Scripted| async move {
            app.submit(act.envelope.compact().as_bytes(), None).await.unwrap().receipt
        };
        let mine = [&takeovers[..1], left].concat().into_iter().map(|act| send(one.app.clone(), act));
        let theirs = [&takeovers[1..], right].concat().into_iter().map(|act| send(other.app.clone(), act));
        let (mine, theirs) = futures::future::join(join_all(mine), join_all(theirs)).await;
        let receipts: Vec<Receipt> = mine.into_iter().chain(theirs).collect();
        let indexes: BTreeSet<u64> = receipts.iter().map(|receipt| receipt.index).collect();
        assert_eq!(indexes, (start..start + 102).collect(), "contiguous, none twice");
        let manifest = played.names.manifest("M1").unwrap();
        let opened = |rule: &str| {
            let about = |receipt: &&Receipt| {
                receipt
                    .opened
                    .iter()
                    .any(|brief| brief.rule == rule && brief.subject == Subject::Manifest(manifest))
            };
            receipts.iter().filter(about).count()
        };
        assert_eq!(opened("two-holders"), 1, "by whichever came second");
        let mut tx = one.store.read().await.unwrap();
        assert_eq!(log::head(&mut tx).await.unwrap().unwrap().size, start + 102);
        let naive = naive_of(&mut tx, &one, takeovers[0].recorded_at).await;
        assert!(naive.open_findings.values().any(|(rule, _, _)| rule == "two-holders"));
        compare_with_naive(&mut tx, &naive).await.unwrap();
        drop(tx);
        one.store.close().await;
        other.store.close().await;
    });
}

/// The same scripted opening under an act and lot of its own.
fn with_act(act: Scripted, n: usize) -> Scripted {
    let mut event: serde_json::Value = serde_json::from_slice(act.envelope.payload()).unwrap();
    event["act"] = serde_json::json!(format!("01890a5d-ac96-774b-bcce-{n:012x}"));
    event["data"]["lots"][0]["lot"] = serde_json::json!(format!("01890a5d-ac96-774b-bccf-{n:012x}"));
    let envelope = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &office_key("ruby"));
    Scripted { envelope, ..act }
}

#[test]
fn one_file_takes_one_server() {
    let database = databases().remove(0);
    block_on(async {
        let ledger = Ledger::found(&database.url).await;
        let refused = Store::connect(&database.url, &ConnectOptions::default()).await;
        assert!(refused.is_err(), "a second server would write beside the first");
        ledger.store.close().await;
        drop(ledger);
        let store = Store::connect(&database.url, &ConnectOptions::default()).await.unwrap();
        let clock = Clock::manual(crate::support::ledger::founded_at());
        App::open(settings(store, clock, None)).await.unwrap();
    });
}

/// A batch that brings an event in order and then a late one of the same manifest: the late one is folded in among all.
#[test]
fn a_late_event_in_the_batch_of_an_earlier_one_loses_nothing() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "
                08:00  acme     opens      900-041-49 1200 kg
                09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                09:20  acme     hands      M1  to swift    sent 12:00
                11:05  swift    hands      M1  to phoenix  sent 11:59
                11:30  phoenix  receives   M1  1200 kg     sent 11:59
                =====
                ",
            );
            let (late, before): (Vec<&Scripted>, Vec<&Scripted>) =
                played.acts.iter().partition(|act| act.line >= 4);
            for act in before {
                ledger.send(act).await.unwrap();
            }
            ledger.clock.set(played.ends_at.plus_hours(1));
            assert_eq!(late.len(), 3);
            let lines = late.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
            for answer in ledger.app.submit_many(lines, None).await.unwrap() {
                answer.unwrap();
            }
            let mut tx = ledger.store.read().await.unwrap();
            let naive = naive_of(&mut tx, &ledger, ledger.clock.now()).await;
            compare_with_naive(&mut tx, &naive).await.unwrap();
            drop(tx);
            ledger.store.close().await;
        });
    }
}
