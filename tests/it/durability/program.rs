//! What the program itself does at its start and while it serves: it says what is missing, and it does not serve what contradicts.

use std::process::Command;

use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::{Digest, mark};
use liandan::scenario::{Script, World};

use super::{Marked, send_all, week};
use crate::support::http::client_builder;
use crate::support::ledger::{LOG, block_on, databases};
use crate::support::postgres;
use crate::support::program::{Served, post};

fn held(served: &Served) -> Checkpoint {
    mark::newest(&std::fs::read(served.mark()).unwrap()).unwrap().1
}

fn hold(served: &Served, mark: &Checkpoint) {
    let slot = mark::encode(mark).unwrap();
    std::fs::write(served.mark(), [slot.clone(), slot].concat()).unwrap();
}

#[test]
fn a_start_below_the_mark_is_read_only_and_one_beside_it_is_refused() {
    for database in databases() {
        block_on(async {
            let served = Served::found(database).await;
            let good = held(&served);
            hold(&served, &Checkpoint { size: good.size + 5, ..good.clone() });
            let running = served.start(None).await;
            let client = client_builder().build().unwrap();
            let ready = format!("{}/readyz", running.base.as_ref().unwrap());
            let answer = client.get(ready).send().await.unwrap();
            assert_eq!(answer.status(), 503);
            let told = answer.text().await.unwrap();
            assert!(told.contains(&format!("entries {} to {} ", good.size, good.size + 4)), "{told}");
            running.kill();

            hold(&served, &Checkpoint { root: Digest::sha256(&[b"another"]), ..good.clone() });
            let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
            let output = command.args(served.arguments()).output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains(&good.root.to_string()), "{told}");

            hold(&served, &good);
            served.start(None).await.kill();
        });
    }
}

/// A failover to a copy that others went on from: the next upload finds it out, and the program ends.
#[test]
fn a_server_ends_when_its_database_comes_to_contradict_it() {
    let Some(database) = databases().into_iter().nth(1) else { return };
    block_on(async {
        let served = Served::found(database).await;
        let copy = served.database.copy();
        let elsewhere = Marked::new().open(&copy, &week()[0]).await.unwrap();
        send_all(&elsewhere, &week()[..5]).await;
        elsewhere.close().await;

        let mut running = served.start(None).await;
        let base = running.base.clone().unwrap();
        let script = Script::parse("one", "08:00 acme opens 900-041-49 1 kg\n=====\n").unwrap();
        let event = script.play(World::embedded(), LOG).unwrap().acts[0].envelope.compact().to_owned();
        let client = client_builder().build().unwrap();
        assert!(post(&client, &base, std::slice::from_ref(&event)).await[0].is_some());
        postgres::put_in_place(&served.database.url, &copy.url);
        let code = loop {
            match running.ended() {
                Some(code) => break code,
                None => drop(post(&client, &base, std::slice::from_ref(&event)).await),
            }
        };
        assert_eq!(code, 2);
    });
}
