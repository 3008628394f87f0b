//! Parts of forms that are more than a field: what a box opens.

use maud::{Markup, html};

/// A part that a box opens. What is not open is not said, so unticking takes a row away that was there.
pub(in crate::web) fn part(id: &str, title: &str, is_open: bool, fields: Markup) -> Markup {
    html! {
        label.inline { input type="checkbox" data-opens=(id) checked[is_open]; " " (title) }
        fieldset #(id) hidden[!is_open] disabled[!is_open] aria-label=(title) { (fields) }
    }
}
