//! What a line of a script says, once it is read: who, when, which deed, and how it is done.

mod answer;
mod paper;
mod track;

use chrono::NaiveDate;

use crate::catalogue::{DeclarationPeriod, TreatmentCode, WasteCode};
use crate::clock::Timestamp;
use crate::custody::payload::handover::GivenWord;
use crate::custody::payload::manifest::Mode;
use crate::custody::payload::statement::CorrectedValue;
use crate::custody::payload::waste::{DiscrepancyType, Loss, VarianceCause};
use crate::ledger::Digest;
use crate::registry::standing::{DeclarationLine, DeclarationNature};
use crate::shape::{Basis, Grams, List, Place, Plate, Quantity, Text};
pub(super) use answer::{CaseDeed, FindingDeed};
pub(super) use paper::{Held, PaperDeed, PermitDeed};
pub(super) use track::Driven;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) no: usize,
    pub(super) at: Timestamp,
    pub(super) actor: Stop,
    pub(super) deed: Deed,
    pub(super) how: How,
}

/// A party, at one of its sites where one is named: `acme/paint`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stop {
    pub(super) party: String,
    pub(super) site: Option<String>,
}

/// A mass, and how it is known: `about 206 kg` is estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weight {
    pub(super) mass: Grams,
    pub(super) about: bool,
}

impl Weight {
    /// The mass as a payload states it.
    pub(super) fn quantity(&self) -> Quantity {
        Quantity::of(self.mass, if self.about { Basis::Estimated } else { Basis::Measured })
    }
}

/// A mass drawn from a lot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drawn {
    pub(super) lot: String,
    pub(super) mass: Grams,
}

/// How something is packed: `in 6 drums of 200 l`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Packed {
    pub(super) drums: u16,
    pub(super) litres: Option<u32>,
}

/// A new lot: its name where it has one, its code, how much, in which containers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fresh {
    pub(super) lot: Option<String>,
    pub(super) code: WasteCode,
    pub(super) weight: Weight,
    pub(super) packed: Option<Packed>,
}

/// One line of a manifest as it is planned or loaded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Load {
    pub(super) code: Option<WasteCode>,
    pub(super) weight: Weight,
    pub(super) by: Option<TreatmentCode>,
}

/// A mass, or all there is, or nothing, or what a weighing of the whole trip gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Share {
    All,
    Nothing,
    Of(Grams),
    OfTrip,
}

/// One line of a manifest as it is received.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) accepted: Share,
    /// The code it was found to be, where it is not what was planned.
    pub(super) code: Option<WasteCode>,
    pub(super) rejected: Share,
    pub(super) at_gate: bool,
    pub(super) reason: Option<Text<500>>,
    pub(super) more: bool,
}

/// What went into a treatment or a repacking.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fed {
    pub(super) code: WasteCode,
    pub(super) mass: Grams,
    /// A lot, a manifest or a line of one.
    pub(super) from: String,
}

/// What goes into a treatment: each part as it was weighed, or one weighing shared out over what is in store.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Feed {
    Each(Vec<Fed>),
    Shared { mass: Grams, of: Vec<Fuel> },
}

/// What a day's feed is shared out over: everything in store with a code, or a lot.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fuel {
    Code(WasteCode),
    Lot(String),
}

/// What came out of a treatment: a residue with its code, or a product.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given {
    pub(super) lot: Option<String>,
    pub(super) mass: Grams,
    pub(super) code: Option<WasteCode>,
    pub(super) name: Option<Text<100>>,
    pub(super) packed: Option<Packed>,
}

/// What a count found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Count {
    pub(super) of: Fuel,
    pub(super) mass_g: i64,
    /// More than the books had, or (negative) less, in grams.
    pub(super) differs_g: Option<i64>,
    pub(super) cause: Option<VarianceCause>,
    pub(super) reason: Option<Text<500>>,
}

/// One handover that ran on paper.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OnPaper {
    pub(super) from: Stop,
    pub(super) to: Stop,
    pub(super) at: Timestamp,
    pub(super) loads: Vec<Load>,
}

/// What a line says is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    Appears {
        opening: bool,
        fresh: Vec<Fresh>,
    },
    Stores {
        withdraws: bool,
        lots: Vec<Drawn>,
        facility: Text<32>,
    },
    Counts {
        counts: Vec<Count>,
    },
    Repacks {
        fed: Vec<Fed>,
        given: Vec<Given>,
        losses: Vec<Loss>,
    },
    Registers {
        manifest: String,
        loads: Vec<Load>,
        route: Vec<Stop>,
    },
    Amends {
        manifest: String,
        loads: Vec<Load>,
        to: Option<Stop>,
        via: Vec<Stop>,
        reason: Option<Text<500>>,
    },
    Confirms {
        manifest: String,
    },
    Declines {
        manifest: String,
        reason: Option<Text<500>>,
    },
    Assigns {
        manifest: String,
        plate: Plate,
    },
    Voids {
        manifest: String,
        reason: Option<Text<500>>,
    },
    Hands {
        manifest: String,
        to: Stop,
        loads: Vec<Load>,
    },
    Receives {
        manifest: String,
        found: Vec<Found>,
    },
    Weighs {
        trip: String,
        mass: Grams,
        manifests: Vec<String>,
    },
    Tracks {
        manifests: Vec<String>,
        driven: Driven,
    },
    Treats {
        disposes: bool,
        feed: Feed,
        by: TreatmentCode,
        given: Vec<Given>,
    },
    Countersigns {
        manifest: String,
    },
    BackFills {
        manifest: String,
        handovers: Vec<OnPaper>,
        reason: Option<Text<500>>,
    },
    Declares {
        manifest: String,
        line: Option<u16>,
        about: DiscrepancyType,
        text: Option<Text<1000>>,
    },
    Reports {
        manifest: String,
        cause: Option<Text<1000>>,
        measures: Option<Text<1000>>,
        pictures: Vec<Digest>,
    },
    Imports {
        document: String,
        source: Text<64>,
        number: Text<64>,
    },
    SendsAgain {
        label: String,
    },
    RevokesKey {
        party: String,
        /// The label of the line from which on the key is suspected.
        suspected_from: Option<String>,
    },
    EnrolsKey {
        party: String,
    },
    RotatesKey,
    Restates {
        reaffirms: bool,
        label: String,
        reason: Option<Text<500>>,
    },
    /// One party may sign for another.
    Mandates {
        to: String,
        kinds: List<Text<40>, 1, 80>,
        from: Option<NaiveDate>,
        until: NaiveDate,
    },
    RevokesMandate {
        to: String,
    },
    Binds {
        manifest: String,
        system: Option<Text<32>>,
        number: Text<64>,
    },
    Corrects {
        orders: bool,
        label: String,
        pointer: String,
        value: CorrectedValue,
        reason: Option<Text<500>>,
    },
    Answers {
        agrees: bool,
        label: String,
        reason: Option<Text<500>>,
    },
    Files {
        period: DeclarationPeriod,
        from: NaiveDate,
        nature: DeclarationNature,
        lines: List<DeclarationLine, 0, 1024>,
    },
    Returns {
        label: String,
        pointer: Text<200>,
        reason: Text<500>,
    },
    Accepts {
        label: String,
    },
    Permit {
        party: String,
        deed: PermitDeed,
    },
    Paper(PaperDeed),
    /// An answer to the finding of a rule on a subject, as it stands at that moment.
    Finding {
        does: FindingDeed,
        rule: String,
        subject: String,
        text: Text<2000>,
        /// Digests of pictures.
        pictures: Vec<Digest>,
    },
    Case {
        case: String,
        deed: CaseDeed,
    },
    /// The actor's site lies where `gps` says.
    Lies,
    /// The actor's site closes.
    Closes {
        /// Last day of operation.
        on: NaiveDate,
        reason: Text<500>,
    },
}

/// How it is done: what stands at the end of a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct How {
    pub(super) label: Option<String>,
    pub(super) alone: bool,
    pub(super) releasing_alone: bool,
    /// The other side's word, where its key does not sign.
    pub(super) confirmed: Option<GivenWord>,
    pub(super) masses: Option<Vec<Grams>>,
    pub(super) vehicle: Option<Plate>,
    pub(super) sent: Option<Timestamp>,
    pub(super) skew_ms: i64,
    /// Where it happens, by satellite.
    pub(super) place: Option<Place>,
    pub(super) knows_nothing: bool,
    pub(super) unaware_of: Vec<String>,
    pub(super) same_act: Option<String>,
    pub(super) same_id: Option<String>,
    pub(super) unconfirmed: bool,
    pub(super) unassigned: bool,
    /// The carrier names no escort.
    pub(super) unescorted: bool,
    pub(super) reasons: Vec<(Text<40>, Text<500>)>,
    pub(super) claims: Vec<Text<64>>,
    pub(super) due: Option<Timestamp>,
    /// `Some` and empty: `from nothing`.
    pub(super) drawn: Option<Vec<Drawn>>,
    pub(super) packed: Option<Packed>,
    pub(super) litres: Option<u32>,
    /// Serial number of the first container's label.
    pub(super) labelled: Option<u16>,
    /// The lot whose containers are filled again.
    pub(super) same_drums: Option<String>,
    /// How many containers of the offer were not there, and how many were there besides.
    pub(super) missing: u16,
    pub(super) extra: u16,
    pub(super) mode: Option<Mode>,
    pub(super) trip: Option<String>,
    /// The manifest whose rejected waste this one carries on.
    pub(super) follows: Option<String>,
    pub(super) refused: Option<String>,
    /// The party whose office signs for the actor, under the mandate that the actor gave it last.
    pub(super) through: Option<String>,
    /// The mandate is not named.
    pub(super) unnamed: bool,
    /// Signed with the key that the signer had before this one.
    pub(super) by_old_key: bool,
    pub(super) anchor: Option<FalseAnchor>,
}

/// An anchor that does not fit the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FalseAnchor {
    /// Beyond every entry there is.
    Ahead,
    /// Of another log.
    Other,
}
