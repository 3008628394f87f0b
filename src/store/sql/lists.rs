//! Rows for lists of keys, in few statements however long the list is.

use std::collections::HashSet;

use super::statement::{Shape, SqlIn, text_of};
use super::{Kind, Param, ReadTx, Row, StoreError, WriteTx};

/// Keys per statement of [`ReadTx::fetch_in`]; longer lists take several statements. A power of two.
pub const MAX_KEYS_PER_QUERY: usize = 512;

impl ReadTx {
    /// The rows for a list of keys of any length, each key asked once; `params` are `$1`, … of the text. No keys, no query.
    pub async fn fetch_in(
        &mut self,
        sql: &SqlIn,
        keys: Vec<Param>,
        params: Vec<Param>,
    ) -> Result<Vec<Row>, StoreError> {
        let keys = keys.into_iter().map(|key| [key]).collect();
        self.fetch_keys(sql, keys, params, Shape::In).await
    }

    /// As [`Self::fetch_in`], where a key is two columns: `where (party, act) in ({keys})`. There are no other parameters.
    pub async fn fetch_in_pairs(
        &mut self,
        sql: &SqlIn,
        keys: Vec<[Param; 2]>,
    ) -> Result<Vec<Row>, StoreError> {
        self.fetch_keys(sql, keys, Vec::new(), Shape::InPairs).await
    }

    async fn fetch_keys<const WIDTH: usize>(
        &mut self,
        sql: &SqlIn,
        mut keys: Vec<[Param; WIDTH]>,
        params: Vec<Param>,
        shape: fn(SqlIn, Kind, usize) -> Shape,
    ) -> Result<Vec<Row>, StoreError> {
        let kind = self.kind();
        let text = sql.0.text(kind);
        sql.0.check(&params)?;
        let mut seen = HashSet::with_capacity(keys.len());
        keys.retain(|key| seen.insert(key.clone()));
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(MAX_KEYS_PER_QUERY) {
            let slots = chunk.len().next_power_of_two();
            // The last key again and again: `in` does not mind, and few statements are prepared.
            let padding = chunk.last().cloned().into_iter().cycle().take(slots - chunk.len());
            let bound = chunk.iter().cloned().chain(padding).flatten();
            let bound = params.iter().cloned().chain(bound).collect();
            found.extend(self.fetch_text(text_of(shape(*sql, kind, slots)), text, bound).await?);
        }
        Ok(found)
    }
}

impl WriteTx {
    /// As [`ReadTx::fetch_in`], of a statement that writes.
    pub async fn execute_in(
        &mut self,
        sql: &SqlIn,
        keys: Vec<Param>,
        params: Vec<Param>,
    ) -> Result<(), StoreError> {
        self.fetch_in(sql, keys, params).await.map(drop)
    }
}
