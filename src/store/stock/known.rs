//! Stock as it was known when the log was shorter: the totals of now, less what later entries posted, under the codes of then.
//!
//! The work follows from what came since, and what came since is bounded.

use std::collections::{BTreeMap, HashMap};

use super::PART_G;
use super::read::{Total, totals_before};
use crate::catalogue::Uscc;
use crate::custody::stock::StockCode;
use crate::id::{LotId, SiteId};
use crate::store::log::signed;
use crate::store::registry::parse;
use crate::store::{Param, ReadTx, Row, Sql, SqlIn, StoreError, books, params};

/// Most postings at the site that later entries may have made.
pub const MAX_LATER_POSTINGS: u64 = 100_000;
/// Most lots of the ledger that later entries may have given another code.
pub const MAX_RECODED_LOTS: u64 = 10_000;

/// What entered and left a site with one lot, against one account.
struct LotTotal {
    lot: LotId,
    against: String,
    in_g: i64,
    out_g: i64,
}

/// The totals of everything before a day (days since 1970-01-01), as they were known when the log had `size` entries: of a code and
/// account at most one. `None` where more came since than is looked through.
pub async fn totals_known_before(
    tx: &mut ReadTx,
    place: (Uscc, SiteId),
    day: i64,
    size: u64,
) -> Result<Option<Vec<Total>>, StoreError> {
    let Some(recoded) = recoded_since(tx, size).await? else { return Ok(None) };
    if is_too_much(tx, place, size).await? {
        return Ok(None);
    }
    let later = posted_since(tx, place, day, size).await?;
    let kept = posted_before(tx, place, day, size, &recoded).await?;
    let now = codes_now(tx, later.iter().chain(&kept)).await?;
    let code_now = |lot: &LotId| now.get(lot).copied().unwrap_or(StockCode::Unknown);
    let mut sums: BTreeMap<(StockCode, String), (i64, i64)> = BTreeMap::new();
    let mut add = |code: StockCode, against: &str, in_g: i64, out_g: i64| {
        let sum = sums.entry((code, against.to_owned())).or_default();
        *sum = (sum.0.wrapping_add(in_g), sum.1.wrapping_add(out_g));
    };
    for total in totals_before(tx, place, day).await? {
        add(total.code, &total.against, total.in_g, total.out_g);
    }
    for total in later.iter().chain(&kept) {
        add(code_now(&total.lot), &total.against, total.in_g.wrapping_neg(), total.out_g.wrapping_neg());
    }
    for total in &kept {
        add(recoded[&total.lot], &total.against, total.in_g, total.out_g);
    }
    sums.retain(|_, sum| *sum != (0, 0));
    let total = |((code, against), (in_g, out_g))| Total { code, against, in_g, out_g };
    Ok(Some(sums.into_iter().map(total).collect()))
}

/// As what lots counted when the log had `size` entries, where a later one gave them another code.
async fn recoded_since(tx: &mut ReadTx, size: u64) -> Result<Option<HashMap<LotId, StockCode>>, StoreError> {
    const SQL: Sql =
        Sql::both("select lot, code from lot_recoded where idx >= $1 order by idx desc, lot limit $2");
    let rows = tx.fetch_all(&SQL, params![signed(size), signed(MAX_RECODED_LOTS + 1)]).await?;
    if rows.len() as u64 > MAX_RECODED_LOTS {
        return Ok(None);
    }
    // The first of the later entries is the last one to be put in.
    let code = |row: &Row| Ok((LotId::from_uuid(row.uuid("lot")?), parse(row, "code")?));
    rows.iter().map(code).collect::<Result<_, StoreError>>().map(Some)
}

/// True when later entries made more postings at the site than are looked through.
async fn is_too_much(tx: &mut ReadTx, (party, site): (Uscc, SiteId), size: u64) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "select 1 as more from posting where account = 'held' and party = $1 and site = $2 and idx >= $3
          order by idx limit 1 offset $4",
    );
    let values = params![party.to_string(), site.as_uuid(), signed(size), signed(MAX_LATER_POSTINGS)];
    Ok(tx.fetch_optional(&SQL, values).await?.is_some())
}

/// What entries from log index `size` on posted at a site before a day, by lot.
async fn posted_since(
    tx: &mut ReadTx,
    (party, site): (Uscc, SiteId),
    day: i64,
    size: u64,
) -> Result<Vec<LotTotal>, StoreError> {
    const SQL: Sql = Sql::both(
        "select p.lot, p.n % 2 as second, c.account as against,
                cast(sum(p.mass_g / $1) as bigint) as parts, cast(sum(p.mass_g % $1) as bigint) as rest_g
           from posting p join posting c on c.idx = p.idx and c.n = p.n + 1 - 2 * (p.n % 2)
          where p.account = 'held' and p.party = $2 and p.site = $3 and p.idx >= $4 and p.eff_day < $5
          group by p.lot, p.n % 2, c.account",
    );
    let values = params![PART_G, party.to_string(), site.as_uuid(), signed(size), day];
    tx.fetch_all(&SQL, values).await?.iter().map(lot_total).collect()
}

/// What entries before log index `size` posted at a site before a day with these lots.
async fn posted_before(
    tx: &mut ReadTx,
    (party, site): (Uscc, SiteId),
    day: i64,
    size: u64,
    lots: &HashMap<LotId, StockCode>,
) -> Result<Vec<LotTotal>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select p.lot, p.n % 2 as second, c.account as against,
                cast(sum(p.mass_g / $1) as bigint) as parts, cast(sum(p.mass_g % $1) as bigint) as rest_g
           from posting p join posting c on c.idx = p.idx and c.n = p.n + 1 - 2 * (p.n % 2)
          where p.account = 'held' and p.party = $2 and p.site = $3 and p.idx < $4 and p.eff_day < $5
            and p.lot in ({keys})
          group by p.lot, p.n % 2, c.account",
    );
    let keys = lots.keys().map(|lot| Param::Uuid(lot.as_uuid())).collect();
    let values = params![PART_G, party.to_string(), site.as_uuid(), signed(size), day];
    tx.fetch_in(&SQL, keys, values).await?.iter().map(lot_total).collect()
}

fn lot_total(row: &Row) -> Result<LotTotal, StoreError> {
    let mass_g = row.i64("parts")?.wrapping_mul(PART_G).wrapping_add(row.i64("rest_g")?);
    let (in_g, out_g) = super::Shift::totals(row.i64("second")? == 1, mass_g);
    Ok(LotTotal { lot: LotId::from_uuid(row.uuid("lot")?), against: row.text("against")?, in_g, out_g })
}

/// As what these lots count now.
async fn codes_now(
    tx: &mut ReadTx,
    totals: impl Iterator<Item = &LotTotal>,
) -> Result<HashMap<LotId, StockCode>, StoreError> {
    let lots: Vec<LotId> = totals.map(|total| total.lot).collect();
    let shelves = books::lots_as_folded(tx, &lots).await?;
    Ok(shelves.into_iter().map(|(lot, shelf)| (lot, shelf.state.stock_code())).collect())
}
