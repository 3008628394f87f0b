//! Servers that follow each other: which one may be written to, and whether what it shows stands where its commits have to stand.
//!
//! With `synchronous_standby_names` Postgres lets a COMMIT return once the standby has it on its disk. What was committed and had not reached
//! the standby when the server crashed is there after its restart, to be read by everybody, while a standby that is promoted meanwhile lacks it. So no
//! connection is used before a commit of our own has come back from the standby: it has everything before that too. A primary that was cut off
//! from its standby and comes back is then neither written to nor read from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::postgres::setting;
use crate::store::StoreError;

/// What a wait that goes on comes to; the error only as its text, for it is told to many.
type Wait = Shared<BoxFuture<'static, Result<(), String>>>;

/// Refuse a server that only follows another one.
pub(super) async fn refuse_standby(connection: &mut PgConnection) -> Result<(), StoreError> {
    match setting(connection, "select pg_is_in_recovery()::text").await?.as_str() {
        "true" => Err(StoreError::Standby),
        _ => Ok(()),
    }
}

/// What an operator is told when the standby did not answer in time.
pub(super) fn waits(patience: Duration) -> StoreError {
    StoreError::Unreachable(format!(
        "the server waits for its synchronous standby, which did not answer within {} s: start the standby, or, when it is lost for good and nothing \
         was promoted in the meantime, empty synchronous_standby_names",
        patience.as_secs()
    ))
}

/// Waits for the synchronous standby. A session that waits cannot be called back, so there is one at a time, however many ask.
#[derive(Clone)]
pub(super) struct Settling {
    server: PgConnectOptions,
    under_way: Arc<Mutex<Option<Wait>>>,
}

impl Settling {
    pub(super) fn of(server: &PgConnectOptions) -> Self {
        Self { server: server.clone(), under_way: Arc::default() }
    }

    /// Resolves once everything that the server of this new connection had committed before has reached its synchronous standby; at once where it
    /// has none.
    pub(super) async fn settled(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        const NAMES: &str = "select coalesce(current_setting('synchronous_standby_names', true), '')";
        if setting(connection, NAMES).await?.is_empty() {
            return Ok(());
        }
        self.wait().await.map_err(StoreError::Unreachable)
    }

    /// One that is under way began on the server as it runs now: a crash would have ended it.
    fn wait(&self) -> Wait {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match &*under_way {
            Some(wait) if wait.peek().is_none() => wait.clone(),
            _ => {
                // A task of its own: whoever asked may lose patience.
                let task = tokio::spawn(commit_something(self.server.clone()));
                let wait = async move {
                    let ended = task.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed));
                    ended.map_err(|error| error.to_string())
                };
                under_way.insert(wait.boxed().shared()).clone()
            }
        }
    }
}

/// The smallest thing that a COMMIT waits for: a message in the WAL that nobody reads.
async fn commit_something(server: PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect_with(&server).await?;
    sqlx::query("select 1 from pg_logical_emit_message(true, 'liandan', '')")
        .execute(&mut connection)
        .await?;
    connection.close().await
}
