//! Balances of lots as plain sums over the log, and the rules about them.

use std::collections::{BTreeMap, BTreeSet};

use liandan::catalogue::{Standing, Uscc};
use liandan::custody::{Figures, Observation, Statement, Subject};
use liandan::id::{LotId, SiteId};

use super::order::Judged;
use super::{Log, saw, total};

/// Where a lot can be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    Held(Uscc, SiteId),
    OnTheWay(u16),
}

/// Mass of a lot that came to a spot (positive) or left it.
struct Shift {
    lot: LotId,
    spot: Spot,
    mass_g: i64,
    treats: bool,
}

/// What every event that counts moved.
fn shifts(log: &Log<'_>) -> Vec<Shift> {
    log.counting().flat_map(shifts_of).collect()
}

fn shifts_of(judged: &Judged<'_>) -> Vec<Shift> {
    let party = judged.entry.event.party;
    let mut shifts = Vec::new();
    let mut shift = |lot, spot, mass_g| shifts.push(Shift { lot, spot, mass_g, treats: false });
    match &judged.entry.event.statement {
        Statement::StockOpened(s) | Statement::WasteGenerated(s) => {
            for lot in s.lots.iter() {
                shift(lot.lot, Spot::Held(party, s.site), lot.quantity.grams());
            }
        }
        Statement::WasteCollected(s) => {
            let Some(site) = s.from_site else { return shifts };
            for line in s.lines.iter() {
                let own = LotId::of_line(s.manifest, line.line);
                let drawn_g = total(line.drawn.iter().map(|draw| draw.mass_g.get()));
                for draw in line.drawn.iter() {
                    shift(draw.lot, Spot::Held(s.from, site), -draw.mass_g.get());
                }
                // What was drawn from nothing is missing at the consignor, in the line's own lot.
                shift(own, Spot::Held(s.from, site), drawn_g - line.quantity.grams());
                shift(own, Spot::OnTheWay(line.line), line.quantity.grams());
            }
        }
        Statement::WasteTransferred(s) => {
            for line in s.lines.iter() {
                let own = LotId::of_line(s.manifest, line.line);
                let on_the_way = Spot::OnTheWay(line.line);
                let left = s.from_site.map_or(on_the_way, |site| Spot::Held(s.from, site));
                let entered = s.to_site.map_or(on_the_way, |site| Spot::Held(s.to, site));
                if left != entered {
                    shift(own, left, -line.quantity.grams());
                    shift(own, entered, line.quantity.grams());
                }
            }
        }
        Statement::WasteReceived(s) => {
            for line in s.lines.iter() {
                let own = LotId::of_line(s.manifest, line.line);
                let on_the_way = Spot::OnTheWay(line.line);
                let accepted_g = line.accepted.as_ref().map_or(0, |quantity| quantity.grams());
                shift(own, on_the_way, -accepted_g);
                shift(own, Spot::Held(party, s.site), accepted_g);
                let rejected_g = line.rejected.as_ref().map_or(0, |quantity| quantity.grams());
                let is_now = if line.at_gate { on_the_way } else { Spot::Held(party, s.site) };
                shift(own, on_the_way, -rejected_g);
                shift(LotId::rejected_of_line(s.manifest, line.line), is_now, rejected_g);
            }
        }
        Statement::WasteReturned(s) => {
            for line in s.lines.iter() {
                let rejected = LotId::rejected_of_line(s.manifest, line.line);
                let on_the_way = Spot::OnTheWay(line.line);
                let left = s.from_site.map_or(on_the_way, |site| Spot::Held(s.from, site));
                let entered = s.to_site.map_or(on_the_way, |site| Spot::Held(s.to, site));
                if left != entered {
                    shift(rejected, left, -line.quantity.grams());
                    shift(rejected, entered, line.quantity.grams());
                }
            }
        }
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
            let held = Spot::Held(party, s.site);
            for output in s.outputs.iter() {
                shift(output.lot, held, output.quantity.grams());
            }
            for input in s.inputs.iter() {
                shifts.push(Shift { lot: input.lot, spot: held, mass_g: -input.mass_g.get(), treats: true });
            }
        }
        _ => {}
    }
    shifts.retain(|shift| shift.mass_g != 0);
    shifts
}

/// Balance of every lot by holder.
pub(super) fn balances(log: &Log<'_>) -> BTreeMap<LotId, BTreeMap<(Uscc, SiteId), i64>> {
    let mut balances: BTreeMap<LotId, BTreeMap<(Uscc, SiteId), i64>> = BTreeMap::new();
    for shift in shifts(log) {
        if let Spot::Held(party, site) = shift.spot {
            let balance = balances.entry(shift.lot).or_default().entry((party, site)).or_insert(0);
            *balance = balance.wrapping_add(shift.mass_g);
        }
    }
    balances
}

/// Every finding about lots.
pub(super) fn check(log: &Log<'_>) -> Vec<Observation> {
    let shifts = shifts(log);
    let spots: BTreeSet<(LotId, Spot)> = shifts.iter().map(|shift| (shift.lot, shift.spot)).collect();
    let mut seen: Vec<Observation> = Vec::new();
    for (lot, spot) in spots {
        let here: Vec<&Shift> = shifts.iter().filter(|s| (s.lot, s.spot) == (lot, spot)).collect();
        let sum = |wanted: fn(&Shift) -> bool| {
            total(here.iter().filter(|shift| wanted(shift)).map(|shift| shift.mass_g))
        };
        let came_g = sum(|shift| shift.mass_g > 0);
        let loaded_g = sum(|shift| shift.mass_g < 0 && !shift.treats).wrapping_neg();
        let treated_g = sum(|shift| shift.treats).wrapping_neg();
        seen.extend(judge_spot(lot, spot, came_g, loaded_g, treated_g));
    }
    seen.extend(log.counting().flat_map(|judged| unverified(log, judged)));
    seen
}

/// `custody-unknown` and `treated-twice`: a spot that gave more than ever came to it.
fn judge_spot(lot: LotId, spot: Spot, came_g: i64, loaded_g: i64, treated_g: i64) -> Option<Observation> {
    let missing_g = loaded_g.wrapping_add(treated_g).wrapping_sub(came_g);
    match spot {
        Spot::OnTheWay(line) => (came_g == 0 && loaded_g > 0).then(|| {
            let figures = Figures::none().with("unproven_g", loaded_g).with("line", i64::from(line));
            saw("custody-unknown", Subject::Lot(lot), format!("line:{line}"), figures)
        }),
        Spot::Held(party, site) => (missing_g > 0).then(|| {
            let holder = format!("holder:{party}:{site}");
            let figures = Figures::none().with("party", party.to_string());
            if came_g > 0 && treated_g > 0 {
                let figures = figures
                    .with("excess_g", missing_g)
                    .with("treated_g", treated_g)
                    .with("had_g", came_g.wrapping_sub(loaded_g));
                saw("treated-twice", Subject::Lot(lot), holder, figures)
            } else {
                saw("custody-unknown", Subject::Lot(lot), holder, figures.with("unproven_g", missing_g))
            }
        }),
    }
}

/// `code-edition-unverified` on the lots an event brought into being.
fn unverified(log: &Log<'_>, judged: &Judged<'_>) -> Vec<Observation> {
    let codes: Vec<_> = match &judged.entry.event.statement {
        Statement::StockOpened(s) | Statement::WasteGenerated(s) => {
            s.lots.iter().map(|lot| (lot.lot, lot.code)).collect()
        }
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
            s.outputs.iter().filter_map(|output| Some((output.lot, output.code?))).collect()
        }
        _ => Vec::new(),
    };
    let (profile, catalogue) = (log.rulebook.profile, log.rulebook.catalogue);
    let edition = catalogue.edition_on(profile.local_date(judged.at.as_millis()));
    let unlisted = codes
        .into_iter()
        .filter(|(_, code)| catalogue.standing(*code, &edition.id) == Standing::EditionUnverified);
    unlisted
        .map(|(lot, code)| {
            let figures = Figures::none().with("code", code.to_string()).with("edition", &*edition.id);
            saw("code-edition-unverified", Subject::Lot(lot), "origin", figures)
        })
        .collect()
}
