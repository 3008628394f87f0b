//! What moved of a lot at a site in a month, by the measure that registers and declarations give it.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::catalogue::Uscc;
use crate::custody::measure::Measure;
use crate::custody::posting::{Account, Posting, counter_account};
use crate::id::SiteId;

/// One sum of what moved. There are few of a lot: a measure for each way in or out, in each month in which it moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Whose site.
    pub party: Uscc,
    /// The site.
    pub site: SiteId,
    /// The local year.
    pub year: i32,
    /// The local month, from 1.
    pub month: u8,
    /// What it is called.
    pub measure: Measure,
    /// Grams.
    pub mass_g: i64,
}

impl Flow {
    /// What one of the postings of an event moves at a site on a local day. A posting enters where it is the second of its pair, so
    /// the reversal of a posting takes away from the sum that the posting went into.
    pub fn of(postings: &[Posting], n: usize, on: NaiveDate) -> Option<Self> {
        let posting = postings.get(n)?;
        let Account::Held(party, site) = posting.account else { return None };
        let against = counter_account(postings, n)?;
        let enters = n % 2 == 1;
        let mass_g = if enters { posting.mass_g } else { posting.mass_g.wrapping_neg() };
        let (measure, mass_g) = Measure::moved(against.name(), enters, mass_g);
        let month = u8::try_from(on.month()).unwrap_or(0);
        Some(Self { party, site, year: on.year(), month, measure, mass_g })
    }

    /// Its place among those of a lot.
    pub(super) fn place(&self) -> (Uscc, SiteId, i32, u8, Measure) {
        (self.party, self.site, self.year, self.month, self.measure)
    }
}
