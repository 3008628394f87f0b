//! What a site owes the authority: which classes it is in since when, what it filed, and when it last recorded something.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::ToldBy;
use crate::catalogue::{DeclarationPeriod, UnitClass, Uscc};
use crate::clock::Timestamp;
use crate::ledger::EventId;
use crate::registry::duty::first_day_of_list;
use crate::registry::standing::ClassOfYear;
use crate::registry::{DeclarationRecord, SiteRecord, Slot};

/// Since when a class is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassKnown {
    /// The class.
    pub class: UnitClass,
    /// The local day it was recorded.
    pub since: NaiveDate,
    /// The event that says it.
    pub event: EventId,
}

/// The last filing for a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// Length of the period.
    pub period: DeclarationPeriod,
    /// First day of the period.
    pub from: NaiveDate,
    /// The event that filed it.
    pub event: EventId,
    /// When the authority sent it back, if it did.
    pub returned_at: Option<Timestamp>,
}

/// The camera of a site whose pictures are kept for the fewest days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptVideo {
    /// The facility it watches, by its code.
    pub facility: String,
    /// What it is called.
    pub camera: String,
    /// For how many days its pictures are kept.
    pub days: u16,
    /// The event that first said so.
    pub event: EventId,
}

/// The last day on which something was recorded of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastRecord {
    /// The local day.
    pub on: NaiveDate,
    /// The first event recorded then.
    pub event: EventId,
    /// True when the last thing it said is that it stands still.
    pub stands_still: bool,
}

/// What is kept of a site. Of classes and filings, those of the years that duties are listed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteDuties {
    /// Whose site it is.
    pub party: Uscc,
    /// The classes by year.
    pub classes: BTreeMap<u16, ClassKnown>,
    /// The local day on which a class was first known.
    pub classed_on: Option<NaiveDate>,
    /// Its last day of operation.
    pub closed_on: Option<NaiveDate>,
    /// The local day on which something was first recorded of it.
    pub began_on: Option<NaiveDate>,
    /// The last day on which something was.
    pub last: Option<LastRecord>,
    /// The last filing for each period, by first day.
    pub filings: Vec<Filing>,
    /// The camera whose pictures are kept for the fewest days, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<KeptVideo>,
}

/// What an entry tells of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteNews {
    /// It is registered, changed or closed.
    Registered {
        /// Whose it is.
        party: Uscc,
        /// Its classes.
        classes: Vec<ClassOfYear>,
        /// Its last day of operation.
        closed_on: Option<NaiveDate>,
        /// The camera whose pictures are kept for the fewest days.
        video: Option<KeptVideo>,
        /// The entry.
        by: ToldBy,
    },
    /// It filed a declaration, or the authority decided on one.
    Filed {
        /// Whose it is.
        party: Uscc,
        /// How it stands from now on.
        filing: Filing,
    },
    /// Something was recorded of it.
    Recorded {
        /// The entry.
        by: ToldBy,
        /// True when that says that it stands still.
        stands_still: bool,
    },
}

impl SiteNews {
    /// What a record of a site tells.
    pub fn registered(record: &SiteRecord, by: ToldBy) -> Self {
        let (party, classes, closed_on) = (record.party, record.classes.clone(), record.closed_on);
        let cameras =
            record.facilities.iter().flat_map(|at| at.cameras.iter().map(move |camera| (at, camera)));
        let shortest = cameras.min_by_key(|(_, camera)| camera.keeps_days);
        let video = shortest.map(|(at, camera)| KeptVideo {
            facility: at.code.to_string(),
            camera: camera.name.to_string(),
            days: camera.keeps_days,
            event: by.event,
        });
        Self::Registered { party, classes, closed_on, video, by }
    }

    /// What a record of a declaration tells.
    pub fn filed(record: &DeclarationRecord, returned_at: Option<Timestamp>) -> Self {
        let Slot { period, from, .. } = record.slot();
        Self::Filed { party: record.party, filing: Filing { period, from, event: record.event, returned_at } }
    }
}

impl SiteDuties {
    /// The duties of a site that these news begin; a site without a class that filed nothing has none.
    pub(super) fn begun_by(news: &SiteNews) -> Option<Self> {
        let party = match news {
            SiteNews::Registered { party, classes, .. } if !classes.is_empty() => *party,
            SiteNews::Filed { party, .. } => *party,
            _ => return None,
        };
        Some(Self {
            party,
            classes: BTreeMap::new(),
            classed_on: None,
            closed_on: None,
            began_on: None,
            last: None,
            filings: Vec::new(),
            video: None,
        })
    }

    /// The last filing for a period.
    pub fn filing(&self, period: DeclarationPeriod, from: NaiveDate) -> Option<&Filing> {
        self.filings.iter().find(|filing| (filing.period, filing.from) == (period, from))
    }

    pub(super) fn take_in(&mut self, news: &SiteNews, on: NaiveDate) {
        match news {
            SiteNews::Registered { party, classes, closed_on, video, by } => {
                (self.party, self.closed_on) = (*party, *closed_on);
                self.put_video(video.clone());
                self.put_classes(classes, *by);
            }
            SiteNews::Filed { filing, .. } => {
                self.filings.retain(|known| (known.period, known.from) != (filing.period, filing.from));
                self.filings.push(*filing);
                self.filings.sort_unstable_by_key(|filing| (filing.from, filing.period));
            }
            SiteNews::Recorded { by, stands_still } => self.record(*by, *stands_still),
        }
        let first = first_day_of_list(on);
        self.classes.retain(|year, _| i32::from(*year) >= first.year());
        self.filings.retain(|filing| filing.from >= first);
    }

    /// A class that stands as it stood is known since it was first said; of two for one year the later counts.
    fn put_classes(&mut self, classes: &[ClassOfYear], by: ToldBy) {
        let before = std::mem::take(&mut self.classes);
        for ClassOfYear { year, class } in classes {
            let known = before.get(year).filter(|known| known.class == *class);
            let new = ClassKnown { class: *class, since: by.on, event: by.event };
            self.classes.insert(*year, known.copied().unwrap_or(new));
        }
        if !classes.is_empty() {
            self.classed_on.get_or_insert(by.on);
        }
    }

    /// What stands as it stood was said when it first was.
    fn put_video(&mut self, mut video: Option<KeptVideo>) {
        if let (Some(new), Some(old)) = (&mut video, &self.video)
            && (&new.facility, &new.camera, new.days) == (&old.facility, &old.camera, old.days)
        {
            new.event = old.event;
        }
        self.video = video;
    }

    fn record(&mut self, by: ToldBy, stands_still: bool) {
        self.began_on.get_or_insert(by.on);
        let event = self.last.filter(|last| last.on == by.on).map_or(by.event, |last| last.event);
        self.last = Some(LastRecord { on: by.on, event, stands_still });
    }
}
