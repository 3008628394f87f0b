//! Lists of notices, the last first: for an audience, for a whole party, and how many nobody has read.

use uuid::Uuid;

use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::NoticeId;
use crate::ledger::Kid;
use crate::store::log::{signed, timestamp};
use crate::store::{Param, ReadTx, Row, Sql, StoreError, params};

/// A place in a list of notices: since when one is for the reader, and its id.
pub type NoticeSpot = (Timestamp, NoticeId);

/// Which notices of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Those before this place.
    pub before: NoticeSpot,
    /// Only those that this key has not read.
    pub unread_by: Option<Kid>,
    /// Only those of this kind.
    pub kind: Option<&'a str>,
    /// Look through so many at most, wanted or not: what was read long ago is not walked through for each page.
    pub among: u64,
    /// Up to so many.
    pub limit: u64,
}

/// What was found in a list of notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Where notices lie, the last first, each with since when it is for the reader.
    pub found: Vec<NoticeSpot>,
    /// The last one that was looked at, where there were others behind it and fewer were found than might have been.
    pub stopped_at: Option<NoticeSpot>,
}

/// Notices for an audience of a party.
pub async fn of_audience(
    tx: &mut ReadTx,
    (party, audience): (Uscc, &str),
    wanted: Wanted<'_>,
) -> Result<Stretch, StoreError> {
    const FOUND: Sql = Sql::both(
        "select l.at_ms, l.notice
           from (select at_ms, notice from notice_to
                  where party = $1 and audience = $2 and at_ms <= $3 and (at_ms < $3 or notice < $4)
                  order by at_ms desc, notice desc limit $5) l
          where ($6 is null or not exists (select 1 from notice_read r where r.notice = l.notice and r.kid = $6))
            and ($7 is null or exists (select 1 from notice n where n.notice = l.notice and n.kind = $7))
          order by l.at_ms desc, l.notice desc limit $8",
    );
    const LAST: Sql = Sql::both(
        "select at_ms, notice from notice_to
          where party = $1 and audience = $2 and at_ms <= $3 and (at_ms < $3 or notice < $4)
          order by at_ms desc, notice desc limit 1 offset $5",
    );
    stretch(tx, (&FOUND, &LAST), params![party.to_string(), audience.to_owned()], wanted).await
}

/// The same of everybody in a party.
pub async fn of_party(tx: &mut ReadTx, party: Uscc, wanted: Wanted<'_>) -> Result<Stretch, StoreError> {
    const FOUND: Sql = Sql::both(
        "select l.at_ms, l.notice
           from (select at_ms, notice from notice_to
                  where party = $1 and at_ms <= $2 and (at_ms < $2 or notice < $3)
                  order by at_ms desc, notice desc limit $4) l
          where ($5 is null or not exists (select 1 from notice_read r where r.notice = l.notice and r.kid = $5))
            and ($6 is null or exists (select 1 from notice n where n.notice = l.notice and n.kind = $6))
          order by l.at_ms desc, l.notice desc limit $7",
    );
    const LAST: Sql = Sql::both(
        "select at_ms, notice from notice_to where party = $1 and at_ms <= $2 and (at_ms < $2 or notice < $3)
          order by at_ms desc, notice desc limit 1 offset $4",
    );
    stretch(tx, (&FOUND, &LAST), params![party.to_string()], wanted).await
}

/// Ask for what is wanted of a list, and where looking stopped.
async fn stretch(
    tx: &mut ReadTx,
    (found, last): (&Sql, &Sql),
    whose: Vec<Param>,
    wanted: Wanted<'_>,
) -> Result<Stretch, StoreError> {
    let begin = |count: u64| {
        let mut values = whose.clone();
        values.extend(params![wanted.before.0.as_millis(), wanted.before.1.as_uuid(), signed(count)]);
        values
    };
    let mut values = begin(wanted.among);
    values.extend(params![
        wanted.unread_by.map(|kid| kid.as_bytes().to_vec()),
        wanted.kind.map(str::to_owned),
        signed(wanted.limit)
    ]);
    let rows = tx.fetch_all(found, values).await?;
    let found = rows.iter().map(spot_of).collect::<Result<Vec<_>, StoreError>>()?;
    let stopped_at = match (found.len() as u64) < wanted.limit {
        true => tx.fetch_optional(last, begin(wanted.among - 1)).await?.as_ref().map(spot_of).transpose()?,
        false => None,
    };
    Ok(Stretch { found, stopped_at })
}

/// Of the last `newest` notices for an audience, those that a key has not read and that are not done.
pub async fn unread(
    tx: &mut ReadTx,
    (party, audience): (Uscc, &str),
    kid: Kid,
    newest: u64,
) -> Result<Vec<NoticeId>, StoreError> {
    const SQL: Sql = Sql::both(
        "select l.notice from (select notice from notice_to where party = $1 and audience = $2
                                order by at_ms desc, notice desc limit $4) l
           join notice n on n.notice = l.notice
          where n.done_at_ms is null
            and not exists (select 1 from notice_read r where r.notice = l.notice and r.kid = $3)",
    );
    let values = params![party.to_string(), audience.to_owned(), kid.as_bytes().to_vec(), signed(newest)];
    let rows = tx.fetch_all(&SQL, values).await?;
    rows.iter().map(|row| Ok(NoticeId::from_uuid(row.uuid("notice")?))).collect()
}

fn spot_of(row: &Row) -> Result<NoticeSpot, StoreError> {
    Ok((timestamp(row, "at_ms")?, NoticeId::from_uuid(row.uuid("notice")?)))
}

/// The nil id: before every other one of a moment.
pub fn first() -> NoticeId {
    NoticeId::from_uuid(Uuid::nil())
}
