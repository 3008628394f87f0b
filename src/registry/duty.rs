//! What the sites of parties owe the authority: which periods they declare, and until when. It follows from their class in each
//! year and from the profile.

use chrono::{Datelike, NaiveDate};

use super::declaration::Slot;
use super::party::SiteRecord;
use crate::catalogue::{Profile, UnitClass};
use crate::id::SiteId;

/// How many calendar years before the one of the day that is looked at the list of duties goes back.
const YEARS_BACK: i32 = 2;

/// A period of a site that is over, and must be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// What is to be declared.
    pub slot: Slot,
    /// The last day that is in time.
    pub due_on: NaiveDate,
}

/// The first day that any period on the list may begin on.
pub fn first_day_of_list(on: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(on.year() - YEARS_BACK, 1, 1).unwrap_or(on)
}

/// The periods of a site that were over before day `on`, ended no earlier than the site was registered, and are declared by units
/// of its class in their year: by due day, shorter periods first. A year without a class owes nothing.
pub fn duties(site: &SiteRecord, profile: &Profile, on: NaiveDate) -> Vec<Duty> {
    let registered_on = profile.local_date(site.registered_at.as_millis());
    let first = first_day_of_list(on);
    let mut duties = Vec::new();
    for year in first.year()..=on.year() {
        let Some(class) = site.class_in(year) else { continue };
        let of_year = of_year(site.site, class, year, profile);
        duties.extend(of_year.filter(|duty| (registered_on..on).contains(&duty.slot.last_day())));
    }
    duties.sort_unstable_by_key(|duty| (duty.due_on, duty.slot));
    duties
}

/// Everything that a site of a class declares of a year.
pub fn of_year(site: SiteId, class: UnitClass, year: i32, profile: &Profile) -> impl Iterator<Item = Duty> {
    profile.declared_by(class).iter().flat_map(move |period| {
        let firsts =
            std::iter::successors(NaiveDate::from_ymd_opt(year, 1, 1), |from| Some(period.next(*from)));
        let firsts = firsts.take_while(move |from| from.year() == year);
        firsts.map(move |from| {
            let slot = Slot { site, period: *period, from };
            Duty { slot, due_on: profile.due_day(*period, from) }
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::registry::standing::ClassOfYear;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn site(registered: &str, classes: &[(u16, UnitClass)]) -> SiteRecord {
        SiteRecord {
            site: SiteId::from_uuid(crate::id::derived(&[b"site"])),
            party: "91371300MA3C000019".parse().unwrap(),
            name: "works".to_owned(),
            division: "371302".parse().unwrap(),
            place: None,
            classes: classes.iter().map(|(year, class)| ClassOfYear { year: *year, class: *class }).collect(),
            facilities: Vec::new(),
            registered_at: registered.parse().unwrap(),
            closed_on: None,
            index: 1,
        }
    }

    fn list(site: &SiteRecord, on: &str) -> Vec<String> {
        let duties = duties(site, Profile::embedded("cn").unwrap(), day(on));
        let text = |duty: &Duty| format!("{} {} {}", duty.slot.period.name(), duty.slot.from, duty.due_on);
        duties.iter().map(text).collect()
    }

    /// HJ 1259-2022, 7.2.
    #[test]
    fn each_class_declares_its_periods_by_the_days_of_the_standard() {
        let long_ago = "2020-01-01T08:00:00+08:00";
        let key = site(long_ago, &[(2026, UnitClass::Key)]);
        assert_eq!(list(&key, "2026-01-31"), Vec::<String>::new(), "January is not over on its last day");
        assert_eq!(list(&key, "2026-03-15"), ["month 2026-01-01 2026-02-15", "month 2026-02-01 2026-03-15"]);
        let year = list(&key, "2027-01-01");
        assert_eq!(year.len(), 13);
        assert_eq!(year[11..], ["month 2026-12-01 2027-01-15", "year 2026-01-01 2027-03-31"]);
        let simplified = site(long_ago, &[(2026, UnitClass::Simplified)]);
        assert_eq!(
            list(&simplified, "2026-07-01"),
            ["quarter 2026-01-01 2026-04-15", "quarter 2026-04-01 2026-07-15"]
        );
        let registered = site(long_ago, &[(2025, UnitClass::Registered)]);
        assert_eq!(list(&registered, "2026-12-31"), ["year 2025-01-01 2026-03-31"]);
    }

    #[test]
    fn a_class_counts_in_its_year_and_a_site_owes_nothing_from_before_it_was_registered() {
        let site = site("2026-02-27T08:00:00+08:00", &[(2025, UnitClass::Key), (2026, UnitClass::Key)]);
        assert_eq!(list(&site, "2026-03-01"), ["month 2026-02-01 2026-03-15"]);
        assert_eq!(list(&site, "2029-06-01"), Vec::<String>::new(), "the list goes back two years");
    }

    #[test]
    fn of_two_classes_for_one_year_the_later_counts() {
        let classes = [(2026, UnitClass::Key), (2026, UnitClass::Registered)];
        assert_eq!(list(&site("2026-01-01T08:00:00+08:00", &classes), "2026-12-31"), Vec::<String>::new());
    }
}
