//! The sheet in the driver's hand: what a manifest looks like to whoever stands beside the vehicle.

use std::collections::BTreeMap;

use super::passing::Passing;
use crate::catalogue::WasteCode;
use crate::custody::payload::handover::{HandedLine, SeenLine, Step};
use crate::id::{ContainerId, ManifestId};
use crate::ledger::EventId;
use crate::scenario::deed::{Load, Stop, Weight};
use crate::shape::{Grams, Plate};

/// What is on the sheet in the driver's hand.
pub(super) struct Sheet {
    pub(super) id: ManifestId,
    pub(super) consignor: Stop,
    pub(super) consignee: Option<Stop>,
    pub(super) carriers: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) plates: BTreeMap<String, Plate>,
    /// The containers on the vehicle.
    pub(super) containers: Vec<ContainerId>,
    pub(super) departed: bool,
    /// True when nobody stands between the two ends.
    pub(super) piped: bool,
    pub(super) unsigned: Vec<Unsigned>,
}

/// One line of the sheet.
pub(super) struct Row {
    pub(super) code: WasteCode,
    /// What was planned, then what was last handed over.
    pub(super) weight: Weight,
    pub(super) found_g: i64,
    pub(super) rejected_g: i64,
    /// What was rejected never came in.
    pub(super) at_gate: bool,
    /// Its part of a weighing of the whole trip.
    pub(super) share_g: Option<i64>,
}

/// A handover that waits for the other side's signature.
pub(super) struct Unsigned {
    pub(super) event: EventId,
    pub(super) missing: String,
    pub(super) step: Step,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) lines: Vec<HandedLine>,
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
            containers: Vec::new(),
            departed: false,
            piped: false,
            unsigned: Vec::new(),
        }
    }

    /// True when the consignee refused some of it.
    pub(super) fn is_rejected(&self) -> bool {
        self.rows.iter().any(|row| row.rejected_g > 0)
    }

    /// True when the party is the consignee.
    pub(super) fn is_consignee(&self, party: &str) -> bool {
        self.consignee.as_ref().is_some_and(|consignee| consignee.party == party)
    }

    /// What would be handed over at a step: everything, or what goes back.
    pub(super) fn handed(&self, step: Step) -> Vec<(u16, Weight)> {
        let goes_back = step == Step::Returned && self.is_rejected();
        let of_row = |(number, row): (u16, &Row)| {
            if !goes_back {
                return Some((number, row.weight));
            }
            Some((number, Weight { mass: Grams::new(row.rejected_g)?, about: false }))
        };
        (1..).zip(&self.rows).filter_map(of_row).collect()
    }
}

impl Unsigned {
    pub(super) fn new(event: EventId, missing: String, passing: &Passing, lines: Vec<HandedLine>) -> Self {
        let (from, to) = (passing.from.party.clone(), passing.to.party.clone());
        Self { event, missing, step: passing.step, from, to, lines }
    }

    /// The lines as whoever countersigns repeats them.
    pub(super) fn offered(&self) -> Vec<SeenLine> {
        let line = |line: &HandedLine| SeenLine { line: line.line, mass_g: line.quantity.mass_g };
        self.lines.iter().map(line).collect()
    }
}

/// The rows of a sheet, each with its code.
pub(super) fn rows(loads: &[Load]) -> Result<Vec<Row>, String> {
    let row = |load: &Load| {
        let code = load.code.ok_or("expected a waste code before each mass")?;
        Ok(Row { code, weight: load.weight, found_g: 0, rejected_g: 0, at_gate: false, share_g: None })
    };
    loads.iter().map(row).collect()
}
