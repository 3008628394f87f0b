//! Fields of codes: of wastes, treatments and parties, one or several in a field.

use maud::{Markup, html};

use super::Field;
use crate::web::i18n::Lang;

/// Most characters in a field of several codes: a permit has at most 600 of them.
const MAX_CODES: usize = 8_000;

impl Field<'_> {
    /// A waste code, however it is typed; those of the list with this id are offered.
    pub(in crate::web) fn code(self, lang: Lang, value: &str, list: Option<&str>) -> Markup {
        let input = html! {
            input name=(self.name) value=(value) data-as="code" list=[list] maxlength="20" required[self.is_required]
                autocomplete="off" placeholder="900-041-49";
        };
        self.labelled(lang, "field", input)
    }

    /// Several codes with commas or blanks between, which become a list: of wastes and their categories, or of treatments.
    pub(in crate::web) fn codes(self, lang: Lang, codes: &[String]) -> Markup {
        let area = html! {
            textarea name=(self.name) data-as="codes" rows="2" maxlength=(MAX_CODES) required[self.is_required] { (codes.join(" ")) }
        };
        self.labelled(lang, "field", area)
    }

    /// The credit code of a party; known ones are offered by the list with this id.
    pub(in crate::web) fn party(self, lang: Lang, value: &str, list: Option<&str>) -> Markup {
        let input = html! {
            input.mono name=(self.name) value=(value) data-as="party" list=[list] maxlength="18" required[self.is_required]
                autocomplete="off";
        };
        self.labelled(lang, "field", input)
    }
}
