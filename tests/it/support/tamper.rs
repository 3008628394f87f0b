//! Somebody with the database password: flips bytes and drops rows behind the ledger's back.

use liandan::app::audit::Broken;
use liandan::store::derived::TABLES;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

use super::random::Random;

/// A direct connection.
pub(crate) enum Tamper {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// One flip that can be taken back.
pub(crate) struct Flip {
    table: String,
    column: String,
    undo: String,
    key: String,
}

/// The tables of the log beside its head.
pub(crate) const LOG_TABLES: [&str; 7] =
    ["log_entry", "event_key", "act_key", "tile", "checkpoint", "cosignature", "residue"];

fn key_columns(table: &str) -> &'static [&'static str] {
    match table {
        "log_head" => &["id"],
        "log_entry" => &["idx"],
        "event_key" => &["event_id"],
        "act_key" => &["party", "act"],
        "tile" => &["level", "idx"],
        "checkpoint" => &["size"],
        "cosignature" => &["name", "key_id", "size"],
        "residue" => &["idx"],
        _ => TABLES.iter().find(|derived| derived.name == table).unwrap().key,
    }
}

impl Tamper {
    pub(crate) async fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(path) => Self::Sqlite(SqliteConnection::connect(&format!("sqlite://{path}")).await.unwrap()),
            None => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// Run a statement; the number of rows it touched.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(c) => c.execute(AssertSqlSafe(sql.to_owned())).await?.rows_affected(),
            Self::Postgres(c) => c.execute(AssertSqlSafe(sql.to_owned())).await?.rows_affected(),
        })
    }

    async fn row(&mut self, sql: &str, columns: usize) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(c) => {
                let row = c.fetch_one(sql).await.unwrap();
                (0..columns).map(|n| row.get::<String, _>(n)).collect()
            }
            Self::Postgres(c) => {
                let row = c.fetch_one(sql).await.unwrap();
                (0..columns).map(|n| row.get::<String, _>(n)).collect()
            }
        }
    }

    /// The triggers are only a first fence.
    pub(crate) async fn drop_triggers(&mut self) {
        for table in LOG_TABLES {
            match self {
                Self::Sqlite(_) => {
                    for what in ["update", "delete"] {
                        self.run(&format!("drop trigger {table}_no_{what}")).await.unwrap();
                    }
                }
                Self::Postgres(_) => {
                    self.run(&format!("drop trigger {table}_append_only on {table}")).await.unwrap();
                }
            }
        }
    }

    /// Cut the log off at a size, and make the head say so: what a backup of that moment would hold of the log.
    pub(crate) async fn cut(&mut self, size: u64, root: &liandan::ledger::Digest) {
        let hex: String = root.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let root = match self {
            Self::Sqlite(_) => format!("x'{hex}'"),
            Self::Postgres(_) => format!("'\\x{hex}'"),
        };
        self.run(&format!("update log_head set size = {size}, root = {root}")).await.unwrap();
        assert!(self.run(&format!("delete from log_entry where idx >= {size}")).await.unwrap() > 0);
    }

    /// A column as a literal that can be written back: text, number or hex.
    fn literal(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("quote({column})"),
            Self::Postgres(_) => {
                format!("case when {column} is null then 'null' else quote_literal({column}::text) end")
            }
        }
    }

    /// Flip one bit of one byte of a random row. `None` when the table is empty or the schema refuses every try.
    pub(crate) async fn flip(&mut self, table: &str, column: &str, random: &mut Random) -> Option<Flip> {
        let count: usize =
            self.row(&format!("select cast(count(*) as text) from {table}"), 1).await[0].parse().unwrap();
        let tries = if count == 0 { 0 } else { 200 };
        for _ in 0..tries {
            let offset = random.below(count);
            let flip = self.flip_row(table, column, offset, random).await;
            if flip.is_some() {
                return flip;
            }
        }
        None
    }

    /// Flip one bit of one byte of the row with this number in the order of the key. `None` when the schema refuses it: out of
    /// range, or another row has that key.
    pub(crate) async fn flip_row(
        &mut self,
        table: &str,
        column: &str,
        number: usize,
        random: &mut Random,
    ) -> Option<Flip> {
        let keys = key_columns(table);
        let mut wanted: Vec<String> = keys.iter().map(|key| self.literal(key)).collect();
        wanted.push(self.literal(column));
        let order = keys.join(", ");
        let sql =
            format!("select {} from {table} order by {order} limit 1 offset {number}", wanted.join(", "));
        let values = self.row(&sql, wanted.len()).await;
        let (old, key_values) = values.split_last().unwrap();
        let new = flipped(old, column, random)?;
        let at = |values: &[String]| {
            let equal = keys.iter().zip(values).map(|(key, value)| format!("{key} = {value}"));
            equal.collect::<Vec<_>>().join(" and ")
        };
        let changed =
            self.run(&format!("update {table} set {column} = {new} where {}", at(key_values))).await;
        if !matches!(changed, Ok(1)) {
            return None;
        }
        let moved: Vec<String> = keys
            .iter()
            .zip(key_values)
            .map(|(key, value)| if *key == column { new.clone() } else { value.clone() })
            .collect();
        let undo = format!("update {table} set {column} = {old} where {}", at(&moved));
        Some(Flip { table: table.to_owned(), column: column.to_owned(), undo, key: key_values.join("/") })
    }

    /// Put two entries in each other's place.
    pub(crate) async fn swap_entries(&mut self, one: u64, other: u64) {
        // Within the first partition.
        let aside = 99_999_999;
        for (from, to) in [(one, aside), (other, one), (aside, other)] {
            let sql = format!("update log_entry set idx = {to} where idx = {from}");
            assert_eq!(self.run(&sql).await.unwrap(), 1);
        }
    }

    /// Take the entry at a log index away.
    pub(crate) async fn delete_entry(&mut self, index: u64) {
        assert_eq!(self.run(&format!("delete from log_entry where idx = {index}")).await.unwrap(), 1);
    }
}

impl Tamper {
    /// Drop one row; false when there is none.
    pub(crate) async fn drop_row(&mut self, table: &str) -> bool {
        let keys = key_columns(table);
        let literals: Vec<String> = keys.iter().map(|key| self.literal(key)).collect();
        let count = self.row(&format!("select cast(count(*) as text) from {table}"), 1).await;
        if count[0] == "0" {
            return false;
        }
        let sql = format!("select {} from {table} order by {} limit 1", literals.join(", "), keys.join(", "));
        let values = self.row(&sql, keys.len()).await;
        let equal: Vec<String> =
            keys.iter().zip(&values).map(|(key, value)| format!("{key} = {value}")).collect();
        self.run(&format!("delete from {table} where {}", equal.join(" and "))).await.unwrap() == 1
    }
}

impl Tamper {
    async fn texts(&mut self, sql: String) -> Vec<String> {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Sqlite(c) => c.fetch_all(sql).await.unwrap().iter().map(|row| row.get(0)).collect(),
            Self::Postgres(c) => c.fetch_all(sql).await.unwrap().iter().map(|row| row.get(0)).collect(),
        }
    }

    /// The columns of a table; none when there is no such table.
    pub(crate) async fn columns(&mut self, table: &str) -> Vec<String> {
        self.texts(match self {
            Self::Sqlite(_) => format!("select name from pragma_table_info('{table}') order by cid"),
            Self::Postgres(_) => format!(
                "select attname::text from pg_attribute where attrelid = to_regclass('{table}') and attnum > 0 \
                 and not attisdropped order by attnum"
            ),
        })
        .await
    }

    /// Every row of a table as literals with commas between them.
    pub(crate) async fn literals(&mut self, table: &str, columns: &[String]) -> Vec<String> {
        let literals: Vec<String> = columns.iter().map(|column| self.literal(column)).collect();
        self.texts(format!("select {} from {table}", literals.join(" || ',' || "))).await
    }

    /// Put rows, as [`Tamper::literals`] gives them, into a table.
    pub(crate) async fn insert(&mut self, table: &str, columns: &[String], rows: Vec<String>) {
        for row in rows {
            let sql = format!("insert into {table} ({}) values ({row})", columns.join(", "));
            assert_eq!(self.run(&sql).await.unwrap(), 1, "{sql}");
        }
    }
}

impl Flip {
    pub(crate) async fn undo(&self, tamper: &mut Tamper) {
        assert_eq!(tamper.run(&self.undo).await.unwrap(), 1, "{}", self.undo);
    }

    pub(crate) fn place(&self) -> String {
        format!("{} at {}", self.table, self.key)
    }

    /// The audit must name the table and, where the key is a number, that very index.
    pub(crate) fn is_named_by(&self, broken: &Broken) -> bool {
        let number = self.key.trim_matches('\'');
        let is_index = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        // A changed index leaves a hole at the old place; a changed size is found under its new value.
        let moved = ["idx", "size", "level"].contains(&self.column.as_str()) || self.table == "log_head";
        broken.table == self.table && (!is_index || moved || broken.place == number)
    }
}

/// The literal with one bit of one byte flipped, in its own form; `None` when this bit gives no value of the same form.
fn flipped(literal: &str, column: &str, random: &mut Random) -> Option<String> {
    let hex = literal
        .strip_prefix("X'")
        .or_else(|| literal.strip_prefix("'\\x"))
        .or_else(|| literal.strip_prefix("E'\\\\x"));
    if let Some(hex) = hex {
        let digits = hex.trim_end_matches('\'');
        let mut bytes: Vec<u8> = (0..digits.len() / 2)
            .map(|n| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16).unwrap())
            .collect();
        let place = random.below(bytes.len().max(1));
        *bytes.get_mut(place)? ^= 1 << random.below(8);
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        return Some(if literal.starts_with("X'") {
            format!("X'{digits}'")
        } else {
            format!("'\\x{digits}'")
        });
    }
    let bare = literal.trim_matches('\'');
    if literal.eq_ignore_ascii_case("null") {
        // Postgres takes a name in columns of names and a one elsewhere; SQLite takes the one in columns of bytes and the other elsewhere.
        let choices = match literal {
            "NULL" => ["X'01'", "'1'"],
            _ => ["'00000000-0000-8000-8000-000000000001'", "'1'"],
        };
        return Some(choices[random.below(2)].to_owned());
    }
    if let Ok(number) = bare.parse::<i64>() {
        let bits = if ["leaf_kind", "level"].contains(&column) { 7 } else { 53 };
        let flipped = number ^ (1 << random.below(bits));
        return Some(if literal.starts_with('\'') { format!("'{flipped}'") } else { flipped.to_string() });
    }
    let mut bytes = bare.replace("''", "'").into_bytes();
    // An empty text has no byte to flip.
    if bytes.is_empty() {
        return None;
    }
    let place = random.below(bytes.len());
    let is_uuid = bare.len() == 36 && bare.bytes().filter(|byte| *byte == b'-').count() == 4;
    let was_ascii = bytes[place].is_ascii();
    bytes[place] ^= 1 << random.below(if is_uuid { 3 } else { 7 });
    let byte = bytes[place];
    let good = if !was_ascii {
        !byte.is_ascii()
    } else if is_uuid {
        byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()
    } else {
        (0x20..0x7f).contains(&byte)
    };
    let text = String::from_utf8(bytes).ok().filter(|_| good)?;
    Some(format!("'{}'", text.replace('\'', "''")))
}
