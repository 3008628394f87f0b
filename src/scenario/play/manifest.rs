//! Declarations about a manifest: what the office does before the vehicle moves.

use std::collections::BTreeMap;

use super::Player;
use crate::catalogue::WasteCode;
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::payload::handover::OfferedLine;
use crate::custody::payload::manifest::{
    Assigned, Confirmed, Ended, Leg, Mode, Packaging, PartyAt, PlannedLine, Registered, StatedReason,
};
use crate::id::ManifestId;
use crate::ledger::EventId;
use crate::scenario::script::{How, Line, Load, Stop};
use crate::shape::{Basis, List, Plate, Quantity, Text};

/// Hours from registration to the planned arrival, where a line says no `due`.
const PLANNED_HOURS: i64 = 10;
/// When the consignee confirms and the carrier assigns its vehicle after a registration, in milliseconds.
const CONFIRMS_AFTER_MS: i64 = 60_000;
const ASSIGNS_AFTER_MS: i64 = 120_000;

/// What is on the sheet in the driver's hand.
pub(super) struct Sheet {
    pub(super) id: ManifestId,
    pub(super) consignor: Stop,
    pub(super) consignee: Option<Stop>,
    pub(super) carriers: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) plates: BTreeMap<String, Plate>,
    pub(super) departed: bool,
    pub(super) unsigned: Vec<Unsigned>,
}

/// One line of the sheet.
pub(super) struct Row {
    pub(super) code: WasteCode,
    /// What was planned, then what was last handed over.
    pub(super) mass_g: i64,
    pub(super) found_g: i64,
    pub(super) rejected_g: i64,
}

/// A handover that waits for the other side's signature.
pub(super) struct Unsigned {
    pub(super) event: EventId,
    pub(super) missing: String,
    pub(super) lines: Vec<OfferedLine>,
}

impl Sheet {
    pub(super) fn new(id: ManifestId, consignor: Stop, rows: Vec<Row>) -> Self {
        Self {
            id,
            consignor,
            consignee: None,
            carriers: Vec::new(),
            rows,
            plates: BTreeMap::new(),
            departed: false,
            unsigned: Vec::new(),
        }
    }
}

/// The rows of a sheet, each with its code.
pub(super) fn rows(loads: &[Load]) -> Result<Vec<Row>, String> {
    let row = |load: &Load| {
        let code = load.code.ok_or("expected a waste code before each mass")?;
        Ok(Row { code, mass_g: load.mass.get(), found_g: 0, rejected_g: 0 })
    };
    loads.iter().map(row).collect()
}

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
        // Nobody confirms or assigns what has already left, what is refused, or what only repeats an id.
        if departed || line.how.refused.is_some() || line.how.same_id.is_some() {
            return Ok(());
        }
        self.implied(line, manifest, carriers, consignee)
    }

    fn registration(
        &self,
        line: &Line,
        id: ManifestId,
        loads: &[Load],
        route: &[Stop],
    ) -> Result<Registered, String> {
        let [consignor, carriers @ .., consignee] = route else {
            return Err("a route has two ends".to_owned());
        };
        let lines = (1..).zip(loads).map(|(number, load)| self.planned(line, number, load, consignee));
        let legs = carriers.iter().map(|stop| {
            Ok::<Leg, String>(Leg { carrier: self.party(&stop.party)?.uscc, mode: Mode::Vehicle })
        });
        let reasons = line.how.reasons.iter().cloned().map(|(rule, text)| StatedReason { rule, text });
        Ok(Registered {
            manifest: id,
            site: self.site(consignor)?.site,
            consignee: PartyAt {
                party: self.party(&consignee.party)?.uscc,
                site: self.site(consignee)?.site,
            },
            lines: List::new(lines.collect::<Result<_, _>>()?)?,
            legs: List::new(legs.collect::<Result<_, _>>()?)?,
            planned_departure: line.at,
            planned_arrival: line.how.due.unwrap_or(line.at.plus_hours(PLANNED_HOURS)),
            trip: None,
            plan: None,
            contract: None,
            approval: None,
            follows: None,
            erp_no: None,
            reasons: List::new(reasons.collect())?,
        })
    }

    fn planned(&self, line: &Line, number: u16, load: &Load, to: &Stop) -> Result<PlannedLine, String> {
        let code = load.code.ok_or("expected a waste code before each mass")?;
        let usual = self.party(&to.party)?.method_for(&code);
        let treatment = load.by.or(usual);
        Ok(PlannedLine {
            line: number,
            code,
            name: None,
            form: None,
            packaging: line.how.litres.map(|_| Packaging::Drum),
            containers: None,
            container_litres: line.how.litres,
            planned: Quantity::of(load.mass, Basis::Estimated),
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
        for (n, carrier) in carriers.iter().enumerate().filter(|_| !line.how.unassigned) {
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
        let statement = Statement::ManifestAssigned(Assigned {
            manifest: id,
            leg: u8::try_from(leg + 1).map_err(|_| "too many legs")?,
            vehicle: plate.clone(),
            trailer: None,
            driver: Some(self.key(party, self.party(party)?.gate())?.kid()),
            escort: None,
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
}
