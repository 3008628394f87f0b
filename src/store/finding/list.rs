//! Findings in pages, and how many there are.

use super::queue::Queue;
use super::{FindingRow, finding_of, life_name};
use crate::custody::answer::Stage;
use crate::custody::shelf::Life;
use crate::id::FindingId;
use crate::store::log::signed;
use crate::store::{Param, ReadTx, Sql, StoreError, params};

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

/// What one reading found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The findings, by id.
    pub rows: Vec<FindingRow>,
    /// Behind which to go on; `None` when there are no more.
    pub next: Option<FindingId>,
}

/// The statement along one index of a queue, from after an id on: `$4` rows of it are looked at, and the first `$7` that fit are read.
macro_rules! along {
    ($where:literal) => {
        concat!(
            "select f.finding, f.severity, f.manifest, f.life, f.opened_at_ms, f.closed_at_ms, f.stage, f.body
               from (select w.finding
                       from (select finding, rule, stage from finding_queue
                              where queue = $1 and life = $2 and finding > $3",
            $where,
            "         order by finding limit $4) w
                      where ($5 = '' or w.rule = $5) and ($6 = '' or w.stage = $6)
                      order by w.finding limit $7) q
               cross join finding_seen f where f.finding = q.finding"
        )
    };
}

const ALL: Sql = Sql::both(along!(""));
const OF_RULE: Sql = Sql::both(along!(" and rule = $5"));
// Every other stage than the first is one that somebody spoke to, and few are.
const OF_STAGE: Sql = Sql::both(along!(" and stage = $6 and stage <> 'open'"));

/// The last row that such a reading looks at, where there are as many.
const END_ALL: Sql = Sql::both(
    "select finding from finding_queue where queue = $1 and life = $2 and finding > $3 order by finding limit 1 offset $4",
);
const END_OF_RULE: Sql = Sql::both(
    "select finding from finding_queue where queue = $1 and life = $2 and finding > $3 and rule = $5
      order by finding limit 1 offset $4",
);
const END_OF_STAGE: Sql = Sql::both(
    "select finding from finding_queue where queue = $1 and life = $2 and finding > $3 and stage = $5 and stage <> 'open'
      order by finding limit 1 offset $4",
);

/// Up to `limit` findings after an id, by id, or fewer and where to go on.
pub async fn list(
    tx: &mut ReadTx,
    filter: &Filter,
    after: FindingId,
    limit: u64,
) -> Result<Found, StoreError> {
    let lives = filter.life.map_or(vec![Life::Armed, Life::Open, Life::Closed], |life| vec![life]);
    let (mut rows, mut end): (Vec<FindingRow>, Option<FindingId>) = (Vec::new(), None);
    for queue in filter.queue.names() {
        for life in &lives {
            let walked = walk(tx, filter, (&queue, *life), after, limit.saturating_add(1)).await?;
            rows.extend(walked.rows);
            end = end.into_iter().chain(walked.next).min();
        }
    }
    rows.sort_unstable_by_key(|row| row.id);
    // Behind the end of one walk, the others tell but a part.
    rows.retain(|row| end.is_none_or(|end| row.id <= end));
    let fits = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = if rows.len() > fits { rows.get(fits.saturating_sub(1)).map(|row| row.id) } else { end };
    rows.truncate(fits);
    Ok(Found { rows, next })
}

/// Along one queue in one life: up to `limit` findings, and the last one looked at where there may be more.
async fn walk(
    tx: &mut ReadTx,
    filter: &Filter,
    (queue, life): (&str, Life),
    after: FindingId,
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
    let from = params![queue.to_owned(), life_name(life).to_owned(), after.as_uuid()];
    let mut values = from.clone();
    let looked_at = if is_exact { limit } else { MAX_LOOKED_AT };
    values.extend(params![signed(looked_at), rule, stage, signed(limit)]);
    let rows = tx.fetch_all(sql, values).await?;
    let mut rows = rows.iter().map(finding_of).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.id);
    if rows.len() as u64 >= limit {
        return Ok(Found { next: rows.last().map(|row| row.id), rows });
    }
    if is_exact {
        return Ok(Found { next: None, rows });
    }
    let mut values = from;
    values.push(Param::I64(signed(MAX_LOOKED_AT - 1)));
    values.extend(key.map(Param::Text));
    let last = tx.fetch_optional(end, values).await?;
    let next = last.map(|row| Ok::<_, StoreError>(FindingId::from_uuid(row.uuid("finding")?))).transpose()?;
    Ok(Found { rows, next })
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

/// Number of open findings per rule, over the whole ledger.
pub async fn open_per_rule(tx: &mut ReadTx) -> Result<Vec<(String, i64)>, StoreError> {
    const SQL: Sql =
        Sql::both("select rule, count(*) as n from finding where life = 'open' group by rule order by rule");
    tx.fetch_all(&SQL, params![]).await?.iter().map(|row| Ok((row.text("rule")?, row.i64("n")?))).collect()
}
