//! Folding one event into the lots it touches.
//!
//! A lot is sums, so a late event is simply added. Other lots matter only through events they share: nothing cascades.

use std::collections::BTreeSet;

use super::said::{Said, brought_into_being};
use super::{Books, Counter, Outcome};
use crate::catalogue::{Profile, Uscc};
use crate::clock::Timestamp;
use crate::custody::event::Recorded;
use crate::custody::lot::{LotState, Origin};
use crate::custody::rules::check_lot;
use crate::custody::shelf::Shelf;
use crate::custody::stock::StockCode;
use crate::custody::subject::Subject;
use crate::custody::tally::{self, Parts};
use crate::id::{LotId, ManifestId};

impl Books {
    /// Fold what an entry says of one of its lots, or of one of an earlier event that it restates, and what turns with it.
    pub(super) fn fold_lot(
        &mut self,
        id: LotId,
        said: &Said,
        (index, now): (u64, Timestamp),
        outcome: &mut Outcome,
    ) {
        let mut shelf = self.lots.remove(&id).unwrap_or_default();
        shelf.first_index.get_or_insert(index);
        outcome.steps.extend(shelf.findings.open_due(now));
        let before = Before::of(&shelf.state, self.rulebook.profile);
        if let Some(origin) = said.origin(id) {
            self.bring_into_being(id, &mut shelf, origin, outcome);
        }
        said.fold_into(id, &mut shelf.state);
        for turned in &outcome.turned {
            turned.said.fold_into(id, &mut shelf.state);
        }
        self.end_lot(id, shelf, before, (index, now), outcome);
    }

    /// A lot comes to be. The first event in log order that creates it owns its id and gets it the next code of its day;
    /// both stay, whatever is later said of that event.
    fn bring_into_being(
        &mut self,
        id: LotId,
        shelf: &mut Shelf<LotState>,
        origin: &Origin,
        outcome: &mut Outcome,
    ) {
        if shelf.owner.is_some() {
            return;
        }
        let on = self.compact_date(origin.at);
        let serial = self.count(lot_counter(origin.party, &origin.stage, &on));
        let code = format!("HW{}{on}{serial:03}", origin.stage);
        outcome.labels.push((Subject::Lot(id), code.clone()));
        (shelf.owner, shelf.label) = (Some(origin.event), Some(code));
    }

    /// What comes after an entry changed a lot: the rules look at it, and it goes back on its place.
    fn end_lot(
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
        if shelf.state.stock_code() != before.code && shelf.first_index != Some(index) {
            outcome.recoded.push((id, before.code));
        }
        let parts = tally::of_lot(&shelf.state, self.rulebook.profile);
        outcome.tallied.extend(tally::difference(&before.parts, &parts));
        let holders = holders(&shelf.state);
        outcome.left.extend(before.holders.difference(&holders).map(|party| (*party, id)));
        let observed = check_lot(&self.lot_view(id, &shelf));
        outcome.steps.extend(shelf.findings.update(observed, now, index));
        shelf.changed = true;
        outcome.lots.insert(id);
        self.lots.insert(id, shelf);
    }

    /// The counters of the lots that an event brings into being.
    pub(super) fn lot_counters(&self, recorded: &Recorded) -> Vec<Counter> {
        let on = self.compact_date(recorded.base_time());
        let stages: BTreeSet<&str> =
            brought_into_being(recorded).into_iter().map(|born| born.stage).collect();
        stages.into_iter().map(|stage| lot_counter(recorded.event.party, stage, &on)).collect()
    }
}

fn lot_counter(party: Uscc, stage: &str, on: &str) -> Counter {
    Counter(format!("lot:{party}:{stage}:{on}"))
}

/// What of a lot matters beside its sums, before an entry changes it.
struct Before {
    carried_on: Option<ManifestId>,
    code: StockCode,
    holders: BTreeSet<Uscc>,
    parts: Parts,
}

impl Before {
    fn of(state: &LotState, profile: &Profile) -> Self {
        Self {
            carried_on: state.carried_on(),
            code: state.stock_code(),
            holders: holders(state),
            parts: tally::of_lot(state, profile),
        }
    }
}

fn holders(state: &LotState) -> BTreeSet<Uscc> {
    state.holdings.iter().map(|holding| holding.party).collect()
}
