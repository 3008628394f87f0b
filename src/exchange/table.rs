//! Tables that people fill in: columns found by their heads, in Chinese or English, in any order; cells read into types, and everything that is
//! wrong named with its row and column.

use std::str::FromStr;

use super::number_list::{SheetFault, sheet};
use crate::shape::Text;

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// English name.
    pub en: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// Whether each row must say something there.
    pub is_wanted: bool,
}

impl Column {
    /// A column in which each row must say something.
    pub const fn wanted(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh, is_wanted: true }
    }

    /// A column that may be empty, or left out.
    pub const fn optional(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh, is_wanted: false }
    }
}

/// What is wrong in one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// Row as a spreadsheet counts it: the head is row 1. 0: the sheet as a whole.
    pub row: u32,
    /// English name of the column; empty for the row or the sheet as a whole.
    pub column: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Why a cell cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Why {
    /// A reason in both languages.
    pub fn new(zh: impl Into<String>, en: impl ToString) -> Self {
        Self { zh: zh.into(), en: en.to_string() }
    }
}

/// Reads what has a text form of its own; `zh` says what is wanted.
pub fn parsed<T: FromStr<Err: ToString>>(zh: &'static str) -> impl Fn(&str) -> Result<T, Why> {
    move |text| text.parse().map_err(|error: T::Err| Why::new(zh, error))
}

/// Reads a text of up to `MAX` characters.
pub fn words<const MAX: usize>(text: &str) -> Result<Text<MAX>, Why> {
    Text::new(text).map_err(|en| Why::new(format!("应为 1 至 {MAX} 字，不含控制字符"), en))
}

/// A table whose columns were found.
#[derive(Debug)]
pub struct Table {
    columns: &'static [Column],
    places: Vec<Option<usize>>,
    sheet: sheet::Sheet,
}

impl Table {
    /// The first sheet of an XLSX, or a CSV in UTF-8, whose first row names the columns; else what is wrong with it.
    pub fn read(bytes: &[u8], columns: &'static [Column]) -> Result<Self, Vec<CellError>> {
        let sheet = sheet::read(bytes).map_err(|fault| {
            let SheetFault { zh, en, .. } = fault;
            vec![CellError { row: 0, column: "", zh, en }]
        })?;
        let head = sheet.rows().next().map_or(&[][..], |(_, head)| head);
        let place = |column: &Column| head.iter().position(|name| name == column.en || name == column.zh);
        let places: Vec<Option<usize>> = columns.iter().map(place).collect();
        let missing =
            columns.iter().zip(&places).filter(|(column, place)| column.is_wanted && place.is_none());
        let missing: Vec<CellError> = missing
            .map(|(column, _)| CellError {
                row: 1,
                column: column.en,
                zh: format!("缺少“{}”一列", column.zh),
                en: format!("the column {:?} is missing", column.en),
            })
            .collect();
        if missing.is_empty() { Ok(Self { columns, places, sheet }) } else { Err(missing) }
    }

    /// The rows below the head.
    pub fn rows(&self) -> impl Iterator<Item = Cells<'_>> {
        self.sheet.rows().skip(1).map(|(row, cells)| Cells { table: self, row, cells, errors: Vec::new() })
    }

    /// Every row as it stands, the head first: its number, and its texts from the left.
    pub fn texts(&self) -> impl Iterator<Item = (u32, &[String])> {
        self.sheet.rows()
    }
}

/// The cells of one row, and what is wrong in them so far. Columns are named by their place among those of the table.
pub struct Cells<'a> {
    table: &'a Table,
    /// Number of the row.
    pub row: u32,
    cells: &'a [String],
    /// What is wrong.
    pub errors: Vec<CellError>,
}

impl<'a> Cells<'a> {
    /// What stands in a column; empty for nothing.
    pub fn text(&self, column: usize) -> &'a str {
        let place = self.table.places.get(column).copied().flatten();
        place.and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }

    /// A cell that must say something, read.
    pub fn wanted<T>(&mut self, column: usize, parse: impl FnOnce(&str) -> Result<T, Why>) -> Option<T> {
        if self.text(column).is_empty() {
            self.wrong(column, "不能为空", "must not be empty");
            return None;
        }
        self.optional(column, parse)
    }

    /// A cell that may be empty, read.
    pub fn optional<T>(&mut self, column: usize, parse: impl FnOnce(&str) -> Result<T, Why>) -> Option<T> {
        let text = Some(self.text(column)).filter(|text| !text.is_empty())?;
        match parse(text) {
            Ok(read) => Some(read),
            Err(Why { zh, en }) => {
                self.wrong(column, &zh, &en);
                None
            }
        }
    }

    /// Say what is wrong in a column.
    pub fn wrong(&mut self, column: usize, zh: &str, en: &str) {
        let Some(column) = self.table.columns.get(column) else { return };
        let (zh, en) = (format!("{}：{zh}", column.zh), format!("{}: {en}", column.en));
        self.errors.push(CellError { row: self.row, column: column.en, zh, en });
    }

    /// Say what is wrong with the row as a whole.
    pub fn wrong_row(&mut self, zh: String, en: String) {
        self.errors.push(CellError { row: self.row, column: "", zh, en });
    }
}
