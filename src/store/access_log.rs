//! What authorities read of whom, and the readings that are kept from their owner for a while. No part of the log and not computed from it.

mod journal;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::log::{signed, timestamp};
use super::registry::parse;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, Store, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::SealedReadId;
use crate::ledger::Kid;

pub(super) use journal::Journal;

const ACCESS_READ: Table = Table {
    name: "access_read",
    columns: &[
        ("owner", ColType::Text),
        ("access_read", ColType::Uuid),
        ("at_ms", ColType::I64),
        ("reader", ColType::Text),
        ("kid", ColType::Blob),
        ("role", ColType::Text),
        ("operation", ColType::Text),
        ("subject_kind", ColType::Text),
        ("subject", ColType::Text),
        ("sealed_read", ColType::Uuid),
    ],
    key: &["owner", "access_read"],
};

/// Somebody of an authority read a record of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRead {
    /// Names it; of version 7, so that later ones are greater.
    pub id: Uuid,
    /// Whose record it is.
    pub owner: Uscc,
    /// When.
    pub at: Timestamp,
    /// The authority.
    pub reader: Uscc,
    /// The key that asked.
    pub kid: Kid,
    /// Role of that key.
    pub role: String,
    /// What was asked for: the path of the operation or page.
    pub operation: String,
    /// Sort of record.
    pub subject_kind: String,
    /// Its id.
    pub subject: String,
    /// The sealed reading it is part of.
    pub sealed: Option<SealedReadId>,
}

/// Write down what was read: it is durable then. On SQLite that waits for no batch of events, and [`settle`] shows it.
pub async fn put(store: &Store, reads: Vec<AccessRead>) -> Result<(), StoreError> {
    if let Some(journal) = store.journal()? {
        return journal.write_down(reads).await;
    }
    let mut tx = store.write().await?;
    insert(&mut tx, &reads).await?;
    tx.commit().await
}

/// Put into the table what was written down beside it. Where the database is only read, that is for the process that writes.
pub async fn settle(store: &Store) -> Result<(), StoreError> {
    match store.journal() {
        Ok(Some(journal)) => journal.settle().await,
        Ok(None) | Err(StoreError::ReadOnly) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What is there already stays as it is.
async fn insert(tx: &mut WriteTx, reads: &[AccessRead]) -> Result<(), StoreError> {
    let row = |read: &AccessRead| {
        params![
            read.owner.to_string(),
            read.id,
            read.at.as_millis(),
            read.reader.to_string(),
            read.kid.as_bytes().to_vec(),
            read.role.clone(),
            read.operation.clone(),
            read.subject_kind.clone(),
            read.subject.clone(),
            read.sealed.map(|id| id.as_uuid())
        ]
    };
    tx.upsert_many(&ACCESS_READ, reads.iter().map(row).collect()).await
}

/// Up to `limit` readings of a party's records before one, the last first; what is sealed only once it is disclosed.
pub async fn of_owner(
    tx: &mut ReadTx,
    owner: Uscc,
    before: Uuid,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<AccessRead>, StoreError> {
    const SQL: Sql = Sql::both(
        "select r.* from access_read r left join sealed_read s on s.sealed_read = r.sealed_read
          where r.owner = $1 and r.access_read < $2 and (r.sealed_read is null or s.discloses_at_ms <= $3)
          order by r.access_read desc limit $4",
    );
    let values = params![owner.to_string(), before, now.as_millis(), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(read_of).collect()
}

/// Up to `limit` readings by an authority before one, the last first.
pub async fn of_reader(
    tx: &mut ReadTx,
    reader: Uscc,
    before: Uuid,
    limit: u64,
) -> Result<Vec<AccessRead>, StoreError> {
    const SQL: Sql = Sql::both(
        "select * from access_read where reader = $1 and access_read < $2 order by access_read desc, owner limit $3",
    );
    let values = params![reader.to_string(), before, signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(read_of).collect()
}

fn read_of(row: &Row) -> Result<AccessRead, StoreError> {
    Ok(AccessRead {
        id: row.uuid("access_read")?,
        owner: parse(row, "owner")?,
        at: timestamp(row, "at_ms")?,
        reader: parse(row, "reader")?,
        kid: Kid::from_bytes(row.digest("kid")?),
        role: row.text("role")?,
        operation: row.text("operation")?,
        subject_kind: row.text("subject_kind")?,
        subject: row.text("subject")?,
        sealed: row.opt_uuid("sealed_read")?.map(SealedReadId::from_uuid),
    })
}

/// Readings that their owner is not told of until a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRead {
    /// Names it.
    pub id: SealedReadId,
    /// Whose records they are.
    pub owner: Uscc,
    /// The authority.
    pub authority: Uscc,
    /// Why.
    pub reason: String,
    /// How many days after the agreement the owner is told.
    pub days: u32,
    /// The officer who asked.
    pub asked_by: Kid,
    /// When.
    pub asked_at: Timestamp,
    /// The officer who agreed, and when.
    pub agreed: Option<(Kid, Timestamp)>,
    /// When the owner is told.
    pub discloses_at: Option<Timestamp>,
}

/// Keep what an officer asks for.
pub async fn ask_sealed(tx: &mut WriteTx, sealed: &SealedRead) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into sealed_read (sealed_read, owner, authority, reason, days, asked_by, asked_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    let values = params![
        sealed.id.as_uuid(),
        sealed.owner.to_string(),
        sealed.authority.to_string(),
        sealed.reason.clone(),
        i64::from(sealed.days),
        sealed.asked_by.as_bytes().to_vec(),
        sealed.asked_at.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// Agree to it; false when somebody has already.
pub async fn agree_sealed(
    tx: &mut WriteTx,
    id: SealedReadId,
    (by, at): (Kid, Timestamp),
    discloses_at: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update sealed_read set agreed_by = $2, agreed_at_ms = $3, discloses_at_ms = $4
          where sealed_read = $1 and agreed_by is null",
    );
    let values = params![id.as_uuid(), by.as_bytes().to_vec(), at.as_millis(), discloses_at.as_millis()];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// One of them.
pub async fn sealed(tx: &mut ReadTx, id: SealedReadId) -> Result<Option<SealedRead>, StoreError> {
    const SQL: Sql = Sql::both("select * from sealed_read where sealed_read = $1");
    let row = tx.fetch_optional(&SQL, params![id.as_uuid()]).await?;
    row.map(|row| sealed_of(&row)).transpose()
}

/// Up to `limit` of an authority's before one, the last first.
pub async fn sealed_by(
    tx: &mut ReadTx,
    authority: Uscc,
    before: Uuid,
    limit: u64,
) -> Result<Vec<SealedRead>, StoreError> {
    const SQL: Sql = Sql::both(
        "select * from sealed_read where authority = $1 and sealed_read < $2 order by sealed_read desc limit $3",
    );
    let values = params![authority.to_string(), before, signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(sealed_of).collect()
}

/// Up to `limit` that were disclosed after one moment and until another, in the order in which they were.
pub async fn disclosed(
    tx: &mut ReadTx,
    after: Timestamp,
    until: Timestamp,
    limit: u64,
) -> Result<Vec<SealedRead>, StoreError> {
    const SQL: Sql = Sql::both(
        "select * from sealed_read where discloses_at_ms > $1 and discloses_at_ms <= $2
          order by discloses_at_ms, sealed_read limit $3",
    );
    let values = params![after.as_millis(), until.as_millis(), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(sealed_of).collect()
}

/// The one under which a key reads records of one of these parties at a moment, if there is one; of several the one that is disclosed last.
pub async fn in_force(
    tx: &mut ReadTx,
    owners: &[Uscc],
    kid: Kid,
    now: Timestamp,
) -> Result<Option<SealedReadId>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select sealed_read, discloses_at_ms from sealed_read
          where (asked_by = $1 or agreed_by = $1) and discloses_at_ms > $2 and owner in ({keys})",
    );
    let owners = owners.iter().map(|owner| Param::from(owner.to_string())).collect();
    let rows = tx.fetch_in(&SQL, owners, params![kid.as_bytes().to_vec(), now.as_millis()]).await?;
    let mut longest = None;
    for row in &rows {
        longest = longest.max(Some((row.i64("discloses_at_ms")?, row.uuid("sealed_read")?)));
    }
    Ok(longest.map(|(_, id)| SealedReadId::from_uuid(id)))
}

/// For everybody: how many were agreed to, by the year of their agreement in UTC, and how many of those are disclosed by now.
pub async fn counts(tx: &mut ReadTx, now: Timestamp) -> Result<Vec<(Timestamp, bool)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select agreed_at_ms, discloses_at_ms from sealed_read where agreed_at_ms is not null order by agreed_at_ms",
    );
    let rows = tx.fetch_all(&SQL, params![]).await?;
    let count = |row: &Row| Ok((timestamp(row, "agreed_at_ms")?, timestamp(row, "discloses_at_ms")? <= now));
    rows.iter().map(count).collect()
}

fn sealed_of(row: &Row) -> Result<SealedRead, StoreError> {
    let moment = |column| Ok::<_, StoreError>(row.opt_i64(column)?.map(Timestamp::from_millis));
    let agreed_by = row.opt_digest("agreed_by")?.map(Kid::from_bytes);
    Ok(SealedRead {
        id: SealedReadId::from_uuid(row.uuid("sealed_read")?),
        owner: parse(row, "owner")?,
        authority: parse(row, "authority")?,
        reason: row.text("reason")?,
        days: u32::try_from(row.i64("days")?).map_err(|_| row.corrupt("days", "not a number of days"))?,
        asked_by: Kid::from_bytes(row.digest("asked_by")?),
        asked_at: timestamp(row, "asked_at_ms")?,
        agreed: agreed_by.zip(moment("agreed_at_ms")?),
        discloses_at: moment("discloses_at_ms")?,
    })
}
