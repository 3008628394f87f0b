//! The rule that holds what a site filed for a period against what the ledger says of it.

use std::cmp::Reverse;

use chrono::{Datelike, NaiveDate};

use super::{TallyView, observation};
use crate::catalogue::{DeclarationPeriod, WasteCode};
use crate::custody::finding::{Figures as Compared, Observation};
use crate::custody::measure::{Figures, Measure};
use crate::custody::subject::Subject;
use crate::custody::tally::{Cell, TallyKey, TallyState};

/// `declaration-differs`: a figure that was filed for a period is not what the ledger says of it (S4 7.2).
///
/// Of a period that began before the site was registered here the ledger knows a part only.
pub(super) fn declaration_differs(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Measured { site, year, .. } = view.key else { return };
    let Some(record) = view.registry.site(&site) else { return };
    let known_from = view.profile.local_date(record.registered_at.as_millis());
    let tolerance_g = view.profile.threshold("declaration-differs", "tolerance_g");
    for (cell, _) in view.state.cells() {
        let Cell::Declared { period, month, filing } = *cell else { continue };
        let from = NaiveDate::from_ymd_opt(year, month.into(), 1).filter(|from| *from >= known_from);
        let Some(from) = from else { continue };
        let mut differing = differing(view.state, period, from);
        differing.retain(|one| one.difference_g().saturating_abs() > tolerance_g);
        // The first of those that differ most.
        let most = |one: &&Differing| Reverse(one.difference_g().saturating_abs());
        let Some(worst) = differing.iter().min_by_key(most) else { continue };
        let mut differs =
            observation("declaration-differs", Subject::Site(site), format!("{}:{from}", period.name()));
        differs.figures = Compared::none()
            .with("period", period.name())
            .with("site", site.to_string())
            .with("first_day", from.to_string())
            .with("code", worst.code.to_string())
            .with("measure", worst.measure.name())
            .with("filed_g", worst.filed_g)
            .with("ledger_g", worst.ledger_g)
            .with("difference_g", worst.difference_g())
            .with("differing_count", i64::try_from(differing.len()).unwrap_or(i64::MAX));
        differs.concerns = view.key.concerns();
        differs.evidence = vec![filing];
        seen.push(differs);
    }
}

/// A figure that was filed, and what it should be.
struct Differing {
    code: WasteCode,
    measure: Measure,
    filed_g: i64,
    ledger_g: i64,
}

impl Differing {
    /// By how much less was filed.
    fn difference_g(&self) -> i64 {
        self.ledger_g.saturating_sub(self.filed_g)
    }
}

/// The figures of a period that differ. What lay there at its beginning is taken as filed; what must lie there at its end follows from
/// that and from what moved. Who declares that nothing moved says nothing of what lies there.
fn differing(state: &TallyState, period: DeclarationPeriod, from: NaiveDate) -> Vec<Differing> {
    let months = from.month()..=period.last_day(from).month();
    let (mut filed, mut ledger) = (Figures::default(), Figures::default());
    for (cell, sum) in state.cells() {
        match *cell {
            Cell::Measured { month, measure, code } if months.contains(&month.into()) => {
                ledger.add(code, measure, sum.mass_g);
            }
            Cell::Filed { period: of, month, measure, code }
                if of == period && u32::from(month) == from.month() =>
            {
                filed.add(code, measure, sum.mass_g);
            }
            _ => {}
        }
    }
    if filed.iter().next().is_some() {
        ledger.open(&filed.openings());
    }
    let differences = filed.differences(&ledger).into_iter();
    differences
        .map(|(code, measure, filed_g, ledger_g)| Differing { code, measure, filed_g, ledger_g })
        .collect()
}
