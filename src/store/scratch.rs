//! Databases that are made to be measured and thrown away, on a Postgres server that was named for it.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection, Executor};
use std::str::FromStr;

use super::{ReadTx, Sql, StoreError, params};

/// Makes an empty database of this name, which is made of letters, digits and `_`; its address. Whoever is named by `server` may create some.
pub async fn create(server: &str, name: &str) -> Result<String, StoreError> {
    let address = beside(server, name)?;
    run(server, format!("create database {name}")).await?;
    Ok(address)
}

/// Removes a database that was made so, whoever is connected.
pub async fn remove(server: &str, address: &str) -> Result<(), StoreError> {
    let options = PgConnectOptions::from_str(address)?;
    let name = options.get_database().unwrap_or_default().to_owned();
    beside(server, &name)?;
    run(server, format!("drop database if exists {name} with (force)")).await
}

/// The version of the database, as it tells it.
pub async fn version(tx: &mut ReadTx) -> Result<String, StoreError> {
    const SQL: Sql = Sql::each("select sqlite_version() as version", "show server_version");
    let row = tx.fetch_one(&SQL, params![]).await?;
    row.text(match tx.kind() {
        super::Kind::Sqlite => "version",
        super::Kind::Postgres => "server_version",
    })
}

/// The address of another database of the same server.
fn beside(server: &str, name: &str) -> Result<String, StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(StoreError::Address(format!("{name:?} is no name of a database")));
    }
    let options = PgConnectOptions::from_str(server)?.database(name);
    Ok(options.to_url_lossy().to_string())
}

async fn run(server: &str, statement: String) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(connection.close().await?)
}
