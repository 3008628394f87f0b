//! Places as they lie to each other, north up, joined in the order in which something came through them. No map lies below them: the drawing
//! is schematic, with a scale. The table beside it says the same.

use maud::{Markup, html};

use super::plan::{BASELINE, Frame, Plan, drawing, px};

/// The drawing in pixels.
const FRAME: Frame = Frame { width: 640.0, height: 300.0, margin: 36.0 };
/// Pixels: the radius of a place, and how near others are drawn as one with it.
const RADIUS: f64 = 12.0;
const TOGETHER: f64 = 2.0 * RADIUS;

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
    let plan = Plan::of(FRAME, stops.iter().map(|stop| (stop.lat_udeg, stop.lon_udeg)));
    let points: Vec<(f64, f64)> = stops.iter().map(|stop| plan.at(stop.lat_udeg, stop.lon_udeg)).collect();
    let dots = dots(&points);
    let line = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
    let inside = html! {
        polyline.way points=(line) {}
        @for dot in &dots {
            g {
                title { (notes(stops, &dot.numbers)) }
                circle.place cx=(px(dot.at.0)) cy=(px(dot.at.1)) r=(RADIUS) {}
                text.place-number x=(px(dot.at.0)) y=(px(dot.at.1 + BASELINE)) text-anchor="middle" { (numbers(&dot.numbers)) }
            }
        }
        (plan.scale_bar())
    };
    drawing(FRAME, id, title, text, &inside)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(lat_udeg: i32, lon_udeg: i32) -> Stop {
        Stop { lat_udeg, lon_udeg, note: "<b>".to_owned() }
    }

    #[test]
    fn a_way_is_drawn_with_its_notes_and_a_scale() {
        let stops =
            [stop(35_100_000, 118_350_000), stop(35_500_000, 118_350_000), stop(35_100_000, 118_900_000)];
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
