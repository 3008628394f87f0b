//! Who holds a key, in words. No part of the log and not computed from it: it can be erased.

use std::collections::HashMap;

use super::{Param, ReadTx, Sql, SqlIn, StoreError, WriteTx, params};
use crate::clock::Timestamp;
use crate::ledger::Kid;

/// Write down who holds a key, in the place of what was written before.
pub async fn put(
    tx: &mut WriteTx,
    kid: Kid,
    name: &str,
    (by, at): (Kid, Timestamp),
) -> Result<(), StoreError> {
    erase(tx, kid).await?;
    const SQL: Sql = Sql::both("insert into key_holder (kid, name, at_ms, by_kid) values ($1, $2, $3, $4)");
    let values = params![kid.as_bytes().to_vec(), name.to_owned(), at.as_millis(), by.as_bytes().to_vec()];
    tx.execute(&SQL, values).await.map(drop)
}

/// Forget who holds a key; false when nobody had said.
pub async fn erase(tx: &mut WriteTx, kid: Kid) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both("delete from key_holder where kid = $1");
    Ok(tx.execute(&SQL, params![kid.as_bytes().to_vec()]).await? > 0)
}

/// Who holds these keys, as far as somebody said.
pub async fn names(tx: &mut ReadTx, kids: &[Kid]) -> Result<HashMap<Kid, String>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select kid, name from key_holder where kid in ({keys})");
    let kids = kids.iter().map(|kid| Param::Blob(kid.as_bytes().to_vec())).collect();
    let rows = tx.fetch_in(&SQL, kids, Vec::new()).await?;
    rows.iter().map(|row| Ok((Kid::from_bytes(row.digest("kid")?), row.text("name")?))).collect()
}
