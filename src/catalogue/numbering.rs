//! Forms of manifest numbers: our own, and those of other systems that are bound to it or imported.

use serde::{Deserialize, Serialize};

use super::division::Division;

/// How manifests are numbered under a profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbering {
    /// Template of the number the ledger allots: `{year}`, `{division}`, `{serial}`. None where documents are only judged.
    pub own: Option<String>,
    /// Digits of the serial, with leading zeros.
    #[serde(default)]
    pub serial_digits: u8,
    /// True where an authority that runs the ledger numbers with the national digits itself.
    #[serde(default)]
    pub national_as_own: bool,
    /// Numbers of other systems.
    #[serde(default)]
    pub external: Vec<ExternalNumber>,
}

/// One kind of number of another system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalNumber {
    /// Type of the number in `number.bound`, e.g. `cn-national`.
    pub kind: String,
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// `9` stands for a digit, `A` for a capital letter.
    pub pattern: String,
    /// How many more capital letters are tolerated behind it.
    pub suffix_letters: usize,
}

/// How a number agrees with the form of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberForm {
    /// As prescribed.
    Regular,
    /// As prescribed with a tolerated suffix: taken and flagged.
    Suffixed,
    /// Anything else.
    Irregular,
}

impl Numbering {
    /// The ledger's own number of the `serial`th manifest of a division in a year, as the profile's pattern says.
    /// `None` under a profile that only judges documents.
    pub fn number(&self, year: i32, division: Division, serial: i64) -> Option<String> {
        let width = usize::from(self.serial_digits);
        let filled = self.own.as_ref()?.replace("{year}", &year.to_string());
        let filled = filled.replace("{division}", &division.to_string());
        Some(filled.replace("{serial}", &format!("{serial:0width$}")))
    }
}

impl ExternalNumber {
    /// Judges a number by its form alone.
    pub fn judge(&self, text: &str) -> NumberForm {
        let Some((head, suffix)) = text.split_at_checked(self.pattern.len()) else {
            return NumberForm::Irregular;
        };
        let suffix_tolerated =
            suffix.len() <= self.suffix_letters && suffix.bytes().all(|b| b.is_ascii_uppercase());
        if !fits(head, &self.pattern) || !suffix_tolerated {
            return NumberForm::Irregular;
        }
        if suffix.is_empty() { NumberForm::Regular } else { NumberForm::Suffixed }
    }
}

/// True when `text` has a digit where `pattern` has `9`, a capital letter where it has `A`, and nothing more.
pub(super) fn fits(text: &str, pattern: &str) -> bool {
    let agree = |(byte, form): (u8, u8)| match form {
        b'9' => byte.is_ascii_digit(),
        _ => byte.is_ascii_uppercase(),
    };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(agree)
}

/// True when a pattern has nothing but `9` and `A`.
pub(super) fn is_pattern(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| matches!(byte, b'9' | b'A'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_judged_by_form() {
        let national = ExternalNumber {
            kind: "cn-national".into(),
            zh: "国家联单编号".into(),
            en: "national manifest number".into(),
            pattern: "99999999999999".into(),
            suffix_letters: 0,
        };
        assert_eq!(national.judge("20263713000001"), NumberForm::Regular);
        for bad in
            ["2026371300001", "202637130000012", "2026371300000A", "20263713000001A", "", "２0263713000001"]
        {
            assert_eq!(national.judge(bad), NumberForm::Irregular, "{bad:?}");
        }
    }

    #[test]
    fn a_pattern_has_two_signs() {
        assert!(is_pattern("999AAA"));
        assert!(!is_pattern("") && !is_pattern("99-99") && !is_pattern("99a"));
        assert!(fits("H141", "A999") && !fits("141H", "A999") && !fits("H14", "A999"));
    }
}
