//! A Postgres server is reached over TCP and over its socket: the same ledger, and what either way takes.

use std::io::Write;
use std::time::Duration;

use liandan::store::{Store, log};
use tokio::time::Instant;

use crate::durability::{Marked, send_all, week};
use crate::support::ledger::{Database, block_on, databases};
use crate::support::postgres::by_socket;

/// How often each is asked.
const ROUNDS: usize = 200;
/// Keys of a question that takes many segments of TCP: what waits for an acknowledgement would wait here.
const MANY_KEYS: u64 = 512;

async fn median(store: &Store, keys: &[u64]) -> Duration {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let mut tx = store.read().await.unwrap();
        let asked = Instant::now();
        assert!(!log::entries_at(&mut tx, keys).await.unwrap().is_empty());
        took.push(asked.elapsed());
        tx.rollback().await.unwrap();
    }
    took.sort_unstable();
    took[ROUNDS / 2]
}

#[test]
fn a_ledger_is_the_same_over_tcp_and_over_a_socket() {
    let Some(tcp) = databases().into_iter().nth(1) else { return };
    let socket = Database::elsewhere(by_socket(&tcp.url));
    let (marked, acts) = (Marked::new(), week());
    block_on(async {
        let ledger = marked.found(&tcp).await;
        let first = send_all(&ledger, &acts[..10]).await;
        ledger.close().await;
        let ledger = marked.open(&socket, &acts[10]).await.unwrap();
        assert_eq!(send_all(&ledger, &acts[..10]).await, first);
        send_all(&ledger, &acts[10..20]).await;
        ledger.close().await;
        let many: Vec<u64> = (0..MANY_KEYS).collect();
        for (name, database) in [("TCP", &tcp), ("socket", &socket)] {
            let store = database.connect().await;
            let (small, large) = (median(&store, &[1]).await, median(&store, &many).await);
            let _ = writeln!(
                std::io::stderr(),
                "{name}: one entry {} µs, {MANY_KEYS} keys {} µs (medians of {ROUNDS})",
                small.as_micros(),
                large.as_micros()
            );
            store.close().await;
        }
    });
}
