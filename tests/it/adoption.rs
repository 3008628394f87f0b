//! An adopted profile applies from its entry on, a dry run says what it would change, and every folding agrees.

use liandan::app::audit::{self, Against};
use liandan::app::{rebuild, trial};
use liandan::catalogue::Profile;
use liandan::clock::Timestamp;
use liandan::custody::Statement;
use liandan::custody::books::Rulebook;
use liandan::ledger::Digest;
use liandan::registry::standing::ProfileAdopted;
use liandan::scenario::{Script, Scripted, World};
use liandan::shape::Text;
use liandan::store::{Sql, Store, params};

use crate::stock::signed;
use crate::support::ledger::{Folder, LOG, Ledger, block_on, databases, fresh_store, open_per_rule as open};

const CN: &str = include_str!("../../seeds/jurisdictions/cn.toml");

/// The profile of the program with other words in it.
fn with(changes: &[(&str, &str)]) -> Text<60_000> {
    let changed = changes.iter().fold(CN.trim().to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    Text::new(changed).unwrap()
}

/// Twice the tolerance for bulk: 1 % of what was shipped.
fn lenient() -> Text<60_000> {
    with(&[("version = 1", "version = 2"), ("bulk_permille = 5", "bulk_permille = 10")])
}

/// Ten tonnes are shipped on a day and come out 60 kg lighter.
fn load(day: &str) -> Vec<Scripted> {
    let text = format!(
        "day {day}
08:00  acme     opens      900-041-49 10 t
09:00  acme     registers  M1  900-041-49 10 t  acme > badger > phoenix
09:20  acme     hands      M1  to badger
11:00  badger   hands      M1  to phoenix
11:30  phoenix  receives   M1  9940 kg
=====
"
    );
    Script::parse(day, &text).unwrap().play(World::embedded(), LOG).unwrap().acts
}

async fn adopt(ledger: &Ledger, at: &str, n: u8, adopted: ProfileAdopted) -> Result<(), String> {
    let at: Timestamp = at.parse().unwrap();
    ledger.clock.set(at);
    let envelope = signed("bureau", at, n, Statement::ProfileAdopted(adopted));
    match ledger.app.submit(&envelope, None).await {
        Ok(_) => Ok(()),
        Err(liandan::app::SubmitError::Refused(refusal)) => {
            Err(refusal.errors.iter().map(|error| error.code.clone()).collect::<Vec<_>>().join(","))
        }
        Err(other) => panic!("{other}"),
    }
}

fn found(times: usize) -> Vec<(String, usize)> {
    vec![("discrepancy-undeclared".to_owned(), times), ("mass-discrepancy".to_owned(), times)]
}

#[test]
fn a_threshold_applies_from_its_adoption_on_and_every_folding_agrees() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            for act in load("2026-03-02") {
                ledger.send(&act).await.unwrap();
            }
            assert_eq!(open(&ledger.store).await, found(1));
            let lenient = Rulebook::pinning_text(&lenient()).unwrap().1;
            adopt(&ledger, "2026-03-02T18:00:00+08:00", 1, lenient).await.unwrap();
            assert_eq!(ledger.app.rulebook().profile.version(), 2);
            for act in load("2026-03-03") {
                ledger.send(&act).await.unwrap();
            }
            assert_eq!(
                open(&ledger.store).await,
                found(1),
                "what was found stays, what came later is within"
            );
            for page in [1, 1000] {
                let second = fresh_store(&folder, &format!("second-{page}")).await;
                let against = Against { page, ..Against::second(&second) };
                audit::verify(&ledger.store, against, |_, _| {}).await.unwrap();
                second.close().await;
            }
            let store = ledger.store.clone();
            drop(ledger.app);
            rebuild::rebuild(&store, 7, |_, _| {}).await.unwrap();
            assert_eq!(open(&store).await, found(1));
            store.close().await;
        });
    }
}

#[test]
fn a_dry_run_says_what_would_change_and_keeps_nothing() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            for act in load("2026-03-02") {
                ledger.send(&act).await.unwrap();
            }
            let store = ledger.store.clone();
            drop(ledger.app);
            let tried =
                trial::profile(&store, Profile::adopted(&lenient()).unwrap(), |_, _| {}).await.unwrap();
            let mut closed: Vec<&str> = tried.closed.iter().map(|seen| seen.rule.as_str()).collect();
            closed.sort_unstable();
            assert_eq!(closed, ["discrepancy-undeclared", "mass-discrepancy"]);
            assert!(tried.opened.is_empty() && tried.changed.is_empty(), "{tried:?}");
            let off = with(&[("[rules.mass-discrepancy]", "[rules.mass-discrepancy]\noff = true")]);
            let tried = trial::profile(&store, Profile::adopted(&off).unwrap(), |_, _| {}).await.unwrap();
            assert_eq!(tried.closed.len(), 1, "{tried:?}");
            assert_eq!(open(&store).await, found(1));
            store.close().await;
        });
    }
}

#[test]
fn what_was_added_under_one_profile_is_taken_out_under_the_next() {
    const TAKEN_BACK: &str = "
        08:00  acme     opens      900-041-49 10 t
        09:00  acme     registers  M1  900-041-49 10 t  acme > badger > phoenix
        09:20  acme     hands      M1  to badger
        11:00  badger   hands      M1  to phoenix
        11:30  phoenix  receives   M1  9960 kg  #r1
        11:50  bureau   revokes    key of phoenix suspected from #r1
        11:51  bureau   enrols     key of phoenix
        13:00  phoenix  disavows   #r1  \"other waste\"
    ";
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let acts = Script::parse("back", TAKEN_BACK).unwrap().play(World::embedded(), LOG).unwrap().acts;
            let (last, first) = acts.split_last().unwrap();
            for act in first {
                ledger.send(act).await.unwrap();
            }
            assert!(totals(&ledger.store).await.contains("-40000"), "40 kg short, within the tolerance");
            let strict = with(&[
                ("version = 1", "version = 2"),
                ("bulk_floor_g = 40000", "bulk_floor_g = 0"),
                ("bulk_permille = 5", "bulk_permille = 0"),
            ]);
            let strict = Rulebook::pinning_text(&strict).unwrap().1;
            adopt(&ledger, "2026-03-02T12:00:00+08:00", 1, strict).await.unwrap();
            ledger.send(last).await.unwrap();
            assert!(!totals(&ledger.store).await.contains("-40000"), "what is no longer said adds nothing");
            let second = fresh_store(&folder, "second").await;
            audit::verify(&ledger.store, Against::second(&second), |_, _| {}).await.unwrap();
            second.close().await;
            ledger.close().await;
        });
    }
}

/// The running totals, as they are stored, unpacked.
async fn totals(store: &Store) -> String {
    const SQL: Sql = Sql::both("select snapshot from tally");
    let mut tx = store.read().await.unwrap();
    let rows = tx.fetch_all(&SQL, params![]).await.unwrap();
    let unpacked = |packed: Vec<u8>| lz4_flex::block::decompress_size_prepended(&packed).unwrap();
    rows.iter().map(|row| String::from_utf8(unpacked(row.blob("snapshot").unwrap())).unwrap()).collect()
}

#[test]
fn what_cannot_come_into_force_is_refused() {
    let database = databases().remove(0);
    block_on(async {
        let ledger = Ledger::found(&database.url).await;
        let pinned = |text: &Text<60_000>| Rulebook::pinning_text(text).unwrap().1;
        let good = pinned(&lenient());
        let elsewhere =
            with(&[("version = 1", "version = 2"), ("utc_offset = \"+08:00\"", "utc_offset = \"+09:00\"")]);
        let wrong_digest = {
            let mut adopted = good.clone();
            adopted.profile.sha256 = Digest([7; 32]);
            adopted
        };
        let unreadable = ProfileAdopted { text: Some(Text::new("id = \"cn\"").unwrap()), ..good.clone() };
        let bare = ProfileAdopted { text: None, ..good.clone() };
        for (n, (adopted, code)) in (1..).zip([
            (pinned(&with(&[("bulk_permille = 5", "bulk_permille = 10")])), "profile-not-newer"),
            (pinned(&elsewhere), "profile-elsewhere"),
            (wrong_digest, "profile-unknown"),
            (unreadable, "profile-unreadable"),
            (bare, "profile-unknown"),
        ]) {
            assert_eq!(adopt(&ledger, "2026-03-02T18:00:00+08:00", n, adopted).await, Err(code.to_owned()));
        }
        assert_eq!(ledger.app.rulebook().profile.version(), 1);
        adopt(&ledger, "2026-03-02T18:00:00+08:00", 9, good).await.unwrap();
        ledger.close().await;
    });
}
