//! Deeds about permits and papers.

use chrono::NaiveDate;

use super::Stop;
use crate::catalogue::{CodePattern, TreatmentCode, WasteCode};
use crate::registry::PermitChange;
use crate::registry::standing::{Advance, Collection, Qualification};
use crate::shape::{Grams, List, Plate, Text};

/// What becomes of a party's permit.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) enum PermitDeed {
    /// Issued, or amended for a reason.
    Terms {
        codes: List<CodePattern, 1, 600>,
        methods: List<TreatmentCode, 1, 64>,
        /// Amount a year, where the script names one.
        yearly_g: Option<Grams>,
        days: (NaiveDate, NaiveDate),
        collection: Option<Collection>,
        amends: Option<Text<500>>,
    },
    /// Suspended, reinstated or revoked.
    Stands { change: PermitChange, reason: Text<500> },
}

/// What a hold is on.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) enum Held {
    Site(Stop),
    Lot(String),
    Manifest(String),
    Vehicle(Plate),
}

/// A paper that is made or ended.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) enum PaperDeed {
    Plans {
        year: u16,
        lines: Vec<(WasteCode, Grams)>,
        amends: bool,
    },
    Contracts {
        with: String,
        codes: List<CodePattern, 1, 600>,
        days: (NaiveDate, NaiveDate),
    },
    /// The transport licence of a vehicle.
    Licenses {
        vehicle: Plate,
        carrier: String,
        days: (NaiveDate, NaiveDate),
        rated: Option<Grams>,
    },
    /// The qualification of whoever has a carrier's key in that role.
    Qualifies {
        qualification: Qualification,
        carrier: String,
        days: (NaiveDate, NaiveDate),
    },
    /// An application for an interprovincial transfer.
    Applies {
        application: String,
        consignee: String,
        lines: Vec<(WasteCode, Grams)>,
        methods: List<TreatmentCode, 1, 16>,
        days: (NaiveDate, NaiveDate),
    },
    Advances {
        application: String,
        stage: Advance,
        reason: Option<Text<500>>,
    },
    Grants {
        application: String,
        number: Text<64>,
    },
    Inspects {
        at: Stop,
        text: Text<4000>,
    },
    Fines {
        party: String,
        number: Text<64>,
        text: Text<2000>,
    },
    Holds {
        hold: String,
        on: Held,
        reason: Text<500>,
    },
    Lifts {
        hold: String,
        reason: Text<500>,
    },
    /// A camera watches a facility of the actor's site.
    Films {
        facility: Text<32>,
        keeps_days: u16,
    },
}
