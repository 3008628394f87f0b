//! Sites as they lie to each other, north up, and what goes between them. No map lies below them: the drawing is schematic, with a scale. The
//! table beside it says the same.

use maud::{Markup, html};

use super::plan::{BASELINE, Frame, Plan, drawing, px};

/// The drawing in pixels.
const FRAME: Frame = Frame { width: 720.0, height: 480.0, margin: 32.0 };
/// Pixels: the radius of a site, and the width of the thinnest and the widest line.
const RADIUS: f64 = 9.0;
const THIN: f64 = 1.0;
const WIDE: f64 = 7.0;
/// How far a line bends, as a part of its length.
const BEND: f64 = 0.15;

/// A site.
pub(in crate::web) struct Spot {
    /// Millionths of a degree, north positive.
    pub(in crate::web) lat_udeg: i32,
    /// Millionths of a degree, east positive.
    pub(in crate::web) lon_udeg: i32,
    /// What it says when pointed at.
    pub(in crate::web) note: String,
    /// True where something is open.
    pub(in crate::web) is_marked: bool,
}

/// A line from one site to another, by their numbers from 0.
pub(in crate::web) struct Between {
    pub(in crate::web) from: usize,
    pub(in crate::web) to: usize,
    /// How wide it is among others.
    pub(in crate::web) weight: u64,
    /// What it says when pointed at.
    pub(in crate::web) note: String,
}

/// Draw sites, numbered from 1, and lines. `title` and `text` say in words what it shows, to those who do not see it. Lines to sites that are
/// not there are left out.
pub(in crate::web) fn draw(spots: &[Spot], lines: &[Between], id: &str, title: &str, text: &str) -> Markup {
    let plan = Plan::of(FRAME, spots.iter().map(|spot| (spot.lat_udeg, spot.lon_udeg)));
    let at = |n: usize| spots.get(n).map(|spot| plan.at(spot.lat_udeg, spot.lon_udeg));
    let most = lines.iter().map(|line| line.weight).max().unwrap_or(1).max(1);
    let head_id = format!("{id}-head");
    let inside = html! {
        marker id=(head_id) viewBox="0 0 8 8" refX="6" refY="4" markerWidth="9" markerHeight="9"
            markerUnits="userSpaceOnUse" orient="auto" { path.between-head d="M0 0 L8 4 L0 8z" {} }
        @for line in lines {
            @if let Some((from, to)) = at(line.from).zip(at(line.to)) {
                path.between d=(curve(from, to)) stroke-width=(px(width(line.weight, most))) marker-end=(format!("url(#{head_id})")) {
                    title { (line.note) }
                }
            }
        }
        @for (n, spot) in (1..).zip(spots) {
            @let (x, y) = plan.at(spot.lat_udeg, spot.lon_udeg);
            g {
                title { (spot.note) }
                circle.place.marked[spot.is_marked] cx=(px(x)) cy=(px(y)) r=(RADIUS) {}
                text.place-number x=(px(x)) y=(px(y + BASELINE)) text-anchor="middle" { (n) }
            }
        }
        (plan.scale_bar())
    };
    drawing(FRAME, id, title, text, &inside)
}

/// Wider for more, from thin to wide.
fn width(weight: u64, most: u64) -> f64 {
    let share = (weight as f64).ln_1p() / (most as f64).ln_1p();
    THIN + (WIDE - THIN) * share
}

/// A line that bends to its right, so that the way there and the way back lie side by side, and ends where the other site's circle begins.
fn curve(from: (f64, f64), to: (f64, f64)) -> String {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let bend = ((from.0 + to.0) / 2.0 - dy * BEND, (from.1 + to.1) / 2.0 + dx * BEND);
    let (ex, ey) = (to.0 - bend.0, to.1 - bend.1);
    let short = 1.0 - RADIUS / ex.hypot(ey).max(RADIUS);
    let end = (bend.0 + ex * short, bend.1 + ey * short);
    format!("M{:.1} {:.1} Q{:.1} {:.1} {:.1} {:.1}", from.0, from.1, bend.0, bend.1, end.0, end.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(lat_udeg: i32, lon_udeg: i32, is_marked: bool) -> Spot {
        Spot { lat_udeg, lon_udeg, note: "<b>".to_owned(), is_marked }
    }

    #[test]
    fn sites_are_numbered_marked_and_joined() {
        let spots = [spot(35_100_000, 118_350_000, false), spot(35_500_000, 118_350_000, true)];
        let line = |from, to, weight| Between { from, to, weight, note: "<i>".to_owned() };
        let drawn =
            draw(&spots, &[line(0, 1, 40), line(1, 0, 1), line(0, 9, 1)], "r", "t", "x").into_string();
        assert_eq!(drawn.matches("path class=\"between\"").count(), 2, "{drawn}");
        assert!(drawn.contains("stroke-width=\"7.0\"") && drawn.contains(">2<") && !drawn.contains("<b>"));
        assert_eq!(drawn.matches("place marked").count(), 1, "{drawn}");
    }

    #[test]
    fn one_site_and_none_are_drawn_too() {
        for spots in [vec![], vec![spot(90_000_000, 180_000_000, false)]] {
            let drawn = draw(&spots, &[], "r", "t", "x").into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }
}
