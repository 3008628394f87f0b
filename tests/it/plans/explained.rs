//! What a database would do for a statement.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

use super::{SMALL, WAITING};

/// Asks for plans.
pub(super) enum Explainer {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Explainer {
    pub(super) async fn of(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(path) => Self::Sqlite(SqliteConnection::connect(&format!("sqlite://{path}")).await.unwrap()),
            None => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                // What would be done if every table were large, whatever the values.
                for setting in ["enable_seqscan = off", "plan_cache_mode = force_generic_plan"] {
                    connection.execute(AssertSqlSafe(format!("set {setting}"))).await.unwrap();
                }
                Self::Postgres(connection)
            }
        }
    }

    /// Whether a statement reads tables.
    pub(super) fn can_explain(statement: &str) -> bool {
        let verb = statement.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        ["select", "with"].contains(&verb.as_str()) && statement.contains(" from ")
    }

    /// What a statement reads: itself, or the rows that it deletes or changes; `None` where it only inserts, or reads no table.
    pub(super) fn as_read(statement: &str) -> Option<String> {
        let read = match statement.split_once(' ')? {
            ("delete", rest) => format!("select 1 {rest}"),
            ("update", rest) => {
                let table = rest.split(' ').next()?;
                let wanted = rest.rsplit_once(" where ").map_or("true", |(_, wanted)| wanted);
                format!("select 1 from {table} where {wanted}")
            }
            _ => statement.to_owned(),
        };
        Self::can_explain(&read).then_some(read)
    }

    /// Whether the server knows of what type each parameter is; the program says so with their values.
    pub(super) async fn knows_types(&mut self, statement: &str) -> bool {
        let Self::Postgres(connection) = self else { return true };
        let is_prepared = prepare(connection, statement).await.is_ok();
        if is_prepared {
            connection.execute(sqlx::raw_sql("deallocate plan")).await.unwrap();
        }
        is_prepared
    }

    /// Where it reads a table that grows without looking anything up in an index.
    pub(super) async fn flaws(&mut self, statement: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => of_sqlite(connection, statement).await,
            Self::Postgres(connection) => of_postgres(connection, statement).await,
        }
    }
}

impl Explainer {
    /// By which conditions on its indexes a table is read: each as the database words it.
    pub(super) async fn conditions(&mut self, statement: &str, table: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let steps = steps_of(connection, statement).await.into_iter();
                let of_table = |detail: &String| detail.starts_with(&format!("SEARCH {table} "));
                steps.map(|(_, detail)| detail).filter(of_table).collect()
            }
            Self::Postgres(connection) => {
                let mut found = Vec::new();
                conditions_below(&plan_of(connection, statement).await, table, &mut found);
                found
            }
        }
    }
}

/// Nothing is asked but where an index begins or ends: `from checkpoint order by size desc limit 1`, or
/// `from finding where due_ms is not null order by due_ms limit 1`.
fn reads_an_end(statement: &str, table: &str) -> bool {
    let Some((_, rest)) = statement.split_once(&format!(" from {table} ")) else { return false };
    let Some((before, ordered)) = rest.split_once("order by ") else { return false };
    let column = ordered.split([' ', ',']).next().unwrap_or_default();
    (before.is_empty() || before == format!("where {column} is not null ")) && ordered.contains(" limit ")
}

/// The steps of a plan, each with the place of the step above it.
async fn steps_of(connection: &mut SqliteConnection, statement: &str) -> Vec<(i64, String)> {
    let rows = connection.fetch_all(AssertSqlSafe(format!("explain query plan {statement}"))).await;
    let rows = rows.unwrap_or_else(|why| panic!("{statement}: {why}"));
    rows.iter().map(|row| (row.get("parent"), row.get("detail"))).collect()
}

async fn of_sqlite(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let steps = steps_of(connection, statement).await;
    let scanned = steps.iter().filter_map(|(parent, detail)| {
        let name = detail.strip_prefix("SCAN ")?.split(' ').next()?;
        let is_sorted = steps.contains(&(*parent, "USE TEMP B-TREE FOR ORDER BY".to_owned()));
        Some((detail, table_of(statement, name)?, is_sorted))
    });
    let wrong = scanned.filter(|(_, table, is_sorted)| {
        !SMALL.contains(&table.as_str()) && (*is_sorted || !reads_an_end(statement, table))
    });
    let wrong = wrong.filter(|(detail, ..)| !WAITING.iter().any(|index| detail.ends_with(index)));
    wrong.map(|(detail, ..)| detail.clone()).collect()
}

/// The table of that name or alias; `None` for what only stands in the statement: a list of values, a subquery, a recursion.
fn table_of(statement: &str, name: &str) -> Option<String> {
    let words: Vec<&str> =
        statement.split([' ', ',', '(', ')']).filter(|word| !word.is_empty() && *word != "as").collect();
    let names_a_subquery = |named: &str| {
        statement.match_indices(named).any(|(at, _)| {
            !statement[at + named.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    };
    let is_defined_here = statement.contains(&format!("with {name}"))
        || statement.contains(&format!("recursive {name}"))
        || statement.contains(&format!("{name} as ("))
        || names_a_subquery(&format!(") {name}"))
        || names_a_subquery(&format!(") as {name}"))
        || statement.contains(&format!("{name}("));
    // What SQLite calls `2-ROW VALUES CLAUSE`, `CONSTANT ROW` or `(subquery-3)` is no table either.
    let is_table = name.starts_with(|first: char| first.is_ascii_lowercase());
    if is_defined_here || !is_table {
        return None;
    }
    let aliased = words.windows(2).find(|pair| pair[1] == name && !KEYWORDS.contains(&pair[0]));
    Some(aliased.map_or(name, |pair| pair[0]).to_owned())
}

const KEYWORDS: [&str; 7] = ["from", "join", "update", "into", "cross", "left", "table"];

async fn of_postgres(connection: &mut PgConnection, statement: &str) -> Vec<String> {
    let mut flaws = Vec::new();
    walk(&plan_of(connection, statement).await, statement, &mut flaws);
    flaws
}

/// The node on top of a plan.
async fn plan_of(connection: &mut PgConnection, statement: &str) -> Value {
    let takes = prepare(connection, statement).await.unwrap_or_else(|why| panic!("{statement}: {why}"));
    let nulls = in_brackets(vec!["null"; takes]);
    let explain =
        sqlx::raw_sql(AssertSqlSafe(format!("explain (format json, costs off) execute plan{nulls}")));
    let row = connection.fetch_one(explain).await.unwrap_or_else(|why| panic!("{statement}: {why}"));
    connection.execute(sqlx::raw_sql("deallocate plan")).await.unwrap();
    let mut plan: Value = serde_json::from_str(&row.try_get_unchecked::<String, _>(0).unwrap()).unwrap();
    plan[0]["Plan"].take()
}

/// Prepare a statement as `plan`; how many parameters it takes.
async fn prepare(connection: &mut PgConnection, statement: &str) -> Result<usize, sqlx::Error> {
    let takes = |number: &usize| {
        let name = format!("${number}");
        let mut found = statement.match_indices(&name);
        found.any(|(at, _)| !statement[at + name.len()..].starts_with(|next: char| next.is_ascii_digit()))
    };
    let highest = (1..1_000).rev().find(takes).unwrap_or_default();
    // The server infers the types of those that stand somewhere but beside `is null`, where ids are asked for.
    let kind = |number: usize| match takes(&number) {
        true if statement.contains(&format!("${number} is null")) => "uuid",
        true => "unknown",
        false => "text",
    };
    let kinds = in_brackets((1..=highest).map(kind).collect());
    let prepare = sqlx::raw_sql(AssertSqlSafe(format!("prepare plan{kinds} as {statement}")));
    connection.execute(prepare).await.map(|_| highest)
}

fn in_brackets(words: Vec<&str>) -> String {
    if words.is_empty() { String::new() } else { format!("({})", words.join(", ")) }
}

/// An index is named after its table.
fn conditions_below(node: &Value, table: &str, found: &mut Vec<String>) {
    if node["Index Name"].as_str().is_some_and(|name| name.starts_with(table)) {
        found.push(node["Index Cond"].as_str().unwrap_or_default().to_owned());
    }
    for below in node["Plans"].as_array().into_iter().flatten() {
        conditions_below(below, table, found);
    }
}

/// A node reads a table: by an index condition, or it is a flaw. The condition of a bitmap stands below.
fn walk(node: &Value, statement: &str, flaws: &mut Vec<String>) {
    let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
    let (kind, table) = (text("Node Type"), text("Relation Name"));
    let is_looked_up = kind == "Bitmap Heap Scan" || !node["Index Cond"].is_null();
    let is_end = kind.starts_with("Index") && node["Filter"].is_null() && reads_an_end(statement, &table);
    let holds_what_waits = WAITING.contains(&node["Index Name"].as_str().unwrap_or_default());
    if !table.is_empty() && !SMALL.contains(&table.as_str()) && !is_looked_up && !is_end && !holds_what_waits
    {
        flaws.push(format!("{kind} on {table} without a condition"));
    }
    if kind == "Bitmap Index Scan" && node["Index Cond"].is_null() && !holds_what_waits {
        flaws.push(format!("{kind} of {} without a condition", text("Index Name")));
    }
    for below in node["Plans"].as_array().into_iter().flatten() {
        walk(below, statement, flaws);
    }
}
