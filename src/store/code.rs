//! Codes that confirm handovers, and the telephones they go to. No part of the log: a number is personal data, and a code is worth nothing once it
//! was told.

use super::log::{timestamp, unsigned};
use super::{Param, ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::payload::handover::Step;
use crate::id::{CodeId, ManifestId};
use crate::ledger::{Digest, Kid};
use crate::shape::Phone;

/// A code that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCode {
    /// Names it.
    pub id: CodeId,
    /// The party that asked for it, and may confirm it.
    pub asked_by: Uscc,
    /// The party that was asked.
    pub asked_of: Uscc,
    /// The manifest.
    pub manifest: ManifestId,
    /// The step.
    pub step: Step,
    /// Who lets go.
    pub from: Uscc,
    /// Who takes over.
    pub to: Uscc,
    /// The last digits of the telephone that it went to.
    pub sent_to: String,
    /// Its keyed hash.
    pub hash: Digest,
    /// How often something else was told.
    pub tries: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was told, if it was.
    pub confirmed_at: Option<Timestamp>,
}

/// The telephone of a party, and who registered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmationPhone {
    /// The number.
    pub phone: Phone,
    /// The key that registered it.
    pub kid: Kid,
    /// When.
    pub at: Timestamp,
}

fn phone_of(row: &Row) -> Result<Phone, StoreError> {
    row.text("phone")?.parse().map_err(|_| row.corrupt("phone", "not a telephone number"))
}

/// Register the telephone of a party, in place of the one before.
pub async fn put_phone(tx: &mut WriteTx, party: Uscc, phone: &ConfirmationPhone) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into confirmation_phone (party, phone, kid, at_ms) values ($1, $2, $3, $4)
         on conflict (party) do update set phone = excluded.phone, kid = excluded.kid, at_ms = excluded.at_ms",
    );
    let values = params![
        party.to_string(),
        phone.phone.as_str().to_owned(),
        phone.kid.as_bytes().to_vec(),
        phone.at.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// Forget the telephone of a party; true when there was one. What was sent to it still counts against the limits.
pub async fn forget_phone(tx: &mut WriteTx, party: Uscc) -> Result<bool, StoreError> {
    const PHONE: Sql = Sql::both("delete from confirmation_phone where party = $1");
    Ok(tx.execute(&PHONE, params![party.to_string()]).await? > 0)
}

/// The telephone of a party.
pub async fn phone(tx: &mut ReadTx, party: Uscc) -> Result<Option<ConfirmationPhone>, StoreError> {
    const SQL: Sql = Sql::both("select phone, kid, at_ms from confirmation_phone where party = $1");
    let Some(row) = tx.fetch_optional(&SQL, params![party.to_string()]).await? else { return Ok(None) };
    let kid = Kid::from_bytes(row.digest("kid")?);
    Ok(Some(ConfirmationPhone { phone: phone_of(&row)?, kid, at: timestamp(&row, "at_ms")? }))
}

/// Keep a code. Those made before `forgotten` go at the same time.
pub async fn insert(tx: &mut WriteTx, code: &StoredCode, forgotten: Timestamp) -> Result<(), StoreError> {
    const OLD: Sql = Sql::both("delete from code where made_at_ms < $1");
    const SQL: Sql = Sql::both(
        "insert into code (code, asked_by, asked_of, manifest, step, from_party, to_party, sent_to, hash, tries, made_at_ms,
             confirmed_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, null)",
    );
    tx.execute(&OLD, params![forgotten.as_millis()]).await?;
    let values = params![
        code.id.as_uuid(),
        code.asked_by.to_string(),
        code.asked_of.to_string(),
        code.manifest.as_uuid(),
        code.step.name().to_owned(),
        code.from.to_string(),
        code.to.to_string(),
        code.sent_to.clone(),
        Param::Blob(code.hash.as_bytes().to_vec()),
        code.made_at.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// Forget a code that could not be sent.
pub async fn delete(tx: &mut WriteTx, id: CodeId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from code where code = $1");
    tx.execute(&SQL, params![id.as_uuid()]).await.map(drop)
}

/// A code that a party asked for.
pub async fn get(tx: &mut ReadTx, id: CodeId, asked_by: Uscc) -> Result<Option<StoredCode>, StoreError> {
    const SQL: Sql = Sql::both(
        "select code, asked_by, asked_of, manifest, step, from_party, to_party, sent_to, hash, tries, made_at_ms, confirmed_at_ms
           from code where code = $1 and asked_by = $2",
    );
    let row = tx.fetch_optional(&SQL, params![id.as_uuid(), asked_by.to_string()]).await?;
    row.map(|row| code_of(&row)).transpose()
}

/// Something else was told.
pub async fn count_try(tx: &mut WriteTx, id: CodeId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update code set tries = tries + 1 where code = $1");
    tx.execute(&SQL, params![id.as_uuid()]).await.map(drop)
}

/// It was told.
pub async fn confirm(tx: &mut WriteTx, id: CodeId, at: Timestamp) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update code set confirmed_at_ms = $2 where code = $1");
    tx.execute(&SQL, params![id.as_uuid(), at.as_millis()]).await.map(drop)
}

/// How many codes were made since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodesMade {
    /// For the manifest, at the wish of who asks.
    pub of_manifest: u64,
    /// From who asks to who is asked.
    pub of_asker: u64,
    /// To who is asked.
    pub in_all: u64,
}

/// How many codes were made since a moment that count against another one.
pub async fn made_since(
    tx: &mut ReadTx,
    manifest: ManifestId,
    (asked_by, asked_of): (Uscc, Uscc),
    since: Timestamp,
) -> Result<CodesMade, StoreError> {
    const MANIFEST: Sql =
        Sql::both("select count(*) as n from code where manifest = $1 and asked_by = $2 and made_at_ms > $3");
    const ASKER: Sql =
        Sql::both("select count(*) as n from code where asked_of = $1 and asked_by = $2 and made_at_ms > $3");
    const ALL: Sql = Sql::both("select count(*) as n from code where asked_of = $1 and made_at_ms > $2");
    let (by, of, since) = (asked_by.to_string(), asked_of.to_string(), since.as_millis());
    let of_manifest = tx.fetch_one(&MANIFEST, params![manifest.as_uuid(), by.clone(), since]).await?;
    let of_asker = tx.fetch_one(&ASKER, params![of.clone(), by, since]).await?;
    let in_all = tx.fetch_one(&ALL, params![of, since]).await?;
    Ok(CodesMade {
        of_manifest: unsigned(&of_manifest, "n")?,
        of_asker: unsigned(&of_asker, "n")?,
        in_all: unsigned(&in_all, "n")?,
    })
}

fn code_of(row: &Row) -> Result<StoredCode, StoreError> {
    let party = |column| row.text(column)?.parse().map_err(|_| row.corrupt(column, "not a credit code"));
    let step = row.text("step")?;
    Ok(StoredCode {
        id: CodeId::from_uuid(row.uuid("code")?),
        asked_by: party("asked_by")?,
        asked_of: party("asked_of")?,
        manifest: ManifestId::from_uuid(row.uuid("manifest")?),
        step: Step::named(&step).ok_or_else(|| row.corrupt("step", "no step"))?,
        from: party("from_party")?,
        to: party("to_party")?,
        sent_to: row.text("sent_to")?,
        hash: Digest(row.digest("hash")?),
        tries: unsigned(row, "tries")?,
        made_at: timestamp(row, "made_at_ms")?,
        confirmed_at: row.opt_i64("confirmed_at_ms")?.map(Timestamp::from_millis),
    })
}
