//! From bytes to rows of texts. A sheet is hostile until it is read: it may unpack to far more than it is, claim cells at the far end
//! of the earth, or hold formulas. So parts are measured before anything reads them, and cells are taken one by one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};

use super::fault::SheetFault;
use super::{MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_SHEET_BYTES, MAX_UNPACKED_BYTES};

/// How every ZIP archive, and so every XLSX, begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// What may part the fields of a CSV.
const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];

/// Rows by their number, from 1; cells from the left. Rows without anything are not there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::exchange) struct Sheet(BTreeMap<u32, Vec<String>>);

impl Sheet {
    /// The rows in order.
    pub(in crate::exchange) fn rows(&self) -> impl Iterator<Item = (u32, &[String])> {
        self.0.iter().map(|(row, cells)| (*row, cells.as_slice()))
    }

    /// Put a text into a cell, the column from 0. Blank texts and far columns are not kept.
    fn put(&mut self, row: u32, column: usize, text: &str) -> Result<(), SheetFault> {
        let text = text.trim();
        if text.is_empty() || column >= MAX_COLUMNS {
            return Ok(());
        }
        if self.0.len() == MAX_ROWS && !self.0.contains_key(&row) {
            return Err(SheetFault::whole(
                "sheet-rows",
                format!("表格超过 {MAX_ROWS} 行，请按时段分开"),
                format!("more than {MAX_ROWS} rows; part the list by days"),
            ));
        }
        let cells = self.0.entry(row).or_default();
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        // One more than the limit, so that what is too long does not fit.
        cells[column] = text.chars().take(MAX_CELL_CHARS + 1).collect();
        Ok(())
    }
}

/// Read the first sheet of an XLSX, or a CSV in UTF-8.
pub(in crate::exchange) fn read(bytes: &[u8]) -> Result<Sheet, SheetFault> {
    if bytes.len() > MAX_SHEET_BYTES {
        return Err(SheetFault::whole(
            "sheet-too-large",
            format!("表格超过 {MAX_SHEET_BYTES} 字节"),
            format!("more than {MAX_SHEET_BYTES} bytes"),
        ));
    }
    if bytes.starts_with(ZIP) { read_xlsx(bytes, Left::default()) } else { read_csv(bytes) }
}

/// What may still be read of an XLSX.
struct Left {
    cells: usize,
    /// A text that many cells share counts in each: what they say is bounded as if each had said it itself.
    text_bytes: u64,
}

impl Default for Left {
    fn default() -> Self {
        Self { cells: MAX_CELLS, text_bytes: MAX_UNPACKED_BYTES }
    }
}

impl Left {
    fn take_cell(&mut self) -> Result<(), SheetFault> {
        self.cells = self.cells.checked_sub(1).ok_or_else(|| {
            SheetFault::whole(
                "sheet-cells",
                format!("表格超过 {MAX_CELLS} 个单元格，请删去空白的格式区域，或按时段分开"),
                format!(
                    "more than {MAX_CELLS} cells; clear what is only formatted, or part the list by days"
                ),
            )
        })?;
        Ok(())
    }

    fn take_text(&mut self, text: &str) -> Result<(), SheetFault> {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.text_bytes = self.text_bytes.checked_sub(bytes).ok_or_else(unpacks_too_large)?;
        Ok(())
    }
}

fn read_xlsx(bytes: &[u8], mut left: Left) -> Result<Sheet, SheetFault> {
    measure(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let name = book.sheet_names().first().cloned().ok_or_else(unreadable)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_| unreadable())?;
    let mut sheet = Sheet::default();
    while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
        left.take_cell()?;
        let (row, column) = cell.get_position();
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= MAX_COLUMNS {
            continue;
        }
        if let Some(text) = text_of(cell.get_value()) {
            left.take_text(&text)?;
            sheet.put(row.saturating_add(1), column, &text)?;
        }
    }
    Ok(sheet)
}

/// Unpack every part to nowhere, so that what a part claims of its size need not be believed.
fn measure(bytes: &[u8]) -> Result<(), SheetFault> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let mut left = MAX_UNPACKED_BYTES;
    for n in 0..archive.len() {
        let part = archive.by_index(n).map_err(|_| unreadable())?;
        let unpacked = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(unpacked).ok_or_else(unpacks_too_large)?;
    }
    Ok(())
}

fn unpacks_too_large() -> SheetFault {
    SheetFault::whole(
        "sheet-unpacks-too-large",
        format!("表格解压后超过 {MAX_UNPACKED_BYTES} 字节"),
        format!("the sheet unpacks to more than {MAX_UNPACKED_BYTES} bytes"),
    )
}

/// A cell as a person reads it. A formula stands for what was computed last; one that never was is an empty cell.
fn text_of<'a>(value: &'a DataRef<'_>) -> Option<Cow<'a, str>> {
    match value {
        DataRef::Int(number) => Some(number.to_string().into()),
        DataRef::Float(number) => Some(decimal(*number).into()),
        DataRef::String(text) | DataRef::DateTimeIso(text) => Some(text.into()),
        DataRef::SharedString(text) => Some((*text).into()),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
            let time =
                if (hour, minute) == (0, 0) { String::new() } else { format!(" {hour:02}:{minute:02}") };
            Some(format!("{year:04}-{month:02}-{day:02}{time}").into())
        }
        DataRef::Bool(_) | DataRef::DurationIso(_) | DataRef::Error(_) => Some("?".into()),
        DataRef::Empty => None,
    }
}

/// A number as programs for sheets show it: to fifteen significant digits. The file holds binary fractions, of which 12.345 is none.
fn decimal(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

fn read_csv(bytes: &[u8]) -> Result<Sheet, SheetFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        SheetFault::whole(
            "sheet-encoding",
            "CSV 不是 UTF-8 编码；请另存为「CSV UTF-8」或 XLSX",
            "the CSV is not UTF-8; save it as \"CSV UTF-8\" or as XLSX",
        )
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    for record in reader.records() {
        let record = record.map_err(|_| unreadable())?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = u32::try_from(line).map_err(|_| unreadable())?;
        for (column, field) in record.iter().enumerate() {
            sheet.put(row, column, field)?;
        }
    }
    Ok(sheet)
}

/// What parts the fields: whichever stands most often in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(DELIMITERS[0])
}

fn unreadable() -> SheetFault {
    SheetFault::whole(
        "sheet-unreadable",
        "不能读取：须为 XLSX，或 UTF-8 编码的 CSV",
        "this cannot be read; XLSX or CSV in UTF-8 is wanted",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rust_xlsxwriter::Workbook;

    use super::*;

    fn book(rows: u32, columns: u16, text: &str) -> Vec<u8> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for row in 0..rows {
            for column in 0..columns {
                sheet.write(row, column, text).unwrap();
            }
        }
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn cells_beyond_the_limit_are_refused_far_ones_counted() {
        let columns = u16::try_from(MAX_COLUMNS).unwrap() + 1;
        let bytes = book(2, columns, "x");
        let cells = usize::from(columns) * 2;
        let within = |cells| read_xlsx(&bytes, Left { cells, ..Left::default() });
        assert_eq!(within(cells).unwrap().rows().map(|(_, row)| row.len()).max(), Some(MAX_COLUMNS));
        let fault = within(cells - 1).unwrap_err();
        assert!(fault.code == "sheet-cells" && !fault.zh.is_empty() && !fault.en.is_empty(), "{fault:?}");
    }

    #[test]
    fn a_text_that_many_cells_share_counts_in_each() {
        let bytes = book(40, 28, &"x".repeat(32_000));
        assert!(bytes.len() < 40_000, "it is one text: {} bytes", bytes.len());
        assert_eq!(read(&bytes).unwrap_err().code, "sheet-unpacks-too-large");
        let few = read(&book(3, 1, &"x".repeat(32_000))).unwrap();
        assert!(few.rows().all(|(_, cells)| cells[0].len() == MAX_CELL_CHARS + 1));
    }
}
