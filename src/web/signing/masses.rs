//! Fields of masses: filled in in the unit that people weigh or plan in, and signed in grams.

use maud::{Markup, html};

use super::Field;
use crate::web::i18n::Lang;
use crate::web::words::{kilograms_input, tonnes_input};

/// A unit that masses are filled in with.
struct Unit {
    /// How the script reads the field.
    name: &'static str,
    /// Key of what it is called.
    sign: &'static str,
    /// Grams as such a field is filled in.
    input: fn(i64) -> String,
}

const KILOGRAMS: Unit = Unit { name: "kilograms", sign: "sign.kilogram", input: kilograms_input };
const TONNES: Unit = Unit { name: "tonnes", sign: "sign.tonne", input: tonnes_input };

impl Field<'_> {
    /// A mass, filled in in kilograms.
    pub(in crate::web) fn kilograms(self, lang: Lang, grams: Option<i64>) -> Markup {
        self.labelled(lang, "field", self.mass(lang, &KILOGRAMS, grams, None))
    }

    /// A mass, filled in in tonnes: what is planned for a year, or rated.
    pub(in crate::web) fn tonnes(self, lang: Lang, grams: Option<i64>) -> Markup {
        self.labelled(lang, "field", self.mass(lang, &TONNES, grams, None))
    }

    /// A mass in a cell of a table, where `shown` says which.
    pub(in crate::web) fn kilograms_cell(self, lang: Lang, grams: i64, shown: &str) -> Markup {
        self.mass(lang, &KILOGRAMS, Some(grams), Some(shown))
    }

    fn mass(&self, lang: Lang, unit: &Unit, grams: Option<i64>, shown: Option<&str>) -> Markup {
        let value = grams.map(unit.input).unwrap_or_default();
        let sign = lang.t(unit.sign);
        html! {
            span.unit {
                input name=(self.name) value=(value) data-as=(unit.name) data-unit=(sign) aria-label=[shown] inputmode="decimal"
                    required[self.is_required] autocomplete="off";
                span.soft aria-hidden="true" { (sign) }
            }
        }
    }
}
