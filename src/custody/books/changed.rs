//! What a batch changed on the shelves, to be written back.

use std::collections::HashMap;

use super::{Books, Tally, Watch};
use crate::custody::label::LabelState;
use crate::custody::lot::LotState;
use crate::custody::manifest::ManifestState;
use crate::custody::shelf::Shelf;
use crate::id::{LabelId, LotId, ManifestId};

/// Shelves with their ids, sorted by id.
pub type Shelves<K, S> = Vec<(K, Shelf<S>)>;

/// The shelves that differ from what the store holds.
#[derive(Debug, Default)]
pub struct Changed {
    /// Manifests.
    pub manifests: Shelves<ManifestId, ManifestState>,
    /// Lots.
    pub lots: Shelves<LotId, LotState>,
    /// Labels.
    pub labels: Shelves<LabelId, LabelState>,
    /// Running totals, sorted by name.
    pub tallies: Vec<Tally>,
    /// Watches, sorted by name.
    pub watches: Vec<Watch>,
}

impl Books {
    /// The shelves that differ from what the store holds; they count as stored afterwards.
    pub fn take_changed(&mut self) -> Changed {
        fn changed<K: Copy + Ord, S: Clone>(shelves: &mut HashMap<K, Shelf<S>>) -> Shelves<K, S> {
            let mut taken: Vec<(K, Shelf<S>)> = Vec::new();
            for (id, shelf) in shelves.iter_mut().filter(|(_, shelf)| shelf.changed) {
                shelf.changed = false;
                taken.push((*id, shelf.clone()));
            }
            taken.sort_unstable_by_key(|(id, _)| *id);
            taken
        }
        let mut tallies = Vec::new();
        for tally in self.tallies.values_mut().filter(|tally| tally.shelf.changed) {
            tally.shelf.changed = false;
            tallies.push(tally.clone());
        }
        tallies.sort_unstable_by_key(|tally| tally.key.id());
        let mut watches = Vec::new();
        for watch in self.watches.values_mut().filter(|watch| watch.shelf.changed) {
            watch.shelf.changed = false;
            watches.push(watch.clone());
        }
        watches.sort_unstable_by_key(|watch| watch.key.id());
        Changed {
            tallies,
            watches,
            manifests: changed(&mut self.manifests),
            lots: changed(&mut self.lots),
            labels: changed(&mut self.labels),
        }
    }
}
