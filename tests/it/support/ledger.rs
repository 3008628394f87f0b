//! Ledgers for tests: the same test runs on SQLite and on Postgres.

use liandan::app::{App, Settings, genesis};
use liandan::clock::{Clock, Timestamp};
use liandan::ledger::SigningKey;
use liandan::scenario::{Scripted, World};
use liandan::store::{ConnectOptions, Store, migrate};

/// Origin of the tests' logs.
pub(crate) const LOG: &str = "tests.example/liandan";

/// A folder that goes when it is dropped.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("liandan-it-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A database of a test's own.
pub(crate) struct Database {
    pub(crate) url: String,
    _folder: Option<Folder>,
}

/// A fresh SQLite store with the schema of the program, for a second folding.
pub(crate) async fn fresh_store(folder: &Folder, name: &str) -> Store {
    let url = format!("sqlite:{}", folder.path().join(name).display());
    let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
    migrate::migrate(&store).await.unwrap();
    store
}

/// The databases a test runs on: SQLite always, Postgres where there is one.
pub(crate) fn databases() -> Vec<Database> {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
    let mut databases = vec![Database { url, _folder: Some(folder) }];
    databases.extend(super::postgres::database().map(|url| Database { url, _folder: None }));
    databases
}

/// The key that signs the checkpoints of the tests' logs.
pub(crate) fn log_key() -> SigningKey {
    SigningKey::from_seed([9; 32])
}

/// A founded ledger whose clock stands where the test puts it.
pub(crate) struct Ledger {
    pub(crate) app: App,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
}

/// When the tests' worlds are founded.
pub(crate) fn founded_at() -> Timestamp {
    "2026-01-05T08:00:00+08:00".parse().unwrap()
}

impl Ledger {
    /// Found the world in an empty database.
    pub(crate) async fn found(url: &str) -> Self {
        let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
        migrate::migrate(&store).await.unwrap();
        let founding = World::embedded().founding(LOG, founded_at(), log_key().public()).unwrap();
        let (first, rest) = founding.split_first().unwrap();
        genesis::found(&store, first.envelope.compact().as_bytes(), first.recorded_at).await.unwrap();
        let ledger = Self::open(store, first.recorded_at).await;
        ledger.clock.set(rest.last().unwrap().recorded_at);
        let lines = rest.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for answer in ledger.app.submit_many(lines, None).await.unwrap() {
            answer.unwrap();
        }
        ledger
    }

    /// Open a founded ledger.
    pub(crate) async fn open(store: Store, now: Timestamp) -> Self {
        let clock = Clock::manual(now);
        let settings = Settings { store: store.clone(), clock: clock.clone(), log_key: log_key() };
        Self { app: App::open(settings).await.unwrap(), store, clock }
    }

    /// Send what a script says at its time; the code it is refused with, if it is.
    pub(crate) async fn send(&self, act: &Scripted) -> Result<liandan::app::Receipt, String> {
        self.clock.set(act.recorded_at);
        let device_time = (act.skew_ms != 0).then(|| act.recorded_at.plus_millis(act.skew_ms));
        match self.app.submit(act.envelope.compact().as_bytes(), device_time).await {
            Ok(submitted) => Ok(submitted.receipt),
            Err(liandan::app::SubmitError::Refused(refusal)) => {
                Err(refusal.errors.iter().map(|error| error.code.clone()).collect::<Vec<_>>().join(","))
            }
            Err(other) => panic!("line {}: {other}", act.line),
        }
    }

    /// Time passes and nothing else happens.
    pub(crate) async fn pass_time(&self, to: Timestamp) {
        self.clock.set(to);
        self.app.tick().await.unwrap();
    }
}

/// Run a future to its end on a runtime of its own.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
