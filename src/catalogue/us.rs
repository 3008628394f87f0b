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
    fn management_methods_have_a_form() {
        assert!(is_management_method("H141") && is_management_method("H010"));
        for bad in ["", "H14", "H1411", "h141", "D141", "HH41"] {
            assert!(!is_management_method(bad), "{bad:?}");
        }
    }
}
