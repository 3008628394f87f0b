//! Where the mass of a line is while it is not with the consignee.

use maud::{Markup, html};

use crate::app::query::LineTransit;
use crate::web::i18n::Lang;
use crate::web::words::mass;

/// What of a line is on the way, in storage or missing; nothing once every gram has arrived.
pub(super) fn road(lang: Lang, transit: &LineTransit) -> Markup {
    let stored_g = transit.into_storage_g.wrapping_sub(transit.out_of_storage_g);
    let parts = [
        ("road.on-the-way", transit.on_the_way_g, false),
        ("road.stored", stored_g, false),
        ("road.missing", transit.missing_g.max(0), true),
        ("road.surplus", transit.missing_g.min(0).saturating_neg(), true),
        ("road.back", transit.back_on_the_way_g, false),
        ("road.back-missing", transit.back_missing_g.max(0), true),
        ("road.back-surplus", transit.back_missing_g.min(0).saturating_neg(), true),
    ];
    html! {
        @for (key, grams, is_odd) in parts.into_iter().filter(|(_, grams, _)| *grams != 0) {
            @let said = lang.fill(key, &[("mass", &mass(lang, grams))]);
            div.nowrap { @if is_odd { strong { (said) } } @else { (said) } }
        }
    }
}
