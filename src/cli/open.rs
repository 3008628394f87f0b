//! Opening a database and the ledger in it.

use std::path::PathBuf;

use super::{Error, keyfile};
use crate::app::steps::Interrupt;
use crate::app::webhooks::Guard;
use crate::app::{App, Settings};
use crate::clock::Clock;
use crate::store::{ConnectOptions, Store, migrate};

/// Connect and bring the schema up to date.
pub(super) async fn store(database: &str) -> Result<Store, Error> {
    let store = Store::connect(database, &ConnectOptions::default()).await?;
    migrate::migrate(&store).await?;
    Ok(store)
}

/// Connect to read only, whatever the schema: takes no lock, so that a served SQLite file can be looked at.
pub(super) async fn look(database: &str) -> Result<Store, Error> {
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    Ok(Store::connect(database, &options).await?)
}

/// The same where the schema is that of this program.
pub(super) async fn read_only(database: &str) -> Result<Store, Error> {
    let store = look(database).await?;
    if !migrate::is_current(&store).await? {
        return Err("the database has another schema than this program; run `liandan serve` once to bring it up to date".into());
    }
    Ok(store)
}

/// What a server keeps outside the database.
#[derive(clap::Args)]
pub(super) struct Files {
    /// Key that signs checkpoints; the one beside the database when absent.
    #[arg(long)]
    log_key: Option<PathBuf>,
    /// High-water mark of this process; the one beside the database when absent. Each process needs its own, never restored
    /// together with the database.
    #[arg(long)]
    mark: Option<PathBuf>,
}

impl Files {
    /// Where the key lies that signs checkpoints.
    pub(super) fn log_key(&self, database: &str) -> PathBuf {
        self.log_key.clone().unwrap_or_else(|| keyfile::beside(database, "log-key"))
    }

    /// Where the mark lies.
    pub(super) fn mark(&self, database: &str) -> PathBuf {
        self.mark.clone().unwrap_or_else(|| keyfile::file_beside(database, "mark"))
    }
}

/// Open the ledger with the files beside the database, or those named.
pub(super) async fn ledger(
    store: Store,
    database: &str,
    files: &Files,
    clock: Clock,
    webhooks: Guard,
    interrupt: Option<Interrupt>,
) -> Result<App, Error> {
    let log_key = keyfile::load(&files.log_key(database))?;
    let mark = files.mark(database);
    keyfile::make_folder(&mark)?;
    Ok(App::open(Settings { store, clock, log_key, mark, webhooks, interrupt }).await?)
}
