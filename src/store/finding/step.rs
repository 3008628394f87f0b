//! The steps in the lives of findings.

use crate::clock::Timestamp;
use crate::custody::Observation;
use crate::id::{FindingId, ManifestId};
use crate::store::log::signed;
use crate::store::{ReadTx, Row, Sql, StoreError, params};

/// One step in the life of a finding, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// The finding.
    pub finding: FindingId,
    /// Number of the step.
    pub n: u32,
    /// Opened, revised or closed.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// Log index that caused it.
    pub index: Option<u64>,
    /// What was seen.
    pub seen: Observation,
}

/// The last steps of a finding before the step of a number, at most `limit` of them, in order.
pub async fn steps(
    tx: &mut ReadTx,
    id: FindingId,
    before: u32,
    limit: u32,
) -> Result<Vec<StepRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select finding, n, idx, at_ms, step, body from finding_step where finding = $1 and n < $2 order by n desc limit $3",
    );
    let rows = tx.fetch_all(&SQL, params![id.as_uuid(), before, limit]).await?;
    rows.iter().rev().map(step_of).collect()
}

/// The steps of every finding of a manifest, its line lots included, those of one in order.
pub async fn steps_of_manifest(tx: &mut ReadTx, manifest: ManifestId) -> Result<Vec<StepRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select s.finding, s.n, s.idx, s.at_ms, s.step, s.body from finding f join finding_step s on s.finding = f.finding
          where f.manifest = $1 order by s.finding, s.n",
    );
    tx.fetch_all(&SQL, params![manifest.as_uuid()]).await?.iter().map(step_of).collect()
}

/// The steps that one log entry caused.
pub async fn steps_of_entry(tx: &mut ReadTx, index: u64) -> Result<Vec<StepRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select finding, n, idx, at_ms, step, body from finding_step where idx = $1 order by finding, n",
    );
    tx.fetch_all(&SQL, params![signed(index)]).await?.iter().map(step_of).collect()
}

fn step_of(row: &Row) -> Result<StepRow, StoreError> {
    Ok(StepRow {
        finding: FindingId::from_uuid(row.uuid("finding")?),
        n: u32::try_from(row.i64("n")?).map_err(|_| row.corrupt("n", "not a step number"))?,
        step: row.text("step")?,
        at: Timestamp::from_millis(row.i64("at_ms")?),
        index: row.opt_i64("idx")?.and_then(|index| u64::try_from(index).ok()),
        seen: serde_json::from_str(&row.text("body")?)
            .map_err(|error| row.corrupt("body", error.to_string()))?,
    })
}
