//! What platforms of the state are told of manifests: who agreed to it, what is to be told, and what they answered. Beside the log, and not
//! computed from it.

mod consent;
mod item;

use super::log::signed;
use super::{Param, ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::Division;
use crate::clock::Timestamp;
use crate::id::{ManifestId, PushId};

pub use consent::{Consent, agree, consent, consents, end_consent, name_plan};
pub use item::{
    Item, LineMark, LineState, PushSpot, PushState, insert, is_given_to_another, item, list, of_manifest,
    stuck,
};

use item::{item_of, text_of_lines};

/// Attempts of one item that are kept, the last ones.
pub const MAX_PUSH_ATTEMPTS_KEPT: u64 = 100;

/// A hold on an item for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushLease {
    /// When it was taken.
    pub now: Timestamp,
    /// When others may take it.
    pub until: Timestamp,
}

/// One request, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushAttempt {
    /// Number of the attempt, from 1.
    pub n: u64,
    /// When.
    pub at: Timestamp,
    /// True where it only asked what became of an earlier one.
    pub is_question: bool,
    /// HTTP status.
    pub status: Option<u16>,
    /// The platform's code.
    pub code: Option<String>,
    /// In words.
    pub said: Option<String>,
    /// The number it gave.
    pub number: Option<String>,
    /// Why that was no answer.
    pub error: Option<String>,
}

/// Items that may be tried at `now`, those that waited longest first: none before what is before it of its manifest has been taken. What was
/// taken is looked at again until `checks` times.
pub async fn due(
    tx: &mut ReadTx,
    now: Timestamp,
    checks: u64,
    limit: u64,
) -> Result<Vec<PushId>, StoreError> {
    const SQL: Sql = Sql::both(
        "select i.item from push_item i
          where i.next_at_ms <= $1 and i.leased_until_ms <= $1 and i.state in ('waiting', 'sent', 'accepted', 'partly')
            and (i.state = 'sent' or (i.state in ('accepted', 'partly') and i.checks < $2) or (i.state = 'waiting' and not exists (
                 select 1 from push_item e where e.platform = i.platform and e.manifest = i.manifest
                    and (e.rank < i.rank or (e.rank = i.rank and e.n < i.n))
                    and e.state in ('waiting', 'sent', 'partly', 'refused', 'parked'))))
          order by i.next_at_ms, i.item limit $3",
    );
    let rows = tx.fetch_all(&SQL, params![now.as_millis(), signed(checks), signed(limit)]).await?;
    rows.iter().map(|row| Ok(PushId::from_uuid(row.uuid("item")?))).collect()
}

/// True where something before it of its manifest has not been taken.
pub async fn is_held(tx: &mut ReadTx, item: &Item) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "select count(*) as n from push_item where platform = $1 and manifest = $2 and (rank < $3 or (rank = $3 and n < $4))
            and state in ('waiting', 'sent', 'partly', 'refused', 'parked')",
    );
    let values = params![item.platform.clone(), item.manifest.as_uuid(), signed(item.rank), signed(item.n)];
    Ok(tx.fetch_one(&SQL, values).await?.i64("n")? > 0)
}

/// Take an item for oneself in the state in which it was found; false when another process has it, or it went on.
pub async fn lease(
    tx: &mut WriteTx,
    found: &Item,
    state: PushState,
    lease: PushLease,
) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update push_item set leased_until_ms = $3, state = $5 where item = $1 and leased_until_ms <= $2 and state = $4 and round = $6
            and attempts = $7",
    );
    let values = params![
        found.id.as_uuid(),
        lease.now.as_millis(),
        lease.until.as_millis(),
        found.state.name().to_owned(),
        state.name().to_owned(),
        signed(found.round),
        signed(found.attempts)
    ];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Write what became of an item and let others take it; false when the hold on it is gone.
pub async fn save(tx: &mut WriteTx, item: &Item, lease: PushLease) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update push_item set leased_until_ms = 0, state = $3, lines = $4, why = $5, said = $6, number = $7, told_at_ms = $8,
             changed_at_ms = $9, is_unclear = $10, round = $11, checks = $12, failing_since_ms = $13, failures = $14, next_at_ms = $15
          where item = $1 and leased_until_ms = $2",
    );
    let mut values = params![item.id.as_uuid(), lease.until.as_millis()];
    values.extend(written(item));
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Write an item that nobody has.
pub async fn put(tx: &mut WriteTx, item: &Item) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "update push_item set state = $2, lines = $3, why = $4, said = $5, number = $6, told_at_ms = $7, changed_at_ms = $8,
             is_unclear = $9, round = $10, checks = $11, failing_since_ms = $12, failures = $13, next_at_ms = $14 where item = $1",
    );
    let mut values = params![item.id.as_uuid()];
    values.extend(written(item));
    tx.execute(&SQL, values).await.map(drop)
}

fn written(item: &Item) -> Vec<Param> {
    params![
        item.state.name().to_owned(),
        text_of_lines(&item.lines),
        item.why.clone(),
        item.said.clone(),
        item.number.clone(),
        item.told_at.map(Timestamp::as_millis),
        item.changed_at.map(Timestamp::as_millis),
        i64::from(item.is_unclear),
        signed(item.round),
        signed(item.checks),
        item.failing_since.map(Timestamp::as_millis),
        signed(item.failures),
        item.next_at.as_millis()
    ]
}

/// Keep what came back under the next number, and the last [`MAX_PUSH_ATTEMPTS_KEPT`] only.
pub async fn keep_attempt(tx: &mut WriteTx, id: PushId, attempt: &PushAttempt) -> Result<(), StoreError> {
    const COUNT: Sql = Sql::both("update push_item set attempts = attempts + 1 where item = $1");
    const NUMBER: Sql = Sql::both("select attempts from push_item where item = $1");
    const KEEP: Sql = Sql::both(
        "insert into push_attempt (item, n, at_ms, is_question, status, code, said, number, error)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    const PRUNE: Sql = Sql::both("delete from push_attempt where item = $1 and n <= $2");
    tx.execute(&COUNT, params![id.as_uuid()]).await?;
    let n = super::log::unsigned(&tx.fetch_one(&NUMBER, params![id.as_uuid()]).await?, "attempts")?;
    let values = params![
        id.as_uuid(),
        signed(n),
        attempt.at.as_millis(),
        i64::from(attempt.is_question),
        attempt.status.map(i64::from),
        attempt.code.clone(),
        attempt.said.clone(),
        attempt.number.clone(),
        attempt.error.clone()
    ];
    tx.execute(&KEEP, values).await?;
    let oldest = n.saturating_sub(MAX_PUSH_ATTEMPTS_KEPT);
    tx.execute(&PRUNE, params![id.as_uuid(), signed(oldest)]).await.map(drop)
}

/// The attempts that are kept, the last first.
pub async fn attempts(tx: &mut ReadTx, id: PushId) -> Result<Vec<PushAttempt>, StoreError> {
    const SQL: Sql = Sql::both(
        "select n, at_ms, is_question, status, code, said, number, error from push_attempt where item = $1 order by n desc",
    );
    let of_row = |row: &Row| {
        let status = row.opt_i64("status")?.map(u16::try_from).transpose();
        Ok(PushAttempt {
            n: super::log::unsigned(row, "n")?,
            at: super::log::timestamp(row, "at_ms")?,
            is_question: row.bool("is_question")?,
            status: status.map_err(|_| row.corrupt("status", "not a status"))?,
            code: row.opt_text("code")?,
            said: row.opt_text("said")?,
            number: row.opt_text("number")?,
            error: row.opt_text("error")?,
        })
    };
    tx.fetch_all(&SQL, params![id.as_uuid()]).await?.iter().map(of_row).collect()
}

/// Items that are parked, refused or changed, oldest first: those whose moment of it is after `since`, `limit` of them and all others of the
/// last one's moment.
pub async fn troubled(tx: &mut ReadTx, since: Timestamp, limit: u64) -> Result<Vec<Item>, StoreError> {
    const SQL: Sql = Sql::both(
        "select * from push_item where changed_at_ms > $1 and state <> 'superseded' and changed_at_ms <= (
                select max(at.changed_at_ms) from (select changed_at_ms from push_item where changed_at_ms > $1 and state <> 'superseded'
                  order by changed_at_ms limit $2) at)
          order by changed_at_ms, item",
    );
    tx.fetch_all(&SQL, params![since.as_millis(), signed(limit)]).await?.iter().map(item_of).collect()
}

/// Take out what is told of a manifest: its events are erased. What was not taken yet is told no more, and no word of a platform stays; what was taken is not
/// looked at again.
pub async fn forget(tx: &mut WriteTx, manifest: ManifestId) -> Result<(), StoreError> {
    const ATTEMPTS: Sql =
        Sql::both("delete from push_attempt where item in (select item from push_item where manifest = $1)");
    const ITEMS: Sql = Sql::both(
        "update push_item set said = null, lines = '[]', notes = '', leased_until_ms = 0, checks = $2,
             why = case when state in ('accepted', 'unmapped') then why else 'erased' end,
             state = case when state in ('accepted', 'unmapped') then state else 'superseded' end where manifest = $1",
    );
    tx.execute(&ATTEMPTS, params![manifest.as_uuid()]).await?;
    tx.execute(&ITEMS, params![manifest.as_uuid(), i64::MAX]).await.map(drop)
}

/// The first and last code that may lie in a division; all codes for none.
pub fn bounds(within: Option<Division>) -> (String, String) {
    super::paper::bounds(within)
}
