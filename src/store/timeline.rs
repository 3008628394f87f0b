//! Timelines and postings: which events a subject has, in order, and which grams they moved.

use std::collections::BTreeMap;

use super::log::{event_id, signed, timestamp, unsigned};
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::clock::Timestamp;
use crate::custody::books::Outcome;
use crate::custody::posting::Account;
use crate::custody::{Subject, Verdict};
use crate::id::{LotId, ManifestId, SiteId};
use crate::ledger::EventId;

pub(super) const TIMELINE: Table = Table {
    name: "timeline",
    columns: &[
        ("subject_kind", ColType::I64),
        ("subject", ColType::Uuid),
        ("event_id", ColType::Blob),
        ("eff_ms", ColType::I64),
        ("depth", ColType::I64),
        ("kind_rank", ColType::I64),
        ("idx", ColType::I64),
        ("verdict", ColType::Text),
    ],
    key: &["subject_kind", "subject", "event_id"],
};
pub(super) const POSTING: Table = Table {
    name: "posting",
    columns: &[
        ("idx", ColType::I64),
        ("n", ColType::I64),
        ("lot", ColType::Uuid),
        ("account", ColType::Text),
        ("party", ColType::Text),
        ("site", ColType::Uuid),
        ("manifest", ColType::Uuid),
        ("line", ColType::I64),
        ("eff_day", ColType::I64),
        ("mass_g", ColType::I64),
    ],
    key: &["idx", "n"],
};

/// A subject as the store names it: a small number for the sort, and a UUID.
fn key_of(subject: &Subject) -> (i64, uuid::Uuid) {
    match subject {
        Subject::Manifest(id) => (1, id.as_uuid()),
        Subject::Lot(id) => (2, id.as_uuid()),
        Subject::Document(id) => (3, id.as_uuid()),
        Subject::Party(party) => {
            (4, crate::id::derived(&[b"liandan/party/v1", party.to_string().as_bytes()]))
        }
        Subject::Label(id) => (5, id.as_uuid()),
        Subject::Site(id) => (6, id.as_uuid()),
    }
}

/// Write the places and postings of a batch.
pub async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let mut places = Vec::new();
    let mut postings = Vec::new();
    for (index, outcome) in outcomes {
        for placed in &outcome.placed {
            let (kind, subject) = key_of(&placed.subject);
            places.push(params![
                kind,
                subject,
                placed.place.id.as_bytes().to_vec(),
                placed.place.effective.as_millis(),
                i64::from(placed.place.depth),
                placed.place.rank,
                signed(placed.index),
                placed.verdict.name().to_owned()
            ]);
        }
        let posted =
            outcome.posted().flat_map(|(day, posted)| posted.iter().map(move |posting| (day, posting)));
        for (n, (eff_day, posting)) in (0_i64..).zip(posted) {
            let mut row: Vec<Param> =
                params![signed(*index), n, posting.lot.as_uuid(), posting.account.name().to_owned()];
            row.extend(where_it_is(&posting.account));
            row.extend(params![eff_day, posting.mass_g]);
            postings.push(row);
        }
    }
    tx.upsert_many(&TIMELINE, places).await?;
    tx.insert_many(&POSTING, postings).await?;
    Ok(())
}

fn where_it_is(account: &Account) -> Vec<Param> {
    match account {
        Account::Held(party, site) => {
            params![party.to_string(), site.as_uuid(), None::<uuid::Uuid>, None::<i64>]
        }
        Account::Transit(manifest, line) => {
            params![None::<String>, None::<uuid::Uuid>, manifest.as_uuid(), i64::from(*line)]
        }
        _ => params![None::<String>, None::<uuid::Uuid>, None::<uuid::Uuid>, None::<i64>],
    }
}

/// One event in the timeline of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// The event.
    pub event_id: EventId,
    /// Its log index.
    pub index: u64,
    /// When it is effective there.
    pub effective: Timestamp,
    /// What it counts for.
    pub verdict: Verdict,
}

/// All events of a subject in order: for folding it anew.
pub async fn of(tx: &mut ReadTx, subject: &Subject) -> Result<Vec<TimelineRow>, StoreError> {
    page(tx, subject, 0, u64::MAX).await
}

/// All events of these manifests, in no order.
pub async fn of_manifests(
    tx: &mut ReadTx,
    manifests: &[ManifestId],
) -> Result<Vec<(ManifestId, TimelineRow)>, StoreError> {
    // Kind of subject: 1 is a manifest.
    const SQL: SqlIn = SqlIn::new(
        "select subject, event_id, idx, eff_ms, verdict from timeline where subject_kind = 1 and subject in ({keys})",
    );
    let keys = manifests.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    rows.iter().map(|row| Ok((ManifestId::from_uuid(row.uuid("subject")?), row_of(row)?))).collect()
}

/// Up to `limit` events of a subject in order, from place `from` (0 is the first) on.
pub async fn page(
    tx: &mut ReadTx,
    subject: &Subject,
    from: u64,
    limit: u64,
) -> Result<Vec<TimelineRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select event_id, idx, eff_ms, verdict from timeline where subject_kind = $1 and subject = $2
          order by eff_ms, depth, kind_rank, event_id limit $3 offset $4",
    );
    let (kind, id) = key_of(subject);
    let rows = tx.fetch_all(&SQL, params![kind, id, signed(limit), signed(from)]).await?;
    rows.iter().map(row_of).collect()
}

/// The last event of a subject.
pub async fn last(tx: &mut ReadTx, subject: &Subject) -> Result<Option<EventId>, StoreError> {
    const SQL: Sql = Sql::both(
        "select event_id from timeline where subject_kind = $1 and subject = $2
          order by eff_ms desc, depth desc, kind_rank desc, event_id desc limit 1",
    );
    let (kind, id) = key_of(subject);
    let row = tx.fetch_optional(&SQL, params![kind, id]).await?;
    row.map(|row| event_id(&row, "event_id")).transpose()
}

/// The last event of each of these manifests.
pub async fn last_of_manifests(
    tx: &mut ReadTx,
    manifests: &[ManifestId],
) -> Result<BTreeMap<ManifestId, EventId>, StoreError> {
    // Kind of subject: 1 is a manifest.
    const SQL: SqlIn = SqlIn::new(
        "select t.subject, t.event_id from (
           select subject, event_id, row_number() over (partition by subject
                  order by eff_ms desc, depth desc, kind_rank desc, event_id desc) as n
             from timeline where subject_kind = 1 and subject in ({keys})) t
          where t.n = 1",
    );
    let keys = manifests.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    rows.iter()
        .map(|row| Ok((ManifestId::from_uuid(row.uuid("subject")?), event_id(row, "event_id")?)))
        .collect()
}

/// The place of one event in the timeline of a subject.
pub async fn place(
    tx: &mut ReadTx,
    subject: &Subject,
    event: EventId,
) -> Result<Option<TimelineRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select event_id, idx, eff_ms, verdict from timeline
          where subject_kind = $1 and subject = $2 and event_id = $3",
    );
    let (kind, id) = key_of(subject);
    let row = tx.fetch_optional(&SQL, params![kind, id, event.as_bytes().to_vec()]).await?;
    row.map(|row| row_of(&row)).transpose()
}

fn row_of(row: &Row) -> Result<TimelineRow, StoreError> {
    Ok(TimelineRow {
        event_id: event_id(row, "event_id")?,
        index: unsigned(row, "idx")?,
        effective: timestamp(row, "eff_ms")?,
        verdict: verdict_of(row)?,
    })
}

/// The entries below some size of the log that touch a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touching {
    /// How many there are.
    pub events: u64,
    /// Log index of the last of them.
    pub last_index: u64,
    /// Its event.
    pub last_event: EventId,
}

/// Which of the first `size` entries touch a subject; `None` for none.
pub async fn touching(tx: &mut ReadTx, subject: &Subject, size: u64) -> Result<Option<Touching>, StoreError> {
    const SQL: Sql = Sql::both(
        "select count(*) over () as n, idx, event_id from timeline
          where subject_kind = $1 and subject = $2 and idx < $3 order by idx desc limit 1",
    );
    let (kind, id) = key_of(subject);
    let Some(row) = tx.fetch_optional(&SQL, params![kind, id, signed(size)]).await? else { return Ok(None) };
    Ok(Some(Touching {
        events: unsigned(&row, "n")?,
        last_index: unsigned(&row, "idx")?,
        last_event: event_id(&row, "event_id")?,
    }))
}

/// The first `limit` log indexes below `size` that touch a subject, ascending.
pub async fn indexes_below(
    tx: &mut ReadTx,
    subject: &Subject,
    size: u64,
    limit: u64,
) -> Result<Vec<u64>, StoreError> {
    const SQL: Sql = Sql::both(
        "select idx from timeline where subject_kind = $1 and subject = $2 and idx < $3 order by idx limit $4",
    );
    let (kind, id) = key_of(subject);
    let rows = tx.fetch_all(&SQL, params![kind, id, signed(size), signed(limit)]).await?;
    rows.iter().map(|row| unsigned(row, "idx")).collect()
}

fn verdict_of(row: &Row) -> Result<Verdict, StoreError> {
    Verdict::named(&row.text("verdict")?).ok_or_else(|| row.corrupt("verdict", "an unknown verdict"))
}

/// The verdict on an event, if it stands in a timeline.
pub async fn verdict(tx: &mut ReadTx, index: u64) -> Result<Option<Verdict>, StoreError> {
    const SQL: Sql = Sql::both("select verdict from timeline where idx = $1 limit 1");
    tx.fetch_optional(&SQL, params![signed(index)]).await?.map(|row| verdict_of(&row)).transpose()
}

/// One posting, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingRow {
    /// Log index of the event.
    pub index: u64,
    /// Sort of account.
    pub account: String,
    /// Holder, for `held`.
    pub party: Option<String>,
    /// Site, for `held`.
    pub site: Option<SiteId>,
    /// Manifest, for `transit`.
    pub manifest: Option<ManifestId>,
    /// Line, for `transit`.
    pub line: Option<i64>,
    /// Grams, signed.
    pub mass_g: i64,
}

/// Up to `limit` postings of a lot after a log index.
pub async fn postings_of(
    tx: &mut ReadTx,
    lot: LotId,
    after: i64,
    limit: u64,
) -> Result<Vec<PostingRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select idx, account, party, site, manifest, line, mass_g from posting
          where lot = $1 and idx > $2 order by idx, n limit $3",
    );
    let rows = tx.fetch_all(&SQL, params![lot.as_uuid(), after, signed(limit)]).await?;
    rows.iter()
        .map(|row| {
            Ok(PostingRow {
                index: unsigned(row, "idx")?,
                account: row.text("account")?,
                party: row.opt_text("party")?,
                site: row.opt_uuid("site")?.map(SiteId::from_uuid),
                manifest: row.opt_uuid("manifest")?.map(ManifestId::from_uuid),
                line: row.opt_i64("line")?,
                mass_g: row.i64("mass_g")?,
            })
        })
        .collect()
}
