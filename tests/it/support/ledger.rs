//! Ledgers for tests: the same test runs on SQLite and on Postgres.

use std::collections::BTreeMap;
use std::path::Path;

use liandan::app::steps::Interrupt;
use liandan::app::webhooks::Guard;
use liandan::app::{App, Fault, Settings, genesis};
use liandan::clock::{Clock, Timestamp};
use liandan::ledger::SigningKey;
use liandan::scenario::{Scripted, World};
use liandan::store::{ConnectOptions, Store, finding, migrate};

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
    _held: Held,
}

/// What goes with the database of a test.
#[expect(dead_code, reason = "held to be dropped")]
enum Held {
    File(Folder),
    Postgres(super::postgres::Lease),
    Nothing,
}

impl From<super::postgres::Lease> for Database {
    fn from(lease: super::postgres::Lease) -> Self {
        Self { url: lease.url.clone(), _held: Held::Postgres(lease) }
    }
}

impl Database {
    /// One that somebody else makes and removes.
    pub(crate) fn elsewhere(url: String) -> Self {
        Self { url, _held: Held::Nothing }
    }

    /// What a backup of it would hold. Nobody may have it open.
    pub(crate) fn copy(&self) -> Self {
        let Some(path) = self.url.strip_prefix("sqlite:") else {
            return super::postgres::copy_of(&self.url).into();
        };
        let folder = Folder::new();
        let copy = folder.path().join("ledger.sqlite");
        std::fs::copy(path, &copy).unwrap();
        Self { url: format!("sqlite:{}", copy.display()), _held: Held::File(folder) }
    }

    pub(crate) async fn connect(&self) -> Store {
        Store::connect(&self.url, &ConnectOptions::default()).await.unwrap()
    }
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
    let mut databases = vec![Database { url, _held: Held::File(folder) }];
    databases.extend(super::postgres::database().map(Database::from));
    databases
}

/// The key that signs the checkpoints of the tests' logs.
pub(crate) fn log_key() -> SigningKey {
    SigningKey::from_seed([9; 32])
}

/// What a test opens a ledger with. Without a mark named, it gets one of its own that nobody else uses.
pub(crate) fn settings(store: Store, clock: Clock, mark: Option<&Path>) -> Settings {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let own = || {
        let name = format!("{}-{}.mark", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(std::fs::remove_file(&path));
        path
    };
    let mark = mark.map_or_else(own, Path::to_owned);
    // Receivers of webhooks in tests listen there; what else is inside stays out.
    let webhooks = Guard::allowing(vec!["127.0.0.1/32".parse().unwrap()]);
    Settings { store, clock, log_key: log_key(), mark, webhooks, interrupt: None }
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
        Self::found_with(store, None, None).await
    }

    /// The same, with a mark and an interrupt of the test's choice.
    pub(crate) async fn found_with(store: Store, mark: Option<&Path>, interrupt: Option<Interrupt>) -> Self {
        let founding = World::embedded().founding(LOG, founded_at(), log_key().public()).unwrap();
        Self::founded(store, &founding, mark, interrupt).await
    }

    /// Found another world in an empty database, at a time of the test's choice.
    pub(crate) async fn found_world(url: &str, world: &World, at: Timestamp) -> Self {
        let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
        migrate::migrate(&store).await.unwrap();
        let founding = world.founding(LOG, at, log_key().public()).unwrap();
        Self::founded(store, &founding, None, None).await
    }

    /// The same at the usual time, with a mark that the ledger is opened with again.
    pub(crate) async fn found_world_with(url: &str, world: &World, mark: &Path) -> Self {
        let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
        migrate::migrate(&store).await.unwrap();
        let founding = world.founding(LOG, founded_at(), log_key().public()).unwrap();
        Self::founded(store, &founding, Some(mark), None).await
    }

    async fn founded(
        store: Store,
        founding: &[Scripted],
        mark: Option<&Path>,
        interrupt: Option<Interrupt>,
    ) -> Self {
        let (first, rest) = founding.split_first().unwrap();
        genesis::found(&store, first.envelope.compact().as_bytes(), first.recorded_at).await.unwrap();
        let settings = settings(store, Clock::manual(first.recorded_at), mark);
        let own_mark = mark.is_none().then(|| settings.mark.clone());
        let ledger = Self::open(Settings { interrupt, ..settings }).await.unwrap();
        // The open file is all that a ledger needs that is never opened again.
        own_mark.map(std::fs::remove_file).transpose().unwrap();
        ledger.clock.set(rest.last().unwrap().recorded_at);
        let lines = rest.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for answer in ledger.app.submit_many(lines, None).await.unwrap() {
            answer.unwrap();
        }
        ledger
    }

    /// Open a founded ledger.
    pub(crate) async fn open(settings: Settings) -> Result<Self, Fault> {
        let (store, clock) = (settings.store.clone(), settings.clock.clone());
        Ok(Self { app: App::open(settings).await?, store, clock })
    }

    /// Another process of the same ledger, which a Postgres database may have: its clock stands where this one's does.
    pub(crate) async fn beside(&self, database: &Database) -> Self {
        let settings = settings(database.connect().await, Clock::manual(self.clock.now()), None);
        Self::open(settings).await.unwrap()
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

    /// The last handle goes, and the database with it.
    pub(crate) async fn close(self) {
        drop(self.app);
        self.store.close().await;
    }

    /// Time passes and nothing else happens.
    pub(crate) async fn pass_time(&self, to: Timestamp) {
        self.clock.set(to);
        self.app.tick().await.unwrap();
    }
}

/// The rules of which findings are open, over the whole ledger, each with how many.
pub(crate) async fn open_per_rule(store: &Store) -> Vec<(String, usize)> {
    let open = finding::all_open(&mut store.read().await.unwrap()).await.unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for seen in open.into_values() {
        *counts.entry(seen.rule).or_default() += 1;
    }
    counts.into_iter().collect()
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
