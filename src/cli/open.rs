//! Opening a database and the ledger in it.

use std::path::Path;

use super::{Error, keyfile};
use crate::app::{App, Settings};
use crate::clock::Clock;
use crate::store::{ConnectOptions, Store, migrate};

/// Connect and bring the schema up to date.
pub(super) async fn store(database: &str) -> Result<Store, Error> {
    let store = Store::connect(database, &ConnectOptions::default()).await?;
    migrate::migrate(&store).await?;
    Ok(store)
}

/// Connect to read only: takes no lock, so that a served SQLite file can be looked at.
pub(super) async fn read_only(database: &str) -> Result<Store, Error> {
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let store = Store::connect(database, &options).await?;
    if !migrate::is_current(&store).await? {
        return Err("the database has another schema than this program; run `liandan serve` once to bring it up to date".into());
    }
    Ok(store)
}

/// Open the ledger with the log key beside the database, or the one named.
pub(super) async fn ledger(
    store: Store,
    database: &str,
    log_key: Option<&Path>,
    clock: Clock,
) -> Result<App, Error> {
    let beside = keyfile::beside(database, "log-key");
    let log_key = keyfile::load(log_key.unwrap_or(&beside))?;
    Ok(App::open(Settings { store, clock, log_key }).await?)
}
