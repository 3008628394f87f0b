//! Lots as plain sums over what the bodies of events say, and the rules about them.
//!
//! There are no accounts and no counter-accounts here. An event is asked what it says of lots, one remark at a time; what
//! is said of one lot is added up.

use std::collections::BTreeMap;

use liandan::catalogue::{Standing, Uscc, WasteCode};
use liandan::custody::payload::handover::{HandedLine, ReceivedLine, Step};
use liandan::custody::payload::waste::{LotsAppeared, Repacked, StoreMoved, Treated};
use liandan::custody::{Figures, Observation, Statement, Subject};
use liandan::id::{LotId, ManifestId, SiteId};
use liandan::ledger::EventId;

use super::order::Judged;
use super::{Log, saw, total};

/// Where some of a lot can be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    Held(Uscc, SiteId),
    OnTheWay(ManifestId, u16),
}

/// What can be said of a lot.
enum Remark {
    /// So much of it came to a spot (positive) or left it.
    Moved(Spot, i64),
    /// So much of it was used or disposed where it was held.
    Treated(Uscc, SiteId, Fate, i64),
    Opened(i64),
    Generated(i64),
    /// It went into other lots, or (negative) came out of them.
    Became(i64),
    /// It is less, or (negative) more, for a reason.
    Explained(i64),
    /// It is less, or (negative) more, and nobody says why.
    Unexplained(i64),
    /// It was put into a facility, or (negative) taken out.
    Stored(Uscc, SiteId, String, i64),
    /// It is waste of this code.
    Code(Word, WasteCode),
    /// It came to be, as waste of this code or as a product.
    Origin(Option<WasteCode>),
    /// So much of what it came to be was never in what it was made of.
    Gained(i64),
}

/// Whose word on a code counts before whose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    /// Who brought it into being.
    Origin,
    /// Who received it.
    Found,
    /// Who loaded it.
    Loaded,
}

/// What becomes of treated waste.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Used,
    Disposed,
}

/// What all events together say of one lot, in grams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NaiveLot {
    /// By holder; nothing where it is zero.
    pub(crate) held: BTreeMap<(Uscc, SiteId), i64>,
    /// On the way, over all lines.
    pub(crate) transit_g: i64,
    pub(crate) opened_g: i64,
    pub(crate) generated_g: i64,
    pub(crate) used_g: i64,
    pub(crate) disposed_g: i64,
    /// Went into other lots; negative for what came out of them.
    pub(crate) became_g: i64,
    /// Less for a reason; negative for more.
    pub(crate) variance_g: i64,
    /// Less for no reason that anybody states; negative for more.
    pub(crate) unexplained_g: i64,
    /// Put into facilities and taken out of them.
    pub(crate) stored: BTreeMap<(Uscc, SiteId, String), (i64, i64)>,
    pub(crate) code: Option<WasteCode>,
}

impl NaiveLot {
    /// Grams that left holders who never had them.
    pub(crate) fn unproven_g(&self) -> i64 {
        total(self.held.values().copied().filter(|balance_g| *balance_g < 0)).wrapping_neg()
    }
}

/// What an event says, lot by lot.
struct Said {
    event: EventId,
    lot: LotId,
    remark: Remark,
}

/// Everything that events say which count.
fn everything(log: &Log<'_>) -> Vec<Said> {
    let said_by = |judged: &Judged<'_>| {
        let event = judged.entry.id;
        remarks(judged).into_iter().map(move |(lot, remark)| Said { event, lot, remark })
    };
    log.counting().flat_map(said_by).collect()
}

fn remarks(judged: &Judged<'_>) -> Vec<(LotId, Remark)> {
    let party = judged.entry.event.party;
    let mut said = Vec::new();
    match &judged.entry.event.statement {
        Statement::StockOpened(s) => appeared(party, s, Remark::Opened, &mut said),
        Statement::WasteGenerated(s) => appeared(party, s, Remark::Generated, &mut said),
        Statement::WasteStored(s) => put_away(party, s, 1, &mut said),
        Statement::WasteWithdrawn(s) => put_away(party, s, -1, &mut said),
        Statement::WasteRepacked(s) => repacked(party, s, &mut said),
        Statement::StockCounted(s) => {
            for counted in s.counts.iter() {
                let (Some(lot), Some(differs_g)) = (counted.lot, counted.differs_g) else { continue };
                let explained = if counted.cause.is_some() { Remark::Explained } else { Remark::Unexplained };
                said.push((lot, Remark::Moved(Spot::Held(party, s.site), differs_g)));
                said.push((lot, explained(-differs_g)));
            }
        }
        Statement::PaperBackfilled(s) => {
            for paper in s.handovers.iter() {
                let (from, to) = ((paper.from, paper.from_site), (paper.to, paper.to_site));
                handed(paper.step, s.manifest, from, to, &paper.lines, &mut said);
            }
        }
        Statement::WasteReceived(s) => {
            s.lines.iter().for_each(|line| received(party, s.site, s.manifest, line, &mut said));
        }
        Statement::WasteUsed(s) => treated(party, s, Fate::Used, &mut said),
        Statement::WasteDisposed(s) => treated(party, s, Fate::Disposed, &mut said),
        _ => {}
    }
    if let Some((step, s)) = judged.handover() {
        handed(step, s.manifest, (s.from, s.from_site), (s.to, s.to_site), &s.lines, &mut said);
    }
    said
}

fn appeared(party: Uscc, s: &LotsAppeared, how: fn(i64) -> Remark, said: &mut Vec<(LotId, Remark)>) {
    for new in s.lots.iter() {
        let mass_g = new.quantity.grams();
        said.push((new.lot, Remark::Origin(Some(new.code))));
        said.push((new.lot, how(mass_g)));
        said.push((new.lot, Remark::Moved(Spot::Held(party, s.site), mass_g)));
    }
}

fn put_away(party: Uscc, s: &StoreMoved, sign: i64, said: &mut Vec<(LotId, Remark)>) {
    for moved in s.lots.iter() {
        let facility = s.facility.to_string();
        said.push((moved.lot, Remark::Stored(party, s.site, facility, sign * moved.mass_g.get())));
    }
}

fn treated(party: Uscc, s: &Treated, fate: Fate, said: &mut Vec<(LotId, Remark)>) {
    for input in s.inputs.iter() {
        said.push((input.lot, Remark::Treated(party, s.site, fate, input.mass_g.get())));
    }
    for output in s.outputs.iter() {
        let mass_g = output.quantity.grams();
        said.push((output.lot, Remark::Origin(output.code)));
        said.push((output.lot, Remark::Became(-mass_g)));
        said.push((output.lot, Remark::Moved(Spot::Held(party, s.site), mass_g)));
    }
}

/// Lines from hand to hand. On the way is what is at no site.
fn handed(
    step: Step,
    manifest: ManifestId,
    from: (Uscc, Option<SiteId>),
    to: (Uscc, Option<SiteId>),
    lines: &[HandedLine],
    said: &mut Vec<(LotId, Remark)>,
) {
    for line in lines {
        let mass_g = line.quantity.grams();
        let on_the_way = Spot::OnTheWay(manifest, line.line);
        let at = |side: (Uscc, Option<SiteId>)| side.1.map_or(on_the_way, |site| Spot::Held(side.0, site));
        let own = match step {
            Step::Returned => LotId::rejected_of_line(manifest, line.line),
            _ => LotId::of_line(manifest, line.line),
        };
        match step {
            // It is with the consignee, who has not said yet what it takes.
            Step::Delivered => continue,
            Step::Collected => {
                let Some(site) = from.1 else { continue };
                let drawn_g = total(line.drawn.iter().map(|draw| draw.mass_g.get()));
                for draw in line.drawn.iter() {
                    said.push((draw.lot, Remark::Moved(Spot::Held(from.0, site), -draw.mass_g.get())));
                }
                // What was drawn from nothing is missing at the consignor, in the line's own lot.
                said.push((own, Remark::Moved(Spot::Held(from.0, site), drawn_g - mass_g)));
                said.push((own, Remark::Moved(on_the_way, mass_g)));
                said.push((own, Remark::Code(Word::Loaded, line.code)));
            }
            Step::Transferred | Step::Returned if at(from) == at(to) => continue,
            Step::Transferred | Step::Returned => {
                said.push((own, Remark::Moved(at(from), -mass_g)));
                said.push((own, Remark::Moved(at(to), mass_g)));
            }
        }
    }
}

/// What was rejected at the gate never came in; what was rejected later lies with the consignee.
fn received(
    party: Uscc,
    site: SiteId,
    manifest: ManifestId,
    line: &ReceivedLine,
    said: &mut Vec<(LotId, Remark)>,
) {
    let own = LotId::of_line(manifest, line.line);
    let rejected = LotId::rejected_of_line(manifest, line.line);
    let (inside, outside) = (Spot::Held(party, site), Spot::OnTheWay(manifest, line.line));
    said.push((own, Remark::Code(Word::Found, line.code)));
    if let Some(accepted) = &line.accepted {
        said.push((own, Remark::Moved(outside, -accepted.grams())));
        said.push((own, Remark::Moved(inside, accepted.grams())));
    }
    if let Some(quantity) = &line.rejected {
        said.push((own, Remark::Moved(outside, -quantity.grams())));
        said.push((rejected, Remark::Moved(if line.at_gate { outside } else { inside }, quantity.grams())));
        said.push((rejected, Remark::Code(Word::Found, line.code)));
    }
}

/// What came out was in what went in: so much of each in proportion. Out of what is left of what went in come the stated
/// losses, one after the other as far as there is anything left, and what nobody states. More than went in comes from nowhere.
fn repacked(party: Uscc, s: &Repacked, said: &mut Vec<(LotId, Remark)>) {
    let held = Spot::Held(party, s.site);
    let mut left: Vec<(LotId, i64)> = s.inputs.iter().map(|i| (i.lot, i.mass_g.get())).collect();
    let outputs: Vec<(LotId, i64)> = s.outputs.iter().map(|o| (o.lot, o.quantity.grams())).collect();
    let mass_of = |lots: &[(LotId, i64)]| total(lots.iter().map(|(_, mass_g)| *mass_g));
    let passed_g = mass_of(&left).min(mass_of(&outputs));
    said.extend(left.iter().map(|(lot, mass_g)| (*lot, Remark::Moved(held, -mass_g))));
    let mut take = |mass_g: i64, remark: fn(i64) -> Remark| {
        let parts = in_proportion(mass_g.min(mass_of(&left)), &left);
        for ((lot, left_g), part_g) in left.iter_mut().zip(parts) {
            said.push((*lot, remark(part_g)));
            *left_g -= part_g;
        }
    };
    take(passed_g, Remark::Became);
    s.losses.iter().for_each(|loss| take(loss.mass_g.get(), Remark::Explained));
    take(i64::MAX, Remark::Unexplained);
    for (output, part_g) in s.outputs.iter().zip(in_proportion(passed_g, &outputs)) {
        let mass_g = output.quantity.grams();
        said.push((output.lot, Remark::Origin(Some(output.code))));
        said.push((output.lot, Remark::Moved(held, mass_g)));
        said.push((output.lot, Remark::Became(-part_g)));
        said.push((output.lot, Remark::Unexplained(part_g - mass_g)));
        said.push((output.lot, Remark::Gained(mass_g - part_g)));
    }
}

/// Whole grams in proportion: each part rounded down, then one gram more to whoever is owed most, the smallest id first.
pub(super) fn in_proportion(mass_g: i64, weights: &[(LotId, i64)]) -> Vec<i64> {
    let whole: i128 = weights.iter().map(|(_, weight)| i128::from(*weight)).sum();
    let exact = |n: usize| i128::from(mass_g) * i128::from(weights[n].1);
    let mut parts: Vec<i64> = vec![0; weights.len()];
    if mass_g == 0 {
        return parts;
    }
    for (n, part) in parts.iter_mut().enumerate() {
        *part = i64::try_from(exact(n) / whole).unwrap();
    }
    while total(parts.iter().copied()) < mass_g {
        let owed = |n: &usize| exact(*n) - i128::from(parts[*n]) * whole;
        let key = |n: &usize| (owed(n), std::cmp::Reverse(weights[*n].0));
        let most = (0..weights.len()).max_by_key(key).unwrap();
        parts[most] += 1;
    }
    parts
}

/// What is said of each lot, added up.
pub(super) fn sums(log: &Log<'_>) -> BTreeMap<LotId, NaiveLot> {
    let mut lots: BTreeMap<LotId, NaiveLot> = BTreeMap::new();
    let mut codes: BTreeMap<(LotId, Word, EventId), Option<WasteCode>> = BTreeMap::new();
    for Said { event, lot, remark } in everything(log) {
        let sums = lots.entry(lot).or_default();
        let add = |sum: &mut i64, mass_g: i64| *sum = sum.wrapping_add(mass_g);
        match remark {
            Remark::Moved(Spot::Held(party, site), g) => add(sums.held.entry((party, site)).or_default(), g),
            Remark::Moved(Spot::OnTheWay(..), g) => add(&mut sums.transit_g, g),
            Remark::Treated(party, site, fate, g) => {
                add(sums.held.entry((party, site)).or_default(), -g);
                add(if fate == Fate::Used { &mut sums.used_g } else { &mut sums.disposed_g }, g);
            }
            Remark::Opened(g) => add(&mut sums.opened_g, g),
            Remark::Generated(g) => add(&mut sums.generated_g, g),
            Remark::Became(g) => add(&mut sums.became_g, g),
            Remark::Explained(g) => add(&mut sums.variance_g, g),
            Remark::Unexplained(g) => add(&mut sums.unexplained_g, g),
            Remark::Stored(party, site, facility, g) => {
                let (in_g, out_g) = sums.stored.entry((party, site, facility)).or_default();
                add(if g > 0 { in_g } else { out_g }, g.wrapping_abs());
            }
            Remark::Origin(code) => drop(codes.insert((lot, Word::Origin, event), code)),
            Remark::Code(word, code) => drop(codes.entry((lot, word, event)).or_insert(Some(code))),
            Remark::Gained(_) => {}
        }
    }
    for (lot, sums) in &mut lots {
        sums.held.retain(|_, balance_g| *balance_g != 0);
        // Of several words that count alike, the smallest code.
        let words =
            codes.iter().filter(|((of, _, _), _)| of == lot).map(|((_, word, _), code)| (word, *code));
        sums.code = words.min().and_then(|(_, code)| code);
    }
    lots
}

/// Every finding about lots.
pub(super) fn check(log: &Log<'_>) -> Vec<Observation> {
    let mut flows: BTreeMap<(LotId, Spot), (i64, i64, i64)> = BTreeMap::new();
    let mut seen: Vec<Observation> = Vec::new();
    for Said { lot, remark, .. } in everything(log) {
        match remark {
            Remark::Moved(spot, mass_g) if mass_g != 0 => {
                let (came_g, left_g, _) = flows.entry((lot, spot)).or_default();
                let sum = if mass_g > 0 { came_g } else { left_g };
                *sum = sum.wrapping_add(mass_g.wrapping_abs());
            }
            Remark::Treated(party, site, _, mass_g) => {
                let (_, _, treated_g) = flows.entry((lot, Spot::Held(party, site))).or_default();
                *treated_g = treated_g.wrapping_add(mass_g);
            }
            Remark::Gained(gained_g) if gained_g > 0 => {
                let figures = Figures::none().with("gained_g", gained_g);
                seen.push(saw("sub-items-exceed", Subject::Lot(lot), "origin", figures));
            }
            _ => {}
        }
    }
    for ((lot, spot), (came_g, left_g, treated_g)) in flows {
        seen.extend(judge_spot(lot, spot, came_g, left_g, treated_g));
    }
    seen.extend(log.counting().flat_map(|judged| unverified(log, judged)));
    seen
}

/// `custody-unknown` and `treated-twice`: a spot that gave more than ever came to it.
fn judge_spot(lot: LotId, spot: Spot, came_g: i64, loaded_g: i64, treated_g: i64) -> Option<Observation> {
    let missing_g = loaded_g.wrapping_add(treated_g).wrapping_sub(came_g);
    match spot {
        Spot::OnTheWay(_, line) => (came_g == 0 && loaded_g > 0).then(|| {
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
        Statement::WasteRepacked(s) => s.outputs.iter().map(|output| (output.lot, output.code)).collect(),
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
