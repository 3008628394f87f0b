//! Drafts: what somebody began to write and has not signed. No part of the log.

use super::log::{signed, timestamp, unsigned};
use super::{ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::DraftId;
use crate::ledger::Kid;

/// A draft as it was saved last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Names it.
    pub id: DraftId,
    /// Whose it is.
    pub party: Uscc,
    /// What people call it.
    pub title: String,
    /// What was written so far: a JSON object, as it was sent.
    pub wish: String,
    /// How often it was saved, from 1.
    pub version: u64,
    /// Whose key saved it.
    pub by: Kid,
    /// When it was saved.
    pub saved_at: Timestamp,
}

/// Forget what nobody saved since `stale`.
pub async fn forget(tx: &mut WriteTx, stale: Timestamp) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from draft where saved_at_ms <= $1");
    tx.execute(&SQL, params![stale.as_millis()]).await.map(drop)
}

/// Keep a draft.
pub async fn save(tx: &mut WriteTx, draft: &Draft) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into draft (draft, party, title, wish, version, by_kid, saved_at_ms) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (party, draft) do update set title = excluded.title, wish = excluded.wish, version = excluded.version,
             by_kid = excluded.by_kid, saved_at_ms = excluded.saved_at_ms",
    );
    let values = params![
        draft.id.as_uuid(),
        draft.party.to_string(),
        draft.title.clone(),
        draft.wish.clone(),
        signed(draft.version),
        draft.by.as_bytes().to_vec(),
        draft.saved_at.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// Throw a draft of a party away; true when there was one.
pub async fn delete(tx: &mut WriteTx, party: Uscc, id: DraftId) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both("delete from draft where draft = $1 and party = $2");
    Ok(tx.execute(&SQL, params![id.as_uuid(), party.to_string()]).await? > 0)
}

/// A draft of a party.
pub async fn get(tx: &mut ReadTx, party: Uscc, id: DraftId) -> Result<Option<Draft>, StoreError> {
    const SQL: Sql = Sql::both(
        "select draft, party, title, wish, version, by_kid, saved_at_ms from draft where party = $1 and draft = $2",
    );
    tx.fetch_optional(&SQL, params![party.to_string(), id.as_uuid()])
        .await?
        .map(|row| draft_of(&row))
        .transpose()
}

/// How many drafts a party has.
pub async fn count(tx: &mut ReadTx, party: Uscc) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from draft where party = $1");
    unsigned(&tx.fetch_one(&SQL, params![party.to_string()]).await?, "n")
}

/// Up to `limit` drafts of a party behind one of them, by id.
pub async fn of_party(
    tx: &mut ReadTx,
    party: Uscc,
    after: DraftId,
    limit: u64,
) -> Result<Vec<Draft>, StoreError> {
    const SQL: Sql = Sql::both(
        "select draft, party, title, wish, version, by_kid, saved_at_ms from draft
          where party = $1 and draft > $2 order by draft limit $3",
    );
    let values = params![party.to_string(), after.as_uuid(), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(draft_of).collect()
}

fn draft_of(row: &Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        id: DraftId::from_uuid(row.uuid("draft")?),
        party: row.text("party")?.parse().map_err(|_| row.corrupt("party", "not a credit code"))?,
        title: row.text("title")?,
        wish: row.text("wish")?,
        version: unsigned(row, "version")?,
        by: Kid::from_bytes(row.digest("by_kid")?),
        saved_at: timestamp(row, "saved_at_ms")?,
    })
}
