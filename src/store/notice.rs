//! Notices: what somebody should know or do, whom it is for, who read it. Beside the log, and not computed from it: made as messages and time come.

mod list;

use super::log::{signed, timestamp};
use super::registry::parse;
use super::{Param, ReadTx, Row, Sql, SqlIn, StoreError, WriteTx, params};
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::id::{FindingId, NoticeId};
use crate::ledger::{EventId, Kid};

pub use list::{NoticeSpot, Stretch, Wanted, first, of_audience, of_party, unread};

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNotice {
    /// Derived from its cause and its party: made a second time it is the same.
    pub id: NoticeId,
    /// Kebab-case name of its kind.
    pub kind: String,
    /// Kebab-case name of how much it matters.
    pub severity: String,
    /// When what it tells of was recorded or noticed.
    pub at: Timestamp,
    /// The party or authority it was made for.
    pub party: Uscc,
    /// Where it lies, for authorities.
    pub divisions: Vec<Division>,
    /// Name of the thing among its like: a case, a finding, a manifest; empty where it has none.
    pub thing: String,
    /// What is to be done, until somebody did; `None` for what need only be known.
    pub topic: Option<String>,
    /// Kind of what it is about.
    pub subject_kind: String,
    /// Id of what it is about.
    pub subject: String,
    /// The event that caused it.
    pub event: Option<EventId>,
    /// The finding it is about.
    pub finding: Option<FindingId>,
    /// When what is to be done was done.
    pub done_at: Option<Timestamp>,
    /// How often it went further up.
    pub rungs: u64,
    /// When it goes further up, unless somebody looks before.
    pub escalates_at: Option<Timestamp>,
}

/// Somebody whom a notice is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The party or authority.
    pub party: Uscc,
    /// Who of it, as [`crate::app`] spells it.
    pub audience: String,
    /// Since when.
    pub at: Timestamp,
    /// 0 from the beginning; above, because nobody had looked.
    pub rung: u64,
}

/// Somebody read a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBy {
    /// The key.
    pub kid: Kid,
    /// Its party.
    pub party: Uscc,
    /// When.
    pub at: Timestamp,
}

/// How far something has come; 0 where it never began.
pub async fn cursor(tx: &mut ReadTx, name: &str) -> Result<Option<i64>, StoreError> {
    const SQL: Sql = Sql::both("select at from notice_cursor where name = $1");
    tx.fetch_optional(&SQL, params![name.to_owned()]).await?.map(|row| row.i64("at")).transpose()
}

/// Begin somewhere, unless that was begun already.
pub async fn begin_cursor(tx: &mut WriteTx, name: &str, at: i64) -> Result<(), StoreError> {
    const SQL: Sql =
        Sql::both("insert into notice_cursor (name, at) values ($1, $2) on conflict (name) do nothing");
    tx.execute(&SQL, params![name.to_owned(), at]).await.map(drop)
}

/// Go on from `from` to `to`; false when another process has gone on meanwhile.
pub async fn move_cursor(tx: &mut WriteTx, name: &str, from: i64, to: i64) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both("update notice_cursor set at = $3 where name = $1 and at = $2");
    Ok(tx.execute(&SQL, params![name.to_owned(), from, to]).await? == 1)
}

/// Keep a notice; false when it was made before.
pub async fn insert(tx: &mut WriteTx, notice: &StoredNotice) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "insert into notice (notice, kind, severity, at_ms, party, divisions, topic, subject_kind, subject, event, finding,
             done_at_ms, rungs, escalates_at_ms, thing)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, null, $12, $13, $14) on conflict (notice) do nothing",
    );
    let divisions: Vec<String> = notice.divisions.iter().map(Division::to_string).collect();
    let values = params![
        notice.id.as_uuid(),
        notice.kind.clone(),
        notice.severity.clone(),
        notice.at.as_millis(),
        notice.party.to_string(),
        divisions.join(","),
        notice.topic.clone(),
        notice.subject_kind.clone(),
        notice.subject.clone(),
        notice.event.as_ref().map(|id| id.as_bytes().to_vec()),
        notice.finding.map(|id| id.as_uuid()),
        signed(notice.rungs),
        notice.escalates_at.map(|at| at.as_millis()),
        notice.thing.clone()
    ];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Address a notice to somebody, unless it is already; true when it was not.
pub async fn address(tx: &mut WriteTx, id: NoticeId, to: &Addressee) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "insert into notice_to (party, audience, at_ms, notice, rung) select $1, $2, $3, $4, $5
          where not exists (select 1 from notice_to where notice = $4 and party = $1 and audience = $2)",
    );
    let values =
        params![to.party.to_string(), to.audience.clone(), to.at.as_millis(), id.as_uuid(), signed(to.rung)];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// What is to be done is done: for one party, or for everybody who was told of it.
pub async fn end(
    tx: &mut WriteTx,
    topic: &str,
    party: Option<Uscc>,
    at: Timestamp,
) -> Result<(), StoreError> {
    const ONE: Sql = Sql::both(
        "update notice set done_at_ms = $2, escalates_at_ms = null where topic = $1 and done_at_ms is null and party = $3",
    );
    const ALL: Sql = Sql::both(
        "update notice set done_at_ms = $2, escalates_at_ms = null where topic = $1 and done_at_ms is null",
    );
    match party {
        Some(party) => tx.execute(&ONE, params![topic.to_owned(), at.as_millis(), party.to_string()]).await,
        None => tx.execute(&ALL, params![topic.to_owned(), at.as_millis()]).await,
    }
    .map(drop)
}

/// Take out whatever is told of a subject: what it was about is erased.
pub async fn forget(tx: &mut WriteTx, subject: &str) -> Result<(), StoreError> {
    const TO: Sql =
        Sql::both("delete from notice_to where notice in (select notice from notice where subject = $1)");
    const READ: Sql =
        Sql::both("delete from notice_read where notice in (select notice from notice where subject = $1)");
    const SENT: Sql = Sql::both(
        "delete from notice_message where notice in (select notice from notice where subject = $1)",
    );
    const NOTICE: Sql = Sql::both("delete from notice where subject = $1");
    for sql in [&TO, &READ, &SENT, &NOTICE] {
        tx.execute(sql, params![subject.to_owned()]).await?;
    }
    Ok(())
}

/// Notices by their ids, in no order.
pub async fn by_ids(tx: &mut ReadTx, ids: &[NoticeId]) -> Result<Vec<StoredNotice>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select * from notice where notice in ({keys})");
    tx.fetch_in(&SQL, keys(ids), params![]).await?.iter().map(notice_of).collect()
}

/// Whom notices are for, in the order in which they came to be.
pub async fn addressees(tx: &mut ReadTx, ids: &[NoticeId]) -> Result<Vec<(NoticeId, Addressee)>, StoreError> {
    const SQL: SqlIn =
        SqlIn::new("select notice, party, audience, at_ms, rung from notice_to where notice in ({keys})");
    let of_row = |row: &Row| {
        let to = Addressee {
            party: parse(row, "party")?,
            audience: row.text("audience")?,
            at: timestamp(row, "at_ms")?,
            rung: super::log::unsigned(row, "rung")?,
        };
        Ok((NoticeId::from_uuid(row.uuid("notice")?), to))
    };
    let rows = tx.fetch_in(&SQL, keys(ids), params![]).await?;
    let mut found = rows.iter().map(of_row).collect::<Result<Vec<_>, StoreError>>()?;
    found.sort_by(|(a, to_a), (b, to_b)| {
        (a, to_a.rung, to_a.at, &to_a.audience).cmp(&(b, to_b.rung, to_b.at, &to_b.audience))
    });
    Ok(found)
}

/// Who read notices, in the order in which they did.
pub async fn readers(tx: &mut ReadTx, ids: &[NoticeId]) -> Result<Vec<(NoticeId, ReadBy)>, StoreError> {
    const SQL: SqlIn =
        SqlIn::new("select notice, kid, party, at_ms from notice_read where notice in ({keys})");
    let of_row = |row: &Row| {
        let by = ReadBy {
            kid: Kid::from_bytes(row.digest("kid")?),
            party: parse(row, "party")?,
            at: timestamp(row, "at_ms")?,
        };
        Ok((NoticeId::from_uuid(row.uuid("notice")?), by))
    };
    let rows = tx.fetch_in(&SQL, keys(ids), params![]).await?;
    let mut found = rows.iter().map(of_row).collect::<Result<Vec<_>, StoreError>>()?;
    found.sort_by_key(|(id, by)| (*id, by.at));
    Ok(found)
}

/// A key reads a notice; false when it had. What need only be known goes no further up then.
pub async fn read(tx: &mut WriteTx, id: NoticeId, by: &ReadBy) -> Result<bool, StoreError> {
    const READ: Sql = Sql::both(
        "insert into notice_read (notice, kid, party, at_ms) values ($1, $2, $3, $4) on conflict (notice, kid) do nothing",
    );
    const KNOWN: Sql =
        Sql::both("update notice set escalates_at_ms = null where notice = $1 and topic is null");
    let values = params![id.as_uuid(), by.kid.as_bytes().to_vec(), by.party.to_string(), by.at.as_millis()];
    let is_new = tx.execute(&READ, values).await? == 1;
    tx.execute(&KNOWN, params![id.as_uuid()]).await?;
    Ok(is_new)
}

/// Notices that go further up by now, those that waited longest first.
pub async fn to_escalate(
    tx: &mut ReadTx,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<StoredNotice>, StoreError> {
    const SQL: Sql = Sql::both(
        "select * from notice where escalates_at_ms <= $1 order by escalates_at_ms, notice limit $2",
    );
    tx.fetch_all(&SQL, params![now.as_millis(), signed(limit)]).await?.iter().map(notice_of).collect()
}

/// A notice has gone up to a rung, and goes further up at `next`; false when another process did it, or somebody looked meanwhile.
pub async fn escalated(
    tx: &mut WriteTx,
    notice: &StoredNotice,
    rung: u64,
    next: Option<Timestamp>,
) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update notice set rungs = $5, escalates_at_ms = $4
          where notice = $1 and rungs = $2 and escalates_at_ms = $3",
    );
    let values = params![
        notice.id.as_uuid(),
        signed(notice.rungs),
        notice.escalates_at.map(|at| at.as_millis()),
        next.map(|at| at.as_millis()),
        signed(rung)
    ];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Take out up to `limit` notices from before a time about which nothing is to be done any more; how many there were.
pub async fn forget_old(tx: &mut WriteTx, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
    macro_rules! old {
        ($of:literal) => {
            Sql::both(concat!(
                "delete from ",
                $of,
                " where notice in (select notice from notice
                                    where at_ms < $1 and (topic is null or done_at_ms is not null)
                                    order by at_ms, notice limit $2)"
            ))
        };
    }
    const TO: Sql = old!("notice_to");
    const READ: Sql = old!("notice_read");
    const SENT: Sql = old!("notice_message");
    const NOTICE: Sql = old!("notice");
    for sql in [&TO, &READ, &SENT] {
        tx.execute(sql, params![before.as_millis(), signed(limit)]).await?;
    }
    tx.execute(&NOTICE, params![before.as_millis(), signed(limit)]).await
}

fn keys(ids: &[NoticeId]) -> Vec<Param> {
    ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect()
}

fn notice_of(row: &Row) -> Result<StoredNotice, StoreError> {
    let divisions = row.text("divisions")?;
    let divisions = divisions.split(',').filter(|code| !code.is_empty()).map(str::parse);
    let moment = |column| Ok::<_, StoreError>(row.opt_i64(column)?.map(Timestamp::from_millis));
    Ok(StoredNotice {
        id: NoticeId::from_uuid(row.uuid("notice")?),
        kind: row.text("kind")?,
        severity: row.text("severity")?,
        at: timestamp(row, "at_ms")?,
        party: parse(row, "party")?,
        divisions: divisions
            .collect::<Result<_, _>>()
            .map_err(|_| row.corrupt("divisions", "not divisions"))?,
        thing: row.text("thing")?,
        topic: row.opt_text("topic")?,
        subject_kind: row.text("subject_kind")?,
        subject: row.text("subject")?,
        event: row.opt_digest("event")?.map(EventId::from_bytes),
        finding: row.opt_uuid("finding")?.map(FindingId::from_uuid),
        done_at: moment("done_at_ms")?,
        rungs: super::log::unsigned(row, "rungs")?,
        escalates_at: moment("escalates_at_ms")?,
    })
}
