//! Administrative divisions of China (行政区划, GB/T 2260): six digits, two each for province, city, county.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::Catalogue;

/// A division code such as `371302`. Well-formed only; whether it exists is asked by [`Catalogue::division_name`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Division(u32);

/// Why a text is not a division code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("division code {0:?} is not of the form 371302; write six digits, the first not 0")]
pub struct DivisionError(String);

/// Names of levels that exist only in the code, not in an address: 北京市东城区 has no 市辖区 in it.
const UNSPOKEN: [&str; 4] = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"];

/// One row of `divisions.csv`.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) code: Division,
    pub(super) name: String,
}

impl Division {
    /// The first and the last code that a division may have.
    pub const EVERYWHERE: (Division, Division) = (Division(100_000), Division(999_999));

    /// The province the division lies in: `370000` of `371302`.
    pub fn province(self) -> Division {
        Division(self.0 / 10_000 * 10_000)
    }

    /// The city (prefecture) the division lies in: `371300` of `371302`; of a province, the province.
    pub fn city(self) -> Division {
        Division(self.0 / 100 * 100)
    }

    /// The first and the last code that lies in this division, itself included.
    pub fn range(self) -> (Division, Division) {
        let size = match self.0 {
            province if province.is_multiple_of(10_000) => 10_000,
            city if city.is_multiple_of(100) => 100,
            _ => 1,
        };
        (self, Division(self.0 + size - 1))
    }

    /// True when `self` is `prefix` or lies in it: `371300` contains `371302`, `370000` contains both.
    pub fn is_within(self, prefix: Division) -> bool {
        self == prefix || self.city() == prefix || self.province() == prefix
    }
}

impl FromStr for Division {
    type Err = DivisionError;

    fn from_str(text: &str) -> Result<Division, DivisionError> {
        let well_formed =
            text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if !well_formed {
            return Err(DivisionError(text.to_owned()));
        }
        text.parse().map(Division).map_err(|_| DivisionError(text.to_owned()))
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Division({self})")
    }
}

serde_as_text!(Division);

impl Catalogue {
    /// The division's own name, e.g. 兰山区; none for a code the list does not have.
    pub fn division_name(&self, division: Division) -> Option<&str> {
        self.division_names.get(&division).map(String::as_str)
    }

    /// The name with those above it, e.g. 山东省临沂市兰山区.
    pub fn full_name(&self, division: Division) -> Option<String> {
        let own = self.division_name(division)?;
        let mut above = vec![division.province(), division.city()];
        above.dedup();
        let mut full: String = above
            .into_iter()
            .filter(|&ancestor| ancestor != division)
            .filter_map(|ancestor| self.division_name(ancestor))
            .filter(|name| !UNSPOKEN.contains(name))
            .collect();
        full.push_str(own);
        Some(full)
    }

    /// The divisions directly below `parent`, in order of code; of a county, none.
    pub fn divisions_below(&self, parent: Division) -> Vec<(Division, &str)> {
        let is_child = |division: Division| {
            let upper = if division.city() == division { division.province() } else { division.city() };
            division != parent && upper == parent
        };
        let children = self.division_names.iter().filter(|(division, _)| is_child(**division));
        children.map(|(&division, name)| (division, name.as_str())).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_lies_within() {
        for own in ["370000", "371300", "371302"] {
            let (first, last) = division(own).range();
            for code in
                ["369999", "370000", "371299", "371300", "371302", "371303", "371399", "371400", "380000"]
            {
                let code = division(code);
                assert_eq!((first..=last).contains(&code), code.is_within(division(own)), "{code} in {own}");
            }
        }
    }

    fn division(text: &str) -> Division {
        text.parse().unwrap()
    }

    #[test]
    fn only_six_digits_are_a_code() {
        assert_eq!(division("371302").to_string(), "371302");
        for bad in ["37130", "3713020", "37130a", "071302", "+71302", " 71302", "３71302", ""] {
            assert!(bad.parse::<Division>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_prefix_contains_what_begins_with_it() {
        let (shandong, linyi, lanshan) = (division("370000"), division("371300"), division("371302"));
        assert_eq!((lanshan.province(), lanshan.city(), linyi.city()), (shandong, linyi, linyi));
        for (inner, outer, within) in [
            (lanshan, linyi, true),
            (lanshan, shandong, true),
            (linyi, shandong, true),
            (lanshan, lanshan, true),
            (linyi, lanshan, false),
            (shandong, linyi, false),
            (division("371402"), linyi, false),
            (division("320102"), shandong, false),
        ] {
            assert_eq!(inner.is_within(outer), within, "{inner} in {outer}");
        }
    }

    #[test]
    fn names_are_spoken_as_in_an_address() {
        let name = |text| Catalogue::embedded().full_name(division(text));
        assert_eq!(name("371302").as_deref(), Some("山东省临沂市兰山区"));
        assert_eq!(name("371300").as_deref(), Some("山东省临沂市"));
        assert_eq!(name("370000").as_deref(), Some("山东省"));
        assert_eq!(name("110101").as_deref(), Some("北京市东城区"));
        assert_eq!(name("999999"), None);
        assert_eq!(Catalogue::embedded().division_name(division("371302")), Some("兰山区"));
    }

    #[test]
    fn linyi_has_twelve_counties_and_a_zone() {
        let below = Catalogue::embedded().divisions_below(division("371300"));
        assert_eq!(below.len(), 13);
        assert_eq!(below[0], (division("371302"), "兰山区"));
        assert!(
            Catalogue::embedded()
                .divisions_below(division("370000"))
                .contains(&(division("371300"), "临沂市"))
        );
        assert!(Catalogue::embedded().divisions_below(division("371302")).is_empty());
    }

    #[test]
    fn every_division_has_those_above_it() {
        let catalogue = Catalogue::embedded();
        for &each in catalogue.division_names.keys() {
            assert!(catalogue.division_name(each.province()).is_some(), "{each}");
            assert!(catalogue.division_name(each.city()).is_some(), "{each}");
        }
    }

    #[test]
    fn serde_uses_the_text() {
        assert_eq!(serde_json::to_string(&division("371302")).unwrap(), "\"371302\"");
        assert!(serde_json::from_str::<Division>("371302").is_err());
    }
}
