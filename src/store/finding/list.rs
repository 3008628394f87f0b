//! Findings in pages, and how many there are.

use super::{FindingRow, finding_of, life_name};
use crate::catalogue::Uscc;
use crate::custody::answer::Stage;
use crate::custody::shelf::Life;
use crate::id::FindingId;
use crate::store::log::signed;
use crate::store::{Param, ReadTx, Sql, StoreError, params};

/// Which findings to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those that concern this party.
    pub party: Option<Uscc>,
    /// Only those of this rule.
    pub rule: Option<String>,
    /// Only those in this life; open and closed when absent.
    pub life: Option<Life>,
    /// Only those that stand here by what people said of them.
    pub stage: Option<Stage>,
}

/// Up to `limit` findings after an id, by id.
pub async fn list(
    tx: &mut ReadTx,
    filter: &Filter,
    after: FindingId,
    limit: u64,
) -> Result<Vec<FindingRow>, StoreError> {
    const ALL: Sql = Sql::both(
        "select finding, severity, manifest, life, opened_at_ms, closed_at_ms, stage, body from finding_seen
          where finding > $1 and opened_at_ms is not null and ($2 = '' or rule = $2) and ($3 = '' or life = $3)
            and ($5 = '' or stage = $5)
          order by finding limit $4",
    );
    // Every other stage than the first is one that somebody spoke to: what nobody answered is not looked at.
    const ANSWERED: Sql = Sql::both(
        "select f.finding, f.severity, f.manifest, f.life, f.opened_at_ms, f.closed_at_ms, f.stage, f.body
           from finding_answer a cross join finding_seen f
          where f.finding = a.finding and a.finding > $1 and f.opened_at_ms is not null and ($2 = '' or f.rule = $2)
            and ($3 = '' or f.life = $3) and f.stage = $5
          order by a.finding limit $4",
    );
    const OF_PARTY: Sql = Sql::both(
        "select f.finding, f.severity, f.manifest, f.life, f.opened_at_ms, f.closed_at_ms, f.stage, f.body
           from finding_party p join finding_seen f on f.finding = p.finding
          where p.party = $6 and p.finding > $1 and f.opened_at_ms is not null and ($2 = '' or f.rule = $2)
            and ($3 = '' or f.life = $3) and ($5 = '' or f.stage = $5)
          order by p.finding limit $4",
    );
    let rule = filter.rule.clone().unwrap_or_default();
    let life = filter.life.map_or("", life_name).to_owned();
    let stage = filter.stage.map_or("", Stage::name).to_owned();
    let mut values = params![after.as_uuid(), rule, life, signed(limit), stage];
    let rows = match filter.party {
        Some(party) => {
            values.push(Param::Text(party.to_string()));
            tx.fetch_all(&OF_PARTY, values).await?
        }
        None if filter.stage.is_some_and(|stage| stage != Stage::Open) => {
            tx.fetch_all(&ANSWERED, values).await?
        }
        None => tx.fetch_all(&ALL, values).await?,
    };
    rows.iter().map(finding_of).collect()
}

/// Number of open findings per rule, over the whole ledger.
pub async fn open_per_rule(tx: &mut ReadTx) -> Result<Vec<(String, i64)>, StoreError> {
    const SQL: Sql =
        Sql::both("select rule, count(*) as n from finding where life = 'open' group by rule order by rule");
    tx.fetch_all(&SQL, params![]).await?.iter().map(|row| Ok((row.text("rule")?, row.i64("n")?))).collect()
}
