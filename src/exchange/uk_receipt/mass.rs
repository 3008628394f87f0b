//! What was received against what was treated, item by item: a rule of ours, which the service does not have.

use crate::custody::document::json::Value;
use crate::custody::document::spot::Spot;
use crate::custody::finding::{Figure, Figures};

/// Micrograms in a gram.
const MICRO: i128 = 1_000_000;

/// What an item comes to.
pub(super) enum Balance {
    /// More was treated than came in.
    Exceeds(Figures),
    /// Less was treated; the rest is on hand.
    OnHand(Figures),
}

/// The balance of an item; none where it comes out even or a weight cannot be read to the microgram.
pub(super) fn balance(item: &Spot<'_>) -> Option<Balance> {
    let weight = item.get("weight")?;
    let received = micrograms(&weight)?;
    let treated = item.list("disposalOrRecoveryCodes");
    let weights: Vec<Spot<'_>> = treated.iter().filter_map(|code| code.get("weight")).collect();
    if weights.len() != treated.len() {
        return None;
    }
    let sum = weights.iter().try_fold(0_i128, |sum, weight| sum.checked_add(micrograms(weight)?))?;
    let estimates = weights.iter().chain([&weight]).any(|weight| weight.flag_of("isEstimate") == Some(true));
    let figures = Figures::none().with("received_g", grams(received)).with("treated_g", grams(sum));
    let figures = if estimates { figures.with("weights", "estimated") } else { figures };
    match sum.cmp(&received) {
        std::cmp::Ordering::Greater => {
            Some(Balance::Exceeds(figures.with("excess_g", grams(sum - received))))
        }
        std::cmp::Ordering::Less => Some(Balance::OnHand(figures.with("on_hand_g", grams(received - sum)))),
        std::cmp::Ordering::Equal => None,
    }
}

/// A weight in micrograms, exactly.
fn micrograms(weight: &Spot<'_>) -> Option<i128> {
    let amount =
        weight.get("amount").filter(|amount| matches!(amount.node().value, Value::Number(_)))?.number()?;
    let factor: i128 = match weight.text_of("metric")? {
        "Grams" => 1,
        "Kilograms" => 1_000,
        "Tonnes" => 1_000_000,
        _ => return None,
    };
    amount.is_positive().then(|| amount.millionths()?.checked_mul(factor)).flatten()
}

/// Grams as a figure: a number where they are whole, else a decimal text.
fn grams(micrograms: i128) -> Figure {
    let (whole, rest) = (micrograms / MICRO, micrograms % MICRO);
    match i64::try_from(whole) {
        Ok(whole) if rest == 0 => Figure::Number(whole),
        _ => {
            Figure::Text(format!("{whole}.{rest:06}").trim_end_matches('0').trim_end_matches('.').to_owned())
        }
    }
}
