//! Waste codes of the Chinese national catalogue (国家危险废物名录) and its editions.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{Catalogue, CatalogueError};
use crate::shape::half_width;

/// Highest category of the catalogue: HW50. Some numbers below it are not in use; that is for the edition to say.
const MAX_CATEGORY: u8 = 50;

/// Digits of a waste code: industry 3, serial 3, category 2.
const CODE_DIGITS: usize = 8;

/// A well-formed waste code `aaa-bbb-cc`, e.g. `900-041-49`; whether an edition lists it is a question for [`Catalogue::standing`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WasteCode([u8; CODE_DIGITS]);

/// Why a text is not a waste code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WasteCodeError {
    /// Not the form `aaa-bbb-cc`.
    #[error("waste code {0:?} is not of the form 900-041-49; write three digits, three digits, two digits")]
    Form(String),
    /// The last two digits are no category HW01 to HW50.
    #[error("waste code {0:?} ends in a category that does not exist; the last two digits are 01 to 50")]
    Category(String),
}

impl WasteCode {
    /// The category: 49 for HW49.
    pub fn category(&self) -> u8 {
        (self.0[6] - b'0') * 10 + (self.0[7] - b'0')
    }

    /// The eight digits without hyphens, as in the container label code (HJ 1259).
    pub fn digits(&self) -> String {
        self.0.iter().map(|&digit| char::from(digit)).collect()
    }

    /// True for `900-000-cc`: hazardous by testing (鉴别), not by being listed.
    pub fn is_identified(&self) -> bool {
        self.0.starts_with(b"900000")
    }

    /// Reads what people type into a search box: `90004149`, full-width digits, any dashes and spaces.
    /// Signed statements take the strict form only ([`FromStr`]).
    pub fn parse_loose(text: &str) -> Result<WasteCode, WasteCodeError> {
        let mut digits = [0; CODE_DIGITS];
        let mut count = 0;
        for character in text.chars().filter(|c| !c.is_whitespace() && !is_dash(*c)) {
            let digit = ascii_digit(character).ok_or_else(|| WasteCodeError::Form(text.to_owned()))?;
            *digits.get_mut(count).ok_or_else(|| WasteCodeError::Form(text.to_owned()))? = digit;
            count += 1;
        }
        if count != CODE_DIGITS {
            return Err(WasteCodeError::Form(text.to_owned()));
        }
        WasteCode::from_digits(digits, text)
    }

    fn from_digits(digits: [u8; CODE_DIGITS], text: &str) -> Result<WasteCode, WasteCodeError> {
        let code = WasteCode(digits);
        if !(1..=MAX_CATEGORY).contains(&code.category()) {
            return Err(WasteCodeError::Category(text.to_owned()));
        }
        Ok(code)
    }
}

/// The dashes that people and their keyboards write for a hyphen.
pub(super) fn is_dash(character: char) -> bool {
    matches!(character, '-' | '－' | '‐' | '‑' | '–' | '—' | '−')
}

fn ascii_digit(character: char) -> Option<u8> {
    u8::try_from(half_width(character)).ok().filter(u8::is_ascii_digit)
}

impl FromStr for WasteCode {
    type Err = WasteCodeError;

    fn from_str(text: &str) -> Result<WasteCode, WasteCodeError> {
        let form = || WasteCodeError::Form(text.to_owned());
        let bytes: &[u8; 10] = text.as_bytes().try_into().map_err(|_| form())?;
        let [a, b, c, dash, d, e, f, second_dash, g, h] = *bytes;
        let digits = [a, b, c, d, e, f, g, h];
        if dash != b'-' || second_dash != b'-' || !digits.iter().all(u8::is_ascii_digit) {
            return Err(form());
        }
        WasteCode::from_digits(digits, text)
    }
}

impl fmt::Display for WasteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        write!(f, "{}-{}-{}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

impl fmt::Debug for WasteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WasteCode({self})")
    }
}

serde_as_text!(WasteCode);

/// One row of the catalogue, texts in Chinese as published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WasteEntry {
    /// The code.
    pub code: WasteCode,
    /// Category with its letters, e.g. `HW49`.
    pub category: String,
    /// Name of the category, e.g. 其他废物.
    pub category_name: String,
    /// The industry the waste comes from.
    pub industry: String,
    /// What the waste is.
    pub description: String,
    /// Hazard letters as printed: T, C, I, R, In, joined by `,` or `/`.
    pub hazards: String,
}

/// One edition of the catalogue and when it is in force.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Short name kept by every manifest written under it, e.g. `2025`.
    pub id: String,
    /// Title in Chinese.
    pub zh: String,
    /// Title in English.
    pub en: String,
    /// First day in force.
    pub in_force_from: NaiveDate,
    /// Last day in force; none while it is in force.
    pub in_force_until: Option<NaiveDate>,
    /// True when every code of the edition is known to us.
    pub complete: bool,
    /// The edition whose codes stay good in this one, when this one is incomplete.
    pub based_on: Option<String>,
    /// How many codes the published edition has.
    pub listed_codes: u32,
}

/// How a well-formed code stands under an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Listed in the edition, or in the edition it is based on.
    Listed,
    /// `900-000-cc`: hazardous by testing, good under every edition.
    Identified,
    /// Not in what we know of the edition: taken with the notice `code-edition-unverified`.
    EditionUnverified,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditionList {
    edition: Vec<Edition>,
}

/// Reads `editions.toml`; the result is not empty and ordered by first day in force.
pub(super) fn read_editions(text: &str) -> Result<Vec<Edition>, CatalogueError> {
    let mut editions = toml::from_str::<EditionList>(text)?.edition;
    if editions.is_empty() {
        return Err(CatalogueError::NoEdition);
    }
    editions.sort_by_key(|edition| edition.in_force_from);
    Ok(editions)
}

impl Catalogue {
    /// The row of a code, if a known edition lists it.
    pub fn waste(&self, code: &WasteCode) -> Option<&WasteEntry> {
        self.waste_positions.get(code).map(|&position| &self.wastes[position])
    }

    /// All rows in the order of the published list.
    pub fn wastes(&self) -> &[WasteEntry] {
        &self.wastes
    }

    /// All editions, oldest first.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// How `code` stands under the edition named `edition`. An edition we have never heard of verifies nothing.
    ///
    /// All rows here are those of 2021, and every edition known to us is that one or based on it.
    pub fn standing(&self, code: WasteCode, edition: &str) -> Standing {
        if code.is_identified() {
            return Standing::Identified;
        }
        let edition_known = self.editions.iter().any(|known| known.id == edition);
        match self.waste(&code) {
            Some(_) if edition_known => Standing::Listed,
            _ => Standing::EditionUnverified,
        }
    }

    /// The edition in force on `date`; before the first one, the first (older paper is back-filled under it).
    pub fn edition_on(&self, date: NaiveDate) -> &Edition {
        self.editions.iter().rev().find(|edition| edition.in_force_from <= date).unwrap_or(&self.editions[0])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn code(text: &str) -> WasteCode {
        text.parse().unwrap()
    }

    #[test]
    fn codes_are_read_strictly_and_written_back() {
        let oily = code("900-041-49");
        assert_eq!(
            (oily.category(), oily.digits().as_str(), oily.to_string().as_str()),
            (49, "90004149", "900-041-49")
        );
        for bad in [
            "90004149",
            "900-041-4",
            "900-041-499",
            "900_041_49",
            "90A-041-49",
            " 900-041-49",
            "９00-041-49",
            "",
        ] {
            assert!(matches!(bad.parse::<WasteCode>(), Err(WasteCodeError::Form(_))), "{bad:?}");
        }
        for bad in ["900-041-00", "900-041-51", "900-041-99"] {
            assert!(matches!(bad.parse::<WasteCode>(), Err(WasteCodeError::Category(_))), "{bad:?}");
        }
    }

    #[test]
    fn a_search_box_may_be_sloppy() {
        for text in [
            "90004149",
            "900-041-49",
            "９０００４１４９",
            "９００－０４１－４９",
            " 900 041 49 ",
            "900—041—49",
        ] {
            assert_eq!(WasteCode::parse_loose(text), Ok(code("900-041-49")), "{text:?}");
        }
        for bad in ["9000414", "900041490", "HW49", "", "900-041-51"] {
            assert!(WasteCode::parse_loose(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn serde_uses_the_text() {
        let written = serde_json::to_string(&code("900-041-49")).unwrap();
        assert_eq!(written, "\"900-041-49\"");
        assert_eq!(serde_json::from_str::<WasteCode>(&written).unwrap(), code("900-041-49"));
        assert!(serde_json::from_str::<WasteCode>("\"90004149\"").is_err());
    }

    #[test]
    fn every_row_is_whole() {
        for entry in Catalogue::embedded().wastes() {
            assert_eq!(entry.category, format!("HW{:02}", entry.code.category()));
            for text in [&entry.category_name, &entry.industry, &entry.description] {
                assert!(!text.trim().is_empty(), "{}", entry.code);
            }
            assert!(
                entry.hazards.split([',', '/']).all(|h| ["T", "C", "I", "R", "In"].contains(&h)),
                "{}",
                entry.hazards
            );
        }
    }

    #[test]
    fn old_codes_stay_good_and_unknown_ones_are_marked() {
        let catalogue = Catalogue::embedded();
        assert_eq!(catalogue.standing(code("900-041-49"), "2021"), Standing::Listed);
        assert_eq!(catalogue.standing(code("900-041-49"), "2025"), Standing::Listed);
        assert_eq!(catalogue.standing(code("900-041-49"), "1998"), Standing::EditionUnverified);
        assert_eq!(catalogue.standing(code("321-999-48"), "2025"), Standing::EditionUnverified);
        assert_eq!(catalogue.standing(code("900-000-17"), "2025"), Standing::Identified);
        assert!(catalogue.waste(&code("321-999-48")).is_none());
    }

    #[test]
    fn the_edition_changes_at_new_year_2025() {
        let on =
            |y, m, d| Catalogue::embedded().edition_on(NaiveDate::from_ymd_opt(y, m, d).unwrap()).id.as_str();
        assert_eq!(on(2024, 12, 31), "2021");
        assert_eq!(on(2025, 1, 1), "2025");
        assert_eq!(on(2019, 6, 1), "2021");
    }

    #[test]
    fn editions_form_a_chain_to_the_complete_one() {
        let editions = Catalogue::embedded().editions();
        for edition in editions {
            let base_is_complete = |base: &String| editions.iter().any(|e| &e.id == base && e.complete);
            assert!(
                edition.complete || edition.based_on.as_ref().is_some_and(base_is_complete),
                "{}",
                edition.id
            );
            assert!(!edition.zh.is_empty() && !edition.en.is_empty());
        }
        assert_eq!(editions[0].listed_codes as usize, Catalogue::embedded().wastes().len());
        assert_eq!(editions[0].in_force_until, editions[1].in_force_from.pred_opt());
    }
}
