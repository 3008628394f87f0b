//! Replay: entries of a log are folded again by the very code that folded them first, into empty derived tables.
//!
//! In place it rebuilds a database; into a database of its own it is what an audit compares with.

use std::collections::{BTreeSet, HashMap, hash_map};
use std::sync::Arc;

use super::anchor::Roots;
use super::audit::{AuditError, broken};
use super::batch::{fill, imported, named};
use super::deadlines;
use super::error::Fault;
use super::prepare::Prepared;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::books::{Books, Outcome, Rulebook};
use crate::custody::event::Anchor;
use crate::custody::residue::Residue;
use crate::custody::{Event, Recorded, Statement, Subject};
use crate::id::{ActId, ManifestId};
use crate::ledger::EventId;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::tile::TileTail;
use crate::store::log::{self, Entry, Head};
use crate::store::residue::{self, StoredResidue};
use crate::store::{ReadTx, StoreError, WriteTx, attachment, books as shelves, document, timeline};

/// An entry whose bytes were checked.
pub(super) struct Checked {
    pub(super) entry: Entry,
    pub(super) content: Content,
}

/// What an entry holds.
pub(super) enum Content {
    /// Its event.
    Said(Box<Prepared>),
    /// What is left of it, and that as it is stored.
    Erased(Box<Residue>, StoredResidue),
}

impl Checked {
    /// The party and act of its event.
    pub(super) fn act(&self) -> (Uscc, ActId) {
        match &self.content {
            Content::Said(prepared) => (prepared.event.party, prepared.event.act),
            Content::Erased(residue, _) => (residue.party, residue.act),
        }
    }

    /// Its event, unless it was erased.
    pub(super) fn said(&self) -> Option<&Prepared> {
        if let Content::Said(prepared) = &self.content { Some(prepared) } else { None }
    }

    /// What is left of it, if it was erased.
    pub(super) fn residue(&self) -> Option<(&Residue, &StoredResidue)> {
        if let Content::Erased(residue, stored) = &self.content { Some((residue, stored)) } else { None }
    }
}

/// True for what carries on a manifest whose content is gone: who had a role on that cannot be asked again.
async fn follows_erased(
    tx: &mut ReadTx,
    here: &BTreeSet<ManifestId>,
    event: &Event,
) -> Result<bool, StoreError> {
    let Statement::ManifestRegistered(registered) = &event.statement else { return Ok(false) };
    let Some(id) = registered.follows else { return Ok(false) };
    if here.contains(&id) {
        return Ok(true);
    }
    let rows = timeline::of(tx, &Subject::Manifest(id)).await?;
    let indexes: Vec<u64> = rows.iter().map(|row| row.index).collect();
    Ok(log::entries_at(tx, &indexes).await?.iter().any(|entry| entry.jws.is_none()))
}

/// A replay under way.
pub(super) struct Replay {
    rulebook: Rulebook,
    /// True when an event that would be refused today breaks the log.
    may_refuse: bool,
    /// False where one rulebook is tried on the whole log.
    adopts: bool,
}

type Acts = HashMap<(Uscc, ActId), EventId>;

impl Replay {
    /// Replay what was admitted once, whatever this program thinks of it.
    pub(super) fn trusting(rulebook: Rulebook) -> Self {
        Self { rulebook, may_refuse: false, adopts: true }
    }

    /// Replay and look whether each event had to be admitted where it stands.
    pub(super) fn doubting(rulebook: Rulebook) -> Self {
        Self { rulebook, may_refuse: true, adopts: true }
    }

    /// Replay as if this rulebook had been in force from the first entry on, whatever was adopted.
    pub(super) fn trying(rulebook: Rulebook) -> Self {
        Self { rulebook, may_refuse: false, adopts: false }
    }

    async fn books(&self, tx: &mut ReadTx) -> Result<Books, Fault> {
        let adopting = self.adopts.then_some(self.rulebook);
        Ok(match adopting {
            Some(founded) => Books::new(super::in_force(tx, founded).await?),
            None => Books::trying(self.rulebook),
        })
    }

    /// Fold a page of entries that the log tables of the database hold.
    pub(super) async fn fold(&self, tx: &mut WriteTx, page: Vec<Checked>) -> Result<(), AuditError> {
        let acts = first_acts(tx, &page).await?;
        let size = page.last().map_or(0, |last| last.entry.index);
        let mut roots = Roots::default();
        roots.load(tx, anchors(&page), size).await?;
        self.fold_knowing(tx, page, acts, &roots).await.map(drop)
    }

    /// Append a page of entries to a log and fold them.
    pub(super) async fn append(
        &self,
        tx: &mut WriteTx,
        tail: &mut TileTail,
        origin: &str,
        page: Vec<Checked>,
    ) -> Result<(), AuditError> {
        let Some(recorded_at) = page.last().map(|last| last.entry.recorded_at) else { return Ok(()) };
        let entries: Vec<Entry> = page.iter().map(|checked| checked.entry.clone()).collect();
        let known = first_acts(tx, &page).await?;
        let residues: Vec<_> =
            page.iter().filter_map(Checked::residue).map(|(_, stored)| stored.clone()).collect();
        residue::save(tx, &residues).await?;
        let leaves = || entries.iter().map(|entry| leaf_hash(&entry.leaf));
        let mut roots = Roots::default();
        roots.load(tx, anchors(&page), tail.size()).await?;
        roots.grow(tail.clone(), leaves(), anchors(&page));
        let acts = self.fold_knowing(tx, page, known.clone(), &roots).await?;
        let new = acts.into_iter().filter(|(act, _)| !known.contains_key(act));
        let new: Vec<_> = new.map(|((party, act), id)| (party, act.as_uuid(), id)).collect();
        let tiles: Vec<_> = leaves().flat_map(|leaf| tail.append(leaf)).collect();
        log::append(tx, entries, &new, &tiles).await?;
        let head = Head { origin: origin.to_owned(), size: tail.size(), root: tail.root(), recorded_at };
        log::save_head(tx, &head).await?;
        Ok(())
    }

    /// Fold a page; gives the first uses of acts, those of this page among them.
    async fn fold_knowing(
        &self,
        tx: &mut WriteTx,
        page: Vec<Checked>,
        mut acts: Acts,
        roots: &Roots,
    ) -> Result<Acts, AuditError> {
        let mut books = self.books(tx).await?;
        let said = page.iter().filter_map(|checked| Some((checked.said()?, checked.entry.recorded_at)));
        let events: Vec<_> = said.collect();
        let from = page.first().map_or(0, |first| first.entry.index);
        fill::fill(tx, &mut books, from, &events).await?;
        fill::fill_histories(tx, &mut books, &events).await?;
        let residues: Vec<&Residue> =
            page.iter().filter_map(Checked::residue).map(|(residue, _)| residue).collect();
        fill::fill_residues(tx, &mut books, from, &residues, &events).await?;
        let erased: BTreeSet<ManifestId> = residues.iter().map(|residue| residue.manifest).collect();
        let mut outcomes: Vec<(u64, Outcome)> = Vec::with_capacity(page.len());
        let mut folded: Vec<Arc<Recorded>> = Vec::with_capacity(page.len());
        for checked in page {
            let conflict = match acts.entry(checked.act()) {
                hash_map::Entry::Occupied(first) => {
                    Some(*first.get()).filter(|first| *first != checked.entry.event_id)
                }
                hash_map::Entry::Vacant(act) => {
                    act.insert(checked.entry.event_id);
                    None
                }
            };
            let Checked { entry, content } = checked;
            let mut prepared = match content {
                Content::Said(prepared) => *prepared,
                Content::Erased(residue, _) => {
                    let mut outcome = books.record_residue(&residue);
                    fill::fill_sums(tx, &mut books, &outcome).await?;
                    books.settle_at((entry.index, entry.recorded_at), &mut outcome);
                    outcomes.push((entry.index, outcome));
                    continue;
                }
            };
            prepared.skew_ms = entry.skew_ms;
            let anchored = roots.judge(prepared.event.anchor.as_ref(), entry.index);
            let may_refuse = self.may_refuse && !follows_erased(tx, &erased, &prepared.event).await?;
            let (candidate, _) = prepared.at(entry.index, entry.recorded_at, conflict, anchored, may_refuse);
            let (recorded, outcome) = fill::record(tx, &mut books, candidate)
                .await?
                .map_err(|objections| broken("log_entry", entry.index, refused(&objections)))?;
            outcomes.push((entry.index, outcome));
            folded.push(recorded);
        }
        document::save(tx, &imported(folded.iter().map(|recorded| &**recorded))).await?;
        attachment::save_named(tx, &named(&books, folded.iter().map(|recorded| &**recorded))).await?;
        shelves::save(tx, &mut books, &outcomes).await?;
        Ok(acts)
    }

    /// Let time pass, as it had passed where the entries come from.
    pub(super) async fn open_until(&self, tx: &mut WriteTx, until: Timestamp) -> Result<(), AuditError> {
        while deadlines::open_some(tx, self.rulebook, until).await?.shelves > 0 {}
        Ok(())
    }
}

/// The anchors of a page.
fn anchors(page: &[Checked]) -> impl Iterator<Item = Anchor> {
    page.iter().filter_map(|checked| checked.said()?.event.anchor)
}

fn refused(objections: &[Objection]) -> String {
    let reasons: Vec<String> =
        objections.iter().map(|objection| format!("{} ({})", objection.en, objection.code)).collect();
    format!("it had to be refused: {}", reasons.join("; "))
}

/// The first event of each act of a page, as far as the log tables know it.
async fn first_acts(tx: &mut ReadTx, page: &[Checked]) -> Result<Acts, AuditError> {
    let acts: Vec<_> = page.iter().map(Checked::act).map(|(party, act)| (party, act.as_uuid())).collect();
    let firsts = log::first_of_acts(tx, &acts).await?;
    let known = firsts.into_iter().filter_map(|(party, act, id)| {
        let party = party.parse::<Uscc>().ok()?;
        Some(((party, ActId::from_uuid(act)), id))
    });
    Ok(known.collect())
}
