//! The lines of imported documents as rows of exact integers, so that a sum in SQL is exact on every database.

use crate::catalogue::{Catalogue, Dimension, convert};
use crate::custody::document::emanifest;
use crate::exchange::{epa_emanifest, us_lines};

/// Largest quantity of one line, in thousandths of its unit (ten million units): no load comes near it, and the sums of the lines of one
/// file stay within 63 bits in grams and millilitres.
pub const MAX_QUANTITY_MILLI: i64 = 10_000_000_000;

/// Most bytes of a written quantity, superfluous zeros included.
const MAX_QUANTITY_BYTES: usize = 16;

/// One line of an imported document, ready for a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentLine {
    /// Position in the content, from 1, a header not counted: the key within the document.
    pub row: i64,
    /// Line number as the document says; none when it is not a number from 1 to 65535. It may stand there twice.
    pub line: Option<i64>,
    /// Unit as written.
    pub unit: String,
    /// Quantity in thousandths of that unit; none when it is not a decimal number within the limits.
    pub quantity_milli: Option<i64>,
    /// Mass in whole grams, rounded half up; none for a volume, an unknown unit or no quantity.
    pub mass_g: Option<i64>,
    /// Volume in whole millilitres, rounded half up; none for a mass, an unknown unit or no quantity.
    pub volume_ml: Option<i64>,
}

impl DocumentLine {
    /// A line of a document of the United States, by its position from 0, with unit and quantity as they are written.
    pub(in crate::exchange) fn of_us(position: usize, line: Option<i64>, unit: &str, quantity: &str) -> Self {
        let quantity_milli = thousandths(quantity);
        let known = Catalogue::embedded().unit("us", unit);
        let amount = |dimension| {
            let unit = known.filter(|unit| unit.dimension == dimension)?;
            quantity_milli?;
            convert(quantity, unit).ok().map(|converted| converted.amount)
        };
        Self {
            row: position as i64 + 1,
            line,
            unit: unit.to_owned(),
            quantity_milli,
            mass_g: amount(Dimension::Mass),
            volume_ml: amount(Dimension::Volume),
        }
    }
}

/// A decimal text in thousandths, exactly; none when it is no plain decimal, finer than thousandths, or above the limit.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fine = fraction.trim_end_matches('0');
    if text.len() > MAX_QUANTITY_BYTES || !is_digits(whole) || !is_digits(fraction) || fine.len() > 3 {
        return None;
    }
    let milli: i64 = format!("{whole}{fine:0<3}").parse().ok()?;
    Some(milli).filter(|milli| *milli <= MAX_QUANTITY_MILLI)
}

/// The lines of an imported document; none where its format is not known here, or its content is not of it.
pub fn rows(profile: &str, media: &str, content: &str) -> Vec<DocumentLine> {
    match (profile, media) {
        ("us", us_lines::MEDIA) => us_lines::rows(content).unwrap_or_default(),
        ("us", emanifest::MEDIA) => epa_emanifest::rows(content),
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn quantities_become_thousandths_or_nothing() {
        for (text, milli) in [
            ("150", Some(150_000)),
            ("1.25", Some(1_250)),
            ("0.001", Some(1)),
            ("0.0010", Some(1)),
            ("0", Some(0)),
            ("007", Some(7_000)),
            ("10000000", Some(MAX_QUANTITY_MILLI)),
            ("10000000.001", None),
            ("0.0001", None),
            ("99999999999999999999", None),
            ("00000000000000001", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1,000", None),
            ("１", None),
        ] {
            assert_eq!(thousandths(text), milli, "{text:?}");
        }
    }

    #[test]
    fn every_unit_converts_the_largest_quantity() {
        let units = Catalogue::embedded().units().iter().filter(|unit| unit.system == "us");
        for unit in units {
            let amount = convert("10000000", unit).unwrap().amount;
            assert!(
                amount.checked_mul(crate::exchange::us_lines::MAX_LINES as i64).is_some(),
                "{}",
                unit.code
            );
        }
    }
}
