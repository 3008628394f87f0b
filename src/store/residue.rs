//! What is left of erased entries, and the clearing of their content.

use super::log::{signed, unsigned};
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};

const RESIDUE: Table =
    Table { name: "residue", columns: &[("idx", ColType::I64), ("jws", ColType::Text)], key: &["idx"] };

/// A stored residue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResidue {
    /// Log index of the erased entry.
    pub index: u64,
    /// The compact JWS.
    pub jws: String,
}

fn residue_of(row: &Row) -> Result<StoredResidue, StoreError> {
    Ok(StoredResidue { index: unsigned(row, "idx")?, jws: row.text("jws")? })
}

/// Keep residues.
pub async fn save(tx: &mut WriteTx, residues: &[StoredResidue]) -> Result<(), StoreError> {
    let rows = residues.iter().map(|residue| params![signed(residue.index), residue.jws.clone()]);
    tx.insert_many(&RESIDUE, rows.collect()).await.map(drop)
}

/// Destroy content and salt of an entry. The database refuses it where no residue stands for them.
pub async fn clear(tx: &mut WriteTx, index: u64) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update log_entry set jws = null, salt = null where idx = $1");
    tx.execute(&SQL, params![signed(index)]).await.map(drop)
}

/// The residues that stand for these entries, in log order.
pub async fn at(tx: &mut ReadTx, indexes: &[u64]) -> Result<Vec<StoredResidue>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select idx, jws from residue where idx in ({keys})");
    let keys = indexes.iter().map(|index| Param::I64(signed(*index))).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    let mut residues: Vec<StoredResidue> = rows.iter().map(residue_of).collect::<Result<_, _>>()?;
    residues.sort_unstable_by_key(|residue| residue.index);
    Ok(residues)
}

/// How many there are.
pub async fn count(tx: &mut ReadTx) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from residue ");
    unsigned(&tx.fetch_one(&SQL, params![]).await?, "n")
}
