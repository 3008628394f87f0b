//! Cosignatures of the ledger's heads.

use super::log::{signed, unsigned};
use super::{Param, ReadTx, Sql, StoreError, WriteTx, params};

/// A witness's cosignature of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCosignature {
    /// Name of the witness's key.
    pub name: String,
    /// Id of the witness's key.
    pub key_id: [u8; 4],
    /// Number of entries of the head.
    pub size: u64,
    /// The signature line, with its newline.
    pub line: String,
    /// When the witness made it, in seconds since 1970, as it says.
    pub at_s: u64,
}

/// Store a cosignature of a stored head. The first of a key for a size stays.
pub async fn save(tx: &mut WriteTx, cosignature: &StoredCosignature) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into cosignature (name, key_id, size, line, at_s) values ($1, $2, $3, $4, $5)
         on conflict (name, key_id, size) do nothing",
    );
    let values = params![
        cosignature.name.clone(),
        Param::Blob(cosignature.key_id.to_vec()),
        signed(cosignature.size),
        cosignature.line.clone(),
        signed(cosignature.at_s),
    ];
    tx.execute(&SQL, values).await?;
    Ok(())
}

/// Size and time (seconds since 1970) of the largest head that a key has cosigned.
pub async fn last_of(tx: &mut ReadTx, name: &str, key_id: [u8; 4]) -> Result<Option<(u64, u64)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select size, at_s from cosignature where name = $1 and key_id = $2 order by size desc limit 1",
    );
    let row = tx.fetch_optional(&SQL, params![name.to_owned(), Param::Blob(key_id.to_vec())]).await?;
    row.map(|row| Ok((unsigned(&row, "size")?, unsigned(&row, "at_s")?))).transpose()
}
