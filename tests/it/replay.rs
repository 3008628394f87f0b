//! Everything derived is a function of the log and of the time that passed: however the log was written, in batches of any
//! size, with or without ticks, folding it again in pages of any size gives the same rows, and so does rebuilding.

use liandan::app::audit::{self, AuditError};
use liandan::app::{backup, rebuild};
use liandan::scenario::{Script, Scripted, World};
use liandan::store::{ConnectOptions, Store, derived, log, migrate};

use crate::scenarios::{all_scripts, permuted};
use crate::support::ledger::{Database, Folder, LOG, Ledger, block_on, databases, fresh_store};
use crate::support::random::Random;

/// The events of every script, their facts arriving late here and there, in the order of their arrival.
fn all_acts(seed: u64) -> Vec<Scripted> {
    let mut acts = Vec::new();
    for (name, text) in all_scripts() {
        let played = Script::parse(&name, &text).unwrap().play(World::embedded(), LOG).unwrap();
        acts.extend(permuted(&played, seed));
    }
    acts.sort_by_key(|act| act.recorded_at);
    acts
}

/// Play the scripts in uploads of up to `most` events, with ticks between them now and then.
async fn played(database: &Database, most: usize, seed: u64) -> Ledger {
    let ledger = Ledger::found(&database.url).await;
    let mut random = Random::new(seed);
    let acts = all_acts(seed);
    let mut rest = &acts[..];
    while !rest.is_empty() {
        let (upload, later) = rest.split_at((1 + random.below(most)).min(rest.len()));
        rest = later;
        ledger.clock.set(upload.last().unwrap().recorded_at);
        let lines = upload.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        // What a script says is refused may be taken here, and the other way round: any log will do.
        drop(ledger.app.submit_many(lines, None).await.unwrap());
        if random.below(4) == 0 {
            ledger.app.tick().await.unwrap();
        }
    }
    ledger
}

/// The derived tables are those that folding the log again in pages of a size gives.
async fn is_refolded(store: &Store, folder: &Folder, page: u64) -> Result<(), AuditError> {
    let second = fresh_store(folder, &format!("second-{page}-{}", Random::new(page).next())).await;
    let audited = audit::verify(store, Some(&second), page, |_, _| {}).await;
    second.close().await;
    std::fs::remove_dir_all(folder.path()).unwrap();
    std::fs::create_dir_all(folder.path()).unwrap();
    audited.map(|audited| assert!(audited.entries > 500 && audited.tables == derived::TABLES.len() as u64))
}

/// Played in uploads of up to `most` events, then folded again in pages of each of these sizes, rebuilt, and folded again.
fn folds_the_same(most: usize, pages: &[u64]) {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = played(&database, most, most as u64).await;
            for page in pages {
                let same = is_refolded(&ledger.store, &folder, *page).await;
                same.unwrap_or_else(|error| panic!("in pages of {page}: {error}"));
            }
            rebuild::rebuild(&ledger.store, pages[0], |_, _| {}).await.unwrap();
            is_refolded(&ledger.store, &folder, 1_000).await.unwrap();
        });
    }
}

#[test]
fn events_one_by_one_fold_the_same_again() {
    folds_the_same(1, &[1_000]);
}

#[test]
fn events_in_small_uploads_fold_the_same_again() {
    folds_the_same(12, &[7, 1, 1_000]);
}

#[test]
fn events_in_large_uploads_fold_the_same_again() {
    folds_the_same(300, &[13]);
}

#[test]
fn time_alone_folds_the_same_again() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = played(&database, 40, 4).await;
            let last = all_acts(4).last().unwrap().recorded_at;
            for days in [1, 30, 400] {
                ledger.pass_time(last.plus_hours(24 * days)).await;
                is_refolded(&ledger.store, &folder, 100).await.unwrap();
            }
            rebuild::rebuild(&ledger.store, 100, |_, _| {}).await.unwrap();
            is_refolded(&ledger.store, &folder, 100).await.unwrap();
        });
    }
}

#[test]
fn a_backup_restores_to_the_same_ledger_on_either_database() {
    let mut files = Vec::new();
    for database in databases() {
        block_on(async {
            let ledger = played(&database, 40, 5).await;
            ledger.pass_time(all_acts(5).last().unwrap().recorded_at.plus_hours(24 * 90)).await;
            let mut file = Vec::new();
            let head = backup::write(&ledger.store, &mut file, |_, _| {}).await.unwrap();
            for target in databases() {
                let restored = empty(&target.url).await;
                let audited = backup::restore(&restored, &file[..], |_, _| {}).await.unwrap();
                assert_eq!(audited.entries, head.size);
                let (mut one, mut other) =
                    (ledger.store.read().await.unwrap(), restored.read().await.unwrap());
                assert_eq!(log::head(&mut other).await.unwrap().unwrap(), head);
                assert_eq!(derived::first_difference(&mut one, &mut other).await.unwrap(), None);
                let mut again = Vec::new();
                backup::write(&restored, &mut again, |_, _| {}).await.unwrap();
                assert!(again == file, "a backup of what was restored is the same file");
            }
            files.push(file);
        });
    }
    half_and_spoilt_files_store_nothing(&files[0]);
}

async fn empty(url: &str) -> Store {
    let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
    migrate::migrate(&store).await.unwrap();
    store
}

fn half_and_spoilt_files_store_nothing(file: &[u8]) {
    let mut random = Random::new(6);
    for database in databases() {
        block_on(async {
            let store = empty(&database.url).await;
            let mut spoilt: Vec<Vec<u8>> = vec![Vec::new(), [file, b"\n"].concat(), [file, file].concat()];
            spoilt.extend((0..6).map(|_| file[..random.below(file.len())].to_vec()));
            spoilt.extend((0..6).map(|_| {
                let mut bytes = file.to_vec();
                let place = random.below(bytes.len());
                bytes[place] ^= 1 << random.below(7);
                bytes
            }));
            for bytes in spoilt {
                assert!(backup::restore(&store, &bytes[..], |_, _| {}).await.is_err());
                assert_eq!(log::head(&mut store.read().await.unwrap()).await.unwrap(), None);
            }
            backup::restore(&store, file, |_, _| {}).await.unwrap();
            // Never over a ledger.
            assert!(backup::restore(&store, file, |_, _| {}).await.is_err());
        });
    }
}
