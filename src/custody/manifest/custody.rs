//! The sequence of holders of one line: exactly one at a time, or a break that says why not.

use super::line::{Claim, Holder, LineState};
use super::state::{Break, BreakKind, ManifestState, Mark};
use crate::catalogue::Uscc;
use crate::custody::payload::handover::{Handover, Step};

/// One step in the sequence: `from` lets go, `to` takes over.
struct Passing {
    mark: Mark,
    line: u16,
    from: Uscc,
    to: Uscc,
}

impl Passing {
    fn claim(&self) -> Claim {
        Claim { party: self.to, since: self.mark.at, by: self.mark.event }
    }

    fn broken(&self, kind: BreakKind, claims: &[Claim]) -> Break {
        Break {
            kind,
            mark: self.mark,
            line: self.line,
            from: self.from,
            to: self.to,
            held_by: claims.iter().map(|claim| claim.party).collect(),
            against: claims.iter().map(|claim| claim.by).collect(),
        }
    }
}

impl ManifestState {
    /// Pass one line from hand to hand, as a handover says.
    pub(super) fn pass_custody(&mut self, mark: Mark, step: Step, s: &Handover, line: u16) {
        let passing = Passing { mark, line, from: s.from, to: s.to };
        let consignor = self.registration.as_ref().map(|registration| registration.consignor.party);
        let state = self.lines.entry(line).or_default();
        let splits = step == Step::Returned && state.rejected_holder.is_some();
        let holder =
            if splits { state.rejected_holder.clone().unwrap_or_default() } else { state.holder.clone() };
        let (next, broken) = match step {
            Step::Collected => collect(&passing, &holder, consignor),
            _ => pass_on(&passing, &holder, &state.past),
        };
        if splits {
            state.rejected_holder = Some(next);
        } else {
            remember(state, holder);
            state.holder = next;
        }
        self.breaks.extend(broken);
    }

    /// A receipt by a party that was not handed the line: the chain lacks a handover.
    pub(super) fn take_in(&mut self, mark: Mark, line: u16) {
        let state = self.lines.entry(line).or_default();
        let holder = state.holder.clone();
        let is_with_receiver = match &holder {
            Holder::Held(claim) => claim.party == mark.party,
            Holder::Contested(claims) => claims.iter().any(|claim| claim.party == mark.party),
            Holder::NotYet => false,
        };
        if is_with_receiver {
            return;
        }
        let claims = claims_of(&holder);
        let from = claims.first().map_or(mark.party, |claim| claim.party);
        let passing = Passing { mark, line, from, to: mark.party };
        let broken = passing.broken(BreakKind::NotHolder, &claims);
        remember(state, holder);
        state.holder = Holder::Held(passing.claim());
        self.breaks.push(broken);
    }
}

fn remember(state: &mut LineState, holder: Holder) {
    state.past.extend(claims_of(&holder));
}

fn claims_of(holder: &Holder) -> Vec<Claim> {
    match holder {
        Holder::NotYet => Vec::new(),
        Holder::Held(claim) => vec![*claim],
        Holder::Contested(claims) => claims.clone(),
    }
}

/// Who has what a receiver refuses at its gate: whoever holds it, or handed it over last where the receiver holds it already.
pub(super) fn who_brought(line: &LineState, receiver: Uscc) -> Holder {
    match (&line.holder, line.past.last()) {
        (Holder::Held(claim), Some(before)) if claim.party == receiver => Holder::Held(*before),
        (holder, _) => holder.clone(),
    }
}

/// The first handover: it must come from the consignor, and once.
fn collect(passing: &Passing, holder: &Holder, consignor: Option<Uscc>) -> (Holder, Option<Break>) {
    let claim = passing.claim();
    match holder {
        Holder::NotYet => {
            let stranger = consignor.is_some_and(|consignor| consignor != passing.from);
            let broken = stranger.then(|| {
                let mut broken = passing.broken(BreakKind::NotHolder, &[]);
                broken.held_by.extend(consignor);
                broken
            });
            (Holder::Held(claim), broken)
        }
        taken => {
            let claims = claims_of(taken);
            let broken = passing.broken(BreakKind::TakenTwice, &claims);
            let contested = claims.into_iter().chain([claim]).collect();
            (Holder::Contested(contested), Some(broken))
        }
    }
}

/// Any later handover: the releasing party must be the holder, or one of those who claim to be.
fn pass_on(passing: &Passing, holder: &Holder, past: &[Claim]) -> (Holder, Option<Break>) {
    let claim = passing.claim();
    let claims = claims_of(holder);
    if claims.iter().any(|held| held.party == passing.from) {
        return (Holder::Held(claim), None);
    }
    let stated_again = matches!(holder, Holder::Held(held) if held.party == passing.to)
        && past.iter().any(|earlier| earlier.party == passing.from);
    if stated_again {
        return (holder.clone(), None);
    }
    if past.iter().any(|earlier| earlier.party == passing.from) {
        let broken = passing.broken(BreakKind::TakenTwice, &claims);
        let contested = claims.into_iter().chain([claim]).collect();
        return (Holder::Contested(contested), Some(broken));
    }
    (Holder::Held(claim), Some(passing.broken(BreakKind::NotHolder, &claims)))
}
