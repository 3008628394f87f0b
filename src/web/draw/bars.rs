//! Bars beside each other: one figure a month. The table beside them holds the same figures exactly.

use maud::{Markup, html};

/// Pixels: the height of the largest bar; its width; from one bar to the next; the room above and below for a line of text.
const WHOLE: u64 = 120;
const BAR: u64 = 34;
const STEP: u64 = 54;
const TEXT: u64 = 20;

/// One bar.
pub(in crate::web) struct Bar {
    /// What stands below it.
    pub(in crate::web) name: String,
    /// How large it is, in any unit that all bars share.
    pub(in crate::web) size: u64,
    /// What stands above it.
    pub(in crate::web) shown: String,
}

/// Draw bars. `title` and `text` say in words what they show, to those who do not see them.
pub(in crate::web) fn draw(bars: &[Bar], id: &str, title: &str, text: &str) -> Markup {
    let largest = bars.iter().map(|bar| bar.size).max().unwrap_or_default().max(1);
    let height = |bar: &Bar| {
        let part = u128::from(bar.size) * u128::from(WHOLE) / u128::from(largest);
        u64::try_from(part).unwrap_or(WHOLE).max(u64::from(bar.size > 0))
    };
    let (width, whole) = (bars.len() as u64 * STEP, WHOLE + 2 * TEXT);
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    html! {
        div.flow tabindex="0" role="region" aria-label=(title) {
            svg role="img" aria-labelledby=(title_id) aria-describedby=(text_id) width=(width) height=(whole)
                viewBox=(format!("0 0 {width} {whole}")) {
                title id=(title_id) { (title) }
                desc id=(text_id) { (text) }
                @for (bar, left) in bars.iter().zip((0..).step_by(STEP as usize)) {
                    @let (middle, top) = (left + STEP / 2, TEXT + WHOLE - height(bar));
                    rect.bar x=(left + (STEP - BAR) / 2) y=(top) width=(BAR) height=(height(bar)) {}
                    text x=(middle) y=(top - 5) text-anchor="middle" { (bar.shown) }
                    text.soft x=(middle) y=(whole - 5) text-anchor="middle" { (bar.name) }
                }
            }
        }
    }
}

/// Pixels: how wide the largest bar in a table is, and how high each.
const INLINE: u64 = 140;
const INLINE_HEIGHT: u64 = 10;

/// A bar in a cell of a table, whose figure stands beside it.
pub(in crate::web) fn inline(size: u64, largest: u64) -> Markup {
    let part = u128::from(size) * u128::from(INLINE) / u128::from(largest.max(1));
    let wide = u64::try_from(part).unwrap_or(INLINE).max(u64::from(size > 0));
    html! {
        svg.inline-bar aria-hidden="true" width=(INLINE) height=(INLINE_HEIGHT) viewBox=(format!("0 0 {INLINE} {INLINE_HEIGHT}")) {
            rect width=(wide) height=(INLINE_HEIGHT) rx="2" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(size: u64) -> Bar {
        Bar { name: "<b>".to_owned(), size, shown: size.to_string() }
    }

    #[test]
    fn the_largest_bar_is_as_high_as_there_is_room_and_what_is_small_is_still_seen() {
        let drawn = draw(&[bar(u64::MAX), bar(1), bar(0)], "a", "t", "x").into_string();
        for part in [
            "y=\"20\" width=\"34\" height=\"120\"",
            "y=\"139\" width=\"34\" height=\"1\"",
            "y=\"140\" width=\"34\" height=\"0\"",
            "&lt;b&gt;",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert!(draw(&[bar(0)], "a", "t", "x").into_string().contains("height=\"0\""));
    }
}
