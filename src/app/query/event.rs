//! Single events and their receipts.

use std::collections::BTreeSet;

use super::chain::{ChainStep, LeafCheck, check_leaf};
use crate::app::access::{Viewer, divisions_of_parties, divisions_of_sites};
use crate::app::receipt::event_of;
use crate::app::{App, Fault, Receipt};
use crate::clock::Timestamp;
use crate::custody::{Event, Subject, Verdict};
use crate::ledger::{EventId, Salt};
use crate::store::log::Entry;
use crate::store::{ReadTx, finding, log, timeline};

/// One event in full.
#[derive(Clone, Debug)]
pub struct EventDetail {
    /// The event, its signatures and its leaf, checked just now. `effective` is that in the timeline of its main subject.
    pub step: ChainStep,
    /// The bytes of the public leaf.
    pub leaf: Vec<u8>,
    /// Opens the leaf.
    pub salt: Option<Salt>,
    /// What the event touches.
    pub touches: BTreeSet<Subject>,
}

impl App {
    /// The entry and event of an id, if the viewer may see it. Erased events are nobody's; one whose bytes are not those that the
    /// log commits to is a fault.
    pub(in crate::app) async fn visible_event(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: EventId,
    ) -> Result<Option<(Entry, Event)>, Fault> {
        if *viewer == Viewer::Public {
            return Ok(None);
        }
        let Some((_, index)) = log::indexes_of(tx, &[id]).await?.into_iter().next() else { return Ok(None) };
        let Some(entry) = log::entry(tx, index).await? else { return Ok(None) };
        if entry.jws.is_none() {
            return Ok(None);
        }
        let event = event_of(&entry)?;
        if check_leaf(&entry) != LeafCheck::Matches {
            let what = "salt, times and bytes do not open its leaf".to_owned();
            return Err(Fault::Entry { index, what });
        }
        let manifests: Vec<_> = event.manifests().into_iter().collect();
        let sees_manifest = !self.visible_manifests(tx, viewer, &manifests).await?.is_empty();
        let mut divisions: Vec<_> = divisions_of_parties(tx, &[event.party]).await?.into_values().collect();
        // Who supervises a site reads what its registers are made of, wherever the firm is registered.
        let kept_at: Vec<_> = event.kept_at().into_iter().collect();
        divisions.extend(divisions_of_sites(tx, &kept_at).await?.into_values());
        Ok(viewer.may_see_event(&event, sees_manifest, &divisions).then_some((entry, event)))
    }

    /// One event, its signatures checked anew from the stored bytes.
    pub async fn event(&self, viewer: &Viewer, id: EventId) -> Result<Option<EventDetail>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some((entry, event)) = self.visible_event(&mut tx, viewer, id).await? else { return Ok(None) };
        let (effective, verdict) = place_of(&mut tx, &event, &entry).await?;
        let steps = self.check_entries(&mut tx, &[(&entry, effective, verdict)], None).await?;
        let step = steps.into_iter().next().filter(|step| step.is_in_log != Some(false));
        let step = step.ok_or_else(|| Fault::Entry {
            index: entry.index,
            what: "the log does not hold its leaf".to_owned(),
        })?;
        Ok(Some(EventDetail {
            step,
            leaf: entry.leaf.clone(),
            salt: entry.salt.map(Salt),
            touches: event.touches(),
        }))
    }

    /// The receipt of an event, with the findings the viewer may see.
    pub async fn receipt(&self, viewer: &Viewer, id: EventId) -> Result<Option<Receipt>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some((entry, event)) = self.visible_event(&mut tx, viewer, id).await? else { return Ok(None) };
        let mut receipt = self.receipt_at(&mut tx, &entry).await?;
        if viewer.party() == Some(event.party) || viewer.is_authority() {
            return Ok(Some(receipt));
        }
        // The stored receipt is the acting party's. Another party learns only of the findings that concern it too.
        for briefs in [&mut receipt.opened, &mut receipt.closed] {
            let mut kept = Vec::new();
            for brief in briefs.drain(..) {
                let row = finding::finding(&mut tx, brief.id).await?;
                if row.is_some_and(|row| viewer.may_see_finding(&row.seen.concerns, &[])) {
                    kept.push(brief);
                }
            }
            *briefs = kept;
        }
        Ok(Some(receipt))
    }
}

/// When and as what an event counts in the timeline of its main subject.
async fn place_of(tx: &mut ReadTx, event: &Event, entry: &Entry) -> Result<(Timestamp, Verdict), Fault> {
    let row = timeline::place(tx, &event.main_subject(), entry.event_id).await?;
    Ok(row.map_or((entry.recorded_at, Verdict::Counts), |row| (row.effective, row.verdict)))
}
