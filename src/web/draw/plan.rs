//! How places on the earth become places in a drawing: north up, true to scale, all of it in the picture.

use maud::{Markup, html};

/// Metres of a millionth of a degree of latitude, on a sphere of 6,371 km.
const METRES_OF_UDEG: f64 = 0.111_195;
/// A drawing is never of less than so many metres, so that two readings of one gate lie together.
const LEAST_METRES: f64 = 500.0;
/// Most of the width that the scale may take.
const SCALE_SHARE: f64 = 0.25;

/// A drawing and the room around what is drawn, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) margin: f64,
}

/// So far below its middle a number's baseline lies, in pixels.
pub(super) const BASELINE: f64 = 4.0;

/// The box of a map, which scrolls by itself where it is too wide. `title` and `text` say in words what it shows, to those who do not see it.
pub(super) fn drawing(frame: Frame, id: &str, title: &str, text: &str, inside: &Markup) -> Markup {
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    html! {
        div.flow tabindex="0" role="region" aria-label=(title) {
            svg.map role="img" aria-labelledby=(title_id) aria-describedby=(text_id) width=(frame.width) height=(frame.height)
                viewBox=(format!("0 0 {} {}", frame.width, frame.height)) {
                title id=(title_id) { (title) }
                desc id=(text_id) { (text) }
                (inside)
            }
        }
    }
}

/// Pixels, as attributes tell them.
pub(super) fn px(pixels: f64) -> String {
    format!("{pixels:.1}")
}

/// How degrees become pixels.
pub(super) struct Plan {
    frame: Frame,
    middle: (f64, f64),
    /// How much shorter a degree of longitude is than one of latitude.
    narrow: f64,
    /// Pixels of a millionth of a degree of latitude.
    factor: f64,
}

impl Plan {
    /// That of everything at these latitudes and longitudes, in millionths of a degree.
    pub(super) fn of(frame: Frame, places: impl Iterator<Item = (i32, i32)> + Clone) -> Self {
        let lats = places.clone().map(|(lat, _)| f64::from(lat));
        let lons = places.map(|(_, lon)| f64::from(lon));
        let (south, north) = ends(lats);
        let (west, east) = ends(lons);
        let middle = ((west + east) / 2.0, (south + north) / 2.0);
        let narrow = (middle.1 / 1e6).to_radians().cos();
        let least = LEAST_METRES / METRES_OF_UDEG;
        let wide = ((east - west) * narrow).max(least);
        let high = (north - south).max(least);
        let factor =
            ((frame.width - 2.0 * frame.margin) / wide).min((frame.height - 2.0 * frame.margin) / high);
        Self { frame, middle, narrow, factor }
    }

    /// Where a place is in the drawing.
    pub(super) fn at(&self, lat_udeg: i32, lon_udeg: i32) -> (f64, f64) {
        let east = (f64::from(lon_udeg) - self.middle.0) * self.narrow;
        let north = f64::from(lat_udeg) - self.middle.1;
        (self.frame.width / 2.0 + east * self.factor, self.frame.height / 2.0 - north * self.factor)
    }

    /// A round length below the drawing, and how long it is.
    pub(super) fn scale_bar(&self) -> Markup {
        let (Frame { height, margin, .. }, (metres, pixels)) = (self.frame, self.scale());
        html! {
            path.scale d=(format!("M{margin} {0} v4 h{pixels:.1} v-4", height - 14.0)) {}
            text.soft x=(px(margin + pixels + 8.0)) y=(px(height - 8.0)) { (length(metres)) }
        }
    }

    /// A round length in metres, and how many pixels it is.
    fn scale(&self) -> (f64, f64) {
        let of_metre = self.factor / METRES_OF_UDEG;
        let most = self.frame.width * SCALE_SHARE / of_metre;
        let tens = 10_f64.powf(most.log10().floor());
        let metres = [5.0, 2.0, 1.0].into_iter().map(|n| n * tens).find(|metres| *metres <= most);
        let metres = metres.unwrap_or(tens);
        (metres, metres * of_metre)
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)))
}

fn length(metres: f64) -> String {
    if metres < 1_000.0 { format!("{metres} m") } else { format!("{} km", metres / 1_000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn north_is_up_east_is_right_and_all_of_it_is_in_the_picture() {
        let frame = Frame { width: 640.0, height: 300.0, margin: 36.0 };
        let places = [(35_100_000, 118_350_000), (35_500_000, 118_350_000), (35_100_000, 118_900_000)];
        let plan = Plan::of(frame, places.iter().copied());
        let [gate, north, east] = places.map(|(lat, lon)| plan.at(lat, lon));
        assert!(north.1 < gate.1 && (north.0 - gate.0).abs() < 0.001);
        assert!(east.0 > gate.0 && (east.1 - gate.1).abs() < 0.001);
        for (x, y) in [gate, north, east] {
            assert!((0.0..=640.0).contains(&x) && (0.0..=300.0).contains(&y), "{x} {y}");
        }
    }
}
