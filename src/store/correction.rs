//! Corrections: one row each, and who has a part in it.

use super::books::{from_json, to_json};
use super::log::{blob, signed};
use super::{ColType, Param, ReadTx, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::custody::books::Outcome;
use crate::custody::correction::CorrectionState;
use crate::id::CorrectionId;
use crate::ledger::EventId;

pub(super) const CORRECTION: Table = Table {
    name: "correction",
    columns: &[
        ("correction", ColType::Uuid),
        ("event_id", ColType::Blob),
        ("first_idx", ColType::I64),
        ("stage", ColType::Text),
        ("settled_idx", ColType::I64),
        ("snapshot", ColType::Text),
    ],
    key: &["correction"],
};
pub(super) const CORRECTION_PARTY: Table = Table {
    name: "correction_party",
    columns: &[("party", ColType::Text), ("first_idx", ColType::I64), ("correction", ColType::Uuid)],
    key: &["party", "first_idx", "correction"],
};

/// Write what a batch changed.
pub(super) async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let (mut rows, mut parties) = (Vec::new(), Vec::new());
    for state in outcomes.iter().flat_map(|(_, outcome)| &outcome.corrections) {
        let first = signed(state.first_index());
        rows.push(params![
            state.correction.as_uuid(),
            state.event.as_bytes().to_vec(),
            first,
            state.stage().name().to_owned(),
            state.settled_index.map(signed),
            to_json("correction", state)?
        ]);
        let concerned = state.parties().into_iter();
        parties.extend(concerned.map(|party| params![party.to_string(), first, state.correction.as_uuid()]));
    }
    tx.upsert_many(&CORRECTION, rows).await?;
    tx.upsert_many(&CORRECTION_PARTY, parties).await?;
    Ok(())
}

/// These corrections, those that exist.
pub async fn by_ids(tx: &mut ReadTx, ids: &[CorrectionId]) -> Result<Vec<CorrectionState>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select snapshot from correction where correction in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(|row| from_json(row, "snapshot")).collect()
}

/// The corrections of these events, in the order in which they began.
pub async fn of_events(tx: &mut ReadTx, events: &[EventId]) -> Result<Vec<CorrectionState>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select snapshot from correction where event_id in ({keys})");
    let rows = tx.fetch_in(&SQL, events.iter().map(blob).collect(), params![]).await?;
    let states: Result<Vec<CorrectionState>, _> = rows.iter().map(|row| from_json(row, "snapshot")).collect();
    let mut states = states?;
    states.sort_by_key(|state| (state.first_index(), state.correction));
    Ok(states)
}

/// Up to `limit` corrections that concern a party and wait for somebody's word, the latest first.
pub async fn waiting(tx: &mut ReadTx, party: Uscc, limit: u64) -> Result<Vec<CorrectionState>, StoreError> {
    const SQL: Sql = Sql::both(
        "select c.snapshot from correction_party p join correction c on c.correction = p.correction
          where p.party = $1 and c.stage = 'proposed' order by p.first_idx desc, p.correction limit $2",
    );
    let rows = tx.fetch_all(&SQL, params![party.to_string(), signed(limit)]).await?;
    rows.iter().map(|row| from_json(row, "snapshot")).collect()
}

/// Up to `limit` corrections that concern a party and began before log index `before`, the latest first.
pub async fn list(
    tx: &mut ReadTx,
    party: Uscc,
    before: i64,
    limit: u64,
) -> Result<Vec<CorrectionState>, StoreError> {
    const SQL: Sql = Sql::both(
        "select c.snapshot from correction_party p join correction c on c.correction = p.correction
          where p.party = $1 and p.first_idx < $2 order by p.first_idx desc, p.correction limit $3",
    );
    let rows = tx.fetch_all(&SQL, params![party.to_string(), before, signed(limit)]).await?;
    rows.iter().map(|row| from_json(row, "snapshot")).collect()
}
