//! Facts about waste: what is there, what arose, who took it over, what was received, used, disposed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::manifest::{MAX_CONTAINERS, MAX_LINES};
use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{ContainerId, DocumentId, LotId, ManifestId, SiteId, TripId};
use crate::ledger::{Digest, EventId};
use crate::shape::{Grams, List, Place, Plate, Quantity, Text};

/// Most lots one event may name.
pub const MAX_LOTS: usize = 256;

/// A container (容器/包装) as it is declared when filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Names the container.
    pub container: ContainerId,
    /// Label code, 37 characters in the Chinese form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<64>>,
    /// Net mass in it, in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mass_g: Option<Grams>,
    /// Its volume in litres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub litres: Option<u32>,
}

/// A lot that an event brings into being.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLot {
    /// Names the lot; made by the client (version 7).
    pub lot: LotId,
    /// Waste code.
    pub code: WasteCode,
    /// How much.
    pub quantity: Quantity,
    /// In storage since this day, for opening balances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
    /// Its containers.
    #[serde(default)]
    pub containers: List<Container, 0, MAX_CONTAINERS>,
}

/// `stock.opened` (期初) and `waste.generated` (产生): lots at a site that come from nowhere else in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotsAppeared {
    /// Site they are at.
    pub site: SiteId,
    /// The lots.
    pub lots: List<NewLot, 1, MAX_LOTS>,
    /// Production step or facility they arose in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Text<100>>,
}

/// One counted stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedStock {
    /// Waste code.
    pub code: WasteCode,
    /// The lot, when one lot was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// What is there, in grams; zero is a count.
    #[serde(deserialize_with = "crate::shape::count")]
    pub mass_g: u64,
    /// Why it differs from the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<500>>,
}

/// `stock.counted` (盘点).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockCounted {
    /// The site.
    pub site: SiteId,
    /// Counts.
    pub counts: List<CountedStock, 1, MAX_LOTS>,
}

/// A part of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The lot drawn from.
    pub lot: LotId,
    /// Mass in grams.
    pub mass_g: Grams,
}

/// `waste.stored` (入库) and `waste.withdrawn` (出库).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreMoved {
    /// The site.
    pub site: SiteId,
    /// Storage facility.
    pub facility: Text<32>,
    /// What moved.
    pub lots: List<Draw, 1, MAX_LOTS>,
}

/// `waste.repacked` (重新包装/合并/拆分).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repacked {
    /// The site.
    pub site: SiteId,
    /// What went in.
    pub inputs: List<Draw, 1, MAX_LOTS>,
    /// What came out.
    pub outputs: List<NewLot, 1, MAX_LOTS>,
}

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

/// The mass of one line in an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedLine {
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
    pub lines: List<OfferedLine, 1, MAX_LINES>,
    /// Container set as this side saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<ContainerSet>,
}

/// `trip.weighed` (车次过磅).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TripWeighed {
    /// The trip.
    pub trip: TripId,
    /// What the scale said.
    pub quantity: Quantity,
    /// Manifests that share the weighing.
    pub manifests: List<ManifestId, 1, 64>,
}

/// A lot that comes out of a treatment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputLot {
    /// Names the lot; made by the client (version 7).
    pub lot: LotId,
    /// Waste code of a residue; absent for a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<WasteCode>,
    /// What it is.
    pub name: Text<100>,
    /// How much.
    pub quantity: Quantity,
}

/// `waste.used` (利用) and `waste.disposed` (处置), signed by the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Treated {
    /// Site it was done at.
    pub site: SiteId,
    /// What went in.
    pub inputs: List<Draw, 1, MAX_LOTS>,
    /// Treatment code.
    pub method: TreatmentCode,
    /// Products and residues.
    #[serde(default)]
    pub outputs: List<OutputLot, 0, MAX_LOTS>,
}

/// What a declared discrepancy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiscrepancyType {
    /// The mass.
    Quantity,
    /// Code, name or properties.
    Kind,
    /// Packaging or containers.
    Packaging,
    /// Anything else.
    Other,
}

/// `discrepancy.declared` (差异).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscrepancyDeclared {
    /// The manifest.
    pub manifest: ManifestId,
    /// The line; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u16>,
    /// What it is about.
    pub about: DiscrepancyType,
    /// In words.
    pub text: Text<1000>,
}

/// `incident.reported` (事故).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentReported {
    /// The manifest.
    pub manifest: ManifestId,
    /// Cause in words.
    pub cause: Text<1000>,
    /// Measures taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measures: Option<Text<1000>>,
    /// Digests of photos.
    #[serde(default)]
    pub photos: List<Digest, 0, 32>,
}

/// One handover that ran on paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperHandover {
    /// Which step.
    pub step: Step,
    /// Who let go.
    pub from: Uscc,
    /// Who took over.
    pub to: Uscc,
    /// When.
    pub at: Timestamp,
    /// What.
    pub lines: List<HandedLine, 1, MAX_LINES>,
}

/// `paper.backfilled` (补录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperBackfilled {
    /// The manifest.
    pub manifest: ManifestId,
    /// Why it ran on paper.
    pub reason: Text<500>,
    /// Digest of the scan.
    pub scan: Digest,
    /// What the paper says.
    pub handovers: List<PaperHandover, 1, 16>,
}

/// `document.imported` (导入): one document of another system, kept by digest and content, attested by the importer alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentImported {
    /// Names the document; derived from importer, system and number where an import must be repeatable.
    pub document: DocumentId,
    /// Profile that judges it, for example `us`.
    pub profile: Text<16>,
    /// Source, for example `epa-emanifest-sample`.
    pub source: Text<64>,
    /// Its number there, as it was written.
    pub number: Text<64>,
    /// Media type of the content, for example `text/csv; header=present`.
    pub media: Text<64>,
    /// The document.
    pub content: Text<196608>,
    /// SHA-256 of the content.
    pub sha256: Digest,
}
