//! Erasure: what must go goes, and everything else stays provable, foldable and as it was.

use std::collections::{BTreeMap, BTreeSet};

use liandan::app::access::Viewer;
use liandan::app::audit::{self, Against, AuditError};
use liandan::app::steps::{Side, Step};
use liandan::app::{Receipt, Settings, SubmitError, backup, rebuild};
use liandan::clock::{Clock, Timestamp};
use liandan::custody::payload::oversight::ErasureNoticed;
use liandan::custody::residue::Residue;
use liandan::custody::{Class, Event, Statement, Subject, Verdict};
use liandan::id::{ActId, ManifestId};
use liandan::ledger::merkle::{leaf_hash, verify_inclusion};
use liandan::ledger::{Envelope, Typ};
use liandan::registry::Role;
use liandan::scenario::{PICTURES, Scripted, World, picture};
use liandan::shape::{List, Text};
use liandan::store::log::Entry;
use liandan::store::{Store, books, derived, finding, log, outbox, residue, timeline};

use crate::api::server::sign_script;
use crate::crash::FailAt;
use crate::replay::{empty, is_refolded, played};
use crate::support::ledger::{Database, Folder, LOG, Ledger, block_on, databases, log_key, settings};
use crate::support::tamper::Tamper;

/// Two manifests of one load, so that lots of the one are moved by the other; the rest of M2 is treated.
const TWO: &str = "
    08:00  acme     opens      L1  900-041-49 2400 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:05  acme     registers  M2  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift  from L1 1200 kg  #k1
    09:30  acme     hands      M2  to swift  from L1 1200 kg
    11:05  swift    hands      M1  to phoenix
    11:15  swift    hands      M2  to phoenix
    11:30  phoenix  receives   M1  1100 kg
    11:40  phoenix  receives   M2  all
    =====
";

/// Long after the retention of everything that was recorded before.
fn later() -> Timestamp {
    "2038-03-01T08:00:00+08:00".parse().unwrap()
}

async fn entries(store: &Store) -> Vec<Entry> {
    log::entries(&mut store.read().await.unwrap(), 0, 1_000_000).await.unwrap()
}

fn event_of(entry: &Entry) -> Option<Event> {
    let envelope = Envelope::parse(entry.jws.as_ref()?.as_bytes(), Typ::Event).unwrap();
    Some(Event::parse(envelope.payload()).unwrap())
}

/// The log indexes of each manifest.
pub(crate) async fn manifests(store: &Store) -> BTreeMap<ManifestId, BTreeSet<u64>> {
    let mut manifests: BTreeMap<ManifestId, BTreeSet<u64>> = BTreeMap::new();
    for entry in entries(store).await {
        if let Some(manifest) = event_of(&entry).and_then(|event| event.manifest()) {
            manifests.entry(manifest).or_default().insert(entry.index);
        }
    }
    manifests
}

/// A notice of the bureau's officer.
pub(crate) fn notice(indexes: impl IntoIterator<Item = u64>, act: u8, at: Timestamp) -> String {
    let bureau = World::embedded().authority();
    let indexes = List::new(indexes.into_iter().collect()).unwrap();
    let event = Event {
        log: Text::new(LOG).unwrap(),
        act: ActId::from_uuid(format!("01890a5d-ac96-774b-bcce-b302099a80{act:02x}").parse().unwrap()),
        party: bureau.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement: Statement::ErasureNoticed(ErasureNoticed {
            indexes,
            basis: Text::new("保存期满").unwrap(),
        }),
    };
    let key = World::embedded().key(&bureau.label, Role::Officer);
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key).into_compact()
}

/// Send an upload; the receipt, or the codes and pointers it is refused with.
pub(crate) async fn send(ledger: &Ledger, bytes: &str) -> Result<Receipt, Vec<(String, String)>> {
    match ledger.app.submit(bytes.as_bytes(), None).await {
        Ok(submitted) => Ok(submitted.receipt),
        Err(SubmitError::Refused(refusal)) => {
            Err(refusal.errors.into_iter().map(|error| (error.code, error.pointer)).collect())
        }
        Err(other) => panic!("{other}"),
    }
}

async fn play(ledger: &Ledger, script: &str) -> (Vec<Scripted>, ManifestId, ManifestId) {
    let played = sign_script(script);
    for act in &played.acts {
        ledger.send(act).await.unwrap();
    }
    let id = |label| played.names.manifest(label).unwrap();
    let (one, other) = (id("M1"), id("M2"));
    (played.acts, one, other)
}

/// A ledger with two manifests, the first of which was erased; the notice and its receipt.
async fn erased(database: &Database) -> (Ledger, Vec<Scripted>, ManifestId, BTreeSet<u64>, String, Receipt) {
    let ledger = Ledger::found(&database.url).await;
    let (acts, manifest, _) = play(&ledger, TWO).await;
    let indexes = manifests(&ledger.store).await[&manifest].clone();
    ledger.pass_time(later()).await;
    let notice = notice(indexes.iter().copied(), 1, later());
    let receipt = send(&ledger, &notice).await.unwrap();
    (ledger, acts, manifest, indexes, notice, receipt)
}

#[test]
fn content_goes_and_everything_else_stays() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let (acts, manifest, other) = play(&ledger, TWO).await;
            ledger.pass_time(later()).await;
            let before = entries(&ledger.store).await;
            let mut tx = ledger.store.read().await.unwrap();
            let lots = derived_lots(&mut tx, &before).await;
            let shelf = books::manifest(&mut tx, manifest).await.unwrap().unwrap();
            let found = finding::of_subject(&mut tx, &Subject::Manifest(manifest)).await.unwrap();
            drop(tx);
            let indexes = manifests(&ledger.store).await[&manifest].clone();
            let notice = notice(indexes.iter().copied(), 1, later());
            let receipt = send(&ledger, &notice).await.unwrap();
            assert_eq!((receipt.verdict, receipt.index), (Verdict::Counts, before.len() as u64));
            for (before, now) in before.iter().zip(entries(&ledger.store).await) {
                let is_named = indexes.contains(&before.index);
                assert_eq!((now.jws.is_none(), now.salt.is_none()), (is_named, is_named));
                assert_eq!(Entry { jws: before.jws.clone(), salt: before.salt, ..now }, *before);
            }
            let mut tx = ledger.store.read().await.unwrap();
            assert_eq!(derived_lots(&mut tx, &before).await, lots, "no gram moved");
            let left = books::manifest(&mut tx, manifest).await.unwrap().unwrap();
            assert_eq!((&left.label, left.state.status()), (&shelf.label, shelf.state.status()));
            assert!(left.state.lines.is_empty() && left.state.registration.is_none());
            let kept = finding::of_subject(&mut tx, &Subject::Manifest(manifest)).await.unwrap();
            assert!(!found.is_empty());
            assert_eq!(
                kept.iter().map(|row| (row.id, row.life)).collect::<Vec<_>>(),
                found.iter().map(|row| (row.id, row.life)).collect::<Vec<_>>()
            );
            assert!(kept.iter().all(|row| row.seen.figures.0.is_empty() && row.seen.evidence.is_empty()));
            drop(tx);
            nothing_is_left(&ledger, &acts, manifest).await;
            // What is proved of others, and of the place of the erased ones, is proved on.
            let officer = officer();
            for entry in &before {
                let proof = ledger.app.event_proof(&officer, entry.event_id).await.unwrap();
                if event_of(entry).unwrap().manifest().is_some() {
                    assert_eq!(proof.is_none(), indexes.contains(&entry.index));
                }
                let receipt = ledger.app.receipt(&officer, entry.event_id).await.unwrap();
                if let Some(inclusion) = receipt.and_then(|receipt| receipt.inclusion) {
                    let mut tx = ledger.store.read().await.unwrap();
                    let signed = log::checkpoint_of_size(&mut tx, inclusion.size).await.unwrap();
                    let root = signed.unwrap().root;
                    let leaf = leaf_hash(&entry.leaf);
                    verify_inclusion(entry.index, inclusion.size, &leaf, &inclusion.hashes, &root).unwrap();
                }
            }
            for id in [manifest, other] {
                let bundle = ledger.app.manifest_bundle(&officer, id).await.unwrap().unwrap();
                assert_eq!(bundle.contains("\"erased\":true"), id == manifest);
                ledger.app.chain(&officer, id, 0, 100).await.unwrap().unwrap();
            }
            is_whole(&ledger, &folder).await;
        });
    }
}

/// Snapshot and postings of every lot.
async fn derived_lots(tx: &mut liandan::store::ReadTx, entries: &[Entry]) -> Vec<String> {
    let mut lots: BTreeSet<_> = BTreeSet::new();
    for event in entries.iter().filter_map(event_of) {
        lots.extend(event.lots());
    }
    let mut shown = Vec::new();
    for lot in lots {
        let shelf = books::lot(tx, lot).await.unwrap();
        let postings = timeline::postings_of(tx, lot, -1, 1_000).await.unwrap();
        shown.push(format!("{lot}: {} {postings:?}", serde_json::to_string(&shelf).unwrap()));
    }
    shown
}

/// No table holds a word of the erased statements: neither their bytes nor what was folded from them.
async fn nothing_is_left(ledger: &Ledger, acts: &[Scripted], manifest: ManifestId) {
    let mut file = Vec::new();
    backup::write(&ledger.store, &mut file, |_, _| {}).await.unwrap();
    let file = String::from_utf8(file).unwrap();
    for act in acts {
        let event = Event::parse(act.envelope.payload()).unwrap();
        assert_eq!(file.contains(act.envelope.compact()), event.manifest() != Some(manifest));
    }
    let mut tx = ledger.store.read().await.unwrap();
    let told = outbox::all(&mut tx, 0, 100_000).await.unwrap();
    assert!(!told.is_empty());
    assert!(told.iter().all(|told| told.message.subject != manifest.to_string()));
    let shelf = books::manifest(&mut tx, manifest).await.unwrap().unwrap();
    let snapshot = serde_json::to_string(&shelf).unwrap();
    assert!(!snapshot.contains("planned") && !snapshot.contains("vehicle"), "{snapshot}");
}

fn officer() -> Viewer {
    let bureau = World::embedded().authority();
    let kid = World::embedded().key(&bureau.label, Role::Officer).kid();
    Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid }
}

/// What an erased event alone named goes with it; what another event names too stays, and what others keep of the same bytes is theirs.
#[test]
fn a_file_goes_with_the_event_that_alone_named_it() {
    let once = databases().into_iter().map(|database| (false, database));
    for (is_named_twice, database) in once.chain(databases().into_iter().map(|database| (true, database))) {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let mut lines =
                "    11:50 swift reports M1 \"a drum fell\" with picture weighbridge\n".to_owned();
            if is_named_twice {
                lines.push_str("    11:55 swift reports M2 \"another fell\" with picture weighbridge\n");
            }
            let (_, manifest, _) =
                play(&ledger, &TWO.replace("    =====", &format!("{lines}    ====="))).await;
            let viewer = |label: &str| {
                let (party, role) = (World::embedded().party(label).unwrap().uscc, Role::Operator);
                Viewer::Party { party, role, kid: World::embedded().key(label, role).kid() }
            };
            ledger.pass_time(later()).await;
            for label in ["swift", "ruby"] {
                ledger.app.keep_attachment(&viewer(label), PICTURES[0].1.to_vec()).await.unwrap();
            }
            let digest = picture("weighbridge").unwrap();
            let file = async |label: &str| {
                ledger.app.attachment(&viewer(label), digest, None).await.unwrap().is_some()
            };
            assert!(file("swift").await && file("phoenix").await && file("ruby").await);
            let indexes = manifests(&ledger.store).await[&manifest].clone();
            send(&ledger, &notice(indexes.iter().copied(), 1, later())).await.unwrap();
            assert_eq!(file("swift").await, is_named_twice);
            assert_eq!(file("phoenix").await, is_named_twice);
            assert!(file("ruby").await, "nobody named it for ruby");
            is_whole(&ledger, &folder).await;
            ledger.store.close().await;
        });
    }
}

/// The audit passes, in pages of several sizes; rebuilding gives the same rows; and so does restoring a backup, on either
/// database.
async fn is_whole(ledger: &Ledger, folder: &Folder) {
    for page in [1_000, 3, 1] {
        refolds(&ledger.store, folder, page)
            .await
            .unwrap_or_else(|error| panic!("in pages of {page}: {error}"));
    }
    rebuild::rebuild(&ledger.store, 7, |_, _| {}).await.unwrap();
    refolds(&ledger.store, folder, 1_000).await.unwrap();
    let mut file = Vec::new();
    backup::write(&ledger.store, &mut file, |_, _| {}).await.unwrap();
    for target in databases() {
        let restored = empty(&target.url).await;
        backup::restore(&restored, &file[..], |_, _| {}).await.unwrap();
        let (mut one, mut other) = (ledger.store.read().await.unwrap(), restored.read().await.unwrap());
        assert_eq!(derived::first_difference(&mut one, &mut other).await.unwrap(), None);
        let mut again = Vec::new();
        backup::write(&restored, &mut again, |_, _| {}).await.unwrap();
        assert!(again == file, "a backup of what was restored is the same file");
    }
}

async fn refolds(store: &Store, folder: &Folder, page: u64) -> Result<(), AuditError> {
    let second = crate::support::ledger::fresh_store(folder, &format!("second-{page}")).await;
    let audited = audit::verify(store, Against::second(&second), |_, _| {}).await;
    second.close().await;
    std::fs::remove_dir_all(folder.path()).unwrap();
    std::fs::create_dir_all(folder.path()).unwrap();
    audited.map(drop)
}

/// Manifests of every sort, one after the other: what may not be erased is refused, what may leaves the same rows as folding
/// the log again.
#[test]
fn whatever_was_erased_the_log_folds_to_the_same_rows() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = played(&database, 12, 5).await;
            ledger.pass_time(later()).await;
            let (mut taken, mut refused) = (0, BTreeSet::new());
            let all = manifests(&ledger.store).await;
            for (n, indexes) in all.into_values().enumerate().filter(|(n, _)| n % 3 != 0) {
                let act = u8::try_from(n % 256).unwrap();
                match send(&ledger, &notice(indexes, act, later())).await {
                    Ok(receipt) => {
                        assert_eq!(receipt.verdict, Verdict::Counts);
                        taken += 1;
                    }
                    Err(codes) => refused.extend(codes.into_iter().map(|(code, _)| code)),
                }
            }
            assert!(taken > 5 && refused.contains("manifest-open"), "{taken}, {refused:?}");
            is_refolded(&ledger.store, &folder, 1_000).await.unwrap();
            is_refolded(&ledger.store, &folder, 9).await.unwrap();
            rebuild::rebuild(&ledger.store, 50, |_, _| {}).await.unwrap();
            is_refolded(&ledger.store, &folder, 100).await.unwrap();
        });
    }
}

#[test]
fn a_notice_that_does_not_hold_is_refused_with_every_reason() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let (acts, manifest, other) = play(&ledger, TWO).await;
            let all = manifests(&ledger.store).await;
            let (whole, other) = (all[&manifest].clone(), all[&other].clone());
            let (first, last) = (*whole.first().unwrap(), *whole.last().unwrap());
            let code = |code: &str, n: usize| (code.to_owned(), format!("/data/indexes/{n}"));
            let next = acts.last().unwrap().recorded_at.plus_hours(1);
            ledger.clock.set(next);
            let young = send(&ledger, &notice(whole.clone(), 1, next)).await.unwrap_err();
            assert_eq!(young[0], code("retention-not-over", 0));
            // Ten years after the last entry to the day is not older than ten years.
            let day = last_day(&acts);
            ledger.clock.set(day);
            assert_eq!(send(&ledger, &notice(whole.clone(), 1, day)).await.unwrap_err().len(), whole.len());
            ledger.pass_time(later()).await;
            let refused = |indexes: Vec<u64>| {
                let ledger = &ledger;
                async move { send(ledger, &notice(indexes, 1, later())).await.unwrap_err() }
            };
            assert_eq!(refused(vec![first]).await, [code("manifest-incomplete", 0)]);
            assert_eq!(
                refused(vec![last, 99_999]).await,
                [code("manifest-incomplete", 0), code("index-unknown", 1)]
            );
            // Founding, a party, a key: never.
            assert_eq!(
                refused(vec![0, 1, 2]).await,
                [
                    code("not-of-one-manifest", 0),
                    code("not-of-one-manifest", 1),
                    code("not-of-one-manifest", 2)
                ]
            );
            let size = entries(&ledger.store).await.len();
            let operator = World::embedded().key("acme", Role::Operator);
            let mut event = Event::parse(
                Envelope::parse(notice(whole.clone(), 1, later()).as_bytes(), Typ::Event).unwrap().payload(),
            )
            .unwrap();
            event.party = World::embedded().party("acme").unwrap().uscc;
            let bytes = event.to_json().to_string();
            let forged = Envelope::sign(Typ::Event, bytes.as_bytes(), &operator).into_compact();
            assert!(!send(&ledger, &forged).await.unwrap_err().is_empty(), "of a party that is no authority");
            assert_eq!(entries(&ledger.store).await.len(), size, "nothing was stored");

            let noticed = notice(whole.clone(), 1, later());
            let receipt = send(&ledger, &noticed).await.unwrap();
            let again = send(&ledger, &noticed).await.unwrap();
            assert_eq!((again.index, again.salt, again.leaf), (receipt.index, receipt.salt, receipt.leaf));
            let twice = send(&ledger, &notice(whole.clone(), 2, later())).await.unwrap_err();
            assert_eq!(twice.len(), whole.len());
            assert!(twice.iter().all(|(code, _)| code == "already-erased"), "{twice:?}");
            // Under a used act it would be evidence, and its public leaf untrue.
            let used = send(&ledger, &notice(other.clone(), 1, later())).await.unwrap_err();
            assert_eq!(used, [("act-used".to_owned(), "/act".to_owned())]);
            // A notice is never erased.
            let of_notice = send(&ledger, &notice([receipt.index], 3, later())).await.unwrap_err();
            assert_eq!(of_notice, [code("not-of-one-manifest", 0)]);
            send(&ledger, &notice(other, 4, later())).await.unwrap();
        });
    }
}

/// The day ten years after the last entry.
fn last_day(acts: &[Scripted]) -> Timestamp {
    let last = acts.last().unwrap().recorded_at.to_string();
    let (year, rest) = last.split_at(4);
    format!("{}{rest}", year.parse::<u32>().unwrap() + 10).parse().unwrap()
}

#[test]
fn what_comes_later_is_evidence_and_what_was_erased_has_no_receipt() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let (ledger, acts, manifest, indexes, ..) = erased(&database).await;
            // The same bytes again: gone, and said so.
            for act in acts
                .iter()
                .filter(|act| Event::parse(act.envelope.payload()).unwrap().manifest() == Some(manifest))
            {
                let answer = send(&ledger, act.envelope.compact()).await.unwrap_err();
                assert_eq!(answer, [("event-erased".to_owned(), String::new())]);
            }
            // A fact about it that nobody had sent.
            let late = restated(&acts, manifest, "waste.delivered");
            let receipt = send(&ledger, &late).await.unwrap();
            assert_eq!(receipt.verdict, Verdict::EvidenceOnly);
            let declared = restated(&acts, manifest, "manifest.confirmed");
            let refused = send(&ledger, &declared).await.unwrap_err();
            assert_eq!(refused[0].0, "manifest-erased");
            let mut tx = ledger.store.read().await.unwrap();
            let shelf = books::manifest(&mut tx, manifest).await.unwrap().unwrap();
            assert!(shelf.state.erased.is_some() && shelf.state.handovers.is_empty());
            let rows = timeline::of(&mut tx, &Subject::Manifest(manifest)).await.unwrap();
            assert_eq!(rows.len(), indexes.len() + 1);
            drop(tx);
            let late = send(&ledger, &notice([receipt.index], 9, later())).await.unwrap_err();
            assert_eq!(late, [("already-erased".to_owned(), "/data/indexes/0".to_owned())]);
            is_whole(&ledger, &folder).await;
        });
    }
}

/// A statement of a kind about a manifest, made anew under another act.
fn restated(acts: &[Scripted], manifest: ManifestId, kind: &str) -> String {
    let like = |act: &&Scripted| {
        let event = Event::parse(act.envelope.payload()).unwrap();
        event.kind().name() == kind && event.manifest() == Some(manifest)
    };
    let act = acts.iter().find(like).unwrap();
    let mut event = Event::parse(act.envelope.payload()).unwrap();
    let last = if event.kind().class() == Class::Fact { 1 } else { 2 };
    event.act = ActId::from_uuid(format!("01890a5d-ac96-774b-bcce-b302099a810{last}").parse().unwrap());
    signed(&event, act.actor.split('/').next().unwrap())
}

fn signed(event: &Event, party: &str) -> String {
    let office = World::embedded().party(party).unwrap().office();
    let key = World::embedded().key(party, office);
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key).into_compact()
}

#[test]
fn what_is_gone_without_a_notice_or_a_true_residue_is_named() {
    for database in databases() {
        block_on(async {
            let (ledger, _, manifest, indexes, ..) = erased(&database).await;
            let (index, other) = (*indexes.first().unwrap(), *indexes.last().unwrap());
            let mut tx = ledger.store.read().await.unwrap();
            let stored = residue::at(&mut tx, &[index, other]).await.unwrap();
            drop(tx);
            let said = Envelope::parse(stored[0].jws.as_bytes(), Typ::Residue).unwrap();
            let said = Residue::parse(said.payload()).unwrap();
            assert_eq!((said.index, said.manifest), (index, manifest));
            let survivor =
                entries(&ledger.store).await.into_iter().rfind(|entry| entry.leaf_kind == 1).unwrap();
            ledger.close().await;
            let mut tamper = Tamper::open(&database.url).await;
            let clear =
                format!("update log_entry set jws = null, salt = null where idx = {}", survivor.index);
            assert!(tamper.run(&clear).await.is_err(), "no residue stands for it");
            let half = format!("update log_entry set recorded_at_ms = 1 where idx = {index}");
            assert!(tamper.run(&half).await.is_err(), "nothing else may change");
            tamper.drop_triggers().await;
            let original = &stored[0].jws;
            let forged = said.sign(&liandan::ledger::SigningKey::from_seed([3; 32])).into_compact();
            for (jws, place) in
                [(stored[1].jws.as_str(), "another's"), (&forged, "forged"), ("e30", "no envelope")]
            {
                set_residue(&mut tamper, index, jws).await;
                let broken = verify(&database).await.unwrap_err();
                assert_eq!(
                    (broken.table, broken.place.as_str()),
                    ("residue", &*index.to_string()),
                    "{place}"
                );
            }
            set_residue(&mut tamper, index, original).await;
            verify(&database).await.unwrap();

            // The operator, who has the key, clears a record and signs a residue for it, but no notice names it.
            let mut own = said.clone();
            own.index = survivor.index;
            own.event = survivor.event_id;
            own.recorded_at_ms = survivor.recorded_at.as_millis();
            (own.skew_ms, own.rest) = (survivor.skew_ms, None);
            let event = event_of(&survivor).unwrap();
            (own.party, own.act) = (event.party, event.act);
            let own = own.sign(&log_key()).into_compact();
            tamper.run(&clear).await.unwrap();
            let broken = verify(&database).await.unwrap_err();
            let here = ("log_entry", survivor.index.to_string());
            assert_eq!((broken.table, broken.place), here, "without a residue");
            tamper
                .run(&format!("insert into residue (idx, jws) values ({}, '{own}')", survivor.index))
                .await
                .unwrap();
            let broken = verify(&database).await.unwrap_err();
            assert_eq!((broken.table, broken.place.clone()), here, "without a notice");
            assert!(broken.what.contains("no erasure notice names it"), "{broken}");
        });
    }
}

async fn set_residue(tamper: &mut Tamper, index: u64, jws: &str) {
    tamper.run(&format!("update residue set jws = '{jws}' where idx = {index}")).await.unwrap();
}

async fn verify(database: &Database) -> Result<(), audit::Broken> {
    let store = database.connect().await;
    let audited = audit::verify(&store, Against::itself(), |_, _| {}).await;
    store.close().await;
    match audited {
        Ok(_) => Ok(()),
        Err(AuditError::Broken(broken)) => Err(broken),
        Err(other) => panic!("{other}"),
    }
}

/// Notice and clearing are one transaction: whichever step fails, and on whichever side, both are there or neither is.
#[test]
fn a_notice_never_stands_without_its_erasure() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let fail = FailAt::default();
            let mark = folder.path().join("mark");
            let store = empty(&database.url).await;
            let mut ledger = Ledger::found_with(store, Some(&mark), Some(fail.interrupt())).await;
            let (_, one, other) = play(&ledger, TWO).await;
            let all = manifests(&ledger.store).await;
            ledger.pass_time(later()).await;
            // Lost with the transaction, thrice; then twice kept, and reported failed.
            let lost = [(Step::Judge, Side::After), (Step::Write, Side::After), (Step::Commit, Side::Before)];
            let kept = [(one, Step::Commit, Side::After), (other, Step::Sign, Side::Before)];
            let trials = lost.map(|(step, side)| (one, step, side, false)).into_iter();
            for (id, step, side, is_kept) in trials.chain(kept.map(|(id, step, side)| (id, step, side, true)))
            {
                let noticed = notice(all[&id].clone(), u8::from(id == one), later());
                let size = entries(&ledger.store).await.len();
                fail.set(step, side, 1);
                assert!(ledger.app.submit(noticed.as_bytes(), None).await.is_err());
                let now = entries(&ledger.store).await;
                assert_eq!(now.len(), size + usize::from(is_kept), "{step:?} {side:?}");
                for index in &all[&id] {
                    assert_eq!(
                        now[usize::try_from(*index).unwrap()].jws.is_none(),
                        is_kept,
                        "{step:?} {side:?}"
                    );
                }
                fail.clear();
                let now = ledger.clock.now();
                ledger.close().await;
                let settings = settings(database.connect().await, Clock::manual(now), Some(&mark));
                ledger =
                    Ledger::open(Settings { interrupt: Some(fail.interrupt()), ..settings }).await.unwrap();
                audit::verify(&ledger.store, Against::itself(), |_, _| {}).await.unwrap();
                if is_kept {
                    assert_eq!(
                        send(&ledger, &noticed).await.unwrap().index,
                        size as u64,
                        "the first receipt"
                    );
                }
            }
        });
    }
}
