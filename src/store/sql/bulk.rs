//! Many rows in few statements: multi-row VALUES on SQLite, `UNNEST` on Postgres, and `in (…)` with padded key lists.
//!
//! Row by row a driver manages about 10,000 rows a second, this way ten times as many. The texts are built once and kept;
//! their number is bounded (powers of two), so that they all fit a connection's cache of prepared statements.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, AssertSqlSafe};

use super::param::sqlite_arguments;
use super::{ColType, Kind, Param, Sql, StoreError, Tx, WriteTx};

/// Rows per statement on SQLite at most.
const SQLITE_ROWS_PER_STATEMENT: usize = 512;
/// Parameters per statement on SQLite at most (its own limit is 32,766). A statement goes to the thread of the database and back, which costs
/// as much as some ten rows; prepared, it takes a hundred bytes a parameter.
const SQLITE_PARAMS_PER_STATEMENT: usize = 1_024;
/// Rows per statement on Postgres at most: 1,000 events of the largest size are a quarter of its message limit of 1 GiB.
const POSTGRES_ROWS_PER_STATEMENT: usize = 1_000;
/// Rows from which on a transaction writes while its owner goes on; fewer are written sooner than handed over.
const WORTH_A_TASK: usize = 32;
/// Keys per statement of [`ReadTx::fetch_in`](super::ReadTx::fetch_in); longer lists take several statements. A power of two.
pub const MAX_KEYS_PER_QUERY: usize = 512;

/// A table as bulk statements see it: `Table { name: "lot_edge", columns: &[("child", ColType::Uuid), …], key: &["child", "parent"] }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Table {
    /// The table's name.
    pub name: &'static str,
    /// The columns in the order in which rows are given.
    pub columns: &'static [(&'static str, ColType)],
    /// The columns of the unique key that an upsert goes by.
    pub key: &'static [&'static str],
}

/// A query with a key list of any length: `SqlIn::new("select … where id in ({keys}) and size > $1")`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlIn(pub(super) Sql);

impl SqlIn {
    /// The text has `{keys}` where the list goes, and `$1`, … for the other parameters. `order by` and `limit` hold only
    /// within [`MAX_KEYS_PER_QUERY`] keys.
    pub const fn new(text: &'static str) -> Self {
        Self(Sql::both(text))
    }

    /// The text with a list in its place.
    fn text_with(&self, kind: Kind, list: &str) -> String {
        self.0.text(kind).replace("{keys}", list)
    }

    /// Parameters for `count` values of the list, from the value number `first` on.
    fn slots(&self, kind: Kind, first: usize, count: usize) -> String {
        match (kind, self.0.param_count()) {
            (Kind::Sqlite, 0) => nameless(count),
            (_, params) => numbered(params + first + 1, count),
        }
    }

    /// Two texts, as in [`Sql::each`].
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self(Sql::each(sqlite, postgres))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Verb {
    Insert,
    Upsert,
    /// Where the key is taken, add the other columns.
    Add,
    /// Delete the rows whose key columns are given.
    Delete,
}

/// What a kept text was built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    Values(Table, Verb, usize),
    Unnest(Table, Verb),
    In(SqlIn, Kind, usize),
    InPairs(SqlIn, Kind, usize),
}

static TEXTS: LazyLock<Mutex<HashMap<Shape, Arc<str>>>> = LazyLock::new(Mutex::default);

pub(super) fn text_of(shape: Shape) -> AssertSqlSafe<Arc<str>> {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let text = texts.entry(shape).or_insert_with(|| shape.build().into());
    AssertSqlSafe(text.clone())
}

impl Shape {
    fn build(self) -> String {
        match self {
            Self::Values(table, verb, rows) => {
                let columns: Vec<&str> = columns_of(&table, verb).map(|(name, _)| *name).collect();
                let width = columns.len();
                let row = format!("({})", nameless(width));
                written(&table, verb, &format!("values {}", vec![row; rows].join(", ")))
            }
            Self::Unnest(table, verb) => {
                let arrays: Vec<String> = (columns_of(&table, verb).enumerate())
                    .map(|(at, (_, column))| format!("${}::{}[]", at + 1, postgres_name(*column)))
                    .collect();
                written(&table, verb, &format!("select * from unnest({})", arrays.join(", ")))
            }
            Self::In(sql, kind, keys) => sql.text_with(kind, &sql.slots(kind, 0, keys)),
            Self::InPairs(sql, kind, pairs) => {
                let rows: Vec<String> =
                    (0..pairs).map(|pair| format!("({})", sql.slots(kind, 2 * pair, 2))).collect();
                sql.text_with(kind, &format!("values {}", rows.join(", ")))
            }
        }
    }
}

/// `$first, …` of `count` parameters.
fn numbered(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// `?, …`: parameters in the order of the text, for SQLite. The driver asks for the name of every parameter that it binds, and
/// SQLite then looks through the names of all of them: with hundreds in a statement that took longer than the statement.
fn nameless(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// The columns that each row of a statement brings.
fn columns_of(table: &Table, verb: Verb) -> impl Iterator<Item = &'static (&'static str, ColType)> + use<> {
    let key = table.key;
    table.columns.iter().filter(move |(name, _)| verb != Verb::Delete || key.contains(name))
}

/// The statement that does something with these rows.
fn written(table: &Table, verb: Verb, rows: &str) -> String {
    if verb == Verb::Delete {
        let key: Vec<String> = columns_of(table, verb).map(|(name, _)| format!("\"{name}\"")).collect();
        return format!("delete from \"{}\" where ({}) in ({rows})", table.name, key.join(", "));
    }
    format!("{} {rows}{}", into_clause(table), conflict_clause(table, verb))
}

/// Names are quoted, so that a column may be called `key` or `start`.
fn into_clause(table: &Table) -> String {
    let columns: Vec<String> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    format!("insert into \"{}\" ({})", table.name, columns.join(", "))
}

fn conflict_clause(table: &Table, verb: Verb) -> String {
    if verb == Verb::Insert {
        return String::new();
    }
    let key: Vec<String> = table.key.iter().map(|name| format!("\"{name}\"")).collect();
    let mut clause = format!(" on conflict ({}) do ", key.join(", "));
    let others = table.columns.iter().filter(|(name, _)| !table.key.contains(name));
    let update = |name: &str| match verb {
        Verb::Add => format!("\"{name}\" = {}", wrapping_sum(table.name, name)),
        _ => format!("\"{name}\" = excluded.\"{name}\""),
    };
    let updates: Vec<String> = others.map(|(name, _)| update(name)).collect();
    if updates.is_empty() {
        clause.push_str("nothing");
    } else {
        // Writing to a String cannot fail.
        let _ = write!(clause, "update set {}", updates.join(", "));
    }
    clause
}

/// The sum of a column as it stands and as it is given, modulo 2^64 like every sum of grams: neither database wraps by itself,
/// Postgres fails and SQLite goes over to floating point, and absurd masses must stop no batch.
fn wrapping_sum(table: &str, column: &str) -> String {
    let (old, new) = (format!("\"{table}\".\"{column}\""), format!("excluded.\"{column}\""));
    // The smallest number has no literal: a minus before what is too large for a whole number.
    let (most, least) = (i64::MAX, format!("(-{} - 1)", i64::MAX));
    format!(
        "case when {old} > 0 and {new} > {most} - {old} then ({old} + {least}) + ({new} + {least}) \
              when {old} < 0 and {new} < {least} - {old} then ({old} - {least}) + ({new} - {least}) \
              else {old} + {new} end"
    )
}

fn postgres_name(column: ColType) -> &'static str {
    match column {
        ColType::I64 => "bigint",
        ColType::Text => "text",
        ColType::Blob => "bytea",
        ColType::Uuid => "uuid",
    }
}

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
    use super::*;

    const EDGE: Table = Table {
        name: "edge",
        columns: &[("child", ColType::Uuid), ("parent", ColType::Uuid), ("mass_g", ColType::I64)],
        key: &["child", "parent"],
    };

    #[test]
    fn values_on_sqlite() {
        assert_eq!(
            Shape::Values(EDGE, Verb::Insert, 2).build(),
            r#"insert into "edge" ("child", "parent", "mass_g") values (?, ?, ?), (?, ?, ?)"#
        );
    }

    #[test]
    fn arrays_on_postgres_and_an_upsert_that_sets_the_other_columns() {
        assert_eq!(
            Shape::Unnest(EDGE, Verb::Upsert).build(),
            "insert into \"edge\" (\"child\", \"parent\", \"mass_g\") \
             select * from unnest($1::uuid[], $2::uuid[], $3::bigint[]) \
             on conflict (\"child\", \"parent\") do update set \"mass_g\" = excluded.\"mass_g\""
        );
    }

    #[test]
    fn an_upsert_that_adds_wraps_and_rows_of_one_key_are_added_up_first() {
        let text = Shape::Values(EDGE, Verb::Add, 1).build();
        assert!(text.ends_with("else \"edge\".\"mass_g\" + excluded.\"mass_g\" end"), "{text}");
        let row = |parent: u128, mass_g: i64| {
            vec![uuid::Uuid::nil().into(), uuid::Uuid::from_u128(parent).into(), mass_g.into()]
        };
        let sums = added_per_key(&EDGE, vec![row(1, i64::MAX), row(2, 20), row(1, 3)]);
        assert_eq!(sums, vec![row(1, i64::MIN + 2), row(2, 20)]);
    }

    #[test]
    fn keys_are_numbered_after_the_other_parameters_and_nameless_where_there_are_none() {
        let sql = SqlIn::new("select 1 where a in ({keys}) and b = $1");
        assert_eq!(Shape::In(sql, Kind::Sqlite, 2).build(), "select 1 where a in ($2, $3) and b = $1");
        let sql = SqlIn::new("select 1 where a in ({keys})");
        assert_eq!(Shape::In(sql, Kind::Sqlite, 2).build(), "select 1 where a in (?, ?)");
        assert_eq!(Shape::In(sql, Kind::Postgres, 2).build(), "select 1 where a in ($1, $2)");
        let sql = SqlIn::new("select 1 where (a, b) in ({keys})");
        let built = Shape::InPairs(sql, Kind::Sqlite, 2).build();
        assert_eq!(built, "select 1 where (a, b) in (values (?, ?), (?, ?))");
        let built = Shape::InPairs(sql, Kind::Postgres, 2).build();
        assert_eq!(built, "select 1 where (a, b) in (values ($1, $2), ($3, $4))");
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
