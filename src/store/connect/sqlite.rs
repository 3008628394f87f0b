//! A SQLite file: its settings, its one writer and the file that keeps others from writing too.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::Sqlite;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::folding::{self, Folding};
use super::{ConnectOptions, Pools, STATEMENTS_PER_CONNECTION, Writing};
use crate::files::LockedFile;
use crate::store::StoreError;
use crate::store::access_log::Journal;

/// The oldest SQLite library we run on: before it a WAL reset could lose committed pages
/// (<https://sqlite.org/wal.html>, "the WAL-reset bug").
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// Pages of SQLite that the writer keeps in memory, in KiB. A batch changes pages all over the indexes; what does not fit is written to the
/// WAL before the commit, and again when it is changed again.
const SQLITE_WRITER_CACHE_KIB: &str = "-32768";

pub(super) async fn open(path: &Path, options: &ConnectOptions) -> Result<Pools, StoreError> {
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
            if !path.exists() {
                Journal::none_is_left(path)?;
            }
            let settings = as_writer(base.clone());
            let writer =
                pool(1).connect_with(settings.clone()).await.map_err(|error| at_start(error, path))?;
            check_sqlite(&writer).await?;
            let folding = Folding::start(&settings).await.map_err(|error| at_start(error, path))?;
            let journal = Journal::open(&as_it_lies(path), writer.clone(), &lock)?;
            Some(Writing { writer, folding, journal, _lock: lock })
        }
    };
    let settings = base.create_if_missing(false).pragma("query_only", "ON");
    let readers =
        pool(options.readers.max(1)).connect_with(settings).await.map_err(|error| at_start(error, path))?;
    check_sqlite_version(&readers).await?;
    Ok(Pools::Sqlite { writing, readers })
}

pub(super) fn as_writer(base: SqliteConnectOptions) -> SqliteConnectOptions {
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

/// One database, whichever symbolic link leads to it.
fn as_it_lies(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Hold `PATH.lock` for as long as the store lives. It is never deleted, since deleting and locking race.
fn lock_file(path: &Path) -> Result<LockedFile, StoreError> {
    let mut name = as_it_lies(path).into_os_string();
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
