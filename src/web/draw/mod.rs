//! Drawings: SVG of plain elements, readable without scripts and coloured by the stylesheet.

pub(super) mod bars;
pub(super) mod flow;
pub(super) mod lanes;
mod layers;
pub(super) mod map;
mod plan;
pub(super) mod qr;
pub(super) mod region;
pub(super) mod strip;

/// A text cut to so many units: a Chinese character is two, a Latin letter one.
fn shortened(text: &str, most: usize) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += if c.is_ascii() { 1 } else { 2 };
        units <= most
    };
    let kept: String = text.chars().take_while(fits).collect();
    if kept.len() == text.len() { kept } else { format!("{}…", kept.trim_end()) }
}
