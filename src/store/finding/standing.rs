//! How findings and obligations stand, with what they stand on.

use super::{life_of, moment};
use crate::custody::shelf::Standing;
use crate::id::{FindingId, TallyId, WatchId};
use crate::store::books::from_json;
use crate::store::{Param, ReadTx, Row, SqlIn, StoreError, params};

/// A finding or obligation as the store holds it.
#[derive(Clone, Debug)]
pub struct StoredStanding {
    /// Its id.
    pub id: FindingId,
    /// The running total it stands on, if it stands on one.
    pub tally: Option<TallyId>,
    /// The watch it stands on, if it stands on one.
    pub watch: Option<WatchId>,
    /// How it stands.
    pub standing: Standing,
}

/// These findings and obligations, those that exist.
pub async fn standings(tx: &mut ReadTx, ids: &[FindingId]) -> Result<Vec<StoredStanding>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        // Steps are numbered without a gap: the last one tells how many there are, however many.
        "select f.finding, f.tally, f.watch, f.life, f.opened_at_ms, f.closed_at_ms, f.body,
                coalesce((select s.n + 1 from finding_step s where s.finding = f.finding order by s.n desc limit 1), 0) as steps
           from finding f where f.finding in ({keys})",
    );
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let stored = |row: &Row| {
        let standing = Standing {
            life: life_of(row)?,
            steps: u32::try_from(row.i64("steps")?).unwrap_or(u32::MAX),
            opened_at: moment(row, "opened_at_ms")?,
            closed_at: moment(row, "closed_at_ms")?,
            seen: from_json(row, "body")?,
        };
        let tally = row.opt_uuid("tally")?.map(TallyId::from_uuid);
        let watch = row.opt_uuid("watch")?.map(WatchId::from_uuid);
        Ok(StoredStanding { id: FindingId::from_uuid(row.uuid("finding")?), tally, watch, standing })
    };
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(stored).collect()
}
