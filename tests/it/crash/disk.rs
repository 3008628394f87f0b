//! A disk that is full, and a lock that somebody else holds: uploads are turned away, reading goes on, nothing is lost.

use std::process::Command;
use std::time::Duration;

use liandan::app::SubmitError;
use liandan::clock::Clock;
use liandan::ledger::note::NoteSigner;
use liandan::scenario::{Script, World};
use liandan::store::{ConnectOptions, Store};

use crate::durability::week;
use crate::support::http::client_builder;
use crate::support::ledger::{Folder, LOG, Ledger, block_on, databases, log_key, settings};
use crate::support::outsider::Outsider;
use crate::support::program::{Running, Served, post};
use crate::support::tamper::Tamper;

/// What the files may still grow, in bytes.
const ROOM_BYTES: u64 = 1024 * 1024;
/// Uploads that must not all fit.
const MOST_UPLOADS: usize = 200;

/// More events than there is room for.
fn too_many_events() -> Vec<String> {
    let lines = "08:00 acme opens 900-041-49 1 kg\n".repeat(MOST_UPLOADS);
    let script = Script::parse("disk", &format!("{lines}=====\n")).unwrap();
    let played = script.play(World::embedded(), LOG).unwrap();
    played.acts.iter().map(|act| act.envelope.compact().to_owned()).collect()
}

/// No file may grow beyond a limit: to the program it is as if the disk were full.
#[test]
fn a_full_disk_turns_uploads_away_and_loses_nothing() {
    block_on(async {
        let served = Served::found(databases().remove(0)).await;
        let path = served.database.url.strip_prefix("sqlite:").unwrap().to_owned();
        let limit = (std::fs::metadata(path).unwrap().len() + ROOM_BYTES) / 512;
        let mut command = Command::new("sh");
        command.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_liandan")).args(served.arguments());
        let full = Running::spawn(command).await;
        let base = full.base.clone().unwrap();
        let client = client_builder().build().unwrap();
        let events = too_many_events();
        let mut outsider = Outsider::default();
        let mut turned_away = Vec::new();
        for event in &events {
            match post(&client, &base, std::slice::from_ref(event)).await.remove(0) {
                Some(receipt) => outsider.keep_json(&receipt),
                None => turned_away.push(event.clone()),
            }
        }
        assert!(outsider.len() > 4 && turned_away.len() > 10, "{} taken", outsider.len());
        let checkpoint = client.get(format!("{base}/api/v1/log/checkpoint")).send().await.unwrap();
        assert_eq!(checkpoint.status(), 200);
        full.kill();

        let roomy = served.start(None).await;
        let base = roomy.base.clone().unwrap();
        for event in &events {
            let receipt = post(&client, &base, std::slice::from_ref(event)).await.remove(0);
            outsider.keep_json(&receipt.unwrap());
        }
        assert_eq!(outsider.len(), events.len());
        roomy.kill();
        let store = served.database.connect().await;
        let verifier = NoteSigner { name: LOG.to_owned(), key: log_key() }.verifier();
        outsider.check(&store, &verifier, &served.mark()).await;
        store.close().await;
    });
}

/// `SQLITE_BUSY`: another program has the file locked for writing, longer than we wait.
#[test]
fn a_locked_file_turns_uploads_away_until_it_is_free() {
    block_on(async {
        let database = databases().remove(0);
        let folder = Folder::new();
        let mark = folder.path().join("mark");
        let store = database.connect().await;
        liandan::store::migrate::migrate(&store).await.unwrap();
        Ledger::found_with(store, Some(&mark), None).await.close().await;
        let options = ConnectOptions { busy_timeout: Duration::from_millis(20), ..Default::default() };
        let store = Store::connect(&database.url, &options).await.unwrap();
        let acts = week();
        let clock = Clock::manual(acts[0].recorded_at);
        let ledger = Ledger::open(settings(store, clock, Some(&mark))).await.unwrap();
        let mut outsider = Outsider::default();
        let mut other = Tamper::open(&database.url).await;
        for act in &acts[..5] {
            other.run("begin immediate").await.unwrap();
            ledger.clock.set(act.recorded_at);
            let sent = act.envelope.compact().as_bytes();
            let locked = ledger.app.submit(sent, None).await;
            assert!(matches!(locked, Err(SubmitError::Busy { .. })), "{locked:?}");
            other.run("rollback").await.unwrap();
            outsider.keep(&ledger.app.submit(sent, None).await.unwrap().receipt);
        }
        outsider.check(&ledger.store, &ledger.app.verifier(), &mark).await;
        ledger.close().await;
    });
}
