//! Opening a database: what the address means, which settings are demanded, who may write.

mod folding;
mod standby;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Sqlite};

use super::sql::{Kind, ReadTx, StoreError, Tx, WriteTx};
use crate::lock::LockedFile;
use folding::Folding;
use standby::{Settling, refuse_standby};

/// The oldest SQLite library we run on: before it a WAL reset could lose committed pages
/// (<https://sqlite.org/wal.html>, "the WAL-reset bug").
pub(crate) const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// The oldest Postgres server, as `server_version_num` gives it.
pub(crate) const OLDEST_POSTGRES: u32 = 130_000;
/// Prepared statements kept per connection; every statement of the program fits.
pub(super) const STATEMENTS_PER_CONNECTION: usize = 512;

/// Pages of SQLite that the writer keeps in memory, in KiB. A batch changes pages all over the indexes; what does not fit is written to the
/// WAL before the commit, and again when it is changed again.
const SQLITE_WRITER_CACHE_KIB: &str = "-32768";

/// A dead process must not hold the log's lock for hours: the server probes its client and ends what stands still.
/// Seconds for `tcp_keepalives_*`, milliseconds for the others.
pub(super) const POSTGRES_SESSION: [(&str, &str); 6] = [
    ("tcp_keepalives_idle", "20"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
    ("idle_in_transaction_session_timeout", "60000"),
    // What is asked here takes less time than compiling it does.
    ("jit", "off"),
];

/// Settings of Postgres that must be so for a commit to last: how to ask, the name, the safe side of its two.
const DURABLE_SETTINGS: [(&str, &str, &str); 4] = [
    ("show fsync", "fsync", "on"),
    ("show synchronous_commit", "synchronous_commit", "on"),
    // A page that a power cut tore cannot be mended without its full image.
    ("show full_page_writes", "full_page_writes", "on"),
    // After a failed write the pages may be gone, and trying again only reports success.
    ("show data_sync_retry", "data_sync_retry", "off"),
];

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
    _lock: Arc<LockedFile>,
}

impl Store {
    /// Open `sqlite:PATH`, `sqlite://PATH` (taken literally, created if missing) or `postgres://…`.
    ///
    /// Fails on settings that can lose acknowledged events ([`StoreError::UnsafeSettings`]) and on a SQLite file that another
    /// process serves ([`StoreError::Locked`]). The schema is not touched: see [`super::migrate`].
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Self, StoreError> {
        let pools = match Address::parse(url)? {
            Address::Sqlite(path) => open_sqlite(&path, options).await?,
            Address::Postgres(server) => open_postgres(*server, options).await?,
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

    /// Wait for open transactions and close every connection. SQLite then folds its WAL back into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writing, readers } => {
                readers.close().await;
                if let Some(Writing { writer, folding, .. }) = writing {
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

async fn open_sqlite(path: &Path, options: &ConnectOptions) -> Result<Pools, StoreError> {
    let base = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .statement_cache_capacity(STATEMENTS_PER_CONNECTION);
    let pool = |connections: u32| {
        // A connection to a file does not go stale, so it is neither tested nor replaced.
        let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(options.patience);
        pool.max_lifetime(None).idle_timeout(None).test_before_acquire(false)
    };
    let writing = match options.read_only {
        true => None,
        false => {
            let lock = Arc::new(lock_file(path)?);
            let settings = as_writer(base.clone());
            let writer =
                pool(1).connect_with(settings.clone()).await.map_err(|error| at_start(error, path))?;
            check_sqlite(&writer).await?;
            let folding = Folding::start(&settings).await.map_err(|error| at_start(error, path))?;
            Some(Writing { writer, folding, _lock: lock })
        }
    };
    let settings = base.create_if_missing(false).pragma("query_only", "ON");
    let readers =
        pool(options.readers.max(1)).connect_with(settings).await.map_err(|error| at_start(error, path))?;
    check_sqlite_version(&readers).await?;
    Ok(Pools::Sqlite { writing, readers })
}

fn as_writer(base: SqliteConnectOptions) -> SqliteConnectOptions {
    base.create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", SQLITE_WRITER_CACHE_KIB)
        .pragma("wal_autocheckpoint", folding::MOST_PAGES)
        // A statement of many rows keeps what it may have to undo: in memory, not in a file of its own.
        .pragma("temp_store", "MEMORY")
        // Apple's fsync leaves data in the drive's memory; elsewhere this means nothing.
        .pragma("fullfsync", "ON")
}

fn at_start(error: sqlx::Error, path: &Path) -> StoreError {
    match StoreError::from(error) {
        StoreError::Unreachable(detail) => StoreError::Unreachable(format!("{}: {detail}", path.display())),
        other => other,
    }
}

/// Hold `PATH.lock` for as long as the store lives. It is never deleted, since deleting and locking race.
fn lock_file(path: &Path) -> Result<LockedFile, StoreError> {
    // One lock for one database, whichever symbolic link leads to it.
    let database = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = database.into_os_string();
    name.push(".lock");
    let path = PathBuf::from(name);
    let unreachable = |error: std::io::Error| StoreError::Unreachable(format!("{}: {error}", path.display()));
    let file =
        OpenOptions::new().create(true).write(true).truncate(false).open(&path).map_err(unreachable)?;
    let Some(file) = LockedFile::try_from_file(file).map_err(unreachable)? else {
        // Only for the message: an unreadable or empty file names nobody.
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        return Err(StoreError::Locked { holder: text.trim().parse().ok(), path });
    };
    file.set_len(0).and_then(|()| writeln!(&*file, "{}", std::process::id())).map_err(unreachable)?;
    Ok(file)
}

/// SQLite does not report a setting that it could not take (WAL on a network file system), so ask.
async fn check_sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    let journal: String = sqlx::query_scalar::<Sqlite, String>("pragma journal_mode").fetch_one(pool).await?;
    if journal != "wal" {
        return Err(StoreError::UnsafeSettings(format!(
            "SQLite keeps journal_mode={journal} where WAL is needed: use a local disk, not a network file system"
        )));
    }
    // 2 is FULL, 3 is EXTRA.
    let synchronous: i64 = sqlx::query_scalar::<Sqlite, i64>("pragma synchronous").fetch_one(pool).await?;
    if synchronous < 2 {
        return Err(StoreError::UnsafeSettings("SQLite did not take synchronous=FULL".to_owned()));
    }
    Ok(())
}

async fn check_sqlite_version(pool: &SqlitePool) -> Result<(), StoreError> {
    let found: String =
        sqlx::query_scalar::<Sqlite, String>("select sqlite_version()").fetch_one(pool).await?;
    let mut numbers = found.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let (major, minor, patch) = OLDEST_SQLITE;
    if (next(), next(), next()) < OLDEST_SQLITE {
        return Err(StoreError::UnsafeSettings(format!(
            "SQLite {found} can lose committed pages: build with {major}.{minor}.{patch} or newer"
        )));
    }
    Ok(())
}

async fn open_postgres(server: PgConnectOptions, options: &ConnectOptions) -> Result<Pools, StoreError> {
    let server = server
        .application_name("liandan")
        .options(POSTGRES_SESSION)
        .statement_cache_capacity(STATEMENTS_PER_CONNECTION);
    // One connection first: the pool would try a refused connection again until its patience ends, and then not say why.
    let first = tokio::time::timeout(options.patience, PgConnection::connect_with(&server)).await;
    let mut first = first.map_err(|_| {
        StoreError::Unreachable(format!("no answer from the server within {} s", options.patience.as_secs()))
    })??;
    check_postgres(&mut first).await?;
    let settling = Settling::of(&server);
    if !options.read_only {
        refuse_standby(&mut first).await?;
        let settled = tokio::time::timeout(options.patience, settling.settled(&mut first)).await;
        settled.unwrap_or_else(|_| Err(standby::waits(options.patience)))?;
    }
    // What was found safe is what every session keeps, whatever is set for the database or the role later.
    let synchronous_commit = setting(&mut first, "show synchronous_commit").await?;
    let server = server.options([("synchronous_commit", synchronous_commit)]);
    // The checks are done; how this connection ends does not matter.
    let _ = first.close().await;
    let pool = |connections: u32| {
        let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(options.patience);
        // A server can be told to forget commits while it runs, or be replaced by another one.
        let settling = (!options.read_only).then(|| settling.clone());
        pool.after_connect(move |connection, _| {
            let settling = settling.clone();
            Box::pin(async move {
                let checked = async {
                    check_durable(connection).await?;
                    let Some(settling) = settling else { return Ok(()) };
                    refuse_standby(connection).await?;
                    settling.settled(connection).await
                };
                checked.await.map_err(|error: StoreError| sqlx::Error::Configuration(error.into()))
            })
        })
    };
    let readers = pool(options.readers.max(1)).connect_with(server.clone()).await?;
    let writers = match options.read_only {
        true => None,
        false => Some(pool(options.writers.max(1)).connect_with(server).await?),
    };
    Ok(Pools::Postgres { writers, readers })
}

/// Refuse a server on which a commit is not durable, or which cannot store our texts.
async fn check_postgres(connection: &mut PgConnection) -> Result<(), StoreError> {
    let version = setting(connection, "show server_version_num").await?;
    if version.parse::<u32>().unwrap_or(0) < OLDEST_POSTGRES {
        return Err(StoreError::UnsafeSettings(format!(
            "Postgres {version} is too old: {} or newer is needed",
            OLDEST_POSTGRES / 10_000
        )));
    }
    check_durable(connection).await?;
    let encoding = setting(connection, "show server_encoding").await?;
    if encoding != "UTF8" {
        return Err(StoreError::UnsafeSettings(format!(
            "the Postgres database has encoding {encoding}: create it with encoding UTF8"
        )));
    }
    Ok(())
}

/// Refuse a session whose commits a crash or a power cut can undo. Every `synchronous_commit` but `off` waits for the local disk.
async fn check_durable(connection: &mut PgConnection) -> Result<(), StoreError> {
    for (query, name, safe) in DURABLE_SETTINGS {
        let found = setting(connection, query).await?;
        if (found == "off") == (safe == "on") {
            return Err(StoreError::UnsafeSettings(format!(
                "Postgres runs with {name}={found} and would lose acknowledged events in a crash: set {name}={safe}"
            )));
        }
    }
    Ok(())
}

async fn setting(connection: &mut PgConnection, query: &'static str) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar::<_, String>(query).fetch_one(connection).await?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
