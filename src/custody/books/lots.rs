//! Folding one event into the lots it touches.
//!
//! A lot is sums, so a late event is simply added. Other lots matter only through events they share: nothing cascades.

use std::sync::Arc;

use super::passage::turn_in_lot;
use super::record::placed;
use super::{Books, Counter, Outcome};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::custody::lot::{LotState, Origin, StatedCode};
use crate::custody::payload::handover::{HandedLine, Step};
use crate::custody::posting::{self, Account};
use crate::custody::residue::Mover;
use crate::custody::rules::check_lot;
use crate::custody::shelf::Shelf;
use crate::custody::stock::StockCode;
use crate::custody::subject::Subject;
use crate::custody::timeline::Place;
use crate::id::{LotId, ManifestId};

impl Books {
    /// Fold an event into one of its lots. `outcome` holds its postings.
    pub(super) fn fold_lot(&mut self, id: LotId, recorded: &Arc<Recorded>, outcome: &mut Outcome) {
        let mut shelf = self.lots.remove(&id).unwrap_or_default();
        shelf.first_index.get_or_insert(recorded.index);
        let before = Before::of(&shelf.state);
        outcome.placed.push(placed(Subject::Lot(id), Place::alone(recorded), recorded));
        if recorded.verdict.moves() {
            self.bring_into_being(id, &mut shelf, recorded, outcome);
            note(id, &mut shelf.state, recorded, Sign::Said);
            shelf.state.note_line(id, &outcome.postings);
            for posting in outcome.postings.iter().filter(|posting| posting.lot == id) {
                shelf.state.post(&Mover::of(recorded), posting);
            }
        }
        turn_in_lot(id, &mut shelf.state, outcome);
        self.end_lot(id, shelf, before, (recorded.index, recorded.recorded_at), outcome);
    }

    /// A lot comes to be. The first event in log order that creates it owns its id and gets it the next code of its day;
    /// both stay, whatever is later said of that event.
    pub(super) fn bring_into_being(
        &mut self,
        id: LotId,
        shelf: &mut Shelf<LotState>,
        recorded: &Recorded,
        outcome: &mut Outcome,
    ) {
        let Some(origin) = origin(id, recorded) else { return };
        if shelf.owner.is_none() {
            let on = self.compact_date(recorded.base_time());
            let serial = self.count(lot_counter(origin.party, &origin.stage, &on));
            let code = format!("HW{}{on}{serial:03}", origin.stage);
            outcome.labels.push((Subject::Lot(id), code.clone()));
            (shelf.owner, shelf.label) = (Some(recorded.id), Some(code));
        }
        shelf.state.origin = Some(origin);
    }

    /// What comes after an entry changed a lot: the rules look at it, and it goes back on its place.
    pub(super) fn end_lot(
        &mut self,
        id: LotId,
        mut shelf: Shelf<LotState>,
        before: Before,
        (index, now): (u64, Timestamp),
        outcome: &mut Outcome,
    ) {
        shelf.updated_index = Some(index);
        if shelf.state.carried_on() != before.carried_on {
            shelf.findings.touch_all(); // They belong to that manifest now.
        }
        if shelf.state.stock_code() != before.code {
            outcome.recoded.push((id, before.code));
        }
        let observed = check_lot(&self.lot_view(id, &shelf));
        outcome.steps.extend(shelf.findings.update(observed, now, index));
        shelf.changed = true;
        outcome.lots.insert(id);
        self.lots.insert(id, shelf);
    }

    /// The counters of the lots that an event brings into being.
    pub(super) fn lot_counters(&self, recorded: &Recorded) -> Vec<Counter> {
        let on = self.compact_date(recorded.base_time());
        let origins = recorded.event.lots().into_iter().filter_map(|lot| origin(lot, recorded));
        origins.map(|origin| lot_counter(origin.party, &origin.stage, &on)).collect()
    }
}

fn lot_counter(party: Uscc, stage: &str, on: &str) -> Counter {
    Counter(format!("lot:{party}:{stage}:{on}"))
}

/// What of a lot matters beside its sums, before an entry changes it.
#[derive(Clone, Copy)]
pub(super) struct Before {
    carried_on: Option<ManifestId>,
    code: StockCode,
}

impl Before {
    pub(super) fn of(state: &LotState) -> Self {
        Self { carried_on: state.carried_on(), code: state.stock_code() }
    }
}

/// Whether what an event says of a lot is noted, or taken back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It is said.
    Said,
    /// It no longer counts.
    TakenBack,
}

/// What an event says of a lot besides moving its mass: a code, a storage facility.
pub(super) fn note(id: LotId, state: &mut LotState, recorded: &Recorded, sign: Sign) {
    if let Some((code, is_as_found)) = stated_code(id, recorded) {
        match sign {
            Sign::Said => state.state_code(StatedCode { is_as_found, event: recorded.id, code }),
            Sign::TakenBack => state.forget_code(recorded.id),
        }
    }
    let (moved, is_put_in) = match &recorded.event.statement {
        Statement::WasteStored(s) => (s, true),
        Statement::WasteWithdrawn(s) => (s, false),
        _ => return,
    };
    for draw in moved.lots.iter().filter(|draw| draw.lot == id) {
        let mass_g = if sign == Sign::Said { draw.mass_g.get() } else { -draw.mass_g.get() };
        state.store((recorded.event.party, moved.site), &moved.facility, is_put_in, mass_g);
    }
}

/// The code that an event states for the lot of a line, and whether it is as found at a receipt.
pub(super) fn stated_code(id: LotId, recorded: &Recorded) -> Option<(WasteCode, bool)> {
    let handed = |manifest, lines: &[HandedLine]| {
        let line = lines.iter().find(|line| LotId::of_line(manifest, line.line) == id)?;
        Some((line.code, false))
    };
    match &recorded.event.statement {
        Statement::WasteCollected(s) => handed(s.manifest, &s.lines),
        Statement::PaperBackfilled(s) => {
            let mut loads = s.handovers.iter().filter(|paper| paper.step == Step::Collected);
            loads.find_map(|paper| handed(s.manifest, &paper.lines))
        }
        Statement::WasteReceived(s) => {
            let lots_of =
                |line: u16| [LotId::of_line(s.manifest, line), LotId::rejected_of_line(s.manifest, line)];
            let line = s.lines.iter().find(|line| lots_of(line.line).contains(&id))?;
            Some((line.code, true))
        }
        _ => None,
    }
}

/// How a lot came to be, if this event created it. CS: arose here; RK: is in store, from when the books were opened or by
/// repacking.
fn origin(id: LotId, recorded: &Recorded) -> Option<Origin> {
    let (code, stage) = match &recorded.event.statement {
        Statement::StockOpened(s) => {
            (s.lots.iter().find(|lot| lot.lot == id).map(|lot| Some(lot.code))?, "RK")
        }
        Statement::WasteGenerated(s) => {
            (s.lots.iter().find(|lot| lot.lot == id).map(|lot| Some(lot.code))?, "CS")
        }
        Statement::WasteRepacked(s) => {
            (s.outputs.iter().find(|lot| lot.lot == id).map(|lot| Some(lot.code))?, "RK")
        }
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
            (s.outputs.iter().find(|output| output.lot == id).map(|output| output.code)?, "CS")
        }
        _ => return None,
    };
    Some(Origin {
        event: recorded.id,
        at: recorded.base_time(),
        party: recorded.event.party,
        code,
        stage: stage.to_owned(),
        gained_g: gained_g(id, recorded),
    })
}

/// By how much a repacked lot weighs more than what went into it.
fn gained_g(id: LotId, recorded: &Recorded) -> i64 {
    if !matches!(recorded.event.statement, Statement::WasteRepacked(_)) {
        return 0;
    }
    let postings = posting::of(recorded);
    let from_nowhere = postings
        .iter()
        .filter(|posting| posting.lot == id && posting.account == Account::Unexplained && posting.mass_g < 0);
    from_nowhere.map(|posting| -posting.mass_g).sum()
}
