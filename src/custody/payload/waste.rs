//! Facts about waste: what is there, what arose, who took it over, what was received, used, disposed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::handover::{HandedLine, Handover, Step};
use super::manifest::{MAX_CONTAINERS, MAX_LINES};
use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{ContainerId, DocumentId, LotId, ManifestId, SiteId, TripId};
use crate::ledger::Digest;
use crate::shape::{Grams, List, Plate, Quantity, Text};

/// Most lots one event may name.
pub const MAX_LOTS: usize = 256;
/// Most manifest lines that share one weighing.
pub const MAX_SHARES: usize = 1024;

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
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::shape::opt_day")]
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

/// Why mass differs from the books, as whoever has it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VarianceCause {
    /// Water evaporated or drained (水分损失).
    WaterLoss,
    /// Residue rinsed out of containers (清洗).
    Rinsing,
    /// A container's own mass was stated wrongly (皮重).
    Tare,
    /// Uncertainty of scales (计量误差).
    Weighing,
    /// Spilt or leaked (泄漏).
    Spill,
    /// Anything else (其他).
    Other,
}

/// Mass that went nowhere else in the ledger, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// Why.
    pub cause: VarianceCause,
    /// Mass in grams.
    pub mass_g: Grams,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<500>>,
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
    /// How much more (or, negative, less) was found in the lot than the signer's books showed, in grams. The ledger's books
    /// change by it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::shape::opt_difference"
    )]
    pub differs_g: Option<i64>,
    /// Why it differs, as far as the holder can tell; without it the difference is unexplained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<VarianceCause>,
    /// Why it differs from the books, in words.
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
    /// What was lost on the way, by cause. What inputs exceed outputs and losses by is unexplained.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub losses: List<Loss, 0, 8>,
}

/// The part of one manifest line in a weighing of the whole trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TripShare {
    /// The manifest.
    pub manifest: ManifestId,
    /// Its line.
    pub line: u16,
    /// Mass as it was stated when it was loaded, in grams: what the weighing is shared out by.
    pub stated_g: Grams,
    /// Its computed part of the weighing, in grams.
    #[serde(deserialize_with = "crate::shape::count")]
    pub mass_g: u64,
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
    /// The weighing shared out over their lines by the masses stated: computed, by largest remainder in the order given,
    /// which is that of manifest and line.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub shares: List<TripShare, 0, MAX_SHARES>,
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
    /// The feed as it was weighed, where the masses of the inputs were computed from it and not weighed one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed: Option<Quantity>,
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
    /// Site it left, where it left one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_site: Option<SiteId>,
    /// Who took over.
    pub to: Uscc,
    /// Site it entered, where it entered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_site: Option<SiteId>,
    /// The vehicle that took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Plate>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub lines: List<HandedLine, 1, MAX_LINES>,
}

impl PaperHandover {
    /// The handover as it would have been stated without paper.
    pub fn as_handover(&self, manifest: ManifestId) -> Handover {
        Handover {
            manifest,
            from: self.from,
            from_site: self.from_site,
            to: self.to,
            to_site: self.to_site,
            vehicle: self.vehicle.clone(),
            offer: None,
            lines: self.lines.clone(),
            missing: List::default(),
            extra: List::default(),
            note: None,
            confirmed: None,
            photos: List::default(),
        }
    }
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
