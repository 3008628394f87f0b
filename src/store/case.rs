//! Cases: one row each.

use chrono::NaiveDate;

use super::books::{from_json, to_json};
use super::log::signed;
use super::paper::bounds;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::{Division, Uscc};
use crate::custody::books::Outcome;
use crate::custody::case::{CaseStage, CaseState};
use crate::id::CaseId;
use crate::ledger::Kid;

pub(super) const CASE: Table = Table {
    name: "case_file",
    columns: &[
        ("case_id", ColType::Uuid),
        ("party", ColType::Text),
        ("division", ColType::Text),
        ("owner", ColType::Blob),
        ("site", ColType::Uuid),
        ("stage", ColType::Text),
        ("due_day", ColType::I64),
        ("first_idx", ColType::I64),
        ("snapshot", ColType::Text),
    ],
    key: &["case_id"],
};

/// Write what a batch changed.
pub(super) async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for case in outcomes.iter().flat_map(|(_, outcome)| &outcome.cases) {
        rows.push(params![
            case.case.as_uuid(),
            case.party.to_string(),
            case.division.map(|division| division.to_string()),
            case.owner.as_bytes().to_vec(),
            case.site.map(|site| site.as_uuid()),
            case.stage().name().to_owned(),
            case.due.map(|due| i64::from(due.to_epoch_days())),
            signed(case.opened.index),
            to_json("case_file", case)?
        ]);
    }
    tx.upsert_many(&CASE, rows).await.map(drop)
}

/// These cases, those that exist.
pub async fn by_ids(tx: &mut ReadTx, ids: &[CaseId]) -> Result<Vec<CaseState>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select snapshot from case_file where case_id in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    read(&tx.fetch_in(&SQL, keys, params![]).await?)
}

/// Which cases a page may hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Among {
    /// Only those of this party.
    pub party: Option<Uscc>,
    /// Only those that lie in this division, or nowhere known.
    pub within: Option<Division>,
    /// Only those that lie in this division.
    pub division: Option<Division>,
    /// Only those that lie with this key.
    pub owner: Option<Kid>,
    /// Only those at this stage.
    pub stage: Option<CaseStage>,
    /// Only those that wait for an answer which was due before this day.
    pub overdue_on: Option<NaiveDate>,
}

/// Up to `limit` cases after a log index, in the order in which they were opened.
pub async fn after(
    tx: &mut ReadTx,
    among: Among,
    after: i64,
    limit: u64,
) -> Result<Vec<CaseState>, StoreError> {
    const SQL: Sql = Sql::both(
        "select snapshot from case_file
          where first_idx > $1 and coalesce(division, $2) between $2 and $3
            and ($4 = '' or division between $4 and $5) and ($6 = '' or party = $6) and ($7 = '' or stage = $7)
            and ($8 = 0 or (stage = 'open' and due_day < $8)) and ($9 = 0 or owner = $10)
          order by first_idx limit $11",
    );
    let (first, last) = bounds(among.within);
    let (from, to) = match among.division {
        Some(division) => bounds(Some(division)),
        None => (String::new(), String::new()),
    };
    let owner = among.owner.map(|kid| kid.as_bytes().to_vec());
    let values = params![
        after,
        first,
        last,
        from,
        to,
        among.party.map_or_else(String::new, |party| party.to_string()),
        among.stage.map_or("", CaseStage::name).to_owned(),
        among.overdue_on.map_or(0, |day| i64::from(day.to_epoch_days())),
        i64::from(owner.is_some()),
        owner.unwrap_or_default(),
        signed(limit)
    ];
    read(&tx.fetch_all(&SQL, values).await?)
}

fn read(rows: &[Row]) -> Result<Vec<CaseState>, StoreError> {
    rows.iter().map(|row| from_json(row, "snapshot")).collect()
}
