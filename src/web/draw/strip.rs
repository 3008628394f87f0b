//! A strip: when in a time something was there and when it was not. The times stand beside it as text.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::custody::heartbeat::Span;

/// Pixels: how long the strip is, and how high.
const WHOLE: i64 = 240;
const HEIGHT: i64 = 12;

/// A strip of a time, in a cell of a table: what was there as `there`, in it what was not as `gaps`. However short a gap is, it is seen.
pub(in crate::web) fn draw(time: Span, there: Span, gaps: &[Span]) -> Markup {
    let left = |at: Timestamp| {
        let part = at.since(time.from).clamp(0, time.to.since(time.from));
        part * WHOLE / time.to.since(time.from).max(1)
    };
    let part = |class: &str, span: &Span| {
        let (from, to) = (left(span.from).min(WHOLE - 1), left(span.to));
        html! { rect.(class) x=(from) y="0" width=((to - from).max(1)) height=(HEIGHT) {} }
    };
    html! {
        svg.strip aria-hidden="true" width=(WHOLE) height=(HEIGHT) viewBox=(format!("0 0 {WHOLE} {HEIGHT}")) {
            rect.time x="0" y="0" width=(WHOLE) height=(HEIGHT) {}
            (part("there", &there))
            @for gap in gaps { (part("gap", gap)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: i64) -> Span {
        Span { from: Timestamp::from_millis(from), to: Timestamp::from_millis(to) }
    }

    #[test]
    fn parts_lie_where_their_times_do_and_none_is_too_short_to_be_seen() {
        let drawn = draw(span(1_000, 3_400), span(0, 2_200), &[span(1_100, 1_200), span(3_400, 9_000)]);
        let drawn = drawn.into_string();
        for part in [
            "class=\"there\" x=\"0\" y=\"0\" width=\"120\"",
            "class=\"gap\" x=\"10\" y=\"0\" width=\"10\"",
            "class=\"gap\" x=\"239\" y=\"0\" width=\"1\"",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert!(draw(span(5, 5), span(5, 5), &[]).into_string().contains("width=\"1\""), "no time at all");
    }
}
