//! Folding SQLite's WAL back into its file, beside the writer.
//!
//! SQLite does it in a commit, once the WAL has so many pages: whoever sends one event then waits until all of them are in the file, and so does
//! everybody behind. Here a connection of its own folds what is committed while the next transaction is written; SQLite calls that a passive
//! checkpoint (<https://sqlite.org/wal.html>), it waits for nobody and nobody waits for it. What is committed meanwhile stays for the next time.
//! The WAL begins anew with the first transaction that finds all of it folded and nobody reading from it. Under steady load that never comes by
//! itself, so the writer still folds what little is left in a commit of its own, once the WAL is [`MOST_PAGES`] long.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row, Sqlite};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::clock::Stopwatch;

/// Pages of the WAL after which the writer folds it in a commit: 256 MiB.
pub(super) const MOST_PAGES: &str = "65536";
/// Pages that are not folded yet after which they are: 32 MiB. A page that many commits change is then written back once.
const PAGES: i64 = 8_192;
/// Seconds between two looks, at least: in less than that a disk does not write so many pages that it matters.
const SECONDS_BETWEEN: f64 = 0.1;

/// The task that folds, until the store is closed or its last handle is gone.
#[derive(Clone)]
pub(super) struct Folding {
    running: Arc<Mutex<Option<Running>>>,
}

struct Running {
    told: mpsc::Sender<()>,
    since_told: Stopwatch,
    task: JoinHandle<()>,
}

impl Folding {
    /// With a connection of its own, opened as the writer's.
    pub(super) async fn start(settings: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = settings.connect().await?;
        let (told, mut waiting) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while waiting.recv().await.is_some() {
                if let Err(error) = fold(&mut connection).await {
                    // Nothing is lost by it: the writer folds when the WAL is long.
                    tracing::warn!(error = &error as &dyn std::error::Error, "the WAL was not folded back");
                }
            }
            drop(connection.close().await);
        });
        let since_told = Stopwatch::start();
        Ok(Self { running: Arc::new(Mutex::new(Some(Running { told, since_told, task }))) })
    }

    /// Somebody writes: look whether there is something to fold, unless that was done a moment ago. To look costs little, but so do the writes
    /// of one event.
    pub(super) fn tell(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { told, since_told, .. }) = &mut *running
            && since_told.seconds() >= SECONDS_BETWEEN
        {
            *since_told = Stopwatch::start();
            // Who is folding looks again afterwards.
            let _ = told.try_send(());
        }
    }

    /// Wait for what is being folded and close the connection.
    pub(super) async fn close(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { told, task, .. }) = running {
            drop(told);
            drop(task.await);
        }
    }
}

/// Fold what is committed, where that is much.
async fn fold(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    if not_folded(connection, "pragma wal_checkpoint(noop)").await? >= PAGES {
        not_folded(connection, "pragma wal_checkpoint(passive)").await?;
    }
    Ok(())
}

/// Pages of the WAL that are not in the file behind such a statement.
async fn not_folded(connection: &mut SqliteConnection, pragma: &'static str) -> Result<i64, sqlx::Error> {
    let row = sqlx::query::<Sqlite>(pragma).fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>("log")? - row.try_get::<i64, _>("checkpointed")?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::files::tests::Folder;
    use crate::store::{ConnectOptions as Options, Store};

    async fn write(connection: &mut SqliteConnection, mib: usize) {
        for _ in 0..mib {
            let sql = "insert into blobs values (zeroblob(1048576))";
            sqlx::query::<Sqlite>(sql).execute(&mut *connection).await.unwrap();
        }
    }

    #[tokio::test]
    async fn much_is_folded_while_somebody_writes_and_little_is_left() {
        let kept = Folder::new("folding-much");
        let path = kept.file("ledger.sqlite");
        let settings = super::super::sqlite::as_writer(SqliteConnectOptions::new().filename(&path));
        let mut writer = settings.connect().await.unwrap();
        let mut folder = settings.connect().await.unwrap();
        sqlx::query::<Sqlite>("create table blobs (bytes blob)").execute(&mut writer).await.unwrap();
        let noop = "pragma wal_checkpoint(noop)";

        write(&mut writer, 1).await;
        fold(&mut folder).await.unwrap();
        assert!(not_folded(&mut folder, noop).await.unwrap() > 256, "one megabyte waits for more");

        write(&mut writer, 32).await;
        sqlx::query::<Sqlite>("begin immediate").execute(&mut writer).await.unwrap();
        write(&mut writer, 1).await;
        fold(&mut folder).await.unwrap();
        assert_eq!(not_folded(&mut folder, noop).await.unwrap(), 0);

        sqlx::query::<Sqlite>("commit").execute(&mut writer).await.unwrap();
        let left = not_folded(&mut folder, noop).await.unwrap();
        assert!((1..PAGES).contains(&left), "the WAL began anew with what was written meanwhile: {left}");
    }

    #[tokio::test]
    async fn a_store_that_is_closed_folds_no_more() {
        let kept = Folder::new("folding-closed");
        let path = kept.file("ledger.sqlite");
        let url = format!("sqlite:{}", path.display());
        let store = Store::connect(&url, &Options::default()).await.unwrap();
        let other = store.clone();
        store.write().await.unwrap().commit().await.unwrap();
        store.close().await;
        assert!(other.write().await.is_err());
        assert!(!kept.file("ledger.sqlite-wal").exists(), "the last connection folds and removes it");
    }
}
