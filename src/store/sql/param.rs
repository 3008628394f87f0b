//! Values on their way into a statement.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, types::Oid};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Encode, Postgres, Type};
use uuid::Uuid;

/// The type of a column, and so of a parameter, as both databases know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColType {
    /// BIGINT / INTEGER; booleans too, as 0 and 1 (SMALLINT is fine in the schema).
    I64,
    /// TEXT.
    Text,
    /// BYTEA / BLOB.
    Blob,
    /// UUID / BLOB(16).
    Uuid,
}

/// One parameter of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Param {
    /// NULL of whatever type the place asks for. In a statement that is also called with a value there, pass
    /// `None::<i64>` and the like: Postgres fixes a parameter's type when the statement is first prepared.
    Null,
    /// NULL of a known type; what `None` becomes.
    NullOf(ColType),
    /// A whole number: count, grams, milliseconds since 1970.
    I64(i64),
    /// Stored as 0 or 1.
    Bool(bool),
    /// Text in UTF-8, without NUL (Postgres refuses one).
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// An identifier.
    Uuid(Uuid),
}

/// The parameters of a statement, each turned into a [`Param`]: `params![id, size, None::<i64>]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_params {
    ($($value:expr),* $(,)?) => { ::std::vec![$(::core::convert::Into::into($value)),*] };
}
pub use crate::__store_params as params;

/// `From` for a type and for its `Option`.
macro_rules! param_from {
    ($($from:ty => $column:ident, |$value:ident| $param:expr;)*) => {$(
        impl From<$from> for Param {
            fn from($value: $from) -> Self {
                $param
            }
        }
        impl From<Option<$from>> for Param {
            fn from(value: Option<$from>) -> Self {
                value.map_or(Self::NullOf(ColType::$column), Self::from)
            }
        }
    )*};
}

param_from! {
    i64 => I64, |value| Self::I64(value);
    i32 => I64, |value| Self::I64(value.into());
    u32 => I64, |value| Self::I64(value.into());
    u8 => I64, |value| Self::I64(value.into());
    bool => I64, |value| Self::Bool(value);
    String => Text, |value| Self::Text(value);
    &str => Text, |value| Self::Text(value.to_owned());
    Vec<u8> => Blob, |value| Self::Blob(value);
    &[u8] => Blob, |value| Self::Blob(value.to_vec());
    [u8; 32] => Blob, |value| Self::Blob(value.to_vec());
    &[u8; 32] => Blob, |value| Self::Blob(value.to_vec());
    Uuid => Uuid, |value| Self::Uuid(value);
}

impl Param {
    /// The type of the value; `None` for [`Param::Null`], which fits everywhere.
    pub(super) fn column_type(&self) -> Option<ColType> {
        match self {
            Self::Null => None,
            Self::NullOf(column) => Some(*column),
            Self::I64(_) | Self::Bool(_) => Some(ColType::I64),
            Self::Text(_) => Some(ColType::Text),
            Self::Blob(_) => Some(ColType::Blob),
            Self::Uuid(_) => Some(ColType::Uuid),
        }
    }
}

/// Parameters for SQLite, which types values, not parameters.
pub(super) fn sqlite_arguments(params: Vec<Param>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(params.len(), 0);
    for param in params {
        match param {
            Param::Null | Param::NullOf(_) => arguments.add(None::<i64>),
            Param::I64(value) => arguments.add(value),
            Param::Bool(value) => arguments.add(i64::from(value)),
            Param::Text(value) => arguments.add(value),
            Param::Blob(value) => arguments.add(value),
            Param::Uuid(value) => arguments.add(value.into_bytes().to_vec()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// Parameters for Postgres, each declared with its type.
pub(super) fn postgres_arguments(params: Vec<Param>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    arguments.reserve(params.len(), 0);
    for param in params {
        match param {
            Param::Null => arguments.add(Untyped),
            Param::NullOf(ColType::I64) => arguments.add(None::<i64>),
            Param::NullOf(ColType::Text) => arguments.add(None::<String>),
            Param::NullOf(ColType::Blob) => arguments.add(None::<Vec<u8>>),
            Param::NullOf(ColType::Uuid) => arguments.add(None::<Uuid>),
            Param::I64(value) => arguments.add(value),
            Param::Bool(value) => arguments.add(i64::from(value)),
            Param::Text(value) => arguments.add(value),
            Param::Blob(value) => arguments.add(value),
            Param::Uuid(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// A NULL whose type Postgres infers from where it stands (type identifier 0 in Parse: "unspecified").
struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}
