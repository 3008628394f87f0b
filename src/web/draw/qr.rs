//! QR codes (ISO/IEC 18004), as SVG.

use maud::html;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of quiet zone on each side (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;

/// A code of a text as a file, as large as its container; `None` where the text is longer than a code holds. `name` says what it is to those
/// who do not see it.
pub(in crate::web) fn file(text: &str, name: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .or_else(|_| QrCode::with_error_correction_level(text, EcLevel::L))
        .ok()?;
    let (side, whole) = (code.width(), code.width() + 2 * QUIET);
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path: String =
        dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % side + QUIET, at / side + QUIET)).collect();
    let drawn = html! {
        svg.qr xmlns="http://www.w3.org/2000/svg" role="img" aria-label=(name) viewBox=(format!("0 0 {whole} {whole}"))
            shape-rendering="crispEdges" {
            // Dark on light whatever the page is like: readers expect it.
            rect width=(whole) height=(whole) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    };
    Some(drawn.into_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finders_and_a_quiet_zone_and_long_texts_have_none() {
        let drawn = file("liandan", "<b>").unwrap();
        assert!(drawn.contains("viewBox=\"0 0 29 29\"") && drawn.contains("&lt;b&gt;"), "{drawn}");
        assert!(drawn.contains("d=\"M4 4h1v1h-1z") && !drawn.contains("M3 "), "{drawn}");
        assert!(file(&"x".repeat(2_953), "x").is_some());
        assert!(file(&"x".repeat(2_954), "x").is_none());
    }
}
