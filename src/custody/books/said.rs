//! What an event says of its lots, read out of it once and kept lot by lot.
//!
//! Folding one of its lots then costs what is said of that lot, and derives no id again.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::catalogue::{Profile, WasteCode};
use crate::clock::Timestamp;
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::custody::lot::{Cause, Counted, Flow, LotState, Origin, Refusal, Stored};
use crate::custody::payload::handover::{HandedLine, Received, Step};
use crate::custody::payload::waste::{NewLot, OutputLot, StockCounted, StoreMoved};
use crate::custody::posting::{self, Account, Posting, counter_account};
use crate::custody::residue::{Mover, Residue};
use crate::id::{LotId, ManifestId};
use crate::shape::Basis;

/// What an event says of its lots from now on, or what it said and no longer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    mover: Mover,
    /// False when it is taken back.
    counts: bool,
    lots: BTreeMap<LotId, OfLot>,
}

/// What is said of one lot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfLot {
    /// How it came to be.
    origin: Option<Origin>,
    /// The line it was set apart from.
    apart_from: Option<(ManifestId, u16)>,
    /// When a receipt refused it.
    refused_at: Option<Timestamp>,
    /// Its code, and whether it is as found at a receipt.
    code: Option<(WasteCode, bool)>,
    /// What was put into a storage facility, or taken out of it.
    stored: Option<Stored>,
    /// That it was counted, and how it differed.
    counted: Option<Counted>,
    /// Its postings, and why mass enters or leaves by each what a holder has.
    postings: Vec<(Posting, Cause)>,
    /// What they move at sites.
    flows: Vec<Flow>,
}

impl Said {
    /// Nothing, as of a lot that is not the entry's own and only turns with it.
    pub(super) fn nothing(entry: &Recorded) -> Self {
        Self { mover: Mover::of(entry), counts: entry.verdict.moves(), lots: BTreeMap::new() }
    }

    /// What changes where an event counts that did not count `before`, or the other way round; nothing where neither is so.
    /// `postings` are its own, or the same with the other sign; of the profile the zone counts alone.
    pub(super) fn change(before: bool, now: &Recorded, postings: &[Posting], profile: &Profile) -> Self {
        let mut said = Self::nothing(now);
        if before == said.counts {
            return said;
        }
        said.post(postings, &posting::times(now), profile);
        if matches!(now.event.statement, Statement::WasteReceived(_)) {
            said.refuse(now.base_time());
        }
        for Born { lot, code, stage, since, is_measured, is_labelled } in brought_into_being(now) {
            let of_lot = said.lots.entry(lot).or_default();
            let origin = Origin {
                event: now.id,
                at: now.base_time(),
                party: now.event.party,
                code,
                stage: stage.to_owned(),
                since,
                gained_g: gained_g(now, &of_lot.postings),
                is_measured,
                is_labelled,
            };
            of_lot.origin.get_or_insert(origin);
        }
        for (lot, code) in stated_codes(now) {
            said.lots.entry(lot).or_default().code = Some(code);
        }
        match &now.event.statement {
            Statement::WasteStored(s) => said.store(now, s, true),
            Statement::WasteWithdrawn(s) => said.store(now, s, false),
            Statement::StockCounted(s) => said.count(now, s),
            _ => {}
        }
        said
    }

    /// What is left of what an erased event said.
    pub(super) fn left_in(residue: &Residue, profile: &Profile) -> Self {
        let mut said = Self { mover: residue.mover(), counts: true, lots: BTreeMap::new() };
        said.post(&residue.postings, &residue.times(), profile);
        if residue.is_receipt() {
            said.refuse(residue.base_at);
        }
        for (lot, code) in &residue.codes {
            let stated = &mut said.lots.entry(*lot).or_default().code;
            stated.get_or_insert((*code, residue.is_receipt()));
        }
        said
    }

    /// How a lot comes to be by it.
    pub(super) fn origin(&self, id: LotId) -> Option<&Origin> {
        self.lots.get(&id).filter(|_| self.counts)?.origin.as_ref()
    }

    /// Fold what is said of a lot into it, or take that back.
    pub(super) fn fold_into(&self, id: LotId, state: &mut LotState) {
        let Some(of_lot) = self.lots.get(&id) else { return };
        if self.counts {
            of_lot.say(&self.mover, state);
        } else {
            of_lot.take_back(&self.mover, state);
        }
    }

    /// Give each lot its postings. Where one of a pair lies on a line and the other in that line's rejected lot, the lot was set
    /// apart from the line.
    fn post(&mut self, postings: &[Posting], times: &[(usize, Timestamp)], profile: &Profile) {
        for (at, group) in posting::groups(postings, times) {
            let on = profile.local_date(at.as_millis());
            for (n, posting) in group.iter().enumerate() {
                let against = counter_account(group, n);
                let of_lot = self.lots.entry(posting.lot).or_default();
                of_lot.flows.extend(Flow::of(group, n, on));
                of_lot.postings.push((*posting, cause(posting, against, at, self.counts)));
                let Some(Account::Transit(manifest, line)) = against else { continue };
                if LotId::rejected_of_line(manifest, line) == posting.lot {
                    of_lot.apart_from = Some((manifest, line));
                }
            }
        }
    }

    /// What a receipt set apart from a line, it refused.
    fn refuse(&mut self, at: Timestamp) {
        let apart = self.lots.values_mut().filter(|of_lot| of_lot.apart_from.is_some());
        apart.for_each(|of_lot| of_lot.refused_at = Some(at));
    }

    fn store(&mut self, recorded: &Recorded, s: &StoreMoved, is_put_in: bool) {
        let (party, site) = (recorded.event.party, s.site);
        for draw in s.lots.iter() {
            let none = || {
                let out = if is_put_in { Vec::new() } else { vec![recorded.id] };
                Stored { party, site, facility: s.facility.to_string(), in_g: 0, out_g: 0, out }
            };
            let stored = self.lots.entry(draw.lot).or_default().stored.get_or_insert_with(none);
            let sum = if is_put_in { &mut stored.in_g } else { &mut stored.out_g };
            *sum = sum.wrapping_add(draw.mass_g.get());
        }
    }

    fn count(&mut self, recorded: &Recorded, s: &StockCounted) {
        let (party, site) = (recorded.event.party, s.site);
        for counted in s.counts.iter() {
            let Some(lot) = counted.lot else { continue };
            let none = || Counted { party, site, times: 1, unexplained_g: 0, events: Vec::new() };
            let of_lot = self.lots.entry(lot).or_default().counted.get_or_insert_with(none);
            if counted.cause.is_none() && counted.differs_g.is_some() {
                of_lot.unexplained_g = of_lot.unexplained_g.wrapping_add(counted.differs_g.unwrap_or(0));
                of_lot.events = vec![recorded.id];
            }
        }
    }
}

/// Why mass enters or leaves what a holder has by a posting, or by what it takes back. What is found to be there did not come.
fn cause(posting: &Posting, against: Option<Account>, at: Timestamp, counts: bool) -> Cause {
    match against {
        Some(Account::Unexplained) => Cause::Unexplained,
        Some(Account::Variance(_)) | None => Cause::Other,
        Some(_) if (posting.mass_g > 0) == counts => Cause::Came(at),
        Some(_) => Cause::Other,
    }
}

impl OfLot {
    fn say(&self, mover: &Mover, state: &mut LotState) {
        if let Some(origin) = &self.origin {
            state.origin = Some(origin.clone());
        }
        state.apart_from = state.apart_from.or(self.apart_from);
        if let Some(at) = self.refused_at {
            state.refuse(Refusal { at, event: mover.event, party: mover.party });
        }
        if let Some((code, is_as_found)) = self.code {
            state.state_code(code, is_as_found);
        }
        self.note(state, true);
        for (posting, cause) in &self.postings {
            state.post(mover, posting, *cause);
        }
    }

    fn take_back(&self, mover: &Mover, state: &mut LotState) {
        state.origin = state.origin.take().filter(|origin| origin.event != mover.event);
        state.refusals.retain(|refusal| refusal.event != mover.event);
        if let Some((code, is_as_found)) = self.code {
            state.forget_code(code, is_as_found);
        }
        self.note(state, false);
        for (posting, cause) in &self.postings {
            state.take_back(mover, posting, *cause);
        }
    }

    /// Note what is said of it beside its postings, or take that back. Flows that are taken back have the other sign.
    fn note(&self, state: &mut LotState, counts: bool) {
        self.flows.iter().for_each(|flow| state.flow(flow));
        if let Some(stored) = &self.stored {
            state.store(stored, counts);
        }
        if let Some(counted) = &self.counted {
            state.count(counted, counts);
        }
    }
}

/// A lot that an event brings into being.
pub(super) struct Born {
    lot: LotId,
    /// Its code; none for a product.
    code: Option<WasteCode>,
    /// The stage of its lot code. CS: arose here; RK: is in store, from when the books were opened or by repacking.
    pub(super) stage: &'static str,
    /// In storage since this day.
    since: Option<NaiveDate>,
    /// Whether it was measured.
    is_measured: bool,
    /// Whether no container of it lacks a label.
    is_labelled: bool,
}

impl Born {
    fn of(new: &NewLot, stage: &'static str) -> Self {
        let is_labelled = new.containers.iter().all(|container| container.label.is_some());
        let is_measured = new.quantity.basis == Basis::Measured;
        Self { lot: new.lot, code: Some(new.code), stage, since: new.since, is_measured, is_labelled }
    }
}

/// The lots an event brings into being.
pub(super) fn brought_into_being(recorded: &Recorded) -> Vec<Born> {
    match &recorded.event.statement {
        Statement::StockOpened(s) => s.lots.iter().map(|lot| Born::of(lot, "RK")).collect(),
        Statement::WasteGenerated(s) => s.lots.iter().map(|lot| Born::of(lot, "CS")).collect(),
        Statement::WasteRepacked(s) => s.outputs.iter().map(|lot| Born::of(lot, "RK")).collect(),
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
            let born = |output: &OutputLot| Born {
                lot: output.lot,
                code: output.code,
                stage: "CS",
                since: None,
                is_measured: output.quantity.basis == Basis::Measured,
                is_labelled: true,
            };
            s.outputs.iter().map(born).collect()
        }
        _ => Vec::new(),
    }
}

/// By how much a repacked lot weighs more than what went into it.
fn gained_g(recorded: &Recorded, postings: &[(Posting, Cause)]) -> i64 {
    if !matches!(recorded.event.statement, Statement::WasteRepacked(_)) {
        return 0;
    }
    let postings = postings.iter().map(|(posting, _)| posting);
    let from_nowhere =
        postings.filter(|posting| posting.account == Account::Unexplained && posting.mass_g < 0);
    from_nowhere.map(|posting| -posting.mass_g).sum()
}

/// The codes that an event states for the lots of lines, which no event of their own brings into being, and whether they are
/// as found at a receipt. Of several for one lot the first counts.
pub(super) fn stated_codes(recorded: &Recorded) -> BTreeMap<LotId, (WasteCode, bool)> {
    let mut codes = BTreeMap::new();
    match &recorded.event.statement {
        Statement::WasteCollected(s) => handed(s.manifest, &s.lines, &mut codes),
        Statement::PaperBackfilled(s) => {
            let loads = s.handovers.iter().filter(|paper| paper.step == Step::Collected);
            loads.for_each(|paper| handed(s.manifest, &paper.lines, &mut codes));
        }
        Statement::WasteReceived(s) => found(s, &mut codes),
        _ => {}
    }
    codes
}

fn handed(manifest: ManifestId, lines: &[HandedLine], codes: &mut BTreeMap<LotId, (WasteCode, bool)>) {
    for line in lines {
        codes.entry(LotId::of_line(manifest, line.line)).or_insert((line.code, false));
    }
}

fn found(s: &Received, codes: &mut BTreeMap<LotId, (WasteCode, bool)>) {
    for line in s.lines.iter() {
        codes.entry(LotId::of_line(s.manifest, line.line)).or_insert((line.code, true));
        if line.rejected.is_some() {
            codes.entry(LotId::rejected_of_line(s.manifest, line.line)).or_insert((line.code, true));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::catalogue::Uscc;
    use crate::custody::event::{Anchored, Event, Verdict};
    use crate::custody::payload::manifest::MAX_LINES;
    use crate::ledger::{EventId, Kid};

    fn uuid(n: usize) -> String {
        format!("01890a5d-ac96-774b-8000-{n:012x}")
    }

    /// Event number `n`, of a plant.
    fn recorded(n: u8, kind: &str, data: &Value) -> Recorded {
        let party = Uscc::with_check("91371300000000003").unwrap();
        let event = json!({"v": 1, "log": "t", "kind": kind, "act": uuid(n.into()), "for": party, "prev": [],
            "anchor": null, "occurred_at": "2026-03-02T08:00:00.000+08:00", "data": data});
        Recorded {
            index: n.into(),
            id: EventId::from_bytes([n; 32]),
            recorded_at: Timestamp::from_millis(1_790_000_000_000),
            skew_ms: 0,
            kid: Kid::from_bytes([1; 32]),
            verdict: Verdict::Counts,
            anchored: Anchored::None,
            event: Event::parse(event.to_string().as_bytes()).unwrap(),
            signed: None,
            offer: None,
        }
    }

    /// A receipt of parts of lines, 1 kg of each accepted and 10 g rejected.
    fn received(n: u8, lines: usize, code: &str) -> Recorded {
        let quantity = |mass_g: i64| json!({"mass_g": mass_g, "basis": "measured"});
        let line = |line| {
            json!({"line": line, "code": code, "outcome": "partly", "reason": "wet", "more": true,
                "accepted": quantity(1000), "rejected": quantity(10)})
        };
        let lines: Vec<Value> = (1..=lines).map(line).collect();
        let data = json!({"manifest": uuid(200), "site": uuid(100), "lines": lines});
        recorded(n, "waste.received", &data)
    }

    fn profile() -> &'static Profile {
        Profile::embedded("cn").unwrap()
    }

    fn counted(event: &Recorded) -> Said {
        Said::change(false, event, &posting::of(event), profile())
    }

    fn taken_back(event: &Recorded) -> Said {
        let disavowed = Recorded { verdict: Verdict::EvidenceOnly, ..event.clone() };
        Said::change(true, &disavowed, &posting::change(event, &disavowed), profile())
    }

    fn state(lot: LotId, said: &[&Said]) -> LotState {
        let mut state = LotState::default();
        said.iter().for_each(|said| said.fold_into(lot, &mut state));
        state
    }

    /// What folding one lot looks at is what was said of that lot, however many others the event names.
    #[test]
    fn each_lot_of_a_receipt_is_given_its_own_part() {
        let receipt = received(1, MAX_LINES, "900-041-49");
        let (postings, said) = (posting::of(&receipt), counted(&receipt));
        assert_eq!(said.lots.keys().copied().collect::<Vec<_>>(), Vec::from_iter(receipt.event.lots()));
        assert_eq!(said.lots.values().map(|of_lot| of_lot.postings.len()).sum::<usize>(), postings.len());
        let manifest = receipt.event.manifest().unwrap();
        for line in 1..=u16::try_from(MAX_LINES).unwrap() {
            let own = &said.lots[&LotId::of_line(manifest, line)];
            let apart = &said.lots[&LotId::rejected_of_line(manifest, line)];
            assert_eq!((own.postings.len(), own.apart_from), (3, None));
            assert_eq!((apart.postings.len(), apart.apart_from), (1, Some((manifest, line))));
            assert!(
                [own, apart].iter().all(|of_lot| of_lot.code.is_some_and(|(_, is_as_found)| is_as_found))
            );
        }
    }

    #[test]
    fn a_code_stated_again_and_again_is_kept_once_and_forgotten_with_the_last() {
        let lot = LotId::of_line(uuid(200).parse().unwrap(), 1);
        let receipts: Vec<Recorded> = (1..=40).map(|n| received(n, 1, "900-041-49")).collect();
        let other = received(41, 1, "900-039-49");
        let mut said: Vec<Said> = receipts.iter().map(counted).collect();
        said.push(counted(&other));
        let forwards = state(lot, &Vec::from_iter(&said));
        let backwards = state(lot, &Vec::from_iter(said.iter().rev()));
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.codes.iter().map(|stated| stated.events).collect::<Vec<_>>(), [1, 40]);
        assert_eq!(forwards.code(), "900-039-49".parse().ok());
        said.push(taken_back(&other));
        said.extend(receipts[1..].iter().map(taken_back));
        assert_eq!(state(lot, &Vec::from_iter(&said)).codes, state(lot, &[&said[0]]).codes);
        said.push(taken_back(&receipts[0]));
        assert_eq!(state(lot, &Vec::from_iter(&said)), LotState::default());
    }

    #[test]
    fn nothing_is_said_where_an_event_counted_already_or_still_counts_for_nothing() {
        let receipt = received(1, 1, "900-041-49");
        assert_eq!(Said::change(true, &receipt, &[], profile()), Said::nothing(&receipt));
        let disavowed = Recorded { verdict: Verdict::EvidenceOnly, ..receipt };
        assert_eq!(Said::change(false, &disavowed, &[], profile()), Said::nothing(&disavowed));
    }
}
