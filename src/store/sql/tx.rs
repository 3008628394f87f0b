//! The two transactions. A [`WriteTx`] can do all a [`ReadTx`] can, so a function that only reads takes `&mut ReadTx` and
//! serves both.

use std::ops::{Deref, DerefMut};

use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite, Transaction};
use tokio::task::JoinHandle;

use super::param::{postgres_arguments, sqlite_arguments};
use super::{Kind, Param, Row, Sql, StoreError};

/// An open transaction of either driver.
pub(in crate::store) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }
}

/// A transaction that reads one consistent state. Dropping it ends it.
pub struct ReadTx {
    kind: Kind,
    at: At,
}

/// Where the transaction is.
enum At {
    /// Free for the next statement.
    Hand(Tx),
    /// Writing rows, while its owner makes the next ones.
    Work(JoinHandle<Result<Tx, StoreError>>),
    /// A statement failed on its way, and it was rolled back.
    Lost,
}

/// A transaction that writes. Dropping it without [`WriteTx::commit`] rolls it back. After an error inside it on Postgres every
/// later statement fails too: look before inserting instead of catching [`StoreError::Conflict`].
pub struct WriteTx {
    read: ReadTx,
}

impl Deref for WriteTx {
    type Target = ReadTx;

    fn deref(&self) -> &ReadTx {
        &self.read
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut ReadTx {
        &mut self.read
    }
}

impl ReadTx {
    pub(in crate::store) fn new(tx: Tx) -> Self {
        Self { kind: tx.kind(), at: At::Hand(tx) }
    }

    /// Which database this transaction runs on.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The transaction, when what it was given to write is written. An error of that comes out here, and once.
    async fn take(&mut self) -> Result<Tx, StoreError> {
        match std::mem::replace(&mut self.at, At::Lost) {
            At::Hand(tx) => Ok(tx),
            At::Work(work) => work.await.map_err(|_| sqlx::Error::WorkerCrashed)?,
            At::Lost => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }

    pub(super) async fn tx(&mut self) -> Result<&mut Tx, StoreError> {
        if !matches!(self.at, At::Hand(_)) {
            self.at = At::Hand(self.take().await?);
        }
        match &mut self.at {
            At::Hand(tx) => Ok(tx),
            _ => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }

    /// All rows of an answer. Give the statement a `limit`: they are all held in memory.
    pub async fn fetch_all(&mut self, sql: &Sql, params: Vec<Param>) -> Result<Vec<Row>, StoreError> {
        sql.check(&params)?;
        self.fetch_text(sql.text(self.kind()), sql.text(self.kind()), params).await
    }

    /// The first row of an answer, or `None` when it is empty.
    pub async fn fetch_optional(&mut self, sql: &Sql, params: Vec<Param>) -> Result<Option<Row>, StoreError> {
        sql.check(&params)?;
        let text = sql.text(self.kind());
        Ok(match self.tx().await? {
            Tx::Sqlite(tx) => sqlx::query_with(text, sqlite_arguments(params)?)
                .fetch_optional(&mut **tx)
                .await?
                .map(|row| Row::sqlite(row, text)),
            Tx::Postgres(tx) => sqlx::query_with(text, postgres_arguments(params)?)
                .fetch_optional(&mut **tx)
                .await?
                .map(|row| Row::postgres(row, text)),
        })
    }

    /// The row that must be there (a count, the head of the log); [`StoreError::Corrupt`] when it is not.
    pub async fn fetch_one(&mut self, sql: &Sql, params: Vec<Param>) -> Result<Row, StoreError> {
        let query = sql.text(self.kind());
        self.fetch_optional(sql, params).await?.ok_or_else(|| StoreError::Corrupt {
            query,
            column: "*",
            detail: "no row where one must be".to_owned(),
        })
    }

    /// Prepare a statement without running it: an error if the database does not understand it.
    pub async fn prepare(&mut self, sql: &Sql) -> Result<(), StoreError> {
        use sqlx::Executor;
        let text = sql.text(self.kind()).into_sql_str();
        match self.tx().await? {
            Tx::Sqlite(tx) => tx.prepare(text).await.map(drop)?,
            Tx::Postgres(tx) => tx.prepare(text).await.map(drop)?,
        }
        Ok(())
    }

    /// Run `text`, which may be built at run time; `query` is the constant name of it for errors.
    pub(super) async fn fetch_text(
        &mut self,
        text: impl SqlSafeStr,
        query: &'static str,
        params: Vec<Param>,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self.tx().await? {
            Tx::Sqlite(tx) => {
                let rows = sqlx::query_with(text, sqlite_arguments(params)?).fetch_all(&mut **tx).await?;
                rows.into_iter().map(|row| Row::sqlite(row, query)).collect()
            }
            Tx::Postgres(tx) => {
                let rows = sqlx::query_with(text, postgres_arguments(params)?).fetch_all(&mut **tx).await?;
                rows.into_iter().map(|row| Row::postgres(row, query)).collect()
            }
        })
    }

    /// The rows of an answer one after the other, however many there are. `text` and `query` as in [`ReadTx::fetch_text`].
    pub(in crate::store) async fn stream_text<'a>(
        &'a mut self,
        text: impl SqlSafeStr,
        query: &'static str,
    ) -> Result<BoxStream<'a, Result<Row, StoreError>>, StoreError> {
        Ok(match self.tx().await? {
            Tx::Sqlite(tx) => {
                let rows = sqlx::query(text).fetch(&mut **tx);
                rows.map(move |row| Ok(Row::sqlite(row?, query))).boxed()
            }
            Tx::Postgres(tx) => {
                let rows = sqlx::query(text).fetch(&mut **tx);
                rows.map(move |row| Ok(Row::postgres(row?, query))).boxed()
            }
        })
    }

    /// End the transaction now and give the connection back; dropping it does the same a little later.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        match self.take().await? {
            Tx::Sqlite(tx) => tx.rollback().await?,
            Tx::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

impl WriteTx {
    pub(in crate::store) fn new(tx: Tx) -> Self {
        Self { read: ReadTx::new(tx) }
    }

    /// Let the transaction write while its owner goes on. What comes next waits for it, and gets its error.
    pub(super) async fn behind<W>(&mut self, write: impl FnOnce(Tx) -> W) -> Result<(), StoreError>
    where
        W: Future<Output = Result<Tx, StoreError>> + Send + 'static,
    {
        let tx = self.read.take().await?;
        self.read.at = At::Work(tokio::spawn(write(tx)));
        Ok(())
    }

    /// Run a statement that answers no rows; returns how many rows it touched.
    pub async fn execute(&mut self, sql: &Sql, params: Vec<Param>) -> Result<u64, StoreError> {
        sql.check(&params)?;
        let text = sql.text(self.kind());
        Ok(match self.read.tx().await? {
            Tx::Sqlite(tx) => {
                sqlx::query_with(text, sqlite_arguments(params)?).execute(&mut **tx).await?.rows_affected()
            }
            Tx::Postgres(tx) => {
                sqlx::query_with(text, postgres_arguments(params)?).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Run several statements without parameters, such as a migration. `script` is our own text, never input.
    pub(in crate::store) async fn run_script(&mut self, script: &str) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(AssertSqlSafe(script.to_owned()));
        match self.read.tx().await? {
            Tx::Sqlite(tx) => script.execute(&mut **tx).await.map(drop)?,
            Tx::Postgres(tx) => script.execute(&mut **tx).await.map(drop)?,
        }
        Ok(())
    }

    /// Make everything written so far durable and visible. On an error the outcome is unknown: it may have happened.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        match self.read.take().await? {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undo everything written so far.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.read.rollback().await
    }
}
