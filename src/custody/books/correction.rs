//! Folding corrections: who asked, who proposed, who agreed; and the event they are about, once one is settled.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Books, Outcome};
use crate::catalogue::Uscc;
use crate::custody::admit::handover;
use crate::custody::correction::{CorrectionState, Said, apply, named_by};
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::custody::payload::oversight::CorrectionRequested;
use crate::custody::payload::statement::{CorrectedValue, Correction};
use crate::custody::stance::Target;
use crate::id::CorrectionId;
use crate::ledger::EventId;

/// A value that an act puts in force.
struct Settled<'a> {
    event: EventId,
    pointer: &'a str,
    value: &'a CorrectedValue,
}

impl Books {
    /// A correction at hand.
    pub fn correction(&self, id: &CorrectionId) -> Option<&CorrectionState> {
        self.corrections.get(id)
    }

    /// The corrections at hand, in no order.
    pub fn corrections(&self) -> impl Iterator<Item = &CorrectionState> {
        self.corrections.values()
    }

    /// Put a correction at hand as the store holds it.
    pub fn put_correction(&mut self, state: CorrectionState) {
        self.corrections.insert(state.correction, state);
    }

    /// Everybody whose signature covers an event: its own signer, the other side of a handover that signed an offer, and who
    /// countersigned it. What it counts for now does not enter: a disavowal takes no signature away.
    pub(in crate::custody) fn signers(&self, target: &Target) -> BTreeSet<Uscc> {
        let recorded = &target.recorded;
        let mut signers = BTreeSet::from([recorded.event.party]);
        if !target.circumstances.is_one_sided
            && let Some((_, s)) = handover(&recorded.event)
        {
            signers.extend([s.from, s.to]);
        }
        let manifest = recorded.event.manifest().and_then(|id| self.manifest(&id));
        let countersigns = manifest.into_iter().flat_map(|shelf| &shelf.state.countersigns);
        signers.extend(countersigns.filter(|c| c.handover == recorded.id).map(|c| c.mark.party));
        signers
    }

    /// The event that a correction is about, as it stands from now on, where the act settles the correction.
    pub(super) fn corrected(&self, act: &Recorded) -> Option<Arc<Recorded>> {
        let settled = self.settled_by(act)?;
        let target = self.target(&settled.event)?;
        let (event, _) = apply(&target.recorded.event, settled.pointer, settled.value).ok()?;
        let verdict = target.recorded.verdict.by_itself();
        Some(Arc::new(Recorded { verdict, ..target.recorded.corrected(event) }))
    }

    fn settled_by<'a>(&'a self, act: &'a Recorded) -> Option<Settled<'a>> {
        if !act.verdict.moves() {
            return None;
        }
        let named = |s: &'a Correction| Settled { event: s.event, pointer: &s.pointer, value: &s.value };
        match &act.event.statement {
            Statement::CorrectionOrdered(s) => Some(named(s)),
            Statement::CorrectionProposed(s) => {
                let target = self.target(&s.event)?;
                (self.signers(target) == BTreeSet::from([act.event.party])).then(|| named(s))
            }
            Statement::CorrectionAgreed(s) => {
                let known = self.correction(&s.correction)?;
                let is_last = known.waits_for == [act.event.party] && known.refused.is_none();
                let value = known.value.as_ref().filter(|_| is_last)?;
                Some(Settled { event: known.event, pointer: &known.pointer, value })
            }
            _ => None,
        }
    }

    /// Fold an act about a correction. `restated` is the event it is about as it stands from now on, where the act settles it.
    pub(super) fn fold_correction(
        &mut self,
        act: &Recorded,
        restated: Option<&Arc<Recorded>>,
        outcome: &mut Outcome,
    ) {
        let Some(id) = named_by(&act.event.statement).filter(|_| act.verdict.moves()) else { return };
        let is_settled = self.settled_by(act).is_some();
        let Some(mut state) = self.correction_after(id, act) else { return };
        if is_settled {
            state.settled_index = Some(act.index);
        }
        let event = state.event;
        if let Some(restated) = restated
            && let Some(mut target) = self.targets.remove(&state.event)
        {
            self.restate(&target.recorded, restated, act, outcome);
            target.recorded = Arc::clone(restated);
            self.targets.insert(state.event, target);
        }
        outcome.corrections.push(state.clone());
        let is_new = self.corrections.insert(id, state).is_none();
        if let Some(target) = self.targets.get_mut(&event).filter(|_| is_new) {
            target.corrections += 1;
        }
    }

    /// A correction as an act leaves it; `None` where the act is about none that is known.
    fn correction_after(&self, id: CorrectionId, act: &Recorded) -> Option<CorrectionState> {
        let known = self.corrections.get(&id).cloned();
        match &act.event.statement {
            Statement::CorrectionRequested(s) => known.is_none().then(|| requested(s, act)),
            Statement::CorrectionProposed(s) => {
                let target = self.target(&s.event)?;
                let mut waits_for = self.signers(target);
                waits_for.remove(&act.event.party);
                Some(self.with_value(known, s, act, waits_for.into_iter().collect()))
            }
            Statement::CorrectionOrdered(s) => {
                Some(CorrectionState { is_ordered: true, ..self.with_value(known, s, act, Vec::new()) })
            }
            Statement::CorrectionAgreed(_) => {
                let mut state = known?;
                state.waits_for.retain(|party| *party != act.event.party);
                state.agreed.push(Said::of(act));
                Some(state)
            }
            Statement::CorrectionRefused(s) => {
                let reason = s.reason.as_ref().map(ToString::to_string);
                Some(CorrectionState { refused: Some((Said::of(act), reason)), ..known? })
            }
            _ => None,
        }
    }

    fn with_value(
        &self,
        known: Option<CorrectionState>,
        s: &Correction,
        act: &Recorded,
        waits_for: Vec<Uscc>,
    ) -> CorrectionState {
        let target = self.target(&s.event);
        let was = target.and_then(|target| apply(&target.recorded.event, &s.pointer, &s.value).ok());
        CorrectionState {
            correction: s.correction,
            event: s.event,
            pointer: s.pointer.to_string(),
            was: was.map(|(_, was)| was),
            value: Some(s.value.clone()),
            reason: s.reason.to_string(),
            requested: known.and_then(|known| known.requested),
            proposed: Some(Said::of(act)),
            is_ordered: false,
            waits_for,
            agreed: Vec::new(),
            refused: None,
            settled_index: None,
        }
    }
}

fn requested(s: &CorrectionRequested, act: &Recorded) -> CorrectionState {
    CorrectionState {
        correction: s.correction,
        event: s.event,
        pointer: s.pointer.to_string(),
        was: None,
        value: None,
        reason: s.reason.to_string(),
        requested: Some(Said::of(act)),
        proposed: None,
        is_ordered: false,
        waits_for: Vec::new(),
        agreed: Vec::new(),
        refused: None,
        settled_index: None,
    }
}
