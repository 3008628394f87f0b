use uuid::Uuid;

use super::super::{of_owner, put, settle};
use super::*;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::files::tests::Folder;
use crate::ledger::Kid;
use crate::store::{ConnectOptions, Store, migrate};

const NAME: &str = "ledger.sqlite";

async fn store_in(folder: &Folder) -> Store {
    let url = format!("sqlite:{}", folder.file(NAME).display());
    let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
    migrate::migrate(&store).await.unwrap();
    store
}

fn sheet_in(folder: &Folder, n: u8) -> PathBuf {
    folder.file(&format!("{NAME}-readings-{n}"))
}

/// Bytes that stand in both.
fn bytes_in(folder: &Folder) -> u64 {
    let sheets = [0, 1].map(|n| std::fs::metadata(sheet_in(folder, n)).map_or(0, |meta| meta.len()));
    sheets.iter().sum()
}

fn owner() -> Uscc {
    "91350100M000100Y43".parse().unwrap()
}

fn read(n: u128) -> AccessRead {
    AccessRead {
        id: Uuid::from_u128(n),
        owner: owner(),
        at: Timestamp::from_millis(1_000),
        reader: owner(),
        kid: Kid::from_bytes([7; 32]),
        role: "officer".to_owned(),
        operation: "/manifests/{id}".to_owned(),
        subject_kind: "manifest".to_owned(),
        subject: format!("{n}"),
        sealed: None,
    }
}

async fn in_the_table(store: &Store) -> Vec<u128> {
    let mut tx = store.read().await.unwrap();
    let reads = of_owner(&mut tx, owner(), Uuid::max(), Timestamp::from_millis(0), 100).await.unwrap();
    reads.iter().rev().map(|read| read.id.as_u128()).collect()
}

#[tokio::test]
async fn whoever_reads_waits_for_no_batch() {
    let folder = Folder::new("journal-beside");
    let store = store_in(&folder).await;
    let batch = store.write().await.unwrap();
    for n in 1..=3 {
        put(&store, vec![read(n)]).await.unwrap();
    }
    assert_eq!(in_the_table(&store).await, []);
    assert!(bytes_in(&folder) > 0);
    batch.commit().await.unwrap();
    settle(&store).await.unwrap();
    assert_eq!(in_the_table(&store).await, [1, 2, 3]);
    settle(&store).await.unwrap();
    put(&store, vec![read(4), read(5)]).await.unwrap();
    settle(&store).await.unwrap();
    assert_eq!(in_the_table(&store).await, [1, 2, 3, 4, 5]);
    assert_eq!(bytes_in(&folder), 0);
    store.close().await;
    assert!(!sheet_in(&folder, 0).exists() && !sheet_in(&folder, 1).exists());
    assert!(put(&store, vec![read(6)]).await.is_err());
}

#[tokio::test]
async fn what_a_crash_left_goes_in_once() {
    let folder = Folder::new("journal-crash");
    let store = store_in(&folder).await;
    put(&store, vec![read(1)]).await.unwrap();
    store.close().await;
    drop(store);
    let line = |reads: &[u128]| line_of(&reads.iter().map(|n| read(*n)).collect::<Vec<_>>()).unwrap();
    std::fs::write(sheet_in(&folder, 0), [line(&[1]), line(&[2]), line(&[3])[..40].to_vec()].concat())
        .unwrap();
    // A page of zeros is what some file systems leave where a line was begun.
    std::fs::write(sheet_in(&folder, 1), [line(&[4, 6]), vec![0; 40], line(&[7])[40..].to_vec()].concat())
        .unwrap();
    let store = store_in(&folder).await;
    put(&store, vec![read(5)]).await.unwrap();
    settle(&store).await.unwrap();
    assert_eq!(in_the_table(&store).await, [1, 2, 4, 5, 6]);
    store.close().await;
    assert_eq!(bytes_in(&folder), 0);
}

#[tokio::test]
async fn a_line_that_is_no_reading_is_named() {
    let folder = Folder::new("journal-damaged");
    store_in(&folder).await.close().await;
    let line = line_of(&[read(1)]).unwrap();
    std::fs::write(sheet_in(&folder, 1), [&line[..], b"[{\"id\":1}]\n", &line[..]].concat()).unwrap();
    let url = format!("sqlite:{}", folder.file(NAME).display());
    let error = Store::connect(&url, &ConnectOptions::default()).await.err().unwrap().to_string();
    assert!(error.contains("-readings-1: line 2 "), "{error}");
}

#[tokio::test]
async fn what_was_read_of_a_database_that_is_gone_goes_into_no_other() {
    let folder = Folder::new("journal-gone");
    std::fs::write(sheet_in(&folder, 0), line_of(&[read(1)]).unwrap()).unwrap();
    let url = format!("sqlite:{}", folder.file(NAME).display());
    let error = Store::connect(&url, &ConnectOptions::default()).await.err().unwrap();
    assert!(matches!(&error, StoreError::JournalLeft { path } if *path == sheet_in(&folder, 0)), "{error}");
    assert!(!folder.file(NAME).exists());
}

#[cfg(unix)]
#[tokio::test]
async fn it_lies_beside_the_database_for_the_same_eyes() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (folder, elsewhere) = (Folder::new("journal-here"), Folder::new("journal-link"));
    store_in(&folder).await.close().await;
    let database = folder.file(NAME);
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&database, elsewhere.file(NAME)).unwrap();
    let store = store_in(&elsewhere).await;
    let batch = store.write().await.unwrap();
    put(&store, vec![read(1)]).await.unwrap();
    assert!(!sheet_in(&elsewhere, 0).exists());
    let mode = std::fs::metadata(sheet_in(&folder, 0)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(batch);
}

#[test]
fn what_failed_on_its_way_is_gone_before_the_next_line() {
    let folder = Folder::new("journal-torn");
    let database = folder.file(NAME);
    std::fs::write(&database, b"").unwrap();
    let mut sheet = Sheet::open(&database, sheet_in(&folder, 0), &mut Vec::new()).unwrap();
    sheet.append(b"1\n").unwrap();
    // As a full disk leaves it.
    sheet.file.as_mut().unwrap().write_all(b"2 and a ha").unwrap();
    sheet.is_torn = true;
    sheet.append(b"3\n").unwrap();
    assert_eq!(std::fs::read(sheet_in(&folder, 0)).unwrap(), b"1\n3\n");
    sheet.empty().unwrap();
    sheet.append(b"4\n").unwrap();
    assert_eq!(std::fs::read(sheet_in(&folder, 0)).unwrap(), b"4\n");
}
