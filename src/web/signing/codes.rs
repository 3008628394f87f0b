//! Fields of codes.

use maud::{Markup, html};

use super::Field;
use crate::web::i18n::Lang;

impl Field<'_> {
    /// A waste code, however it is typed; those of the list with this id are offered.
    pub(in crate::web) fn code(self, lang: Lang, value: &str, list: Option<&str>) -> Markup {
        let input = html! {
            input name=(self.name) value=(value) data-as="code" list=[list] maxlength="20" required[self.is_required]
                autocomplete="off" placeholder="900-041-49";
        };
        self.labelled(lang, "field", input)
    }
}
