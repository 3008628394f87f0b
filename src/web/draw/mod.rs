//! Drawings: SVG of plain elements, readable without scripts and coloured by the stylesheet.

pub(super) mod bars;
pub(super) mod flow;
mod layers;
pub(super) mod qr;
