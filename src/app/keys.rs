//! Public keys by thumbprint. A key never changes, so it can be remembered; whether it is good is judged at each log index.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::ledger::{Kid, PublicKey};
use crate::store::{Store, StoreError, registry};

/// Most keys remembered; beyond that the memory is emptied and filled anew.
const MAX_REMEMBERED: usize = 100_000;

/// Remembered keys.
#[derive(Default)]
pub(super) struct KeyCache {
    known: Mutex<HashMap<Kid, PublicKey>>,
}

impl KeyCache {
    /// The enrolled keys among these.
    pub(super) async fn find(
        &self,
        store: &Store,
        kids: &[Kid],
    ) -> Result<HashMap<Kid, PublicKey>, StoreError> {
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for kid in kids {
                match known.get(kid) {
                    Some(key) => drop(found.insert(*kid, *key)),
                    None => missing.push(*kid),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let mut tx = store.read().await?;
        let records = registry::keys(&mut tx, &missing).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + records.len() > MAX_REMEMBERED {
            known.clear();
        }
        for record in records {
            known.insert(record.kid, record.public);
            found.insert(record.kid, record.public);
        }
        Ok(found)
    }
}
