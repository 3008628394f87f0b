//! Stock of a site: what came, what went, what is there, by waste code, on any day.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::as_of::{NoAsOf, then};
use super::manifest::names_of;
use super::{Page, page_of, page_size};
use crate::app::access::{PartyName, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::stock::{Count, StockCode};
use crate::id::{LotId, SiteId};
use crate::registry::SiteRecord;
use crate::store::stock::{OnHand, Total};
use crate::store::{ReadTx, books, registry, stock};

/// What entered and left a site within a period, in grams, by where it came from and went to. What was stated and later
/// taken back is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// There when the books were opened (期初).
    pub opened_g: i64,
    /// Arose here (产生).
    pub generated_g: i64,
    /// Came off the road (接收): accepted, rejected after it had come in, put into interim storage, returned.
    pub received_g: i64,
    /// Came from another site or party without being on the road between (调入).
    pub moved_in_g: i64,
    /// Came out of treatment and repacking (产出).
    pub made_g: i64,
    /// Was loaded (转出).
    pub shipped_g: i64,
    /// Went to another site or party without being on the road between (调出).
    pub moved_out_g: i64,
    /// Was used (利用).
    pub used_g: i64,
    /// Was disposed of (处置).
    pub disposed_g: i64,
    /// Went into repacked lots (重新包装).
    pub repacked_g: i64,
    /// More (or, negative, less) than by the books, by the cause stated (损益).
    pub variances: BTreeMap<String, i64>,
    /// More (or, negative, less) than by the books, and nobody said why (未说明差异).
    pub unexplained_g: i64,
}

impl Flows {
    /// Add what entered and left against an account.
    fn add(&mut self, against: &str, in_g: i64, out_g: i64) {
        let came_g = in_g.wrapping_sub(out_g);
        let went_g = came_g.wrapping_neg();
        let sums = match against {
            "opened" => vec![(&mut self.opened_g, came_g)],
            "generated" => vec![(&mut self.generated_g, came_g)],
            "transit" => vec![(&mut self.received_g, in_g), (&mut self.shipped_g, out_g)],
            "held" => vec![(&mut self.moved_in_g, in_g), (&mut self.moved_out_g, out_g)],
            "became" => vec![(&mut self.made_g, in_g), (&mut self.repacked_g, out_g)],
            "used" => vec![(&mut self.used_g, went_g)],
            "disposed" => vec![(&mut self.disposed_g, went_g)],
            other => match other.strip_prefix("variance-") {
                Some(cause) => vec![(self.variances.entry(cause.to_owned()).or_default(), came_g)],
                None => vec![(&mut self.unexplained_g, came_g)],
            },
        };
        for (sum, mass_g) in sums {
            *sum = sum.wrapping_add(mass_g);
        }
    }

    /// More (or, negative, less) than by the books, over all stated causes.
    pub fn variance_g(&self) -> i64 {
        self.variances.values().copied().fold(0, i64::wrapping_add)
    }

    /// By how much the stock grew: everything in less everything out.
    pub fn net_g(&self) -> i64 {
        let ins = [self.opened_g, self.generated_g, self.received_g, self.moved_in_g, self.made_g];
        let outs = [self.shipped_g, self.moved_out_g, self.used_g, self.disposed_g, self.repacked_g];
        let came_g = ins.into_iter().fold(0, i64::wrapping_add);
        let went_g = outs.into_iter().fold(0, i64::wrapping_add);
        came_g.wrapping_sub(went_g).wrapping_add(self.variance_g()).wrapping_add(self.unexplained_g)
    }
}

/// The last count of a code, beside the book. A difference is shown and judged by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountBeside {
    /// What was counted.
    pub count: Count,
    /// The local day it was counted on.
    pub day: NaiveDate,
    /// The book of that code at the end of that day; where lots were counted one by one, the signer's own book of them. In
    /// grams.
    pub book_g: i64,
}

impl CountBeside {
    /// What was counted less what the book says, in grams.
    pub fn difference_g(&self) -> i64 {
        self.count.mass_g.wrapping_sub(self.book_g)
    }
}

/// The stock of one code at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeStock {
    /// What it counts as.
    pub code: StockCode,
    /// There at the beginning of the first day, in grams.
    pub opening_g: i64,
    /// What came and went since.
    pub flows: Flows,
    /// There at the end of the last day, in grams; negative when more left than ever came.
    pub closing_g: i64,
    /// The last count up to that day.
    pub last_count: Option<CountBeside>,
}

/// The stock of a site over a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteStock {
    /// The site.
    pub site: SiteRecord,
    /// Its party.
    pub party: Option<PartyName>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub on: NaiveDate,
    /// By code: waste by its code, then products, then what nobody said the code of.
    pub codes: Vec<CodeStock>,
}

/// Mass in a storage facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facility {
    /// Its name.
    pub name: String,
    /// Put in less taken out, in grams.
    pub mass_g: i64,
}

/// A lot on hand now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotOnHand {
    /// The lot, its code and what is there.
    pub row: OnHand,
    /// Where at the site it is stored, as far as somebody said so.
    pub facilities: Vec<Facility>,
}

/// Where a page of lots on hand begins: behind this lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotCursor(pub StockCode, pub u64, pub LotId);

impl fmt::Display for LotCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.0, self.1, self.2)
    }
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the next of a page of lots on hand")]
pub struct NoCursor;

impl FromStr for LotCursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        const ID_CHARS: usize = 36;
        let head_chars = text.len().checked_sub(ID_CHARS).ok_or(NoCursor)?;
        let (head, lot) = text.split_at_checked(head_chars).ok_or(NoCursor)?;
        let (code, first) = head.strip_suffix('-').and_then(|head| head.rsplit_once('-')).ok_or(NoCursor)?;
        let code = code.parse().map_err(|_| NoCursor)?;
        let first = first.parse::<u64>().ok().filter(|first| i64::try_from(*first).is_ok());
        Ok(Self(code, first.ok_or(NoCursor)?, lot.parse().map_err(|_| NoCursor)?))
    }
}

impl App {
    /// The stock of a site at the end of day `on` (today when nothing is said), and what came and went since the beginning
    /// of day `from` (the first of that month when nothing is said, never after `on`); with `as_of`, as it was known when the log had
    /// so many entries.
    pub async fn stock(
        &self,
        viewer: &Viewer,
        id: SiteId,
        (from, on): (Option<NaiveDate>, Option<NaiveDate>),
        as_of: Option<u64>,
    ) -> Result<Option<SiteStock>, NoAsOf> {
        let profile = self.rulebook().profile;
        let (from, on) = self.days(from, on);
        let from = from.min(on);
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, id).await? else { return Ok(None) };
        let size = then(&mut tx, as_of).await?;
        let before = totals(&mut tx, (site.party, id), first_day(from), size).await?;
        let until = totals(&mut tx, (site.party, id), day_after(on), size).await?;
        let mut codes = by_code(&before, &until);
        let end = Timestamp::from_millis(profile.end_of_local_day_ms(on));
        // Most codes are counted on one day: a day is read once for all of them.
        let mut books: BTreeMap<NaiveDate, Vec<Total>> = BTreeMap::from([(on, until)]);
        for count in stock::last_counts(&mut tx, (site.party, id), end, size.unwrap_or(u64::MAX)).await? {
            let day = profile.local_date(count.at.as_millis());
            let code = StockCode::Waste(count.code);
            if count.lots == 0 && !books.contains_key(&day) {
                books.insert(day, totals(&mut tx, (site.party, id), day_after(day), size).await?);
            }
            let book_g = match books.get(&day).filter(|_| count.lots == 0) {
                Some(totals) => balance(totals, code),
                None => count.mass_g.wrapping_sub(count.differs_g),
            };
            let row = codes.entry(code).or_insert_with(|| CodeStock::none(code));
            row.last_count = Some(CountBeside { count, day, book_g });
        }
        let party = names_of(&mut tx, [site.party]).await?.pop();
        Ok(Some(SiteStock { site, party, from, on, codes: codes.into_values().collect() }))
    }

    /// The days of a period: until today when no last day is said, from the first of that month when no first one is.
    pub fn days(&self, from: Option<NaiveDate>, on: Option<NaiveDate>) -> (NaiveDate, NaiveDate) {
        let today = || self.rulebook().profile.local_date(self.inner.clock.now().as_millis());
        let on = on.unwrap_or_else(today);
        (from.or(on.with_day(1)).unwrap_or(on), on)
    }

    /// A page of the lots on hand at a site now, by code and then the oldest first.
    pub async fn lots_on_hand(
        &self,
        viewer: &Viewer,
        id: SiteId,
        after: Option<LotCursor>,
        limit: u64,
    ) -> Result<Option<Page<LotOnHand, LotCursor>>, Fault> {
        let limit = page_size(limit);
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, id).await? else { return Ok(None) };
        let after = after.map(|LotCursor(code, first, lot)| (code, first, lot));
        let rows = stock::on_hand(&mut tx, (site.party, id), after, limit + 1).await?;
        let page = page_of(rows, limit, |row| LotCursor(row.code, row.first_index, row.lot));
        let mut shelves = Books::new(self.rulebook());
        let lots: BTreeSet<Subject> = page.items.iter().map(|row| Subject::Lot(row.lot)).collect();
        books::load_subjects(&mut tx, &mut shelves, &lots).await?;
        let items = page.items.into_iter().map(|row| {
            let stored = shelves.lot(&row.lot).into_iter().flat_map(|shelf| &shelf.state.stored);
            let here = stored.filter(|stored| (stored.party, stored.site) == (site.party, id));
            let facilities = here.map(|stored| Facility {
                name: stored.facility.clone(),
                mass_g: stored.in_g.wrapping_sub(stored.out_g),
            });
            LotOnHand { facilities: facilities.filter(|facility| facility.mass_g != 0).collect(), row }
        });
        Ok(Some(Page { items: items.collect(), next: page.next }))
    }
}

/// The totals of everything before a day, as they stand or as they were known when the log had so many entries.
async fn totals(
    tx: &mut ReadTx,
    place: (Uscc, SiteId),
    day: i64,
    size: Option<u64>,
) -> Result<Vec<Total>, NoAsOf> {
    match size {
        None => Ok(stock::totals_before(tx, place, day).await?),
        Some(size) => stock::totals_known_before(tx, place, day, size).await?.ok_or(NoAsOf::TooMuchSince),
    }
}

impl CodeStock {
    fn none(code: StockCode) -> Self {
        Self { code, opening_g: 0, flows: Flows::default(), closing_g: 0, last_count: None }
    }
}

/// A site whose stock the viewer may see.
pub(super) async fn visible_site(
    tx: &mut ReadTx,
    viewer: &Viewer,
    id: SiteId,
) -> Result<Option<SiteRecord>, Fault> {
    let site = registry::sites(tx, &[id]).await?.into_iter().next();
    Ok(site.filter(|site| viewer.may_see_stock_of(site)))
}

/// A day as the store counts them, in days since 1970-01-01.
pub(super) fn first_day(day: NaiveDate) -> i64 {
    i64::from(day.to_epoch_days())
}

/// The day after, counted so.
pub(super) fn day_after(day: NaiveDate) -> i64 {
    first_day(day) + 1
}

/// Opening, flows and closing of each code from the totals before a period and those until its end.
fn by_code(before: &[Total], until: &[Total]) -> BTreeMap<StockCode, CodeStock> {
    let mut codes: BTreeMap<StockCode, CodeStock> = BTreeMap::new();
    for (totals, is_before) in [(before, true), (until, false)] {
        for total in totals {
            let row = codes.entry(total.code).or_insert_with(|| CodeStock::none(total.code));
            let net_g = total.in_g.wrapping_sub(total.out_g);
            if is_before {
                row.opening_g = row.opening_g.wrapping_add(net_g);
                row.flows.add(&total.against, total.in_g.wrapping_neg(), total.out_g.wrapping_neg());
            } else {
                row.closing_g = row.closing_g.wrapping_add(net_g);
                row.flows.add(&total.against, total.in_g, total.out_g);
            }
        }
    }
    for row in codes.values_mut() {
        row.flows.variances.retain(|_, mass_g| *mass_g != 0);
    }
    codes
}

/// What is there of a code by these totals, in grams.
fn balance(totals: &[Total], code: StockCode) -> i64 {
    let of_code = totals.iter().filter(|total| total.code == code);
    of_code.map(|total| total.in_g.wrapping_sub(total.out_g)).fold(0, i64::wrapping_add)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn opening_and_flows_make_the_closing_whatever_the_account_is_called() {
        let code = StockCode::Product;
        let accounts = [
            "opened",
            "generated",
            "transit",
            "held",
            "became",
            "used",
            "disposed",
            "variance-spill",
            "unexplained",
            "some-later-account",
        ];
        let total =
            |n: i64, against: &str| Total { code, against: against.to_owned(), in_g: n, out_g: n * n };
        let totals: Vec<Total> = (1..).zip(accounts).map(|(n, against)| total(n, against)).collect();
        let until: Vec<Total> = totals.iter().cloned().chain([total(5, "transit")]).collect();
        let codes = by_code(&totals, &until);
        let row = &codes[&code];
        assert_eq!((row.flows.received_g, row.flows.shipped_g), (5, 25));
        assert_eq!(row.opening_g + row.flows.net_g(), row.closing_g);
        let all = &by_code(&[], &until)[&code];
        assert_eq!((all.opening_g, all.flows.net_g()), (0, all.closing_g));
        assert_eq!(all.flows.variances, BTreeMap::from([("spill".to_owned(), 8 - 64)]));
    }

    #[test]
    fn cursors_come_back_from_their_text() {
        let lot = LotId::from_uuid(crate::id::derived(&[b"lot"]));
        for code in [StockCode::Waste("900-041-49".parse().unwrap()), StockCode::Product] {
            let cursor = LotCursor(code, 1_200, lot);
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in
            ["", "900-041-49-7", "é90-041-49-1200-01890a5d-ac96-774b-bcce-b302099a8057é", "product--1-x"]
        {
            assert_eq!(wrong.parse::<LotCursor>(), Err(NoCursor), "{wrong}");
        }
    }
}
