//! What stands on a page: letters, filled boxes and codes, in millimetres from its upper left.

use super::qr::Squares;

/// A colour, by its parts of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Of letters and rules.
    pub const BLACK: Self = Self(0, 0, 0);
    /// Of what stands below Chinese in English.
    pub const GREY: Self = Self(90, 90, 90);
    /// Behind heads.
    pub const PALE: Self = Self(232, 232, 232);
    /// Of what must not be overlooked.
    pub const RED: Self = Self(161, 29, 29);
    /// Behind labels of hazardous waste: RGB (255, 150, 0) by HJ 1276-2022, 9.1.1.
    pub const ORANGE: Self = Self(255, 150, 0);
}

/// A box, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its left side.
    pub x: f32,
    /// Its upper side.
    pub y: f32,
    /// How wide it is.
    pub width: f32,
    /// How high it is.
    pub height: f32,
}

impl Area {
    /// A box by its upper left corner and its size.
    pub fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    /// Its right side.
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Its lower side.
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// The same box with so much less on every side.
    pub fn inside(&self, by: f32) -> Self {
        Self::new(self.x + by, self.y + by, self.width - 2.0 * by, self.height - 2.0 * by)
    }
}

/// How letters look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Size of the em, in millimetres.
    pub size: f32,
    /// With thicker strokes.
    pub bold: bool,
    /// Their colour.
    pub colour: Colour,
}

impl Style {
    /// Black letters.
    pub fn of(size: f32) -> Self {
        Self { size, bold: false, colour: Colour::BLACK }
    }

    /// The same with thicker strokes.
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The same in a colour.
    pub fn in_colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }
}

/// One thing on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line of letters, from its left end on its base line.
    Text {
        /// Left end.
        x: f32,
        /// Base line.
        y: f32,
        /// How they look.
        style: Style,
        /// The letters; what is no letter is shown as a box.
        text: String,
    },
    /// A filled box.
    Fill(Area, Colour),
    /// A code that telephones read, with its quiet zone: it fills the largest square of the box.
    Code(Area, Squares),
}

/// A page.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// How wide it is, in millimetres.
    pub width: f32,
    /// How high it is, in millimetres.
    pub height: f32,
    /// What stands on it; what comes later lies above.
    pub marks: Vec<Mark>,
}

impl Drawing {
    /// An empty page of a size in millimetres.
    pub fn new(width: f32, height: f32) -> Self {
        Self { width, height, marks: Vec::new() }
    }

    /// Write a line of letters.
    pub fn text(&mut self, x: f32, y: f32, style: Style, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.marks.push(Mark::Text { x, y, style, text });
        }
    }

    /// Fill a box.
    pub fn fill(&mut self, area: Area, colour: Colour) {
        self.marks.push(Mark::Fill(area, colour));
    }

    /// Draw the four sides of a box, half of each inside.
    pub fn frame(&mut self, area: Area, thick: f32) {
        let half = thick / 2.0;
        let Area { x, y, width, height } = area;
        for side in [
            Area::new(x - half, y - half, width + thick, thick),
            Area::new(x - half, y + height - half, width + thick, thick),
            Area::new(x - half, y - half, thick, height + thick),
            Area::new(x + width - half, y - half, thick, height + thick),
        ] {
            self.fill(side, Colour::BLACK);
        }
    }

    /// Draw a code.
    pub fn code(&mut self, area: Area, squares: Squares) {
        self.marks.push(Mark::Code(area, squares));
    }
}
