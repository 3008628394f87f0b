//! What is peculiar to documents of the United States. The figures are in `seeds/jurisdictions/us.toml`.

use super::numbering::{NumberForm, fits};
use super::profile::Profile;

/// Type of the manifest tracking number in the profile.
const TRACKING_NUMBER: &str = "us-mtn";

/// Judges a manifest tracking number: nine digits and three letters (EPA form 8700-22, item 4), a suffix letter tolerated.
pub fn judge(text: &str) -> NumberForm {
    let kind = Profile::embedded("us").and_then(|profile| profile.external_number(TRACKING_NUMBER));
    kind.map_or(NumberForm::Irregular, |kind| kind.judge(text))
}

/// True for the form of a management method code such as `H141` (EPA form 8700-22, item 19); no list is carried.
pub fn is_management_method(text: &str) -> bool {
    let Some(treatments) = Profile::embedded("us").map(Profile::treatments) else { return false };
    let fits_pattern = treatments.pattern.as_deref().is_some_and(|pattern| fits(text, pattern));
    fits_pattern && treatments.first_letter.is_none_or(|letter| text.starts_with(letter))
}

/// What stands in place of an identification number where a shipping name has none.
pub const NO_DOT_ID: &str = "NOID";

/// True for the form of an EPA site id: two letters of the state and up to ten letters or digits.
pub fn is_site_id(text: &str) -> bool {
    let (state, rest) = text.split_at_checked(2).unwrap_or_default();
    let is_sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    fits(state, "AA") && (1..=10).contains(&rest.len()) && rest.bytes().all(is_sign)
}

/// True for the form of a zip code: five digits, or nine with a hyphen or a blank.
pub fn is_zip(text: &str) -> bool {
    let (five, four) = text.split_once(['-', ' ']).unwrap_or((text, "9999"));
    fits(five, "99999") && fits(four, "9999")
}

/// True for a phone number as forms have it: `###-###-####`.
pub fn is_phone(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    ["999", "999", "9999"].iter().all(|form| parts.next().is_some_and(|part| fits(part, form)))
}

/// True for the form of a federal waste code (40 CFR 261, subparts C and D): D, F, K, P or U and three digits.
pub fn is_federal_waste_code(text: &str) -> bool {
    fits(text, "A999") && text.starts_with(['D', 'F', 'K', 'P', 'U'])
}

/// True for the form of a Texas waste code: eight letters or digits.
pub fn is_texas_waste_code(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// True for an identification number (49 CFR 172.101, column 4), or what stands in its place.
pub fn is_dot_id(text: &str) -> bool {
    let digits = ["UN", "NA", "ID"].iter().find_map(|prefix| text.strip_prefix(prefix));
    text == NO_DOT_ID || digits.is_some_and(|digits| fits(digits, "9999"))
}

/// The identification numbers that stand in a printed shipping description.
pub fn dot_ids_in(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| *word != NO_DOT_ID && is_dot_id(word)).collect()
}

/// True for the form of a form code of the biennial report.
pub fn is_form_code(text: &str) -> bool {
    fits(text, "A999") && text.starts_with('W')
}

/// True for the form of a source code of the biennial report.
pub fn is_source_code(text: &str) -> bool {
    fits(text, "A99") && text.starts_with('G')
}

/// True for a unit of density: 1, pounds in a gallon; 2, specific gravity.
pub fn is_density_unit(text: &str) -> bool {
    matches!(text, "1" | "2")
}

/// True for the form of the number of an import consent: six digits, `I`, five digits.
pub fn is_consent_number(text: &str) -> bool {
    fits(text, "999999A99999") && text.as_bytes().get(6) == Some(&b'I')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_numbers_of_the_sample() {
        for (text, form) in [
            ("000000219JES", NumberForm::Regular),
            ("000650904WASB", NumberForm::Suffixed),
            ("000650904WASBC", NumberForm::Suffixed),
            ("000650904WASBCD", NumberForm::Irregular),
            ("5811579FLE", NumberForm::Irregular),
            ("0123934797JJK", NumberForm::Irregular),
            ("00248120GBF", NumberForm::Irregular),
            ("000000219jes", NumberForm::Irregular),
            ("000000219JE", NumberForm::Irregular),
            ("000000219JES1", NumberForm::Irregular),
            ("", NumberForm::Irregular),
            ("０00000219JES", NumberForm::Irregular),
        ] {
            assert_eq!(judge(text), form, "{text:?}");
        }
    }

    #[test]
    fn forms_of_codes() {
        assert!(is_zip("20852") && is_zip("20852-1234") && is_zip("20852 1234"));
        assert!(!is_zip("2085") && !is_zip("20852-") && !is_zip("20852-12345") && !is_zip("asdf"));
        assert!(is_phone("703-308-0023") && !is_phone("703-308-0023-1") && !is_phone("7033080023"));
        for id in ["VAD000532119", "VATESTRAN02", "CA1"] {
            assert!(is_site_id(id), "{id}");
        }
        for id in
            ["", "VA", "vad000532119", "VAD0005321190", "40 CFR PART 761", "V1D000532119", "VÄD00053211"]
        {
            assert!(!is_site_id(id), "{id}");
        }
        assert!(
            is_federal_waste_code("D001") && !is_federal_waste_code("X001") && !is_federal_waste_code("D1")
        );
        assert!(is_dot_id("UN1993") && is_dot_id("NA1993") && is_dot_id("NOID") && !is_dot_id("UN199"));
        assert_eq!(dot_ids_in("RQ, UN1993, Waste (NA3082) UNION2 x"), ["UN1993", "NA3082"]);
        assert!(is_consent_number("123456I12345") && !is_consent_number("123456X12345"));
        assert!(is_texas_waste_code("32112345") && !is_texas_waste_code("3211234"));
        assert!(
            is_form_code("W103") && is_source_code("G05") && !is_form_code("103") && !is_source_code("G5")
        );
    }

    #[test]
    fn management_methods_have_a_form() {
        assert!(is_management_method("H141") && is_management_method("H010"));
        for bad in ["", "H14", "H1411", "h141", "D141", "HH41"] {
            assert!(!is_management_method(bad), "{bad:?}");
        }
    }
}
