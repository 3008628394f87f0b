//! Notices: what somebody should know or do, whom it is for, who read it. Beside the log, and not computed from it: made as messages and time come.

mod list;

use std::collections::BTreeSet;

use super::log::{signed, timestamp};
use super::registry::parse;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::id::{FindingId, NoticeId};
use crate::ledger::{EventId, Kid};

pub use list::{NoticeSpot, Stretch, Wanted, first, of_audience, of_party, unread};

const NOTICE: Table = Table {
    name: "notice",
    columns: &[
        ("notice", ColType::Uuid),
        ("kind", ColType::Text),
        ("severity", ColType::Text),
        ("at_ms", ColType::I64),
        ("party", ColType::Text),
        ("divisions", ColType::Text),
        ("thing", ColType::Text),
        ("topic", ColType::Text),
        ("subject_kind", ColType::Text),
        ("subject", ColType::Text),
        ("event", ColType::Blob),
        ("finding", ColType::Uuid),
        ("done_at_ms", ColType::I64),
        ("rungs", ColType::I64),
        ("escalates_at_ms", ColType::I64),
    ],
    key: &["notice"],
};
const NOTICE_TO: Table = Table {
    name: "notice_to",
    columns: &[
        ("party", ColType::Text),
        ("audience", ColType::Text),
        ("at_ms", ColType::I64),
        ("notice", ColType::Uuid),
        ("rung", ColType::I64),
    ],
    key: &["party", "audience", "at_ms", "notice"],
};

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

/// Those of these notices that were made before.
pub async fn known(tx: &mut ReadTx, ids: &[NoticeId]) -> Result<BTreeSet<NoticeId>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select notice from notice where notice in ({keys})");
    let rows = tx.fetch_in(&SQL, keys(ids), params![]).await?;
    rows.iter().map(|row| Ok(NoticeId::from_uuid(row.uuid("notice")?))).collect()
}

/// Keep notices that were not made before.
pub async fn insert(tx: &mut WriteTx, notices: &[&StoredNotice]) -> Result<(), StoreError> {
    let row = |notice: &&StoredNotice| {
        let divisions: Vec<String> = notice.divisions.iter().map(Division::to_string).collect();
        params![
            notice.id.as_uuid(),
            notice.kind.clone(),
            notice.severity.clone(),
            notice.at.as_millis(),
            notice.party.to_string(),
            divisions.join(","),
            notice.thing.clone(),
            notice.topic.clone(),
            notice.subject_kind.clone(),
            notice.subject.clone(),
            notice.event.as_ref().map(|id| id.as_bytes().to_vec()),
            notice.finding.map(|id| id.as_uuid()),
            notice.done_at.map(|at| at.as_millis()),
            signed(notice.rungs),
            notice.escalates_at.map(|at| at.as_millis())
        ]
    };
    tx.insert_many(&NOTICE, notices.iter().map(row).collect()).await
}

/// Address notices to those to whom they are not addressed yet.
pub async fn address(tx: &mut WriteTx, to: &[(NoticeId, &Addressee)]) -> Result<(), StoreError> {
    let row = |(id, to): &(NoticeId, &Addressee)| {
        params![to.party.to_string(), to.audience.clone(), to.at.as_millis(), id.as_uuid(), signed(to.rung)]
    };
    tx.insert_many(&NOTICE_TO, to.iter().map(row).collect()).await
}

/// A notice about which something is still to be done.
pub struct ToDo {
    /// The notice.
    pub id: NoticeId,
    /// What is to be done.
    pub topic: String,
    /// By whom.
    pub party: Uscc,
}

/// What is still to be done of some topics.
pub async fn to_do(tx: &mut ReadTx, topics: &[&str]) -> Result<Vec<ToDo>, StoreError> {
    const SQL: SqlIn =
        SqlIn::new("select notice, topic, party from notice where done_at_ms is null and topic in ({keys})");
    let topics = topics.iter().map(|topic| Param::from(*topic)).collect();
    let of_row = |row: &Row| {
        let id = NoticeId::from_uuid(row.uuid("notice")?);
        Ok(ToDo { id, topic: row.text("topic")?, party: parse(row, "party")? })
    };
    tx.fetch_in(&SQL, topics, params![]).await?.iter().map(of_row).collect()
}

/// What was to be done is done.
pub async fn done(tx: &mut WriteTx, ids: &[NoticeId], at: Timestamp) -> Result<(), StoreError> {
    const SQL: SqlIn =
        SqlIn::new("update notice set done_at_ms = $1, escalates_at_ms = null where notice in ({keys})");
    tx.execute_in(&SQL, keys(ids), params![at.as_millis()]).await
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
