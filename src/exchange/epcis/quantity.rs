//! Quantities of EPCIS: masses in grams and volumes in millilitres, exactly, and never one made of the other.

use crate::custody::document::spot::Spot;

/// The members that hold quantities.
pub(super) const LISTS: [&str; 4] =
    ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];

/// What a list of quantities comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Mass in grams, where every mass is a whole number of them.
    pub(super) mass_g: i64,
    /// Volume in millilitres, in the same way.
    pub(super) volume_ml: i64,
    /// How many elements are neither: pieces, other units, too fine or too large.
    pub(super) other: i64,
}

/// Units of UN/CEFACT Recommendation 20 and how many millionths of a gram or millilitre one of them is.
const MASSES: [(&str, i128); 5] = [
    ("KGM", 1_000_000_000),
    ("GRM", 1_000_000),
    ("TNE", 1_000_000_000_000),
    ("MGM", 1_000),
    ("DTN", 100_000_000_000),
];
const VOLUMES: [(&str, i128); 3] = [("LTR", 1_000_000_000), ("MLT", 1_000_000), ("MTQ", 1_000_000_000_000)];

/// Adds up the quantities of the members named.
pub(super) fn sum(event: &Spot<'_>, lists: &[&str]) -> Sum {
    let mut sum = Sum::default();
    for element in lists.iter().flat_map(|name| event.list(name)) {
        let unit = element.text_of("uom").unwrap_or_default();
        let amount = element.get("quantity").and_then(|amount| amount.number()?.millionths());
        let in_units = |units: &[(&str, i128)]| {
            let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
            let millionths = amount?.checked_mul(*size)?.checked_div(1_000_000)?;
            let exact = amount?.checked_mul(*size)? % 1_000_000 == 0 && millionths % 1_000_000 == 0;
            exact.then(|| i64::try_from(millionths / 1_000_000).ok()).flatten()
        };
        if let Some(total) = in_units(&MASSES).and_then(|mass| sum.mass_g.checked_add(mass)) {
            sum.mass_g = total;
        } else if let Some(total) = in_units(&VOLUMES).and_then(|volume| sum.volume_ml.checked_add(volume)) {
            sum.volume_ml = total;
        } else {
            sum.other += 1;
        }
    }
    sum
}
