//! Everything derived is a function of the log and of the time that passed: however the log was written, in batches of any
//! size, with or without ticks, folding it again in pages of any size gives the same rows, and so does rebuilding.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use liandan::app::audit::{self, Against, AuditError};
use liandan::app::{Fault, SubmitError, backup, rebuild};
use liandan::ledger::note::NoteKey;
use liandan::scenario::{Script, Scripted, World};
use liandan::store::cosignature::{self, StoredCosignature};
use liandan::store::{ConnectOptions, Store, derived, log, migrate};

use crate::scenarios::{all_scripts, permuted};
use crate::support::ledger::{
    Database, Folder, LOG, Ledger, block_on, databases, fresh_store, open_per_rule, settings,
};
use crate::support::random::Random;
use crate::support::tamper::Tamper;
use crate::witness::support::cosigner;

/// The events of every second script, their facts arriving late here and there, in the order of their arrival.
pub(crate) fn some_acts(seed: u64) -> Vec<Scripted> {
    let mut acts = Vec::new();
    for (name, text) in all_scripts().into_iter().skip(seed as usize % 2).step_by(2) {
        let played = Script::parse(&name, &text).unwrap().play(World::embedded(), LOG).unwrap();
        acts.extend(permuted(&played, seed));
    }
    acts.sort_by_key(|act| act.recorded_at);
    acts
}

/// Play them in uploads of up to `most` events, with ticks between them now and then.
pub(crate) async fn played(database: &Database, most: usize, seed: u64) -> Ledger {
    let ledger = Ledger::found(&database.url).await;
    let mut random = Random::new(seed);
    let acts = some_acts(seed);
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
pub(crate) async fn is_refolded(store: &Store, folder: &Folder, page: u64) -> Result<(), AuditError> {
    let second = fresh_store(folder, &format!("second-{page}-{}", Random::new(page).next())).await;
    let audited = audit::verify(store, Against { page, ..Against::second(&second) }, |_, _| {}).await;
    second.close().await;
    std::fs::remove_dir_all(folder.path()).unwrap();
    std::fs::create_dir_all(folder.path()).unwrap();
    audited.map(|audited| assert!(audited.entries > 200 && audited.tables == derived::TABLES.len() as u64))
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

/// Two processes on one Postgres record and let time pass at once: findings and their history are what one would have come to.
#[test]
fn what_two_processes_record_at_once_folds_the_same_again() {
    let Some(database) = databases().into_iter().nth(1) else { return };
    let folder = Folder::new();
    block_on(async {
        let one = Ledger::found(&database.url).await;
        let other = one.beside(&database).await;
        let acts = some_acts(11);
        let mut random = Random::new(11);
        let mut rest = &acts[..];
        while !rest.is_empty() {
            let (upload, later) = rest.split_at((1 + random.below(60)).min(rest.len()));
            rest = later;
            let (mine, theirs): (Vec<&Scripted>, Vec<&Scripted>) =
                upload.iter().partition(|_| random.below(2) == 0);
            let now = upload.last().unwrap().recorded_at;
            let record = |ledger: &Ledger, acts: Vec<&Scripted>| {
                ledger.clock.set(now);
                let lines = acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
                let app = ledger.app.clone();
                async move { (app.submit_many(lines, None).await.unwrap(), app.tick().await.unwrap()) }
            };
            let both = futures::future::join(record(&one, mine), record(&other, theirs)).await;
            let busy = |answer: &Result<_, SubmitError>| matches!(answer, Err(SubmitError::Busy { .. }));
            assert!(!both.0.0.iter().chain(&both.1.0).any(busy), "either gets its turn");
        }
        let end = acts.last().unwrap().recorded_at.plus_hours(24 * 400);
        futures::future::join(one.pass_time(end), other.pass_time(end)).await;
        assert!(open_per_rule(&one.store).await.len() > 20, "much was found");
        is_refolded(&one.store, &folder, 100).await.unwrap();
        other.close().await;
        rebuild::rebuild(&one.store, 1_000, |_, _| {}).await.unwrap();
        is_refolded(&one.store, &folder, 7).await.unwrap();
    });
}

#[test]
fn time_alone_folds_the_same_again() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = played(&database, 40, 4).await;
            let last = some_acts(4).last().unwrap().recorded_at;
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
fn a_stopped_audit_goes_on_and_knows_its_log() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let second = fresh_store(&folder, "second").await;
            let acts = some_acts(7);
            let (before, after) = acts.split_at(acts.len() / 2);
            let mut sizes = Vec::new();
            for part in [before, after] {
                for act in part {
                    drop(ledger.send(act).await);
                }
                ledger.app.tick().await.unwrap();
                // What the first audit folded stays, as if it had been stopped there.
                let audited = audit::verify(
                    &ledger.store,
                    Against { page: 100, ..Against::second(&second) },
                    |_, _| {},
                )
                .await
                .unwrap();
                sizes.push(audited.entries);
            }
            assert!(sizes[0] + 100 < sizes[1], "{sizes:?}");
            let database = databases().remove(0);
            let other = Ledger::found(&database.url).await;
            let refused =
                audit::verify(&other.store, Against { page: 100, ..Against::second(&second) }, |_, _| {})
                    .await
                    .unwrap_err();
            assert!(matches!(refused, AuditError::Fault(Fault::Work)), "{refused}");
        });
    }
}

#[test]
fn an_audit_beside_a_served_ledger_sees_one_state() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let acts = some_acts(8);
            let served = AtomicBool::new(true);
            let serve = async {
                for (n, act) in acts.iter().enumerate() {
                    drop(ledger.send(act).await);
                    if n % 7 == 0 {
                        ledger.app.tick().await.unwrap();
                    }
                }
                served.store(false, Ordering::Relaxed);
            };
            let audits = async {
                let mut sizes = Vec::new();
                while served.load(Ordering::Relaxed) {
                    let second = fresh_store(&folder, &format!("second-{}", sizes.len())).await;
                    let audited = audit::verify(
                        &ledger.store,
                        Against { page: 50, ..Against::second(&second) },
                        |_, _| {},
                    )
                    .await
                    .unwrap();
                    sizes.push(audited.entries);
                    second.close().await;
                }
                sizes
            };
            let ((), sizes) = tokio::join!(serve, audits);
            assert!(sizes.len() >= 2 && sizes.is_sorted(), "{sizes:?}");
        });
    }
}

#[test]
fn a_backup_restores_to_the_same_ledger_on_either_database() {
    let mut files = Vec::new();
    for database in databases() {
        block_on(async {
            let ledger = played(&database, 40, 5).await;
            ledger.pass_time(some_acts(5).last().unwrap().recorded_at.plus_hours(24 * 90)).await;
            let mut tx = ledger.store.write().await.unwrap();
            let head = log::latest_signed(&mut tx).await.unwrap().unwrap();
            let (size, at_s, witness) = (head.size, 1_800_000_000, cosigner(1));
            let text = head.note.split_once("\n\n").unwrap().0.to_owned() + "\n";
            let line = witness.cosign(&text, at_s).unwrap();
            let (name, key_id) = (witness.name.clone(), witness.verifier().key_id());
            let cosigned = StoredCosignature { name, key_id, size, line, at_s };
            cosignature::save(&mut tx, &cosigned).await.unwrap();
            tx.commit().await.unwrap();
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
                assert_eq!(
                    cosignature::of_size(&mut other, size).await.unwrap(),
                    std::slice::from_ref(&cosigned)
                );
                let mut again = Vec::new();
                backup::write(&restored, &mut again, |_, _| {}).await.unwrap();
                assert!(again == file, "a backup of what was restored is the same file");
            }
            files.push(file);
        });
    }
    half_and_spoilt_files_store_nothing(&files[0]);
}

pub(crate) async fn empty(url: &str) -> Store {
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

fn liandan(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_liandan")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// A migration that changes what is derived asks for a rebuild, and nothing is served from the old tables.
#[test]
fn tables_of_an_older_program_are_not_served() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let (store, clock) = (ledger.store.clone(), ledger.clock.clone());
            drop(ledger.app);
            let mut operator = Tamper::open(&database.url).await;
            operator.run("insert into refold_due (migration) values (7)").await.unwrap();
            let refused = Ledger::open(settings(store.clone(), clock.clone(), None)).await;
            assert!(matches!(refused.err(), Some(Fault::MustRefold)));
            rebuild::rebuild(&store, 100, |_, _| {}).await.unwrap();
            Ledger::open(settings(store, clock, None)).await.unwrap().close().await;
        });
    }
}

/// The commands as an operator meets them: their exit codes, and that nothing is written over.
#[test]
fn the_commands_back_up_restore_rebuild_and_verify() {
    for database in databases() {
        let folder = Folder::new();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (file, restored) = (path("backup"), format!("sqlite:{}", path("restored.sqlite")));
        block_on(async { played(&database, 60, 9).await.store.close().await });
        let did = |arguments: &[&str]| {
            let (code, text) = liandan(arguments);
            assert_eq!(code, 0, "{arguments:?}: {text}");
        };
        did(&["backup", "--database", &database.url, "--to", &file]);
        assert_ne!(
            liandan(&["backup", "--database", &database.url, "--to", &file]).0,
            0,
            "never over a file"
        );
        assert!(!folder.path().join("backup.part").exists());
        did(&["restore", &file, "--database", &restored]);
        assert_ne!(liandan(&["restore", &file, "--database", &restored]).0, 0, "never over a ledger");
        for url in [&database.url, &restored] {
            did(&["rebuild", "--database", url]);
            did(&["verify", "ledger", "--database", url, "--log-only"]);
            did(&["verify", "ledger", "--database", url, "--work", &path("work")]);
        }
        let none = format!("sqlite:{}", path("none.sqlite"));
        assert_eq!(
            liandan(&["verify", "ledger", "--database", &none]).0,
            3,
            "what is not there cannot be told"
        );
    }
}
