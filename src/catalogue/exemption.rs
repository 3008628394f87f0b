//! Exemptions (豁免): waste that on one link of its way is freed from one duty, under a condition. Data; rules consult it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::waste::WasteCode;

/// The link of the way an exemption is about (豁免环节).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// 收集.
    Collection,
    /// 运输.
    Transport,
    /// 贮存.
    Storage,
    /// 利用.
    Use,
    /// 处置.
    Disposal,
}

/// A duty an exemption may lift. What is not named stays due: an exempt transport still runs under a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// To register a manifest first.
    Manifest,
    /// To hold an operating permit.
    Permit,
    /// Dangerous-goods licence of carrier and vehicle, qualified driver and escort.
    TransportLicence,
}

/// Two wastes that must not be kept or carried together (不相容).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incompatible {
    /// The one and the other, in no order.
    pub(super) codes: [CodePattern; 2],
}

impl Incompatible {
    pub(super) fn are(&self, one: &WasteCode, other: &WasteCode) -> bool {
        let [a, b] = &self.codes;
        a.covers(one) && b.covers(other) || a.covers(other) && b.covers(one)
    }
}

/// One entry of the list of exemptions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Name by which a statement claims the exemption, kebab-case.
    pub id: String,
    /// Which codes.
    pub code: CodePattern,
    /// On which link.
    pub link: Link,
    /// Which duties are lifted.
    pub waives: Vec<Duty>,
    /// True when the code alone does not tell that the condition holds, so that somebody has to state it.
    pub needs_claim: bool,
    /// Most grams per line, where the condition names a quantity.
    pub max_g: Option<i64>,
    /// The condition in Chinese.
    pub zh: String,
    /// The condition in English.
    pub en: String,
    /// Where it is written.
    pub basis: String,
}

impl Exemption {
    /// True when the exemption lifts `duty`.
    pub fn waives(&self, duty: Duty) -> bool {
        self.waives.contains(&duty)
    }
}

/// Which waste codes an entry is about: a code `900-052-31`, the beginning of one `900-05`, or a category `HW01`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodePattern {
    /// One code.
    Code(WasteCode),
    /// All codes whose text begins so.
    Prefix(String),
    /// All codes of a category.
    Category(u8),
}

/// Why a text is no pattern of codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no waste code, beginning of one or category; write 900-052-31, 900-05 or HW31")]
pub struct CodePatternError(String);

impl CodePattern {
    /// True when the pattern covers `code`.
    pub fn covers(&self, code: &WasteCode) -> bool {
        match self {
            CodePattern::Code(one) => one == code,
            CodePattern::Prefix(beginning) => code.to_string().starts_with(beginning),
            CodePattern::Category(category) => code.category() == *category,
        }
    }

    /// True when the pattern covers every code that another one covers, as far as their texts tell.
    pub fn includes(&self, other: &CodePattern) -> bool {
        match (self, other) {
            (_, CodePattern::Code(code)) => self.covers(code),
            (CodePattern::Prefix(beginning), CodePattern::Prefix(other)) => other.starts_with(beginning),
            _ => self == other,
        }
    }
}

impl FromStr for CodePattern {
    type Err = CodePatternError;

    fn from_str(text: &str) -> Result<CodePattern, CodePatternError> {
        let error = || CodePatternError(text.to_owned());
        if let Some(category) = text.strip_prefix("HW") {
            let two_digits = category.len() == 2 && category.bytes().all(|b| b.is_ascii_digit());
            let number = category.parse().map_err(|_| error())?;
            return if two_digits && (1..=50).contains(&number) {
                Ok(CodePattern::Category(number))
            } else {
                Err(error())
            };
        }
        if let Ok(code) = text.parse() {
            return Ok(CodePattern::Code(code));
        }
        let begins_a_code = (1..10).contains(&text.len())
            && text.bytes().enumerate().all(|(i, byte)| match i {
                3 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if begins_a_code { Ok(CodePattern::Prefix(text.to_owned())) } else { Err(error()) }
    }
}

impl std::fmt::Display for CodePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CodePattern::Code(code) => code.fmt(f),
            CodePattern::Prefix(beginning) => f.write_str(beginning),
            CodePattern::Category(category) => write!(f, "HW{category:02}"),
        }
    }
}

serde_as_text!(CodePattern);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_codes_beginnings_and_categories() {
        let battery: WasteCode = "900-052-31".parse().unwrap();
        for (pattern, covers) in [
            ("900-052-31", true),
            ("900-052-32", false),
            ("900-05", true),
            ("900-", true),
            ("90", true),
            ("901", false),
            ("HW31", true),
            ("HW01", false),
        ] {
            assert_eq!(pattern.parse::<CodePattern>().unwrap().covers(&battery), covers, "{pattern}");
        }
    }

    #[test]
    fn other_texts_are_no_pattern() {
        for bad in ["", "HW", "HW1", "HW001", "HW+1", "hw01", "900-052-99", "9000", "900-052-3a", "*"] {
            assert!(bad.parse::<CodePattern>().is_err(), "{bad:?}");
        }
    }
}
