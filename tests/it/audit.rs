//! The audit names what was tampered with: one random byte in each column of each table, on both databases.

use liandan::app::audit::{self, Against, AuditError, Held};
use liandan::clock::Timestamp;
use liandan::custody::{Event, Statement};
use liandan::exchange::document::Attested;
use liandan::exchange::us_lines;
use liandan::id::ActId;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::note::NoteKey;
use liandan::ledger::policy::Policy;
use liandan::ledger::{Digest, Envelope, EventId, Typ};
use liandan::registry::standing::{Alias, Party};
use liandan::registry::{PartyKind, Role};
use liandan::scenario::{DEMO_WEEK, Script, World};
use liandan::shape::{List, Text};
use liandan::store::cosignature::{self, StoredCosignature};
use liandan::store::derived::TABLES;
use liandan::store::log;
use liandan::store::{ConnectOptions, Store};

use crate::api::server::sign_script;
use crate::scenarios::all_scripts;
use crate::support::ledger::{Database, Folder, LOG, Ledger, block_on, databases, fresh_store, settings};
use crate::support::random::Random;
use crate::support::tamper;
use crate::witness::support::cosigner;

/// One seed flips one byte in every column.
const SEEDS: u64 = 50;

/// Every column of every log table. An index that a flip turns into another existing one would be a swap, not a flip, and the
/// key refuses it.
const COLUMNS: &[(&str, &str)] = &[
    ("log_head", "origin"),
    ("log_head", "size"),
    ("log_head", "root"),
    ("log_head", "recorded_at_ms"),
    ("log_entry", "idx"),
    ("log_entry", "event_id"),
    ("log_entry", "leaf_kind"),
    ("log_entry", "leaf"),
    ("log_entry", "jws"),
    ("log_entry", "salt"),
    ("log_entry", "recorded_at_ms"),
    ("log_entry", "skew_ms"),
    ("event_key", "event_id"),
    ("event_key", "idx"),
    ("act_key", "party"),
    ("act_key", "act"),
    ("act_key", "first_event_id"),
    ("tile", "level"),
    ("tile", "idx"),
    ("tile", "root"),
    ("tile", "hashes"),
    ("checkpoint", "size"),
    ("checkpoint", "root"),
    ("checkpoint", "note"),
    ("cosignature", "name"),
    ("cosignature", "key_id"),
    ("cosignature", "size"),
    ("cosignature", "line"),
    ("cosignature", "at_s"),
];

/// Columns that only a witness's key can judge: the signature in the line, and which head it is of.
const JUDGED_BY_KEYS: [&str; 2] = ["size", "line"];

async fn week(database: &Database) -> Store {
    let ledger = Ledger::found(&database.url).await;
    let played = Script::parse("week", DEMO_WEEK).unwrap().play(World::embedded(), LOG).unwrap();
    // As much of the week as makes a full tile.
    for act in played.acts.iter().take(172) {
        drop(ledger.send(act).await);
    }
    cosign(&ledger).await;
    ledger.store.clone()
}

/// Two witnesses cosigned some of the heads.
async fn cosign(ledger: &Ledger) {
    let mut tx = ledger.store.write().await.unwrap();
    for head in log::checkpoints_after(&mut tx, 0, 1_000).await.unwrap().iter().step_by(7) {
        let (text, _) = head.note.split_once("\n\n").unwrap();
        for witness in [cosigner(1), cosigner(2)] {
            let (key, at_s) = (witness.verifier(), 1_772_414_400 + head.size);
            let line = witness.cosign(&format!("{text}\n"), at_s).unwrap();
            let (name, key_id) = (key.name.clone(), key.key_id());
            let stored = StoredCosignature { name, key_id, size: head.size, line, at_s };
            cosignature::save(&mut tx, &stored).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

/// The keys of both.
fn policy() -> Policy {
    let line = |n: u8| format!("witness W{n} {}\n", cosigner(n).verifier().to_vkey());
    Policy::parse(&format!("{}{}quorum none\n", line(1), line(2))).unwrap()
}

#[test]
fn an_untouched_log_is_whole() {
    for database in databases() {
        block_on(async {
            let store = week(&database).await;
            let audited = audit::verify(&store, Against::itself(), |_, _| {}).await.unwrap();
            assert!(audited.entries > 256 && audited.tiles >= 1 && audited.checkpoints > 10, "{audited:?}");
            assert!(audited.cosignatures > 10 && audited.verified_cosignatures == 0, "{audited:?}");
            let audited =
                audit::verify(&store, Against { policy: Some(&policy()), ..Against::itself() }, |_, _| {})
                    .await
                    .unwrap();
            assert_eq!(audited.verified_cosignatures, audited.cosignatures);
        });
    }
}

/// The last entries cut off so well that what is left is a whole log by itself: only who holds a later head can tell.
#[test]
fn an_end_that_was_cut_off_is_told_by_the_heads_that_others_hold() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "08:00 acme opens L1 900-041-49 1 kg\n08:10 acme opens L2 900-041-49 1 kg\n=====\n",
            );
            ledger.send(&played.acts[0]).await.unwrap();
            let early = ledger.app.checkpoint().await.unwrap().unwrap();
            let clock = ledger.clock.clone();
            ledger.close().await;
            let cut = database.copy();

            let ledger = Ledger::open(settings(database.connect().await, clock, None)).await.unwrap();
            ledger.send(&played.acts[1]).await.unwrap();
            let late = ledger.app.checkpoint().await.unwrap().unwrap();
            let verifier = ledger.app.verifier();
            let head = Checkpoint::open(&late, &verifier).unwrap();
            let forked = Checkpoint { root: Digest([7; 32]), ..Checkpoint::open(&early, &verifier).unwrap() };
            let size = forked.size;

            let store = cut.connect().await;
            let against = async |held: Vec<Held>| {
                let result = audit::verify(&store, Against { held, ..Against::itself() }, |_, _| {}).await;
                result.map(|audited| audited.held).map_err(|error| error.to_string())
            };
            assert_eq!(against(vec![]).await, Ok(0));
            assert_eq!(against(vec![Held::Signed(early.clone())]).await, Ok(1));
            let missing = |by: &str| {
                format!("log_entry at {size}: entries {size} to {size} are missing: {by} has them")
            };
            assert_eq!(
                against(vec![Held::Signed(late), Held::Signed(early)]).await,
                Err(missing("the checkpoint held"))
            );
            assert_eq!(against(vec![Held::Mark(head)]).await, Err(missing("the mark")));
            let other_root = against(vec![Held::Mark(forked)]).await.unwrap_err();
            assert!(other_root.contains("another root"), "{other_root}");
            let foreign = against(vec![Held::Signed("nothing\n".to_owned())]).await.unwrap_err();
            assert!(foreign.contains("not this log's"), "{foreign}");
        });
    }
}

#[test]
fn entries_taken_away_or_swapped_are_named() {
    for database in databases() {
        block_on(async {
            week(&database).await.close().await;
            let mut tamper = tamper::Tamper::open(&database.url).await;
            tamper.drop_triggers().await;
            let named = async || match verify(&database.url).await {
                Err(AuditError::Broken(broken)) => broken.place,
                other => panic!("{other:?}"),
            };
            tamper.swap_entries(40, 41).await;
            assert_eq!(named().await, "40");
            tamper.swap_entries(40, 41).await;
            verify(&database.url).await.unwrap();
            tamper.delete_entry(100).await;
            assert_eq!(named().await, "100");
        });
    }
}

#[test]
fn one_flipped_byte_in_any_column_is_named_sqlite() {
    flip_everywhere(|mut databases| Some(databases.remove(0)));
}

#[test]
fn one_flipped_byte_in_any_column_is_named_postgres() {
    flip_everywhere(|mut databases| databases.pop().filter(|_| !databases.is_empty()));
}

fn flip_everywhere(choose: fn(Vec<Database>) -> Option<Database>) {
    let Some(database) = choose(databases()) else { return };
    let mut missed = Vec::new();
    block_on(async {
        let store = week(&database).await;
        store.close().await;
        let mut tamper = tamper::Tamper::open(&database.url).await;
        tamper.drop_triggers().await;
        for seed in 0..SEEDS {
            let mut random = Random::new(seed);
            for (table, column) in COLUMNS {
                let Some(flip) = tamper.flip(table, column, &mut random).await else { continue };
                let named = verify_with(&database.url, None, Some(&policy())).await;
                if *table == "cosignature" && !JUDGED_BY_KEYS.contains(column) {
                    assert!(verify(&database.url).await.is_err(), "{} needs no key", flip.place());
                }
                flip.undo(&mut tamper).await;
                match named {
                    Ok(()) => {
                        missed.push(format!("seed {seed}: {table}.{column} of {}: not noticed", flip.place()))
                    }
                    Err(AuditError::Broken(broken)) if flip.is_named_by(&broken) => {}
                    Err(other) => {
                        missed.push(format!("seed {seed}: {table}.{column} of {}: {other}", flip.place()))
                    }
                }
            }
        }
        verify(&database.url).await.unwrap();
    });
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed[..missed.len().min(40)].join("\n"));
}

async fn verify(url: &str) -> Result<(), AuditError> {
    verify_with(url, None, None).await
}

async fn verify_with(url: &str, second: Option<&Store>, policy: Option<&Policy>) -> Result<(), AuditError> {
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let store = Store::connect(url, &options).await.unwrap();
    let result =
        audit::verify(&store, Against { second, policy, ..Against::itself() }, |_, _| {}).await.map(|_| ());
    store.close().await;
    result
}

#[test]
fn one_flipped_byte_in_what_is_computed_is_named_sqlite() {
    flip_what_is_computed(|mut databases| Some(databases.remove(0)));
}

#[test]
fn one_flipped_byte_in_what_is_computed_is_named_postgres() {
    flip_what_is_computed(|mut databases| databases.pop().filter(|_| !databases.is_empty()));
}

/// The second folding stays from one audit to the next, so that each only walks the log and compares.
fn flip_what_is_computed(choose: fn(Vec<Database>) -> Option<Database>) {
    let Some(database) = choose(databases()) else { return };
    let folder = Folder::new();
    let (mut missed, mut refused) = (Vec::new(), Vec::new());
    block_on(async {
        ledger_with_every_table(&database).await;
        let second = fresh_store(&folder, "second").await;
        verify_with(&database.url, Some(&second), None).await.unwrap();
        let mut tamper = tamper::Tamper::open(&database.url).await;
        let columns =
            TABLES.iter().flat_map(|table| table.columns.iter().map(|(column, _)| (table.name, *column)));
        for (n, (table, column)) in (0..).zip(columns) {
            let Some(flip) = tamper.flip(table, column, &mut Random::new(n)).await else {
                refused.push(format!("{table}.{column}"));
                continue;
            };
            let named = verify_with(&database.url, Some(&second), None).await;
            flip.undo(&mut tamper).await;
            match named {
                Err(AuditError::Broken(broken)) if flip.is_named_by(&broken) => {}
                other => missed.push(format!("{table}.{column} of {}: {other:?}", flip.place())),
            }
        }
        verify_with(&database.url, Some(&second), None).await.unwrap();
        // From the last table on, so that the table just robbed is the first that differs.
        for table in TABLES.iter().rev() {
            assert!(tamper.drop_row(table.name).await, "{} has no row", table.name);
            match verify_with(&database.url, Some(&second), None).await {
                Err(AuditError::Broken(broken)) if broken.table == table.name => {}
                other => missed.push(format!("a row of {} is gone: {other:?}", table.name)),
            }
        }
    });
    // Words that the schema knows; any other is refused before it is stored.
    assert_eq!(
        refused,
        [
            "paper.kind",
            "declaration.period",
            "declaration.state",
            "word.stance",
            "correction.stage",
            "stock_bucket.grain",
            "register_row.register",
            "finding_answer.stage",
            "finding_answer.undecided",
            "finding_answer.quoted_severity",
            "case_file.stage",
            "finding.life"
        ]
    );
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Scripts that together leave rows in every derived table.
const SCRIPTS: [&str; 23] = [
    "case",
    "corrected-by-order",
    "count-with-cause",
    "declaration-returned",
    "finding-answered",
    "follow-up",
    "follow-up-from-the-gate",
    "imported-unsigned",
    "in-transit-overdue",
    "incident-on-the-way",
    "interprovincial",
    "key-disavowed",
    "key-revoked",
    "key-rotated",
    "label-reused",
    "mandate",
    "mass-bias",
    "milk-run",
    "papers",
    "number-bound",
    "part-treatment",
    "permit-back-dated",
    "site-closed",
];

/// Enough events that every derived table has rows.
async fn ledger_with_every_table(database: &Database) {
    let ledger = Ledger::found(&database.url).await;
    let mut acts = Vec::new();
    for (name, text) in all_scripts() {
        if SCRIPTS.contains(&&*name) {
            acts.extend(Script::parse(&name, &text).unwrap().play(World::embedded(), LOG).unwrap().acts);
        }
    }
    // One fact stays away: who names it waits for it.
    let named: Vec<EventId> =
        acts.iter().flat_map(|act| Event::parse(act.envelope.payload()).unwrap().prev.to_vec()).collect();
    let away = acts.iter().position(|act| act.is_fact && named.contains(&act.envelope.event_id())).unwrap();
    acts.remove(away);
    for act in &acts {
        drop(ledger.send(act).await);
    }
    ledger.app.submit(&us_document(), None).await.unwrap();
    ledger.app.submit(&known_elsewhere(ledger.app.clock().now()), None).await.unwrap();
    ledger.store.close().await;
}

/// What another system calls a treatment plant.
fn known_elsewhere(at: Timestamp) -> Vec<u8> {
    let (phoenix, bureau) = (World::embedded().party("phoenix").unwrap(), World::embedded().authority());
    let alias = Alias { system: Text::new("epa-id").unwrap(), value: Text::new("VAD000000001").unwrap() };
    let event = Event {
        log: Text::new(LOG).unwrap(),
        act: ActId::from_uuid("01890a5d-ac96-774b-bcce-b302099a8059".parse().unwrap()),
        party: bureau.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement: Statement::PartyUpdated(Party {
            party: phoenix.uscc,
            name: phoenix.zh.clone(),
            name_en: None,
            kinds: List::new(vec![PartyKind::Operator]).unwrap(),
            division: bureau.division,
            aliases: List::new(vec![alias]).unwrap(),
        }),
    };
    let key = World::embedded().key(&bureau.label, Role::Officer);
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key).compact().as_bytes().to_vec()
}

/// A document with lines whose figures are kept, attested by a treatment plant.
fn us_document() -> Vec<u8> {
    let line = "012345678ELC,1,WASTE PAINT,1,DM,200,P,D001,,,,,,H141";
    let reading = us_lines::read(format!("{}\n{line}\n", us_lines::COLUMNS.join(",")).as_bytes()).unwrap();
    let importer = World::embedded().party("phoenix").unwrap();
    let event = Event {
        log: Text::new(LOG).unwrap(),
        act: reading.documents[0].act(&importer.uscc),
        party: importer.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: reading.documents[0].occurred_at(),
        place: None,
        statement: Statement::DocumentImported(reading.documents[0].payload(&importer.uscc)),
    };
    let key = World::embedded().key("phoenix", importer.roles()[0]);
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key).compact().as_bytes().to_vec()
}
