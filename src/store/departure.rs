//! People who leave: who takes over from whom, and the revocation that was signed for the day. No part of the log before that day comes.

use super::log::{signed, timestamp};
use super::{ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::Kid;

/// How far it is with a departure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DepartureStage {
    /// The key ends when its time has come.
    Waits,
    /// The key ended, and what it held was passed on.
    Done {
        /// When.
        at: Timestamp,
    },
    /// The ledger did not take the revocation when the time had come.
    Refused {
        /// When.
        at: Timestamp,
        /// Kebab-case code of why.
        code: String,
    },
}

/// A person who leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The key that ends.
    pub kid: Kid,
    /// The party it speaks for.
    pub party: Uscc,
    /// The key that takes over.
    pub successor: Kid,
    /// When it ends.
    pub ends_at: Timestamp,
    /// The signed `key.revoked`, compact.
    pub revocation: String,
    /// Whose key arranged it.
    pub by: Kid,
    /// When it was arranged.
    pub made_at: Timestamp,
    /// How far it is.
    pub stage: DepartureStage,
}

fn bytes(kid: &Kid) -> Vec<u8> {
    kid.as_bytes().to_vec()
}

/// Keep what was arranged for a key, instead of what was arranged before.
pub async fn save(tx: &mut WriteTx, departure: &Departure) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into departure (kid, party, successor, ends_at_ms, revocation, by_kid, made_at_ms, stage, ended_at_ms, refused_for)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (kid) do update set successor = excluded.successor, ends_at_ms = excluded.ends_at_ms,
             revocation = excluded.revocation, by_kid = excluded.by_kid, made_at_ms = excluded.made_at_ms,
             stage = excluded.stage, ended_at_ms = excluded.ended_at_ms, refused_for = excluded.refused_for",
    );
    let (stage, ended_at, refused_for) = match &departure.stage {
        DepartureStage::Waits => ("waits", None, None),
        DepartureStage::Done { at } => ("done", Some(at.as_millis()), None),
        DepartureStage::Refused { at, code } => ("refused", Some(at.as_millis()), Some(code.clone())),
    };
    let values = params![
        bytes(&departure.kid),
        departure.party.to_string(),
        bytes(&departure.successor),
        departure.ends_at.as_millis(),
        departure.revocation.clone(),
        bytes(&departure.by),
        departure.made_at.as_millis(),
        stage.to_owned(),
        ended_at,
        refused_for
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// Forget what was arranged for a key of a party, as long as it waits; true when it did.
pub async fn call_off(tx: &mut WriteTx, party: Uscc, kid: Kid) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both("delete from departure where kid = $1 and party = $2 and stage <> 'done'");
    Ok(tx.execute(&SQL, params![bytes(&kid), party.to_string()]).await? > 0)
}

/// What was arranged for a key.
pub async fn of_key(tx: &mut ReadTx, kid: Kid) -> Result<Option<Departure>, StoreError> {
    const SQL: Sql = Sql::both(
        "select kid, party, successor, ends_at_ms, revocation, by_kid, made_at_ms, stage, ended_at_ms, refused_for
           from departure where kid = $1",
    );
    tx.fetch_optional(&SQL, params![bytes(&kid)]).await?.map(|row| departure_of(&row)).transpose()
}

/// Up to `limit` departures of a party behind one of them, by key.
pub async fn of_party(
    tx: &mut ReadTx,
    party: Uscc,
    after: Option<Kid>,
    limit: u64,
) -> Result<Vec<Departure>, StoreError> {
    const SQL: Sql = Sql::both(
        "select kid, party, successor, ends_at_ms, revocation, by_kid, made_at_ms, stage, ended_at_ms, refused_for
           from departure where party = $1 and kid > $2 order by kid limit $3",
    );
    let after = after.map_or_else(Vec::new, |kid| bytes(&kid));
    let rows = tx.fetch_all(&SQL, params![party.to_string(), after, signed(limit)]).await?;
    rows.iter().map(departure_of).collect()
}

/// Up to `limit` departures that wait and whose time has come.
pub async fn due(tx: &mut ReadTx, now: Timestamp, limit: u64) -> Result<Vec<Departure>, StoreError> {
    const SQL: Sql = Sql::both(
        "select kid, party, successor, ends_at_ms, revocation, by_kid, made_at_ms, stage, ended_at_ms, refused_for
           from departure where stage = 'waits' and ends_at_ms <= $1 order by ends_at_ms, kid limit $2",
    );
    tx.fetch_all(&SQL, params![now.as_millis(), signed(limit)]).await?.iter().map(departure_of).collect()
}

fn departure_of(row: &Row) -> Result<Departure, StoreError> {
    let kid = |column| Ok::<_, StoreError>(Kid::from_bytes(row.digest(column)?));
    let ended_at = || timestamp(row, "ended_at_ms");
    let stage = match row.text("stage")?.as_str() {
        "waits" => DepartureStage::Waits,
        "done" => DepartureStage::Done { at: ended_at()? },
        "refused" => DepartureStage::Refused { at: ended_at()?, code: row.text("refused_for")? },
        _ => return Err(row.corrupt("stage", "not a stage")),
    };
    Ok(Departure {
        kid: kid("kid")?,
        party: row.text("party")?.parse().map_err(|_| row.corrupt("party", "not a credit code"))?,
        successor: kid("successor")?,
        ends_at: timestamp(row, "ends_at_ms")?,
        revocation: row.text("revocation")?,
        by: kid("by_kid")?,
        made_at: timestamp(row, "made_at_ms")?,
        stage,
    })
}
