//! Writing many rows in few statements. Row by row a driver manages about 10,000 rows a second, this way ten times as many. How many rows a
//! statement has is a power of two, so that there are few statements and a connection keeps them prepared.

use std::collections::{HashMap, HashSet};

use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;

use super::param::sqlite_arguments;
use super::statement::{Shape, Table, Verb, columns_of, text_of};
use super::{ColType, Kind, Param, StoreError, Tx, WriteTx};

/// Rows per statement on SQLite at most.
const SQLITE_ROWS_PER_STATEMENT: usize = 512;
/// Parameters per statement on SQLite at most (its own limit is 32,766). A statement goes to the thread of the database and back, which costs
/// as much as some ten rows; prepared, it takes a hundred bytes a parameter.
const SQLITE_PARAMS_PER_STATEMENT: usize = 1_024;
/// Rows per statement on Postgres at most: 1,000 events of the largest size are a quarter of its message limit of 1 GiB.
const POSTGRES_ROWS_PER_STATEMENT: usize = 1_000;
/// Rows from which on a transaction writes while its owner goes on; fewer are written sooner than handed over.
const WORTH_A_TASK: usize = 32;

/// The largest power of two that is not above any of the limits (each at least 1).
fn rows_per_statement(left: usize, width: usize) -> usize {
    let most = left.min(SQLITE_ROWS_PER_STATEMENT).min(SQLITE_PARAMS_PER_STATEMENT / width.max(1)).max(1);
    1 << most.ilog2()
}

fn check_rows(table: &Table, verb: Verb, rows: &[Vec<Param>]) -> Result<(), StoreError> {
    for row in rows {
        let expected = columns_of(table, verb).count();
        if row.len() != expected {
            return Err(StoreError::ParamCount { query: table.name, expected, given: row.len() });
        }
        for (param, (column, expected)) in row.iter().zip(columns_of(table, verb)) {
            if let Some(given) = param.column_type().filter(|given| given != expected) {
                return Err(StoreError::ParamType { query: table.name, column, expected: *expected, given });
            }
        }
    }
    Ok(())
}

/// The values of a row's key columns.
fn key_of(table: &Table, row: &[Param]) -> Vec<Param> {
    let columns = table.columns.iter().zip(row).filter(|((name, _), _)| table.key.contains(name));
    columns.map(|(_, param)| param.clone()).collect()
}

/// One row a key, the other columns added up modulo 2^64.
fn added_per_key(table: &Table, rows: Vec<Vec<Param>>) -> Vec<Vec<Param>> {
    let mut places: HashMap<Vec<Param>, usize> = HashMap::with_capacity(rows.len());
    let mut sums: Vec<Vec<Param>> = Vec::with_capacity(rows.len());
    for row in rows {
        let place = *places.entry(key_of(table, &row)).or_insert(sums.len());
        let Some(sum) = sums.get_mut(place) else {
            sums.push(row);
            continue;
        };
        for (column, (sum, param)) in table.columns.iter().zip(sum.iter_mut().zip(row)) {
            if let (false, Param::I64(sum), Param::I64(more)) = (table.key.contains(&column.0), sum, param) {
                *sum = sum.wrapping_add(more);
            }
        }
    }
    sums
}

/// The last row of each key, in the order of these last rows: Postgres refuses to update one row twice in a statement.
fn last_per_key(table: &Table, rows: Vec<Vec<Param>>) -> Vec<Vec<Param>> {
    let mut seen: HashSet<Vec<Param>> = HashSet::with_capacity(rows.len());
    let mut kept: Vec<Vec<Param>> = Vec::with_capacity(rows.len());
    for row in rows.into_iter().rev() {
        if seen.insert(key_of(table, &row)) {
            kept.push(row);
        }
    }
    kept.reverse();
    kept
}

impl WriteTx {
    /// Insert rows whose values stand in the order of the table's columns. A taken key is [`StoreError::Conflict`], told to what is asked
    /// of the transaction next: it writes while its owner makes the next rows.
    pub async fn insert_many(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Param>>,
    ) -> Result<(), StoreError> {
        check_rows(table, Verb::Insert, &rows)?;
        self.write_behind(table, Verb::Insert, rows).await
    }

    /// Insert rows, and where the table's key is taken set all other columns; errors as in [`WriteTx::insert_many`]. Of several rows with one
    /// key the last wins.
    pub async fn upsert_many(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Param>>,
    ) -> Result<(), StoreError> {
        check_rows(table, Verb::Upsert, &rows)?;
        self.write_behind(table, Verb::Upsert, rows).await
    }

    /// Insert rows, and where the table's key is taken add all other columns, which are whole numbers, modulo 2^64.
    pub async fn add_many(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Param>>,
    ) -> Result<u64, StoreError> {
        check_rows(table, Verb::Add, &rows)?;
        write_many(self.tx().await?, table, Verb::Add, added_per_key(table, rows)).await
    }

    /// Delete the rows with these keys, each in the order in which its columns stand in the table; returns how many there
    /// were.
    pub async fn delete_many(
        &mut self,
        table: &'static Table,
        keys: Vec<Vec<Param>>,
    ) -> Result<u64, StoreError> {
        check_rows(table, Verb::Delete, &keys)?;
        write_many(self.tx().await?, table, Verb::Delete, keys).await
    }

    async fn write_behind(
        &mut self,
        table: &'static Table,
        verb: Verb,
        rows: Vec<Vec<Param>>,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        if rows.len() < WORTH_A_TASK {
            return write_last(self.tx().await?, table, verb, rows).await;
        }
        self.behind(async move |mut tx: Tx| {
            write_last(&mut tx, table, verb, rows).await?;
            Ok(tx)
        })
        .await
    }
}

async fn write_last(
    tx: &mut Tx,
    table: &'static Table,
    verb: Verb,
    rows: Vec<Vec<Param>>,
) -> Result<(), StoreError> {
    let rows = if verb == Verb::Upsert { last_per_key(table, rows) } else { rows };
    write_many(tx, table, verb, rows).await.map(drop)
}

async fn write_many(
    tx: &mut Tx,
    table: &Table,
    verb: Verb,
    rows: Vec<Vec<Param>>,
) -> Result<u64, StoreError> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut written = 0;
    while left > 0 {
        let count = match tx.kind() {
            Kind::Sqlite => rows_per_statement(left, table.columns.len()),
            Kind::Postgres => left.min(POSTGRES_ROWS_PER_STATEMENT),
        };
        let chunk: Vec<Vec<Param>> = rows.by_ref().take(count).collect();
        left -= count;
        written += match tx {
            Tx::Sqlite(tx) => {
                let params = chunk.into_iter().flatten().collect();
                let text = text_of(Shape::Values(*table, verb, count));
                sqlx::query_with(text, sqlite_arguments(params)?).execute(&mut **tx).await?.rows_affected()
            }
            Tx::Postgres(tx) => {
                let text = text_of(Shape::Unnest(*table, verb));
                sqlx::query_with(text, column_arrays(table, verb, chunk)?)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected()
            }
        };
    }
    Ok(written)
}

/// The rows turned into one array per column.
fn column_arrays(table: &Table, verb: Verb, rows: Vec<Vec<Param>>) -> Result<PgArguments, sqlx::Error> {
    let mut columns: Vec<Vec<Param>> =
        columns_of(table, verb).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, param) in columns.iter_mut().zip(row) {
            column.push(param);
        }
    }
    let mut arguments = PgArguments::default();
    for (params, (_, column)) in columns.into_iter().zip(columns_of(table, verb)) {
        add_array(&mut arguments, *column, params).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// [`check_rows`] has been there, so a value of another type cannot occur; it would become NULL.
fn add_array(arguments: &mut PgArguments, column: ColType, params: Vec<Param>) -> Result<(), BoxDynError> {
    let params = params.into_iter();
    match column {
        ColType::I64 => arguments.add(
            params
                .map(|param| match param {
                    Param::I64(value) => Some(value),
                    Param::Bool(value) => Some(i64::from(value)),
                    _ => None,
                })
                .collect::<Vec<Option<i64>>>(),
        ),
        ColType::Text => arguments.add(
            params
                .map(|param| if let Param::Text(value) = param { Some(value) } else { None })
                .collect::<Vec<Option<String>>>(),
        ),
        ColType::Blob => arguments.add(
            params
                .map(|param| if let Param::Blob(value) = param { Some(value) } else { None })
                .collect::<Vec<Option<Vec<u8>>>>(),
        ),
        ColType::Uuid => arguments.add(
            params
                .map(|param| if let Param::Uuid(value) = param { Some(value) } else { None })
                .collect::<Vec<Option<uuid::Uuid>>>(),
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::statement::tests::EDGE;
    use super::*;

    #[test]
    fn rows_of_one_key_are_added_up_first() {
        let row = |parent: u128, mass_g: i64| {
            vec![uuid::Uuid::nil().into(), uuid::Uuid::from_u128(parent).into(), mass_g.into()]
        };
        let sums = added_per_key(&EDGE, vec![row(1, i64::MAX), row(2, 20), row(1, 3)]);
        assert_eq!(sums, vec![row(1, i64::MIN + 2), row(2, 20)]);
    }

    #[test]
    fn statements_take_powers_of_two_of_rows_within_the_limits() {
        assert_eq!([1, 3, 63, 64, 1_000].map(|left| rows_per_statement(left, 3)), [1, 2, 32, 64, 256]);
        assert_eq!([2, 14, 1_000].map(|width| rows_per_statement(1_000, width)), [512, 64, 1]);
    }

    #[test]
    fn a_row_of_the_wrong_width_or_type_is_refused_on_both_databases() {
        let narrow = check_rows(&EDGE, Verb::Upsert, &[vec![Param::Null]]).unwrap_err();
        assert!(matches!(narrow, StoreError::ParamCount { expected: 3, given: 1, .. }));
        let mistyped =
            check_rows(&EDGE, Verb::Upsert, &[vec![Param::Null, Param::Null, Param::from("heavy")]])
                .unwrap_err();
        assert_eq!(mistyped.to_string(), "column `mass_g` of edge takes I64 and was given Text");
    }

    #[test]
    fn the_last_row_of_a_key_wins() {
        let row = |parent: u128, mass_g: i64| {
            vec![uuid::Uuid::nil().into(), uuid::Uuid::from_u128(parent).into(), mass_g.into()]
        };
        let kept = last_per_key(&EDGE, vec![row(1, 10), row(2, 20), row(1, 30)]);
        assert_eq!(kept, vec![row(2, 20), row(1, 30)]);
    }
}
