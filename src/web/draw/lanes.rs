//! Custody as lanes: a lane for each party, time to the right, a bar while it holds something, an arrow where something passes.
//!
//! The axis is not to scale: what matters happens within minutes of days. The table beside it says all of it.

use maud::{Markup, html};

use super::shortened;

/// Pixels: the room for names, the height of a lane, of a bar and of the head with times; around all.
const NAMES: f64 = 240.0;
const LANE: f64 = 46.0;
const BAR: f64 = 16.0;
const HEAD: f64 = 40.0;
const MARGIN: f64 = 14.0;
/// Pixels from one moment to the next, at least and at most, and those of a page.
const STEP: f64 = 104.0;
const WIDE_STEP: f64 = 230.0;
const PAGE: f64 = 1150.0;
/// Pixels: half the width of an arrow's head, and how long it is.
const HEAD_HALF: f64 = 5.0;
const HEAD_LONG: f64 = 9.0;
/// Pixels between arrows of one moment.
const BESIDE: f64 = 9.0;
/// Most units of a name that fit: a Chinese character is two, a Latin letter one.
const NAME_UNITS: usize = 34;

/// A moment at which something happened, in two lines.
pub(in crate::web) struct Tick {
    pub(in crate::web) day: String,
    pub(in crate::web) time: String,
}

/// While a party holds something, by the places of moments.
pub(in crate::web) struct Span {
    pub(in crate::web) lane: usize,
    pub(in crate::web) from: usize,
    /// The last moment is the end of the drawing.
    pub(in crate::web) until: usize,
    /// `plain` before anything moved, `bad` where several claim it, `warn` for what is on its way back, else `held`.
    pub(in crate::web) class: &'static str,
    /// What it says when pointed at.
    pub(in crate::web) note: String,
}

/// Something passes from lane to lane.
pub(in crate::web) struct Arrow {
    pub(in crate::web) at: usize,
    pub(in crate::web) from: usize,
    pub(in crate::web) to: usize,
    /// True where one side alone signed.
    pub(in crate::web) is_one_sided: bool,
    /// True where whoever let go did not hold it.
    pub(in crate::web) is_broken: bool,
    pub(in crate::web) note: String,
}

/// The consignee's word on what came.
pub(in crate::web) struct Point {
    pub(in crate::web) at: usize,
    pub(in crate::web) lane: usize,
    pub(in crate::web) note: String,
}

/// Everything that is drawn.
#[derive(Default)]
pub(in crate::web) struct Lanes {
    pub(in crate::web) names: Vec<String>,
    pub(in crate::web) ticks: Vec<Tick>,
    pub(in crate::web) spans: Vec<Span>,
    pub(in crate::web) arrows: Vec<Arrow>,
    pub(in crate::web) points: Vec<Point>,
}

/// Draw lanes. `title` and `text` say in words what they show, to those who do not see them.
pub(in crate::web) fn draw(lanes: &Lanes, id: &str, title: &str, text: &str) -> Markup {
    let steps = lanes.ticks.len().saturating_sub(1) as f64;
    let step = ((PAGE - NAMES - STEP) / steps.max(1.0)).clamp(STEP, WIDE_STEP);
    let plan = Plan { step };
    let width = NAMES + step * steps + 2.0 * MARGIN + STEP / 2.0;
    let height = HEAD + LANE * lanes.names.len() as f64 + MARGIN;
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    html! {
        div.flow.lanes tabindex="0" role="region" aria-label=(title) {
            svg role="img" aria-labelledby=(title_id) aria-describedby=(text_id) width=(px(width)) height=(px(height))
                viewBox=(format!("0 0 {} {}", px(width), px(height))) {
                title id=(title_id) { (title) }
                desc id=(text_id) { (text) }
                @for (n, tick) in lanes.ticks.iter().enumerate() { (plan.tick(tick, n, height)) }
                @for (n, name) in lanes.names.iter().enumerate() { (name_markup(name, n, width)) }
                @for span in &lanes.spans { (plan.span(span)) }
                @for (n, arrow) in lanes.arrows.iter().enumerate() { (plan.arrow(arrow, beside(&lanes.arrows, n))) }
                @for point in &lanes.points { (plan.point(point)) }
            }
        }
    }
}

/// Where moments stand.
struct Plan {
    step: f64,
}

fn y(lane: usize) -> f64 {
    HEAD + LANE * (lane as f64 + 0.5)
}

/// How far right of its moment an arrow stands, so that those of one moment do not hide each other.
fn beside(arrows: &[Arrow], n: usize) -> f64 {
    BESIDE * arrows[..n].iter().filter(|arrow| arrow.at == arrows[n].at).count() as f64
}

fn name_markup(name: &str, n: usize, width: f64) -> Markup {
    html! {
        line.lane x1=(px(MARGIN)) x2=(px(width - MARGIN)) y1=(px(y(n))) y2=(px(y(n))) {}
        text x=(px(MARGIN)) y=(px(y(n) + 4.0)) { title { (name) } (shortened(name, NAME_UNITS)) }
    }
}

impl Plan {
    fn x(&self, tick: usize) -> f64 {
        MARGIN + NAMES + self.step * tick as f64
    }

    fn tick(&self, tick: &Tick, n: usize, height: f64) -> Markup {
        html! {
            line.tick x1=(px(self.x(n))) x2=(px(self.x(n))) y1=(px(HEAD - 4.0)) y2=(px(height - MARGIN)) {}
            text.soft x=(px(self.x(n))) y="14" text-anchor="middle" { (tick.day) }
            text.soft x=(px(self.x(n))) y="29" text-anchor="middle" { (tick.time) }
        }
    }

    fn span(&self, span: &Span) -> Markup {
        let wide = (self.x(span.until) - self.x(span.from)).max(2.0);
        html! {
            rect.bar.(span.class) x=(px(self.x(span.from))) y=(px(y(span.lane) - BAR / 2.0)) width=(px(wide)) height=(px(BAR)) rx="2" {
                title { (span.note) }
            }
        }
    }

    fn arrow(&self, arrow: &Arrow, beside: f64) -> Markup {
        let (x, from, to) = (self.x(arrow.at) + beside, y(arrow.from), y(arrow.to));
        let down = if to < from { -1.0 } else { 1.0 };
        let (begin, tip) = (from + down * BAR / 2.0, to - down * BAR / 2.0);
        let neck = tip - down * HEAD_LONG;
        let class = if arrow.is_broken {
            "bad"
        } else if arrow.is_one_sided {
            "warn"
        } else {
            "good"
        };
        let middle = (begin + neck) / 2.0;
        html! {
            g.arrow.(class).dashed[arrow.is_one_sided || arrow.is_broken] {
                title { (arrow.note) }
                line x1=(px(x)) x2=(px(x)) y1=(px(begin)) y2=(px(neck)) {}
                path d=(format!("M{} {}L{} {}L{} {}z", px(x - HEAD_HALF), px(neck), px(x + HEAD_HALF), px(neck), px(x), px(tip))) {}
                // The sign says what the colour says.
                @if arrow.is_broken || arrow.is_one_sided {
                    circle cx=(px(x)) cy=(px(middle)) r="7" {}
                    text.sign x=(px(x)) y=(px(middle + 4.0)) text-anchor="middle" { @if arrow.is_broken { "✗" } @else { "!" } }
                }
            }
        }
    }

    fn point(&self, point: &Point) -> Markup {
        let (x, y) = (self.x(point.at), y(point.lane));
        let half = BAR / 2.0 - 1.0;
        html! {
            path.point d=(format!("M{} {}L{} {}L{} {}L{} {}z", px(x), px(y - half), px(x + half), px(y), px(x), px(y + half), px(x - half), px(y))) {
                title { (point.note) }
            }
        }
    }
}

/// A length in pixels, to a tenth.
fn px(length: f64) -> String {
    format!("{length:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(at: usize, from: usize, to: usize) -> Arrow {
        Arrow { at, from, to, is_one_sided: false, is_broken: false, note: String::new() }
    }

    #[test]
    fn arrows_point_at_who_takes_over_and_stand_beside_each_other() {
        let tick = || Tick { day: String::new(), time: String::new() };
        let lanes = Lanes {
            names: vec!["<a>".to_owned(), "b".to_owned()],
            ticks: vec![tick(), tick()],
            arrows: vec![arrow(1, 0, 1), arrow(1, 1, 0)],
            ..Lanes::default()
        };
        let drawn = draw(&lanes, "l", "t", "x").into_string();
        // Down to the second lane, and up to the first one, nine pixels further right.
        assert!(drawn.contains("L484.0 101.0z") && drawn.contains("L493.0 71.0z"), "{drawn}");
        assert!(drawn.contains("&lt;a&gt;") && !drawn.contains("dashed"));
    }

    #[test]
    fn what_one_side_signed_and_what_is_broken_bear_a_sign() {
        let lanes = Lanes {
            names: vec![String::new(), String::new()],
            arrows: vec![
                Arrow { is_one_sided: true, ..arrow(0, 0, 1) },
                Arrow { is_broken: true, ..arrow(0, 0, 1) },
            ],
            ..Lanes::default()
        };
        let drawn = draw(&lanes, "l", "t", "x").into_string();
        assert!(drawn.contains(">!<") && drawn.contains(">✗<"), "{drawn}");
    }
}
