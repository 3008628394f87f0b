//! Findings in pages, and how many there are.

use std::cmp::Reverse;

use uuid::Uuid;

use super::queue::Queue;
use super::{FindingRow, finding_of, life_name};
use crate::custody::answer::Stage;
use crate::custody::shelf::Life;
use crate::id::FindingId;
use crate::store::log::{signed, unsigned};
use crate::store::{Param, ReadTx, Row, Sql, SqlIn, StoreError, params};

/// Most rows of one queue in one life that one reading looks at; one that needs to look at more says where it goes on.
pub const MAX_LOOKED_AT: u64 = 2_000;

/// Which findings to list.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Whose.
    pub queue: Queue,
    /// Only those of this rule.
    pub rule: Option<String>,
    /// Only those in this life; all that ever opened when absent.
    pub life: Option<Life>,
    /// Only those that stand here by what people said of them.
    pub stage: Option<Stage>,
}

/// A place in a queue: when a finding last opened, in milliseconds since 1970, and which. Behind it come those that opened before.
pub type Spot = (i64, FindingId);

/// Before every finding.
pub const NEWEST: Spot = (i64::MAX, FindingId::from_uuid(Uuid::max()));

/// What one reading found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The findings, those that opened last first.
    pub rows: Vec<FindingRow>,
    /// Behind which to go on; `None` when there are no more.
    pub next: Option<Spot>,
}

/// The statement along one index of a queue, from behind a place on: `$5` rows of it are looked at, and the first `$8` that fit are read.
macro_rules! along {
    ($where:literal) => {
        concat!(
            "select f.finding, f.severity, f.manifest, f.life, f.opened_at_ms, f.closed_at_ms, f.stage, f.body
               from (select w.finding
                       from (select opened_at_ms, finding, rule, stage from finding_queue
                              where queue = $1 and life = $2 and (opened_at_ms, finding) < ($3, $4)",
            $where,
            "         order by opened_at_ms desc, finding desc limit $5) w
                      where ($6 = '' or w.rule = $6) and ($7 = '' or w.stage = $7)
                      order by w.opened_at_ms desc, w.finding desc limit $8) q
               cross join finding_seen f where f.finding = q.finding"
        )
    };
}

const ALL: Sql = Sql::both(along!(""));
const OF_RULE: Sql = Sql::both(along!(" and rule = $6"));
// Every other stage than the first is one that somebody spoke to, and few are.
const OF_STAGE: Sql = Sql::both(along!(" and stage = $7 and stage <> 'open'"));

/// The last row that such a reading looks at, where there are as many.
const END_ALL: Sql = Sql::both(
    "select opened_at_ms, finding from finding_queue where queue = $1 and life = $2 and (opened_at_ms, finding) < ($3, $4)
      order by opened_at_ms desc, finding desc limit 1 offset $5",
);
const END_OF_RULE: Sql = Sql::both(
    "select opened_at_ms, finding from finding_queue where queue = $1 and life = $2 and (opened_at_ms, finding) < ($3, $4) and rule = $6
      order by opened_at_ms desc, finding desc limit 1 offset $5",
);
const END_OF_STAGE: Sql = Sql::both(
    "select opened_at_ms, finding from finding_queue where queue = $1 and life = $2 and (opened_at_ms, finding) < ($3, $4) and stage = $6
        and stage <> 'open'
      order by opened_at_ms desc, finding desc limit 1 offset $5",
);

/// Up to `limit` findings behind a place, those that opened last first, or fewer and where to go on.
pub async fn list(tx: &mut ReadTx, filter: &Filter, after: Spot, limit: u64) -> Result<Found, StoreError> {
    let lives = filter.life.map_or(vec![Life::Armed, Life::Open, Life::Closed], |life| vec![life]);
    let (mut rows, mut end): (Vec<FindingRow>, Option<Spot>) = (Vec::new(), None);
    for queue in filter.queue.names() {
        for life in &lives {
            let walked = walk(tx, filter, (&queue, *life), after, limit.saturating_add(1)).await?;
            rows.extend(walked.rows);
            end = end.into_iter().chain(walked.next).max();
        }
    }
    rows.sort_unstable_by_key(|row| Reverse(spot_of(row)));
    // Behind the end of one walk, the others tell but a part.
    rows.retain(|row| end.is_none_or(|end| spot_of(row) >= end));
    let fits = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = if rows.len() > fits { rows.get(fits.saturating_sub(1)).map(spot_of) } else { end };
    rows.truncate(fits);
    Ok(Found { rows, next })
}

/// Along one queue in one life: up to `limit` findings, and the last one looked at where there may be more.
async fn walk(
    tx: &mut ReadTx,
    filter: &Filter,
    (queue, life): (&str, Life),
    (opened_at_ms, id): Spot,
    limit: u64,
) -> Result<Found, StoreError> {
    let rule = filter.rule.clone().unwrap_or_default();
    let stage = filter.stage.map_or("", Stage::name).to_owned();
    let is_answered = filter.stage.is_some_and(|stage| stage != Stage::Open);
    let (sql, end, key) = match &filter.rule {
        _ if is_answered => (&OF_STAGE, &END_OF_STAGE, Some(stage.clone())),
        Some(_) => (&OF_RULE, &END_OF_RULE, Some(rule.clone())),
        None => (&ALL, &END_ALL, None),
    };
    // What an index tells by itself is found without looking at anything else.
    let is_exact = if is_answered { filter.rule.is_none() } else { filter.stage.is_none() };
    let from = params![queue.to_owned(), life_name(life).to_owned(), opened_at_ms, id.as_uuid()];
    let mut values = from.clone();
    let looked_at = if is_exact { limit } else { MAX_LOOKED_AT };
    values.extend(params![signed(looked_at), rule, stage, signed(limit)]);
    let rows = tx.fetch_all(sql, values).await?;
    let mut rows = rows.iter().map(finding_of).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| Reverse(spot_of(row)));
    if rows.len() as u64 >= limit {
        return Ok(Found { next: rows.last().map(spot_of), rows });
    }
    if is_exact {
        return Ok(Found { next: None, rows });
    }
    let mut values = from;
    values.push(Param::I64(signed(MAX_LOOKED_AT - 1)));
    values.extend(key.map(Param::Text));
    let last = tx.fetch_optional(end, values).await?;
    let spot = |row: Row| {
        Ok::<_, StoreError>((row.i64("opened_at_ms")?, FindingId::from_uuid(row.uuid("finding")?)))
    };
    Ok(Found { rows, next: last.map(spot).transpose()? })
}

fn spot_of(row: &FindingRow) -> Spot {
    (row.opened_at.map_or(0, |at| at.as_millis()), row.id)
}

/// Up to `limit` findings in a life after an id, by id, whosever they are: for reports on a whole ledger.
pub async fn list_all(
    tx: &mut ReadTx,
    life: Life,
    after: FindingId,
    limit: u64,
) -> Result<Vec<FindingRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select finding, severity, manifest, life, opened_at_ms, closed_at_ms, stage, body from finding_seen
          where finding > $1 and life = $2 and opened_at_ms is not null order by finding limit $3",
    );
    let values = params![after.as_uuid(), life_name(life).to_owned(), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(finding_of).collect()
}

/// Number of open findings per rule, by rule id.
pub async fn open_per_rule(tx: &mut ReadTx, queue: Queue) -> Result<Vec<(String, u64)>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select rule, count(*) as n from finding_queue where queue in ({keys}) and life = 'open' group by rule order by rule",
    );
    let rows = tx.fetch_in(&SQL, queue.names().into_iter().map(Param::Text).collect(), params![]).await?;
    rows.iter().map(|row| Ok((row.text("rule")?, unsigned(row, "n")?))).collect()
}
