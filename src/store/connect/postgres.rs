//! A Postgres server: what is demanded of it and of every session.

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};

use super::standby::{self, Settling, refuse_standby};
use super::{ConnectOptions, Pools, STATEMENTS_PER_CONNECTION};
use crate::store::StoreError;

/// The oldest Postgres server, as `server_version_num` gives it.
const OLDEST_POSTGRES: u32 = 130_000;
/// A dead process must not hold the log's lock for hours: the server probes its client and ends what stands still.
/// Seconds for `tcp_keepalives_*`, milliseconds for the others.
pub(in crate::store) const POSTGRES_SESSION: [(&str, &str); 6] = [
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

pub(super) async fn open(server: PgConnectOptions, options: &ConnectOptions) -> Result<Pools, StoreError> {
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

pub(super) async fn setting(
    connection: &mut PgConnection,
    query: &'static str,
) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar::<_, String>(query).fetch_one(connection).await?)
}
