//! QR codes (GB/T 18284), as a path of black squares that is as large as its box.

use std::fmt::Write;

use maud::{Markup, html};

use crate::print::qr::Squares;

/// The code of a text; nothing for a text that no code can hold.
pub(in crate::web) fn qr(text: &str, name: &str) -> Markup {
    drawn(Squares::of(text), name)
}

/// The same for what is read from a screen.
pub(in crate::web) fn dense_qr(text: &str, name: &str) -> Markup {
    drawn(Squares::dense(text), name)
}

fn drawn(squares: Option<Squares>, name: &str) -> Markup {
    let Some(squares) = squares else { return html! {} };
    let mut path = String::new();
    for (x, y, length) in squares.runs() {
        let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
    }
    let side = squares.whole();
    html! {
        svg.qr role="img" aria-label=(name) viewBox=(format!("0 0 {side} {side}")) shape-rendering="crispEdges" {
            path d=(path) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_its_finder_and_keeps_quiet_around_it() {
        let drawn = qr("91371302MA3ACME01X9000414920260601001", "label").into_string();
        assert!(drawn.contains("viewBox=\"0 0 33 33\""), "version 2 has 25 modules: {drawn}");
        assert!(drawn.contains("d=\"M4 4h7v1h-7z"), "{drawn}");
        assert_eq!(qr(&"x".repeat(4_000), "too long").into_string(), "");
    }
}
