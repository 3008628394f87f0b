//! Statistics for everybody: of months that are over, county by county, without what would tell of single parties.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::kept::KeptMonths;
use super::months::{Months, NoMonths};
use super::{Cell, Counted, Counts, add, cells, within};
use crate::app::{App, Fault};
use crate::catalogue::{DeclarationPeriod, Division};
use crate::clock::{HOUR_MS, Timestamp};
use crate::store::log;

/// A figure of fewer parties than these is not told.
pub const MIN_TOLD_PARTIES: u64 = 3;
/// Months that are counted for everybody at a time: whoever has no name takes one of the connections that all read by, and no more.
pub(in crate::app) const PUBLIC_MONTHS_AT_ONCE: usize = 1;
/// A month is counted again when its figures are so old; nobody's asking costs more than that.
const FRESH_MS: i64 = HOUR_MS;

/// One month, as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicMonth {
    /// Its first day.
    pub month: NaiveDate,
    /// When it was counted.
    pub counted_at: Timestamp,
    /// Figures by county, those that are told; a county of which none is told is left out.
    pub counties: BTreeMap<Division, Counts>,
}

impl PublicMonth {
    /// The sums of what is told. What is not told is in no sum, or it could be computed from it.
    pub fn told(&self) -> Counts {
        let mut sums = Counts::new();
        self.counties.values().flatten().for_each(|(counted, value)| add(&mut sums, *counted, *value));
        sums
    }
}

/// Some months, as everybody may know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicStatistics {
    /// The months asked for.
    pub asked: Months,
    /// Month by month.
    pub months: Vec<PublicMonth>,
}

/// Months that were counted for everybody, by their first days.
pub(in crate::app) type PublicMonths = KeptMonths<NaiveDate, PublicMonth>;

impl App {
    /// The last month that everybody is told of: the one before that of today.
    pub fn last_public_month(&self) -> NaiveDate {
        let this_month = DeclarationPeriod::Month.first_day(self.today());
        DeclarationPeriod::Month.first_day(this_month.pred_opt().unwrap_or(this_month))
    }

    /// The months that the public may ask about.
    pub fn public_months(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Months, NoMonths> {
        let last = self.last_public_month();
        let asked = Months::between(from, to, last)?;
        if asked.to() > last { Err(NoMonths::NotOver(last)) } else { Ok(asked) }
    }

    /// What everybody may know of some months, in the counties of one division or in all. What [`App::public_months`] does not allow is
    /// the caller's mistake.
    pub async fn public_statistics(
        &self,
        asked: Months,
        division: Option<Division>,
    ) -> Result<PublicStatistics, Fault> {
        let mut months = Vec::new();
        for month in asked.iter() {
            let month = self.public_month(month).await?;
            let mut shown = (*month).clone();
            shown.counties.retain(|county, _| division.is_none_or(|within| county.is_within(within)));
            months.push(shown);
        }
        Ok(PublicStatistics { asked, months })
    }

    async fn public_month(&self, month: NaiveDate) -> Result<Arc<PublicMonth>, Fault> {
        let now = self.inner.clock.now();
        let count = async || {
            let mut tx = self.reading().await?;
            let size = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?.size;
            let within = within(&mut tx, self.rulebook().profile, month, Division::EVERYWHERE, size).await?;
            let counties =
                cells(&mut tx, &within).await?.into_iter().map(|(county, cells)| (county, told(cells)));
            let counties = counties.filter(|(_, counts)| !counts.is_empty()).collect();
            Ok(PublicMonth { month, counted_at: now, counties })
        };
        self.inner.public_months.kept_or_counted(month, (now, FRESH_MS), count).await
    }
}

/// The figures of a county that are of enough parties to tell.
fn told(cells: BTreeMap<Counted, Cell>) -> Counts {
    let is_told = |cell: &Cell| cell.parties >= MIN_TOLD_PARTIES;
    cells.into_iter().filter(|(_, cell)| is_told(cell)).map(|(counted, cell)| (counted, cell.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_parties_did_is_not_told_and_what_three_did_is() {
        let cell = |parties| Cell { value: 7_000, parties };
        let cells = BTreeMap::from([
            (Counted::Registered, cell(2)),
            (Counted::Shipped, cell(MIN_TOLD_PARTIES)),
            (Counted::Used, Cell { value: 0, parties: 0 }),
        ]);
        assert_eq!(told(cells), Counts::from([(Counted::Shipped, 7_000)]));
    }

    #[test]
    fn a_sum_is_that_of_what_is_told() {
        let county = |code: &str| code.parse::<Division>().expect("six digits");
        let month = PublicMonth {
            month: NaiveDate::default(),
            counted_at: Timestamp::from_millis(0),
            counties: BTreeMap::from([
                (county("371302"), Counts::from([(Counted::Shipped, 5)])),
                (county("371311"), Counts::from([(Counted::Shipped, 6), (Counted::Used, 1)])),
            ]),
        };
        assert_eq!(month.told(), Counts::from([(Counted::Shipped, 11), (Counted::Used, 1)]));
    }
}
