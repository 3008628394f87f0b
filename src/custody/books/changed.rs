//! What a batch changed on the shelves, to be written back.

use std::collections::HashMap;

use super::Books;
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
        Changed {
            manifests: changed(&mut self.manifests),
            lots: changed(&mut self.lots),
            labels: changed(&mut self.labels),
        }
    }
}
