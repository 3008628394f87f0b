//! Codes of use and disposal (利用处置方式): R, D, C, Y. The list and what is not verified about it: `seeds/catalogue/treatments.csv`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Catalogue;

/// What a treatment is in law: permits are given for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// 利用: something useful comes out.
    Use,
    /// 处置: made harmless or put away for good.
    Disposal,
    /// 收集: gathered and passed on, not treated.
    Collection,
    /// 其他.
    Other,
}

impl Operation {
    /// Name in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Operation::Use => "利用",
            Operation::Disposal => "处置",
            Operation::Collection => "收集",
            Operation::Other => "其他",
        }
    }

    /// Name in English.
    pub fn en(self) -> &'static str {
        match self {
            Operation::Use => "use",
            Operation::Disposal => "disposal",
            Operation::Collection => "collection",
            Operation::Other => "other",
        }
    }
}

/// A treatment code of the list, e.g. `D10`. Ordered by letter, then number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreatmentCode {
    letter: u8,
    number: u8,
}

/// Why a text is not a treatment code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreatmentCodeError {
    /// Not a capital letter and a number.
    #[error(
        "treatment code {0:?} is not of the form D10; write one capital letter and a number without leading zero"
    )]
    Form(String),
    /// Well-formed, but not on the list.
    #[error(
        "treatment code {0:?} is not on the list; choose one of the codes of the catalogue, e.g. R9, D10, C1, Y10"
    )]
    Unlisted(String),
}

/// One row of the list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Treatment {
    /// The code.
    #[serde(deserialize_with = "well_formed")]
    pub code: TreatmentCode,
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// What it is in law.
    #[serde(rename = "group")]
    pub operation: Operation,
}

/// Reads a code of the list itself, which cannot be checked against the list.
fn well_formed<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<TreatmentCode, D::Error> {
    let text = String::deserialize(deserializer)?;
    TreatmentCode::from_form(&text).ok_or_else(|| serde::de::Error::custom(TreatmentCodeError::Form(text)))
}

impl TreatmentCode {
    fn from_form(text: &str) -> Option<TreatmentCode> {
        let (letter, digits) = text.as_bytes().split_first()?;
        let well_formed = letter.is_ascii_uppercase()
            && (1..=2).contains(&digits.len())
            && digits[0] != b'0'
            && digits.iter().all(u8::is_ascii_digit);
        if !well_formed {
            return None;
        }
        let number = digits.iter().fold(0, |number, digit| number * 10 + (digit - b'0'));
        Some(TreatmentCode { letter: *letter, number })
    }

    /// The list the code is on: `R`, `D`, `C` or `Y`.
    pub fn list(self) -> char {
        char::from(self.letter)
    }

    /// The row of the list.
    pub fn entry(self) -> &'static Treatment {
        let listed = Catalogue::embedded().treatments.iter().find(|treatment| treatment.code == self);
        listed.expect("a code exists only by FromStr, which looked it up in the same list")
    }

    /// True for incineration (焚烧), of medical waste too: something is always left of what is burnt.
    pub fn burns(self) -> bool {
        matches!((self.list(), self.number), ('D' | 'Y', 10))
    }

    /// What the treatment is in law.
    pub fn operation(self) -> Operation {
        self.entry().operation
    }
}

impl FromStr for TreatmentCode {
    type Err = TreatmentCodeError;

    fn from_str(text: &str) -> Result<TreatmentCode, TreatmentCodeError> {
        let code = TreatmentCode::from_form(text).ok_or_else(|| TreatmentCodeError::Form(text.to_owned()))?;
        let listed = Catalogue::embedded().treatments.iter().any(|treatment| treatment.code == code);
        if listed { Ok(code) } else { Err(TreatmentCodeError::Unlisted(text.to_owned())) }
    }
}

impl fmt::Display for TreatmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.list(), self.number)
    }
}

impl fmt::Debug for TreatmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreatmentCode({self})")
    }
}

serde_as_text!(TreatmentCode);

impl Catalogue {
    /// All treatments in the order of the list.
    pub fn treatments(&self) -> &[Treatment] {
        &self.treatments
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_list() {
        let incineration: TreatmentCode = "D10".parse().unwrap();
        assert_eq!(incineration.to_string(), "D10");
        assert_eq!(
            (incineration.operation(), incineration.entry().zh.as_str()),
            (Operation::Disposal, "焚烧")
        );
        assert_eq!("C3".parse::<TreatmentCode>().unwrap().operation(), Operation::Use);
        for bad in
            ["", "D", "d10", "D010", "D100", "D1 ", "10", "DD1", "D1a", "焚烧", "D0", "D99999999999999999999"]
        {
            assert!(matches!(bad.parse::<TreatmentCode>(), Err(TreatmentCodeError::Form(_))), "{bad:?}");
        }
        for bad in ["D2", "R14", "Z1", "D99"] {
            assert!(matches!(bad.parse::<TreatmentCode>(), Err(TreatmentCodeError::Unlisted(_))), "{bad:?}");
        }
    }

    #[test]
    fn every_row_reads_back_and_has_both_names() {
        for treatment in Catalogue::embedded().treatments() {
            assert_eq!(treatment.code.to_string().parse(), Ok(treatment.code));
            assert!(!treatment.zh.is_empty() && !treatment.en.is_empty(), "{}", treatment.code);
        }
    }

    #[test]
    fn serde_uses_the_text() {
        let code: TreatmentCode = serde_json::from_str("\"R9\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"R9\"");
        assert!(serde_json::from_str::<TreatmentCode>("\"R13\"").is_err());
    }
}
