//! Handovers: one side offers, the other takes over; or one side signs alone and the other countersigns, or states it too.

use super::loading::Cargo;
use super::passing::Passing;
use super::sheet::{Sheet, Unsigned, rows};
use super::{Player, Saying};
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::payload::handover::{
    ContainerSet, Countersigned, GivenWord, Handover, Offer, SeenLine, Step,
};
use crate::ledger::{Envelope, EventId, Typ};
use crate::scenario::deed::{Line, Load, Stop};
use crate::shape::{Grams, List, Text};

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
        let passing = self.passing(&line.how, manifest, &line.actor, to, loads)?;
        let alone = line.how.alone || line.how.releasing_alone;
        let party = if line.how.releasing_alone { passing.from.party.clone() } else { to.party.clone() };
        let stated = if alone { self.stated_by_other(manifest, &passing, &party) } else { None };
        let cargo = self.cargo(line, manifest, &passing, stated.as_ref())?;
        let offer_prev = match alone {
            true => Vec::new(),
            false => self.heads(&[&passing.from.party], passing.id, line.at, &line.how),
        };
        let offer = if alone { None } else { Some(self.offer(&passing, &cargo, &offer_prev, line.at)?) };
        // Who takes over with an offer has seen what the offer was made on.
        let who: Vec<&str> = if alone { vec![&party] } else { vec![&party, &passing.from.party] };
        let prev = self.heads(&who, passing.id, line.at, &line.how);
        let statement = self.handover(&passing, &cargo, offer, line.how.confirmed.as_ref())?;
        let role = self.party(&party)?.gate();
        let before = vec![passing.from.party.clone(), to.party.clone()];
        let missing = if party == to.party { &passing.from.party } else { &to.party }.clone();
        let saying = Saying { line, how: &line.how, party, role, at: line.at, statement, prev, before };
        let event = self.say(saying)?;
        if let Some(said) = self.said.last_mut().filter(|_| !alone) {
            said.also_names(&offer_prev);
        }
        self.passed(manifest, &passing, &cargo);
        if let Some(sheet) = self.sheets.get_mut(manifest).filter(|_| alone && stated.is_none()) {
            sheet.unsigned.push(Unsigned::new(event, missing, &passing, cargo.lines));
        }
        Ok(())
    }

    /// A load without a manifest: the script names it, nobody registered it.
    pub(super) fn moves_unregistered(
        &mut self,
        line: &Line,
        manifest: &str,
        loads: &[Load],
    ) -> Result<(), String> {
        if loads.is_empty() {
            return Err(format!("`{manifest}` is not registered; to move it all the same, say what it is"));
        }
        let id = self.manifest_id(line, manifest)?;
        self.names.add_manifest(manifest, id, loads.len());
        self.sheets.insert(manifest.to_owned(), Sheet::new(id, line.actor.clone(), rows(loads)?));
        Ok(())
    }

    /// The same handover, if the other side stated it alone and this party has not signed it yet.
    fn stated_by_other(&mut self, manifest: &str, passing: &Passing, party: &str) -> Option<Unsigned> {
        let unsigned = &mut self.sheets.get_mut(manifest)?.unsigned;
        let is_it = |other: &Unsigned| {
            let sides = (other.step, &other.from, &other.to);
            other.missing == party && sides == (passing.step, &passing.from.party, &passing.to.party)
        };
        unsigned.iter().position(is_it).map(|at| unsigned.remove(at))
    }

    /// What is on the sheet and on the vehicle afterwards.
    pub(super) fn passed(&mut self, manifest: &str, passing: &Passing, cargo: &Cargo) {
        self.moves_rejected(manifest, passing);
        let Some(sheet) = self.sheets.get_mut(manifest) else { return };
        sheet.departed = true;
        sheet.containers = cargo.there();
        for taken in passing.taken.iter().filter(|_| passing.step != Step::Returned) {
            sheet.rows[usize::from(taken.line) - 1].weight = taken.weight;
        }
    }

    fn offer(
        &self,
        passing: &Passing,
        cargo: &Cargo,
        prev: &[EventId],
        at: Timestamp,
    ) -> Result<Text<65536>, String> {
        let from = self.party(&passing.from.party)?;
        let containers = (!cargo.offered.is_empty()).then(|| ContainerSet::of(&cargo.offered));
        let offer = Offer {
            v: 1,
            log: self.log.clone(),
            step: passing.step,
            manifest: passing.id,
            from: from.uscc,
            to: self.party(&passing.to.party)?.uscc,
            containers,
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
        &self,
        passing: &Passing,
        cargo: &Cargo,
        offer: Option<Text<65536>>,
        confirmed: Option<&GivenWord>,
    ) -> Result<Statement, String> {
        let handover = Handover {
            manifest: passing.id,
            from: self.party(&passing.from.party)?.uscc,
            from_site: passing.from_site,
            to: self.party(&passing.to.party)?.uscc,
            to_site: passing.to_site,
            vehicle: passing.vehicle.clone(),
            offer,
            lines: List::new(cargo.lines.clone())?,
            missing: List::new(cargo.missing.clone())?,
            extra: List::new(cargo.extra.clone())?,
            note: None,
            confirmed: confirmed.cloned(),
            photos: List::default(),
        };
        Ok(match passing.step {
            Step::Collected => Statement::WasteCollected(handover),
            Step::Transferred => Statement::WasteTransferred(handover),
            Step::Delivered => Statement::WasteDelivered(handover),
            Step::Returned => Statement::WasteReturned(handover),
        })
    }

    pub(super) fn countersigns(&mut self, line: &Line, manifest: &str) -> Result<(), String> {
        let party = line.actor.party.clone();
        let sheet = self.sheet(manifest)?;
        let waits = sheet.unsigned.iter().rev().find(|unsigned| unsigned.missing == party);
        let waits = waits.ok_or_else(|| format!("no handover of `{manifest}` waits for {party}"))?;
        let lines = match &line.how.masses {
            Some(masses) => with_masses(waits.offered(), masses)?,
            None => waits.offered(),
        };
        let statement = Statement::HandoverCountersigned(Countersigned {
            manifest: sheet.id,
            event: waits.event,
            lines: List::new(lines)?,
            containers: None,
        });
        let agrees = line.how.masses.is_none();
        let event = waits.event;
        let prev = self.heads(&[&party], sheet.id, line.at, &line.how);
        let role = self.party(&party)?.gate();
        let (how, at) = (&line.how, line.at);
        self.say(Saying { line, how, party: party.clone(), role, at, statement, prev, before: Vec::new() })?;
        if let Some(sheet) = self.sheets.get_mut(manifest).filter(|_| agrees) {
            let last =
                sheet.unsigned.iter().rposition(|waits| waits.event == event && waits.missing == party);
            last.map(|at| sheet.unsigned.remove(at));
        }
        Ok(())
    }
}

/// The same lines with other masses, in their order.
fn with_masses(lines: Vec<SeenLine>, masses: &[Grams]) -> Result<Vec<SeenLine>, String> {
    if lines.len() != masses.len() {
        return Err(format!("expected {} masses with + between them, found {}", lines.len(), masses.len()));
    }
    Ok(lines.into_iter().zip(masses).map(|(line, mass)| SeenLine { mass_g: *mass, ..line }).collect())
}
