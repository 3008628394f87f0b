//! Reading from a standby of the primary, where it has everything that was committed before.
//!
//! How far a server is, is said in bytes of its write-ahead log. What the primary has on its disk when a read begins covers every commit that anybody was
//! told of; a standby that has replayed that far shows all of it.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Postgres, Row, SqlSafeStr, Transaction};

use super::connect::{POSTGRES_SESSION, STATEMENTS_PER_CONNECTION, Store};
use super::log::{self, Head};
use super::sql::{ReadTx, StoreError, Tx};
use crate::ledger::Digest;

/// How long a connection to a standby is waited for: the primary is there all the while.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far the primary is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes of write-ahead log on its disk.
    wal: i64,
    /// Entries of the log.
    size: u64,
    /// Their root.
    root: Digest,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the server and its standbys have in common, and no other server has.
    pub system: String,
    /// Whether it follows another server.
    pub follows: bool,
    /// Bytes of write-ahead log: on a standby what it has replayed, else what is on its disk.
    pub wal: i64,
    /// The head of the ledger there; `None` where there is none.
    pub head: Option<Head>,
}

/// What a read of a standby comes to.
pub enum Begun {
    /// It shows everything up to the position.
    Read(ReadTx),
    /// It is not that far yet.
    Behind,
    /// It follows no other server (any more).
    Alone,
    /// It shows other entries than the primary.
    Other,
}

/// Connections to a standby.
pub struct Replica {
    pool: PgPool,
}

impl Replica {
    /// For `postgres://…`; connects when it is first asked. [`StoreError::Address`] for any other address.
    pub fn open(url: &str, readers: u32) -> Result<Self, StoreError> {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let server = PgConnectOptions::from_str(url).ok().filter(|_| is_postgres);
        let Some(server) = server else {
            return Err(StoreError::Address("write postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned()));
        };
        let server = server
            .application_name("liandan reads")
            .options(POSTGRES_SESSION)
            .statement_cache_capacity(STATEMENTS_PER_CONNECTION);
        let pool = PgPoolOptions::new().max_connections(readers.max(1)).acquire_timeout(PATIENCE);
        Ok(Self { pool: pool.connect_lazy_with(server) })
    }

    /// Begin to read one consistent state, if it holds everything up to `position`.
    pub async fn read_at(&self, position: &Position) -> Result<Begun, StoreError> {
        // Asked before the transaction begins: one that is asked inside it shows what there was before the answer.
        const SQL: &str = "select pg_is_in_recovery() as follows,
             coalesce(pg_last_wal_replay_lsn() - '0/0'::pg_lsn >= $1, false) as there,
             exists (select 1 from log_head where id = 1 and size = $2 and root <> $3) as other";
        let mut connection = self.pool.acquire().await?;
        let row = sqlx::query(SQL)
            .bind(position.wal)
            .bind(log::signed(position.size))
            .bind(position.root.as_bytes().to_vec())
            .fetch_one(&mut *connection)
            .await?;
        let (follows, there, other) =
            (row.try_get("follows")?, row.try_get("there")?, row.try_get::<bool, _>("other")?);
        match (follows, other, there) {
            (false, ..) => Ok(Begun::Alone),
            (true, true, _) => Ok(Begun::Other),
            (true, false, false) => Ok(Begun::Behind),
            (true, false, true) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".into_sql_str();
                let tx = Transaction::<Postgres>::begin(connection, Some(begin)).await?;
                Ok(Begun::Read(ReadTx::new(Tx::Postgres(tx))))
            }
        }
    }

    /// Whether all connections are there: one that was not to be had is in use then, and otherwise could not be made.
    pub fn is_full(&self) -> bool {
        self.pool.size() >= self.pool.options().get_max_connections()
    }

    /// What it says of itself.
    pub async fn look(&self) -> Result<Seen, StoreError> {
        look(&self.pool).await
    }

    /// Wait for open transactions and close every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Position {
    /// Entries of the log.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Store {
    /// How far the primary is: whatever anybody was told of before lies at or below it. An error on SQLite, which has no standbys.
    pub async fn position(&self) -> Result<Position, StoreError> {
        const SQL: &str = "select (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint as wal, size, root from log_head where id = 1";
        let row = sqlx::query(SQL).fetch_one(self.postgres_readers()?).await?;
        let root: Vec<u8> = row.try_get("root")?;
        Ok(Position {
            wal: row.try_get("wal")?,
            size: u64::try_from(row.try_get::<i64, _>("size")?).unwrap_or_default(),
            root: root.try_into().map(Digest).map_err(|_| StoreError::Corrupt {
                query: SQL,
                column: "root",
                detail: "not 32 bytes".to_owned(),
            })?,
        })
    }

    /// What the server of this store says of itself. An error on SQLite.
    pub async fn look(&self) -> Result<Seen, StoreError> {
        look(self.postgres_readers()?).await
    }

    fn postgres_readers(&self) -> Result<&PgPool, StoreError> {
        self.postgres().ok_or_else(|| {
            StoreError::Address("SQLite has no standbys: they are a matter of Postgres".to_owned())
        })
    }
}

async fn look(pool: &PgPool) -> Result<Seen, StoreError> {
    const SQL: &str = "select system_identifier::text as system, pg_is_in_recovery() as follows,
         to_regclass('log_head') is not null as is_ledger, (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end
             - '0/0'::pg_lsn)::bigint as wal
         from pg_control_system()";
    let mut connection = pool.acquire().await?;
    let row = sqlx::query(SQL).fetch_one(&mut *connection).await?;
    let wal: Option<i64> = row.try_get("wal")?;
    let (system, follows) = (row.try_get("system")?, row.try_get("follows")?);
    if !row.try_get("is_ledger")? {
        return Ok(Seen { system, follows, wal: wal.unwrap_or_default(), head: None });
    }
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".into_sql_str();
    let tx = Transaction::<Postgres>::begin(connection, Some(begin)).await?;
    let mut tx = ReadTx::new(Tx::Postgres(tx));
    let head = log::head(&mut tx).await?;
    tx.rollback().await?;
    Ok(Seen { system, follows, wal: wal.unwrap_or_default(), head })
}
