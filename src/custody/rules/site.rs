//! Rules about what a site holds, treats and cannot account for: running totals against what it can take.

use chrono::{Months, NaiveDate};

use super::{TallyView, observation};
use crate::catalogue::Severity::{self, Critical, Major, Minor};
use crate::catalogue::WasteCode;
use crate::clock::Timestamp;
use crate::custody::finding::{Figures, Observation};
use crate::custody::subject::Subject;
use crate::custody::tally::{Cell, Sum, TallyKey};
use crate::id::SiteId;
use crate::registry::standing::Facility;

/// `storage-over-capacity`: more is in store at a site than its facilities can take (S5 8.3.5).
pub(super) fn storage_over_capacity(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Store { site, .. } = view.key else { return };
    let figure = |name| view.profile.threshold("storage-over-capacity", name);
    let Some(capacity_g) = storage_g(view, site, figure("point_g")) else { return };
    let stored = view.state.sum(&Cell::All);
    let exceeds = |name| exceeds(stored.mass_g, capacity_g, figure(name));
    if !exceeds("minor_permille") {
        return;
    }
    let mut full = saw(view, "storage-over-capacity", site, "store".to_owned());
    full.figures = Figures::none()
        .with("stored_g", stored.mass_g)
        .with("lots", stored.loads)
        .with("capacity_g", capacity_g);
    full.severity = Some(if exceeds("major_permille") { Major } else { Minor });
    seen.push(full);
}

/// What the storage facilities of a site can take together; `None` where one of them does not say, or there is none.
fn storage_g(view: &TallyView<'_>, site: SiteId, point_g: i64) -> Option<i64> {
    let facilities = view.registry.site(&site)?.facilities.iter();
    let stores = |facility: &&Facility| facility.capacity_g.is_some() || facility.day_capacity_g.is_none();
    let capacities = facilities.filter(stores).map(|facility| {
        let stated_g = facility.capacity_g.map(|grams| grams.get());
        if facility.is_point { Some(stated_g.unwrap_or(point_g).min(point_g)) } else { stated_g }
    });
    let total = capacities.collect::<Option<Vec<i64>>>()?;
    (!total.is_empty()).then(|| total.into_iter().fold(0, i64::saturating_add))
}

/// `over-throughput`: more was treated at a site in a day than its facilities can (S3).
pub(super) fn over_throughput(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Treated { site, .. } = view.key else { return };
    let facilities = view.registry.site(&site).into_iter().flat_map(|record| &record.facilities);
    let capacities = facilities.filter_map(|facility| facility.day_capacity_g);
    let Some(capacity_g) = capacities.map(|grams| grams.get()).reduce(i64::saturating_add) else { return };
    let permille = view.profile.threshold("over-throughput", "day_permille");
    for (cell, sum) in view.state.cells() {
        let Cell::Day { day } = cell else { continue };
        if !exceeds(sum.mass_g, capacity_g, permille) {
            continue;
        }
        let on = i32::try_from(*day).ok().and_then(NaiveDate::from_epoch_days).unwrap_or_default();
        let mut over = saw(view, "over-throughput", site, format!("day:{on}"));
        over.figures = Figures::none()
            .with("on", on.to_string())
            .with("treated_g", sum.mass_g)
            .with("capacity_g", capacity_g);
        seen.push(over);
    }
}

/// `residue-missing`: of what was burnt in a month too little is left, or too much (S1 art. 12). Ash is taken out when it is taken out,
/// so that only a whole month tells.
pub(super) fn residue_missing(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Treated { site, year, .. } = view.key else { return };
    let figure = |name| view.profile.threshold("residue-missing", name);
    let (min, max) = (figure("min_permille"), figure("max_permille"));
    for (cell, burnt) in view.state.cells() {
        let Cell::Burnt { month } = cell else { continue };
        let left = view.state.sum(&Cell::Residues { month: *month });
        let is_enough = i128::from(left.mass_g) * 1000 >= i128::from(burnt.mass_g) * i128::from(min);
        let Some(end) = end_of(view, year, *month) else { continue };
        if is_enough && !exceeds(left.mass_g, burnt.mass_g, max) {
            continue;
        }
        let mut missing = saw(view, "residue-missing", site, format!("month:{year}-{month:02}"));
        missing.figures = Figures::none()
            .with("month", format!("{year}-{month:02}"))
            .with("burnt_g", burnt.mass_g)
            .with("residue_g", left.mass_g)
            .with("min_permille", min)
            .with("max_permille", max);
        missing.due = Some(end);
        seen.push(missing);
    }
}

/// When a month is over.
fn end_of(view: &TallyView<'_>, year: i32, month: u8) -> Option<Timestamp> {
    let first = NaiveDate::from_ymd_opt(year, month.into(), 1)?;
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    Some(Timestamp::from_millis(view.profile.end_of_local_day_ms(last)))
}

/// `balance-gap`: of what came to a site in a year, by code, more or less was found than the books say (S2 art. 78).
pub(super) fn balance_gap(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Balance { site, year, .. } = view.key else { return };
    for (cell, gap) in view.state.cells() {
        let Cell::Gap { code } = cell else { continue };
        let came_g = view.state.sum(&Cell::Came { code: *code }).mass_g;
        let Some(severity) = how_bad(view, gap, came_g) else { continue };
        let code = code.as_ref().map_or_else(|| "unknown".to_owned(), WasteCode::to_string);
        let mut uneven = saw(view, "balance-gap", site, format!("year:{year}:{code}"));
        uneven.figures = Figures::none()
            .with("code", code)
            .with("year", i64::from(year))
            .with("difference_g", gap.mass_g.wrapping_neg())
            .with("came_g", came_g)
            .with("lots", gap.loads);
        uneven.severity = Some(severity);
        seen.push(uneven);
    }
}

/// By its share of what came, and how often it happens; whatever the share, so much is always critical.
fn how_bad(view: &TallyView<'_>, gap: &Sum, came_g: i64) -> Option<Severity> {
    let figure = |name| view.profile.threshold("balance-gap", name);
    let size_g = gap.mass_g.saturating_abs();
    if size_g > figure("critical_g") {
        return Some(Critical);
    }
    let is_often = gap.loads >= figure("repeat_count");
    match (
        exceeds(size_g, came_g, figure("major_permille")),
        exceeds(size_g, came_g, figure("minor_permille")),
    ) {
        (true, _) => Some(Major),
        (false, true) => Some(if is_often { Major } else { Minor }),
        (false, false) => None,
    }
}

/// True when a mass is more than a share of a limit.
fn exceeds(mass_g: i64, limit_g: i64, permille: i64) -> bool {
    i128::from(mass_g) * 1000 > i128::from(limit_g) * i128::from(permille)
}

fn saw(view: &TallyView<'_>, rule: &str, site: SiteId, discriminator: String) -> Observation {
    let mut seen = observation(rule, Subject::Site(site), discriminator);
    seen.concerns = view.key.concerns();
    seen.evidence = view.state.evidence();
    seen
}
