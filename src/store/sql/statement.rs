//! The texts of statements of many rows: multi-row VALUES on SQLite, `UNNEST` on Postgres, and `in (…)` with lists of keys. They are built once
//! and kept.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sqlx::AssertSqlSafe;

use super::{ColType, Kind, Sql};

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
    /// within [`MAX_KEYS_PER_QUERY`](super::MAX_KEYS_PER_QUERY) keys.
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
pub(super) fn columns_of(
    table: &Table,
    verb: Verb,
) -> impl Iterator<Item = &'static (&'static str, ColType)> + use<> {
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::store::sql) const EDGE: Table = Table {
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
    fn an_upsert_that_adds_wraps() {
        let text = Shape::Values(EDGE, Verb::Add, 1).build();
        assert!(text.ends_with("else \"edge\".\"mass_g\" + excluded.\"mass_g\" end"), "{text}");
    }
}
