//! Opening a database: what the address means, which settings are demanded, who may write.

mod folding;
mod postgres;
mod sqlite;
mod standby;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::SqlitePool;

use super::access_log::Journal;
use super::sql::{Kind, ReadTx, StoreError, Tx, WriteTx};
use crate::files::LockedFile;
use folding::Folding;
pub(super) use postgres::POSTGRES_SESSION;

/// Prepared statements kept per connection. All connections together executed 580 while bulk and single events came in, a longer list of rows or keys being
/// one of its own; what is used least is prepared again.
pub(super) const STATEMENTS_PER_CONNECTION: usize = 512;

/// How to open a database. `ConnectOptions::default()` suits a server.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Open without the right to write and without the lock file: to look into a SQLite file that a server has open.
    pub read_only: bool,
    /// Connections for reading.
    pub readers: u32,
    /// Connections for writing on Postgres; SQLite has exactly one.
    pub writers: u32,
    /// How long to wait for a free connection, and for the server at the start.
    pub patience: Duration,
    /// How long SQLite waits for a lock that another program (a backup, a shell) holds.
    pub busy_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            read_only: false,
            readers: 8,
            writers: 4,
            patience: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// An open database. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
}

#[derive(Clone)]
enum Pools {
    /// The one writer waits in our own queue, fairly, instead of in SQLite's, by polling.
    Sqlite { writing: Option<Writing>, readers: SqlitePool },
    /// Apart, so that slow readers never keep the sequencer from its connection.
    Postgres { writers: Option<PgPool>, readers: PgPool },
}

/// What only the one process has that may write to a SQLite file.
#[derive(Clone)]
struct Writing {
    writer: SqlitePool,
    folding: Folding,
    journal: Journal,
    _lock: Arc<LockedFile>,
}

impl Store {
    /// Open `sqlite:PATH`, `sqlite://PATH` (taken literally, created if missing) or `postgres://…`.
    ///
    /// Fails on settings that can lose acknowledged events ([`StoreError::UnsafeSettings`]) and on a SQLite file that another
    /// process serves ([`StoreError::Locked`]). The schema is not touched: see [`super::migrate`].
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Self, StoreError> {
        let pools = match Address::parse(url)? {
            Address::Sqlite(path) => sqlite::open(&path, options).await?,
            Address::Postgres(server) => postgres::open(*server, options).await?,
        };
        Ok(Self { pools })
    }

    /// Which database this is.
    pub fn kind(&self) -> Kind {
        match self.pools {
            Pools::Sqlite { .. } => Kind::Sqlite,
            Pools::Postgres { .. } => Kind::Postgres,
        }
    }

    /// Begin to write. On SQLite one writer at a time; on Postgres READ COMMITTED, where whoever needs order takes the log's
    /// lock first. [`StoreError::Busy`] when no connection comes free in time.
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        let tx = match &self.pools {
            Pools::Sqlite { writing, .. } => {
                let Writing { writer, folding, .. } = writing.as_ref().ok_or(StoreError::ReadOnly)?;
                folding.tell();
                // A deferred transaction that turns to writing gets "database is locked" at once, without waiting.
                Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Postgres { writers, .. } => {
                let writers = writers.as_ref().ok_or(StoreError::ReadOnly)?;
                Tx::Postgres(writers.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?)
            }
        };
        Ok(WriteTx::new(tx))
    }

    /// Begin to read one consistent state, which lasts from the first statement to the end of the transaction.
    pub async fn read(&self) -> Result<ReadTx, StoreError> {
        let tx = match &self.pools {
            Pools::Sqlite { readers, .. } => Tx::Sqlite(readers.begin_with("BEGIN DEFERRED").await?),
            Pools::Postgres { readers, .. } => {
                Tx::Postgres(readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        };
        Ok(ReadTx::new(tx))
    }

    /// The readers, where the database is Postgres.
    pub(super) fn postgres(&self) -> Option<&PgPool> {
        match &self.pools {
            Pools::Sqlite { .. } => None,
            Pools::Postgres { readers, .. } => Some(readers),
        }
    }

    /// Where readings are written down beside the writer of a SQLite file.
    pub(super) fn journal(&self) -> Result<Option<&Journal>, StoreError> {
        match &self.pools {
            Pools::Sqlite { writing, .. } => {
                writing.as_ref().map(|writing| Some(&writing.journal)).ok_or(StoreError::ReadOnly)
            }
            Pools::Postgres { .. } => Ok(None),
        }
    }

    /// Wait for open transactions and close every connection. SQLite then folds its WAL back into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writing, readers } => {
                readers.close().await;
                if let Some(Writing { writer, folding, journal, .. }) = writing {
                    if let Err(error) = journal.close().await {
                        tracing::warn!(error = &error as &dyn std::error::Error, "the journal stays");
                    }
                    folding.close().await;
                    writer.close().await;
                }
            }
            Pools::Postgres { writers, readers } => {
                readers.close().await;
                if let Some(writers) = writers {
                    writers.close().await;
                }
            }
        }
    }
}

enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Address {
    /// The address may hold a password, so no error repeats it.
    fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let server = PgConnectOptions::from_str(url).map_err(|_| {
                StoreError::Address("write postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned())
            })?;
            return Ok(Self::Postgres(Box::new(server)));
        }
        let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) else {
            return Err(StoreError::Address("write sqlite:PATH or postgres://…".to_owned()));
        };
        if path.is_empty() || path.contains(":memory:") {
            return Err(StoreError::Address(
                "a database in memory is forgotten at the end and each connection would see its own: name a file"
                    .to_owned(),
            ));
        }
        if path.contains('?') {
            return Err(StoreError::Address("sqlite:PATH takes no options after `?`".to_owned()));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn sqlite_paths_are_taken_literally() {
        for (url, path) in
            [("sqlite:a b%20.sqlite", "a b%20.sqlite"), ("sqlite:///srv/x", "/srv/x"), ("sqlite://x", "x")]
        {
            assert!(
                matches!(Address::parse(url).unwrap(), Address::Sqlite(found) if found == Path::new(path))
            );
        }
    }

    #[test]
    fn addresses_that_would_surprise_are_refused_without_repeating_them() {
        for url in
            ["sqlite::memory:", "sqlite:", "sqlite://:memory:", "sqlite:x?mode=ro", "mysql://u:secret@h/d"]
        {
            let error = Address::parse(url).err().unwrap();
            assert!(matches!(&error, StoreError::Address(_)), "{url}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
