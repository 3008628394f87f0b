//! Tables on A4 lengthwise: pages of registers (HJ 1259-2022), and the ledger of one store.

use super::drawing::{Area, Colour, Drawing, Style};
use super::flow::{Column, Flow, Name, Row, SMALL, stamp};
use super::manifest::invented;
use super::qr::Squares;
use super::text::{Align, write};
use super::typeface::Face;

/// A4, lengthwise, in millimetres.
const A4: (f32, f32) = (297.0, 210.0);
const MARGIN: f32 = 12.0;
const CODE: f32 = 24.0;
/// Rows that the widths of columns are measured by.
const MEASURED_ROWS: usize = 200;
/// Narrowest and widest natural column, in millimetres.
const WIDTHS: (f32, f32) = (10.0, 72.0);

/// A table and what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// Its title.
    pub title: Name,
    /// Whose, which and when, in order.
    pub facts: Vec<(Name, String)>,
    /// Columns: what they are called, and whether they hold figures.
    pub columns: Vec<(Name, bool)>,
    /// Rows.
    pub rows: Vec<Row>,
    /// What is said below.
    pub notes: Vec<String>,
    /// What the code leads to.
    pub link: String,
    /// The beginning of the digest of its content, in groups.
    pub code: String,
    /// True for a print that is not the first one.
    pub again: bool,
    /// True where all of it is invented.
    pub invented: bool,
}

impl Register {
    /// Lay it out.
    pub fn pages(&self, face: &Face) -> Vec<Drawing> {
        let again = format!("{}（续） {}, continued", self.title.zh, self.title.en);
        let mut flow = Flow::new(face, A4, MARGIN, again);
        self.top(&mut flow);
        flow.table(&self.widths(face, flow.width()), &self.rows);
        flow.gap(1.5);
        for note in &self.notes {
            flow.note(note, Style::of(2.4));
        }
        flow.gap(2.0);
        self.seal(&mut flow);
        flow.finish(&format!("{}　核验码 Code {}", self.title.zh, self.code))
    }

    fn top(&self, flow: &mut Flow) {
        let (face, left, width) = (flow.face, flow.left(), flow.width());
        let page = flow.page();
        invented(page, face, self.invented);
        let title = Area::new(left, MARGIN, width, 8.0);
        write(page, face, title, Style::of(6.2).bold(), Align::Centre, &self.title.zh);
        let below = Area::new(left, MARGIN + 7.6, width, 3.6);
        write(page, face, below, Style::of(2.6).in_colour(Colour::GREY), Align::Centre, &self.title.en);
        if self.again {
            stamp(page, face, Area::new(left, MARGIN, 17.0, 9.0), "补打", "Reprint");
        }
        if let Some(squares) = Squares::of(&self.link) {
            page.code(Area::new(left + width - CODE, MARGIN - 3.0, CODE, CODE), squares);
        }
        let room = width - CODE - 4.0;
        let mut y = MARGIN + 12.4;
        for pair in self.facts.chunks(2) {
            for (n, (name, value)) in pair.iter().enumerate() {
                let area = Area::new(left + n as f32 * room / 2.0, y, room / 2.0 - 2.0, 4.2);
                let text = format!("{} {}：{value}", name.zh, name.en);
                write(page, face, area, Style::of(SMALL), Align::Left, &text);
            }
            y += 4.3;
        }
        flow.y = y.max(MARGIN + CODE - 2.0) + 1.5;
    }

    /// Columns as wide as what stands in them, as far as there is room.
    fn widths(&self, face: &Face, width: f32) -> Vec<Column> {
        let natural = |n: usize, name: &Name| {
            let cells = self.rows.iter().take(MEASURED_ROWS).filter_map(|row| row.cells.get(n));
            let cells = cells.map(|cell| face.width(cell) * SMALL).fold(0.0, f32::max);
            let head = face.width(&name.zh) * SMALL / 1.6;
            (cells.max(head) + 2.4).clamp(WIDTHS.0, WIDTHS.1)
        };
        let natural: Vec<f32> =
            self.columns.iter().enumerate().map(|(n, (name, _))| natural(n, name)).collect();
        let over = (natural.iter().sum::<f32>() - width).max(0.0);
        // What is too wide is taken from the wide ones: figures and days stay in one line.
        let spare: f32 = natural.iter().map(|width| (width - 24.0).max(0.0)).sum();
        let share = |width: f32| match spare > 0.0 {
            true => (width - over * (width - 24.0).max(0.0) / spare).max(WIDTHS.0),
            false => width,
        };
        self.columns
            .iter()
            .zip(natural)
            .map(|((name, is_figure), width)| Column {
                name: name.clone(),
                share: share(width),
                align: if *is_figure { Align::Right } else { Align::Left },
            })
            .collect()
    }

    fn seal(&self, flow: &mut Flow) {
        const HEIGHT: f32 = 30.0;
        flow.need(HEIGHT);
        let (face, y) = (flow.face, flow.y);
        let (left, width) = (flow.left(), flow.width());
        let page = flow.page();
        let area = Area::new(left + width - 62.0, y, 62.0, HEIGHT);
        page.frame(area, 0.25);
        let head = Area::new(area.x + 1.0, area.y + 0.6, area.width - 2.0, 4.4);
        write(page, face, head, Style::of(SMALL).bold(), Align::Left, "单位（盖章处） Seal of the party");
        page.text(left, y + 5.0, Style::of(SMALL), "填表人 Filled in by：");
        page.text(left + 70.0, y + 5.0, Style::of(SMALL), "审核人 Checked by：");
        page.text(left + 135.0, y + 5.0, Style::of(SMALL), "日期 Date：");
        flow.y += HEIGHT;
    }
}
