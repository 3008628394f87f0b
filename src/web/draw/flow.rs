//! Mass flowing from stop to stop (a Sankey diagram): bars as high, and bands as wide, as their masses.

use maud::{Markup, html};

use super::layers::layers;
use super::shortened;

/// Most stops drawn. A drawing with more tells less; the smallest become one stop.
pub(in crate::web) const MAX_STOPS: usize = 40;

/// Pixels: the height of all mass; a bar's width and least height; a band's least width.
const WHOLE: f64 = 260.0;
const BAR: f64 = 10.0;
const LEAST_BAR: f64 = 3.0;
const LEAST_BAND: f64 = 1.0;
/// Pixels: the room a stop's two lines of text need, the gap below them, and how wide they may be.
const TEXT_HEIGHT: f64 = 34.0;
const GAP: f64 = 10.0;
const TEXT_WIDTH: f64 = 196.0;
/// Pixels from one column to the next, at least and at most; those of a page; and those around the drawing.
const COLUMN: f64 = 226.0;
const WIDE_COLUMN: f64 = 330.0;
const PAGE: f64 = 1150.0;
const MARGIN: f64 = 8.0;
/// Most units of a name that fit its column: a Chinese character is two, a Latin letter one.
const NAME_UNITS: usize = 27;

/// A place that mass flows through.
pub(in crate::web) struct Stop {
    /// What it is called.
    pub(in crate::web) name: String,
    /// A line below the name.
    pub(in crate::web) note: String,
    /// Class of its bar, and of the bands that end there.
    pub(in crate::web) class: &'static str,
    /// Its page, if the visitor may open it.
    pub(in crate::web) href: Option<String>,
    /// How much passes, in grams.
    pub(in crate::web) mass_g: i64,
}

/// Mass on its way from one stop to another, by their places in the list.
#[derive(Clone, Copy)]
pub(in crate::web) struct Stream {
    /// Where it comes from.
    pub(in crate::web) from: usize,
    /// Where it goes.
    pub(in crate::web) to: usize,
    /// How much, in grams.
    pub(in crate::web) mass_g: i64,
}

/// A flow. Mass flows to the right.
pub(in crate::web) struct Flow {
    /// The stops; the first one is what the drawing is about.
    pub(in crate::web) stops: Vec<Stop>,
    /// What passes between them.
    pub(in crate::web) streams: Vec<Stream>,
    /// True when all streams lead to the first stop, false when they lead away from it.
    pub(in crate::web) is_inward: bool,
}

/// Draw a flow. `title` and `text` say in words what it shows, to those who do not see it.
pub(in crate::web) fn draw(flow: &Flow, id: &str, title: &str, text: &str) -> Markup {
    let plan = Plan::of(flow);
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    html! {
        div.flow tabindex="0" role="region" aria-label=(title) {
            svg role="group" aria-labelledby=(title_id) aria-describedby=(text_id)
                width=(px(plan.width)) height=(px(plan.height))
                viewBox=(format!("0 0 {} {}", px(plan.width), px(plan.height))) {
                title id=(title_id) { (title) }
                desc id=(text_id) { (text) }
                g.bands { @for band in &plan.bands { (band.markup(flow)) } }
                @for (stop, bar) in flow.stops.iter().zip(&plan.bars) { (bar_markup(stop, bar)) }
            }
        }
    }
}

/// Where a stop is drawn.
#[derive(Clone, Copy, Default)]
struct Bar {
    x: f64,
    y: f64,
    height: f64,
}

impl Bar {
    fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// Where a stream is drawn: the middle of its band at both ends.
struct Band {
    stream: Stream,
    from: (f64, f64),
    to: (f64, f64),
    width: f64,
}

struct Plan {
    bars: Vec<Bar>,
    bands: Vec<Band>,
    width: f64,
    height: f64,
}

impl Plan {
    fn of(flow: &Flow) -> Self {
        let columns = columns(flow);
        let gaps = columns.len().saturating_sub(1) as f64;
        let gap = ((PAGE - BAR - TEXT_WIDTH) / gaps.max(1.0)).clamp(COLUMN, WIDE_COLUMN);
        let scale = WHOLE / flow.stops.first().map_or(1.0, |stop| stop.mass_g.max(1) as f64);
        let mut bars = vec![Bar::default(); flow.stops.len()];
        let mut height = 0.0_f64;
        // From the first stop outwards, each column in the order of what its stops hang on.
        for (n, column) in columns.iter().enumerate() {
            let x = if flow.is_inward { columns.len() - 1 - n } else { n };
            let x = MARGIN + x as f64 * gap;
            height = height.max(stack(flow, &in_order(flow, column, &bars, n), (x, scale), &mut bars));
        }
        for column in &columns {
            centre(column, &mut bars, height);
        }
        let bands = bands(flow, &bars, scale);
        let width = gaps * gap + BAR + TEXT_WIDTH + 2.0 * MARGIN;
        Self { bars, bands, width, height: height + 2.0 * MARGIN }
    }
}

/// The stops by their distance from the first one.
fn columns(flow: &Flow) -> Vec<Vec<usize>> {
    let outwards = |stream: &Stream| match flow.is_inward {
        true => (stream.to, stream.from),
        false => (stream.from, stream.to),
    };
    let links: Vec<(usize, usize)> = flow.streams.iter().map(outwards).collect();
    let mut columns: Vec<Vec<usize>> = Vec::new();
    for (stop, layer) in layers(flow.stops.len(), &links).into_iter().enumerate() {
        columns.resize_with(columns.len().max(layer + 1), Vec::new);
        columns[layer].push(stop);
    }
    columns
}

/// A column's stops, ordered by where the stops they hang on stand (barycentre), which keeps bands from crossing.
fn in_order(flow: &Flow, column: &[usize], bars: &[Bar], n: usize) -> Vec<usize> {
    let weight = |stop: usize| {
        let near = flow.streams.iter().filter_map(|stream| match (stream.from, stream.to, flow.is_inward) {
            (from, to, false) if to == stop => Some((from, stream.mass_g)),
            (from, to, true) if from == stop => Some((to, stream.mass_g)),
            _ => None,
        });
        let (sum, whole) = near.fold((0.0, 0.0), |(sum, whole), (near, mass_g)| {
            (sum + bars[near].middle() * mass_g.max(1) as f64, whole + mass_g.max(1) as f64)
        });
        if n == 0 || whole == 0.0 { 0.0 } else { sum / whole }
    };
    let mut ordered: Vec<(f64, usize)> = column.iter().map(|stop| (weight(*stop), *stop)).collect();
    ordered.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    ordered.into_iter().map(|(_, stop)| stop).collect()
}

/// Stand the stops of a column one below the other. How high that is.
fn stack(flow: &Flow, column: &[usize], (x, scale): (f64, f64), bars: &mut [Bar]) -> f64 {
    let mut top = 0.0;
    for stop in column {
        let height = (flow.stops[*stop].mass_g as f64 * scale).max(LEAST_BAR);
        let slot = height.max(TEXT_HEIGHT);
        bars[*stop] = Bar { x, y: top + (slot - height) / 2.0, height };
        top += slot + GAP;
    }
    top - GAP
}

/// Move a column to the middle of the drawing.
fn centre(column: &[usize], bars: &mut [Bar], height: f64) {
    let bottom = column.iter().map(|stop| {
        let bar = bars[*stop];
        bar.middle() + bar.height.max(TEXT_HEIGHT) / 2.0
    });
    let down = (height - bottom.fold(0.0, f64::max)) / 2.0 + MARGIN;
    for stop in column {
        bars[*stop].y += down;
    }
}

/// The bands, packed along the bars at both ends in the order of where they lead.
fn bands(flow: &Flow, bars: &[Bar], scale: f64) -> Vec<Band> {
    let mut bands: Vec<Band> = flow
        .streams
        .iter()
        .map(|stream| Band {
            stream: *stream,
            from: (bars[stream.from].x + BAR, 0.0),
            to: (bars[stream.to].x, 0.0),
            width: stream.mass_g as f64 * scale,
        })
        .collect();
    let far = |bar: usize| bars[bar].middle();
    let mut filled = vec![0.0; bars.len()];
    bands.sort_by(|one, other| far(one.stream.to).total_cmp(&far(other.stream.to)));
    for band in &mut bands {
        let at = band.stream.from;
        band.from.1 = bars[at].y + filled[at] + band.width / 2.0;
        filled[at] += band.width;
    }
    filled.fill(0.0);
    bands.sort_by(|one, other| far(one.stream.from).total_cmp(&far(other.stream.from)));
    for band in &mut bands {
        let at = band.stream.to;
        band.to.1 = bars[at].y + filled[at] + band.width / 2.0;
        filled[at] += band.width;
    }
    bands
}

impl Band {
    fn markup(&self, flow: &Flow) -> Markup {
        let ((x1, y1), (x2, y2)) = (self.from, self.to);
        let bend = ((x2 - x1) / 2.0).abs().max(BAR);
        let path = format!(
            "M{} {}C{} {} {} {} {} {}",
            px(x1),
            px(y1),
            px(x1 + bend),
            px(y1),
            px(x2 - bend),
            px(y2),
            px(x2),
            px(y2)
        );
        let (from, to) = (&flow.stops[self.stream.from], &flow.stops[self.stream.to]);
        // What a band is about is told by its end away from the first stop.
        let class = if flow.is_inward { from.class } else { to.class };
        html! {
            path.band.(class) d=(path) stroke-width=(px(self.width.max(LEAST_BAND))) {
                title { (from.name) " → " (to.name) }
            }
        }
    }
}

fn bar_markup(stop: &Stop, bar: &Bar) -> Markup {
    let (x, middle) = (bar.x + BAR + 6.0, bar.middle());
    let drawn = html! {
        title { (stop.name) " · " (stop.note) }
        rect.bar.(stop.class) x=(px(bar.x)) y=(px(bar.y)) width=(px(BAR)) height=(px(bar.height)) rx="2" {}
        text x=(px(x)) y=(px(middle - 3.0)) { (shortened(&stop.name, NAME_UNITS)) }
        text.soft x=(px(x)) y=(px(middle + 12.0)) { (stop.note) }
    };
    html! {
        @match &stop.href {
            Some(href) => { a.stop href=(href) { (drawn) } }
            None => { g.stop { (drawn) } }
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

    fn stop(name: &str, mass_g: i64) -> Stop {
        Stop { name: name.to_owned(), note: String::new(), class: "lot", href: None, mass_g }
    }

    /// 100 g that split into 75 and 25 and meet again.
    fn diamond(is_inward: bool) -> Flow {
        let stops = vec![stop("a", 100), stop("b", 75), stop("c", 25), stop("d", 100)];
        let streams = [(0, 1, 75), (0, 2, 25), (1, 3, 75), (2, 3, 25)];
        let turned = streams.map(|(near, far, mass_g)| match is_inward {
            true => Stream { from: far, to: near, mass_g },
            false => Stream { from: near, to: far, mass_g },
        });
        Flow { stops, streams: turned.to_vec(), is_inward }
    }

    #[test]
    fn mass_flows_to_the_right_whichever_way_is_looked() {
        for is_inward in [false, true] {
            let flow = diamond(is_inward);
            let plan = Plan::of(&flow);
            assert!(plan.bands.iter().all(|band| band.from.0 < band.to.0));
            let is_rightmost = |n: usize| plan.bars.iter().all(|bar| bar.x <= plan.bars[n].x);
            assert_eq!((is_rightmost(0), is_rightmost(3)), (is_inward, !is_inward));
        }
    }

    #[test]
    fn bands_fill_their_bars_and_nothing_overlaps() {
        let flow = diamond(false);
        let plan = Plan::of(&flow);
        let heights: Vec<f64> = plan.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [WHOLE, WHOLE * 0.75, WHOLE * 0.25, WHOLE]);
        assert!(plan.bars[1].y + plan.bars[1].height <= plan.bars[2].y);
        for band in &plan.bands {
            for (at, y) in [(band.stream.from, band.from.1), (band.stream.to, band.to.1)] {
                let bar = plan.bars[at];
                assert!(
                    y - band.width / 2.0 >= bar.y - 0.01 && y + band.width / 2.0 <= bar.y + bar.height + 0.01
                );
            }
        }
    }

    #[test]
    fn names_become_text_and_long_ones_are_cut() {
        let mut flow = diamond(false);
        flow.stops[0].name = "<script>".to_owned();
        flow.stops[1].name = "临沂某某危险废物综合处置有限公司一厂".to_owned();
        let drawn = draw(&flow, "down", "t", "x").into_string();
        assert!(drawn.contains("&lt;script&gt;") && !drawn.contains("<script>"));
        assert!(drawn.contains(">临沂某某危险废物综合处置有…<"), "{drawn}");
    }
}
