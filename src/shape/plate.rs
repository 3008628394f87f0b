//! Registration plates of vehicles.

use std::ops::Deref;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::half_width;

/// A vehicle's registration plate, upper case, without blanks or the middle dot (`鲁Q12345`): 5 to 10 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Plate(String);

impl Plate {
    /// The longest plate, in characters.
    pub const MAX_CHARS: usize = 10;

    /// Takes a plate in its one spelling; `鲁Q·12345` with its dot is refused with the spelling that is wanted.
    pub fn new(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        let good = text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || ('\u{4e00}'..='\u{9fff}').contains(&c));
        if good && (5..=Self::MAX_CHARS).contains(&length) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a plate of 5 to 10 upper-case letters, digits and Chinese characters without blanks or dots is wanted, such as 鲁Q12345".to_owned())
        }
    }
}

impl Plate {
    /// Reads what people type into a search box: in small letters, with full-width digits, with the dot and blanks that vehicles show. Signed
    /// statements take the one spelling only ([`Plate::new`]).
    pub fn parse_loose(text: &str) -> Result<Self, String> {
        let is_kept = |c: &char| !c.is_whitespace() && !matches!(c, '·' | '•' | '・' | '.' | '-');
        let text: String = text.chars().map(half_width).filter(is_kept).collect();
        Self::new(&text.to_ascii_uppercase())
    }
}

impl Deref for Plate {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Plate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn plates_have_one_spelling() {
        assert!(Plate::new("鲁Q12345").is_ok());
        for bad in ["鲁Q·12345", "鲁q12345", "鲁Q 2345", "鲁Q１２３４５", ""] {
            assert!(Plate::new(bad).is_err(), "{bad}");
        }
    }
}
