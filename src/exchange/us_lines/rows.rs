//! The lines of a document as rows of exact integers, so that a sum in SQL is exact on every database.

use super::csv_line::split;
use super::{COLUMNS, MAX_LINES_PER_MANIFEST, SYSTEM, column};
use crate::catalogue::{Catalogue, Dimension, Unit, convert};

/// Largest quantity of one line, in thousandths of its unit (ten million units): no load comes near it, and the sums of the lines of one
/// file stay within 63 bits in grams and millilitres.
pub const MAX_QUANTITY_MILLI: i64 = 10_000_000_000;

/// Most bytes of a written quantity, superfluous zeros included.
const MAX_QUANTITY_BYTES: usize = 16;

/// One line of an imported document, ready for a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentLine {
    /// Position in the content, from 1, the header not counted: the key within the document.
    pub row: i64,
    /// Line number as the document says; none when it is not a number from 1 to 65535. It may stand there twice.
    pub line: Option<i64>,
    /// Unit as written.
    pub unit: String,
    /// Quantity in thousandths of that unit; none when it is not a decimal number within the limits.
    pub quantity_milli: Option<i64>,
    /// Mass in whole grams, rounded half up; none for a volume, an unknown unit or no quantity.
    pub mass_g: Option<i64>,
    /// Volume in whole millilitres, rounded half up; none for a mass, an unknown unit or no quantity.
    pub volume_ml: Option<i64>,
}

/// Why a content has no rows. Whoever signs a document may put anything into it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// The header is not the one of this format.
    #[error("the first line of the content is not the header of US waste lines")]
    Header,
    /// A line that is not of this format.
    #[error("row {0} of the content does not have {columns} fields with closed quotes", columns = COLUMNS.len())]
    Row(usize),
    /// Too many lines.
    #[error("the content has more than {MAX_LINES_PER_MANIFEST} lines; one document is one manifest")]
    TooMany,
}

/// The rows of a document's content, in its order. A content that cannot be read has no rows at all, never some of them.
pub fn rows(content: &str) -> Result<Vec<DocumentLine>, RowsError> {
    let mut lines = content.split('\n');
    if lines.next() != Some(COLUMNS.join(",").as_str()) {
        return Err(RowsError::Header);
    }
    let mut rows = Vec::new();
    for (position, line) in lines.enumerate() {
        if position == MAX_LINES_PER_MANIFEST {
            return Err(RowsError::TooMany);
        }
        let fields = split(line).filter(|fields| fields.len() == COLUMNS.len());
        let fields = fields.ok_or(RowsError::Row(position + 1))?;
        rows.push(row(position, &fields));
    }
    Ok(rows)
}

/// One line as a row; `position` counts from 0.
pub(super) fn row(position: usize, fields: &[String]) -> DocumentLine {
    let written = &fields[column::QUANTITY];
    let quantity_milli = thousandths(written);
    let unit = unit(&fields[column::UNIT]);
    let amount = |dimension| {
        let unit = unit.filter(|unit| unit.dimension == dimension)?;
        quantity_milli?;
        convert(written, unit).ok().map(|converted| converted.amount)
    };
    DocumentLine {
        row: position as i64 + 1,
        line: positive(&fields[column::LINE]).map(i64::from),
        unit: fields[column::UNIT].clone(),
        quantity_milli,
        mass_g: amount(Dimension::Mass),
        volume_ml: amount(Dimension::Volume),
    }
}

/// The unit with this code, if documents of the profile may use it.
pub(super) fn unit(code: &str) -> Option<&'static Unit> {
    Catalogue::embedded().unit(SYSTEM, code)
}

/// A whole number from 1 to 65535 in plain digits: a line number, a number of containers.
pub(super) fn positive(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && *number > 0)
}

/// A decimal text in thousandths, exactly; none when it is no plain decimal, finer than thousandths, or above the limit.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fine = fraction.trim_end_matches('0');
    if text.len() > MAX_QUANTITY_BYTES || !is_digits(whole) || !is_digits(fraction) || fine.len() > 3 {
        return None;
    }
    let milli: i64 = format!("{whole}{fine:0<3}").parse().ok()?;
    Some(milli).filter(|milli| *milli <= MAX_QUANTITY_MILLI)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn content(lines: &[&str]) -> String {
        format!("{}\n{}", COLUMNS.join(","), lines.join("\n"))
    }

    #[test]
    fn quantities_become_thousandths_or_nothing() {
        for (text, milli) in [
            ("150", Some(150_000)),
            ("1.25", Some(1_250)),
            ("0.001", Some(1)),
            ("0.0010", Some(1)),
            ("0", Some(0)),
            ("007", Some(7_000)),
            ("10000000", Some(MAX_QUANTITY_MILLI)),
            ("10000000.001", None),
            ("0.0001", None),
            ("99999999999999999999", None),
            ("00000000000000001", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1,000", None),
            ("１", None),
        ] {
            assert_eq!(thousandths(text), milli, "{text:?}");
        }
    }

    #[test]
    fn every_unit_converts_the_largest_quantity() {
        let units = Catalogue::embedded().units().iter().filter(|unit| unit.system == SYSTEM);
        for unit in units {
            let amount = convert("10000000", unit).unwrap().amount;
            assert!(amount.checked_mul(super::super::MAX_LINES as i64).is_some(), "{}", unit.code);
        }
    }

    #[test]
    fn a_row_has_a_mass_or_a_volume() {
        let rows = rows(&content(&[
            "000000219JES,1,X,1,DM,150,P,MA99,,,,,,H141",
            "000000219JES,2,X,1,TT,631,G,MA98,,,,,,",
            "000000219JES,x,X,1,TT,5,Q,MA98,,,,,,",
            "000000219JES,+2,X,1,TT,lots,K,MA98,,,,,,",
        ]));
        let shown: Vec<_> = rows
            .unwrap()
            .into_iter()
            .map(|row| (row.row, row.line, row.unit, row.quantity_milli, row.mass_g, row.volume_ml))
            .collect();
        assert_eq!(
            shown,
            [
                (1, Some(1), "P".to_owned(), Some(150_000), Some(68_039), None),
                (2, Some(2), "G".to_owned(), Some(631_000), None, Some(2_388_595)),
                (3, None, "Q".to_owned(), Some(5_000), None, None),
                (4, None, "K".to_owned(), None, None, None),
            ]
        );
    }

    #[test]
    fn a_strange_content_has_no_rows() {
        assert_eq!(rows(""), Err(RowsError::Header));
        assert_eq!(rows("mtn,line\n1,2"), Err(RowsError::Header));
        assert_eq!(rows(&content(&["a,b"])), Err(RowsError::Row(1)));
        assert_eq!(rows(&content(&[",,,,,,,,,,,,,", "\"a,,,,,,,,,,,,,"])), Err(RowsError::Row(2)));
        let many = vec![",,,,,,,,,,,,,"; MAX_LINES_PER_MANIFEST + 1];
        assert_eq!(rows(&content(&many[1..])).unwrap().len(), MAX_LINES_PER_MANIFEST);
        assert_eq!(rows(&content(&many)), Err(RowsError::TooMany));
    }
}
