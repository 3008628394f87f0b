//! Drawings as black dots, for printers of labels that know no Chinese font.

use skrifa::outline::OutlinePen;

use super::drawing::{Area, Colour, Drawing, Mark, Style};
use super::pdf::missing;
use super::qr::Squares;
use super::typeface::Face;

/// How many straight pieces a curve becomes.
const PIECES: u16 = 6;
/// By how much bold letters are drawn twice, in ems.
const BOLD_EM: f32 = 0.03;
/// Lighter than this, from 0 to 255, is white.
const LIGHT: u32 = 128;

/// How fine a printer of labels prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// 203 dots an inch: eight to a millimetre.
    D203,
    /// 300 dots an inch.
    D300,
    /// 600 dots an inch.
    D600,
}

impl Resolution {
    /// Every resolution.
    pub const ALL: [Self; 3] = [Self::D203, Self::D300, Self::D600];

    /// Its name: dots an inch.
    pub fn name(self) -> &'static str {
        match self {
            Self::D203 => "203",
            Self::D300 => "300",
            Self::D600 => "600",
        }
    }

    /// Dots of a millimetre.
    pub fn per_mm(self) -> f32 {
        match self {
            Self::D203 => 8.0,
            Self::D300 => 300.0 / 25.4,
            Self::D600 => 600.0 / 25.4,
        }
    }
}

/// A picture of black and white dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Dots in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The rows, eight dots a byte, the first in the highest bit; 1 is black.
    bytes: Vec<u8>,
}

impl Bitmap {
    /// Draw a page.
    pub fn of(page: &Drawing, face: &Face, resolution: Resolution) -> Self {
        let scale = resolution.per_mm();
        let (width, height) = (dots(page.width * scale), dots(page.height * scale));
        let mut bitmap = Self { width, height, bytes: vec![0; width.div_ceil(8) * height] };
        for mark in &page.marks {
            match mark {
                Mark::Fill(area, colour) => bitmap.fill(*area, scale, is_dark(*colour)),
                Mark::Code(area, squares) => bitmap.code(*area, squares, scale),
                Mark::Text { x, y, style, text } => bitmap.text((*x, *y), *style, text, face, scale),
            }
        }
        bitmap
    }

    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// The rows, as bytes.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.row_bytes().max(1))
    }

    /// Whether a dot is black.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        let byte = self.bytes[y * self.row_bytes() + x / 8];
        byte & (0x80 >> (x % 8)) != 0
    }

    fn set(&mut self, x: usize, y: usize, black: bool) {
        if x >= self.width || y >= self.height {
            return;
        }
        let at = y * self.row_bytes() + x / 8;
        let bit = 0x80 >> (x % 8);
        if black {
            self.bytes[at] |= bit;
        } else {
            self.bytes[at] &= !bit;
        }
    }

    /// A box is at least one dot thick: rules must not vanish.
    fn fill(&mut self, area: Area, scale: f32, black: bool) {
        let (left, right) = (dots(area.x * scale), dots(area.right() * scale));
        let (top, bottom) = (dots(area.y * scale), dots(area.bottom() * scale));
        for y in top..bottom.max(top + 1) {
            for x in left..right.max(left + 1) {
                self.set(x, y, black);
            }
        }
    }

    /// Every square has the same number of dots, so that scanners can read it: the code may be a little smaller than its box.
    fn code(&mut self, area: Area, squares: &Squares, scale: f32) {
        let box_dots = (area.width.min(area.height) * scale).floor();
        let side = (box_dots / squares.whole() as f32).floor().max(1.0) as usize;
        let free = (box_dots - (side * squares.whole()) as f32).max(0.0) / 2.0;
        let (left, top) = (dots(area.x * scale + free), dots(area.y * scale + free));
        for (x, y, length) in squares.runs() {
            for row in 0..side {
                for dot in 0..side * length {
                    self.set(left + x * side + dot, top + y * side + row, true);
                }
            }
        }
    }

    fn text(&mut self, at: (f32, f32), style: Style, text: &str, face: &Face, scale: f32) {
        let black = is_dark(style.colour);
        let em = style.size * scale;
        let mut x = at.0;
        for char in text.chars() {
            let letter = face.letter(char);
            match letter.glyph {
                Some(glyph) => {
                    let mut outline = Outline::default();
                    face.outline(glyph, &mut outline);
                    self.outline(&outline, (x * scale, at.1 * scale), em, black);
                    if style.bold {
                        let aside = (BOLD_EM * em).max(1.0);
                        self.outline(&outline, (x * scale + aside, at.1 * scale), em, black);
                    }
                }
                None => missing(x, at.1, style.size, letter.advance)
                    .into_iter()
                    .for_each(|side| self.fill(side, scale, black)),
            }
            x += letter.advance * style.size;
        }
    }

    /// Fill an outline by the rule of windings, each row by its middle. What is thinner than a dot still gets one.
    fn outline(&mut self, outline: &Outline, origin: (f32, f32), em: f32, black: bool) {
        let edges: Vec<[f32; 4]> = outline
            .edges
            .iter()
            .map(|[x0, y0, x1, y1]| {
                [origin.0 + x0 * em, origin.1 - y0 * em, origin.0 + x1 * em, origin.1 - y1 * em]
            })
            .collect();
        let top = edges.iter().map(|edge| edge[1].min(edge[3])).fold(f32::MAX, f32::min);
        let bottom = edges.iter().map(|edge| edge[1].max(edge[3])).fold(f32::MIN, f32::max);
        let rows = dots(top.floor())..dots(bottom.ceil()).min(self.height);
        for row in rows {
            let middle = row as f32 + 0.5;
            let mut crossings: Vec<(f32, i32)> = edges
                .iter()
                .filter(|edge| (edge[1] <= middle) != (edge[3] <= middle))
                .map(|[x0, y0, x1, y1]| {
                    (x0 + (middle - y0) / (y1 - y0) * (x1 - x0), if y1 > y0 { 1 } else { -1 })
                })
                .collect();
            crossings.sort_by(|one, other| one.0.total_cmp(&other.0));
            let mut winding = 0;
            for pair in crossings.windows(2) {
                winding += pair[0].1;
                if winding != 0 {
                    let (from, to) = (dots(pair[0].0), dots(pair[1].0));
                    for x in from..to.max(from + 1) {
                        self.set(x, row, black);
                    }
                }
            }
        }
    }
}

/// Whole dots, none below nought.
fn dots(at: f32) -> usize {
    at.round().max(0.0) as usize
}

fn is_dark(Colour(red, green, blue): Colour) -> bool {
    (u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1_000 < LIGHT
}

/// The straight pieces of an outline, in ems.
#[derive(Default)]
struct Outline {
    edges: Vec<[f32; 4]>,
    start: (f32, f32),
    at: (f32, f32),
}

impl Outline {
    fn to(&mut self, x: f32, y: f32) {
        self.edges.push([self.at.0, self.at.1, x, y]);
        self.at = (x, y);
    }
}

impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        (self.start, self.at) = ((x, y), (x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.to(x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (x0, y0) = self.at;
        for n in 1..=PIECES {
            let t = f32::from(n) / f32::from(PIECES);
            let u = 1.0 - t;
            self.to(u * u * x0 + 2.0 * u * t * cx + t * t * x, u * u * y0 + 2.0 * u * t * cy + t * t * y);
        }
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (x0, y0) = self.at;
        for n in 1..=PIECES {
            let t = f32::from(n) / f32::from(PIECES);
            let u = 1.0 - t;
            let (a, b, c, d) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
            self.to(a * x0 + b * ax + c * bx + d * x, a * y0 + b * ay + c * by + d * y);
        }
    }

    fn close(&mut self) {
        if self.at != self.start {
            self.to(self.start.0, self.start.1);
        }
    }
}
