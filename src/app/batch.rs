//! One batch: under the lock of the log's head, every event is judged seeing the earlier ones, then all is written at once.
//!
//! Order of finishing: COMMIT, advance the mark, sign the committed head, store the checkpoint, answer. One bad event never fails
//! its batch.

mod answered;
mod erasing;
pub(super) mod fill;
mod fleet;
mod judging;
mod load;
mod naming;
mod references;
mod rides;
mod targets;

pub(super) use naming::named;

use std::collections::HashMap;
use std::sync::Arc;

use super::App;
use super::anchor::Roots;
use super::error::{Fault, Refusal, SubmitError};
use super::outbox;
use super::prepare::Prepared;
use super::proof::Tiles;
use super::receipt::{Inclusion, Receipt};
use super::sequencer::Room;
use super::steps::Step;
use super::submit::Submitted;
use crate::catalogue::Uscc;
use crate::custody::admit::handover;
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
use crate::store::{WriteTx, attachment, books as shelves, document, log, offer};

/// What is taken or refused as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unit {
    /// Every event for itself.
    #[default]
    Event,
    /// All events of a manifest, or none of them. An upload with this wish is a batch of its own.
    Manifest,
}

/// The events of one upload.
pub(super) struct Upload {
    pub(super) events: Vec<Prepared>,
    pub(super) unit: Unit,
    /// Held until it was judged.
    pub(super) _room: Room,
}

impl Upload {
    /// One event.
    pub(super) fn of(event: Prepared, room: Room) -> Self {
        Self { events: vec![event], unit: Unit::Event, _room: room }
    }
}

/// What became of an event.
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

/// What is said to one event.
pub(super) enum Answer {
    /// What became of it.
    Said(Box<Result<Submitted, SubmitError>>),
    /// The log had it before this batch, at this index. Its sender reads the receipt without keeping others waiting.
    Known(u64),
}

/// A batch under way.
pub(super) struct Batch<'a> {
    app: &'a App,
    tail: Option<TileTail>,
    taken: Taken,
    roots: Roots,
    /// Events that wait to be judged, and how often one was.
    lines: usize,
    judgements: usize,
}

/// What a batch has taken so far, and what the log has already of what its uploads say.
#[derive(Default)]
struct Taken {
    by_id: HashMap<EventId, u64>,
    by_act: HashMap<(Uscc, ActId), (EventId, u64)>,
    fresh: Vec<Fresh>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(app: &'a App, tail: Option<TileTail>) -> Self {
        Self { app, tail, taken: Taken::default(), roots: Roots::default(), lines: 0, judgements: 0 }
    }

    /// Judge, write, commit, sign, answer. Gives the tail of the new tree for the next batch. After an error the outcome is
    /// unknown; the next batch then reads again what there is.
    pub(super) async fn run(mut self, uploads: Vec<Upload>) -> Result<(Vec<Answer>, TileTail), Fault> {
        let app = self.app;
        let mut tx = app.inner.store.write().await?;
        let head = app.lock(&mut tx).await?;
        let mut tail = app.edge(&mut tx, &head, self.tail.take()).await?;
        let (judged, mut books) = app.step(Step::Judge, self.judge_all(&mut tx, &head, uploads)).await?;
        if self.taken.fresh.is_empty() {
            // What is answered from the log must be as safe as what is written to it.
            log::settle(tx).await?;
            // An earlier batch may have been committed and not signed; whoever retries then gets the first receipt here.
            app.catch_up().await?;
            let answers = async { Ok(self.answers(judged, head.size, &HashMap::new())) };
            return Ok((app.step(Step::Answer, answers).await?, tail));
        }
        let tiles = app.step(Step::Write, self.write(&mut tx, &head, &mut books, &mut tail)).await?;
        app.step(Step::Commit, async { Ok(tx.commit().await?) }).await?;
        app.inner.outbox.ring();
        if self.taken.fresh.iter().any(|fresh| fresh.recorded.kind() == Kind::ProfileAdopted) {
            app.in_force(&mut app.inner.store.read().await?).await?;
        }
        let checkpoint = app.publish(tail.size(), tail.root()).await?;
        let inclusions = self.inclusions(&tail, &tiles, head.size, &checkpoint).await?;
        let answers = async { Ok(self.answers(judged, head.size, &inclusions)) };
        Ok((app.step(Step::Answer, answers).await?, tail))
    }

    /// Judge only; nothing is kept.
    pub(super) async fn judge(mut self, upload: Upload) -> Result<Vec<Answer>, Fault> {
        let mut tx = self.app.inner.store.write().await?;
        let head = self.app.lock(&mut tx).await?;
        let (judged, _) = self.judge_all(&mut tx, &head, vec![upload]).await?;
        tx.rollback().await?;
        Ok(self.answers(judged, head.size, &HashMap::new()))
    }

    async fn write(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        books: &mut Books,
        tail: &mut TileTail,
    ) -> Result<Vec<FullTile>, Fault> {
        let mut tiles = Vec::new();
        for fresh in &self.taken.fresh {
            tiles.extend(tail.append(leaf_hash(&fresh.entry.leaf)));
        }
        // The text of an event goes into the log here; receipts need the rest of its entry.
        let with_text = |fresh: &mut Fresh| Entry { jws: fresh.entry.jws.take(), ..fresh.entry.clone() };
        let entries: Vec<Entry> = self.taken.fresh.iter_mut().map(with_text).collect();
        let acts: Vec<_> = self
            .taken
            .by_act
            .iter()
            .filter(|(_, (_, index))| *index >= head.size)
            .map(|((party, act), (id, _))| (*party, act.as_uuid(), *id))
            .collect();
        log::append(tx, entries, &acts, &tiles).await?;
        document::save(tx, &imported(self.taken.fresh.iter().map(|fresh| &*fresh.recorded))).await?;
        attachment::save_named(tx, &named(books, self.taken.fresh.iter().map(|fresh| &*fresh.recorded)))
            .await?;
        let mut outcomes: Vec<(u64, Outcome)> =
            self.taken.fresh.iter_mut().map(|fresh| (fresh.recorded.index, fresh.outcome.clone())).collect();
        erasing::forget_steps(&mut outcomes);
        shelves::save(tx, books, &outcomes).await?;
        offer::take(tx, &offers_in(self.taken.fresh.iter().map(|fresh| &*fresh.recorded))).await?;
        // Behind that: whose authority it is for, the registry says as this batch leaves it.
        let recorded = self.taken.fresh.iter().map(|fresh| &*fresh.recorded);
        outbox::put_recorded(tx, books, recorded.zip(outcomes.iter().map(|(_, outcome)| outcome))).await?;
        erasing::destroy(tx, &self.app.inner.signer.key, &outcomes).await?;
        let recorded_at =
            self.taken.fresh.last().map_or(head.recorded_at, |fresh| fresh.recorded.recorded_at);
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
            for entry in self.taken.fresh.iter().map(|fresh| &fresh.entry) {
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

    /// An answer for each event; `first` is the log index of the first entry of this batch.
    fn answers(&self, judged: Vec<Judged>, first: u64, inclusions: &HashMap<u64, Inclusion>) -> Vec<Answer> {
        let of_batch = |place, is_new| {
            Answer::Said(Box::new(Ok(Submitted { is_new, receipt: self.receipt(place, inclusions) })))
        };
        let answer = |judged| match judged {
            Judged::Refused(refusal) => Answer::Said(Box::new(Err(refusal.into()))),
            Judged::New(place) => of_batch(place, true),
            Judged::Known(index) => {
                match index.checked_sub(first).and_then(|place| usize::try_from(place).ok()) {
                    Some(place) => of_batch(place, false),
                    None => Answer::Known(index),
                }
            }
        };
        judged.into_iter().map(answer).collect()
    }

    fn receipt(&self, place: usize, inclusions: &HashMap<u64, Inclusion>) -> Receipt {
        let fresh = &self.taken.fresh[place];
        let inclusion = inclusions.get(&fresh.recorded.index).cloned();
        // Without a proof it is a dry run: the salt and leaf drawn for it are thrown away with it.
        let (leaf, salt) = match &inclusion {
            Some(_) => (fresh.entry.leaf.clone(), fresh.entry.salt.map(Salt)),
            None => (Vec::new(), None),
        };
        Receipt { inclusion, ..Receipt::of(&fresh.recorded, &fresh.outcome, fresh.sees_all, leaf, salt) }
    }
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
