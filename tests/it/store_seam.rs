//! What the seam promises, on both databases: every check here is one function over a `Store`, run twice.

use std::path::PathBuf;

use liandan::store::migrate::{Migration, apply};
use liandan::store::{
    ColType, ConnectOptions, Kind, Param, ReadTx, Sql, SqlIn, Store, StoreError, Table, params,
};
use uuid::Uuid;

use crate::support::postgres::database;

const NOTE: Table = Table {
    name: "note",
    columns: &[
        ("id", ColType::Uuid),
        ("key", ColType::I64),
        ("body", ColType::Text),
        ("digest", ColType::Blob),
        ("flag", ColType::I64),
    ],
    key: &["id"],
};

/// Several statements, a trigger with its own semicolons, a quoted column name.
fn fixture(kind: Kind) -> Vec<Migration> {
    let script = match kind {
        Kind::Sqlite => {
            "create table note (id blob primary key check (length(id) = 16), \"key\" integer not null unique, body text,
                digest blob, flag integer) strict;
             create table audit (n integer not null) strict;
             create trigger note_kept before delete on note begin
                insert into audit (n) values (1);
                select raise(abort, 'notes are kept');
             end;"
        }
        Kind::Postgres => {
            "create table note (id uuid primary key, \"key\" bigint not null unique, body text,
                digest bytea, flag smallint);
             create table audit (n bigint not null);
             create function note_kept() returns trigger language plpgsql as $$
                begin raise exception 'notes are kept'; end; $$;
             create trigger note_kept before delete on note for each row execute function note_kept();"
        }
    };
    vec![
        Migration { number: 1, name: "note".into(), script: script.into() },
        Migration {
            number: 2,
            name: "seen".into(),
            script: "create table seen (at_ms bigint not null);".into(),
        },
    ]
}

struct SqliteFile(PathBuf);

impl SqliteFile {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("liandan-seam-{}", Uuid::from_u128(random())));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("seam.sqlite")
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }
}

impl Drop for SqliteFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Enough to keep two test processes apart: the standard library seeds its hasher from the system.
fn random() -> u128 {
    use std::hash::{BuildHasher, Hasher};
    let half = || u128::from(std::hash::RandomState::new().build_hasher().finish());
    half() << 64 | half()
}

async fn open(url: &str) -> Store {
    let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
    assert_eq!(apply(&store, &fixture(store.kind())).await.unwrap(), 2);
    store
}

/// Run one check on both databases, each time on a new one.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() {
                let file = super::SqliteFile::new();
                let store = super::open(&file.url()).await;
                super::$name(&store).await;
                store.close().await;
            })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() {
                if let Some(lease) = super::database() {
                    let store = super::open(&lease.url).await;
                    super::$name(&store).await;
                    store.close().await;
                }
            })*
        }
    };
}

on_both! {
    every_type_comes_back_as_it_went_in,
    null_comes_back_as_null_and_only_where_it_may,
    a_null_first_does_not_spoil_the_statement_for_a_value_later,
    wrong_types_and_lengths_are_corrupt,
    a_missing_parameter_is_an_error_and_not_a_null,
    a_taken_key_is_a_conflict,
    what_fails_behind_is_told_next,
    dropping_a_transaction_undoes_it,
    a_reader_sees_one_state,
    a_reader_cannot_write,
    many_rows,
    an_upsert_changes_the_other_columns,
    an_upsert_that_adds_wraps,
    rows_for_many_keys,
    statements_are_prepared_without_running,
    migrating_again_does_nothing,
    an_edited_migration_is_refused,
    a_newer_database_is_refused,
    a_failed_migration_leaves_nothing,
    triggers_of_a_migration_work,
    writers_wait_for_each_other,
}

const INSERT: Sql =
    Sql::both("insert into note (id, \"key\", body, digest, flag) values ($1, $2, $3, $4, $5)");
const BY_KEY: Sql = Sql::both("select id, \"key\", body, digest, flag from note where \"key\" = $1");
const COUNT: Sql = Sql::both("select count(*) as notes from note");

async fn count(tx: &mut ReadTx) -> i64 {
    tx.fetch_one(&COUNT, params![]).await.unwrap().i64("notes").unwrap()
}

fn note(key: i64) -> Vec<Param> {
    let id = Uuid::from_u128(key as u128);
    params![id, key, format!("第 {key} 联"), [key as u8; 32], key % 2 == 0]
}

async fn every_type_comes_back_as_it_went_in(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let id = Uuid::from_u128(7);
    let row = params![id, i64::MIN, "危险废物 'x' $1 -- ;", [0xfe; 32], true];
    assert_eq!(tx.execute(&INSERT, row).await.unwrap(), 1);
    let row = tx.fetch_one(&BY_KEY, params![i64::MIN]).await.unwrap();
    assert_eq!(row.uuid("id").unwrap(), id);
    assert_eq!(row.i64("key").unwrap(), i64::MIN);
    assert_eq!(row.text("body").unwrap(), "危险废物 'x' $1 -- ;");
    assert_eq!(row.digest("digest").unwrap(), [0xfe; 32]);
    assert_eq!(row.blob("digest").unwrap(), vec![0xfe; 32]);
    assert!(row.bool("flag").unwrap());
    tx.commit().await.unwrap();
    assert_eq!(count(&mut store.read().await.unwrap()).await, 1);
}

async fn null_comes_back_as_null_and_only_where_it_may(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let row = params![Uuid::nil(), 1, None::<String>, None::<Vec<u8>>, Param::Null];
    tx.execute(&INSERT, row).await.unwrap();
    let row = tx.fetch_one(&BY_KEY, params![1]).await.unwrap();
    assert_eq!((row.opt_text("body").unwrap(), row.opt_blob("digest").unwrap()), (None, None));
    assert_eq!((row.opt_i64("flag").unwrap(), row.opt_digest("digest").unwrap()), (None, None));
    assert!(matches!(row.text("body"), Err(StoreError::Corrupt { column: "body", .. })));
    assert!(matches!(row.i64("flag"), Err(StoreError::Corrupt { column: "flag", .. })));
}

async fn a_null_first_does_not_spoil_the_statement_for_a_value_later(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let row = params![Uuid::from_u128(1), 1, None::<&str>, None::<[u8; 32]>, None::<bool>];
    tx.execute(&INSERT, row).await.unwrap();
    tx.execute(&INSERT, note(2)).await.unwrap();
    assert!(tx.fetch_one(&BY_KEY, params![2]).await.unwrap().bool("flag").unwrap());
}

async fn wrong_types_and_lengths_are_corrupt(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let short = params![Uuid::nil(), 2, "text", vec![1_u8, 2, 3], 5_i64];
    tx.execute(&INSERT, short).await.unwrap();
    let row = tx.fetch_one(&BY_KEY, params![2]).await.unwrap();
    let errors = [
        row.digest("digest").map(drop),
        row.i64("body").map(drop),
        row.text("key").map(drop),
        row.blob("body").map(drop),
        row.uuid("body").map(drop),
        row.bool("flag").map(drop),
        row.text("no_such_column").map(drop),
    ];
    for error in errors {
        assert!(matches!(error, Err(StoreError::Corrupt { .. })), "{error:?}");
    }
    let message = row.digest("digest").unwrap_err().to_string();
    assert!(
        message.contains("`digest`") && message.contains("3 bytes where 32") && message.contains("from note")
    );
}

async fn a_missing_parameter_is_an_error_and_not_a_null(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let four = params![Uuid::nil(), 1, "x", vec![1_u8]];
    assert!(matches!(
        tx.execute(&INSERT, four).await,
        Err(StoreError::ParamCount { expected: 5, given: 4, .. })
    ));
    assert!(matches!(tx.fetch_all(&BY_KEY, params![]).await, Err(StoreError::ParamCount { .. })));
    assert!(matches!(tx.fetch_optional(&COUNT, params![1]).await, Err(StoreError::ParamCount { .. })));
}

async fn a_taken_key_is_a_conflict(store: &Store) {
    let mut tx = store.write().await.unwrap();
    tx.execute(&INSERT, note(1)).await.unwrap();
    let primary = params![Uuid::from_u128(1), 99, "x", vec![1_u8], false];
    assert!(matches!(tx.execute(&INSERT, primary).await, Err(StoreError::Conflict(_))));
    tx.rollback().await.unwrap();
    let mut tx = store.write().await.unwrap();
    let rows = vec![note(5), params![Uuid::from_u128(6), 5, "same unique key", vec![1_u8], false]];
    assert!(matches!(tx.insert_many(&NOTE, rows).await, Err(StoreError::Conflict(_))));
}

/// Many rows are written while their owner goes on: what then fails is told to whatever comes next, and nothing of it is kept.
async fn what_fails_behind_is_told_next(store: &Store) {
    let taken =
        || (0..500).map(note).chain([params![Uuid::from_u128(999), 7, "", vec![1_u8], false]]).collect();
    let mut tx = store.write().await.unwrap();
    tx.insert_many(&NOTE, taken()).await.unwrap();
    assert!(matches!(tx.commit().await, Err(StoreError::Conflict(_))));
    let mut tx = store.write().await.unwrap();
    tx.insert_many(&NOTE, taken()).await.unwrap();
    assert!(matches!(tx.fetch_one(&BY_KEY, params![1]).await, Err(StoreError::Conflict(_))));
    assert!(tx.execute(&INSERT, note(9_000)).await.is_err());
    assert!(tx.commit().await.is_err());
    let mut tx = store.write().await.unwrap();
    assert_eq!(count(&mut tx).await, 0);
    tx.insert_many(&NOTE, (0..500).map(note).collect()).await.unwrap();
    drop(tx);
    assert_eq!(count(&mut store.write().await.unwrap()).await, 0);
}

async fn dropping_a_transaction_undoes_it(store: &Store) {
    let mut tx = store.write().await.unwrap();
    tx.execute(&INSERT, note(1)).await.unwrap();
    drop(tx);
    let mut tx = store.write().await.unwrap();
    assert_eq!(count(&mut tx).await, 0);
}

async fn a_reader_sees_one_state(store: &Store) {
    let mut reader = store.read().await.unwrap();
    assert_eq!(count(&mut reader).await, 0);
    let mut tx = store.write().await.unwrap();
    tx.execute(&INSERT, note(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&mut reader).await, 0);
    reader.rollback().await.unwrap();
    assert_eq!(count(&mut store.read().await.unwrap()).await, 1);
}

/// The type has no `execute`, and the database would not do it either.
async fn a_reader_cannot_write(store: &Store) {
    let mut reader = store.read().await.unwrap();
    let sneaky = Sql::both("insert into seen (at_ms) values (1) returning at_ms");
    assert!(matches!(reader.fetch_all(&sneaky, params![]).await, Err(StoreError::Other(_))));
}

async fn many_rows(store: &Store) {
    let mut tx = store.write().await.unwrap();
    tx.insert_many(&NOTE, vec![]).await.unwrap();
    tx.insert_many(&NOTE, (0..2_345).map(note).collect()).await.unwrap();
    let nulls = params![Uuid::from_u128(9_999), 9_999, Param::Null, None::<Vec<u8>>, Param::Null];
    tx.insert_many(&NOTE, vec![nulls]).await.unwrap();
    assert_eq!(count(&mut tx).await, 2_346);
    let row = tx.fetch_one(&BY_KEY, params![2_344]).await.unwrap();
    assert_eq!(row.text("body").unwrap(), "第 2344 联");
    assert_eq!(row.digest("digest").unwrap(), [40; 32]);
    assert!(row.bool("flag").unwrap());
    let row = tx.fetch_one(&BY_KEY, params![9_999]).await.unwrap();
    assert_eq!((row.opt_text("body").unwrap(), row.opt_i64("flag").unwrap()), (None, None));
}

async fn an_upsert_changes_the_other_columns(store: &Store) {
    let mut tx = store.write().await.unwrap();
    tx.insert_many(&NOTE, (0..10).map(note).collect()).await.unwrap();
    let changed = |text: &str| params![Uuid::from_u128(3), 3, text, vec![1_u8], true];
    tx.upsert_many(&NOTE, vec![changed("first"), note(77), changed("last")]).await.unwrap();
    assert_eq!(count(&mut tx).await, 11);
    assert_eq!(tx.fetch_one(&BY_KEY, params![3]).await.unwrap().text("body").unwrap(), "last");
}

const SEEN: Table = Table {
    name: "tally",
    columns: &[("name", ColType::Text), ("one", ColType::I64), ("other", ColType::I64)],
    key: &["name"],
};

/// Sums are modulo 2^64 on both databases, whatever lies in the row and whatever is added.
async fn an_upsert_that_adds_wraps(store: &Store) {
    let create = "create table tally (name text primary key, one bigint not null, other bigint not null);";
    let tally = Migration { number: 3, name: "tally".into(), script: create.into() };
    apply(store, &[fixture(store.kind()), vec![tally]].concat()).await.unwrap();
    const ROW: Sql = Sql::both("select one, other from tally where name = $1");
    let values = [0, 1, -1, 5, i64::MAX, i64::MIN, i64::MAX - 7, i64::MIN + 7];
    for first in values {
        for second in values {
            let mut tx = store.write().await.unwrap();
            tx.add_many(&SEEN, vec![params!["a", first, 1]]).await.unwrap();
            tx.add_many(&SEEN, vec![params!["a", second, 2], params!["a", 0, 3]]).await.unwrap();
            let row = tx.fetch_one(&ROW, params!["a"]).await.unwrap();
            let sums = (row.i64("one").unwrap(), row.i64("other").unwrap());
            assert_eq!(sums, (first.wrapping_add(second), 6), "{first} and {second}");
            tx.rollback().await.unwrap();
        }
    }
}

async fn rows_for_many_keys(store: &Store) {
    const BODIES: SqlIn =
        SqlIn::new("select \"key\", body from note where \"key\" in ({keys}) and flag = $1");
    let mut tx = store.write().await.unwrap();
    tx.insert_many(&NOTE, (0..2_000).map(note).collect()).await.unwrap();
    for wanted in [0, 1, 3, 512, 513, 1_999] {
        let keys = (0..wanted).flat_map(|key| [Param::from(key), Param::from(key)]).collect();
        let rows = tx.fetch_in(&BODIES, keys, params![true]).await.unwrap();
        let mut found: Vec<i64> = rows.iter().map(|row| row.i64("key").unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, (0..wanted).filter(|key| key % 2 == 0).collect::<Vec<i64>>());
    }
    assert!(matches!(tx.fetch_in(&BODIES, params![1], params![]).await, Err(StoreError::ParamCount { .. })));
}

async fn statements_are_prepared_without_running(store: &Store) {
    let mut tx = store.read().await.unwrap();
    tx.prepare(&INSERT).await.unwrap();
    assert_eq!(count(&mut tx).await, 0);
    assert!(tx.prepare(&Sql::both("select no_such_column from note")).await.is_err());
}

async fn migrating_again_does_nothing(store: &Store) {
    assert_eq!(apply(store, &fixture(store.kind())).await.unwrap(), 0);
}

async fn an_edited_migration_is_refused(store: &Store) {
    let mut edited = fixture(store.kind());
    edited[1].script.push(' ');
    let error = apply(store, &edited).await.unwrap_err().to_string();
    assert!(error.contains("0002_seen") && error.contains("never edit"), "{error}");
}

async fn a_newer_database_is_refused(store: &Store) {
    let error = apply(store, &fixture(store.kind())[..1]).await.unwrap_err().to_string();
    assert!(error.contains("newer program") && error.contains("0002_seen"), "{error}");
}

async fn a_failed_migration_leaves_nothing(store: &Store) {
    let mut migrations = fixture(store.kind());
    let script = "create table half (x bigint); insert into no_such_table values (1);".to_owned();
    migrations.push(Migration { number: 3, name: "half".into(), script });
    let error = apply(store, &migrations).await.unwrap_err().to_string();
    assert!(error.contains("0003_half") && error.contains("no_such_table"), "{error}");
    migrations[2].script = "create table half (x bigint);".into();
    assert_eq!(apply(store, &migrations).await.unwrap(), 1);
}

async fn triggers_of_a_migration_work(store: &Store) {
    let mut tx = store.write().await.unwrap();
    tx.execute(&INSERT, note(1)).await.unwrap();
    let error = tx.execute(&Sql::both("delete from note"), params![]).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Other(cause) if cause.to_string().contains("notes are kept")),
        "{error:?}"
    );
}

/// Four tasks raise one number; none may overwrite another's step.
async fn writers_wait_for_each_other(store: &Store) {
    const STEP: Sql = Sql::both("update note set flag = flag + 1 where \"key\" = 1");
    let mut tx = store.write().await.unwrap();
    tx.execute(&INSERT, params![Uuid::nil(), 1, "x", vec![1_u8], 0_i64]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..5 {
                let mut tx = store.write().await.unwrap();
                tx.execute(&STEP, params![]).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.fetch_one(&BY_KEY, params![1]).await.unwrap().i64("flag").unwrap(), 20);
}

#[tokio::test]
async fn a_second_process_is_kept_out_of_a_sqlite_file_and_told_by_whom() {
    let file = SqliteFile::new();
    let store = open(&file.url()).await;
    let Err(error) = Store::connect(&file.url(), &ConnectOptions::default()).await else {
        panic!("opened twice")
    };
    let own = std::process::id();
    assert!(matches!(&error, StoreError::Locked { holder: Some(pid), .. } if *pid == own), "{error}");
    assert!(error.to_string().contains(&format!("in use by process {own}")));

    let looking = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let reader = Store::connect(&file.url(), &looking).await.unwrap();
    assert_eq!(count(&mut reader.read().await.unwrap()).await, 0);
    assert!(matches!(reader.write().await, Err(StoreError::ReadOnly)));
    reader.close().await;

    store.close().await;
    drop(store);
    let again = Store::connect(&file.url(), &ConnectOptions::default()).await.unwrap();
    again.close().await;
}

#[tokio::test]
async fn a_sqlite_symbolic_link_meets_the_same_lock() {
    let file = SqliteFile::new();
    let store = open(&file.url()).await;
    let link = file.0.join("link.sqlite");
    std::os::unix::fs::symlink(file.path(), &link).unwrap();
    let through_link =
        Store::connect(&format!("sqlite:{}", link.display()), &ConnectOptions::default()).await;
    assert!(matches!(through_link, Err(StoreError::Locked { .. })));
    store.close().await;
}

#[tokio::test]
async fn a_sqlite_path_that_cannot_be_opened_is_named() {
    let file = SqliteFile::new();
    let missing = file.0.join("no-such-folder").join("x.sqlite");
    let opened = Store::connect(&format!("sqlite:{}", missing.display()), &ConnectOptions::default()).await;
    let Err(StoreError::Unreachable(detail)) = opened else { panic!("opened") };
    assert!(detail.contains("no-such-folder"), "{detail}");
}

async fn run_on(store: &Store, text: String) {
    let mut tx = store.write().await.unwrap();
    tx.execute(&Sql::both(text.leak()), params![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn setting_of(store: &Store, name: &str) -> String {
    let text: &'static str = format!("select current_setting('{name}') as value").leak();
    let mut tx = store.write().await.unwrap();
    tx.fetch_one(&Sql::both(text), params![]).await.unwrap().text("value").unwrap()
}

/// A setting can also come from the role or the database, so it is asked on our own connection.
#[tokio::test]
async fn a_postgres_that_forgets_commits_is_refused() {
    let Some(lease) = database() else { return };
    let url = &lease.url;
    let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
    let name = url.rsplit('/').next().unwrap();
    run_on(&store, format!("alter database {name} set synchronous_commit = off")).await;
    store.close().await;
    let Err(error) = Store::connect(url, &ConnectOptions::default()).await else { panic!("accepted") };
    assert!(
        matches!(&error, StoreError::UnsafeSettings(text) if text.contains("synchronous_commit=off")),
        "{error}"
    );
}

/// Every other level waits for the local disk. It is kept for every session, whatever is set for the database meanwhile.
#[tokio::test]
async fn what_a_postgres_was_found_to_keep_is_kept_by_every_session() {
    for level in ["local", "remote_write", "on", "remote_apply"] {
        let Some(lease) = database() else { return };
        let url = &lease.url;
        let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
        let name = url.rsplit('/').next().unwrap();
        run_on(&store, format!("alter database {name} set synchronous_commit = {level}")).await;
        store.close().await;
        let one_writer = ConnectOptions { writers: 1, ..ConnectOptions::default() };
        let store = Store::connect(url, &one_writer).await.unwrap();
        run_on(&store, format!("alter database {name} set synchronous_commit = off")).await;
        // The next transaction gets a session that began after that.
        let mut tx = store.write().await.unwrap();
        let end = Sql::both("select cast(pg_terminate_backend(pg_backend_pid()) as text) as ended");
        assert!(tx.fetch_one(&end, params![]).await.is_err());
        drop(tx);
        assert_eq!(setting_of(&store, "synchronous_commit").await, level);
        store.close().await;
    }
}

/// A server of its own for each: these settings are the whole server's.
#[test]
fn a_postgres_that_a_power_cut_can_damage_is_refused() {
    for (setting, found) in [("fsync", "off"), ("full_page_writes", "off"), ("data_sync_retry", "on")] {
        let Some(server) = crate::support::postgres::server_with(&format!("{setting}={found}")) else {
            return;
        };
        crate::support::ledger::block_on(async {
            let Err(error) = Store::connect(&server.address(), &ConnectOptions::default()).await else {
                panic!("accepted {setting}={found}")
            };
            let named = format!("{setting}={found}");
            assert!(matches!(&error, StoreError::UnsafeSettings(text) if text.contains(&named)), "{error}");
        });
    }
}

/// A second process of the program itself, while a first one serves.
#[test]
fn a_second_program_is_kept_out_of_a_served_sqlite_file() {
    use crate::support::ledger::{block_on, databases};
    block_on(async {
        let served = crate::support::program::Served::found(databases().remove(0)).await;
        let running = served.start(None).await;
        let mut second = std::process::Command::new(env!("CARGO_BIN_EXE_liandan"));
        let output = second.args(served.arguments()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(&format!("in use by process {}", running.id())), "{told}");
        running.kill();
    });
}

#[tokio::test]
async fn a_postgres_that_is_not_there_is_unreachable_at_once_and_its_password_is_not_shown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://somebody:secret@127.0.0.1:{port}/x");
    let Err(error) = Store::connect(&url, &ConnectOptions::default()).await else { panic!("connected") };
    assert!(matches!(&error, StoreError::Unreachable(text) if !text.contains("secret")), "{error}");
}
