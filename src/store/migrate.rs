//! The schema's history: numbered files, applied once each, in order, never changed afterwards.
//!
//! `migrations/sqlite/0001_log.sql` and `migrations/postgres/0001_log.sql` are one migration in two dialects. A database
//! remembers the digest of each, so that an edited file is noticed instead of giving two schemas with one number.

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::connect::Store;
use super::sql::{Kind, Sql, StoreError, WriteTx, params};

#[derive(RustEmbed)]
#[folder = "migrations/sqlite"]
struct SqliteFiles;

#[derive(RustEmbed)]
#[folder = "migrations/postgres"]
struct PostgresFiles;

const CREATE: Sql = Sql::each(
    "create table if not exists schema_migration (
        number integer primary key, name text not null, sha256 blob not null check (length(sha256) = 32)) strict",
    "create table if not exists schema_migration (
        number bigint primary key, name text not null, sha256 bytea not null check (length(sha256) = 32))",
);

/// Several processes may start at once; the number is ours alone ("liandan" in ASCII).
const LOCK: Sql = Sql::each(
    "select 1 as locked",
    "select 1 as locked from (select pg_advisory_xact_lock(30515164669567342)) as lock",
);

const APPLIED: Sql = Sql::both("select number, name, sha256 from schema_migration order by number");

const REMEMBER: Sql = Sql::both("insert into schema_migration (number, name, sha256) values ($1, $2, $3)");

/// One step of the schema in one dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// 1, 2, 3, … without gaps.
    pub number: i64,
    /// What it is about: the part of the file name after the number.
    pub name: String,
    /// The statements, run in one transaction.
    pub script: String,
}

impl Migration {
    /// From a file `NNNN_name.sql`; `None` for any other name.
    pub fn from_file(file: &str, script: &str) -> Option<Self> {
        let (number, name) = file.strip_suffix(".sql")?.split_once('_')?;
        if number.len() != 4 || name.is_empty() {
            return None;
        }
        Some(Self { number: number.parse().ok()?, name: name.to_owned(), script: script.to_owned() })
    }

    /// What a database remembers of it.
    fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.script.as_bytes()).into()
    }
}

/// The migrations built into this program, in order.
pub fn embedded(kind: Kind) -> Result<Vec<Migration>, StoreError> {
    match kind {
        Kind::Sqlite => read_embedded::<SqliteFiles>(),
        Kind::Postgres => read_embedded::<PostgresFiles>(),
    }
}

fn read_embedded<Files: RustEmbed>() -> Result<Vec<Migration>, StoreError> {
    let mut migrations = Vec::new();
    for file in Files::iter().filter(|file| file.ends_with(".sql")) {
        let content = Files::get(&file).map(|file| file.data.into_owned()).unwrap_or_default();
        let script = String::from_utf8(content).ok();
        let migration = script.and_then(|script| Migration::from_file(&file, &script));
        migrations.push(migration.ok_or_else(|| {
            StoreError::Migration(format!("{file} is not a migration: name it NNNN_name.sql, in UTF-8"))
        })?);
    }
    migrations.sort_by_key(|migration| migration.number);
    Ok(migrations)
}

/// Bring a database to this program's schema; returns how many migrations were applied.
///
/// [`StoreError::Migration`] when the database has one that this program does not know, or with another text.
pub async fn migrate(store: &Store) -> Result<usize, StoreError> {
    apply(store, &embedded(store.kind())?).await
}

/// Whether [`migrate`] would have nothing to do; the same errors. For stores opened read-only.
pub async fn is_current(store: &Store) -> Result<bool, StoreError> {
    let migrations = embedded(store.kind())?;
    let mut tx = store.read().await?;
    let rows = tx.fetch_all(&APPLIED, params![]).await?;
    Ok(pending(&migrations, &applied(&rows)?)?.is_none())
}

/// [`migrate`] with a list of one's own.
pub async fn apply(store: &Store, migrations: &[Migration]) -> Result<usize, StoreError> {
    for (migration, number) in migrations.iter().zip(1..) {
        if migration.number != number {
            return Err(StoreError::Migration(format!("migration {number} is missing or there twice")));
        }
    }
    let mut count = 0;
    while apply_next(store.write().await?, migrations).await? {
        count += 1;
    }
    Ok(count)
}

/// Apply the first migration that the database does not have, in one transaction; false when it has them all.
async fn apply_next(mut tx: WriteTx, migrations: &[Migration]) -> Result<bool, StoreError> {
    tx.fetch_one(&LOCK, params![]).await?;
    tx.execute(&CREATE, params![]).await?;
    let rows = tx.fetch_all(&APPLIED, params![]).await?;
    let next = pending(migrations, &applied(&rows)?)?;
    if let Some(migration) = next {
        tx.run_script(&migration.script).await.map_err(|error| failed(migration, &error))?;
        let sha256 = migration.sha256();
        tx.execute(&REMEMBER, params![migration.number, migration.name.as_str(), sha256]).await?;
    }
    tx.commit().await?;
    Ok(next.is_some())
}

fn failed(migration: &Migration, error: &StoreError) -> StoreError {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    StoreError::Migration(format!("migration {:04}_{} failed: {cause}", migration.number, migration.name))
}

/// A migration as the database remembers it.
struct Applied {
    number: i64,
    name: String,
    sha256: [u8; 32],
}

fn applied(rows: &[super::sql::Row]) -> Result<Vec<Applied>, StoreError> {
    rows.iter()
        .map(|row| {
            Ok(Applied { number: row.i64("number")?, name: row.text("name")?, sha256: row.digest("sha256")? })
        })
        .collect()
}

/// The first migration that is not applied, once all applied ones are known and unchanged.
fn pending<'a>(known: &'a [Migration], applied: &[Applied]) -> Result<Option<&'a Migration>, StoreError> {
    for (at, applied) in applied.iter().enumerate() {
        let (number, name) = (applied.number, &applied.name);
        let Some(known) = known.get(at) else {
            return Err(StoreError::Migration(format!(
                "it was written by a newer program (migration {number:04}_{name}): update this one"
            )));
        };
        if known.number != number || known.sha256() != applied.sha256 {
            return Err(StoreError::Migration(format!(
                "migration {number:04}_{name} was applied with another text than {:04}_{} has now: never edit an applied \
                 migration, add a new one",
                known.number, known.name
            )));
        }
    }
    Ok(known.get(applied.len()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_dialects_have_the_same_numbers_and_names_without_gaps() {
        let names = |kind| -> Vec<(i64, String)> {
            embedded(kind).unwrap().into_iter().map(|migration| (migration.number, migration.name)).collect()
        };
        let sqlite = names(Kind::Sqlite);
        assert_eq!(sqlite, names(Kind::Postgres));
        let numbers: Vec<i64> = sqlite.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=sqlite.len() as i64).collect::<Vec<_>>());
    }

    /// A new file does not make the compiler run again, so a build could carry an old list.
    #[test]
    fn every_file_is_built_in() {
        for (folder, kind) in [("migrations/sqlite", Kind::Sqlite), ("migrations/postgres", Kind::Postgres)] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let files = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap());
            let files: BTreeSet<String> = files.filter(|file| file.ends_with(".sql")).collect();
            let built_in = embedded(kind).unwrap();
            let built_in = built_in.iter().map(|one| format!("{:04}_{}.sql", one.number, one.name)).collect();
            assert_eq!(
                files, built_in,
                "save src/store/migrate.rs again, so that new migrations are built in"
            );
        }
    }

    #[test]
    fn file_names() {
        let named = Migration::from_file("0012_lot_edges.sql", "select 1").unwrap();
        assert_eq!((named.number, named.name.as_str()), (12, "lot_edges"));
        for wrong in ["12_x.sql", "0001.sql", "0001_.sql", "0001_x.txt", "000a_x.sql"] {
            assert_eq!(Migration::from_file(wrong, ""), None, "{wrong}");
        }
    }
}
