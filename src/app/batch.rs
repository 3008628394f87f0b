//! One batch: under the lock of the log's head, every item is judged seeing the earlier ones, then all is written at once.
//!
//! Order of finishing: COMMIT, advance the mark, sign the committed head, store the checkpoint, answer. One bad event never fails
//! its batch.

mod answered;
mod erasing;
pub(super) mod fill;
mod fleet;
mod load;
mod naming;
mod references;
mod targets;

pub(super) use naming::named;

use std::collections::HashMap;
use std::sync::Arc;

use super::App;
use super::anchor::Roots;
use super::error::{Fault, Refusal, RefusalKind, SubmitError};
use super::outbox;
use super::prepare::Prepared;
use super::proof::Tiles;
use super::receipt::{Inclusion, Receipt};
use super::seal::entry_of;
use super::steps::Step;
use super::submit::Submitted;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::{Objection, handover};
use crate::custody::books::{Books, Outcome};
use crate::custody::form::embedded;
use crate::custody::{Kind, Recorded, Statement};
use crate::exchange::document::rows;
use crate::id::ActId;
use crate::ledger::leaf::Salt;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::tile::{self, FullTile, TileTail};
use crate::ledger::{EventId, Typ};
use crate::store::log::{Entry, Head, StoredCheckpoint};
use crate::store::{WriteTx, attachment, books as shelves, deadline, document, log, offer};

/// One event of a batch.
pub(super) struct Item {
    prepared: Prepared,
}

impl Item {
    pub(super) fn new(prepared: Prepared) -> Self {
        Self { prepared }
    }
}

/// What became of an item.
enum Judged {
    /// It is in the log already, at this index.
    Known(u64),
    /// It is refused.
    Refused(Refusal),
    /// It gets a place: number of the new entry in this batch.
    New(usize),
}

/// A new entry of the log, before it is written.
struct Fresh {
    recorded: Arc<Recorded>,
    outcome: Outcome,
    entry: Entry,
    sees_all: bool,
}

type Answers = Vec<Result<Submitted, SubmitError>>;

/// A batch under way.
pub(super) struct Batch<'a> {
    app: &'a App,
    tail: Option<TileTail>,
    by_id: HashMap<EventId, u64>,
    by_act: HashMap<(Uscc, ActId), (EventId, u64)>,
    fresh: Vec<Fresh>,
    roots: Roots,
}

impl<'a> Batch<'a> {
    pub(super) fn new(app: &'a App, tail: Option<TileTail>) -> Self {
        Self {
            app,
            tail,
            by_id: HashMap::new(),
            by_act: HashMap::new(),
            fresh: Vec::new(),
            roots: Roots::default(),
        }
    }

    /// Judge, write, commit, sign, answer. Gives the tail of the new tree for the next batch. After an error the outcome is
    /// unknown; the next batch then reads again what there is.
    pub(super) async fn run(mut self, items: Vec<Item>) -> Result<(Answers, TileTail), Fault> {
        let app = self.app;
        let mut tx = app.inner.store.write().await?;
        let head = app.lock(&mut tx).await?;
        let mut tail = app.edge(&mut tx, &head, self.tail.take()).await?;
        let (judged, mut books) = app.step(Step::Judge, self.judge_all(&mut tx, &head, items)).await?;
        if self.fresh.is_empty() {
            tx.rollback().await?;
            // An earlier batch may have been committed and not signed; whoever retries then gets the first receipt here.
            app.catch_up().await?;
            return Ok((app.step(Step::Answer, self.answers(judged, &HashMap::new())).await?, tail));
        }
        let tiles = app.step(Step::Write, self.write(&mut tx, &head, &mut books, &mut tail)).await?;
        app.step(Step::Commit, async { Ok(tx.commit().await?) }).await?;
        app.inner.outbox.ring();
        if self.fresh.iter().any(|fresh| fresh.recorded.kind() == Kind::ProfileAdopted) {
            app.in_force(&mut app.inner.store.read().await?).await?;
        }
        let checkpoint = app.publish(tail.size(), tail.root()).await?;
        let inclusions = self.inclusions(&tail, &tiles, head.size, &checkpoint).await?;
        Ok((app.step(Step::Answer, self.answers(judged, &inclusions)).await?, tail))
    }

    /// Judge only; nothing is kept.
    pub(super) async fn judge(mut self, items: Vec<Item>) -> Result<Answers, Fault> {
        let mut tx = self.app.inner.store.write().await?;
        let head = self.app.lock(&mut tx).await?;
        let (judged, _) = self.judge_all(&mut tx, &head, items).await?;
        tx.rollback().await?;
        self.answers(judged, &HashMap::new()).await
    }

    async fn judge_all(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        items: Vec<Item>,
    ) -> Result<(Vec<Judged>, Books), Fault> {
        let opened_until = deadline::opened_until(tx).await?;
        let recorded_at = self.app.inner.clock.now().max(head.recorded_at).max(opened_until);
        let mut books = Books::new(self.app.in_force(tx).await?);
        self.know_earlier(tx, &items).await?;
        let events: Vec<_> = items.iter().map(|item| (&item.prepared, recorded_at)).collect();
        fill::fill(tx, &mut books, head.size, &events).await?;
        erasing::look_up(tx, &mut books, head.size, &events).await?;
        let anchors = items.iter().filter_map(|item| item.prepared.event.anchor);
        self.roots.load(tx, anchors, head.size).await?;
        let mut judged = Vec::with_capacity(items.len());
        for item in items {
            judged.push(self.judge_one(tx, head, recorded_at, &mut books, item.prepared).await?);
        }
        Ok((judged, books))
    }

    /// Which of these events, and which of their acts, the log has already.
    async fn know_earlier(&mut self, tx: &mut WriteTx, items: &[Item]) -> Result<(), Fault> {
        let ids: Vec<EventId> = items.iter().map(|item| item.prepared.id).collect();
        self.by_id = log::indexes_of(tx, &ids).await?.into_iter().collect();
        let acts: Vec<uuid::Uuid> = items.iter().map(|item| item.prepared.event.act.as_uuid()).collect();
        let firsts = log::first_of_acts(tx, &acts).await?;
        let first_ids: Vec<EventId> = firsts.iter().map(|(_, _, id)| *id).collect();
        let indexes: HashMap<EventId, u64> = log::indexes_of(tx, &first_ids).await?.into_iter().collect();
        for (party, act, id) in firsts {
            let Ok(party) = party.parse::<Uscc>() else { continue };
            if let Some(index) = indexes.get(&id) {
                self.by_act.insert((party, ActId::from_uuid(act)), (id, *index));
            }
        }
        Ok(())
    }

    async fn judge_one(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        recorded_at: Timestamp,
        books: &mut Books,
        prepared: Prepared,
    ) -> Result<Judged, Fault> {
        if let Some(index) = self.by_id.get(&prepared.id) {
            return Ok(Judged::Known(*index));
        }
        let act = (prepared.event.party, prepared.event.act);
        let first = self.by_act.get(&act).copied();
        if let Some((_, index)) = first
            && self.says_the_same(tx, head, index, &prepared).await?
        {
            return Ok(Judged::Known(index));
        }
        let index = head.size + self.fresh.len() as u64;
        let anchored = self.roots.judge(prepared.event.anchor.as_ref(), index);
        let act_conflict = first.map(|(id, _)| id);
        let (candidate, compact) = prepared.at(index, recorded_at, act_conflict, anchored, true);
        let (recorded, outcome) = match fill::record(tx, books, candidate).await? {
            Ok(recorded) => recorded,
            Err(objections) => return Ok(Judged::Refused(Refusal::unacceptable(objections))),
        };
        self.by_id.insert(recorded.id, recorded.index);
        self.by_act.entry(act).or_insert((recorded.id, recorded.index));
        let sees_all = books.registry.is_authority(&recorded.event.party);
        let entry = entry_of(&recorded, compact)?;
        self.fresh.push(Fresh { recorded, outcome, entry, sees_all });
        Ok(Judged::New(self.fresh.len() - 1))
    }

    /// True when the first event of the act has the same parsed content, however it was encoded and signed.
    async fn says_the_same(
        &self,
        tx: &mut WriteTx,
        head: &Head,
        index: u64,
        prepared: &Prepared,
    ) -> Result<bool, Fault> {
        if let Some(place) = index.checked_sub(head.size).and_then(|place| usize::try_from(place).ok()) {
            return Ok(self.fresh.get(place).is_some_and(|fresh| fresh.recorded.event == prepared.event));
        }
        let Some(entry) = log::entry(tx, index).await?.filter(|entry| entry.jws.is_some()) else {
            return Ok(false);
        };
        Ok(super::receipt::event_of(&entry)? == prepared.event)
    }

    async fn write(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        books: &mut Books,
        tail: &mut TileTail,
    ) -> Result<Vec<FullTile>, Fault> {
        let mut tiles = Vec::new();
        for fresh in &self.fresh {
            tiles.extend(tail.append(leaf_hash(&fresh.entry.leaf)));
        }
        let entries: Vec<Entry> = self.fresh.iter().map(|fresh| fresh.entry.clone()).collect();
        let acts: Vec<_> = self
            .by_act
            .iter()
            .filter(|(_, (_, index))| *index >= head.size)
            .map(|((party, act), (id, _))| (*party, act.as_uuid(), *id))
            .collect();
        log::append(tx, &entries, &acts, &tiles).await?;
        document::save(tx, &imported(self.fresh.iter().map(|fresh| &*fresh.recorded))).await?;
        attachment::save_named(tx, &named(books, self.fresh.iter().map(|fresh| &*fresh.recorded))).await?;
        let mut outcomes: Vec<(u64, Outcome)> =
            self.fresh.iter_mut().map(|fresh| (fresh.recorded.index, fresh.outcome.clone())).collect();
        erasing::forget_steps(&mut outcomes);
        shelves::save(tx, books, &outcomes).await?;
        offer::take(tx, &offers_in(self.fresh.iter().map(|fresh| &*fresh.recorded))).await?;
        // Behind that: whose authority it is for, the registry says as this batch leaves it.
        let recorded = self.fresh.iter().map(|fresh| &*fresh.recorded);
        outbox::put_recorded(tx, books, recorded.zip(outcomes.iter().map(|(_, outcome)| outcome))).await?;
        erasing::destroy(tx, &self.app.inner.signer.key, &outcomes).await?;
        let recorded_at = self.fresh.last().map_or(head.recorded_at, |fresh| fresh.recorded.recorded_at);
        let head = Head { origin: head.origin.clone(), size: tail.size(), root: tail.root(), recorded_at };
        log::save_head(tx, &head).await?;
        Ok(tiles)
    }

    /// Proofs for the new entries, from the tiles at hand.
    async fn inclusions(
        &self,
        tail: &TileTail,
        full: &[FullTile],
        first: u64,
        checkpoint: &StoredCheckpoint,
    ) -> Result<HashMap<u64, Inclusion>, Fault> {
        let mut proofs = HashMap::new();
        if checkpoint.size > tail.size() {
            // Another process signed for more before we could: theirs is the first checkpoint that covers these entries.
            let mut tx = self.app.inner.store.read().await?;
            for entry in self.fresh.iter().map(|fresh| &fresh.entry) {
                proofs.insert(entry.index, self.app.inclusion(&mut tx, entry.index, &entry.leaf).await?);
            }
            return Ok(proofs);
        }
        let tiles = Tiles::grown(tail, full);
        let mut prover = tile::Prover::new(&tiles);
        for index in first..tail.size() {
            let hashes = prover.inclusion(index, checkpoint.size);
            let hashes = hashes.map_err(|error| Fault::Tree(error.to_string()))?;
            proofs.insert(
                index,
                Inclusion { size: checkpoint.size, hashes, checkpoint: checkpoint.note.clone() },
            );
        }
        Ok(proofs)
    }

    async fn answers(
        &self,
        judged: Vec<Judged>,
        inclusions: &HashMap<u64, Inclusion>,
    ) -> Result<Answers, Fault> {
        let mut answers = Vec::with_capacity(judged.len());
        for one in judged {
            answers.push(match one {
                Judged::Refused(refusal) => Err(refusal.into()),
                Judged::New(place) => {
                    Ok(Submitted { is_new: true, receipt: self.receipt(place, inclusions) })
                }
                Judged::Known(index) => match self.first_receipt(index, inclusions).await? {
                    Some(receipt) => Ok(Submitted { is_new: false, receipt }),
                    None => Err(erased().into()),
                },
            });
        }
        Ok(answers)
    }

    fn receipt(&self, place: usize, inclusions: &HashMap<u64, Inclusion>) -> Receipt {
        let fresh = &self.fresh[place];
        let inclusion = inclusions.get(&fresh.recorded.index).cloned();
        // Without a proof it is a dry run: the salt and leaf drawn for it are thrown away with it.
        let (leaf, salt) = match &inclusion {
            Some(_) => (fresh.entry.leaf.clone(), fresh.entry.salt.map(Salt)),
            None => (Vec::new(), None),
        };
        Receipt { inclusion, ..Receipt::of(&fresh.recorded, &fresh.outcome, fresh.sees_all, leaf, salt) }
    }

    /// The receipt that was given first; `None` once the event was erased.
    async fn first_receipt(
        &self,
        index: u64,
        inclusions: &HashMap<u64, Inclusion>,
    ) -> Result<Option<Receipt>, Fault> {
        if let Some(place) = self.fresh.iter().position(|fresh| fresh.recorded.index == index) {
            return Ok(Some(self.receipt(place, inclusions)));
        }
        let mut tx = self.app.inner.store.read().await?;
        let entry = log::entry(&mut tx, index).await?;
        let entry = entry.ok_or_else(|| Fault::Entry { index, what: "it is missing".to_owned() })?;
        if entry.jws.is_none() {
            return Ok(None);
        }
        self.app.receipt_at(&mut tx, &entry).await.map(Some)
    }
}

/// What was erased by law has no receipt any more, and is not taken in again.
fn erased() -> Refusal {
    Refusal::one(
        RefusalKind::Unacceptable,
        Objection::new(
            "event-erased",
            "",
            "该记录的内容已依法删除，不再提供回执",
            "the contents of this event were erased by law; there is no receipt of it any more",
        ),
    )
}

/// The offers that handovers of a batch embed.
fn offers_in<'a>(recorded: impl Iterator<Item = &'a Recorded>) -> Vec<EventId> {
    let offered = recorded.filter(|recorded| recorded.offer.is_some());
    let texts = offered.filter_map(|recorded| handover(&recorded.event)?.1.offer.as_deref());
    texts.filter_map(|text| Some(embedded(text, Typ::Offer)?.event_id())).collect()
}

/// The documents of a batch, with the figures of their lines. Content that is not what it says has no figures.
pub(super) fn imported<'a>(recorded: impl Iterator<Item = &'a Recorded>) -> Vec<document::Imported> {
    let mut imported = Vec::new();
    for recorded in recorded.filter(|recorded| recorded.verdict.moves()) {
        let Statement::DocumentImported(document) = &recorded.event.statement else { continue };
        let read = rows(&document.profile, &document.media, &document.content);
        let lines = read.into_iter().map(|line| document::LineFigures {
            row: line.row,
            line: line.line,
            unit: line.unit,
            quantity_milli: line.quantity_milli,
            mass_g: line.mass_g,
            volume_ml: line.volume_ml,
        });
        imported.push(document::Imported {
            document: document.document,
            index: recorded.index,
            importer: recorded.event.party,
            profile: document.profile.to_string(),
            source: document.source.to_string(),
            number: document.number.to_string(),
            lines: lines.collect(),
        });
    }
    imported
}
