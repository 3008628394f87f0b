//! Values on their way out of a row: typed, checked, never a panic and never a default.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use super::{ColType, Param, StoreError};

/// One row of an answer. A column that is missing, NULL where it must not be, of another type or of another length is
/// [`StoreError::Corrupt`], naming the statement and the column.
pub struct Row {
    values: Values,
    query: &'static str,
}

enum Values {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub(super) fn sqlite(values: SqliteRow, query: &'static str) -> Self {
        Self { values: Values::Sqlite(values), query }
    }

    pub(super) fn postgres(values: PgRow, query: &'static str) -> Self {
        Self { values: Values::Postgres(values), query }
    }

    /// A whole number.
    pub fn i64(&self, column: &'static str) -> Result<i64, StoreError> {
        self.opt_i64(column)?.ok_or_else(|| self.null(column))
    }

    /// A whole number or NULL. On Postgres cast sums (`sum(x)::bigint`): `sum(bigint)` is NUMERIC there.
    pub fn opt_i64(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.stored(column)? {
            None => Ok(None),
            Some("INTEGER" | "INT8") => self.get::<i64>(column).map(Some),
            Some("INT4") => self.get::<i32>(column).map(|value| Some(value.into())),
            Some("INT2") => self.get_postgres::<i16>(column).map(|value| Some(value.into())),
            Some(other) => Err(self.mistyped(column, other, "a whole number")),
        }
    }

    /// A whole number that stands for yes (1) or no (0).
    pub fn bool(&self, column: &'static str) -> Result<bool, StoreError> {
        match self.i64(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.corrupt(column, format!("{other} where 0 or 1 was expected"))),
        }
    }

    /// Text.
    pub fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.opt_text(column)?.ok_or_else(|| self.null(column))
    }

    /// Text or NULL.
    pub fn opt_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.stored(column)? {
            None => Ok(None),
            Some("TEXT" | "VARCHAR") => self.get::<String>(column).map(Some),
            Some(other) => Err(self.mistyped(column, other, "text")),
        }
    }

    /// Bytes.
    pub fn blob(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.opt_blob(column)?.ok_or_else(|| self.null(column))
    }

    /// Bytes or NULL.
    pub fn opt_blob(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.stored(column)? {
            None => Ok(None),
            Some("BLOB" | "BYTEA") => self.get::<Vec<u8>>(column).map(Some),
            Some(other) => Err(self.mistyped(column, other, "bytes")),
        }
    }

    /// A SHA-256 digest, or anything else of 32 bytes.
    pub fn digest(&self, column: &'static str) -> Result<[u8; 32], StoreError> {
        self.opt_digest(column)?.ok_or_else(|| self.null(column))
    }

    /// A SHA-256 digest or NULL.
    pub fn opt_digest(&self, column: &'static str) -> Result<Option<[u8; 32]>, StoreError> {
        self.opt_blob(column)?.map(|bytes| self.exactly(column, &bytes)).transpose()
    }

    /// An identifier.
    pub fn uuid(&self, column: &'static str) -> Result<Uuid, StoreError> {
        self.opt_uuid(column)?.ok_or_else(|| self.null(column))
    }

    /// An identifier or NULL.
    pub fn opt_uuid(&self, column: &'static str) -> Result<Option<Uuid>, StoreError> {
        match self.stored(column)? {
            None => Ok(None),
            Some("UUID") => self.get::<Uuid>(column).map(Some),
            Some("BLOB") => {
                let bytes = self.get::<Vec<u8>>(column)?;
                Ok(Some(Uuid::from_bytes(self.exactly(column, &bytes)?)))
            }
            Some(other) => Err(self.mistyped(column, other, "an identifier")),
        }
    }

    /// A value of whatever type its column has, NULL included.
    pub fn param(&self, column: &'static str, kind: ColType) -> Result<Param, StoreError> {
        Ok(match kind {
            ColType::I64 => self.opt_i64(column)?.into(),
            ColType::Text => self.opt_text(column)?.into(),
            ColType::Blob => self.opt_blob(column)?.into(),
            ColType::Uuid => self.opt_uuid(column)?.into(),
        })
    }

    /// An error about this row, for checks that only the reader can make (an unknown word in an enumeration).
    pub fn corrupt(&self, column: &'static str, detail: impl Into<String>) -> StoreError {
        StoreError::Corrupt { query: self.query, column, detail: detail.into() }
    }

    /// The stored type's name; `None` for NULL. On SQLite every value has its own, whatever the column declares.
    fn stored(&self, column: &'static str) -> Result<Option<&'static str>, StoreError> {
        let name = match &self.values {
            Values::Sqlite(row) => {
                row.try_get_raw(column).map(|raw| type_name(raw.is_null(), raw.type_info().name()))
            }
            Values::Postgres(row) => {
                row.try_get_raw(column).map(|raw| type_name(raw.is_null(), raw.type_info().name()))
            }
        };
        name.map_err(|error| self.corrupt(column, error.to_string()))
    }

    fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        match &self.values {
            Values::Sqlite(row) => {
                row.try_get::<T, _>(column).map_err(|error| self.corrupt(column, error.to_string()))
            }
            Values::Postgres(_) => self.get_postgres(column),
        }
    }

    fn get_postgres<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        match &self.values {
            Values::Postgres(row) => {
                row.try_get::<T, _>(column).map_err(|error| self.corrupt(column, error.to_string()))
            }
            Values::Sqlite(_) => Err(self.corrupt(column, "a Postgres type in a SQLite row")),
        }
    }

    fn exactly<const N: usize>(&self, column: &'static str, bytes: &[u8]) -> Result<[u8; N], StoreError> {
        <[u8; N]>::try_from(bytes)
            .map_err(|_| self.corrupt(column, format!("{} bytes where {N} were expected", bytes.len())))
    }

    fn null(&self, column: &'static str) -> StoreError {
        self.corrupt(column, "NULL where a value was expected")
    }

    fn mistyped(&self, column: &'static str, found: &str, expected: &str) -> StoreError {
        let hint = if found == "NUMERIC" { ": cast the sum with ::bigint" } else { "" };
        self.corrupt(column, format!("{found} where {expected} was expected{hint}"))
    }
}

/// The names the drivers give, as constants, so that a row's borrow does not have to last.
fn type_name(is_null: bool, name: &str) -> Option<&'static str> {
    const KNOWN: [&str; 11] =
        ["INTEGER", "INT8", "INT4", "INT2", "TEXT", "VARCHAR", "BLOB", "BYTEA", "UUID", "NUMERIC", "REAL"];
    if is_null {
        return None;
    }
    Some(KNOWN.into_iter().find(|known| *known == name).unwrap_or("another type"))
}
