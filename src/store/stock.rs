//! Stock: running totals of what entered and left a party's site, the lots on hand there, and the counts of it.
//!
//! A total is kept by day, month and year, so that the balance of any day is the sum of a bounded number of rows however long
//! the ledger is. Each total belongs to the code of its lots: where a lot turns out to be of another code, what is stored of
//! its postings moves over. A total of nothing has no row, so the rows follow from the postings and codes alone.
//!
//! What was known when the log was shorter follows from the same rows: postings carry the entry they belong to, a count says
//! from which entry to which it stood, and of a lot that turned out to be of another code it is kept as what it counted before.

mod known;
mod read;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate};

use super::log::signed;
use super::{ColType, Param, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::custody::books::Outcome;
use crate::custody::lot::LotState;
use crate::custody::posting::{Account, counter_account};
use crate::custody::shelf::Shelf;
use crate::custody::stock::{Count, StockCode};
use crate::id::{LotId, SiteId};

pub use known::{MAX_LATER_POSTINGS, MAX_RECODED_LOTS, totals_known_before};
pub use read::{
    OnHand, Span, Total, YearTotal, last_counts, on_hand, to_draw_for, to_draw_from, totals_before,
    totals_by_month, year_totals,
};

pub(super) const BUCKET: Table = Table {
    name: "stock_bucket",
    columns: &[
        ("party", ColType::Text),
        ("site", ColType::Uuid),
        ("grain", ColType::Text),
        ("start", ColType::I64),
        ("code", ColType::Text),
        ("against", ColType::Text),
        ("in_g", ColType::I64),
        ("out_g", ColType::I64),
    ],
    key: &["party", "site", "grain", "start", "code", "against"],
};
pub(super) const ON_HAND: Table = Table {
    name: "stock_lot",
    columns: &[
        ("party", ColType::Text),
        ("site", ColType::Uuid),
        ("lot", ColType::Uuid),
        ("code", ColType::Text),
        ("first_idx", ColType::I64),
        ("balance_g", ColType::I64),
    ],
    key: &["party", "site", "lot"],
};
pub(super) const COUNT: Table = Table {
    name: "stock_count",
    columns: &[
        ("party", ColType::Text),
        ("site", ColType::Uuid),
        ("code", ColType::Text),
        ("at_ms", ColType::I64),
        ("event_id", ColType::Blob),
        ("idx", ColType::I64),
        ("until_idx", ColType::I64),
        ("mass_g", ColType::I64),
        ("differs_g", ColType::I64),
        ("lots", ColType::I64),
    ],
    key: &["party", "site", "code", "at_ms", "event_id", "idx"],
};
pub(super) const RECODED: Table = Table {
    name: "lot_recoded",
    columns: &[("lot", ColType::Uuid), ("idx", ColType::I64), ("code", ColType::Text)],
    key: &["lot", "idx"],
};

/// Sums of postings are read in two parts of so many grams: a sum of whole masses may be more than a column holds.
pub(super) const PART_G: i64 = 1 << 20;

type Lots = [(LotId, Shelf<LotState>)];
type Place = (Uscc, SiteId);

/// Mass that entered or left a party's site on a day, against one account, as one code.
struct Shift {
    party: String,
    site: uuid::Uuid,
    code: String,
    day: i64,
    against: String,
    in_g: i64,
    out_g: i64,
}

impl Shift {
    /// A posting enters where it is the second of its pair, and leaves where it is the first: so the reversal of a posting
    /// takes away from the total that the posting went into.
    fn totals(is_second: bool, mass_g: i64) -> (i64, i64) {
        if is_second { (mass_g, 0) } else { (0, mass_g.wrapping_neg()) }
    }

    /// Its rows: one a grain.
    fn rows(&self) -> impl Iterator<Item = Vec<Param>> + '_ {
        let starts = Starts::of(self.day);
        let grains = [("day", self.day), ("month", starts.month), ("year", starts.year)];
        grains.into_iter().map(|(grain, start)| {
            params![
                self.party.clone(),
                self.site,
                grain.to_owned(),
                start,
                self.code.clone(),
                self.against.clone(),
                self.in_g,
                self.out_g
            ]
        })
    }
}

/// The first days of the month and the year that a day lies in, in days since 1970-01-01.
struct Starts {
    month: i64,
    year: i64,
}

impl Starts {
    fn of(day: i64) -> Self {
        let date = i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days).unwrap_or_default();
        Self { month: day - i64::from(date.day0()), year: day - i64::from(date.ordinal0()) }
    }
}

/// Write what a batch changed, before its postings are written. `lots` are the shelves it changed.
pub(super) async fn save(
    tx: &mut WriteTx,
    lots: &Lots,
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    let states: HashMap<LotId, &Shelf<LotState>> = lots.iter().map(|(id, shelf)| (*id, shelf)).collect();
    let recoded = recoded(&states, outcomes);
    let mut shifts = posted(&states, outcomes);
    shifts.extend(moved_over(tx, &states, &recoded).await?);
    let is_something = |shift: &&Shift| (shift.in_g, shift.out_g) != (0, 0);
    let rows = shifts.iter().filter(is_something).flat_map(Shift::rows).collect();
    if tx.add_many(&BUCKET, rows).await? > 0 {
        const CLEAR: Sql = Sql::both("delete from stock_bucket where in_g = 0 and out_g = 0");
        tx.execute(&CLEAR, params![]).await?;
    }
    save_on_hand(tx, &states, outcomes, &recoded).await?;
    save_recoded(tx, outcomes).await?;
    save_counts(tx, outcomes).await
}

/// As what lots counted before an entry gave them another code.
async fn save_recoded(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let mut before: BTreeMap<(LotId, u64), StockCode> = BTreeMap::new();
    for (index, outcome) in outcomes {
        for (lot, code) in &outcome.recoded {
            before.entry((*lot, *index)).or_insert(*code);
        }
    }
    let row = |((lot, index), code): ((LotId, u64), StockCode)| {
        params![lot.as_uuid(), signed(index), code.to_string()]
    };
    tx.insert_many(&RECODED, before.into_iter().map(row).collect()).await?;
    Ok(())
}

/// Lots of earlier batches that count as another code now, and as which they counted before.
fn recoded(
    states: &HashMap<LotId, &Shelf<LotState>>,
    outcomes: &[(u64, Outcome)],
) -> BTreeMap<LotId, StockCode> {
    let from = outcomes.first().map_or(0, |(index, _)| *index);
    let mut before: BTreeMap<LotId, StockCode> = BTreeMap::new();
    for (lot, code) in outcomes.iter().flat_map(|(_, outcome)| &outcome.recoded) {
        before.entry(*lot).or_insert(*code);
    }
    before.retain(|lot, code| {
        let is_other = |shelf: &&Shelf<LotState>| {
            shelf.first_index.is_some_and(|first| first < from) && shelf.state.stock_code() != *code
        };
        states.get(lot).is_some_and(is_other)
    });
    before
}

/// What the postings of a batch shift.
fn posted(states: &HashMap<LotId, &Shelf<LotState>>, outcomes: &[(u64, Outcome)]) -> Vec<Shift> {
    let mut shifts = Vec::new();
    for (day, postings) in outcomes.iter().flat_map(|(_, outcome)| outcome.posted()) {
        for (n, posting) in postings.iter().enumerate() {
            let Account::Held(party, site) = posting.account else { continue };
            let Some(counter) = counter_account(postings, n) else { continue };
            let (in_g, out_g) = Shift::totals(n % 2 == 1, posting.mass_g);
            let code = states.get(&posting.lot).map_or(StockCode::Unknown, |shelf| shelf.state.stock_code());
            shifts.push(Shift {
                party: party.to_string(),
                site: site.as_uuid(),
                code: code.to_string(),
                day,
                against: counter.name().to_owned(),
                in_g,
                out_g,
            });
        }
    }
    shifts
}

/// What is stored of the postings of these lots, taken from the code they counted as and given to the one they are of.
async fn moved_over(
    tx: &mut WriteTx,
    states: &HashMap<LotId, &Shelf<LotState>>,
    recoded: &BTreeMap<LotId, StockCode>,
) -> Result<Vec<Shift>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select p.lot, p.party, p.site, p.eff_day, p.n % 2 as second, c.account as against,
                cast(sum(p.mass_g / $1) as bigint) as parts, cast(sum(p.mass_g % $1) as bigint) as rest_g
           from posting p join posting c on c.idx = p.idx and c.n = p.n + 1 - 2 * (p.n % 2)
          where p.lot in ({keys}) and p.account = 'held'
          group by p.lot, p.party, p.site, p.eff_day, p.n % 2, c.account",
    );
    let keys = recoded.keys().map(|lot| Param::Uuid(lot.as_uuid())).collect();
    let mut shifts = Vec::new();
    for row in tx.fetch_in(&SQL, keys, params![PART_G]).await? {
        let lot = LotId::from_uuid(row.uuid("lot")?);
        let (Some(before), Some(shelf)) = (recoded.get(&lot), states.get(&lot)) else { continue };
        let mass_g = row.i64("parts")?.wrapping_mul(PART_G).wrapping_add(row.i64("rest_g")?);
        let (in_g, out_g) = Shift::totals(row.i64("second")? == 1, mass_g);
        let shift = |code: StockCode, in_g, out_g| {
            Ok::<_, StoreError>(Shift {
                party: row.text("party")?,
                site: row.uuid("site")?,
                code: code.to_string(),
                day: row.i64("eff_day")?,
                against: row.text("against")?,
                in_g,
                out_g,
            })
        };
        shifts.push(shift(*before, in_g.wrapping_neg(), out_g.wrapping_neg())?);
        shifts.push(shift(shelf.state.stock_code(), in_g, out_g)?);
    }
    Ok(shifts)
}

/// A lot is on hand where its balance is not zero.
async fn save_on_hand(
    tx: &mut WriteTx,
    states: &HashMap<LotId, &Shelf<LotState>>,
    outcomes: &[(u64, Outcome)],
    recoded: &BTreeMap<LotId, StockCode>,
) -> Result<(), StoreError> {
    let postings =
        outcomes.iter().flat_map(|(_, outcome)| outcome.posted()).flat_map(|(_, postings)| postings);
    let mut touched: BTreeSet<(LotId, Place)> = postings
        .filter_map(|posting| match posting.account {
            Account::Held(party, site) => Some((posting.lot, (party, site))),
            _ => None,
        })
        .collect();
    for lot in recoded.keys() {
        let holdings = states.get(lot).into_iter().flat_map(|shelf| &shelf.state.holdings);
        touched.extend(holdings.map(|holding| (*lot, (holding.party, holding.site))));
    }
    let (mut there, mut gone) = (Vec::new(), Vec::new());
    for (lot, (party, site)) in touched {
        let Some(shelf) = states.get(&lot) else { continue };
        let mut row: Vec<Param> = params![party.to_string(), site.as_uuid(), lot.as_uuid()];
        let held = shelf.state.holdings.iter().find(|held| (held.party, held.site) == (party, site));
        match held.map_or(0, |held| held.balance_g()) {
            0 => gone.push(row),
            balance_g => {
                let first = signed(shelf.first_index.unwrap_or_default());
                row.extend(params![shelf.state.stock_code().to_string(), first, balance_g]);
                there.push(row);
            }
        }
    }
    tx.upsert_many(&ON_HAND, there).await?;
    tx.delete_many(&ON_HAND, gone).await?;
    Ok(())
}

/// Counts stand from the entry that states them, or restates their event, until the one that takes them back.
async fn save_counts(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    const END: Sql = Sql::both(
        "update stock_count set until_idx = $6
          where party = $1 and site = $2 and code = $3 and at_ms = $4 and event_id = $5 and until_idx is null",
    );
    let (stated, taken_back) = counts_of(outcomes);
    for (index, count) in taken_back {
        let mut values = key_of(count);
        values.push(Param::I64(signed(index)));
        tx.execute(&END, values).await?;
    }
    let rows = stated.iter().map(|Stated { count, index, until_index }| {
        let mut row = key_of(count);
        row.extend(params![signed(*index), until_index.map(signed)]);
        row.extend(params![count.mass_g, count.differs_g, i64::from(count.lots)]);
        row
    });
    tx.insert_many(&COUNT, rows.collect()).await?;
    Ok(())
}

/// A count that an entry of a batch states.
struct Stated<'a> {
    count: &'a Count,
    index: u64,
    until_index: Option<u64>,
}

/// The counts that a batch states, and those of earlier batches that it takes back, each with the entry that does.
fn counts_of(outcomes: &[(u64, Outcome)]) -> (Vec<Stated<'_>>, Vec<(u64, &Count)>) {
    let (mut stated, mut taken_back) = (Vec::<Stated<'_>>::new(), Vec::new());
    let mut standing = HashMap::new();
    for (index, outcome) in outcomes {
        for count in &outcome.counts {
            match (standing.entry((count.event, count.code, count.at)), count.is_in_force) {
                (place, true) => {
                    place.insert_entry(stated.len());
                    stated.push(Stated { count, index: *index, until_index: None });
                }
                (Entry::Occupied(place), false) => stated[place.remove()].until_index = Some(*index),
                (Entry::Vacant(_), false) => taken_back.push((*index, count)),
            }
        }
    }
    (stated, taken_back)
}

fn key_of(count: &Count) -> Vec<Param> {
    params![
        count.party.to_string(),
        count.site.as_uuid(),
        count.code.to_string(),
        count.at.as_millis(),
        count.event.as_bytes().to_vec()
    ]
}
