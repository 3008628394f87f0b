//! A primary that is cut off from its synchronous standby, crashes and comes back: it holds what the standby lacks, and answers for none of it.

use std::time::Duration;

use liandan::store::{ConnectOptions, Store, log};

use super::senders::events;
use crate::support::http::client_builder;
use crate::support::ledger::block_on;
use crate::support::outsider::Outsider;
use crate::support::pair::{By, Pair, Replication};
use crate::support::program::post;

#[test]
fn what_the_standby_lacks_is_not_acknowledged_even_after_a_restart() {
    block_on(async {
        let Some(mut pair) = Pair::start(Replication::Synchronous).await else { return };
        let served = super::two_servers(&pair.url(1, By::Tcp)).await;
        let running = served[0].start(None).await;
        let base = running.base.clone().unwrap();
        let events = events(3);
        let http = client_builder().build().unwrap();
        let mut outsider = Outsider::default();
        outsider.keep_json(&post(&http, &base, &events[..1]).await.remove(0).unwrap());

        // Its standby is gone: the COMMIT waits, and so does the sender.
        pair.order("kill 2");
        let waiting = tokio::spawn({
            let (http, event) = (http.clone(), events[1].clone());
            async move { post(&http, &base, &[event]).await }
        });
        // Others may wait too, such as who keeps a page read; the log is locked by the writer of the event alone.
        pair.until(
            1,
            "select count(*) > 0 from pg_stat_activity join pg_locks using (pid) \
             where wait_event = 'SyncRep' and relation = 'log_entry'::regclass and mode = 'RowExclusiveLock'",
        )
        .await;
        assert!(!waiting.is_finished());
        pair.order("kill 1");
        pair.order("start 1");
        drop(running);
        assert_eq!(waiting.await.unwrap(), [None]);

        // The event is there to be read by whoever does not ask where it stands; nobody who signs uses this server.
        let patience = Duration::from_secs(1);
        let looking = ConnectOptions { read_only: true, ..ConnectOptions::default() };
        let store = Store::connect(&pair.url(1, By::Tcp), &looking).await.unwrap();
        let size = log::head(&mut store.read().await.unwrap()).await.unwrap().unwrap().size;
        let signed = log::latest_checkpoint(&mut store.read().await.unwrap()).await.unwrap().unwrap().size;
        store.close().await;
        assert_eq!(size, signed + 1, "committed here and not signed for");
        let options = ConnectOptions { patience, ..ConnectOptions::default() };
        for _ in 0..2 {
            let refused = Store::connect(&pair.url(1, By::Tcp), &options).await.err().unwrap().to_string();
            assert!(refused.contains("waits for its synchronous standby"), "{refused}");
        }

        // The standby comes back and gets what it lacked: now it is signed for, and the sender that tries again gets its place.
        pair.order("start 2");
        let running = served[0].start(None).await;
        let base = running.base.clone().unwrap();
        for event in &events {
            outsider.keep_json(&post(&http, &base, std::slice::from_ref(event)).await.remove(0).unwrap());
        }
        drop(running);
        let store = served[0].database.connect().await;
        let size = outsider.check(&store, &super::verifier(), &served[0].mark()).await;
        assert_eq!((size, outsider.repeated), (signed + 2, 1));
        store.close().await;
    });
}

/// An event that is there already is answered for without anything being written: that answer waits for the standby too.
#[test]
fn a_receipt_given_again_waits_for_the_standby() {
    block_on(async {
        let Some(mut pair) = Pair::start(Replication::Synchronous).await else { return };
        let served = super::two_servers(&pair.url(1, By::Tcp)).await;
        let running = served[0].start(None).await;
        let base = running.base.clone().unwrap();
        let (events, http) = (events(1), client_builder().build().unwrap());
        let first = post(&http, &base, &events).await.remove(0).unwrap();

        pair.order("kill 2");
        let again = tokio::spawn({
            let (http, events) = (http.clone(), events.clone());
            async move { post(&http, &base, &events).await.remove(0) }
        });
        pair.until(1, "select count(*) > 0 from pg_stat_activity where wait_event = 'SyncRep'").await;
        assert!(!again.is_finished());
        pair.order("start 2");
        assert_eq!(again.await.unwrap(), Some(first));
    });
}
