//! The rule about loads that are far off what a producer usually sends.

use std::collections::BTreeMap;

use super::{TallyView, observation};
use crate::catalogue::WasteCode;
use crate::custody::finding::{Figures, Observation};
use crate::custody::subject::Subject;
use crate::custody::tally::{Cell, TallyKey};

/// `quantity-outlier`: loads of a code weigh many times what the middle one of the year does (*).
///
/// Loads are counted by powers of two, so that the middle one is known up to its next power: a load is far off that at least.
pub(super) fn quantity_outlier(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Shipped { party, site, year } = view.key else { return };
    let figure = |name| view.profile.threshold("quantity-outlier", name);
    for (code, sizes) in sizes(view) {
        let loads =
            sizes.iter().map(|(_, loads)| loads).fold(0, |sum: i64, loads| sum.saturating_add(*loads));
        let Some(usual_g) = middle_g(&sizes, loads).filter(|_| loads >= figure("history_count")) else {
            continue;
        };
        let limit_g = i128::from(usual_g) * i128::from(figure("median_permille")) / 1000;
        let heavy = view.state.cells().iter().filter_map(|(cell, _)| match cell {
            Cell::Load { code: of, mass_g, loading } if *of == code && i128::from(*mass_g) > limit_g => {
                Some((*mass_g, *loading))
            }
            _ => None,
        });
        let heavy: Vec<_> = heavy.collect();
        let Some(load_g) = heavy.iter().map(|(mass_g, _)| *mass_g).max() else { continue };
        let mut far = observation("quantity-outlier", Subject::Site(site), format!("{code}:{year}"));
        far.figures = Figures::none()
            .with("code", code.to_string())
            .with("year", i64::from(year))
            .with("load_g", load_g)
            .with("usual_g", usual_g)
            .with("heavy_count", i64::try_from(heavy.len()).unwrap_or(i64::MAX))
            .with("loads", loads);
        far.concerns = vec![party];
        far.evidence = heavy.into_iter().map(|(_, loading)| loading).collect();
        seen.push(far);
    }
}

/// The loads of a year by code and size, smallest first.
fn sizes(view: &TallyView<'_>) -> BTreeMap<WasteCode, Vec<(u8, i64)>> {
    let mut sizes: BTreeMap<WasteCode, Vec<(u8, i64)>> = BTreeMap::new();
    for (cell, sum) in view.state.cells() {
        if let Cell::Size { code, bits } = cell {
            sizes.entry(*code).or_default().push((*bits, sum.loads));
        }
    }
    sizes
}

/// What the middle one of the loads weighs at most.
fn middle_g(sizes: &[(u8, i64)], loads: i64) -> Option<i64> {
    let mut smaller: i64 = 0;
    let is_middle = |(_, of_size): &&(u8, i64)| {
        smaller = smaller.saturating_add(*of_size);
        smaller.saturating_mul(2) >= loads
    };
    let (bits, _) = sizes.iter().find(is_middle)?;
    Some(2_i64.saturating_pow(u32::from(*bits) + 1))
}
