//! Where histories happen: some parties of the demonstration's world at one site each, and the books that know them.

use std::sync::{Arc, OnceLock};

use liandan::catalogue::{Catalogue, Profile, TreatmentCode, Uscc, WasteCode};
use liandan::custody::books::{Books, Rulebook};
use liandan::id::SiteId;
use liandan::ledger::{Kid, SigningKey};
use liandan::registry::Role;
use liandan::scenario::{Model, World};
use liandan::shape::Plate;

use crate::support::ledger::{LOG, founded_at, log_key};

/// Oil waste: what producers have.
pub(super) const OIL: &str = "900-249-08";
/// Fly ash: what burning it leaves.
pub(super) const ASH: &str = "772-003-18";

/// A party at one of its sites.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) label: &'static str,
    pub(super) party: Uscc,
    pub(super) site: SiteId,
}

impl Place {
    fn of(label: &'static str, site: Option<&str>) -> Self {
        let party = World::embedded().party(label).unwrap();
        Self { label, party: party.uscc, site: party.site(site).unwrap().site }
    }

    /// What its vehicles are called.
    pub(super) fn vehicle(&self) -> Plate {
        World::embedded().party(self.label).unwrap().vehicles[0].clone()
    }
}

/// The places of every history.
pub(super) struct Places {
    pub(super) producers: [Place; 4],
    pub(super) carriers: [Place; 2],
    pub(super) burns_oil: Place,
    pub(super) refines_oil: Place,
    pub(super) buries_ash: Place,
}

impl Places {
    pub(super) fn all() -> &'static Self {
        static ALL: OnceLock<Places> = OnceLock::new();
        ALL.get_or_init(|| Self {
            producers: [
                Place::of("acme", Some("plant")),
                Place::of("acme", Some("paint")),
                Place::of("ruby", Some("plating")),
                Place::of("garage", None),
            ],
            carriers: [Place::of("swift", None), Place::of("heron", None)],
            burns_oil: Place::of("phoenix", Some("kiln")),
            refines_oil: Place::of("lotus", None),
            buries_ash: Place::of("marsh", None),
        })
    }

    /// Who takes waste of a code, and what for.
    pub(super) fn takers(&self, code: WasteCode) -> Vec<(Place, TreatmentCode)> {
        if code == code_of(ASH) {
            return vec![(self.buries_ash, method("D1"))];
        }
        vec![(self.burns_oil, method("D10")), (self.refines_oil, method("R9"))]
    }

    /// How a place treats waste, if it does.
    pub(super) fn method_at(&self, place: Place) -> Option<TreatmentCode> {
        let at = |other: Place| other.site == place.site;
        let methods = [(self.burns_oil, "D10"), (self.refines_oil, "R9"), (self.buries_ash, "D1")];
        methods.into_iter().find(|(other, _)| at(*other)).map(|(_, name)| method(name))
    }
}

pub(super) fn code_of(text: &str) -> WasteCode {
    text.parse().unwrap()
}

fn method(text: &str) -> TreatmentCode {
    text.parse().unwrap()
}

/// The key that a party of the world signs with.
pub(super) fn key(label: &str, role: Role) -> SigningKey {
    World::embedded().key(label, role)
}

/// The name of that key; asked for often, and curves are slow.
pub(super) fn kid(label: &str, role: Role) -> Kid {
    static KIDS: OnceLock<Vec<(String, Role, Kid)>> = OnceLock::new();
    let kids = KIDS.get_or_init(|| {
        let of = |label: &str, role: Role| (label.to_owned(), role, key(label, role).public().kid());
        let parties = World::embedded().parties().iter();
        parties.flat_map(|party| party.roles().iter().map(|role| of(&party.label, *role))).collect()
    });
    kids.iter().find(|(whose, what, _)| whose == label && *what == role).unwrap().2
}

pub(super) fn rulebook() -> Rulebook {
    Rulebook { profile: Profile::embedded("cn").unwrap(), catalogue: Catalogue::embedded() }
}

/// Books in which everybody is registered, and the number of entries that took.
pub(super) fn founded() -> (Books, u64) {
    static FOUNDED: OnceLock<Arc<Model>> = OnceLock::new();
    let model = FOUNDED.get_or_init(|| {
        let mut model = Model::new(rulebook());
        for event in World::embedded().founding(LOG, founded_at(), log_key().public()).unwrap() {
            model.submit(&event).unwrap();
        }
        Arc::new(model)
    });
    (model.books().clone(), model.size())
}
