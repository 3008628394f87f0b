//! Telephone numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A telephone number in its international form (E.164): `+` and 8 to 15 digits. It is personal data: it has no `Display`, and `Debug` does not
/// show it, so that no log does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

/// Why a text is no telephone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number such as +8613800138000, or 13800138000 of a mobile in China")]
pub struct PhoneError;

impl Phone {
    /// Most digits of a number (E.164).
    const MAX_DIGITS: usize = 15;
    /// Fewest: no country has shorter ones together with its code.
    const MIN_DIGITS: usize = 8;
    /// Digits of a mobile number in China, which people write without the code of the country.
    const CHINESE_MOBILE_DIGITS: usize = 11;

    /// The number, for whoever sends to it and for its holder.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As much of it as its holder recognises: the last four digits.
    pub fn masked(&self) -> String {
        format!("…{}", &self.0[self.0.len() - 4..])
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// Blanks, hyphens and brackets between digits count for nothing.
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let bare: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let (has_code, digits) = match bare.strip_prefix('+') {
            Some(digits) => (true, digits),
            None => (false, bare.as_str()),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('0') {
            return Err(PhoneError);
        }
        match (has_code, digits.len()) {
            (true, Self::MIN_DIGITS..=Self::MAX_DIGITS) => Ok(Self(format!("+{digits}"))),
            (false, Self::CHINESE_MOBILE_DIGITS) if digits.starts_with('1') => {
                Ok(Self(format!("+86{digits}")))
            }
            _ => Err(PhoneError),
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling_and_are_never_shown_by_accident() {
        for (text, number) in [
            ("13800138000", "+8613800138000"),
            ("+86 138-0013-8000", "+8613800138000"),
            ("+1 (202) 555-0100", "+12025550100"),
        ] {
            let phone: Phone = text.parse().unwrap();
            assert_eq!(phone.as_str(), number);
            assert_eq!(format!("{phone:?}"), "Phone(…)");
            assert_eq!(phone.masked(), format!("…{}", &number[number.len() - 4..]));
        }
        for bad in [
            "",
            "+",
            "110",
            "2025550100",
            "+0123456789",
            "+1234567",
            "+1234567890123456",
            "+86138００138000",
            "+861380013800x",
            "+8613800138000\r\nBcc: x",
        ] {
            assert_eq!(bad.parse::<Phone>(), Err(PhoneError), "{bad}");
        }
    }
}
