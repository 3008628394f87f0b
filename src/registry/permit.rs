//! Operating permits (经营许可证): which codes, which operations, from when to when, and what became of each.
//!
//! A permit is the sequence of what an authority recorded of it. What was recorded later than a waste came in may still excuse it,
//! as a permit entered late does, and never incriminates: nobody could have known.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::standing::{Collection, PermitItem};
use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{PermitId, SiteId};

/// Most steps in the life of one permit; each is looked at whenever the permit is.
pub const MAX_PERMIT_STEPS: usize = 256;

/// A permit, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitRecord {
    /// Names the permit.
    pub permit: PermitId,
    /// Number printed on it.
    pub number: String,
    /// Who holds it.
    pub party: Uscc,
    /// The site it is for; `None` for all sites of the party.
    pub site: Option<SiteId>,
    /// Log index of its issue.
    pub index: u64,
    /// Its issue and what followed, in log order.
    pub life: Vec<PermitStep>,
}

/// One thing recorded of a permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitStep {
    /// Log index of the event that says so.
    pub index: u64,
    /// When that was recorded.
    pub recorded_at: Timestamp,
    /// Why; an issue states no reason.
    pub reason: Option<String>,
    /// What changed.
    pub change: PermitChange,
}

/// What one step changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermitChange {
    /// Issued or amended: these terms count from their first day on, until terms recorded later begin.
    Terms(PermitTerms),
    /// Suspended from this day on (暂扣).
    Suspended(NaiveDate),
    /// Good again from this day on (恢复).
    Reinstated(NaiveDate),
    /// Revoked from this day on, for good (吊销).
    Revoked(NaiveDate),
}

/// What a permit allows, and between which days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitTerms {
    /// What it allows.
    pub items: Vec<PermitItem>,
    /// First day it is good.
    pub valid_from: NaiveDate,
    /// Last day it is good.
    pub valid_to: NaiveDate,
}

/// How a permit stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermitState {
    /// Its first day is still to come.
    NotYet,
    /// It is good.
    Good,
    /// It is suspended.
    Suspended,
    /// Its last day is over.
    Expired,
    /// It is revoked.
    Revoked,
}

impl PermitState {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotYet => "not-yet",
            Self::Good => "good",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Whether a treatment was allowed on a day; of several permits the one that comes first here speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PermitAnswer {
    /// A permit valid on the day has an item for code and method.
    Allowed,
    /// The permit that has such an item is suspended on the day.
    Suspended,
    /// A permit is valid on the day, but no item of it covers code and method.
    OutOfScope,
    /// There are permits, but none is valid on the day.
    Expired,
    /// No permit was recorded for the site.
    Missing,
}

/// A treatment that permits are asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The site where it is to happen.
    pub site: SiteId,
    /// The day, in the profile's zone.
    pub on: NaiveDate,
    /// When the waste came in or was to come in: what was recorded later can only excuse it.
    pub at: Timestamp,
    /// The waste.
    pub code: &'a WasteCode,
    /// What is to be done with it.
    pub method: TreatmentCode,
}

/// Judge a treatment by the permits of its doer (Solid Waste Law 2020 art. 80: a permit, valid, for this waste and way).
pub fn answer(permits: &[PermitRecord], asked: &Asked<'_>) -> PermitAnswer {
    let here = permits.iter().filter(|permit| permit.site.is_none_or(|granted| granted == asked.site));
    here.filter_map(|permit| permit.answer(asked)).min().unwrap_or(PermitAnswer::Missing)
}

/// The terms under which the waste came in, where its holder may only collect it: by permits as they were on record then, so that what
/// is recorded later changes nothing. Of several terms the shortest.
pub fn collection(
    permits: &[PermitRecord],
    site: SiteId,
    at: Timestamp,
    on: NaiveDate,
    code: &WasteCode,
) -> Option<Collection> {
    let here = permits.iter().filter(|permit| permit.site.is_none_or(|granted| granted == site));
    let items = here.flat_map(|permit| permit.known_items(at, on));
    let covering: Vec<&PermitItem> =
        items.filter(|item| item.codes.iter().any(|pattern| pattern.covers(code))).collect();
    let terms = covering.iter().map(|item| item.collection).collect::<Option<Vec<_>>>()?;
    terms.into_iter().min_by_key(|terms| terms.working_days.unwrap_or(u8::MAX))
}

impl PermitRecord {
    /// What it allowed on a day, as far as it was on record at a moment.
    fn known_items(&self, at: Timestamp, on: NaiveDate) -> &[PermitItem] {
        let known = self.life.partition_point(|step| step.recorded_at <= at);
        let terms = terms(&self.life[..known], on).filter(|terms| on <= terms.valid_to);
        terms.map_or(&[], |terms| &terms.items)
    }

    /// What it says of a treatment, as it stood then or, where that allows it, at any time since; `None` when it was not on record
    /// then and never allowed it.
    fn answer(&self, asked: &Asked<'_>) -> Option<PermitAnswer> {
        let known = self.life.partition_point(|step| step.recorded_at <= asked.at);
        let mut since = known.max(1)..=self.life.len();
        if since.any(|steps| judge(&self.life[..steps], asked) == PermitAnswer::Allowed) {
            return Some(PermitAnswer::Allowed);
        }
        (known > 0).then(|| judge(&self.life[..known], asked))
    }

    /// The terms that count on a day: of those that have begun the last recorded, or the first that will begin.
    pub fn terms_on(&self, on: NaiveDate) -> Option<&PermitTerms> {
        terms(&self.life, on).or_else(|| self.life.iter().find_map(PermitStep::terms))
    }

    /// What it allows on a day, whether it is suspended or not; nothing outside its terms, or once it is revoked.
    pub fn items_on(&self, on: NaiveDate) -> &[PermitItem] {
        let is_revoked = matches!(standing(&self.life, on), Some(PermitChange::Revoked(_)));
        let terms = terms(&self.life, on).filter(|terms| on <= terms.valid_to && !is_revoked);
        terms.map_or(&[], |terms| &terms.items)
    }

    /// The first days of all terms that were ever set.
    pub fn first_days(&self) -> impl Iterator<Item = NaiveDate> {
        self.life.iter().filter_map(PermitStep::terms).map(|terms| terms.valid_from)
    }

    /// How it stands on a day.
    pub fn state_on(&self, on: NaiveDate) -> PermitState {
        match (terms(&self.life, on), standing(&self.life, on)) {
            (_, Some(PermitChange::Revoked(_))) => PermitState::Revoked,
            (None, _) => PermitState::NotYet,
            (Some(terms), _) if terms.valid_to < on => PermitState::Expired,
            (_, Some(PermitChange::Suspended(_))) => PermitState::Suspended,
            _ => PermitState::Good,
        }
    }

    /// The last suspension, reinstatement or revocation, whatever day it is for.
    pub fn last_standing(&self) -> Option<&PermitChange> {
        self.life.iter().rev().map(|step| &step.change).find(|change| change.from().is_some())
    }
}

impl PermitStep {
    /// The kebab-case name of what happened.
    pub fn name(&self) -> &'static str {
        match (&self.change, &self.reason) {
            (PermitChange::Terms(_), None) => "issued",
            (PermitChange::Terms(_), Some(_)) => "amended",
            (PermitChange::Suspended(_), _) => "suspended",
            (PermitChange::Reinstated(_), _) => "reinstated",
            (PermitChange::Revoked(_), _) => "revoked",
        }
    }

    /// The terms it sets, if it is an issue or an amendment.
    pub fn terms(&self) -> Option<&PermitTerms> {
        if let PermitChange::Terms(terms) = &self.change { Some(terms) } else { None }
    }
}

impl PermitChange {
    /// The day from which a suspension, reinstatement or revocation counts.
    pub fn from(&self) -> Option<NaiveDate> {
        match self {
            Self::Terms(_) => None,
            Self::Suspended(from) | Self::Reinstated(from) | Self::Revoked(from) => Some(*from),
        }
    }
}

/// Of the terms that have begun by a day, those recorded last.
fn terms(life: &[PermitStep], on: NaiveDate) -> Option<&PermitTerms> {
    life.iter().rev().filter_map(PermitStep::terms).find(|terms| terms.valid_from <= on)
}

/// Of the suspensions, reinstatements and revocations that count by a day, the one recorded last.
fn standing(life: &[PermitStep], on: NaiveDate) -> Option<&PermitChange> {
    let changes = life.iter().rev().map(|step| &step.change);
    changes.into_iter().find(|change| change.from().is_some_and(|from| from <= on))
}

/// What these steps say of a treatment.
fn judge(life: &[PermitStep], asked: &Asked<'_>) -> PermitAnswer {
    let standing = standing(life, asked.on);
    let valid = terms(life, asked.on).filter(|terms| asked.on <= terms.valid_to);
    let Some(terms) = valid.filter(|_| !matches!(standing, Some(PermitChange::Revoked(_)))) else {
        return PermitAnswer::Expired;
    };
    let covers = |item: &PermitItem| {
        item.codes.iter().any(|pattern| pattern.covers(asked.code)) && item.methods.contains(&asked.method)
    };
    match (terms.items.iter().any(covers), standing) {
        (false, _) => PermitAnswer::OutOfScope,
        (true, Some(PermitChange::Suspended(_))) => PermitAnswer::Suspended,
        (true, _) => PermitAnswer::Allowed,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::shape::{Grams, List};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn terms_of(code: &str, from: &str, to: &str) -> PermitChange {
        PermitChange::Terms(PermitTerms {
            items: vec![PermitItem {
                codes: List::new(vec![code.parse().unwrap()]).unwrap(),
                methods: List::new(vec!["D10".parse().unwrap()]).unwrap(),
                yearly_g: Grams::new(1).unwrap(),
                collection: None,
            }],
            valid_from: day(from),
            valid_to: day(to),
        })
    }

    /// A permit whose steps were recorded on these days, at noon UTC.
    fn permit(steps: &[(&str, PermitChange)]) -> PermitRecord {
        let life = steps.iter().zip(1..).map(|((on, change), index)| PermitStep {
            index,
            recorded_at: format!("{on}T12:00:00Z").parse().unwrap(),
            reason: None,
            change: change.clone(),
        });
        PermitRecord {
            permit: PermitId::from_uuid(crate::id::derived(&[b"permit"])),
            number: "1".to_owned(),
            party: "91371300MA3C000019".parse().unwrap(),
            site: None,
            index: 1,
            life: life.collect(),
        }
    }

    /// The answer for 900-041-49 by D10 that came in on a day, at 20:00 UTC.
    fn asked(permit: &PermitRecord, on: &str) -> PermitAnswer {
        let asked = Asked {
            site: SiteId::from_uuid(crate::id::derived(&[b"site"])),
            on: day(on),
            at: format!("{on}T20:00:00Z").parse().unwrap(),
            code: &"900-041-49".parse().unwrap(),
            method: "D10".parse().unwrap(),
        };
        answer(std::slice::from_ref(permit), &asked)
    }

    #[test]
    fn a_permit_stands_as_it_was_last_said_for_the_day() {
        let permit = permit(&[
            ("2026-01-01", terms_of("HW49", "2026-01-10", "2026-12-31")),
            ("2026-03-01", PermitChange::Suspended(day("2026-03-05"))),
            ("2026-03-10", PermitChange::Reinstated(day("2026-03-12"))),
            ("2026-05-01", PermitChange::Revoked(day("2026-05-02"))),
        ]);
        for (on, answer, state) in [
            ("2026-01-05", PermitAnswer::Expired, PermitState::NotYet),
            ("2026-03-04", PermitAnswer::Allowed, PermitState::Good),
            ("2026-03-05", PermitAnswer::Suspended, PermitState::Suspended),
            ("2026-03-11", PermitAnswer::Suspended, PermitState::Suspended),
            ("2026-03-12", PermitAnswer::Allowed, PermitState::Good),
            ("2026-05-02", PermitAnswer::Expired, PermitState::Revoked),
        ] {
            assert_eq!((asked(&permit, on), permit.state_on(day(on))), (answer, state), "{on}");
        }
    }

    #[test]
    fn what_was_recorded_later_excuses_and_never_incriminates() {
        let issued = || ("2026-01-01", terms_of("HW49", "2026-01-01", "2026-12-31"));
        let late = permit(&[issued(), ("2026-03-10", PermitChange::Suspended(day("2026-03-01")))]);
        assert_eq!(asked(&late, "2026-03-05"), PermitAnswer::Allowed, "nobody could know");
        assert_eq!(asked(&late, "2026-03-10"), PermitAnswer::Suspended);
        let lifted = permit(&[
            issued(),
            ("2026-03-01", PermitChange::Suspended(day("2026-03-01"))),
            ("2026-03-10", PermitChange::Reinstated(day("2026-03-01"))),
            ("2026-03-20", PermitChange::Revoked(day("2026-03-01"))),
        ]);
        assert_eq!(asked(&lifted, "2026-03-05"), PermitAnswer::Allowed, "what is excused stays excused");
        let entered_late = permit(&[("2026-03-10", terms_of("HW08", "2026-01-01", "2026-12-31"))]);
        assert_eq!(asked(&entered_late, "2026-03-05"), PermitAnswer::Missing, "it excuses nothing");
        assert_eq!(asked(&entered_late, "2026-03-11"), PermitAnswer::OutOfScope);
    }

    #[test]
    fn of_two_amendments_for_one_day_the_later_counts_and_a_renewal_waits_for_its_day() {
        let permit = permit(&[
            ("2026-01-01", terms_of("HW49", "2026-01-01", "2026-06-30")),
            ("2026-02-01", terms_of("HW08", "2026-02-01", "2026-06-30")),
            ("2026-02-01", terms_of("HW49", "2026-02-01", "2026-06-30")),
            ("2026-03-01", terms_of("HW08", "2026-07-01", "2027-06-30")),
        ]);
        assert_eq!(asked(&permit, "2026-02-02"), PermitAnswer::Allowed);
        assert_eq!(asked(&permit, "2026-06-30"), PermitAnswer::Allowed);
        assert_eq!(asked(&permit, "2026-07-01"), PermitAnswer::OutOfScope);
    }
}
