//! Making items: the outbox is read message by message behind a cursor that moves in the transaction that writes what came of it. What a
//! manifest has come to is compared with what its platform was told, so that looking twice makes nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{self, Known};
use super::platform::Platform;
use super::{Item, LineMark, LineState, PushState};
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::platform::PushStep;
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::Subject;
use crate::exchange::platform::{Adapter, Content, NO_LINE};
use crate::id::{CorrectionId, ManifestId, PushId, derived};
use crate::ledger::Digest;
use crate::store::outbox::{self, About, Numbered};
use crate::store::{ReadTx, WriteTx, correction, log, notice, push};

/// Messages looked at in one transaction.
const A_BATCH: u64 = 50;
/// Name of the cursor.
const CURSOR: &str = "push";

/// Begin behind what happened before, unless that was begun.
pub(super) async fn begin(tx: &mut WriteTx) -> Result<(), Fault> {
    let last = outbox::last(tx).await?;
    Ok(notice::begin_cursor(tx, CURSOR, last.cast_signed()).await?)
}

impl App {
    /// Make what platforms are to be told of what happened since the last time; how many messages were looked at.
    pub async fn make_pushes(&self) -> Result<u64, Fault> {
        let mut looked_at = 0;
        // Nobody agreed to anything yet, or nobody is told.
        if self.platforms().is_empty() || self.may_write().is_err() {
            return Ok(0);
        }
        loop {
            let some = self.make_some_pushes().await?;
            looked_at += some;
            if some < A_BATCH {
                return Ok(looked_at);
            }
        }
    }

    async fn make_some_pushes(&self) -> Result<u64, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some(from) = notice::cursor(&mut tx, CURSOR).await? else { return Ok(0) };
        let messages = outbox::told(&mut tx, from.cast_unsigned(), A_BATCH).await?;
        let Some(last) = messages.last().map(|message| message.seq) else { return Ok(0) };
        let manifests = about(&mut tx, &messages).await?;
        drop(tx);
        let mut tx = self.inner.store.write().await?;
        // The lock keeps two processes from looking at one manifest at once.
        self.lock(&mut tx).await?;
        if !notice::move_cursor(&mut tx, CURSOR, from, last.cast_signed()).await? {
            tx.rollback().await?;
            return Ok(messages.len() as u64);
        }
        for id in manifests {
            self.compare_everywhere(&mut tx, id).await?;
        }
        tx.commit().await?;
        Ok(messages.len() as u64)
    }

    /// Compare what a manifest has come to with what each platform was told, and make what is missing. Under the lock of the head.
    async fn compare_everywhere(&self, tx: &mut WriteTx, id: ManifestId) -> Result<(), Fault> {
        let known = facts::known(self, tx, id).await?;
        for platform in self.platforms() {
            self.compare_on(tx, platform, id, known.as_ref()).await?;
        }
        Ok(())
    }

    /// The same on one platform.
    pub(super) async fn compare_on(
        &self,
        tx: &mut WriteTx,
        platform: &Platform,
        id: ManifestId,
        known: Option<&Known>,
    ) -> Result<(), Fault> {
        let items = push::of_manifest(tx, &platform.id, id).await?;
        // Whatever is on its way is waited for: what it was taken for decides what is to be told next.
        let is_out = |item: &Item| {
            item.state == PushState::Sent || (item.state == PushState::Parked && item.is_unclear)
        };
        if items.iter().any(is_out) {
            return Ok(());
        }
        let Some(known) = known.filter(|known| platform.serves(known.division)) else { return Ok(()) };
        if push::consent(tx, known.consignor, &platform.id).await?.is_none() {
            return Ok(());
        }
        let now = self.inner.clock.now();
        for changed in next(platform, id, known, items, now) {
            match changed {
                Changed::Put(item) => push::put(tx, &item).await?,
                Changed::New(item) => push::insert(tx, &item).await?,
            }
        }
        Ok(())
    }
}

/// What is to be written.
enum Changed {
    Put(Item),
    New(Item),
}

/// What is to be told next, given what was told.
fn next(
    platform: &Platform,
    id: ManifestId,
    known: &Known,
    items: Vec<Item>,
    now: Timestamp,
) -> Vec<Changed> {
    let mut n = items.last().map_or(0, |item| item.n);
    // Steps before the first that the platform has a message for are none that it misses.
    let taken = items.iter().filter(|item| item.lines.iter().any(|line| line.mark == LineMark::Accepted));
    let first_taken = taken.map(|item| item.rank).min();
    let is_voided = known.steps.iter().any(|(step, _)| *step == PushStep::Voided);
    let mut changed = Vec::new();
    if is_voided && first_taken.is_none() {
        // Of what was withdrawn before the platform heard of it there is nothing to tell.
        let open = items.into_iter().filter(is_open);
        changed.extend(open.map(|item| Changed::Put(superseded(item, "voided"))));
        return changed;
    }
    for (step, facts) in &known.steps {
        let told = platform.adapter.content(*step, facts);
        if told.is_none() && first_taken.is_none_or(|first| (*step as u64) < first) {
            continue;
        }
        let is_mapped = told.is_some();
        let content = told.map_or_else(unmapped, |content| Wanted::of(&content));
        let of_step: Vec<Item> = items.iter().filter(|item| item.step == *step).cloned().collect();
        let told = Standing::of(&of_step);
        let wanted = told.missing(&content);
        if told.is_the_same(&content, &wanted) {
            continue;
        }
        changed.extend(of_step.iter().filter(|item| is_open(item)).map(|item| {
            let why = if wanted.is_empty() { "as-taken" } else { "replaced" };
            Changed::Put(superseded(item.clone(), why))
        }));
        let (anew, again): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|(line, _)| !told.accepted.contains_key(line));
        for (lines, corrects) in [(anew, false), (again, true)] {
            if lines.is_empty() {
                continue;
            }
            n += 1;
            let is_mapped = is_mapped && (!corrects || platform.adapter.corrects(*step));
            let place = Place { id, n, rank: *step as u64, step: *step, corrects, is_mapped };
            changed.push(Changed::New(made(platform, known, place, &content, lines, now)));
        }
    }
    changed
}

/// What a step says.
struct Wanted {
    head: Digest,
    lines: BTreeMap<u16, Digest>,
    notes: Vec<String>,
}

impl Wanted {
    fn of(content: &Content) -> Self {
        let notes = content.notes.iter().cloned().collect();
        Self { head: content.head, lines: content.lines.clone(), notes }
    }
}

/// A step that the platform has no message for says no more than that it was.
fn unmapped() -> Wanted {
    let nothing = Digest::sha256(&[b"unmapped"]);
    Wanted { head: nothing, lines: BTreeMap::from([(NO_LINE, nothing)]), notes: Vec::new() }
}

/// What was told of a step.
struct Standing {
    /// What was taken of each line, the last.
    accepted: BTreeMap<u16, Digest>,
    /// What was taken of the whole, the last.
    head: Option<Digest>,
    /// What is to be told and was not taken.
    open: BTreeMap<u16, Digest>,
    /// What that says of the whole.
    open_head: Option<Digest>,
}

impl Standing {
    fn of(items: &[Item]) -> Self {
        let mut standing =
            Self { accepted: BTreeMap::new(), head: None, open: BTreeMap::new(), open_head: None };
        for item in items {
            for line in &item.lines {
                let is_told = line.mark == LineMark::Accepted || item.state == PushState::Unmapped;
                if is_told {
                    standing.accepted.insert(line.line, line.digest);
                    standing.head = Some(item.head);
                } else if is_open(item) && line.mark != LineMark::Replaced {
                    standing.open.insert(line.line, line.digest);
                    standing.open_head = Some(item.head);
                }
            }
        }
        standing
    }

    /// The lines whose content was not taken.
    fn missing(&self, wanted: &Wanted) -> BTreeMap<u16, Digest> {
        let is_other = self.head.is_some_and(|head| head != wanted.head);
        let lines = wanted.lines.iter();
        let missing = lines.filter(|(line, digest)| is_other || self.accepted.get(line) != Some(digest));
        missing.map(|(line, digest)| (*line, *digest)).collect()
    }

    /// True when what is to be told is what is being told.
    fn is_the_same(&self, wanted: &Wanted, missing: &BTreeMap<u16, Digest>) -> bool {
        self.open == *missing && (missing.is_empty() || self.open_head == Some(wanted.head))
    }
}

/// True for what is not settled and not on its way.
fn is_open(item: &Item) -> bool {
    matches!(item.state, PushState::Waiting | PushState::Parked | PushState::Refused | PushState::Partly)
}

/// An item that is told no more; lines of it that were taken stay taken.
fn superseded(mut item: Item, why: &str) -> Item {
    for line in item.lines.iter_mut().filter(|line| line.mark != LineMark::Accepted) {
        line.mark = LineMark::Replaced;
    }
    let is_partly = item.lines.iter().any(|line| line.mark == LineMark::Accepted);
    item.state = if is_partly { PushState::Accepted } else { PushState::Superseded };
    item.why = Some(why.to_owned());
    item
}

struct Place {
    id: ManifestId,
    n: u64,
    rank: u64,
    step: PushStep,
    corrects: bool,
    is_mapped: bool,
}

fn made(
    platform: &Platform,
    known: &Known,
    place: Place,
    content: &Wanted,
    lines: Vec<(u16, Digest)>,
    now: Timestamp,
) -> Item {
    let Place { id: manifest, n, rank, step, corrects, is_mapped } = place;
    let id = derived(&[
        b"liandan/push/v1",
        platform.id.as_bytes(),
        manifest.as_uuid().as_bytes(),
        &n.to_be_bytes(),
        content.head.as_bytes(),
    ]);
    let line = |(line, digest)| LineState { line, digest, mark: LineMark::Open, code: None, said: None };
    Item {
        id: PushId::from_uuid(id),
        platform: platform.id.clone(),
        manifest,
        n,
        party: known.consignor,
        division: known.division,
        rank,
        step,
        corrects,
        head: content.head,
        lines: lines.into_iter().map(line).collect(),
        notes: content.notes.clone(),
        state: if is_mapped { PushState::Waiting } else { PushState::Unmapped },
        why: (!is_mapped).then(|| "unmapped".to_owned()),
        said: None,
        number: None,
        made_at: now,
        told_at: None,
        // The platform keeps what is not so any more: the firm has to tell it by itself.
        changed_at: (!is_mapped).then_some(now),
        is_unclear: false,
        round: 0,
        checks: 0,
        attempts: 0,
        failing_since: None,
        failures: 0,
        next_at: now,
    }
}

/// The manifests that messages are about.
async fn about(tx: &mut ReadTx, messages: &[Numbered]) -> Result<BTreeSet<ManifestId>, Fault> {
    let (mut found, mut corrections) = (BTreeSet::new(), Vec::new());
    for Numbered { message, .. } in messages {
        if let Some(Subject::Manifest(id)) = Subject::named(&message.subject_kind, &message.subject) {
            found.insert(id);
        }
        if let (About::Event { index, .. }, true) = (&message.about, message.what.starts_with("correction."))
        {
            corrections.push(*index);
        }
    }
    let entries = log::entries_at(tx, &corrections).await?;
    let mut named: Vec<CorrectionId> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
        named.extend(match event_of(entry)?.statement {
            Statement::CorrectionProposed(s) | Statement::CorrectionOrdered(s) => Some(s.correction),
            Statement::CorrectionAgreed(s) | Statement::CorrectionRefused(s) => Some(s.correction),
            _ => None,
        });
    }
    let events: Vec<_> = correction::by_ids(tx, &named).await?.into_iter().map(|state| state.event).collect();
    let indexes: Vec<u64> = log::indexes_of(tx, &events).await?.into_iter().map(|(_, index)| index).collect();
    for entry in log::entries_at(tx, &indexes).await?.iter().filter(|entry| entry.jws.is_some()) {
        found.extend(event_of(entry)?.manifests());
    }
    Ok(found)
}
