//! What is wrong with a sheet, and where.

/// One thing that is wrong with a sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct SheetFault {
    /// Kebab-case code.
    pub code: &'static str,
    /// The row, from 1, as programs for sheets count.
    pub row: Option<u32>,
    /// What stands above the column, or the column's name in this program.
    pub column: Option<String>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl SheetFault {
    /// Something wrong with the sheet as a whole.
    pub(super) fn whole(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, row: None, column: None, zh: zh.into(), en: en.into() }
    }

    /// Something wrong in one cell.
    pub(super) fn cell(code: &'static str, row: u32, column: &str, zh: &str, en: &str) -> Self {
        Self {
            code,
            row: Some(row),
            column: Some(column.to_owned()),
            zh: format!("第 {row} 行「{column}」：{zh}"),
            en: format!("row {row}, column \"{column}\": {en}"),
        }
    }

    /// Where it is, as a JSON pointer (RFC 6901) into the sheet.
    pub fn pointer(&self) -> String {
        let column = |column: &String| format!("/{}", column.replace('~', "~0").replace('/', "~1"));
        let Some(row) = self.row else { return String::new() };
        format!("/rows/{row}{}", self.column.as_ref().map(column).unwrap_or_default())
    }
}
