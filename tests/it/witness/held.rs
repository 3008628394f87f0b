//! What witnesses hold, compared with the database: a copy that nothing else can tell from the ledger, and witnesses that lie.

use std::time::Duration;

use axum::http::StatusCode;
use liandan::app::cosigning::CosigningError;
use liandan::app::signing::{Holder, ReadOnly};
use liandan::app::{Mode, SubmitError};
use liandan::ledger::SigningKey;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::note::{NoteKey, NoteSigner};
use liandan::ledger::policy::Policy;
use liandan::ledger::witness::place_of;

use super::collecting::witness;
use super::support::{Served, cosigner, tree};
use crate::durability::{Marked, send_all, size_of, week};
use crate::support::http::client_builder;
use crate::support::ledger::{Database, Folder, LOG, Ledger, block_on, databases, log_key};
use crate::support::program::{self, Running};

/// Long for a machine, and never waited for by a witness that answers.
const WITHIN: Duration = Duration::from_secs(10);

fn policy(url: &str) -> String {
    format!("witness W1 {} {url}\nquorum W1\n", cosigner(1).verifier().to_vkey())
}

fn ask(ledger: &Ledger, url: &str) {
    ledger.app.ask_witnesses(Policy::parse(&policy(url)).unwrap()).unwrap();
}

/// A ledger that went on after a backup of its database and of its mark, as far as a witness saw it.
struct Restored {
    witness: Served,
    backup: Database,
    marked: Marked,
    /// Log index of the first entry the backup lacks, and of the last the witness knows of.
    lacks: (u64, u64),
    _folder: Folder,
}

impl Restored {
    async fn make(database: &Database) -> Self {
        let (marked, copied, folder, acts) = (Marked::new(), Marked::new(), Folder::new(), week());
        let ledger = marked.found(database).await;
        send_all(&ledger, &acts[..4]).await;
        let witness = Served::start(witness(1, &folder, &ledger)).await;
        ask(&ledger, &witness.url);
        ledger.app.collect_cosignatures().await[0].1.as_ref().unwrap();
        let first = size_of(&ledger).await;
        ledger.close().await;
        let backup = database.copy();
        std::fs::copy(marked.mark(), copied.mark()).unwrap();

        let ledger = marked.open(database, &acts[4]).await.unwrap();
        ask(&ledger, &witness.url);
        assert_eq!(ledger.app.compare_with_witnesses(WITHIN).await[0].1.as_ref().unwrap(), &Some(first));
        send_all(&ledger, &acts[4..9]).await;
        ledger.app.collect_cosignatures().await[0].1.as_ref().unwrap();
        assert_eq!(ledger.app.mode(), Mode::Signing);
        let last = size_of(&ledger).await - 1;
        ledger.close().await;
        Self { witness, backup, marked: copied, lacks: (first, last), _folder: folder }
    }

    async fn open(&self) -> Ledger {
        let ledger = self.marked.open(&self.backup, &week()[4]).await.unwrap();
        assert_eq!(ledger.app.mode(), Mode::Signing, "database and mark agree");
        ask(&ledger, &self.witness.url);
        ledger
    }

    fn lacking(&self) -> Mode {
        let (first, last) = self.lacks;
        let by = Holder::Outside("witness W1".to_owned());
        Mode::ReadOnly(ReadOnly::Missing { first, last, by })
    }
}

#[test]
fn a_backup_restored_together_with_its_mark_is_caught_by_a_witness_alone() {
    for database in databases() {
        block_on(async {
            let restored = Restored::make(&database).await;
            // At the start, before anything is taken in.
            let ledger = restored.open().await;
            let held = ledger.app.compare_with_witnesses(WITHIN).await;
            assert_eq!(held[0].1.as_ref().unwrap(), &Some(restored.lacks.1 + 1));
            assert_eq!(ledger.app.mode(), restored.lacking());
            let answer = ledger.app.submit(week()[9].envelope.compact().as_bytes(), None).await;
            assert!(matches!(answer, Err(SubmitError::ReadOnly(_))));
            ledger.close().await;

            // The witness could not be asked then: from its refusal of the next head.
            let ledger = restored.open().await;
            send_all(&ledger, &week()[4..5]).await;
            let answers = ledger.app.collect_cosignatures().await;
            let (first, last) = restored.lacks;
            let told = answers[0].1.as_ref().unwrap_err();
            assert!(
                matches!(told, CosigningError::Ahead { theirs, ours } if (*theirs, *ours) == (last + 1, first + 1))
            );
            let by = Holder::Outside("witness W1".to_owned());
            assert_eq!(ledger.app.mode(), Mode::ReadOnly(ReadOnly::Missing { first: first + 1, last, by }));
            ledger.close().await;
        });
    }
}

#[test]
fn a_backup_that_others_went_on_from_contradicts_what_a_witness_holds() {
    for database in databases() {
        block_on(async {
            let restored = Restored::make(&database).await;
            let ledger = restored.open().await;
            // The witness was not asked in time: the same events once more, with other salts, and some more.
            send_all(&ledger, &week()[4..12]).await;
            let answers = ledger.app.collect_cosignatures().await;
            let size = restored.lacks.1 + 1;
            assert!(matches!(&answers[0].1, Err(CosigningError::OtherHistory(at)) if *at == size));
            assert!(matches!(ledger.app.mode(),
                Mode::ReadOnly(ReadOnly::Contradiction { size: at, .. }) if at == size));
            ledger.close().await;
        });
    }
}

/// The program: told by a witness, and by a checkpoint that somebody kept.
#[test]
fn a_start_asks_the_witnesses_and_looks_at_what_was_published() {
    for database in databases() {
        block_on(async {
            let restored = Restored::make(&database).await;
            let kept = restored.witness.get(&format!("/{}", place_of(LOG))).await.text;
            let folder = Folder::new();
            let file = |name: &str, text: &str| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                path.to_str().unwrap().to_owned()
            };
            let served = program::Served::of(restored.backup, &restored.marked.mark());
            let (first, last) = restored.lacks;
            for arguments in [
                ["--witnesses".to_owned(), file("policy", &policy(&restored.witness.url))],
                ["--published".to_owned(), file("kept", &kept)],
            ] {
                let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_liandan"));
                command.args(served.arguments()).args(&arguments);
                let running = Running::spawn(command).await;
                let ready = format!("{}/readyz", running.base.as_ref().unwrap());
                let answer = client_builder().build().unwrap().get(ready).send().await.unwrap();
                assert_eq!(answer.status(), 503, "{arguments:?}");
                let told = answer.text().await.unwrap();
                assert!(told.contains(&format!("entries {first} to {last} ")), "{told}");
                running.kill();
            }
        });
    }
}

/// A witness that says it stands elsewhere and shows this.
async fn liar(size: u64, shown: String) -> Served {
    let conflict = move || async move {
        (StatusCode::CONFLICT, [(axum::http::header::CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n"))
    };
    let shown = move || async move { shown };
    let router = axum::Router::new()
        .route("/add-checkpoint", axum::routing::post(conflict))
        .route("/{log}/checkpoint", axum::routing::get(shown));
    Served::serve(router).await
}

#[test]
fn a_witness_that_lies_cannot_stop_the_ledger() {
    block_on(async {
        for database in databases() {
            let ledger = Ledger::found(&database.url).await;
            let size = size_of(&ledger).await;
            let larger = tree(size + 3, "made up");
            let head = |origin: &str, key: SigningKey| {
                let signer = NoteSigner { name: origin.to_owned(), key };
                let head = Checkpoint { origin: origin.to_owned(), size: size + 3, root: larger.root() };
                head.sign(&signer).unwrap()
            };
            let ours = ledger.app.checkpoint().await.unwrap().unwrap();
            for shown in [
                String::new(),
                "garbage".to_owned(),
                "a".repeat(1 << 20),
                head(LOG, SigningKey::from_seed([77; 32])),
                // The same key, for another log: not a word about this one.
                head("tests.example/other", log_key()),
                ours.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 3), 1),
                // True, and no proof of anything.
                ours,
            ] {
                let witness = liar(size + 3, shown.clone()).await;
                let fresh = super::collecting::reopened(&ledger).await;
                ask(&fresh, &witness.url);
                fresh.app.compare_with_witnesses(WITHIN).await;
                let answers = fresh.app.collect_cosignatures().await;
                assert!(answers[0].1.as_ref().is_err_and(CosigningError::accuses), "{shown:.60}");
                assert_eq!(fresh.app.mode(), Mode::Signing, "{shown:.60}");
            }
            // Nobody there, and somebody who never answers.
            let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let silent = format!("http://{}", silent.local_addr().unwrap());
            for url in ["http://127.0.0.1:1", &silent] {
                let fresh = super::collecting::reopened(&ledger).await;
                ask(&fresh, url);
                let held = fresh.app.compare_with_witnesses(Duration::from_millis(1)).await;
                assert!(held[0].1.is_err(), "{url}");
                assert_eq!(fresh.app.mode(), Mode::Signing);
            }
        }
    });
}
