//! Sheets for people and their spreadsheet programs: one table, as CSV or XLSX. Texts stay texts: what a program would take for
//! a formula is never one.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use crate::catalogue::MassUnit;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text; empty for nothing.
    Text(String),
    /// A mass in grams, shown in a unit without losing one.
    Mass(i64, MassUnit),
    /// A whole number.
    Count(i64),
}

impl Cell {
    /// What it says, for people.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Mass(mass_g, unit) => decimal(*mass_g, *unit),
            Self::Count(count) => count.to_string(),
        }
    }
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Name of the table: at most 31 characters, none of `[]:*?/\`.
    pub name: String,
    /// Heads of the columns.
    pub heads: Vec<String>,
    /// Rows, each as long as the heads.
    pub rows: Vec<Vec<Cell>>,
}

/// What a sheet is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetForm {
    /// Comma-separated values (RFC 4180) in UTF-8, with the byte order mark that spreadsheet programs want.
    Csv,
    /// Office Open XML.
    Xlsx,
}

impl SheetForm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Csv, Self::Xlsx];

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The end of its file names.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// A sheet could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// As CSV.
    #[error("CSV: {0}")]
    Csv(String),
    /// As XLSX.
    #[error("XLSX: {0}")]
    Xlsx(#[from] XlsxError),
}

impl Sheet {
    /// Add a last row that holds nothing but a text: why no more rows come.
    pub fn end_with(&mut self, says: &str) {
        let text = |at| Cell::Text(if at == 0 { says.to_owned() } else { String::new() });
        self.rows.push((0..self.heads.len()).map(text).collect());
    }

    /// The bytes of the file. The same sheet gives the same bytes.
    pub fn write(&self, form: SheetForm) -> Result<Vec<u8>, SheetError> {
        match form {
            SheetForm::Csv => self.csv().map_err(|error| SheetError::Csv(error.to_string())),
            SheetForm::Xlsx => Ok(self.xlsx()?),
        }
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
        writer.write_record(&self.heads)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| match cell {
                Cell::Text(text) => harmless(text),
                figure => figure.shown(),
            }))?;
        }
        writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
    }

    fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        // Written at no time of its own, so that the same rows are the same file.
        book.set_properties(
            &DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(1970, 1, 1)?),
        );
        let page = book.add_worksheet();
        page.set_name(&self.name)?;
        for (column, head) in (0..).zip(&self.heads) {
            page.write_string(0, column, head)?;
        }
        for (line, row) in (1..).zip(&self.rows) {
            for (column, cell) in (0..).zip(row) {
                match cell {
                    Cell::Text(text) if text.is_empty() => {}
                    Cell::Text(text) => drop(page.write_string(line, column, text)?),
                    Cell::Mass(mass_g, unit) => {
                        // Spreadsheets hold numbers in floating point: up to 2^53 g each gram has a number of its own, in any unit.
                        let number =
                            *mass_g as f64 / 10_f64.powi(i32::try_from(unit.decimals()).unwrap_or(0));
                        page.write_number_with_format(line, column, number, &shown_in(*unit))?;
                    }
                    Cell::Count(count) => drop(page.write_number(line, column, *count as f64)?),
                }
            }
        }
        book.save_to_buffer()
    }
}

/// A mass as a decimal number, to the gram.
fn decimal(mass_g: i64, unit: MassUnit) -> String {
    let decimals = unit.decimals();
    let digits = format!("{:0>width$}", mass_g.unsigned_abs(), width = decimals + 1);
    let (whole, rest) = digits.split_at(digits.len() - decimals);
    let sign = if mass_g < 0 { "-" } else { "" };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}")
}

/// The format in which a spreadsheet shows every gram.
fn shown_in(unit: MassUnit) -> Format {
    Format::new().set_num_format(match unit {
        MassUnit::G => "0",
        MassUnit::Kg => "0.000",
        MassUnit::T => "0.000000",
    })
}

/// A text that no spreadsheet program takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        Sheet {
            name: "B.1".to_owned(),
            heads: vec!["批次 Lot".to_owned(), "克 g".to_owned()],
            rows: vec![vec![Cell::Text(text.to_owned()), Cell::Mass(9_007_199_254_740_991, MassUnit::G)]],
        }
    }

    #[test]
    fn no_text_is_a_formula_and_no_gram_is_lost() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            let csv = String::from_utf8(sheet(text).write(SheetForm::Csv).unwrap()).unwrap();
            let cell = csv.split_once("\n").unwrap().1.trim_start_matches('"');
            assert!(cell.starts_with('\''), "{csv:?}");
        }
        let csv = String::from_utf8(sheet("a,\"b\"").write(SheetForm::Csv).unwrap()).unwrap();
        assert_eq!(csv, "\u{feff}批次 Lot,克 g\n\"a,\"\"b\"\"\",9007199254740991\n");
    }

    #[test]
    fn a_sheet_may_end_with_a_word() {
        let mut cut = sheet("a");
        cut.end_with("there are more");
        let csv = String::from_utf8(cut.write(SheetForm::Csv).unwrap()).unwrap();
        assert!(csv.ends_with("\nthere are more,\n"), "{csv:?}");
    }

    #[test]
    fn a_mass_is_exact_in_every_unit() {
        for (mass_g, unit, wanted) in [
            (0, MassUnit::G, "0"),
            (0, MassUnit::T, "0.000000"),
            (1, MassUnit::T, "0.000001"),
            (-1_999_001, MassUnit::Kg, "-1999.001"),
            (1_234_567, MassUnit::T, "1.234567"),
            (i64::MIN, MassUnit::Kg, "-9223372036854775.808"),
        ] {
            assert_eq!(decimal(mass_g, unit), wanted);
        }
    }

    #[test]
    fn the_same_sheet_is_the_same_file_and_its_formulas_are_texts() {
        let one = sheet("=1+1").write(SheetForm::Xlsx).unwrap();
        assert_eq!(one, sheet("=1+1").write(SheetForm::Xlsx).unwrap());
        assert_eq!(&one[..2], b"PK");
    }
}
