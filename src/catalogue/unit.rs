//! Units of mass and volume, and exact conversion of what was written to whole grams or millilitres. No floating point anywhere.

use serde::Deserialize;

use super::Catalogue;

/// Most significant digits a written quantity may have; a weigh ticket has five or six.
pub const MAX_SIGNIFICANT_DIGITS: usize = 15;

/// Most bytes a written quantity may have, leading and trailing zeros included.
const MAX_TEXT_BYTES: usize = 32;

/// Largest amount in grams or millilitres: what every JSON reader holds exactly (2^53 - 1).
pub const MAX_AMOUNT: i64 = 9_007_199_254_740_991;

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// In grams.
    Mass,
    /// In millilitres.
    Volume,
}

/// One unit of one system. A unit is `numerator / denominator` grams or millilitres, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// `cn` or `us`: the same letter may mean different things (T is the short ton in `us`).
    pub system: String,
    /// The code as written, e.g. `kg`, `P`.
    pub code: String,
    /// What it measures.
    pub dimension: Dimension,
    /// Upper part of the factor, positive.
    pub numerator: u64,
    /// Lower part of the factor, positive.
    pub denominator: u64,
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
}

/// A written quantity in whole grams or millilitres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converted {
    /// What was measured: mass in grams, volume in millilitres.
    pub dimension: Dimension,
    /// The amount, rounded half up when it was not whole.
    pub amount: i64,
    /// False when rounding changed the amount.
    pub exact: bool,
}

/// Why a written quantity cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a plain decimal number.
    #[error(
        "quantity {0:?} is not a plain decimal number; write digits with at most one point between them, e.g. 1.25"
    )]
    Form(String),
    /// More digits than anything was ever weighed to.
    #[error(
        "quantity has {0} significant digits, the limit is {MAX_SIGNIFICANT_DIGITS}; write what the scale showed"
    )]
    Digits(usize),
    /// Longer than the limit.
    #[error("quantity has {0} bytes, the limit is {MAX_TEXT_BYTES}; leave superfluous zeros out")]
    Length(usize),
    /// More than the largest amount.
    #[error("quantity {0:?} is above the limit of {MAX_AMOUNT} grams or millilitres; check the unit")]
    TooLarge(String),
}

/// Converts a decimal text (`1200`, `1.25`) in `unit` to whole grams or millilitres, rounding half up where the result is not whole.
pub fn convert(text: &str, unit: &Unit) -> Result<Converted, UnitError> {
    let (digits, decimals) = read_decimal(text)?;
    let scale = 10_u128.pow(decimals);
    // At most 15 digits times a factor below 2^64 stays far below 2^128; the scale has at most 30 zeros.
    let dividend = u128::from(digits) * u128::from(unit.numerator);
    let divisor = scale * u128::from(unit.denominator);
    let (whole, rest) = (dividend / divisor, dividend % divisor);
    let rounded = whole + u128::from(rest >= divisor - rest && rest != 0);
    let amount = i64::try_from(rounded).ok().filter(|amount| *amount <= MAX_AMOUNT);
    let amount = amount.ok_or_else(|| UnitError::TooLarge(text.to_owned()))?;
    Ok(Converted { dimension: unit.dimension, amount, exact: rest == 0 })
}

/// Reads a decimal text into its digits as one number and how many of them stand behind the point.
fn read_decimal(text: &str) -> Result<(u64, u32), UnitError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(UnitError::Length(text.len()));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(UnitError::Form(text.to_owned()));
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.len() > MAX_SIGNIFICANT_DIGITS {
        return Err(UnitError::Digits(digits.len()));
    }
    let number =
        if digits.is_empty() { 0 } else { digits.parse().map_err(|_| UnitError::Form(text.to_owned()))? };
    Ok((number, fraction.len() as u32))
}

impl Catalogue {
    /// The unit `code` of a system (`cn`, `us`), exactly as written.
    pub fn unit(&self, system: &str, code: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.system == system && unit.code == code)
    }

    /// All units of all systems.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn to_amount(text: &str, system: &str, code: &str) -> Result<(i64, bool), UnitError> {
        let unit = Catalogue::embedded().unit(system, code).unwrap();
        convert(text, unit).map(|converted| (converted.amount, converted.exact))
    }

    #[test]
    fn every_unit_converts_one_of_itself() {
        for (system, code, one, exact) in [
            ("cn", "吨", 1_000_000, true),
            ("cn", "千克", 1_000, true),
            ("cn", "公斤", 1_000, true),
            ("cn", "克", 1, true),
            ("cn", "t", 1_000_000, true),
            ("cn", "kg", 1_000, true),
            ("cn", "g", 1, true),
            ("cn", "L", 1_000, true),
            ("cn", "m3", 1_000_000, true),
            ("us", "P", 454, false),
            ("us", "T", 907_185, false),
            ("us", "K", 1_000, true),
            ("us", "M", 1_000_000, true),
            ("us", "G", 3_785, false),
            ("us", "L", 1_000, true),
            ("us", "Y", 764_555, false),
            ("us", "N", 1_000_000, true),
        ] {
            assert_eq!(to_amount("1", system, code), Ok((one, exact)), "{system} {code}");
        }
        assert_eq!(Catalogue::embedded().unit("us", "G").unwrap().dimension, Dimension::Volume);
        assert_eq!(Catalogue::embedded().unit("cn", "KG"), None);
    }

    #[test]
    fn decimals_are_exact_where_they_can_be() {
        for (text, code, expected) in [
            ("1200", "kg", (1_200_000, true)),
            ("1.25", "t", (1_250_000, true)),
            ("0.000001", "t", (1, true)),
            ("0001.5000", "kg", (1_500, true)),
            ("0", "kg", (0, true)),
            ("0.0", "t", (0, true)),
            ("1.0005", "kg", (1_001, false)),
            ("1.0004", "kg", (1_000, false)),
            ("9007199254.7409", "t", (9_007_199_254_740_900, true)),
        ] {
            assert_eq!(to_amount(text, "cn", code), Ok(expected), "{text} {code}");
        }
    }

    #[test]
    fn american_units_keep_every_digit() {
        assert_eq!(to_amount("100000", "us", "P"), Ok((45_359_237, true)));
        assert_eq!(to_amount("2000", "us", "P"), to_amount("1", "us", "T"));
        assert_eq!(to_amount("50", "us", "T"), Ok((45_359_237, true)));
        assert_eq!(to_amount("125000", "us", "G"), Ok((473_176_473, true)));
        assert_eq!(to_amount("1000000", "us", "Y"), Ok((764_554_857_984, true)));
        assert_eq!(to_amount("0.5", "us", "P"), Ok((227, false)));
    }

    #[test]
    fn a_half_goes_up() {
        assert_eq!(to_amount("0.5", "cn", "g"), Ok((1, false)));
        assert_eq!(to_amount("2.5", "cn", "g"), Ok((3, false)));
        assert_eq!(to_amount("0.49999", "cn", "g"), Ok((0, false)));
    }

    #[test]
    fn nothing_but_plain_decimals_is_taken() {
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,200", "1 200", "1.2.3", "NaN", "１２"] {
            assert_eq!(to_amount(bad, "cn", "kg"), Err(UnitError::Form(bad.to_owned())), "{bad:?}");
        }
        assert_eq!(to_amount("1234567890.123456", "cn", "g"), Err(UnitError::Digits(16)));
        assert_eq!(to_amount(&"0".repeat(33), "cn", "g"), Err(UnitError::Length(33)));
        assert_eq!(to_amount("9007199254740", "cn", "t"), Err(UnitError::TooLarge("9007199254740".into())));
        assert_eq!(
            to_amount("999999999999999", "us", "Y"),
            Err(UnitError::TooLarge("999999999999999".into()))
        );
    }

    #[test]
    fn the_smallest_written_quantity_does_not_overflow() {
        let text = format!("0.{}1", "0".repeat(MAX_TEXT_BYTES - 3));
        assert_eq!(to_amount(&text, "us", "Y"), Ok((0, false)));
    }

    #[test]
    fn factors_are_positive() {
        assert!(Catalogue::embedded().units().iter().all(|unit| unit.numerator > 0 && unit.denominator > 0));
    }
}
