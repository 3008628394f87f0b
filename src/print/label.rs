//! Labels of containers (HJ 1276-2022): three sizes for their surfaces, and the smallest for thermal printers.

use super::drawing::{Area, Colour, Drawing, Style};
use super::flow::stamp;
use super::qr::Squares;
use super::text::{Align, write};
use super::typeface::Face;

/// The size of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelSize {
    /// 100 × 100 mm, for containers up to 50 litres; letters of 3 mm and more.
    Small,
    /// 150 × 150 mm, for those up to 450 litres; letters of 5 mm and more.
    Medium,
    /// 200 × 200 mm, for larger ones; letters of 6 mm and more.
    Large,
}

impl LabelSize {
    /// Every size.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Side in millimetres.
    pub fn side_mm(self) -> u16 {
        match self {
            Self::Small => 100,
            Self::Medium => 150,
            Self::Large => 200,
        }
    }

    /// Its name: its side in millimetres.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "100",
            Self::Medium => "150",
            Self::Large => "200",
        }
    }

    /// The size with a side of so many millimetres.
    pub fn of_side(side: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.name() == side)
    }

    /// The size that a container of so many litres wants.
    pub fn of_litres(litres: Option<i64>) -> Self {
        match litres.unwrap_or_default() {
            ..=50 => Self::Small,
            51..=450 => Self::Medium,
            _ => Self::Large,
        }
    }

    /// Smallest letters, in millimetres.
    fn text_mm(self) -> f32 {
        match self {
            Self::Small => 3.1,
            Self::Medium => 5.0,
            Self::Large => 6.2,
        }
    }
}

/// What stands on a label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// What the waste is called.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Its code.
    pub code: String,
    /// Its form.
    pub form: String,
    /// Its hazards.
    pub hazards: String,
    /// What it is mainly made of.
    pub main: String,
    /// What in it is harmful.
    pub harmful: String,
    /// What to take care of.
    pub care: String,
    /// The code in figures.
    pub number: String,
    /// What the code says.
    pub text: String,
    /// Whose it is.
    pub by: String,
    /// Whom to ask.
    pub contact: String,
    /// The day it arose.
    pub day: String,
    /// Its mass.
    pub mass: String,
    /// What else.
    pub remarks: String,
    /// On white paper: the orange ground is printed too.
    pub colour: bool,
    /// True for a print that is not the first one.
    pub again: bool,
    /// True where all of it is invented.
    pub invented: bool,
}

/// A cell: where it lies, in parts of the inner frame, and what stands in it.
struct Cell<'a>(f32, f32, f32, f32, &'a str, &'a str);

impl Label {
    /// Lay it out.
    pub fn page(&self, face: &Face, size: LabelSize) -> Drawing {
        let side = f32::from(size.side_mm());
        let mut page = Drawing::new(side, side);
        if self.colour {
            page.fill(Area::new(0.0, 0.0, side, side), Colour::ORANGE);
        }
        // 3 mm of ground around a frame of 1 mm.
        let frame = Area::new(3.5, 3.5, side - 7.0, side - 7.0);
        page.frame(frame, 1.0);
        let inner = frame.inside(0.5);
        let title = inner.height * 0.105;
        let head = Area::new(inner.x, inner.y, inner.width, title);
        write(&mut page, face, head, Style::of(title * 0.76).bold(), Align::Centre, "危险废物");
        self.marks(&mut page, face, head);
        let grid = Area::new(inner.x, inner.y + title, inner.width, inner.height - title);
        for cell in self.cells() {
            draw(&mut page, face, grid, size.text_mm(), &cell);
        }
        let code = Area::new(
            grid.x + grid.width * 0.7,
            grid.y + grid.height * 0.7,
            grid.width * 0.3,
            grid.height * 0.3,
        );
        page.fill(Area::new(code.x, code.y, code.width, 0.25), Colour::BLACK);
        if let Some(squares) = Squares::of(&self.text) {
            let side = code.width.min(code.height) - 0.6;
            let at = Area::new(
                code.x + (code.width - side) / 2.0,
                code.y + (code.height - side) / 2.0,
                side,
                side,
            );
            // Scanners want black on white: the ground is orange.
            page.fill(at, Colour(255, 255, 255));
            page.code(at, squares);
        }
        page
    }

    /// That it is a reprint, and that it is invented.
    fn marks(&self, page: &mut Drawing, face: &Face, head: Area) {
        if self.again {
            let width = head.height * 1.7;
            let area = Area::new(head.right() - width - 1.2, head.y + 1.0, width, head.height - 2.0);
            stamp(page, face, area, "补打", "Reprint");
        }
        if self.invented {
            let area = Area::new(head.x + 1.0, head.y + 0.8, head.width * 0.27, head.height - 1.6);
            let style = Style::of(head.height * 0.24).in_colour(Colour::RED);
            write(page, face, area, style, Align::Left, "演示 · 数据虚构，不具效力");
        }
    }

    fn cells(&self) -> [Cell<'_>; 14] {
        [
            Cell(0.0, 0.0, 0.7, 0.14, "废物名称", &self.name),
            Cell(0.7, 0.0, 0.3, 0.30, "危险特性", &self.hazards),
            Cell(0.0, 0.14, 0.7, 0.08, "废物类别", &self.category),
            Cell(0.0, 0.22, 0.7, 0.08, "废物代码", &self.code),
            Cell(0.0, 0.30, 0.5, 0.08, "废物形态", &self.form),
            Cell(0.5, 0.30, 0.5, 0.08, "废物重量", &self.mass),
            Cell(0.0, 0.38, 1.0, 0.075, "主要成分", &self.main),
            Cell(0.0, 0.455, 1.0, 0.075, "有害成分", &self.harmful),
            Cell(0.0, 0.53, 1.0, 0.09, "注意事项", &self.care),
            Cell(0.0, 0.62, 1.0, 0.08, "数字识别码", &self.number),
            Cell(0.0, 0.70, 0.7, 0.085, "产生/收集单位", &self.by),
            Cell(0.0, 0.785, 0.7, 0.07, "联系人和联系方式", &self.contact),
            Cell(0.0, 0.855, 0.7, 0.072, "产生日期", &self.day),
            Cell(0.0, 0.927, 0.7, 0.073, "备注", &self.remarks),
        ]
    }
}

fn draw(page: &mut Drawing, face: &Face, grid: Area, size: f32, cell: &Cell) {
    let Cell(x, y, width, height, name, value) = *cell;
    let area = Area::new(
        grid.x + x * grid.width,
        grid.y + y * grid.height,
        width * grid.width,
        height * grid.height,
    );
    page.fill(Area::new(area.x, area.y, area.width, 0.25), Colour::BLACK);
    if x > 0.0 {
        page.fill(Area::new(area.x, area.y, 0.25, area.height), Colour::BLACK);
    } else if width < 1.0 {
        page.fill(Area::new(area.right(), area.y, 0.25, area.height), Colour::BLACK);
    }
    let pad = size * 0.35;
    let head = format!("{name}：");
    if height > 0.2 {
        // Tall: the name above, what it says in the middle.
        page.text(area.x + pad, area.y + size * 1.3, Style::of(size), head);
        let below =
            Area::new(area.x + pad, area.y + size * 1.7, area.width - 2.0 * pad, area.height - size * 1.9);
        write(page, face, below, Style::of(size * 1.7).bold(), Align::Centre, value);
        return;
    }
    let wide = face.width(&head) * size;
    write(
        page,
        face,
        Area::new(area.x + pad, area.y, wide + 0.2, area.height),
        Style::of(size),
        Align::Left,
        &head,
    );
    let left = area.x + pad + wide;
    let rest = Area::new(left, area.y + 0.3, area.right() - pad - left, area.height - 0.6);
    write(page, face, rest, Style::of(size).bold(), Align::Left, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_as_large_as_its_container_wants() {
        for (litres, wanted) in
            [(None, 100), (Some(50), 100), (Some(51), 150), (Some(450), 150), (Some(451), 200)]
        {
            assert_eq!(LabelSize::of_litres(litres).side_mm(), wanted, "{litres:?}");
        }
        assert_eq!((LabelSize::of_side("200"), LabelSize::of_side("7")), (Some(LabelSize::Large), None));
    }
}
