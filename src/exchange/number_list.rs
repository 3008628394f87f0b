//! Lists of manifest numbers that another system gives out (省级平台导出的联单清单), as CSV or XLSX: read, and nothing kept.
//!
//! `sheet` turns bytes into rows of texts within limits, `heads` finds the columns by what stands above them, `rows` reads each row
//! and puts the rows of one number together. Everything that is wrong is named with row and column, all at once.

mod fault;
pub(super) mod heads;
mod rows;
pub(super) mod sheet;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::catalogue::{ExternalNumber, Uscc, WasteCode};
use crate::shape::half_width;

pub use fault::SheetFault;

/// Longest sheet as it is sent, in bytes.
pub const MAX_SHEET_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes that all parts of an XLSX may have once they are unpacked.
pub const MAX_UNPACKED_BYTES: u64 = 32 * 1024 * 1024;
/// Most rows with anything in them.
pub const MAX_ROWS: usize = 20_000;
/// Columns that are looked at; what stands further right is not.
pub const MAX_COLUMNS: usize = 64;
/// Most cells of an XLSX that are read, empty ones and far ones counted.
pub const MAX_CELLS: usize = MAX_ROWS * MAX_COLUMNS;
/// Longest text of a cell, in characters; what is longer fits no column.
pub const MAX_CELL_CHARS: usize = 200;
/// Most faults that are named.
pub const MAX_FAULTS: usize = 100;

/// One number with everything a list says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedNumber {
    /// The number.
    pub number: String,
    /// The rows of the sheet that bear it, from 1; several where a manifest has several wastes.
    pub rows: Vec<u32>,
    /// Grams by waste code; without a code where the list has no such column.
    pub masses_g: BTreeMap<Option<WasteCode>, i64>,
    /// Whom the waste leaves.
    pub consignor: Option<Uscc>,
    /// Whom it goes to.
    pub consignee: Option<Uscc>,
    /// When, as the list says.
    pub day: Option<NaiveDate>,
}

impl ListedNumber {
    /// All its grams.
    pub fn mass_g(&self) -> i64 {
        self.masses_g.values().fold(0, |sum, mass_g| sum.saturating_add(*mass_g))
    }

    /// The waste codes it names, ascending.
    pub fn codes(&self) -> Vec<WasteCode> {
        self.masses_g.keys().filter_map(|code| *code).collect()
    }
}

/// A list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberList {
    /// Rows that were read, heads and empty rows not counted.
    pub rows: usize,
    /// The numbers, ascending.
    pub numbers: Vec<ListedNumber>,
}

/// Read a list of numbers of one form.
pub fn read(bytes: &[u8], form: &ExternalNumber) -> Result<NumberList, Vec<SheetFault>> {
    let sheet = sheet::read(bytes).map_err(|fault| vec![fault])?;
    let heads = heads::Heads::find(&sheet)?;
    rows::read(&sheet, &heads, form)
}

/// A text as a form means it: full-width signs of Chinese keyboards become plain ones, blanks at the ends go.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(half_width).collect::<String>().trim().to_owned()
}
