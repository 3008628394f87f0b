//! Vehicles and persons on the road, and what is under hold: the papers about everything at hand that moves, in one query.

use std::collections::BTreeSet;

use super::references::References;
use crate::app::error::Fault;
use crate::custody::Subject;
use crate::custody::books::{Books, Change};
use crate::custody::fleet::MAX_KEYS_OF_PERSON;
use crate::custody::payload::oversight::HoldOn;
use crate::ledger::Kid;
use crate::store::{ReadTx, paper, registry};

impl References {
    /// Licences of the vehicles, qualifications of the persons, under whichever key they were recorded, and holds on the vehicles and on
    /// the sites, lots and manifests at hand.
    pub(super) async fn load_fleet(&mut self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        self.load_earlier_keys(tx, books).await?;
        let mut carried: BTreeSet<String> = self.persons.iter().map(ToString::to_string).collect();
        carried.extend(self.vehicles.iter().cloned().map(HoldOn::Vehicle).map(|on| on.key()));
        carried.extend(self.sites.iter().copied().map(HoldOn::Site).map(|on| on.key()));
        let touched = self.subjects.iter().filter_map(|subject| match subject {
            Subject::Manifest(id) => Some(HoldOn::Manifest(*id)),
            Subject::Lot(id) => Some(HoldOn::Lot(*id)),
            _ => None,
        });
        carried.extend(touched.map(|on| on.key()));
        let moved = books.manifests().flat_map(|(id, shelf)| {
            shelf.state.handovers.iter().flat_map(move |handover| handover.lots(*id))
        });
        carried.extend(moved.map(HoldOn::Lot).map(|on| on.key()));
        for paper in paper::about(tx, carried).await? {
            books.put(Change::Paper(Box::new(paper)));
        }
        Ok(())
    }

    /// The keys that persons had before, each after the other.
    async fn load_earlier_keys(&mut self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let mut fresh: Vec<Kid> = self.persons.iter().copied().collect();
        for _ in 1..MAX_KEYS_OF_PERSON {
            for record in registry::keys(tx, &fresh).await? {
                books.put(Change::Key(record));
            }
            let replaced = fresh.iter().filter_map(|kid| books.registry.key(kid)?.replaces);
            let replaced: Vec<Kid> = replaced.filter(|kid| self.persons.insert(*kid)).collect();
            if replaced.is_empty() {
                break;
            }
            fresh = replaced;
        }
        Ok(())
    }
}
