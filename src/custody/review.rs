//! Review (核查): when the authority may call in a row of a firm's own ledger.
//!
//! What a firm alone states of its own waste is its own to keep in order while a declaration that will cover it is still to come. Once
//! one was filed, or is overdue, the row answers to the authority: it may ask for a correction, or order one.

use chrono::{Datelike, NaiveDate};

use super::event::{Event, Recorded};
use super::kind::Statement;
use crate::catalogue::{DeclarationPeriod, Profile};
use crate::clock::Timestamp;
use crate::id::SiteId;
use crate::registry::{Registry, Slot};

/// A row of a firm's own ledger: of which site, on which local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnRow {
    /// The site.
    pub site: SiteId,
    /// The day.
    pub day: NaiveDate,
}

impl Event {
    /// The site whose ledger it is a row of, where a firm alone states it of its own waste. What moves on a manifest is nobody's own.
    pub fn kept_at(&self) -> Option<SiteId> {
        match &self.statement {
            Statement::StockOpened(s) | Statement::WasteGenerated(s) => Some(s.site),
            Statement::StockCounted(s) => Some(s.site),
            Statement::WasteStored(s) | Statement::WasteWithdrawn(s) => Some(s.site),
            Statement::WasteRepacked(s) => Some(s.site),
            Statement::WasteUsed(s) | Statement::WasteDisposed(s) => Some(s.site),
            _ => None,
        }
    }
}

impl OwnRow {
    /// The row of an event, as it stands and as it was signed: who dates it into another period hides it from no review.
    pub fn of(recorded: &Recorded, profile: &Profile) -> Vec<Self> {
        let day = |at: Timestamp| profile.local_date(at.min(recorded.recorded_at).as_millis());
        let both = std::iter::once(&recorded.event).chain(recorded.signed.as_deref());
        both.filter_map(|event| Some(Self { site: event.kept_at()?, day: day(event.occurred_at) })).collect()
    }

    /// The periods that it lies in, whether its site declares them or not.
    pub fn slots(&self) -> [Slot; 3] {
        DeclarationPeriod::ALL.map(|period| Slot {
            site: self.site,
            period,
            from: period.first_day(self.day),
        })
    }

    /// Whether the authority may call it in on day `today`: a declaration that covers it was filed, whatever became of it, or should
    /// have been. Who declares nothing has nothing to wait for.
    pub fn is_reviewable(&self, registry: &Registry, profile: &Profile, today: NaiveDate) -> bool {
        let class = registry.site(&self.site).and_then(|site| site.class_in(self.day.year()));
        let periods = class.map_or(&[][..], |class| profile.declared_by(class));
        let due_on = periods.iter().map(|period| profile.due_day(*period, self.day)).min();
        due_on.is_none_or(|due_on| due_on < today)
            || self.slots().iter().any(|slot| registry.last_filed(slot).is_some())
    }
}
