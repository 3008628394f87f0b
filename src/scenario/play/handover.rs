//! Handovers: one side offers, the other takes over; or one side signs alone and the other countersigns.

use super::manifest::{Sheet, Unsigned, rows};
use super::{Player, Saying};
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::payload::handover::{Countersigned, HandedLine, Handover, Offer, OfferedLine, Step};
use crate::custody::payload::waste::Draw;
use crate::id::ManifestId;
use crate::ledger::{Envelope, EventId, Typ};
use crate::registry::PartyKind;
use crate::scenario::script::{Drawn, Line, Load, Stop};
use crate::shape::{Basis, Grams, List, Quantity, Text};

/// A handover as both sides see it.
struct Passing {
    id: ManifestId,
    step: Step,
    from: Stop,
    to: Stop,
    offered: Vec<OfferedLine>,
    taken: Vec<OfferedLine>,
}

impl Player<'_> {
    pub(super) fn hands(
        &mut self,
        line: &Line,
        manifest: &str,
        to: &Stop,
        loads: &[Load],
    ) -> Result<(), String> {
        self.party(&to.party)?;
        if !self.sheets.contains_key(manifest) {
            self.moves_unregistered(line, manifest, loads)?;
        }
        let passing = self.passing(line, manifest, to, loads)?;
        let (party, offer_prev) = if line.how.releasing_alone {
            (passing.from.party.clone(), Vec::new())
        } else {
            (to.party.clone(), self.heads(&[&passing.from.party], passing.id, line.at, &line.how))
        };
        let alone = line.how.alone || line.how.releasing_alone;
        let offer = if alone { None } else { Some(self.offer(&passing, &offer_prev, line.at)?) };
        // Who takes over with an offer has seen what the offer was made on.
        let who: Vec<&str> = if alone { vec![&party] } else { vec![&party, &passing.from.party] };
        let prev = self.heads(&who, passing.id, line.at, &line.how);
        let statement = self.handover(line, manifest, &passing, offer)?;
        let role = self.party(&party)?.gate();
        let before = vec![passing.from.party.clone(), to.party.clone()];
        let missing = if party == to.party { &passing.from.party } else { &to.party }.clone();
        let saying = Saying { line, how: &line.how, party, role, at: line.at, statement, prev, before };
        let event = self.say(saying)?;
        if let Some(said) = self.said.last_mut().filter(|_| !alone) {
            said.also_names(&offer_prev);
        }
        if let Some(sheet) = self.sheets.get_mut(manifest) {
            let lines = passing.taken.clone();
            sheet.unsigned.extend(alone.then_some(Unsigned { event, missing, lines }));
            sheet.departed = true;
            let moved = passing.taken.iter().filter(|_| passing.step != Step::Returned);
            for taken in moved {
                sheet.rows[usize::from(taken.line) - 1].mass_g = taken.mass_g.get();
            }
        }
        Ok(())
    }

    /// A load without a manifest: the script names it, nobody registered it.
    fn moves_unregistered(&mut self, line: &Line, manifest: &str, loads: &[Load]) -> Result<(), String> {
        if loads.is_empty() {
            return Err(format!("`{manifest}` is not registered; to move it all the same, say what it is"));
        }
        let id = self.manifest_id(line, manifest)?;
        self.names.add_manifest(manifest, id, loads.len());
        self.sheets.insert(manifest.to_owned(), Sheet::new(id, line.actor.clone(), rows(loads)?));
        Ok(())
    }

    fn passing(&self, line: &Line, manifest: &str, to: &Stop, loads: &[Load]) -> Result<Passing, String> {
        let sheet = self.sheet(manifest)?;
        let from = line.actor.clone();
        let step = self.step(sheet, &from, to)?;
        let rejected = sheet.rows.iter().any(|row| row.rejected_g > 0);
        let lines = (1..).zip(&sheet.rows).filter_map(|(number, row)| {
            let mass_g = if step == Step::Returned && rejected { row.rejected_g } else { row.mass_g };
            Some(OfferedLine { line: number, mass_g: Grams::new(mass_g)? })
        });
        let lines: Vec<OfferedLine> = lines.collect();
        let loaded: Vec<Grams> = loads.iter().map(|load| load.mass).collect();
        let offered = if loads.is_empty() { lines } else { weighed(&lines, &loaded)? };
        let taken = match &line.how.masses {
            Some(masses) => weighed(&offered, masses)?,
            None => offered.clone(),
        };
        Ok(Passing { id: sheet.id, step, from, to: to.clone(), offered, taken })
    }

    /// Which step it is follows from who the two are.
    fn step(&self, sheet: &Sheet, from: &Stop, to: &Stop) -> Result<Step, String> {
        let is = |stop: &Stop, kind| self.party(&stop.party).map(|party| party.kinds.contains(&kind));
        let is_consignee = sheet.consignee.as_ref().is_some_and(|consignee| consignee.party == to.party);
        let from_consignee = sheet.consignee.as_ref().is_some_and(|consignee| consignee.party == from.party);
        let rejected = sheet.rows.iter().any(|row| row.rejected_g > 0);
        let from_consignor = from.party == sheet.consignor.party;
        // A consignor that carries its own waste collects it from itself, and then hands over as a carrier.
        let drives_itself = from_consignor && sheet.departed && sheet.carriers.contains(&from.party);
        Ok(if rejected && from_consignee || sheet.departed && to.party == sheet.consignor.party {
            Step::Returned
        } else if from_consignor && !drives_itself {
            Step::Collected
        } else if is(to, PartyKind::Carrier)? && !is_consignee {
            Step::Transferred
        } else {
            Step::Delivered
        })
    }

    fn offer(&self, passing: &Passing, prev: &[EventId], at: Timestamp) -> Result<Text<65536>, String> {
        let from = self.party(&passing.from.party)?;
        let offer = Offer {
            v: 1,
            log: self.log.clone(),
            step: passing.step,
            manifest: passing.id,
            from: from.uscc,
            to: self.party(&passing.to.party)?.uscc,
            containers: None,
            lines: List::new(passing.offered.clone())?,
            prev: List::new(prev.to_vec())?,
            at,
            place: None,
        };
        let key = self.key(&from.label, from.gate())?;
        let payload = serde_json::json!(offer).to_string();
        Text::new(Envelope::sign(Typ::Offer, payload.as_bytes(), &key).into_compact())
    }

    fn handover(
        &mut self,
        line: &Line,
        manifest: &str,
        passing: &Passing,
        offer: Option<Text<65536>>,
    ) -> Result<Statement, String> {
        let mut lines = Vec::new();
        for taken in &passing.taken {
            lines.push(self.handed(line, manifest, passing, taken)?);
        }
        let enters = match passing.step {
            Step::Collected => false,
            Step::Transferred => passing.to.site.is_some(),
            Step::Delivered => true,
            Step::Returned => passing.to.party == self.sheet(manifest)?.consignor.party,
        };
        let to_site = if enters { Some(self.entered(manifest, &passing.to)?) } else { None };
        let leaves_yard = passing.step == Step::Transferred && passing.from.site.is_some();
        // What came in and was rejected leaves from where it was received.
        let consignee = self.sheet(manifest)?.consignee.as_ref();
        let leaves_consignee = consignee.is_some_and(|consignee| consignee.party == passing.from.party);
        let goes_back = passing.step == Step::Returned && leaves_consignee;
        let leaves = passing.step == Step::Collected || leaves_yard || goes_back;
        let assigned = self.sheet(manifest)?.plates.get(&passing.to.party).cloned();
        let handover = Handover {
            manifest: passing.id,
            from: self.party(&passing.from.party)?.uscc,
            from_site: if leaves { Some(self.left(manifest, &passing.from)?) } else { None },
            to: self.party(&passing.to.party)?.uscc,
            to_site,
            vehicle: if enters { None } else { line.how.vehicle.clone().or(assigned) },
            offer,
            lines: List::new(lines)?,
            missing: List::default(),
            extra: List::default(),
            note: None,
        };
        Ok(match passing.step {
            Step::Collected => Statement::WasteCollected(handover),
            Step::Transferred => Statement::WasteTransferred(handover),
            Step::Delivered => Statement::WasteDelivered(handover),
            Step::Returned => Statement::WasteReturned(handover),
        })
    }

    fn handed(
        &mut self,
        line: &Line,
        manifest: &str,
        passing: &Passing,
        taken: &OfferedLine,
    ) -> Result<HandedLine, String> {
        let code = self.sheet(manifest)?.rows[usize::from(taken.line) - 1].code;
        let mut drawn = Vec::new();
        if passing.step == Step::Collected {
            let site = self.left(manifest, &passing.from)?;
            let chosen = match &line.how.drawn {
                Some(chosen) => chosen.clone(),
                None => self.in_store(&passing.from.party, site, code, taken.mass_g.get()),
            };
            for Drawn { lot, mass } in chosen {
                let in_store = self.stock.get_mut(&lot).ok_or_else(|| format!("no lot is called `{lot}`"))?;
                if in_store.code == code {
                    in_store.left_g -= mass.get();
                    drawn.push(Draw { lot: in_store.lot, mass_g: mass });
                }
            }
        }
        Ok(HandedLine {
            line: taken.line,
            code,
            quantity: Quantity::of(taken.mass_g, Basis::Measured),
            exemptions: List::new(line.how.claims.clone())?,
            drawn: List::new(drawn)?,
            containers: List::default(),
        })
    }

    /// What a party would load: the largest lot of the code first, at one size by name.
    fn in_store(
        &self,
        party: &str,
        site: crate::id::SiteId,
        code: crate::catalogue::WasteCode,
        mass_g: i64,
    ) -> Vec<Drawn> {
        let mut lots: Vec<_> = self
            .stock
            .iter()
            .filter(|(_, lot)| lot.party == party && lot.site == site && lot.code == code && lot.left_g > 0)
            .collect();
        lots.sort_by_key(|(label, lot)| (-lot.left_g, *label));
        let mut open_g = mass_g;
        let mut drawn = Vec::new();
        for (label, lot) in lots {
            let Some(mass) = Grams::new(lot.left_g.min(open_g)) else { break };
            open_g -= mass.get();
            drawn.push(Drawn { lot: label.clone(), mass });
        }
        drawn
    }

    /// The site it leaves: as the line names it, else as the sheet does.
    fn left(&self, manifest: &str, from: &Stop) -> Result<crate::id::SiteId, String> {
        let sheet = self.sheet(manifest)?;
        let as_registered = from.site.is_none() && from.party == sheet.consignor.party;
        Ok(self.site(if as_registered { &sheet.consignor } else { from })?.site)
    }

    /// The site it enters: as the line names it, else as the sheet does.
    pub(super) fn entered(&self, manifest: &str, to: &Stop) -> Result<crate::id::SiteId, String> {
        let sheet = self.sheet(manifest)?;
        let ends = [sheet.consignee.as_ref(), Some(&sheet.consignor)];
        let on_sheet = ends.into_iter().flatten().find(|stop| to.site.is_none() && stop.party == to.party);
        Ok(self.site(on_sheet.unwrap_or(to))?.site)
    }

    pub(super) fn countersigns(&mut self, line: &Line, manifest: &str) -> Result<(), String> {
        let party = line.actor.party.clone();
        let sheet = self.sheet(manifest)?;
        let waits = sheet.unsigned.iter().rev().find(|unsigned| unsigned.missing == party);
        let waits = waits.ok_or_else(|| format!("no handover of `{manifest}` waits for {party}"))?;
        let lines = match &line.how.masses {
            Some(masses) => weighed(&waits.lines, masses)?,
            None => waits.lines.clone(),
        };
        let statement = Statement::HandoverCountersigned(Countersigned {
            manifest: sheet.id,
            event: waits.event,
            lines: List::new(lines)?,
            containers: None,
        });
        let prev = self.heads(&[&party], sheet.id, line.at, &line.how);
        let role = self.party(&party)?.gate();
        let (how, at) = (&line.how, line.at);
        self.say(Saying { line, how, party, role, at, statement, prev, before: Vec::new() }).map(drop)
    }
}

/// The same lines with other masses, in their order.
fn weighed(lines: &[OfferedLine], masses: &[Grams]) -> Result<Vec<OfferedLine>, String> {
    if lines.len() != masses.len() {
        return Err(format!("expected {} masses with + between them, found {}", lines.len(), masses.len()));
    }
    let line = |(line, mass_g): (&OfferedLine, &Grams)| OfferedLine { line: line.line, mass_g: *mass_g };
    Ok(lines.iter().zip(masses).map(line).collect())
}
