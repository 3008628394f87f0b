//! Declarations about a manifest: what the office does before the vehicle moves.

use super::Player;
use super::sheet::{Sheet, rows};
use crate::clock::{MINUTE_MS, Timestamp};
use crate::custody::Statement;
use crate::custody::payload::manifest::{
    Amended, Assigned, Confirmed, Ended, Leg, Mode, Packaging, PartyAt, PlannedLine, Registered, StatedReason,
};
use crate::id::ManifestId;
use crate::registry::Role;
use crate::scenario::deed::{How, Line, Load, Stop};
use crate::shape::{Basis, List, Plate, Quantity, Text};

/// Hours from registration to the planned arrival, where a line says no `due`.
const PLANNED_HOURS: i64 = 10;
/// When the consignee confirms and the carrier assigns its vehicle after a registration, in milliseconds.
const CONFIRMS_AFTER_MS: i64 = MINUTE_MS;
const ASSIGNS_AFTER_MS: i64 = 120_000;

impl Player<'_> {
    pub(super) fn registers(
        &mut self,
        line: &Line,
        manifest: &str,
        loads: &[Load],
        route: &[Stop],
    ) -> Result<(), String> {
        let [consignor, carriers @ .., consignee] = route else {
            return Err("a route has two ends".to_owned());
        };
        if consignor.party != line.actor.party {
            return Err(format!("the consignor registers: begin the route with {}", line.actor.party));
        }
        let moved = self.sheets.get(manifest);
        if moved.is_some_and(|sheet| sheet.consignee.is_some()) {
            return Err(format!(
                "`{manifest}` is registered already; for a conflict write `same id as {manifest}`"
            ));
        }
        let (id, departed) = match moved {
            Some(sheet) => (sheet.id, sheet.departed),
            None => (self.manifest_id(line, manifest)?, false),
        };
        let statement = self.registration(line, id, loads, route)?;
        let prev = self.heads(&[&line.actor.party], id, line.at, &line.how);
        self.declare(
            line,
            &line.how,
            line.at,
            &line.actor.party,
            Statement::ManifestRegistered(statement),
            prev,
        )?;
        self.names.add_manifest(manifest, id, loads.len());
        let fresh = Sheet::new(id, consignor.clone(), rows(loads)?);
        let sheet = self.sheets.entry(manifest.to_owned()).or_insert(fresh);
        sheet.consignee = Some(consignee.clone());
        sheet.carriers = carriers.iter().map(|stop| stop.party.clone()).collect();
        sheet.piped = line.how.mode == Some(Mode::Pipeline);
        // Nobody confirms or assigns what has already left, what is refused, or what only repeats an id.
        if departed || line.how.refused.is_some() || line.how.same_id.is_some() {
            return Ok(());
        }
        self.implied(line, manifest, carriers, consignee)
    }

    fn registration(
        &mut self,
        line: &Line,
        id: ManifestId,
        loads: &[Load],
        route: &[Stop],
    ) -> Result<Registered, String> {
        let [consignor, carriers @ .., consignee] = route else {
            return Err("a route has two ends".to_owned());
        };
        let trip = line.how.trip.as_ref().map(|label| self.trip(line, label));
        let lines = (1..).zip(loads).map(|(number, load)| self.planned(line, number, load, consignee));
        let followed = line.how.follows.as_ref().map(|other| self.sheet(other)).transpose()?;
        let follows = followed.map(|sheet| sheet.id);
        Ok(Registered {
            manifest: id,
            site: self.site(consignor)?.site,
            consignee: PartyAt {
                party: self.party(&consignee.party)?.uscc,
                site: self.site(consignee)?.site,
            },
            lines: List::new(lines.collect::<Result<_, _>>()?)?,
            legs: List::new(self.legs(line, carriers)?)?,
            planned_departure: line.at,
            planned_arrival: line.how.due.unwrap_or(line.at.plus_hours(PLANNED_HOURS)),
            trip,
            plan: None,
            contract: None,
            approval: None,
            follows,
            erp_no: None,
            reasons: reasons(line)?,
        })
    }

    /// The carriers, each by vehicle where the line says nothing else.
    fn legs(&self, line: &Line, carriers: &[Stop]) -> Result<Vec<Leg>, String> {
        let mode = line.how.mode.unwrap_or(Mode::Vehicle);
        carriers.iter().map(|stop| Ok(Leg { carrier: self.party(&stop.party)?.uscc, mode })).collect()
    }

    fn planned(&self, line: &Line, number: u16, load: &Load, to: &Stop) -> Result<PlannedLine, String> {
        let code = load.code.ok_or("expected a waste code before each mass")?;
        let usual = self.party(&to.party)?.method_for(&code);
        let treatment = load.by.or(usual);
        let is_packed = line.how.packed.is_some() || line.how.litres.is_some();
        Ok(PlannedLine {
            line: number,
            code,
            name: None,
            form: None,
            packaging: is_packed.then_some(Packaging::Drum),
            containers: line.how.packed.map(|packed| packed.drums),
            container_litres: line.how.litres,
            planned: Quantity::of(load.weight.mass, Basis::Estimated),
            exemptions: List::new(line.how.claims.clone())?,
            treatment: treatment.ok_or_else(|| {
                format!("{} does not treat {code}; write `by D10` or another code", to.party)
            })?,
        })
    }

    /// The consignee confirms and each carrier assigns its vehicle, unless the line says otherwise.
    fn implied(
        &mut self,
        line: &Line,
        manifest: &str,
        carriers: &[Stop],
        consignee: &Stop,
    ) -> Result<(), String> {
        let from = line.how.sent.unwrap_or(line.at);
        let quietly = How::default();
        if !line.how.unconfirmed {
            let at = from.plus_millis(CONFIRMS_AFTER_MS);
            self.confirms(line, &quietly, at, &consignee.party, manifest)?;
        }
        // Only what goes by road is assigned a vehicle.
        let by_road = line.how.mode.is_none() && !line.how.unassigned;
        for (n, carrier) in carriers.iter().enumerate().filter(|_| by_road) {
            let named = line.how.vehicle.clone().filter(|_| n == 0);
            let Some(plate) = named.or(self.party(&carrier.party)?.vehicles.first().cloned()) else {
                continue;
            };
            let at = from.plus_millis(ASSIGNS_AFTER_MS);
            self.assigns(line, &quietly, at, &carrier.party, manifest, &plate)?;
        }
        Ok(())
    }

    pub(super) fn confirms(
        &mut self,
        line: &Line,
        how: &How,
        at: Timestamp,
        party: &str,
        manifest: &str,
    ) -> Result<(), String> {
        let id = self.sheet(manifest)?.id;
        let prev = self.heads(&[party], id, at, how);
        let statement = Statement::ManifestConfirmed(Confirmed { manifest: id });
        self.declare(line, how, at, party, statement, prev).map(drop)
    }

    pub(super) fn assigns(
        &mut self,
        line: &Line,
        how: &How,
        at: Timestamp,
        party: &str,
        manifest: &str,
        plate: &Plate,
    ) -> Result<(), String> {
        let sheet = self.sheet(manifest)?;
        let (id, leg) = (sheet.id, sheet.carriers.iter().position(|carrier| carrier == party).unwrap_or(0));
        let prev = self.heads(&[party], id, at, how);
        let has_escort = self.party(party)?.roles().contains(&Role::Escort) && !how.unescorted;
        let escort = if has_escort { Some(self.key(party, Role::Escort)?.kid()) } else { None };
        let statement = Statement::ManifestAssigned(Assigned {
            manifest: id,
            leg: u8::try_from(leg + 1).map_err(|_| "too many legs")?,
            vehicle: plate.clone(),
            trailer: None,
            driver: Some(self.key(party, self.party(party)?.gate())?.kid()),
            escort,
            licence: None,
        });
        self.declare(line, how, at, party, statement, prev)?;
        if let Some(sheet) = self.sheets.get_mut(manifest) {
            sheet.plates.insert(party.to_owned(), plate.clone());
        }
        Ok(())
    }

    /// `declines` by the consignee, `voids` by the consignor.
    pub(super) fn ends(
        &mut self,
        line: &Line,
        manifest: &str,
        reason: Option<Text<500>>,
        declines: bool,
    ) -> Result<(), String> {
        let id = self.sheet(manifest)?.id;
        let ended = Ended { manifest: id, reason: reason.map_or_else(|| Text::new("计划有变"), Ok)? };
        let prev = self.heads(&[&line.actor.party], id, line.at, &line.how);
        let statement =
            if declines { Statement::ManifestDeclined(ended) } else { Statement::ManifestVoided(ended) };
        self.declare(line, &line.how, line.at, &line.actor.party, statement, prev).map(drop)
    }

    /// The consignor changes what it registered; what it leaves out stays as it was.
    pub(super) fn amends(
        &mut self,
        line: &Line,
        manifest: &str,
        loads: &[Load],
        to: Option<&Stop>,
        via: &[Stop],
        reason: Option<Text<500>>,
    ) -> Result<(), String> {
        let sheet = self.sheet(manifest)?;
        let id = sheet.id;
        let consignee = to.or(sheet.consignee.as_ref()).ok_or("nobody registered where it goes")?;
        let lines = (1..).zip(loads).map(|(number, load)| self.planned(line, number, load, consignee));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        let legs = self.legs(line, via)?;
        let at = |stop: &Stop| {
            Ok::<_, String>(PartyAt { party: self.party(&stop.party)?.uscc, site: self.site(stop)?.site })
        };
        let amended = Amended {
            manifest: id,
            consignee: to.map(at).transpose()?,
            lines: if lines.is_empty() { None } else { Some(List::new(lines)?) },
            legs: if legs.is_empty() { None } else { Some(List::new(legs)?) },
            planned_departure: None,
            planned_arrival: line.how.due,
            reason: reason.map_or_else(|| Text::new("计划有变"), Ok)?,
            reasons: reasons(line)?,
        };
        let prev = self.heads(&[&line.actor.party], id, line.at, &line.how);
        let statement = Statement::ManifestAmended(amended);
        self.declare(line, &line.how, line.at, &line.actor.party, statement, prev)?;
        let new_rows = rows(loads)?;
        let Some(sheet) = self.sheets.get_mut(manifest).filter(|_| line.how.refused.is_none()) else {
            return Ok(());
        };
        if !new_rows.is_empty() {
            sheet.rows = new_rows;
        }
        if !via.is_empty() {
            sheet.carriers = via.iter().map(|stop| stop.party.clone()).collect();
        }
        sheet.consignee = to.cloned().or(sheet.consignee.take());
        self.names.add_manifest(manifest, id, sheet.rows.len());
        Ok(())
    }
}

/// Why the signer goes on against a check.
fn reasons(line: &Line) -> Result<List<StatedReason, 0, 16>, String> {
    let reasons = line.how.reasons.iter().cloned();
    List::new(reasons.map(|(rule, text)| StatedReason { rule, text }).collect())
}
