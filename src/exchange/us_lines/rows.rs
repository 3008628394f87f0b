//! The lines of a document as rows of exact integers, so that a sum in SQL is exact on every database.

use super::csv_line::split;
use super::{COLUMNS, MAX_LINES_PER_MANIFEST, SYSTEM, column};
use crate::catalogue::{Catalogue, Unit};
use crate::exchange::document::DocumentLine;

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
    let line = positive(&fields[column::LINE]).map(i64::from);
    DocumentLine::of_us(position, line, &fields[column::UNIT], &fields[column::QUANTITY])
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn content(lines: &[&str]) -> String {
        format!("{}\n{}", COLUMNS.join(","), lines.join("\n"))
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
