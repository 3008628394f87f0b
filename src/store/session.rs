//! Who was let in for a while: access tokens of programs and sessions of browsers. Beside the log, and known by digests alone.

use super::log::{signed, timestamp, unsigned};
use super::{ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::clock::Timestamp;
use crate::ledger::{Digest, Kid};

/// What may come in by a session's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A program: `Authorization: Bearer` of the interface.
    Program,
    /// A browser: a cookie of the pages.
    Browser,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Browser => "browser",
        }
    }
}

/// One who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its secret.
    pub digest: Digest,
    /// The key that stands behind it.
    pub kid: Kid,
    /// Where its secret counts.
    pub door: Door,
    /// Name of the assertion it was given for, among those of its key.
    pub jti: Option<String>,
    /// When it began.
    pub made_at: Timestamp,
    /// When it ends, unless it is used before.
    pub ends_at: Timestamp,
    /// When it may be forgotten: it has ended, and what it was given for cannot be sent again.
    pub keep_until: Timestamp,
}

/// Forget what need not be known any more.
pub async fn purge(tx: &mut WriteTx, now: Timestamp) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from session where keep_until_ms <= $1");
    tx.execute(&SQL, params![now.as_millis()]).await.map(drop)
}

/// Keep a new session; false when its assertion was exchanged before.
pub async fn insert(tx: &mut WriteTx, session: &Session) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "insert into session (digest, kid, door, jti, made_at_ms, ends_at_ms, keep_until_ms)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (kid, jti) do nothing",
    );
    let values = params![
        session.digest.as_bytes().to_vec(),
        session.kid.as_bytes().to_vec(),
        session.door.name().to_owned(),
        session.jti.clone(),
        session.made_at.as_millis(),
        session.ends_at.as_millis(),
        session.keep_until.as_millis()
    ];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// How many sessions of a key are kept, up to `limit`.
pub async fn count_of(tx: &mut ReadTx, kid: Kid, limit: u64) -> Result<u64, StoreError> {
    const SQL: Sql =
        Sql::both("select count(*) as n from (select 1 as one from session where kid = $1 limit $2) counted");
    let row = tx.fetch_one(&SQL, params![kid.as_bytes().to_vec(), signed(limit)]).await?;
    unsigned(&row, "n")
}

/// The session with a secret of this digest, whether it has ended or not.
pub async fn find(tx: &mut ReadTx, digest: Digest) -> Result<Option<Session>, StoreError> {
    const SQL: Sql = Sql::both(
        "select digest, kid, door, jti, made_at_ms, ends_at_ms, keep_until_ms from session where digest = $1",
    );
    let row = tx.fetch_optional(&SQL, params![digest.as_bytes().to_vec()]).await?;
    row.map(|row| session_of(&row)).transpose()
}

/// Let a session end later, unless somebody has changed its end from `was` meanwhile.
pub async fn extend(tx: &mut WriteTx, session: &Session, was: Timestamp) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "update session set ends_at_ms = $2, keep_until_ms = $3 where digest = $1 and ends_at_ms = $4",
    );
    let values = params![
        session.digest.as_bytes().to_vec(),
        session.ends_at.as_millis(),
        session.keep_until.as_millis(),
        was.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// End a session, whoever uses it just now.
pub async fn end(tx: &mut WriteTx, session: &Session) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update session set ends_at_ms = $2, keep_until_ms = $3 where digest = $1");
    let values = params![
        session.digest.as_bytes().to_vec(),
        session.ends_at.as_millis(),
        session.keep_until.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

fn session_of(row: &Row) -> Result<Session, StoreError> {
    let door = match row.text("door")?.as_str() {
        "program" => Door::Program,
        "browser" => Door::Browser,
        _ => return Err(row.corrupt("door", "no such door")),
    };
    Ok(Session {
        digest: Digest(row.digest("digest")?),
        kid: Kid::from_bytes(row.digest("kid")?),
        door,
        jti: row.opt_text("jti")?,
        made_at: timestamp(row, "made_at_ms")?,
        ends_at: timestamp(row, "ends_at_ms")?,
        keep_until: timestamp(row, "keep_until_ms")?,
    })
}
