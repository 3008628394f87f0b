//! Places as they lie to each other, north up, joined in the order in which something came through them. No map lies below them: the drawing
//! is schematic, with a scale. The table beside it says the same.

use maud::{Markup, html};

/// Pixels: the drawing, the room around, the radius of a place, and how near others are drawn as one with it.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
const MARGIN: f64 = 36.0;
const RADIUS: f64 = 12.0;
const TOGETHER: f64 = 2.0 * RADIUS;
/// Metres of a millionth of a degree of latitude, on a sphere of 6,371 km.
const METRES_OF_UDEG: f64 = 0.111_195;
/// A drawing is never of less than so many metres, so that two readings of one gate lie together.
const LEAST_METRES: f64 = 500.0;
/// Most of the width that the scale may take.
const SCALE_SHARE: f64 = 0.25;

/// Somewhere on the way.
pub(in crate::web) struct Stop {
    /// Millionths of a degree, north positive.
    pub(in crate::web) lat_udeg: i32,
    /// Millionths of a degree, east positive.
    pub(in crate::web) lon_udeg: i32,
    /// What it says when pointed at.
    pub(in crate::web) note: String,
}

/// Stops that lie together, by their numbers from 1.
struct Dot {
    at: (f64, f64),
    numbers: Vec<usize>,
}

/// Draw the way through these places. `title` and `text` say in words what it shows, to those who do not see it.
pub(in crate::web) fn draw(stops: &[Stop], id: &str, title: &str, text: &str) -> Markup {
    let plan = Plan::of(stops);
    let points: Vec<(f64, f64)> = stops.iter().map(|stop| plan.at(stop)).collect();
    let dots = dots(&points);
    let line = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
    let (metres, pixels) = plan.scale();
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    html! {
        div.flow tabindex="0" role="region" aria-label=(title) {
            svg.map role="img" aria-labelledby=(title_id) aria-describedby=(text_id) width=(WIDTH) height=(HEIGHT)
                viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) {
                title id=(title_id) { (title) }
                desc id=(text_id) { (text) }
                polyline.way points=(line) {}
                @for dot in &dots {
                    g {
                        title { (notes(stops, &dot.numbers)) }
                        circle.place cx=(px(dot.at.0)) cy=(px(dot.at.1)) r=(RADIUS) {}
                        text.place-number x=(px(dot.at.0)) y=(px(dot.at.1 + 4.0)) text-anchor="middle" { (numbers(&dot.numbers)) }
                    }
                }
                path.scale d=(format!("M{MARGIN} {0} v4 h{pixels:.1} v-4", HEIGHT - 14.0)) {}
                text.soft x=(px(MARGIN + pixels + 8.0)) y=(px(HEIGHT - 8.0)) { (length(metres)) }
            }
        }
    }
}

fn px(pixels: f64) -> String {
    format!("{pixels:.1}")
}

/// How degrees become pixels.
struct Plan {
    middle: (f64, f64),
    /// How much shorter a degree of longitude is than one of latitude.
    narrow: f64,
    /// Pixels of a millionth of a degree of latitude.
    factor: f64,
}

impl Plan {
    fn of(stops: &[Stop]) -> Self {
        let lats = stops.iter().map(|stop| f64::from(stop.lat_udeg));
        let lons = stops.iter().map(|stop| f64::from(stop.lon_udeg));
        let (south, north) = ends(lats);
        let (west, east) = ends(lons);
        let middle = ((west + east) / 2.0, (south + north) / 2.0);
        let narrow = (middle.1 / 1e6).to_radians().cos();
        let least = LEAST_METRES / METRES_OF_UDEG;
        let wide = ((east - west) * narrow).max(least);
        let high = (north - south).max(least);
        let factor = ((WIDTH - 2.0 * MARGIN) / wide).min((HEIGHT - 2.0 * MARGIN) / high);
        Self { middle, narrow, factor }
    }

    fn at(&self, stop: &Stop) -> (f64, f64) {
        let east = (f64::from(stop.lon_udeg) - self.middle.0) * self.narrow;
        let north = f64::from(stop.lat_udeg) - self.middle.1;
        (WIDTH / 2.0 + east * self.factor, HEIGHT / 2.0 - north * self.factor)
    }

    /// A round length in metres, and how many pixels it is.
    fn scale(&self) -> (f64, f64) {
        let of_metre = self.factor / METRES_OF_UDEG;
        let most = WIDTH * SCALE_SHARE / of_metre;
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

/// Those that would lie on each other become one.
fn dots(points: &[(f64, f64)]) -> Vec<Dot> {
    let mut dots: Vec<Dot> = Vec::new();
    for (number, at) in (1..).zip(points) {
        let near = |dot: &&mut Dot| (dot.at.0 - at.0).hypot(dot.at.1 - at.1) < TOGETHER;
        match dots.iter_mut().find(near) {
            Some(dot) => dot.numbers.push(number),
            None => dots.push(Dot { at: *at, numbers: vec![number] }),
        }
    }
    dots
}

/// `3`, or `1…4` for several that lie together.
fn numbers(numbers: &[usize]) -> String {
    match numbers {
        [first, .., last] => format!("{first}…{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    }
}

fn notes(stops: &[Stop], numbers: &[usize]) -> String {
    let notes = numbers.iter().filter_map(|number| Some(&*stops.get(number - 1)?.note));
    notes.collect::<Vec<_>>().join("\n")
}

fn length(metres: f64) -> String {
    if metres < 1_000.0 { format!("{metres} m") } else { format!("{} km", metres / 1_000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(lat_udeg: i32, lon_udeg: i32) -> Stop {
        Stop { lat_udeg, lon_udeg, note: "<b>".to_owned() }
    }

    #[test]
    fn north_is_up_east_is_right_and_all_of_it_is_in_the_picture() {
        let stops =
            [stop(35_100_000, 118_350_000), stop(35_500_000, 118_350_000), stop(35_100_000, 118_900_000)];
        let plan = Plan::of(&stops);
        let [gate, north, east] = stops.each_ref().map(|stop| plan.at(stop));
        assert!(north.1 < gate.1 && (north.0 - gate.0).abs() < 0.001);
        assert!(east.0 > gate.0 && (east.1 - gate.1).abs() < 0.001);
        for (x, y) in [gate, north, east] {
            assert!((0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y), "{x} {y}");
        }
        let drawn = draw(&stops, "a", "t", "x").into_string();
        assert!(drawn.contains("&lt;b&gt;") && drawn.contains("20 km"), "{drawn}");
    }

    #[test]
    fn what_lies_together_is_one_dot_and_poles_break_nothing() {
        let near = [stop(0, 0), stop(10, 10), stop(0, 90_000)];
        let drawn = draw(&near, "a", "t", "x").into_string();
        assert!(drawn.contains(">1…2<") && drawn.contains(">3<"), "{drawn}");
        for odd in [vec![stop(90_000_000, 0), stop(90_000_000, 180_000_000)], vec![stop(1, 1)]] {
            let drawn = draw(&odd, "a", "t", "x").into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }
}
