//! QR codes (GB/T 18284), as a path of black squares that is as large as its box.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};
use maud::{Markup, html};

/// Light modules that must surround a code for scanners to find it.
const QUIET: usize = 4;

/// The code of a text; nothing for a text that no code can hold.
pub(in crate::web) fn qr(text: &str, name: &str) -> Markup {
    corrected(text, name, ECL::M)
}

/// The same for what is read from a screen, which no dirt covers: as few squares as the text allows.
pub(in crate::web) fn dense_qr(text: &str, name: &str) -> Markup {
    corrected(text, name, ECL::L)
}

fn corrected(text: &str, name: &str, level: ECL) -> Markup {
    let Ok(code) = QRBuilder::new(text).ecl(level).build() else { return html! {} };
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let length = code[y][x..].iter().take_while(|module| module.value()).count();
            if length > 0 {
                // One rectangle for a run: seams between squares would show in print.
                let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
            }
            x += length.max(1);
        }
    }
    let side = code.size + 2 * QUIET;
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
