//! Shapes of signed payloads: bounded texts, bounded lists, masses, places.
//!
//! A limit that is part of a type is checked while the bytes are parsed, once, with the pointer of the field, and never
//! again. No shape holds a float: two parsers must never read two values out of one signature.

mod coordinates;
mod distance;
mod language;
pub mod mass;
mod phone;
mod plate;
mod width;

use std::fmt;
use std::ops::Deref;

use chrono::NaiveDate;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub use coordinates::{Bearing, Coordinates};
pub use language::Lang;
pub use phone::{Phone, PhoneError};
pub use plate::Plate;
pub use width::half_width;

/// The largest integer every JSON parser keeps exact: 2^53 - 1 (RFC 8259 §6).
pub const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// A text of 1 to `MAX` characters without control characters (line feeds are allowed) and without blank ends.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Takes a text if it keeps the limits, else says which one it breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        let length = text.chars().count();
        if length == 0 || length > MAX {
            return Err(format!("a text of 1 to {MAX} characters is wanted, this one has {length}"));
        }
        if text.trim() != text {
            return Err("a text must not begin or end with blanks".to_owned());
        }
        if text.chars().any(|c| (c.is_control() && c != '\n') || is_invisible(c)) {
            return Err("a text must not hold control or direction-changing characters".to_owned());
        }
        Ok(Self(text))
    }
}

/// Characters that make a text read differently from what it is: direction marks, zero-width ones, fillers, tags, byte order
/// marks, line separators and noncharacters (Unicode 16, ch. 23).
fn is_invisible(c: char) -> bool {
    let is_noncharacter = (c as u32) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    is_noncharacter
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A list of `MIN` to `MAX` items.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// Takes the items if their number keeps the limits, else says what is wanted.
    pub fn new(items: Vec<T>) -> Result<Self, String> {
        if (MIN..=MAX).contains(&items.len()) {
            Ok(Self(items))
        } else {
            Err(format!("a list of {MIN} to {MAX} items is wanted, this one has {}", items.len()))
        }
    }

    /// The items, given away.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, 0, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MIN: usize, const MAX: usize> Deref for List<T, MIN, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: fmt::Debug, const MIN: usize, const MAX: usize> fmt::Debug for List<T, MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de> for List<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T, const MIN: usize, const MAX: usize>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> serde::de::Visitor<'de>
            for Visitor<T, MIN, MAX>
        {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of {MIN} to {MAX} items")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    if items.len() == MAX {
                        return Err(A::Error::custom(format!("a list of at most {MAX} items is wanted")));
                    }
                    items.push(item);
                }
                Ok(items)
            }
        }
        let items = deserializer.deserialize_seq(Visitor::<T, MIN, MAX>(std::marker::PhantomData))?;
        Self::new(items).map_err(D::Error::custom)
    }
}

/// A mass in whole grams, 1 to 2^53 - 1. What may be nothing is an `Option`, so a zero never means "unknown".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Grams(i64);

impl Grams {
    /// Takes a number of grams, or `None` when it is below 1 or above 2^53 - 1.
    pub fn new(grams: i64) -> Option<Self> {
        (1..=MAX_SAFE_INTEGER).contains(&grams).then_some(Self(grams))
    }

    /// The number of grams.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Grams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let grams = i64::deserialize(deserializer)?;
        Self::new(grams)
            .ok_or_else(|| D::Error::custom("a mass in whole grams from 1 to 9007199254740991 is wanted"))
    }
}

/// Reads an unsigned integer of at most 2^53 - 1, for `deserialize_with`.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = u64::deserialize(deserializer)?;
    if value <= MAX_SAFE_INTEGER as u64 {
        Ok(value)
    } else {
        Err(D::Error::custom("a whole number from 0 to 9007199254740991 is wanted"))
    }
}

/// Reads an optional unsigned integer of at most 2^53 - 1, for `deserialize_with`.
pub fn opt_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match Option::<u64>::deserialize(deserializer)? {
        Some(value) if value > MAX_SAFE_INTEGER as u64 => {
            Err(D::Error::custom("a whole number from 0 to 9007199254740991 is wanted"))
        }
        value => Ok(value),
    }
}

/// Reads an optional difference between two masses: whole grams of either sign, not 0, for `deserialize_with`.
pub fn opt_difference<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<i64>::deserialize(deserializer)? {
        Some(value) if value == 0 || value.unsigned_abs() > MAX_SAFE_INTEGER.unsigned_abs() => {
            Err(D::Error::custom("a difference in whole grams is wanted: not 0, at most 9007199254740991"))
        }
        value => Ok(value),
    }
}

/// Reads a day in its one spelling, `YYYY-MM-DD` from 1970 to 9999, for `deserialize_with`.
pub fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    parse_day(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Reads an optional day in its one spelling, for `deserialize_with`.
pub fn opt_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    Option::<String>::deserialize(deserializer)?
        .map(|text| parse_day(&text))
        .transpose()
        .map_err(D::Error::custom)
}

/// The month of a day, as it is written everywhere: `2026-03`.
pub fn month_text(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

/// A day from its one spelling; the error says what is wanted.
pub fn parse_day(text: &str) -> Result<NaiveDate, &'static str> {
    let wanted = "a day from 1970-01-01 to 9999-12-31, written YYYY-MM-DD, is wanted";
    let day: NaiveDate = text.parse().map_err(|_| wanted)?;
    let is_spelled = day.format("%Y-%m-%d").to_string() == text && text.len() == 10;
    if is_spelled && text >= "1970" { Ok(day) } else { Err(wanted) }
}

/// Reads a calendar year from 1970 to 9999, for `deserialize_with`.
pub fn year<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let year = u16::deserialize(deserializer)?;
    if (1970..=9999).contains(&year) {
        Ok(year)
    } else {
        Err(D::Error::custom("a year from 1970 to 9999 is wanted"))
    }
}

/// How a quantity came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Weighed or gauged.
    Measured,
    /// Judged by eye or experience.
    Estimated,
    /// Allotted by calculation, for example a share of one weighing.
    Computed,
}

/// A quantity: grams to calculate with, and beside them what was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// Net mass in grams.
    pub mass_g: Grams,
    /// Measured, estimated or computed.
    pub basis: Basis,
    /// The number as it was written, for example `1.25`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Text<32>>,
    /// The unit as it was written, for example `吨`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text<16>>,
    /// Gross mass in grams, as weighed with packaging or vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gross_g: Option<Grams>,
    /// Tare in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tare_g: Option<Grams>,
    /// True when the net mass includes the packaging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packaging_included: Option<bool>,
    /// Volume in millilitres, beside the mass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_ml: Option<Grams>,
    /// Number of pieces, beside the mass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<u32>,
    /// Number of the weigh ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Text<64>>,
    /// The scale that weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Text<64>>,
}

impl Quantity {
    /// A bare mass with its basis, nothing written beside it.
    pub fn of(mass_g: Grams, basis: Basis) -> Self {
        Self {
            mass_g,
            basis,
            written: None,
            unit: None,
            gross_g: None,
            tare_g: None,
            packaging_included: None,
            volume_ml: None,
            pieces: None,
            ticket: None,
            scale: None,
        }
    }

    /// Net mass in grams.
    pub fn grams(&self) -> i64 {
        self.mass_g.get()
    }
}

/// Where a place came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceSource {
    /// Satellite positioning of the device.
    Gps,
    /// Network positioning.
    Network,
    /// Typed by a person.
    Typed,
}

/// A position in millionths of a degree (WGS 84), with its accuracy in metres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Latitude in millionths of a degree, north positive.
    #[serde(deserialize_with = "latitude")]
    pub lat_udeg: i32,
    /// Longitude in millionths of a degree, east positive.
    #[serde(deserialize_with = "longitude")]
    pub lon_udeg: i32,
    /// Radius of accuracy in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
    /// How the position was obtained.
    pub source: PlaceSource,
}

fn latitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    within(deserializer, 90_000_000)
}

fn longitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    within(deserializer, 180_000_000)
}

fn within<'de, D: Deserializer<'de>>(deserializer: D, limit: i32) -> Result<i32, D::Error> {
    let value = i32::deserialize(deserializer)?;
    if (-limit..=limit).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("millionths of a degree from -{limit} to {limit} are wanted")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_limits() {
        assert!(serde_json::from_str::<Text<3>>("\"危废物\"").is_ok());
        for bad in ["\"\"", "\"abcd\"", "\" a\"", "\"a\\u0000\"", "\"\\u202eab\"", "\"\\ud800\"", "3"] {
            assert!(serde_json::from_str::<Text<3>>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_invisible_and_one_spelling_of_a_day() {
        for bad in ["a\u{61c}b", "a\u{3164}b", "a\u{2028}b", "a\u{e0041}b", "a\u{ffff}b", "a\u{ad}b"] {
            assert!(Text::<9>::new(bad).is_err(), "{bad:?}");
        }
        assert!(parse_day("2026-02-28").is_ok());
        for bad in
            ["2026-2-28", "26-02-28", " 2026-02-28", "+2026-02-28", "1969-12-31", "2026-02-30", "10000-01-01"]
        {
            assert!(parse_day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn masses_are_exact_or_refused() {
        assert_eq!(serde_json::from_str::<Grams>("9007199254740991").unwrap().get(), MAX_SAFE_INTEGER);
        for bad in ["0", "-1", "-0", "1.0", "1e3", "1e400", "9007199254740992", "\"5\""] {
            assert!(serde_json::from_str::<Grams>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lists_stop_reading_at_their_limit() {
        assert!(serde_json::from_str::<List<u8, 1, 2>>("[1,2]").is_ok());
        assert!(serde_json::from_str::<List<u8, 1, 2>>("[]").is_err());
        assert!(serde_json::from_str::<List<u8, 1, 2>>("[1,2,3]").is_err());
    }

    #[test]
    fn plates_are_found_as_people_type_them() {
        for typed in ["鲁Q·12345", "鲁q 12345", "鲁Ｑ１２３４５", " 鲁ｑ.12345"] {
            assert_eq!(&*Plate::parse_loose(typed).unwrap(), "鲁Q12345", "{typed}");
        }
        assert!(Plate::parse_loose("鲁Q%").is_err());
    }
}
