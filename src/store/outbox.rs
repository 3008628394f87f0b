//! The outbox: what happened, in the order in which it was committed, and whom it concerned then. Beside the log, and not computed from it:
//! obligations fall due between two entries, at the moment some process noticed.

use std::str::FromStr;

use super::log::{signed, timestamp};
use super::{ColType, Param, ReadTx, Row, Sql, StoreError, Table, WriteTx, params};
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::id::FindingId;
use crate::ledger::EventId;

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// An event was recorded.
    Event {
        /// Its log index.
        index: u64,
        /// The event.
        id: EventId,
    },
    /// A finding took a step.
    Finding {
        /// The log index that caused it; `None` when only time passed.
        index: Option<u64>,
        /// The finding.
        id: FindingId,
        /// Its rule.
        rule: String,
        /// How much it matters since.
        severity: String,
    },
}

/// One message, before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it happened.
    pub at: Timestamp,
    /// What happened: the kind of an event, or `finding.` and its step.
    pub what: String,
    /// What it is about.
    pub about: About,
    /// Kind of its subject.
    pub subject_kind: String,
    /// Its subject.
    pub subject: String,
    /// The divisions whose authorities it is for; none: every authority's.
    pub divisions: Vec<Division>,
    /// The parties it concerns.
    pub readers: Vec<Uscc>,
    /// False for an event that is evidence alone; told only to what is made of messages.
    pub counts: bool,
}

/// A message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its number: grows with the order of commits, has gaps for every reader.
    pub seq: u64,
    /// The message; its readers are not told.
    pub message: Message,
}

impl Numbered {
    /// The event it tells of, where it tells that one was recorded.
    pub fn recorded_event(&self) -> Option<EventId> {
        match self.message.about {
            About::Event { id, .. } => Some(id),
            About::Finding { .. } => None,
        }
    }
}

const OUTBOX: Table = Table {
    name: "outbox",
    columns: &[
        ("seq", ColType::I64),
        ("at_ms", ColType::I64),
        ("what", ColType::Text),
        ("idx", ColType::I64),
        ("event", ColType::Blob),
        ("finding", ColType::Uuid),
        ("rule", ColType::Text),
        ("severity", ColType::Text),
        ("subject_kind", ColType::Text),
        ("subject", ColType::Text),
        ("divisions", ColType::Text),
        ("readers", ColType::Text),
        ("counts", ColType::I64),
    ],
    key: &["seq"],
};

const READER: Table = Table {
    name: "outbox_reader",
    columns: &[("reader", ColType::Text), ("seq", ColType::I64)],
    key: &["reader", "seq"],
};

/// Put messages in, in this order. The caller holds the lock of the log's head, so that numbers are committed in their order.
pub async fn put(tx: &mut WriteTx, messages: &[Message]) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let (mut rows, mut readers) = (Vec::new(), Vec::new());
    for (seq, message) in (last(tx).await? + 1..).zip(messages) {
        let mut parties = message.readers.clone();
        parties.sort_unstable();
        parties.dedup();
        readers.extend(parties.iter().map(|party| params![party.to_string(), signed(seq)]));
        rows.push(row_of(seq, message, &parties));
    }
    tx.insert_many(&OUTBOX, rows).await?;
    tx.insert_many(&READER, readers).await?;
    Ok(())
}

/// Take out whatever is told of a subject: what it was about is erased.
pub async fn forget(tx: &mut WriteTx, subject: &str) -> Result<(), StoreError> {
    const TOLD: Sql = Sql::both("select seq, readers from outbox where subject = $1");
    const MESSAGES: Sql = Sql::both("delete from outbox where subject = $1");
    let mut readers = Vec::new();
    for row in tx.fetch_all(&TOLD, params![subject.to_owned()]).await? {
        let (seq, told) = (row.i64("seq")?, row.text("readers")?);
        readers.extend(told.split(',').map(|reader| params![reader.to_owned(), seq]));
    }
    tx.delete_many(&READER, readers).await?;
    tx.execute(&MESSAGES, params![subject.to_owned()]).await.map(drop)
}

/// Number of the last message; 0 where there is none.
pub async fn last(tx: &mut ReadTx) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select coalesce(max(seq), 0) as seq from outbox");
    super::log::unsigned(&tx.fetch_one(&SQL, params![]).await?, "seq")
}

/// The messages that concern a party, from after `after` on.
pub async fn of_party(
    tx: &mut ReadTx,
    party: Uscc,
    after: u64,
    limit: u64,
) -> Result<Vec<Numbered>, StoreError> {
    const SQL: Sql = Sql::both(
        "select o.seq, o.at_ms, o.what, o.idx, o.event, o.finding, o.rule, o.severity, o.subject_kind, o.subject, o.divisions
           from outbox_reader r join outbox o on o.seq = r.seq
          where r.reader = $1 and r.seq > $2 order by r.seq limit $3",
    );
    let rows = tx.fetch_all(&SQL, params![party.to_string(), signed(after), signed(limit)]).await?;
    rows.iter().map(numbered).collect()
}

/// All messages, from after `after` on.
pub async fn all(tx: &mut ReadTx, after: u64, limit: u64) -> Result<Vec<Numbered>, StoreError> {
    const SQL: Sql = Sql::both(
        "select seq, at_ms, what, idx, event, finding, rule, severity, subject_kind, subject, divisions
           from outbox where seq > $1 order by seq limit $2",
    );
    tx.fetch_all(&SQL, params![signed(after), signed(limit)]).await?.iter().map(numbered).collect()
}

/// All messages with the parties they concern, from after `after` on: for what is made of them, not for readers.
pub async fn told(tx: &mut ReadTx, after: u64, limit: u64) -> Result<Vec<Numbered>, StoreError> {
    const SQL: Sql = Sql::both("select * from outbox where seq > $1 order by seq limit $2");
    let with_readers = |row: &Row| {
        let mut found = numbered(row)?;
        found.message.counts = row.i64("counts")? != 0;
        let readers = row.text("readers")?;
        let readers = readers.split(',').filter(|code| !code.is_empty()).map(Uscc::from_str);
        let readers: Result<Vec<Uscc>, _> = readers.collect();
        found.message.readers = readers.map_err(|_| row.corrupt("readers", "not credit codes"))?;
        Ok(found)
    };
    tx.fetch_all(&SQL, params![signed(after), signed(limit)]).await?.iter().map(with_readers).collect()
}

fn row_of(seq: u64, message: &Message, readers: &[Uscc]) -> Vec<Param> {
    let (index, event, finding) = match &message.about {
        About::Event { index, id } => (Some(*index), Some(id.as_bytes().to_vec()), None),
        About::Finding { index, id, rule, severity } => (*index, None, Some((id, rule, severity))),
    };
    let divisions: Vec<String> = message.divisions.iter().map(Division::to_string).collect();
    let readers: Vec<String> = readers.iter().map(Uscc::to_string).collect();
    params![
        signed(seq),
        message.at.as_millis(),
        message.what.clone(),
        index.map(signed),
        event,
        finding.map(|(id, _, _)| id.as_uuid()),
        finding.map(|(_, rule, _)| rule.clone()),
        finding.map(|(_, _, severity)| severity.clone()),
        message.subject_kind.clone(),
        message.subject.clone(),
        divisions.join(","),
        readers.join(","),
        i64::from(message.counts)
    ]
}

fn numbered(row: &Row) -> Result<Numbered, StoreError> {
    let index = row.opt_i64("idx")?.map(i64::cast_unsigned);
    let about = match (row.opt_digest("event")?, row.opt_uuid("finding")?) {
        (Some(id), None) => {
            let index = index.ok_or_else(|| row.corrupt("idx", "an event without an index"))?;
            About::Event { index, id: EventId::from_bytes(id) }
        }
        (None, Some(id)) => About::Finding {
            index,
            id: FindingId::from_uuid(id),
            rule: row.opt_text("rule")?.unwrap_or_default(),
            severity: row.opt_text("severity")?.unwrap_or_default(),
        },
        _ => return Err(row.corrupt("event", "neither an event nor a finding")),
    };
    let divisions = row.text("divisions")?;
    let divisions = divisions.split(',').filter(|code| !code.is_empty()).map(Division::from_str);
    let divisions: Result<Vec<Division>, _> = divisions.collect();
    Ok(Numbered {
        seq: super::log::unsigned(row, "seq")?,
        message: Message {
            at: timestamp(row, "at_ms")?,
            what: row.text("what")?,
            about,
            subject_kind: row.text("subject_kind")?,
            subject: row.text("subject")?,
            divisions: divisions.map_err(|_| row.corrupt("divisions", "not divisions"))?,
            readers: Vec::new(),
            counts: true,
        },
    })
}
