//! Reading stock: each question looks at a bounded number of rows, however long the ledger is.

use super::Starts;
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::stock::{Count, StockCode};
use crate::id::{LotId, ManifestId, SiteId};
use crate::store::log::{event_id, signed, timestamp, unsigned};
use crate::store::registry::parse;
use crate::store::{Param, ReadTx, Row, Sql, SqlIn, StoreError, params};

/// What entered and left a site as one code, against one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// What it counts as.
    pub code: StockCode,
    /// Name of the account it came from or went to.
    pub against: String,
    /// Entered, in grams.
    pub in_g: i64,
    /// Left, in grams.
    pub out_g: i64,
}

/// The totals that make up everything before a day (days since 1970-01-01): of a code and account at most one a year, one a month of
/// that day's year and one a day of its month.
pub async fn totals_before(
    tx: &mut ReadTx,
    (party, site): (Uscc, SiteId),
    day: i64,
) -> Result<Vec<Total>, StoreError> {
    const SQL: Sql = Sql::both(
        "select code, against, in_g, out_g from stock_bucket
          where party = $1 and site = $2 and grain = 'year' and start < $3
         union all
         select code, against, in_g, out_g from stock_bucket
          where party = $1 and site = $2 and grain = 'month' and start >= $3 and start < $4
         union all
         select code, against, in_g, out_g from stock_bucket
          where party = $1 and site = $2 and grain = 'day' and start >= $4 and start < $5",
    );
    let starts = Starts::of(day);
    let values = params![party.to_string(), site.as_uuid(), starts.year, starts.month, day];
    tx.fetch_all(&SQL, values).await?.iter().map(total_of).collect()
}

/// The total of a year or of a month at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub party: Uscc,
    /// Where.
    pub site: SiteId,
    /// First day of the year or month, in days since 1970-01-01.
    pub start: i64,
    /// What entered and left.
    pub total: Total,
}

/// The totals of these parties: of each year before the one that `from` lies in, and of each month from the beginning of that year
/// until before `until` (both in days since 1970-01-01). What no month cuts in two adds up from them.
pub async fn totals_by_month(
    tx: &mut ReadTx,
    parties: &[Uscc],
    from: i64,
    until: i64,
) -> Result<Vec<Span>, StoreError> {
    const SQL: SqlIn = SqlIn::each(
        "select party, site, start, code, against, in_g, out_g from stock_bucket indexed by stock_bucket_coarse
          where party in ({keys}) and grain <> 'day'
            and (grain = 'year' and start < $1 or grain = 'month' and start >= $1 and start < $2)",
        "select party, site, start, code, against, in_g, out_g from stock_bucket
          where party in ({keys}) and grain <> 'day'
            and (grain = 'year' and start < $1 or grain = 'month' and start >= $1 and start < $2)",
    );
    let keys = parties.iter().map(|party| Param::Text(party.to_string())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![Starts::of(from).year, until]).await?;
    rows.iter()
        .map(|row| {
            Ok(Span {
                party: parse(row, "party")?,
                site: SiteId::from_uuid(row.uuid("site")?),
                start: row.i64("start")?,
                total: total_of(row)?,
            })
        })
        .collect()
}

fn total_of(row: &Row) -> Result<Total, StoreError> {
    Ok(Total {
        code: parse(row, "code")?,
        against: row.text("against")?,
        in_g: row.i64("in_g")?,
        out_g: row.i64("out_g")?,
    })
}

/// What entered and left one site of a party in one calendar year as one code, against one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearTotal {
    /// The site.
    pub site: SiteId,
    /// First day of the year, in days since 1970-01-01.
    pub start: i64,
    /// The sums.
    pub total: Total,
}

/// The sums of every year at every site of a party; together they are what is there.
pub async fn year_totals(tx: &mut ReadTx, party: Uscc) -> Result<Vec<YearTotal>, StoreError> {
    const SQL: Sql = Sql::each(
        "select site, start, code, against, in_g, out_g from stock_bucket indexed by stock_bucket_coarse
          where party = $1 and grain = 'year' and grain <> 'day'",
        "select site, start, code, against, in_g, out_g from stock_bucket where party = $1 and grain = 'year'",
    );
    let rows = tx.fetch_all(&SQL, params![party.to_string()]).await?;
    rows.iter()
        .map(|row| {
            let (start, total) = (row.i64("start")?, total_of(row)?);
            Ok(YearTotal { site: SiteId::from_uuid(row.uuid("site")?), start, total })
        })
        .collect()
}

/// A lot on hand at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnHand {
    /// The lot.
    pub lot: LotId,
    /// Its lot code, if one was allotted.
    pub lot_code: Option<String>,
    /// What it counts as.
    pub code: StockCode,
    /// Log index of its first event.
    pub first_index: u64,
    /// What is there now, in grams; negative when more left than ever came.
    pub balance_g: i64,
}

/// Up to `limit` lots on hand at a site, by code and then the oldest first, after the lot with this code, first event and id.
pub async fn on_hand(
    tx: &mut ReadTx,
    (party, site): (Uscc, SiteId),
    after: Option<(StockCode, u64, LotId)>,
    limit: u64,
) -> Result<Vec<OnHand>, StoreError> {
    const SQL: Sql = Sql::both(
        "select s.lot, l.lot_code, s.code, s.first_idx, s.balance_g from stock_lot s join lot l on l.lot = s.lot
          where s.party = $1 and s.site = $2 and (s.code, s.first_idx, s.lot) > ($3, $4, $5)
          order by s.code, s.first_idx, s.lot limit $6",
    );
    let (code, first, lot) = after.map_or((String::new(), -1, uuid::Uuid::nil()), |(code, first, lot)| {
        (code.to_string(), signed(first), lot.as_uuid())
    });
    let values = params![party.to_string(), site.as_uuid(), code, first, lot, signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(on_hand_of).collect()
}

/// Up to `limit` lots of a code of which something is there, the oldest first.
pub async fn to_draw_from(
    tx: &mut ReadTx,
    (party, site): (Uscc, SiteId),
    code: WasteCode,
    limit: u64,
) -> Result<Vec<OnHand>, StoreError> {
    const SQL: Sql = Sql::both(
        "select s.lot, l.lot_code, s.code, s.first_idx, s.balance_g from stock_lot s join lot l on l.lot = s.lot
          where s.party = $1 and s.site = $2 and s.code = $3 and s.balance_g > 0
          order by s.first_idx, s.lot limit $4",
    );
    let values = params![party.to_string(), site.as_uuid(), code.to_string(), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(on_hand_of).collect()
}

/// What the consignors of these manifests have on hand at the registered site: of each code at each site the first `limit` lots, the oldest
/// first.
pub async fn to_draw_for(
    tx: &mut ReadTx,
    manifests: &[ManifestId],
    limit: u64,
) -> Result<Vec<((Uscc, SiteId), OnHand)>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select d.party, d.site, d.lot, d.lot_code, d.code, d.first_idx, d.balance_g from (
           select s.party, s.site, s.lot, l.lot_code, s.code, s.first_idx, s.balance_g,
                  row_number() over (partition by s.party, s.site, s.code order by s.first_idx, s.lot) as n
             from (select distinct m.consignor, m.from_site from manifest m where m.manifest in ({keys})) w
             join stock_lot s on s.party = w.consignor and s.site = w.from_site
             join lot l on l.lot = s.lot
            where s.balance_g > 0) d
          where d.n <= $1 order by d.party, d.site, d.code, d.n",
    );
    let keys = manifests.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![signed(limit)]).await?;
    rows.iter()
        .map(|row| {
            let place = (parse(row, "party")?, SiteId::from_uuid(row.uuid("site")?));
            Ok((place, on_hand_of(row)?))
        })
        .collect()
}

fn on_hand_of(row: &Row) -> Result<OnHand, StoreError> {
    Ok(OnHand {
        lot: LotId::from_uuid(row.uuid("lot")?),
        lot_code: row.opt_text("lot_code")?,
        code: parse(row, "code")?,
        first_index: unsigned(row, "first_idx")?,
        balance_g: row.i64("balance_g")?,
    })
}

/// The last count of each code at a site before a moment, as it stood when the log had `size` entries: one statement, which takes
/// two short looks a code.
pub async fn last_counts(
    tx: &mut ReadTx,
    (party, site): (Uscc, SiteId),
    before: Timestamp,
    size: u64,
) -> Result<Vec<Count>, StoreError> {
    const SQL: Sql = Sql::both(
        "with recursive counted (code) as (
           select min(code) from stock_count where party = $1 and site = $2
           union all
           select (select min(next.code) from stock_count next
                    where next.party = $1 and next.site = $2 and next.code > counted.code)
             from counted where counted.code is not null)
         select c.code, c.at_ms, c.event_id, c.mass_g, c.differs_g, c.lots
           from counted join stock_count c on c.party = $1 and c.site = $2 and c.code = counted.code
            and (c.at_ms, c.event_id, c.idx) = (select last.at_ms, last.event_id, last.idx from stock_count last
                  where last.party = $1 and last.site = $2 and last.code = counted.code and last.at_ms < $3
                    and last.idx < $4 and (last.until_idx is null or last.until_idx >= $4)
                  order by last.at_ms desc, last.event_id desc, last.idx desc limit 1)
          order by c.code",
    );
    let values = params![party.to_string(), site.as_uuid(), before.as_millis(), signed(size)];
    let rows = tx.fetch_all(&SQL, values).await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                event: event_id(row, "event_id")?,
                party,
                site,
                code: parse(row, "code")?,
                at: timestamp(row, "at_ms")?,
                mass_g: row.i64("mass_g")?,
                differs_g: row.i64("differs_g")?,
                lots: u32::try_from(row.i64("lots")?).unwrap_or_default(),
                is_in_force: true,
            })
        })
        .collect()
}
