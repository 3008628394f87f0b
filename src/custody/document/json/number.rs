//! Numbers as they are written in JSON, exactly.

use std::fmt;

/// Most characters of a written number.
pub(super) const MAX_NUMBER_BYTES: usize = 64;
/// Most significant digits of a number that is read.
const MAX_DIGITS: usize = 24;
/// Largest power of ten, up or down, that is read.
const MAX_POWER: i32 = 24;

/// A decimal number, exactly: never a float.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    is_negative: bool,
    /// The significant digits as one number, without zeros at its end.
    digits: u128,
    /// How many of them stand behind the point; negative for zeros before it.
    scale: i32,
}

impl Decimal {
    /// Reads a number of JSON; `None` beyond 24 digits or powers of ten, where no figure of a document lies.
    pub fn read(text: &str) -> Option<Self> {
        let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let power: i32 = power.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.len() > MAX_DIGITS {
            return None;
        }
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits: 0, scale: 0 });
        }
        let zeros_behind = all.len() - all.trim_end_matches('0').len();
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(i32::try_from(zeros_behind).ok()?)?;
        let scale = scale.checked_sub(power)?;
        if !(-MAX_POWER..=MAX_POWER).contains(&scale) {
            return None;
        }
        Some(Self { is_negative, digits: digits.parse().ok()?, scale })
    }

    /// True for a number above zero.
    pub fn is_positive(self) -> bool {
        !self.is_negative && self.digits > 0
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.is_negative
    }

    /// Digits behind the point that are needed to write it.
    pub fn decimals(self) -> u32 {
        u32::try_from(self.scale).unwrap_or(0)
    }

    /// Its whole value, if it is a whole number that 64 bits hold.
    pub fn whole(self) -> Option<i64> {
        if self.scale > 0 {
            return None;
        }
        i64::try_from(self.shifted(0)?).ok()
    }

    /// The number times a million, if that is whole and small enough.
    pub fn millionths(self) -> Option<i128> {
        self.shifted(6)
    }

    /// The number times ten to a power, if that is whole.
    fn shifted(self, power: i32) -> Option<i128> {
        let zeros = u32::try_from(power.checked_sub(self.scale)?).ok()?;
        let size = self.digits.checked_mul(10_u128.checked_pow(zeros)?)?;
        let size = i128::try_from(size).ok()?;
        Some(if self.is_negative { -size } else { size })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        let digits = self.digits.to_string();
        match usize::try_from(self.scale) {
            Ok(0) => f.write_str(&digits),
            Ok(scale) => {
                let padded = format!("{digits:0>width$}", width = scale + 1);
                let (whole, fraction) = padded.split_at(padded.len() - scale);
                write!(f, "{whole}.{fraction}")
            }
            Err(_) => write!(f, "{digits}{}", "0".repeat(self.scale.unsigned_abs() as usize)),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
