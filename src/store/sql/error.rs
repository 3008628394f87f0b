//! What can go wrong between us and a database, sorted by what the reader of the error can do about it.

use std::path::PathBuf;

use sqlx::error::{DatabaseError, ErrorKind};

use super::ColType;

/// A fault of the store. None of these is the caller's refusal: they become 5xx answers or stop the start.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is not one this program can open.
    #[error("the database address is not usable: {0}")]
    Address(String),
    /// No connection, or it broke. After a failed commit the outcome is unknown: reload before going on.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody else holds what is needed, or the pool is exhausted. Trying again later can work.
    #[error("the database is busy, try again: {0}")]
    Busy(String),
    /// A unique key is already taken. On Postgres the transaction is dead: look before inserting.
    #[error("a row with this key exists already: {0}")]
    Conflict(String),
    /// A stored row is not what the program wrote, or a query asks for what is not there.
    #[error("column `{column}` does not decode ({detail}) in: {query}")]
    Corrupt {
        /// The statement that fetched the row.
        query: &'static str,
        /// The column asked for; `*` when it is about the whole row.
        column: &'static str,
        /// What was found and what was expected.
        detail: String,
    },
    /// A statement was called with a wrong number of parameters.
    #[error("the statement takes {expected} parameters and got {given}: {query}")]
    ParamCount {
        /// The statement.
        query: &'static str,
        /// The highest `$N` in its text.
        expected: usize,
        /// How many were passed.
        given: usize,
    },
    /// A value of a row for a bulk statement does not fit its column.
    #[error("column `{column}` of {query} takes {expected:?} and was given {given:?}")]
    ParamType {
        /// The table.
        query: &'static str,
        /// The column.
        column: &'static str,
        /// The column's type.
        expected: ColType,
        /// The value's type.
        given: ColType,
    },
    /// The database is set up in a way that can lose acknowledged events.
    #[error("the database settings are unsafe: {0}")]
    UnsafeSettings(String),
    /// The server only follows another one.
    #[error(
        "this Postgres server is a standby, which only follows another one: name the primary, or promote this one"
    )]
    Standby,
    /// Another process serves this SQLite file.
    #[error("{} is in use by {}: stop it first, or use Postgres for several processes", path.display(), holder_name(*.holder))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Process id written in the lock file, if it could be read.
        holder: Option<u32>,
    },
    /// A file beside a SQLite database holds what this program did not write.
    #[error(
        "{}: line {line} is not a reading of an officer ({detail}). What stands in this file waits for the database: move it elsewhere to go on without it",
        path.display()
    )]
    Journal {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// Readings of a database that is not there any more.
    #[error(
        "{} holds what was read of a database that is gone: put that back, or move the file elsewhere",
        path.display()
    )]
    JournalLeft {
        /// The file.
        path: PathBuf,
    },
    /// The schema is not the one this program knows.
    #[error("the database schema does not fit this program: {0}")]
    Migration(String),
    /// The store was opened for reading only.
    #[error("this store was opened for reading only: open it with `read_only: false` to write")]
    ReadOnly,
    /// Everything else: a mistake in a statement, a violated check, a full disk. The chain tells.
    #[error("the database refused")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn holder_name(holder: Option<u32>) -> String {
    holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match sort(&**database) {
                Sorted::Conflict => Self::Conflict(error.to_string()),
                Sorted::Busy => Self::Busy(error.to_string()),
                Sorted::Unreachable => Self::Unreachable(error.to_string()),
                Sorted::Other => Self::Other(Box::new(error)),
            },
            sqlx::Error::PoolTimedOut => Self::Busy("no connection came free in time".to_owned()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unreachable(error.to_string()),
            _ => Self::Other(Box::new(error)),
        }
    }
}

enum Sorted {
    Conflict,
    Busy,
    Unreachable,
    Other,
}

/// By kind first, since `constraint()` is `None` on SQLite; then by the database's own code. The two drivers' codes do not
/// overlap: SQLite gives decimal extended result codes, Postgres five-character SQLSTATEs.
fn sort(error: &dyn DatabaseError) -> Sorted {
    if matches!(error.kind(), ErrorKind::UniqueViolation) {
        return Sorted::Conflict;
    }
    let code = error.code().unwrap_or_default();
    if let Some(postgres) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return sort_sqlstate(postgres.code());
    }
    // The low byte of an extended result code is the primary one: SQLITE_BUSY 5, SQLITE_LOCKED 6, SQLITE_CANTOPEN 14.
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => Sorted::Busy,
        Ok(14) => Sorted::Unreachable,
        _ => Sorted::Other,
    }
}

/// Appendix A of the PostgreSQL manual.
fn sort_sqlstate(code: &str) -> Sorted {
    match code {
        // serialization_failure, deadlock_detected, lock_not_available, too_many_connections
        "40001" | "40P01" | "55P03" | "53300" => Sorted::Busy,
        // admin_shutdown, crash_shutdown, cannot_connect_now, idle_in_transaction_session_timeout
        "57P01" | "57P02" | "57P03" | "25P03" => Sorted::Unreachable,
        // invalid_authorization_specification, invalid_password, invalid_catalog_name
        "28000" | "28P01" | "3D000" => Sorted::Unreachable,
        _ if code.starts_with("08") => Sorted::Unreachable,
        _ => Sorted::Other,
    }
}
