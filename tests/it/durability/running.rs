//! A database that changes under a running ledger: other processes that go on, and a failover to what lags.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use liandan::app::audit::{self, Against};
use liandan::app::signing::{Holder, ReadOnly};
use liandan::app::steps::Interrupt;
use liandan::app::{Mode, SubmitError};
use liandan::store::migrate;

use super::{Marked, latest, send_all, size_of, week};
use crate::support::ledger::{Ledger, block_on, databases};
use crate::support::postgres;
use crate::support::tamper::Tamper;

#[test]
fn a_head_that_falls_behind_the_mark_turns_a_running_ledger_read_only() {
    for database in databases() {
        block_on(async {
            let (marked, acts) = (Marked::new(), week());
            let ledger = marked.found(&database).await;
            send_all(&ledger, &acts[..2]).await;
            let kept = latest(&ledger).await;
            send_all(&ledger, &acts[2..5]).await;
            let last = size_of(&ledger).await - 1;
            let mut tamper = Tamper::open(&database.url).await;
            tamper.drop_triggers().await;
            tamper.cut(kept.size, &kept.root).await;

            let answer = ledger.app.submit(acts[5].envelope.compact().as_bytes(), None).await;
            let why = ReadOnly::Missing { first: kept.size, last, by: Holder::Mark };
            assert!(matches!(answer, Err(SubmitError::ReadOnly(told)) if told == why));
            assert_eq!(ledger.app.mode(), Mode::ReadOnly(why));
            assert_eq!(size_of(&ledger).await, kept.size);
            ledger.close().await;
        });
    }
}

/// Two processes on one Postgres take turns; each verifies what the other left and goes on from it.
#[test]
fn processes_take_turns_and_a_failover_to_what_lags_stops_both() {
    let Some(database) = databases().into_iter().nth(1) else { return };
    block_on(async {
        let (one, other, acts) = (Marked::new(), Marked::new(), week());
        one.found(&database).await.close().await;
        let lagging = database.copy();
        let (a, b) =
            (one.open(&database, &acts[0]).await.unwrap(), other.open(&database, &acts[0]).await.unwrap());
        let first = size_of(&a).await;
        for (n, act) in acts[..20].iter().enumerate() {
            let receipt = if n % 2 == 0 { a.send(act).await } else { b.send(act).await };
            assert_eq!(receipt.unwrap().index, first + n as u64);
        }
        // A retry elsewhere gets the receipt that was given first.
        assert_eq!(a.send(&acts[19]).await, b.send(&acts[19]).await);

        postgres::put_in_place(&database.url, &lagging.url);
        for (ledger, last) in [(&a, first + 18), (&b, first + 19)] {
            // The first connections were cut; whoever sends again reaches the other database.
            let answer = loop {
                match ledger.app.submit(acts[20].envelope.compact().as_bytes(), None).await {
                    Err(SubmitError::Busy { .. } | SubmitError::Fault(_)) => continue,
                    other => break other,
                }
            };
            let why = ReadOnly::Missing { first, last, by: Holder::Mark };
            assert!(matches!(&answer, Err(SubmitError::ReadOnly(told)) if *told == why), "{answer:?}");
        }
        a.close().await;
        b.close().await;
    });
}

/// One event meets a defect of the program: its senders are told to try again, and everybody else goes on.
#[test]
fn a_panic_in_a_batch_stops_nobody_else() {
    for database in databases() {
        block_on(async {
            let (armed, acts) = (Arc::new(AtomicU64::new(u64::MAX)), week());
            let interrupt: Interrupt = {
                let left = Arc::clone(&armed);
                Arc::new(move |_, _| {
                    assert!(left.fetch_sub(1, Ordering::Relaxed) != 0, "a defect");
                    false
                })
            };
            let (store, marked) = (database.connect().await, Marked::new());
            migrate::migrate(&store).await.unwrap();
            let ledger = Ledger::found_with(store, Some(&marked.mark()), Some(interrupt)).await;
            let mut panics = 0;
            // At each side of each step of a batch in turn, until a batch gets through.
            for place in 0.. {
                armed.store(place, Ordering::Relaxed);
                let answer = ledger.app.submit(acts[0].envelope.compact().as_bytes(), None).await;
                let is_through = armed.swap(u64::MAX, Ordering::Relaxed) < u64::MAX / 2;
                match answer {
                    Err(SubmitError::Busy { .. }) => panics += 1,
                    other => drop(other.unwrap()),
                }
                assert!(ledger.app.readiness().await.unwrap().is_sequencing);
                if is_through {
                    break;
                }
            }
            assert!(panics >= 8, "{panics}");
            ledger.app.tick().await.unwrap();
            let before = size_of(&ledger).await;
            send_all(&ledger, &acts[..4]).await;
            assert_eq!(size_of(&ledger).await, before + 3, "the first was recorded once");
            assert!(ledger.app.readiness().await.unwrap().is_ready());
            audit::verify(&ledger.store, Against::itself(), |_, _| {}).await.unwrap();
            ledger.close().await;
        });
    }
}

/// Whatever ends the sequencer, here the end of the runtime it lives in, is seen by whoever asks.
#[test]
fn a_ledger_whose_sequencer_has_ended_is_not_ready() {
    let database = databases().remove(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let ledger = runtime.block_on(Ledger::found(&database.url));
    assert!(runtime.block_on(ledger.app.readiness()).unwrap().is_ready());
    drop(runtime);
    block_on(async {
        let readiness = ledger.app.readiness().await.unwrap();
        assert!(!readiness.is_sequencing && !readiness.is_ready(), "{readiness:?}");
        ledger.close().await;
    });
}
