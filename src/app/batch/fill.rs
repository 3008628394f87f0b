//! Filling the books with everything a batch may look at, in a few queries, whatever its size.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::answered;
use super::references::References;
use super::targets::{self, Earlier};
use crate::app::anchor::anchored;
use crate::app::error::Fault;
use crate::app::prepare::Prepared;
use crate::app::receipt::event_of;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::{Candidate, Objection, handover};
use crate::custody::books::{Books, Needs, Outcome};
use crate::custody::event::Anchored;
use crate::custody::form;
use crate::custody::residue::Residue;
use crate::custody::shelf::ShelfId;
use crate::custody::tally::{TallyKey, of_place, of_way};
use crate::custody::watch::WatchKey;
use crate::custody::{Event, Recorded, Statement, Subject, Verdict};
use crate::id::ManifestId;
use crate::ledger::{Envelope, EventId, Kid, Typ};
use crate::store::residue::{self, StoredResidue};
use crate::store::{
    ReadTx, WriteTx, books as shelves, correction, external_number, finding, log, tally, timeline, watch,
};

/// Fill the books for events that are recorded one after the other from log index `from` on, each at its time.
pub(in crate::app) async fn fill(
    tx: &mut WriteTx,
    books: &mut Books,
    from: u64,
    events: &[(&Prepared, Timestamp)],
) -> Result<(), Fault> {
    let mut refs = References::default();
    for (prepared, _) in events {
        refs.read_event(prepared);
    }
    targets::corrections(tx, books, events).await?;
    let targets = targets::earlier(tx, books, from, events).await?;
    for target in &targets {
        refs.read_target(target, books.rulebook.profile);
    }
    let answered = answered::look_up(tx, books, &mut refs, events).await?;
    refs.read_permits(tx).await?;
    let permitted: Vec<Uscc> = refs.permitted.iter().copied().collect();
    let again = finding::manifests_to_look_at_again(tx, &permitted).await?;
    refs.subjects.extend(again.into_iter().map(Subject::Manifest));
    shelves::load_subjects(tx, books, &refs.subjects).await?;
    let predecessors: Vec<EventId> = refs.predecessors.iter().copied().collect();
    let arriving: Vec<EventId> = events.iter().map(|(prepared, _)| prepared.id).collect();
    shelves::load_predecessors(tx, books, from, &predecessors, &arriving).await?;
    refs.read_states(books);
    let years: BTreeSet<i32> =
        events.iter().map(|(_, at)| books.rulebook.profile.local_year(at.as_millis())).collect();
    for year in years {
        let mut likely = books.likely_tallies(year);
        likely.extend(refs.ways.iter().flat_map(|(from, to)| of_way(*from, *to, year)));
        likely.extend(refs.stores.iter().flat_map(|at| of_place(*at, year)));
        tally::load(tx, books, &likely).await?;
    }
    tally::load(tx, books, &books.likely_rides(events.iter().map(|(prepared, _)| &prepared.event))).await?;
    let sites = events.iter().flat_map(|(prepared, _)| prepared.event.sites());
    let watched: BTreeSet<WatchKey> = sites.map(|site| WatchKey::Site { site }).collect();
    watch::load(tx, books, &watched).await?;
    answered.put(tx, books).await?;
    refs.load_registry(tx, books).await?;
    refs.load_papers(tx, books).await?;
    refs.load_fleet(tx, books).await?;
    let numbers: Vec<_> = refs.numbers.iter().cloned().collect();
    external_number::load(tx, books, &numbers).await?;
    let restated = targets.iter().flat_map(|target| books.counters_of(&target.recorded));
    let arriving = events.iter().flat_map(|(event, at)| books.counters_of(&provisional(event, *at)));
    let counters = arriving.chain(restated).collect();
    targets.into_iter().for_each(|target| target.put(books));
    shelves::load_counters(tx, books, &counters).await?;
    Ok(())
}

/// Bring the histories of manifests that some of these events come late to, as far as that can be told before they are judged: in a few
/// queries for all of them. What else turns out to be needed is brought one by one.
pub(in crate::app) async fn fill_histories(
    tx: &mut WriteTx,
    books: &mut Books,
    events: &[(&Prepared, Timestamp)],
) -> Result<(), Fault> {
    let mut late = BTreeSet::new();
    let mut latest: HashMap<ManifestId, Timestamp> = HashMap::new();
    for (prepared, recorded_at) in events {
        let manifests = prepared.event.manifests().into_iter();
        let at_hand: Vec<ManifestId> = manifests.filter(|manifest| books.lacks_history(manifest)).collect();
        if at_hand.is_empty() {
            continue;
        }
        let recorded = provisional(prepared, *recorded_at);
        late.extend(books.needs_history(&recorded));
        let at = recorded.base_time();
        for manifest in at_hand {
            // Nor does it come last behind an earlier one of the same batch.
            let before = latest.insert(manifest, at.max(latest.get(&manifest).copied().unwrap_or(at)));
            if before.is_some_and(|before| at <= before) {
                late.insert(manifest);
            }
        }
    }
    let late: Vec<ManifestId> = late.into_iter().collect();
    for (manifest, history) in histories(tx, &late).await? {
        books.put_history(manifest, history);
    }
    Ok(())
}

/// Fill the books for erased entries that are folded again from log index `from` on, and with the residues that the notices
/// among these events name.
pub(in crate::app) async fn fill_residues(
    tx: &mut WriteTx,
    books: &mut Books,
    from: u64,
    residues: &[&Residue],
    events: &[(&Prepared, Timestamp)],
) -> Result<(), Fault> {
    let lots = residues.iter().flat_map(|residue| &residue.lots).copied().map(Subject::Lot).collect();
    shelves::load_subjects(tx, books, &lots).await?;
    let arriving: Vec<EventId> = residues.iter().map(|residue| residue.event).collect();
    shelves::load_predecessors(tx, books, from, &[], &arriving).await?;
    let mut refs = References::default();
    let lots = residues.iter().flat_map(|residue| &residue.lots);
    refs.read_lots(lots.filter_map(|lot| books.lot(lot)).map(|shelf| &shelf.state));
    refs.permits_of
        .extend(residues.iter().filter(|residue| residue.is_receipt()).map(|residue| residue.party));
    refs.load_standing(tx, books).await?;
    let counters = residues.iter().filter_map(|residue| books.counter_of(residue)).collect();
    shelves::load_counters(tx, books, &counters).await?;
    let named = events.iter().filter_map(|(prepared, _)| match &prepared.event.statement {
        Statement::ErasureNoticed(notice) => Some(&notice.indexes),
        _ => None,
    });
    let named: Vec<u64> = named.flat_map(|indexes| indexes.iter().copied()).collect();
    for stored in residue::at(tx, &named).await? {
        books.put_residue(residue_of(&stored)?);
    }
    Ok(())
}

/// What a stored residue says. Its signature was checked when the log was walked.
fn residue_of(stored: &StoredResidue) -> Result<Residue, Fault> {
    let wrong = |what: String| Fault::Entry { index: stored.index, what };
    let envelope = Envelope::parse(stored.jws.as_bytes(), Typ::Residue);
    let envelope = envelope.map_err(|error| wrong(error.to_string()))?;
    Residue::parse(envelope.payload()).map_err(|error| wrong(error.to_string()))
}

/// The event as it would be recorded, as far as counters depend on it.
fn provisional(prepared: &Prepared, recorded_at: Timestamp) -> Recorded {
    Recorded {
        index: 0,
        id: prepared.id,
        recorded_at,
        skew_ms: 0,
        kid: prepared.kid,
        verdict: Verdict::Counts,
        anchored: Anchored::None,
        event: prepared.event.clone(),
        signed: None,
        offer: None,
    }
}

/// Judge and record one event, with what it needs besides: the history of the manifests it comes late to, and counters that
/// an earlier event of the same books made known.
pub(in crate::app) async fn record(
    tx: &mut ReadTx,
    books: &mut Books,
    candidate: Candidate,
) -> Result<Result<(Arc<Recorded>, Outcome), Vec<Objection>>, Fault> {
    let (recorded, circumstances) = match books.admit(candidate) {
        Ok(admitted) => admitted,
        Err(objections) => return Ok(Err(objections)),
    };
    let counters = books.counters_of(&recorded).into_iter().collect();
    shelves::load_counters(tx, books, &counters).await?;
    let recorded = Arc::new(recorded);
    while let Some(needs) = books.needs(&recorded) {
        match needs {
            Needs::History(manifest) => {
                let history = history(tx, manifest).await?;
                books.put_history(manifest, history);
            }
            Needs::Lots(lots) => {
                let lots = lots.into_iter().map(Subject::Lot).collect();
                fill_lots(tx, books, &lots).await?;
            }
        }
    }
    let mut outcome = books
        .record(Arc::clone(&recorded), circumstances)
        .map_err(|needs| Fault::Tree(format!("{needs} and is not stored")))?;
    fill_sums(tx, books, &outcome).await?;
    books.settle(&recorded, &mut outcome);
    Ok(Ok((recorded, outcome)))
}

/// Bring what rules look at about lots that an entry turned out to need.
async fn fill_lots(tx: &mut ReadTx, books: &mut Books, lots: &BTreeSet<Subject>) -> Result<(), Fault> {
    shelves::load_subjects(tx, books, lots).await?;
    books.have_lots(lots);
    let mut refs = References::default();
    let needed =
        lots.iter().filter_map(|subject| if let Subject::Lot(lot) = subject { books.lot(lot) } else { None });
    refs.read_lots(needed.map(|shelf| &shelf.state));
    refs.load_standing(tx, books).await
}

/// Bring the watches that an entry tells something, the running totals that it changes, those it may clear findings of, and what their
/// rules look at. What is at hand already was brought with all that.
pub(in crate::app) async fn fill_sums(
    tx: &mut ReadTx,
    books: &mut Books,
    outcome: &Outcome,
) -> Result<(), Fault> {
    watch::load(tx, books, &books.watches_to_settle(outcome)).await?;
    let settled = books.tallies_to_settle(outcome);
    tally::load(tx, books, &settled).await?;
    let mut fresh: Vec<TallyKey> = settled.into_iter().collect();
    if !outcome.reviewed.is_empty() {
        let reviewed: Vec<Uscc> = outcome.reviewed.iter().copied().collect();
        let mut with_findings = finding::tallies_with_findings(tx, &reviewed).await?;
        with_findings.retain(|id| !books.has_tally(id));
        tally::load_by_id(tx, books, &with_findings).await?;
        fresh.extend(with_findings.iter().filter_map(|id| books.tally_key(id)));
    }
    if !fresh.is_empty() {
        let mut refs = References::default();
        refs.read_tallies(fresh.into_iter());
        refs.load_standing(tx, books).await?;
    }
    Ok(())
}

/// Bring what obligations stand on.
pub(in crate::app) async fn fill_shelves(
    tx: &mut WriteTx,
    books: &mut Books,
    ids: &[ShelfId],
) -> Result<(), Fault> {
    let (mut subjects, mut tallies, mut watches) = (BTreeSet::new(), Vec::new(), Vec::new());
    for id in ids {
        match id {
            ShelfId::Manifest(id) => drop(subjects.insert(Subject::Manifest(*id))),
            ShelfId::Lot(id) => drop(subjects.insert(Subject::Lot(*id))),
            ShelfId::Tally(id) => tallies.push(*id),
            ShelfId::Watch(id) => watches.push(*id),
        }
    }
    shelves::load_subjects(tx, books, &subjects).await?;
    tally::load_by_id(tx, books, &tallies).await?;
    watch::load_by_id(tx, books, &watches).await?;
    Ok(())
}

/// Every event of a manifest, as recorded.
pub(in crate::app) async fn history(
    tx: &mut ReadTx,
    manifest: ManifestId,
) -> Result<Vec<Arc<Recorded>>, Fault> {
    Ok(histories(tx, &[manifest]).await?.remove(&manifest).unwrap_or_default())
}

/// Every event of each of these manifests, as recorded.
async fn histories(
    tx: &mut ReadTx,
    manifests: &[ManifestId],
) -> Result<BTreeMap<ManifestId, Vec<Arc<Recorded>>>, Fault> {
    let rows = timeline::of_manifests(tx, manifests).await?;
    let ids: Vec<EventId> = rows.iter().map(|(_, row)| row.event_id).collect();
    let corrections = correction::of_events(tx, &ids).await?;
    let indexes: BTreeSet<u64> = rows.iter().map(|(_, row)| row.index).collect();
    let entries = log::entries_at(tx, &indexes.into_iter().collect::<Vec<_>>()).await?;
    let entries: HashMap<u64, log::Entry> = entries.into_iter().map(|entry| (entry.index, entry)).collect();
    let mut histories: BTreeMap<ManifestId, Vec<Arc<Recorded>>> = BTreeMap::new();
    for (manifest, row) in rows {
        let Some(entry) = entries.get(&row.index) else { continue };
        let recorded = signed_of(tx, entry, row.verdict).await?.corrected_by(&corrections);
        histories.entry(manifest).or_default().push(Arc::new(recorded));
    }
    histories.values_mut().for_each(|history| history.sort_unstable_by_key(|recorded| recorded.index));
    Ok(histories)
}

/// A stored entry as it was recorded, with the verdict and the corrections in force.
pub(in crate::app) async fn recorded_of(
    tx: &mut ReadTx,
    entry: &log::Entry,
    verdict: Verdict,
) -> Result<Recorded, Fault> {
    let corrections = correction::of_events(tx, &[entry.event_id]).await?;
    Ok(signed_of(tx, entry, verdict).await?.corrected_by(&corrections))
}

/// A stored entry as it was recorded and signed.
pub(super) async fn signed_of(
    tx: &mut ReadTx,
    entry: &log::Entry,
    verdict: Verdict,
) -> Result<Recorded, Fault> {
    let event = event_of(entry)?;
    let jws = entry.jws.as_deref().unwrap_or_default();
    let envelope = Envelope::parse(jws.as_bytes(), Typ::Event);
    let envelope = envelope.map_err(|error| Fault::Entry { index: entry.index, what: error.to_string() })?;
    let offer = handover(&event)
        .and_then(|(_, s)| form::read_offer(&form::embedded(s.offer.as_deref()?, Typ::Offer)?));
    Ok(Recorded {
        kid: envelope.kid(),
        anchored: anchored(tx, event.anchor.as_ref(), entry.index).await?,
        offer,
        ..bare(entry, event, verdict)
    })
}

/// A stored entry with its event, without what its envelope and its anchor say.
pub(in crate::app) fn bare(entry: &log::Entry, event: Event, verdict: Verdict) -> Recorded {
    Recorded {
        index: entry.index,
        id: entry.event_id,
        recorded_at: entry.recorded_at,
        skew_ms: entry.skew_ms,
        kid: Kid::from_bytes([0; 32]),
        verdict,
        anchored: Anchored::None,
        event,
        signed: None,
        offer: None,
    }
}

/// Fold some entries of the log, in its order, into books that hold nothing else: what they make of their subjects without the rest
/// of the log. What was erased makes nothing.
pub(in crate::app) async fn fold_alone(
    tx: &mut ReadTx,
    books: &mut Books,
    entries: &[log::Entry],
) -> Result<Vec<Outcome>, Fault> {
    let mut refs = References::default();
    let mut earlier = Vec::with_capacity(entries.len());
    for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
        let target = Earlier::alone(tx, entry).await?;
        refs.read_target(&target, books.rulebook.profile);
        earlier.push(target);
    }
    refs.load_registry(tx, books).await?;
    let mut outcomes = Vec::with_capacity(earlier.len());
    for target in earlier {
        let candidate = target.candidate(books);
        // What was admitted once is never refused when it is folded again.
        let Ok((recorded, circumstances)) = books.admit(candidate) else { continue };
        let recorded = Arc::new(recorded);
        while let Some(Needs::Lots(lots)) = books.needs(&recorded) {
            books.have_lots(&lots.into_iter().map(Subject::Lot).collect());
        }
        let outcome = books.record(recorded, circumstances);
        outcomes.push(outcome.map_err(|needs| Fault::Tree(format!("{needs} and is not at hand")))?);
    }
    Ok(outcomes)
}
