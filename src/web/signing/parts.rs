//! Parts of forms that are more than a field: what a box opens, what a box says, and one file.

use maud::{Markup, html};

use super::{ACCEPTED, head};
use crate::web::i18n::Lang;

/// A part that a box opens. What is not open is not said, so unticking takes a row away that was there.
pub(in crate::web) fn part(id: &str, title: &str, is_open: bool, fields: Markup) -> Markup {
    html! {
        label.inline { input type="checkbox" data-opens=(id) checked[is_open]; " " (title) }
        fieldset #(id) hidden[!is_open] disabled[!is_open] aria-label=(title) { (fields) }
    }
}

/// A box that says yes at this member; unticked it says nothing.
pub(in crate::web) fn flag(lang: Lang, name: &str, label: &'static str, is_set: bool) -> Markup {
    html! {
        label.inline { input type="checkbox" name=(name) value="true" data-as="flag" checked[is_set]; span data-label { (lang.t(label)) } }
    }
}

/// One file, whose digest becomes this member; it is sent first.
pub(in crate::web) fn file(lang: Lang, member: &str, label: &'static str) -> Markup {
    html! {
        label.field {
            (head(lang, label, false))
            span.hint.soft.small { (lang.t("signing.files")) }
            input type="file" data-digests=(member) accept=(ACCEPTED);
        }
    }
}
