//! Erasing: what a notice names is looked up before it is judged, and destroyed in the transaction that records it.

use std::collections::{BTreeMap, BTreeSet, HashSet, btree_map};

use super::fill::{history, recorded_of};
use crate::app::error::Fault;
use crate::app::prepare::Prepared;
use crate::app::receipt::event_of;
use crate::clock::Timestamp;
use crate::custody::books::{Books, Named, Outcome};
use crate::custody::residue::Kept;
use crate::custody::shelf::Life;
use crate::custody::{Statement, Subject, Verdict};
use crate::id::ManifestId;
use crate::ledger::{EventId, SigningKey};
use crate::shape::Text;
use crate::store::log::Entry;
use crate::store::residue::{self, StoredResidue};
use crate::store::{
    ReadTx, WriteTx, answer, attachment, books as shelves, correction, finding, log, notice, outbox, push,
    stance,
};

/// Put at hand what the notices among these events name in the log before index `from`, with the whole history of each
/// manifest. What others than an authority name is not even looked up. The books hold the keys and parties already.
pub(super) async fn look_up(
    tx: &mut WriteTx,
    books: &mut Books,
    from: u64,
    events: &[(&Prepared, Timestamp)],
) -> Result<(), Fault> {
    let notices = events.iter().filter_map(|(prepared, _)| match &prepared.event.statement {
        Statement::ErasureNoticed(notice) => Some((prepared.kid, notice)),
        _ => None,
    });
    let (mut is_any, mut indexes) = (false, BTreeSet::new());
    for (kid, notice) in notices {
        is_any = true;
        if books.registry.key(&kid).is_some_and(|key| books.registry.is_authority(&key.party)) {
            indexes.extend(notice.indexes.iter().copied().filter(|index| *index < from));
        }
    }
    if !is_any {
        return Ok(());
    }
    let indexes: Vec<u64> = indexes.into_iter().collect();
    let entries = log::entries_at(tx, &indexes).await?;
    let mut named: BTreeMap<u64, Named> = BTreeMap::new();
    let mut manifests: BTreeSet<ManifestId> = BTreeSet::new();
    for entry in &entries {
        let about = if entry.jws.is_some() { event_of(entry)?.manifest() } else { None };
        manifests.extend(about);
        if about.is_none() {
            named.insert(entry.index, alone(tx, entry).await?);
        }
    }
    shelves::load_subjects(tx, books, &manifests.iter().copied().map(Subject::Manifest).collect()).await?;
    let mut findings = BTreeMap::new();
    for id in manifests {
        named.extend(on_manifest(tx, books, id).await?);
        findings.insert(id, kept(tx, id).await?);
    }
    for late in entries.iter().filter(|entry| entry.jws.is_some()) {
        if let btree_map::Entry::Vacant(place) = named.entry(late.index) {
            place.insert(alone(tx, late).await?);
        }
    }
    books.put_named(named, findings);
    Ok(())
}

/// An entry that is about no manifest or came after the manifest was erased, or one whose content is gone.
async fn alone(tx: &mut ReadTx, entry: &Entry) -> Result<Named, Fault> {
    if entry.jws.is_none() {
        return Ok(Named::Erased);
    }
    Ok(Named::Said(recorded_of(tx, entry, Verdict::Counts).await?.into()))
}

/// Every event of a manifest; its shelf has its history then.
async fn on_manifest(tx: &mut ReadTx, books: &mut Books, id: ManifestId) -> Result<Vec<(u64, Named)>, Fault> {
    let is_erased = books.manifest(&id).is_some_and(|shelf| shelf.state.erased.is_some());
    if is_erased {
        return Ok(Vec::new());
    }
    let history = history(tx, id).await?;
    let ids: Vec<EventId> = history.iter().map(|recorded| recorded.id).collect();
    let words = stance::last_words(tx, &ids).await?;
    let corrections = correction::of_events(tx, &ids).await?;
    // Whoever reads the log again must find what a correction is about, even one that was refused.
    let corrected = corrections.into_iter().map(|state| state.event);
    let restated: HashSet<EventId> = words.into_iter().map(|word| word.event).chain(corrected).collect();
    let named = history.iter().map(|recorded| {
        let is_restated = restated.contains(&recorded.id) || recorded.verdict == Verdict::Confirms;
        (recorded.index, if is_restated { Named::Restated } else { Named::Said(recorded.clone()) })
    });
    let named = named.collect();
    books.put_history(id, history);
    for answers in answer::of_subject(tx, &Subject::Manifest(id)).await? {
        books.put_answers(answers);
    }
    Ok(named)
}

/// What stays of the findings on a manifest.
async fn kept(tx: &mut ReadTx, id: ManifestId) -> Result<Vec<Kept>, Fault> {
    let rows = finding::of_subject(tx, &Subject::Manifest(id)).await?;
    let kept = rows.into_iter().filter_map(|row| {
        Some(Kept {
            finding: row.id,
            rule: Text::new(row.seen.rule).ok()?,
            // An obligation that was opened once and met again is over.
            life: if row.life == Life::Open { Life::Open } else { Life::Closed },
            opened_at: row.opened_at,
            closed_at: row.closed_at,
        })
    });
    let mut kept: Vec<Kept> = kept.collect();
    kept.sort_unstable_by_key(|kept| kept.finding);
    Ok(kept)
}

/// What earlier entries of a batch did to the findings on a manifest goes with it.
pub(super) fn forget_steps(outcomes: &mut [(u64, Outcome)]) {
    let notices: Vec<(u64, ManifestId)> = outcomes
        .iter()
        .flat_map(|(index, outcome)| outcome.erased.iter().map(move |manifest| (*index, *manifest)))
        .collect();
    for (notice, manifest) in notices {
        for (_, outcome) in outcomes.iter_mut().filter(|(index, _)| *index < notice) {
            outcome.steps.retain(|step| step.seen.subject != Subject::Manifest(manifest));
        }
    }
}

/// Sign the residues that a batch made, keep them, and destroy the content they stand for, and what others would still be told of it.
pub(super) async fn destroy(
    tx: &mut WriteTx,
    key: &SigningKey,
    outcomes: &[(u64, Outcome)],
) -> Result<(), Fault> {
    let made = outcomes.iter().flat_map(|(_, outcome)| &outcome.residues);
    let residues: Vec<StoredResidue> = made
        .map(|residue| StoredResidue { index: residue.index, jws: residue.sign(key).into_compact() })
        .collect();
    residue::save(tx, &residues).await?;
    for residue in residues {
        residue::clear(tx, residue.index).await?;
        attachment::forget_named(tx, residue.index).await?;
    }
    for manifest in outcomes.iter().flat_map(|(_, outcome)| &outcome.erased) {
        let key = Subject::Manifest(*manifest).key();
        outbox::forget(tx, &key).await?;
        notice::forget(tx, &key).await?;
        push::forget(tx, *manifest).await?;
    }
    Ok(())
}
