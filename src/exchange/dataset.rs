//! Tables for programs: columns with plain names and types, as Apache Parquet (<https://parquet.apache.org/docs/file-format/>).

use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Its media type.
pub const PARQUET: &str = "application/vnd.apache.parquet";
/// The file says that this wrote it, and not which version: the same table is the same file.
const WRITTEN_BY: &str = "liandan";
/// What stands for a value that is there, in a column that may lack some.
const THERE: i16 = 1;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Texts in UTF-8, each there.
    Texts(Vec<String>),
    /// Whole numbers of 64 bits; `None` for what is not told.
    Whole(Vec<Option<i64>>),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name: small letters, digits and `_`.
    pub name: String,
    /// What it holds, a value a row.
    pub values: Values,
}

/// A table; its columns are of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// What a row is.
    pub name: &'static str,
    /// The columns, in their order.
    pub columns: Vec<Column>,
}

impl Dataset {
    /// The file.
    pub fn parquet(&self) -> Result<Vec<u8>, ParquetError> {
        let schema = Arc::new(parse_message_type(&self.schema())?);
        let properties = Arc::new(WriterProperties::builder().set_created_by(WRITTEN_BY.to_owned()).build());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, properties)?;
        let mut group = file.next_row_group()?;
        for column in &self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            match &column.values {
                Values::Texts(texts) => {
                    let texts: Vec<ByteArray> = texts.iter().map(|text| text.as_str().into()).collect();
                    writer.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
                }
                Values::Whole(numbers) => {
                    let there: Vec<i64> = numbers.iter().flatten().copied().collect();
                    let levels: Vec<i16> =
                        numbers.iter().map(|number| if number.is_some() { THERE } else { 0 }).collect();
                    writer.typed::<Int64Type>().write_batch(&there, Some(&levels), None)?;
                }
            }
            writer.close()?;
        }
        group.close()?;
        file.into_inner()
    }

    fn schema(&self) -> String {
        let columns = self.columns.iter().map(|column| match &column.values {
            Values::Texts(_) => format!("required binary {} (UTF8);", column.name),
            Values::Whole(_) => format!("optional int64 {};", column.name),
        });
        format!("message {} {{ {} }}", self.name, columns.collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_the_same_table_is_the_same_file() {
        let texts = vec!["2026-03".to_owned(), String::new(), "危险废物".to_owned()];
        let numbers = vec![Some(i64::MAX), None, Some(-1)];
        let table = Dataset {
            name: "row",
            columns: vec![
                Column { name: "month".to_owned(), values: Values::Texts(texts.clone()) },
                Column { name: "grams".to_owned(), values: Values::Whole(numbers.clone()) },
            ],
        };
        let bytes = table.parquet().unwrap();
        assert_eq!(bytes, table.parquet().unwrap());
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let read: Vec<String> = rows.iter().map(|row| row.get_string(0).unwrap().clone()).collect();
        let grams: Vec<Option<i64>> = rows.iter().map(|row| row.get_long(1).ok()).collect();
        assert_eq!((read, grams), (texts, numbers));
    }

    #[test]
    fn a_table_without_rows_is_a_file() {
        let column = Column { name: "month".to_owned(), values: Values::Texts(Vec::new()) };
        assert!(Dataset { name: "row", columns: vec![column] }.parquet().is_ok());
    }
}
