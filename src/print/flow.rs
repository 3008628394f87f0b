//! Pages that fill from top to bottom: sections, rows of a form, tables whose heads come again on every page.

use super::drawing::{Area, Colour, Drawing, Style};
use super::text::{Align, LINE_EM, lines, write};
use super::typeface::Face;

/// Thickness of rules.
const RULE: f32 = 0.25;
/// Between a rule and text.
const PAD: f32 = 1.0;
/// How high a row of a form is at least.
const FORM_ROW: f32 = 7.8;
/// Most lines of one cell; more are shrunk and cut.
const MAX_CELL_LINES: usize = 6;

/// Letters of a form, and of what stands below them in English.
pub const TEXT: f32 = 3.2;
/// Letters of tables.
pub const SMALL: f32 = 2.8;
/// Letters in English below.
pub const TINY: f32 = 2.0;
/// Room at the foot of a page.
const FOOT: f32 = 8.0;

/// What a field or column is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Name {
    /// A name in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// A field of a form: what it is called, and what was filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What it is called.
    pub name: Name,
    /// What it says; empty to be filled in by hand.
    pub value: String,
    /// Its part of the width of the row.
    pub share: f32,
}

/// A field.
pub fn field(zh: &str, en: &str, value: impl Into<String>, share: f32) -> Field {
    Field { name: Name::new(zh, en), value: value.into(), share }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What it is called.
    pub name: Name,
    /// Its part of the width, beside those of the others.
    pub share: f32,
    /// Where its text stands.
    pub align: Align,
}

/// A column.
pub fn column(zh: &str, en: &str, share: f32, align: Align) -> Column {
    Column { name: Name::new(zh, en), share, align }
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<String>,
    /// True for sums and balances.
    pub strong: bool,
}

/// Pages that fill.
pub struct Flow<'a> {
    /// The letters that are written with.
    pub face: &'a Face<'a>,
    size: (f32, f32),
    margin: f32,
    again: String,
    pages: Vec<Drawing>,
    /// How far the last page is filled.
    pub y: f32,
}

impl<'a> Flow<'a> {
    /// The first page of a size and margin; `again` stands at the top of those that follow.
    pub fn new(face: &'a Face<'a>, size: (f32, f32), margin: f32, again: String) -> Self {
        let pages = vec![Drawing::new(size.0, size.1)];
        Self { face, size, margin, again, pages, y: margin }
    }

    /// The page that fills.
    pub fn page(&mut self) -> &mut Drawing {
        let at = self.pages.len() - 1;
        &mut self.pages[at]
    }

    /// Left side of what is written.
    pub fn left(&self) -> f32 {
        self.margin
    }

    /// Width of what is written.
    pub fn width(&self) -> f32 {
        self.size.0 - 2.0 * self.margin
    }

    /// How much fits below.
    pub fn room(&self) -> f32 {
        self.size.1 - self.margin - FOOT - self.y
    }

    /// Go on at the next page unless so much fits on this one.
    pub fn need(&mut self, height: f32) {
        if self.room() < height {
            self.next_page();
        }
    }

    fn next_page(&mut self) {
        self.pages.push(Drawing::new(self.size.0, self.size.1));
        let (face, again, width) = (self.face, self.again.clone(), self.width());
        let area = Area::new(self.margin, self.margin - 2.0, width, 4.0);
        write(self.page(), face, area, Style::of(SMALL).in_colour(Colour::GREY), Align::Left, &again);
        self.y = self.margin + 4.0;
    }

    /// A bar that begins a section; `below` must still fit under it.
    pub fn section(&mut self, zh: &str, en: &str, below: f32) {
        const BAR: f32 = 6.0;
        self.need(BAR + below);
        let (face, area) = (self.face, Area::new(self.margin, self.y, self.width(), BAR));
        let page = self.page();
        page.fill(area, Colour::PALE);
        page.frame(area, RULE);
        let style = Style::of(TEXT).bold();
        page.text(area.x + 1.5, area.y + 4.2, style, zh);
        let x = area.x + 3.0 + face.width(zh) * TEXT;
        page.text(x, area.y + 4.1, Style::of(TINY + 0.2).in_colour(Colour::GREY), en);
        self.y += BAR;
    }

    /// A row of fields. It is as high as its longest value wants.
    pub fn form_row(&mut self, fields: &[Field], name_width: f32) {
        let face = self.face;
        let all: f32 = fields.iter().map(|field| field.share).sum();
        let widths: Vec<f32> = fields.iter().map(|field| field.share / all * self.width()).collect();
        let high = |(field, width): (&Field, &f32)| {
            let room = (width - name_width - 2.0 * PAD) / TEXT;
            lines(face, &field.value, room).len().min(MAX_CELL_LINES) as f32 * TEXT * LINE_EM + 2.0
        };
        let height = fields.iter().zip(&widths).map(high).fold(FORM_ROW, f32::max);
        self.need(height);
        let (mut x, y) = (self.margin, self.y);
        let page = self.page();
        for (field, width) in fields.iter().zip(&widths) {
            name(page, face, Area::new(x, y, name_width, height), &field.name, TEXT);
            let value = Area::new(x + name_width, y, width - name_width, height);
            page.frame(value, RULE);
            let inside = Area::new(value.x + PAD, y, value.width - 2.0 * PAD, height);
            write(page, face, inside, Style::of(TEXT), Align::Left, &field.value);
            x += width;
        }
        self.y += height;
    }

    /// A table; its head comes again on every page that it goes on to.
    pub fn table(&mut self, columns: &[Column], rows: &[Row]) {
        let face = self.face;
        let all: f32 = columns.iter().map(|column| column.share).sum();
        let widths: Vec<f32> = columns.iter().map(|column| column.share / all * self.width()).collect();
        let head = head_height(face, columns, &widths);
        self.need(head + FORM_ROW);
        self.head(columns, &widths, head);
        for row in rows {
            let height = row_height(face, row, &widths);
            if self.room() < height {
                self.next_page();
                self.head(columns, &widths, head);
            }
            let (mut x, y) = (self.margin, self.y);
            let page = self.page();
            for ((column, width), cell) in columns.iter().zip(&widths).zip(&row.cells) {
                let area = Area::new(x, y, *width, height);
                if row.strong {
                    page.fill(area, Colour::PALE);
                }
                page.frame(area, RULE);
                let inside = Area::new(area.x + PAD, y, area.width - 2.0 * PAD, height);
                let style = if row.strong { Style::of(SMALL).bold() } else { Style::of(SMALL) };
                write(page, face, inside, style, column.align, cell);
                x += width;
            }
            self.y += height;
        }
    }

    fn head(&mut self, columns: &[Column], widths: &[f32], height: f32) {
        let face = self.face;
        let (mut x, y) = (self.margin, self.y);
        let page = self.page();
        for (column, width) in columns.iter().zip(widths) {
            let area = Area::new(x, y, *width, height);
            page.fill(area, Colour::PALE);
            name(page, face, area, &column.name, SMALL);
            x += width;
        }
        self.y += height;
    }

    /// Boxes for seals, four a row.
    pub fn seals(&mut self, names: &[Name], height: f32) {
        for row in names.chunks(4) {
            self.need(height);
            let (face, width, y) = (self.face, self.width() / row.len() as f32, self.y);
            let left = self.margin;
            let page = self.page();
            for (n, name) in row.iter().enumerate() {
                let area = Area::new(left + n as f32 * width, y, width, height);
                page.frame(area, RULE);
                let head = Area::new(area.x + PAD, area.y + 0.8, area.width - 2.0 * PAD, 4.6);
                write(page, face, head, Style::of(TEXT).bold(), Align::Left, &name.zh);
                let below = Area::new(area.x + PAD, area.y + 5.0, area.width - 2.0 * PAD, 3.0);
                write(page, face, below, Style::of(TINY).in_colour(Colour::GREY), Align::Left, &name.en);
                page.text(area.x + PAD, area.bottom() - 4.4, Style::of(SMALL), "签字 Signed：");
                page.text(
                    area.x + PAD,
                    area.bottom() - 1.2,
                    Style::of(TINY + 0.3),
                    "日期 Date：　　　年　　月　　日",
                );
            }
            self.y += height;
        }
    }

    /// A line of small letters, wrapped.
    pub fn note(&mut self, text: &str, style: Style) {
        let face = self.face;
        for line in lines(face, text, self.width() / style.size) {
            self.need(style.size * LINE_EM);
            let (x, y) = (self.margin, self.y + style.size);
            self.page().text(x, y, style, line);
            self.y += style.size * LINE_EM;
        }
    }

    /// Leave room.
    pub fn gap(&mut self, height: f32) {
        self.y += height;
    }

    /// The pages, each with its number and what else stands at its foot.
    pub fn finish(mut self, foot: &str) -> Vec<Drawing> {
        let (face, all) = (self.face, self.pages.len());
        let (left, width) = (self.margin, self.size.0 - 2.0 * self.margin);
        let y = self.size.1 - self.margin - FOOT + 3.0;
        for (n, page) in (1..).zip(&mut self.pages) {
            page.fill(Area::new(left, y, width, 0.15), Colour::GREY);
            let area = Area::new(left, y + 0.8, width, 4.0);
            let style = Style::of(2.5).in_colour(Colour::GREY);
            write(page, face, Area { width: width * 0.72, ..area }, style, Align::Left, foot);
            let number = format!("第 {n} 页，共 {all} 页　Page {n} of {all}");
            write(page, face, area, style, Align::Right, &number);
        }
        self.pages
    }
}

/// A name in its box: Chinese, and English below it.
fn name(page: &mut Drawing, face: &Face, area: Area, name: &Name, size: f32) {
    page.frame(area, RULE);
    let width = area.width - 1.2;
    let zh = lines(face, &name.zh, width / size).len() as f32 * size * LINE_EM;
    let en = if name.en.is_empty() { 0.0 } else { english_height(face, name, width) };
    let scale = (area.height / (zh + en)).min(1.0);
    let top = area.y + (area.height - (zh + en) * scale) / 2.0;
    let box_zh = Area::new(area.x + 0.6, top, width, zh * scale);
    write(page, face, box_zh, Style::of(size), Align::Centre, &name.zh);
    let box_en = Area::new(area.x + 0.6, top + zh * scale, width, en * scale);
    write(page, face, box_en, Style::of(TINY).in_colour(Colour::GREY), Align::Centre, &name.en);
}

fn english_height(face: &Face, name: &Name, width: f32) -> f32 {
    lines(face, &name.en, width / TINY).len().min(3) as f32 * TINY * LINE_EM
}

fn head_height(face: &Face, columns: &[Column], widths: &[f32]) -> f32 {
    let height = |(column, width): (&Column, &f32)| {
        let width = width - 1.2;
        let zh = lines(face, &column.name.zh, width / SMALL).len() as f32 * SMALL * LINE_EM;
        zh + english_height(face, &column.name, width) + 1.2
    };
    columns.iter().zip(widths).map(height).fold(FORM_ROW, f32::max)
}

fn row_height(face: &Face, row: &Row, widths: &[f32]) -> f32 {
    let count = |(cell, width): (&String, &f32)| lines(face, cell, (width - 2.0 * PAD) / SMALL).len();
    let most = row.cells.iter().zip(widths).map(count).max().unwrap_or(1).min(MAX_CELL_LINES);
    (most as f32 * SMALL * LINE_EM + 1.8).max(5.4)
}

/// A mark in a frame, such as that of a print that is not the first one.
pub fn stamp(page: &mut Drawing, face: &Face, area: Area, zh: &str, en: &str) {
    page.frame(area, 0.5);
    let upper = Area::new(area.x, area.y + 0.3, area.width, area.height * 0.62);
    write(page, face, upper, Style::of(area.height * 0.5).bold(), Align::Centre, zh);
    let lower = Area::new(area.x, area.y + area.height * 0.6, area.width, area.height * 0.36);
    write(page, face, lower, Style::of(area.height * 0.26), Align::Centre, en);
}
