//! A standby that lags behind acknowledged events is promoted all the same.

use liandan::app::signing::{Holder, ReadOnly};
use liandan::app::{Mode, SubmitError};
use liandan::clock::Clock;
use liandan::store::{ConnectOptions, Store, log};

use super::senders::{Senders, events};
use super::{tell, two_servers};
use crate::support::http::client_builder;
use crate::support::ledger::{Ledger, block_on, settings};
use crate::support::pair::{By, Pair, Replication, Switch, until};
use crate::support::program::Served;

/// Events that the standby has, and events that it lacks.
const BEFORE: usize = 24;
const AFTER: usize = 24;

/// The head and the latest checkpoint's size, by somebody who only looks.
async fn looked_at(url: &str) -> (u64, u64) {
    let looking = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let store = Store::connect(url, &looking).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let size = log::head(&mut tx).await.unwrap().unwrap().size;
    let signed = log::latest_checkpoint(&mut tx).await.unwrap().unwrap().size;
    drop(tx);
    store.close().await;
    (size, signed)
}

#[test]
fn a_standby_promoted_with_a_loss_is_only_read() {
    block_on(async {
        let Some(mut pair) = Pair::start(Replication::Asynchronous).await else { return };
        let switch = Switch::to(pair.port(1)).await;
        let served = two_servers(&pair.url_at(switch.port)).await;
        let running = served[0].start(None).await;
        let one = running.base.clone().unwrap();
        let other = open(&served[1]).await;

        // Everything so far reaches the standby; nothing from now on does.
        let mut senders = Senders::begin(BEFORE, 4, vec![one.clone()]);
        senders.hear_all().await;
        let (first, _) = looked_at(&pair.url(1, By::Tcp)).await;
        pair.until(2, &format!("select size = {first} from log_head")).await;
        pair.sql(2, "alter system set primary_conninfo = ''").await;
        pair.sql(2, "select pg_reload_conf()").await;
        pair.until(1, "select count(*) = 0 from pg_stat_replication").await;
        let mut senders = Senders::begin(BEFORE + AFTER, 4, vec![one.clone()]);
        senders.hear_all().await;
        let (size, _) = looked_at(&pair.url(1, By::Tcp)).await;
        assert!(size > first, "{first} to {size}");
        let held = newest_note(&one).await;
        // The other process has taken nothing in since it began; what it sees now and then moves its mark on.
        other.app.tick().await.unwrap();

        pair.order("kill 1");
        pair.order("promote 2");
        switch.turn(pair.port(2));
        let promoted = looked_at(&pair.url(2, By::Tcp)).await;
        let last = size - 1;

        // The process that signed for what is missing says so, and what to do; so does the other.
        let mut answers = Vec::new();
        until("uploads and readiness say that it is read only", async || {
            answers = vec![upload(&one).await, readiness(&one).await];
            answers.iter().all(|(status, text)| *status == 503 && text.contains("read-only"))
        })
        .await;
        for (_, text) in &answers {
            assert!(text.contains(&format!("entries {first} to {last} ")), "{text}");
            assert!(text.contains("the old primary, another replica"), "{text}");
            assert!(text.contains(&format!("第 {first} 至 {last} 条")) && text.contains("原主库"), "{text}");
        }
        let why = ReadOnly::Missing { first, last, by: Holder::Mark };
        until("the other process is read only", async || {
            drop(other.app.tick().await);
            other.app.mode() == Mode::ReadOnly(why.clone())
        })
        .await;
        other.close().await;
        drop(running);

        // Nor does a restart help; reading goes on, and nothing was signed or recorded.
        for process in &served {
            let ledger = open(process).await;
            assert_eq!(ledger.app.mode(), Mode::ReadOnly(why.clone()));
            let answer = ledger.app.submit(events(1)[0].as_bytes(), None).await;
            assert!(matches!(answer, Err(SubmitError::ReadOnly(_))), "{answer:?}");
            ledger.close().await;
        }
        // A process without a mark knows nothing of it; what somebody else kept tells it.
        let store = served[0].database.connect().await;
        let ledger = Ledger::open(settings(store, Clock::System, None)).await.unwrap();
        assert_eq!(ledger.app.mode(), Mode::Signing);
        ledger.app.compare(&held, "a monitor").await.unwrap();
        let by = Holder::Outside("a monitor".to_owned());
        assert_eq!(ledger.app.mode(), Mode::ReadOnly(ReadOnly::Missing { first, last, by }));
        ledger.close().await;
        assert_eq!(looked_at(&pair.url(2, By::Tcp)).await, promoted);
        tell(&format!(
            "a standby that lagged by {} acknowledged events was promoted: nothing signed on it, nothing recorded",
            size - first
        ));
    });
}

async fn open(process: &Served) -> Ledger {
    let store = process.database.connect().await;
    Ledger::open(settings(store, Clock::System, Some(&process.mark()))).await.unwrap()
}

async fn upload(base: &str) -> (u16, String) {
    let http = client_builder().build().unwrap();
    let sent = http.post(format!("{base}/api/v1/events")).body(events(1).remove(0));
    let answer = sent.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn readiness(base: &str) -> (u16, String) {
    let answer = client_builder().build().unwrap().get(format!("{base}/readyz")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn newest_note(base: &str) -> String {
    let url = format!("{base}/api/v1/log/checkpoint");
    client_builder().build().unwrap().get(url).send().await.unwrap().text().await.unwrap()
}
