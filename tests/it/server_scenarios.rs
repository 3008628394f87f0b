//! Every script, through the sequencer and the store, on both databases: the same as what is written by hand and as a naive
//! fold of what the log holds.

use std::collections::BTreeMap;

use liandan::clock::Timestamp;
use liandan::custody::admit::handover;
use liandan::custody::kind::parse_json;
use liandan::custody::payload::waste::Offer;
use liandan::custody::shelf::Life;
use liandan::custody::{Event, Figures, Subject};
use liandan::id::FindingId;
use liandan::ledger::{Envelope, Kid, Typ};
use liandan::scenario::{Names, Report, Script, SeenFinding, SeenManifest, World};
use liandan::store::{ReadTx, books, finding, log, registry};

use crate::naive::{self, Entry, Naive};
use crate::scenarios::all_scripts;
use crate::support::ledger::{Database, LOG, Ledger, block_on, databases};

#[test]
fn every_script_on_sqlite() {
    check_all(|mut databases| databases.remove(0));
}

#[test]
fn every_script_on_postgres() {
    if databases().len() > 1 {
        check_all(|mut databases| databases.remove(1));
    }
}

fn check_all(choose: fn(Vec<Database>) -> Database) {
    let mut complaints = Vec::new();
    for (name, text) in all_scripts() {
        let database = choose(databases());
        if let Err(why) = block_on(check(&database.url, &name, &text)) {
            complaints.push(format!("{name}: {why}"));
        }
    }
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n\n"));
}

async fn check(url: &str, name: &str, text: &str) -> Result<(), String> {
    let script = Script::parse(name, text).map_err(|error| error.to_string())?;
    let played = script.play(World::embedded(), LOG).map_err(|error| error.to_string())?;
    let ledger = Ledger::found(url).await;
    for act in &played.acts {
        match (ledger.send(act).await, &act.refused) {
            (Ok(_), None) => {}
            (Err(codes), Some(code)) if codes.contains(code.as_str()) => {}
            (answer, _) => return Err(format!("line {}: {answer:?}", act.line)),
        }
    }
    ledger.pass_time(played.ends_at).await;
    let mut tx = ledger.store.read().await.unwrap();
    let seen = report(&mut tx, &played.names).await;
    let naive = naive_of(&mut tx, &ledger, played.ends_at).await;
    compare_with_naive(&mut tx, &naive).await?;
    drop(tx);
    ledger.store.close().await;
    seen.compare(&played.expected)
}

async fn report(tx: &mut ReadTx, names: &Names) -> Report {
    let mut manifests = Vec::new();
    for (_, id) in names.manifests() {
        if let Some(shelf) = books::manifest(tx, id).await.unwrap() {
            let status = shelf.state.status().name().to_owned();
            manifests.push(SeenManifest { manifest: id, status, holders: shelf.state.holders() });
        }
    }
    let seen = |found: BTreeMap<FindingId, (String, Subject, Figures)>| -> Vec<SeenFinding> {
        found.into_values().map(|(rule, subject, figures)| SeenFinding { rule, subject, figures }).collect()
    };
    let (open, closed) = (findings(tx, Life::Open).await, findings(tx, Life::Closed).await);
    Report::new(names, &manifests, &seen(open)).with_cleared(names, &seen(closed))
}

/// The findings in one life, with what they say.
pub(crate) async fn findings(tx: &mut ReadTx, life: Life) -> BTreeMap<FindingId, (String, Subject, Figures)> {
    let filter = finding::Filter { life: Some(life), ..finding::Filter::default() };
    let mut all = BTreeMap::new();
    let mut after = FindingId::from_uuid(uuid::Uuid::nil());
    loop {
        let page = finding::list(tx, &filter, after, 500).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = last.id;
        all.extend(page.into_iter().map(|row| (row.id, (row.seen.rule, row.seen.subject, row.seen.figures))));
    }
}

/// What a naive folder makes of the log as it stands.
pub(crate) async fn naive_of(tx: &mut ReadTx, ledger: &Ledger, now: Timestamp) -> Naive {
    let mut entries = Vec::new();
    for entry in log::entries(tx, 0, 1_000_000).await.unwrap() {
        let envelope = Envelope::parse(entry.jws.as_deref().unwrap().as_bytes(), Typ::Event).unwrap();
        let event = Event::parse(envelope.payload()).unwrap();
        let offer = offer_of(tx, &event).await;
        entries.push(Entry {
            index: entry.index,
            id: entry.event_id,
            recorded_at: entry.recorded_at,
            skew_ms: entry.skew_ms,
            kid: envelope.kid(),
            event,
            offer,
        });
    }
    naive::fold(&entries, now, &ledger.app.rulebook())
}

async fn offer_of(tx: &mut ReadTx, event: &Event) -> Option<(Offer, Kid, bool)> {
    let (_, handover) = handover(event)?;
    let envelope = Envelope::parse(handover.offer.as_deref()?.as_bytes(), Typ::Offer).ok()?;
    let offer: Offer = parse_json(std::str::from_utf8(envelope.payload()).ok()?, "").ok()?;
    let kid = envelope.kid();
    let keys = registry::keys(tx, &[kid]).await.unwrap();
    let good = keys.first().is_some_and(|key| envelope.verify(&key.public).is_ok());
    Some((offer, kid, good))
}

/// Compare everything the naive folder computed with what the store holds.
pub(crate) async fn compare_with_naive(tx: &mut ReadTx, naive: &Naive) -> Result<(), String> {
    let stored = findings(tx, Life::Open).await;
    if stored != naive.open_findings {
        let lines = |findings: &BTreeMap<FindingId, (String, Subject, Figures)>| -> Vec<String> {
            findings.iter().map(|(id, found)| format!("{id} {found:?}")).collect()
        };
        let (stored, naive) = (lines(&stored), lines(&naive.open_findings));
        let only = |these: &[String], those: &[String]| -> String {
            these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n  ")
        };
        return Err(format!(
            "open findings\n only stored:\n  {}\n only naive:\n  {}",
            only(&stored, &naive),
            only(&naive, &stored)
        ));
    }
    for (id, manifest) in &naive.manifests {
        let shelf = books::manifest(tx, *id).await.unwrap().ok_or(format!("manifest {id} is not stored"))?;
        let status = shelf.state.status().name();
        if status != manifest.status || shelf.label != manifest.number {
            return Err(format!(
                "manifest {id}: stored {status} {:?}, naive {} {:?}",
                shelf.label, manifest.status, manifest.number
            ));
        }
        for (number, line) in &manifest.lines {
            let stored =
                shelf.state.lines.get(number).ok_or(format!("manifest {id} has no line {number}"))?;
            let masses = (stored.shipped_g, stored.accepted_g, stored.rejected_g);
            if masses != (line.shipped_g, line.accepted_g, line.rejected_g) {
                return Err(format!("manifest {id} line {number}: stored {masses:?}, naive {line:?}"));
            }
        }
    }
    for (id, balances) in &naive.lots {
        let shelf = books::lot(tx, *id).await.unwrap().ok_or(format!("lot {id} is not stored"))?;
        let stored: BTreeMap<_, _> = shelf
            .state
            .holdings
            .iter()
            .map(|holding| ((holding.party, holding.site), holding.balance_g()))
            .collect();
        if stored != *balances {
            return Err(format!("lot {id}: stored {stored:?}, naive {balances:?}"));
        }
    }
    Ok(())
}
