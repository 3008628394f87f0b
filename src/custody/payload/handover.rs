//! Custody passing: handovers, the offers inside them, receipts, countersignatures.

use serde::{Deserialize, Serialize};

use super::manifest::{MAX_CONTAINERS, MAX_LINES};
use super::waste::{Draw, MAX_LOTS};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::kind::Kind;
use crate::id::{ContainerId, ManifestId, SiteId};
use crate::ledger::{Digest, EventId};
use crate::shape::{Grams, List, Place, Plate, Quantity, Text};

/// Most photos that one handover or receipt names.
pub const MAX_PHOTOS: usize = 16;

/// One line as it changes hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedLine {
    /// Line number of the manifest.
    pub line: u16,
    /// Waste code.
    pub code: WasteCode,
    /// Mass as the signer states it.
    pub quantity: Quantity,
    /// Exemptions (豁免) the signer claims, by their id in the profile.
    #[serde(default)]
    pub exemptions: List<Text<64>, 0, 8>,
    /// At collection: the lots it was drawn from.
    #[serde(default)]
    pub drawn: List<Draw, 0, MAX_LOTS>,
    /// At collection: the containers that were loaded. Later handovers name only what differs.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub containers: List<ContainerId, 0, MAX_CONTAINERS>,
}

/// A sheet that somebody signed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handwriting {
    /// Who signed it, in words.
    pub name: Text<100>,
    /// Digest of a photo of the sheet.
    pub sha256: Digest,
}

/// The other side's word on a handover that one key signs: less than that side's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum GivenWord {
    /// Somebody of the other side signed a sheet by hand.
    Handwriting(Handwriting),
    /// Somebody of the other side told a code that came to its telephone: a compact JWS of type `waste-code+jws`, verbatim.
    Code(Text<4096>),
}

/// `waste.collected` (收集), `.transferred` (转运), `.delivered` (送达), `.returned` (退回): custody passes.
///
/// Signed by the taking side, which embeds the releasing side's offer; or by either side alone, and then it is one-sided
/// until the other countersigns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// The manifest.
    pub manifest: ManifestId,
    /// Who lets go.
    pub from: Uscc,
    /// Site it leaves, where it leaves one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_site: Option<SiteId>,
    /// Who takes over.
    pub to: Uscc,
    /// Site it enters, where it enters one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_site: Option<SiteId>,
    /// The vehicle that takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Plate>,
    /// The releasing side's offer: a compact JWS of type `waste-offer+jws`, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Text<65536>>,
    /// The lines that change hands.
    pub lines: List<HandedLine, 1, MAX_LINES>,
    /// Containers of the offer that were not there.
    #[serde(default)]
    pub missing: List<ContainerId, 0, MAX_CONTAINERS>,
    /// Containers that were there but not in the offer.
    #[serde(default)]
    pub extra: List<ContainerId, 0, MAX_CONTAINERS>,
    /// Remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<500>>,
    /// The other side's word, where its key does not sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<GivenWord>,
    /// Digests of photos of what was handed over; the files may come later.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub photos: List<Digest, 0, MAX_PHOTOS>,
}

/// The step an offer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// `waste.collected`
    Collected,
    /// `waste.transferred`
    Transferred,
    /// `waste.delivered`
    Delivered,
    /// `waste.returned`
    Returned,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 4] = [Self::Collected, Self::Transferred, Self::Delivered, Self::Returned];

    /// The step with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::Transferred => "transferred",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
        }
    }

    /// The kind of event that states it.
    pub fn kind(self) -> Kind {
        match self {
            Self::Collected => Kind::WasteCollected,
            Self::Transferred => Kind::WasteTransferred,
            Self::Delivered => Kind::WasteDelivered,
            Self::Returned => Kind::WasteReturned,
        }
    }
}

/// The container set of an offer, by number and digest, so that it fits a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerSet {
    /// Number of containers.
    pub count: u16,
    /// SHA-256 over the sorted 16-byte container ids.
    pub sha256: Digest,
}

impl ContainerSet {
    /// The set of these containers, whatever their order.
    pub fn of(containers: &[ContainerId]) -> Self {
        let mut sorted: Vec<ContainerId> = containers.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let bytes: Vec<u8> = sorted.iter().flat_map(|id| *id.as_uuid().as_bytes()).collect();
        Self { count: u16::try_from(sorted.len()).unwrap_or(u16::MAX), sha256: Digest::sha256(&[&bytes]) }
    }
}

/// One line of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedLine {
    /// Line number.
    pub line: u16,
    /// Mass in grams.
    pub mass_g: Grams,
    /// At collection: the lots it is drawn from, which the releasing side alone knows; the taking side's event names them after it.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub drawn: List<Draw, 0, MAX_LOTS>,
}

/// The mass of one line as a side saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenLine {
    /// Line number.
    pub line: u16,
    /// Mass in grams.
    pub mass_g: Grams,
}

/// Payload of a `waste-offer+jws`: the releasing side names who takes what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Version of this shape: 1.
    pub v: u16,
    /// Origin of the ledger it is for.
    pub log: Text<200>,
    /// The step it offers.
    pub step: Step,
    /// The manifest.
    pub manifest: ManifestId,
    /// Who lets go.
    pub from: Uscc,
    /// Who may take it.
    pub to: Uscc,
    /// Container set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<ContainerSet>,
    /// Mass per line.
    pub lines: List<OfferedLine, 1, MAX_LINES>,
    /// Heads the releasing side knew.
    #[serde(default)]
    pub prev: List<EventId, 0, 8>,
    /// When it was made.
    pub at: Timestamp,
    /// Where it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Offer {
    /// True for version 1 with line numbers from 1, each once, and no more drawn for one than it weighs.
    pub fn is_well_formed(&self) -> bool {
        let mut lines: Vec<u16> = self.lines.iter().map(|line| line.line).collect();
        lines.sort_unstable();
        let once = lines.windows(2).all(|pair| pair[0] < pair[1]);
        let drawn =
            |line: &OfferedLine| line.drawn.iter().map(|draw| draw.mass_g.get()).fold(0, i64::saturating_add);
        let is_there = self.lines.iter().all(|line| drawn(line) <= line.mass_g.get());
        self.v == 1 && once && is_there && lines.first().is_some_and(|line| *line > 0)
    }
}

/// What became of one line at the consignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All of it was accepted.
    Accepted,
    /// A part was accepted.
    Partly,
    /// None was accepted.
    Rejected,
}

/// One line as it was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedLine {
    /// Line number.
    pub line: u16,
    /// Waste code as found.
    pub code: WasteCode,
    /// What became of it.
    pub outcome: Outcome,
    /// Mass accepted; absent when all was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Quantity>,
    /// Mass rejected; absent when all was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Quantity>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<500>>,
    /// True when what was rejected was refused at the gate and never came in: it stays with the carrier.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_gate: bool,
    /// True when more of this line is still to be received: the figures are compared when the last part is in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// `waste.received` (验收确认), signed by the consignee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// The manifest.
    pub manifest: ManifestId,
    /// Site that received it.
    pub site: SiteId,
    /// Per line.
    pub lines: List<ReceivedLine, 1, MAX_LINES>,
    /// Digests of photos of what came in; the files may come later.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub photos: List<Digest, 0, MAX_PHOTOS>,
}

/// `handover.countersigned` (补签), signed by the side that had not signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countersigned {
    /// The manifest.
    pub manifest: ManifestId,
    /// The one-sided handover.
    pub event: EventId,
    /// Mass per line as this side saw it.
    pub lines: List<SeenLine, 1, MAX_LINES>,
    /// Container set as this side saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<ContainerSet>,
}
