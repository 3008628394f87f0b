//! What an event is about: the manifests, lots, documents, labels and parties it touches. It follows from the event alone.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::kind::Statement;
use super::label;
use super::payload::handover::{HandedLine, Step};
use crate::catalogue::Uscc;
use crate::id::{DocumentId, LabelId, LotId, ManifestId, SiteId};

/// Something that has a timeline of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "id")]
pub enum Subject {
    /// A manifest.
    Manifest(ManifestId),
    /// A lot.
    Lot(LotId),
    /// A document of another system.
    Document(DocumentId),
    /// A party.
    Party(Uscc),
    /// A site of a party.
    Site(SiteId),
    /// A label on containers.
    Label(LabelId),
}

impl Subject {
    /// The kebab-case name of what it is.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Manifest(_) => "manifest",
            Self::Lot(_) => "lot",
            Self::Document(_) => "document",
            Self::Party(_) => "party",
            Self::Site(_) => "site",
            Self::Label(_) => "label",
        }
    }

    /// The id as text.
    pub fn key(&self) -> String {
        match self {
            Self::Manifest(id) => id.to_string(),
            Self::Lot(id) => id.to_string(),
            Self::Document(id) => id.to_string(),
            Self::Party(id) => id.to_string(),
            Self::Site(id) => id.to_string(),
            Self::Label(id) => id.to_string(),
        }
    }

    /// The subject with this kind name and id, as they were stored.
    pub fn named(kind: &str, key: &str) -> Option<Subject> {
        Some(match kind {
            "manifest" => Self::Manifest(key.parse().ok()?),
            "lot" => Self::Lot(key.parse().ok()?),
            "document" => Self::Document(key.parse().ok()?),
            "party" => Self::Party(key.parse().ok()?),
            "site" => Self::Site(key.parse().ok()?),
            "label" => Self::Label(key.parse().ok()?),
            _ => return None,
        })
    }

    /// The manifest, if it is one.
    pub fn manifest(&self) -> Option<ManifestId> {
        if let Self::Manifest(id) = self { Some(*id) } else { None }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind_name(), self.key())
    }
}

impl Event {
    /// Everything the event touches, sorted; never empty: what names no waste touches its acting party.
    pub fn touches(&self) -> BTreeSet<Subject> {
        let mut touched = BTreeSet::new();
        if let Some(manifest) = self.manifest() {
            touched.insert(Subject::Manifest(manifest));
        }
        touched.extend(self.lots().into_iter().map(Subject::Lot));
        let labels = self.filled().filter_map(|filled| filled.container.label.as_deref());
        touched.extend(labels.map(|label| Subject::Label(label::id_of(label))));
        match &self.statement {
            Statement::DocumentImported(document) => {
                touched.insert(Subject::Document(document.document));
            }
            Statement::TripWeighed(weighed) => {
                touched.extend(weighed.manifests.iter().copied().map(Subject::Manifest))
            }
            Statement::TrackRecorded(track) => {
                touched.extend(track.manifests.iter().copied().map(Subject::Manifest))
            }
            _ => {}
        }
        if touched.is_empty() {
            touched.insert(Subject::Party(self.party));
        }
        touched
    }

    /// Every manifest the event touches: of a trip that was weighed, or a track, there may be several.
    pub fn manifests(&self) -> BTreeSet<ManifestId> {
        self.touches().into_iter().filter_map(|subject| subject.manifest()).collect()
    }

    /// The subject that findings about this one event belong to: its manifest, else what it touches first.
    pub fn main_subject(&self) -> Subject {
        let manifest = self.manifest().map(Subject::Manifest);
        manifest.or_else(|| self.touches().into_iter().next()).unwrap_or(Subject::Party(self.party))
    }

    /// The one manifest the event is about, if it is about one.
    pub fn manifest(&self) -> Option<ManifestId> {
        use Statement::*;
        match &self.statement {
            ManifestRegistered(s) => Some(s.manifest),
            ManifestAmended(s) => Some(s.manifest),
            ManifestConfirmed(s) => Some(s.manifest),
            ManifestDeclined(s) | ManifestVoided(s) => Some(s.manifest),
            ManifestAssigned(s) => Some(s.manifest),
            NumberBound(s) => Some(s.manifest),
            WasteCollected(s) | WasteTransferred(s) | WasteDelivered(s) | WasteReturned(s) => {
                Some(s.manifest)
            }
            WasteReceived(s) => Some(s.manifest),
            HandoverCountersigned(s) => Some(s.manifest),
            DiscrepancyDeclared(s) => Some(s.manifest),
            IncidentReported(s) => Some(s.manifest),
            PaperBackfilled(s) => Some(s.manifest),
            _ => None,
        }
    }

    /// The sites whose doings it tells of: where waste is or moves from and to, for which it is declared. What an authority records of a
    /// site is none of its doings.
    pub fn sites(&self) -> BTreeSet<SiteId> {
        use Statement::*;
        let passing = |from: Option<SiteId>, to: Option<SiteId>| from.into_iter().chain(to).collect();
        match &self.statement {
            ManifestRegistered(s) => BTreeSet::from([s.site, s.consignee.site]),
            StockOpened(s) | WasteGenerated(s) => BTreeSet::from([s.site]),
            WasteStored(s) | WasteWithdrawn(s) => BTreeSet::from([s.site]),
            WasteRepacked(s) => BTreeSet::from([s.site]),
            StockCounted(s) => BTreeSet::from([s.site]),
            WasteUsed(s) | WasteDisposed(s) => BTreeSet::from([s.site]),
            WasteCollected(s) | WasteTransferred(s) | WasteDelivered(s) | WasteReturned(s) => {
                passing(s.from_site, s.to_site)
            }
            WasteReceived(s) => BTreeSet::from([s.site]),
            PaperBackfilled(s) => s
                .handovers
                .iter()
                .flat_map(|paper| paper.from_site.into_iter().chain(paper.to_site))
                .collect(),
            DeclarationFiled(s) => BTreeSet::from([s.site]),
            _ => BTreeSet::new(),
        }
    }

    /// The lots that the event moves, makes, counts or stores.
    pub fn lots(&self) -> BTreeSet<LotId> {
        use Statement::*;
        match &self.statement {
            StockOpened(s) | WasteGenerated(s) => s.lots.iter().map(|lot| lot.lot).collect(),
            WasteStored(s) | WasteWithdrawn(s) => s.lots.iter().map(|draw| draw.lot).collect(),
            WasteRepacked(s) => {
                let inputs = s.inputs.iter().map(|input| input.lot);
                inputs.chain(s.outputs.iter().map(|output| output.lot)).collect()
            }
            StockCounted(s) => s.counts.iter().filter_map(|counted| counted.lot).collect(),
            WasteCollected(s) => handed_lots(Step::Collected, s.manifest, &s.lines),
            WasteTransferred(s) if s.from_site.is_some() || s.to_site.is_some() => {
                handed_lots(Step::Transferred, s.manifest, &s.lines)
            }
            WasteReturned(s) => handed_lots(Step::Returned, s.manifest, &s.lines),
            PaperBackfilled(s) => s
                .handovers
                .iter()
                .flat_map(|paper| handed_lots(paper.step, s.manifest, &paper.lines))
                .collect(),
            WasteReceived(s) => {
                let accepted = s.lines.iter().map(|line| LotId::of_line(s.manifest, line.line));
                let rejected = s.lines.iter().filter(|line| line.rejected.is_some());
                accepted.chain(rejected.map(|line| LotId::rejected_of_line(s.manifest, line.line))).collect()
            }
            WasteUsed(s) | WasteDisposed(s) => s
                .inputs
                .iter()
                .map(|input| input.lot)
                .chain(s.outputs.iter().map(|output| output.lot))
                .collect(),
            _ => BTreeSet::new(),
        }
    }
}

/// The lots of lines that change hands: at collection also those they were drawn from, on the way back the rejected ones.
fn handed_lots(step: Step, manifest: ManifestId, lines: &[HandedLine]) -> BTreeSet<LotId> {
    let of_line = lines.iter().map(|line| LotId::of_line(manifest, line.line));
    match step {
        Step::Collected => {
            of_line.chain(lines.iter().flat_map(|line| line.drawn.iter().map(|draw| draw.lot))).collect()
        }
        Step::Transferred => of_line.collect(),
        Step::Delivered => BTreeSet::new(),
        Step::Returned => lines.iter().map(|line| LotId::rejected_of_line(manifest, line.line)).collect(),
    }
}
