//! The connection to Postgres is lost at COMMIT: before the server hears of it, after it has done it, and in between.

use std::sync::{Arc, Mutex};

use liandan::app::{Fault, SubmitError, genesis};
use liandan::clock::Clock;
use liandan::scenario::World;
use liandan::store::{ConnectOptions, Store, log, migrate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::durability::week;
use crate::support::ledger::{Folder, LOG, Ledger, block_on, databases, founded_at, log_key, settings};
use crate::support::outsider::Outsider;

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The server never hears of the COMMIT.
    Before,
    /// The server has answered; the answer is lost.
    After,
    /// The COMMIT is sent and nobody waits for what becomes of it.
    Between,
}

/// Cuts the N-th COMMIT from now on.
#[derive(Clone, Default)]
struct Scissors(Arc<Mutex<Option<(Cut, u32)>>>);

impl Scissors {
    fn set(&self, cut: Cut, nth: u32) {
        *self.0.lock().unwrap() = Some((cut, nth));
    }

    fn at_commit(&self) -> Option<Cut> {
        let mut held = self.0.lock().unwrap();
        let (cut, nth) = (*held)?;
        *held = (nth > 1).then_some((cut, nth - 1));
        (nth == 1).then_some(cut)
    }

    fn is_spent(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }
}

/// A connection that passes through; gives up both ends when it is cut.
async fn pass(mut client: TcpStream, mut server: TcpStream, scissors: Scissors) -> std::io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            n = client.read(&mut asked) => {
                let asked = &asked[..n?];
                if asked.is_empty() {
                    return Ok(());
                }
                // A simple query message of sqlx, in one piece: it is far smaller than what the socket takes.
                let cut = if asked.windows(7).any(|part| part == b"COMMIT\0") { scissors.at_commit() } else { None };
                if cut != Some(Cut::Before) {
                    server.write_all(asked).await?;
                }
                if cut == Some(Cut::After) {
                    assert!(server.read(&mut answered).await? > 0);
                }
                if cut.is_some() {
                    return Ok(());
                }
            }
            n = server.read(&mut answered) => {
                let answered = &answered[..n?];
                if answered.is_empty() {
                    return Ok(());
                }
                client.write_all(answered).await?;
            }
        }
    }
}

/// The address of a server, by way of the scissors.
async fn through(url: &str, scissors: Scissors) -> String {
    let (credentials, place) = url.split_once('@').unwrap();
    let (server, database) = place.split_once('/').unwrap();
    let server = server.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(pass(client, server, scissors.clone()));
        }
    });
    format!("{credentials}@{own}/{database}")
}

async fn size_of(store: &Store) -> u64 {
    log::head(&mut store.read().await.unwrap()).await.unwrap().unwrap().size
}

#[test]
fn a_connection_lost_at_commit_loses_and_doubles_nothing() {
    let Some(database) = databases().into_iter().nth(1) else { return };
    let folder = Folder::new();
    let mark = folder.path().join("mark");
    block_on(async {
        let direct = database.connect().await;
        migrate::migrate(&direct).await.unwrap();
        Ledger::found_with(direct, Some(&mark), None).await.close().await;
        let direct = database.connect().await;
        let scissors = Scissors::default();
        let url = through(&database.url, scissors.clone()).await;
        let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
        let clock = Clock::manual(week()[0].recorded_at);
        let ledger = Ledger::open(settings(store, clock, Some(&mark))).await.unwrap();
        let mut outsider = Outsider::default();
        let mut acts = week().into_iter();
        // The first COMMIT of an upload is that of its events, the second that of the checkpoint.
        for (cut, nth) in
            [Cut::Before, Cut::After, Cut::Between].into_iter().flat_map(|cut| [(cut, 1), (cut, 2)])
        {
            for _ in 0..4 {
                let act = acts.next().unwrap();
                let before = size_of(&direct).await;
                ledger.clock.set(act.recorded_at);
                scissors.set(cut, nth);
                let sent = act.envelope.compact().as_bytes();
                let lost = ledger.app.submit(sent, None).await;
                assert!(matches!(lost, Err(SubmitError::Busy { .. })), "{cut:?} {nth}: {lost:?}");
                assert!(scissors.is_spent());
                if cut == Cut::Before || nth == 2 {
                    let persisted = u64::from(nth == 2);
                    assert_eq!(size_of(&direct).await, before + persisted, "{cut:?} {nth}");
                }
                for _ in 0..2 {
                    let submitted = ledger.app.submit(sent, None).await.unwrap();
                    assert_eq!(submitted.receipt.index, before);
                    outsider.keep(&submitted.receipt);
                }
            }
        }
        let size = outsider.check(&direct, &ledger.app.verifier(), &mark).await;
        assert_eq!((outsider.len(), outsider.repeated, size > 24), (24, 24, true));
        ledger.close().await;
        direct.close().await;
    });
}

/// Founding is one transaction: lost it can be done again, done it says so.
#[test]
fn a_founding_lost_at_commit_is_there_or_not() {
    for cut in [Cut::Before, Cut::After] {
        let Some(database) = databases().into_iter().nth(1) else { return };
        block_on(async {
            let direct = database.connect().await;
            migrate::migrate(&direct).await.unwrap();
            let scissors = Scissors::default();
            let url = through(&database.url, scissors.clone()).await;
            let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
            let founding = World::embedded().founding(LOG, founded_at(), log_key().public()).unwrap();
            let first = founding[0].envelope.compact().as_bytes();
            scissors.set(cut, 1);
            assert!(genesis::found(&store, first, founded_at()).await.is_err());
            let again = genesis::found(&store, first, founded_at()).await;
            match cut {
                Cut::Before => again.unwrap(),
                _ => assert!(matches!(again, Err(SubmitError::Fault(Fault::AlreadyFounded(_))))),
            }
            assert_eq!(size_of(&direct).await, 1);
            store.close().await;
            direct.close().await;
        });
    }
}
