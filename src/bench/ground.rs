//! Where ledgers are measured: fresh databases, founded for a city.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::bulk::{NDJSON, PATH};
use super::child::Server;
use super::client::Connection;
use super::spool::LINES;
use super::{Error, LOG, log_key};
use crate::app::genesis;
use crate::clock::Timestamp;
use crate::scenario::city::City;
use crate::store::{ConnectOptions, Store, migrate, scratch};

/// A folder, and the server of databases where they are on Postgres.
pub(super) struct Ground {
    pub(super) folder: PathBuf,
    pub(super) postgres: Option<String>,
    next: AtomicUsize,
    /// Databases that were made on that server: what a run that failed leaves is removed too.
    made: Mutex<Vec<String>>,
}

/// A database of a measure's own, and its folder.
pub(super) struct Database {
    pub(super) url: String,
    pub(super) folder: PathBuf,
    /// Where it was made, where it goes with the measure.
    made_at: Option<String>,
}

impl Ground {
    pub(super) fn new(folder: &Path, postgres: Option<String>) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), postgres, next: AtomicUsize::new(0), made: Mutex::default() })
    }

    /// Which of the two databases is measured.
    pub(super) fn name(&self) -> &'static str {
        if self.postgres.is_some() { "Postgres" } else { "SQLite" }
    }

    /// A file that is written over.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// An empty database with the schema of the program.
    pub(super) async fn fresh(&self) -> Result<Database, Error> {
        let name =
            format!("liandan_bench_{}_{}", std::process::id(), self.next.fetch_add(1, Ordering::Relaxed));
        let folder = self.folder.join(&name);
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder)?;
        let (url, made_at) = match &self.postgres {
            Some(server) => {
                let url = scratch::create(server, &name).await?;
                self.made.lock().unwrap_or_else(PoisonError::into_inner).push(url.clone());
                (url, Some(server.clone()))
            }
            None => (in_folder(&folder), None),
        };
        let database = Database { url, folder, made_at };
        database.connect().await?.close().await;
        Ok(database)
    }

    /// Remove what is left of the databases that were made on the server.
    pub(super) async fn clear(&self) -> Result<(), Error> {
        let Some(server) = &self.postgres else { return Ok(()) };
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for url in made {
            scratch::remove(server, &url).await?;
        }
        Ok(())
    }

    /// The same with a city founded in it; its server, which shows the time of the founding.
    pub(super) async fn founded(&self, city: &City) -> Result<(Database, Server), Error> {
        let database = self.fresh().await?;
        let server = database.found(city).await?;
        Ok((database, server))
    }
}

/// The address of the file in a folder.
fn in_folder(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("ledger.sqlite").display())
}

impl Database {
    /// A file in a folder that stays.
    pub(super) fn kept(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { url: in_folder(folder), folder: folder.to_owned(), made_at: None })
    }

    /// Open it here, its schema brought up to date. On SQLite nobody may serve it.
    pub(super) async fn connect(&self) -> Result<Store, Error> {
        let store = Store::connect(&self.url, &ConnectOptions::default()).await?;
        migrate::migrate(&store).await?;
        Ok(store)
    }

    /// A server on it whose clock stands at `at`: the first one, or a second beside it.
    pub(super) async fn serve(&self, process: usize, at: Timestamp) -> Result<Server, Error> {
        Server::start(&self.url, &self.folder.join(format!("mark-{process}")), at).await
    }

    /// Found a city in it; its server.
    pub(super) async fn found(&self, city: &City) -> Result<Server, Error> {
        let founding = city.world().founding(LOG, city.founded_at(), log_key().public())?;
        let (first, rest) = founding.split_first().ok_or("a city is founded by events")?;
        let store = self.connect().await?;
        genesis::found(&store, first.envelope.compact().as_bytes(), first.recorded_at).await?;
        store.close().await;
        drop(store);
        let mut server = self.serve(0, first.recorded_at).await?;
        let mut connection = Connection::open(server.address).await?;
        for events in rest.chunks(LINES) {
            let last = events.last().map_or(first.recorded_at, |act| act.recorded_at);
            server.pass_time(last)?;
            let lines: Vec<&str> = events.iter().map(|act| act.envelope.compact()).collect();
            let answer = connection.post(PATH, NDJSON, lines.join("\n"));
            answer.await?.all_taken(events.len())?;
        }
        Ok(server)
    }

    /// Bytes on disk, where it is a file of ours.
    pub(super) fn bytes(&self) -> u64 {
        let files = ["ledger.sqlite", "ledger.sqlite-wal"].map(|name| self.folder.join(name));
        files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum()
    }

    /// Nothing is left of it.
    pub(super) async fn remove(self) -> Result<(), Error> {
        if let Some(server) = &self.made_at {
            scratch::remove(server, &self.url).await?;
        }
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }
}
