//! Counts and sums of one month by county. What is read are rows of that month: manifests by the log indexes that fall into it, sums of the
//! month at sites, steps of findings by their time. No statement looks at the months before.

use std::collections::BTreeMap;

use super::books::from_json;
use super::log::{signed, unsigned};
use super::registry::parse;
use super::stock::PART_G;
use super::{ReadTx, Row, Sql, StoreError, params};
use crate::catalogue::{Division, Severity};
use crate::clock::Timestamp;
use crate::custody::case::CaseState;
use crate::custody::finding::StepKind;
use crate::custody::measure::Measure;
use crate::custody::stock::StockCode;

/// One calendar month, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// Log index of the first entry recorded in it or later.
    pub from_index: u64,
    /// The same of the month after.
    pub until_index: u64,
    /// Its first day, in days since 1970-01-01.
    pub first_day: i64,
    /// First and last code of the divisions looked at.
    pub divisions: (Division, Division),
}

impl Within {
    fn codes(&self) -> [String; 2] {
        [self.divisions.0.to_string(), self.divisions.1.to_string()]
    }
}

/// A count or a sum of grams, and how many parties it is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// How many, or how many grams.
    pub value: i64,
    /// How many parties.
    pub parties: u64,
}

/// Log index of the first entry recorded at a moment or later, in a log of `size` entries: times never run backwards along it, so the
/// place is found by halving, in one statement.
pub async fn first_index_at(tx: &mut ReadTx, at: Timestamp, size: u64) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both(
        "with recursive halving (low, high) as (
           select cast(0 as bigint), cast($2 as bigint)
           union all
           select case when e.recorded_at_ms < $1 then e.idx + 1 else h.low end,
                  case when e.recorded_at_ms < $1 then h.high else e.idx end
             from halving h join log_entry e on e.idx = (h.low + h.high) / 2 where h.low < h.high)
         select max(low) as idx from halving",
    );
    let row = tx.fetch_one(&SQL, params![at.as_millis(), signed(size)]).await?;
    unsigned(&row, "idx")
}

/// Manifests registered in a month at sites of each county: how many, and of how many the consignee has decided about all that came.
pub async fn manifests(tx: &mut ReadTx, month: &Within) -> Result<Vec<(Division, Cell, Cell)>, StoreError> {
    // County by county, each by its own stretch of the index: what others registered meanwhile is not looked at.
    const SQL: Sql = Sql::both(
        "with recursive county (division) as (
           select min(division) from manifest where division >= $1 and division <= $2
           union all
           select (select min(next.division) from manifest next
                    where next.division > county.division and next.division <= $2)
             from county where county.division is not null)
         select m.division, count(*) as registered, count(distinct m.consignor) as parties,
                count(case when m.status in ('received', 'partly', 'rejected', 'returned') then 1 end) as completed,
                count(distinct case when m.status in ('received', 'partly', 'rejected', 'returned') then m.consignor end)
                  as completed_parties
           from county join manifest m on m.division = county.division
          where m.first_idx >= $3 and m.first_idx < $4 group by m.division",
    );
    let [first, last] = month.codes();
    let values = params![first, last, signed(month.from_index), signed(month.until_index)];
    let rows = tx.fetch_all(&SQL, values).await?;
    let of_county = |row: &Row| {
        let registered = cell(row, "registered", "parties")?;
        Ok((parse(row, "division")?, registered, cell(row, "completed", "completed_parties")?))
    };
    rows.iter().map(of_county).collect()
}

/// What waste moved in a month at the sites of each county, in grams: generated, received, loaded, used, disposed of.
pub async fn masses(tx: &mut ReadTx, month: &Within) -> Result<Vec<(Division, Measure, Cell)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select s.division, b.against,
                cast(sum(b.in_g / $1) as bigint) as in_parts, cast(sum(b.in_g % $1) as bigint) as in_rest_g,
                cast(sum(b.out_g / $1) as bigint) as out_parts, cast(sum(b.out_g % $1) as bigint) as out_rest_g,
                count(distinct case when b.in_g <> 0 then b.party end) as in_parties,
                count(distinct case when b.out_g <> 0 then b.party end) as out_parties
           from site s join stock_bucket b on b.party = s.party and b.site = s.site
          where s.division >= $2 and s.division <= $3 and b.grain = 'month' and b.start = $4
            and b.against in ('generated', 'transit', 'used', 'disposed') and b.code <> $5
          group by s.division, b.against",
    );
    let [first, last] = month.codes();
    let rows = tx
        .fetch_all(&SQL, params![PART_G, first, last, month.first_day, StockCode::Product.to_string()])
        .await?;
    let mut masses: BTreeMap<(Division, Measure), Cell> = BTreeMap::new();
    for row in &rows {
        let (division, against) = (parse(row, "division")?, row.text("against")?);
        for (enters, parts, rest, parties) in
            [(true, "in_parts", "in_rest_g", "in_parties"), (false, "out_parts", "out_rest_g", "out_parties")]
        {
            let mass_g = row.i64(parts)?.wrapping_mul(PART_G).wrapping_add(row.i64(rest)?);
            let (measure, mass_g) = Measure::moved(&against, enters, mass_g);
            let sum = masses.entry((division, measure)).or_default();
            sum.value = sum.value.wrapping_add(mass_g);
            sum.parties = sum.parties.max(unsigned(row, parties)?);
        }
    }
    Ok(masses.into_iter().map(|((division, measure), sum)| (division, measure, sum)).collect())
}

/// Findings that opened, and such as closed, in a month, by the counties of the parties that they concern: one that concerns parties of two
/// counties counts in both.
pub async fn findings_by_county(
    tx: &mut ReadTx,
    month: &Within,
) -> Result<Vec<(Division, StepKind, Cell)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select p.division, s.step, count(distinct s.finding) as n, count(distinct p.party) as parties
           from finding_step s cross join finding_queue q cross join party p
          where q.finding = s.finding and p.party = q.queue and s.step <> 'revised' and s.at_ms >= $1 and s.at_ms < $2 and p.division >= $3 and p.division <= $4
          group by p.division, s.step",
    );
    let [first, last] = month.codes();
    let values = params![month.from.as_millis(), month.until.as_millis(), first, last];
    let rows = tx.fetch_all(&SQL, values).await?;
    let of_county = |row: &Row| {
        Ok((parse(row, "division")?, StepKind::named(&row.text("step")?), cell(row, "n", "parties")?))
    };
    rows.iter().map(of_county).collect()
}

/// Findings of one rule and severity in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfRule {
    /// Rule id.
    pub rule: String,
    /// How grave the findings are now.
    pub severity: Severity,
    /// What happened to them.
    pub step: StepKind,
    /// How many there are.
    pub count: u64,
}

/// Findings that opened, and such as closed, in a month, each once: those that concern a party of the divisions, or nobody.
pub async fn findings_by_rule(tx: &mut ReadTx, month: &Within) -> Result<Vec<OfRule>, StoreError> {
    // Of its queues, those of parties are named by their codes, of 18 characters.
    const SQL: Sql = Sql::both(
        "select f.rule, f.severity, s.step, count(distinct s.finding) as n
           from finding_step s join finding f on f.finding = s.finding
                left join finding_queue q on q.finding = s.finding and length(q.queue) = 18 left join party p on p.party = q.queue
          where s.step <> 'revised' and s.at_ms >= $1 and s.at_ms < $2
            and (q.queue is null or (p.division >= $3 and p.division <= $4))
          group by f.rule, f.severity, s.step order by f.rule, f.severity, s.step",
    );
    let [first, last] = month.codes();
    let values = params![month.from.as_millis(), month.until.as_millis(), first, last];
    let rows = tx.fetch_all(&SQL, values).await?;
    let of_rule = |row: &Row| {
        Ok(OfRule {
            rule: row.text("rule")?,
            severity: super::finding::severity_of(row)?,
            step: StepKind::named(&row.text("step")?),
            count: unsigned(row, "n")?,
        })
    };
    rows.iter().map(of_rule).collect()
}

/// Cases opened in a month that lie in the divisions, or nowhere known.
pub async fn cases(tx: &mut ReadTx, month: &Within) -> Result<Vec<CaseState>, StoreError> {
    const SQL: Sql = Sql::both(
        "select snapshot from case_file
          where first_idx >= $1 and first_idx < $2 and coalesce(division, $3) between $3 and $4 order by first_idx",
    );
    let [first, last] = month.codes();
    let values = params![signed(month.from_index), signed(month.until_index), first, last];
    tx.fetch_all(&SQL, values).await?.iter().map(|row| from_json(row, "snapshot")).collect()
}

fn cell(row: &Row, value: &'static str, parties: &'static str) -> Result<Cell, StoreError> {
    Ok(Cell { value: row.i64(value)?, parties: unsigned(row, parties)? })
}
