//! A standby answers reads: nothing read there is older than the question, and one that is no use is left out.

use std::process::Command;

use liandan::app::access::Viewer;
use liandan::app::replica::ReplicaState;
use liandan::clock::Clock;
use serde_json::Value;

use crate::durability::{size_of, week};
use crate::support::http::client_builder;
use crate::support::ledger::{Database, Ledger, block_on, databases, settings};
use crate::support::pair::{By, Pair, Replication, until};
use crate::support::program::Served;

/// How many entries a reader is told of; whether the standby told it.
async fn read(ledger: &Ledger) -> (u64, bool) {
    let before = ledger.app.replica().unwrap().reads;
    let size = ledger.app.overview(&Viewer::Public).await.unwrap().log_size;
    (size, ledger.app.replica().unwrap().reads > before)
}

async fn check(ledger: &Ledger) -> ReplicaState {
    ledger.app.check_replica().await.unwrap()
}

#[test]
fn whoever_reads_finds_what_was_written_before_whether_the_standby_keeps_up_or_not() {
    block_on(async {
        let Some(mut pair) = Pair::start(Replication::Asynchronous).await else { return };
        let database = Database::elsewhere(pair.url(1, By::Tcp));
        let ledger = Ledger::found(&database.url).await;
        let writer = ledger.beside(&database).await;
        ledger.app.read_from_replica(&pair.url(2, By::Tcp)).unwrap();
        assert_eq!(read(&ledger).await, (size_of(&ledger).await, false), "not before it was checked");
        until("the standby is read from", async || check(&ledger).await == ReplicaState::InUse).await;

        // Its own writes and those of another process, one by one.
        let acts = week();
        let mut from_standby = 0;
        for (number, act) in acts[..40].iter().enumerate() {
            let receipt = [&ledger, &writer][number % 2].send(act).await.unwrap();
            let (size, is_from_standby) = read(&ledger).await;
            assert_eq!(size, receipt.index + 1);
            from_standby += usize::from(is_from_standby);
            // A busy machine may be slower than a read is patient.
            check(&ledger).await;
        }
        assert!(from_standby > 20, "{from_standby} of 40 reads");

        // It stands still: the primary answers, and goes on to.
        pair.sql(2, "select pg_wal_replay_pause()").await;
        pair.until(2, "select pg_get_wal_replay_pause_state() = 'paused'").await;
        let receipt = writer.send(&acts[40]).await.unwrap();
        assert_eq!(read(&ledger).await, (receipt.index + 1, false));
        assert_eq!(ledger.app.replica().unwrap().state, ReplicaState::Behind);
        assert_eq!(check(&ledger).await, ReplicaState::Behind);
        assert_eq!(
            ledger.app.operation(&founder()).await.unwrap().unwrap().vitals.replica.unwrap().state,
            ReplicaState::Behind
        );
        pair.sql(2, "select pg_wal_replay_resume()").await;
        until("it has caught up", async || check(&ledger).await == ReplicaState::InUse).await;
        assert_eq!(read(&ledger).await, (receipt.index + 1, true));

        // It is gone, comes back, and is promoted: then it follows nobody, whatever it holds.
        pair.order("kill 2");
        assert_eq!(read(&ledger).await, (receipt.index + 1, false));
        assert_eq!(ledger.app.replica().unwrap().state.code(), "unreachable", "one read finds out");
        assert_eq!(check(&ledger).await.code(), "unreachable");
        pair.order("start 2");
        until("it is back", async || check(&ledger).await == ReplicaState::InUse).await;
        pair.order("promote 2");
        let receipt = writer.send(&acts[41]).await.unwrap();
        assert_eq!(read(&ledger).await, (receipt.index + 1, false));
        assert_eq!(ledger.app.replica().unwrap().state, ReplicaState::Alone);
        assert_eq!(check(&ledger).await, ReplicaState::Alone);
        writer.close().await;
        ledger.close().await;
    });
}

fn founder() -> Viewer {
    let world = liandan::scenario::World::embedded();
    let bureau = world.authority();
    let kid = world.key(&bureau.label, liandan::registry::Role::Officer).kid();
    Viewer::Authority {
        party: bureau.uscc,
        division: bureau.division,
        role: liandan::registry::Role::Officer,
        kid,
    }
}

/// Another database of the same standby, and a server that is no standby at all.
#[test]
fn a_server_that_holds_another_ledger_or_follows_nobody_is_left_out() {
    block_on(async {
        let Some(pair) = Pair::start(Replication::Asynchronous).await else { return };
        let elsewhere = databases().remove(1);
        let url = pair.url(1, By::Tcp);
        let ledger = Ledger::found(&url).await;
        let beside = pair.url(2, By::Tcp).replace("/ledger", "/postgres");
        for (replica, code) in
            [(&beside, "other-ledger"), (&url, "no-standby"), (&elsewhere.url, "no-standby")]
        {
            let store = Database::elsewhere(url.clone()).connect().await;
            let other = Ledger::open(settings(store, Clock::System, None)).await.unwrap();
            other.app.read_from_replica(replica).unwrap();
            assert_eq!(check(&other).await.code(), code);
            assert_eq!(read(&other).await, (size_of(&ledger).await, false));
            other.close().await;
        }
        ledger.close().await;
    });
}

/// The program itself, and what it says of its replica.
#[test]
fn the_program_reads_from_a_standby_and_says_so() {
    block_on(async {
        let Some(pair) = Pair::start(Replication::Asynchronous).await else { return };
        let served = Served::found(Database::elsewhere(pair.url(1, By::Tcp))).await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
        command.args(served.arguments()).args(["--database-read", &pair.url(2, By::Tcp)]);
        let running = crate::support::program::Running::spawn(command).await;
        let base = running.base.clone().unwrap();
        let client = client_builder().build().unwrap();
        until("the program reads from the standby", async || {
            let answer = client.get(format!("{base}/readyz")).send().await.unwrap();
            let ready: Value = answer.json().await.unwrap();
            ready["replica"] == "in-use"
        })
        .await;
        assert_eq!(client.get(&base).send().await.unwrap().status(), 200);
        pair.until(2, "select count(*) > 0 from pg_stat_activity where application_name = 'liandan reads'")
            .await;
    });
}

#[test]
fn a_replica_of_a_file_is_refused() {
    block_on(async {
        let served = Served::found(databases().remove(0)).await;
        let mut arguments = served.arguments();
        arguments.extend(["--database-read".to_owned(), "postgres://u:secret@127.0.0.1:1/x".to_owned()]);
        let output = Command::new(env!("CARGO_BIN_EXE_liandan")).args(arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && told.contains("only Postgres") && told.contains("只有 Postgres"),
            "{told}"
        );
        assert!(!told.contains("secret"), "{told}");
    });
}
