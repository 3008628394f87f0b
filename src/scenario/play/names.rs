//! What a script calls what: the way back from ids to the words of the table.

use std::collections::{BTreeMap, HashMap};

use crate::catalogue::Uscc;
use crate::custody::Subject;
use crate::id::{DocumentId, LabelId, LotId, ManifestId, SiteId};
use crate::scenario::World;

/// Names of manifests, lots, documents and parties.
#[derive(Clone, Debug, Default)]
pub struct Names {
    manifests: BTreeMap<String, ManifestId>,
    labels: HashMap<Subject, String>,
    parties: HashMap<Uscc, String>,
    /// `acme/paint`, by site.
    places: HashMap<SiteId, String>,
}

impl Names {
    pub(super) fn of(world: &World) -> Self {
        let parties = world.parties().iter().map(|party| (party.uscc, party.label.clone())).collect();
        let places = world.parties().iter().flat_map(|party| {
            party.sites.iter().map(|site| (site.site, format!("{}/{}", party.label, site.label)))
        });
        Self { parties, places: places.collect(), ..Self::default() }
    }

    /// Name a manifest and the lots of its lines. A second name for one id is not taken: the first owns it.
    pub(super) fn add_manifest(&mut self, label: &str, id: ManifestId, lines: usize) {
        if !self.labels.contains_key(&Subject::Manifest(id)) {
            self.manifests.insert(label.to_owned(), id);
            self.labels.insert(Subject::Manifest(id), label.to_owned());
        }
        for line in (1..).take(lines) {
            self.add_lot(&format!("{label}/{line}"), LotId::of_line(id, line));
            self.add_lot(&format!("{label}/{line}-rejected"), LotId::rejected_of_line(id, line));
        }
    }

    pub(super) fn add_lot(&mut self, label: &str, id: LotId) {
        self.labels.entry(Subject::Lot(id)).or_insert_with(|| label.to_owned());
    }

    pub(super) fn add_label(&mut self, label: &str, id: LabelId) {
        self.labels.entry(Subject::Label(id)).or_insert_with(|| label.to_owned());
    }

    pub(super) fn add_document(&mut self, label: &str, id: DocumentId) {
        self.labels.entry(Subject::Document(id)).or_insert_with(|| label.to_owned());
    }

    pub(super) fn document(&self, label: &str) -> Option<DocumentId> {
        let found = self.labels.iter().find(|(_, known)| *known == label);
        found.and_then(|(subject, _)| if let Subject::Document(id) = subject { Some(*id) } else { None })
    }

    /// The manifests by name.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, ManifestId)> {
        self.manifests.iter().map(|(label, id)| (label.as_str(), *id))
    }

    /// The manifest of this name.
    pub fn manifest(&self, label: &str) -> Option<ManifestId> {
        self.manifests.get(label).copied()
    }

    /// The lots by name: those of the lines of manifests too, and of what was refused of them.
    pub fn lots(&self) -> impl Iterator<Item = (&str, LotId)> {
        self.labels.iter().filter_map(|(subject, label)| match subject {
            Subject::Lot(id) => Some((label.as_str(), *id)),
            _ => None,
        })
    }

    /// The manifest or lot of this name.
    pub fn called(&self, label: &str) -> Option<Subject> {
        let manifest = self.manifests.get(label).map(|id| Subject::Manifest(*id));
        manifest.or_else(|| {
            let mut named = self.labels.iter().filter(|(_, known)| *known == label);
            named.find_map(|(subject, _)| matches!(subject, Subject::Lot(_)).then_some(*subject))
        })
    }

    /// What the world calls a site, behind its party: `acme/paint`.
    pub fn place(&self, site: &SiteId) -> Option<String> {
        self.places.get(site).cloned()
    }

    /// What the script calls a subject: `M1`, `M1/2` for the lot that is its second line, `L1`, `D1`, a party,
    /// `acme/paint` for a site, `label-5` for one by its serial number; else its id.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Party(party) => self.party(party),
            Subject::Site(site) => self.place(site).unwrap_or_else(|| subject.key()),
            known => self.labels.get(known).cloned().unwrap_or_else(|| known.key()),
        }
    }

    /// What the world calls a party; else its code.
    pub fn party(&self, party: &Uscc) -> String {
        self.parties.get(party).cloned().unwrap_or_else(|| party.to_string())
    }
}
