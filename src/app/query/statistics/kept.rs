//! Months that were counted and are shown again for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Timestamp;

/// Most months kept; with more of them all are counted again.
const MAX_KEPT: usize = 240;

/// Counted months, each by what it is of and since when.
pub(in crate::app) struct KeptMonths<K, M>(Mutex<BTreeMap<K, (Timestamp, Arc<M>)>>);

impl<K, M> Default for KeptMonths<K, M> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, M> KeptMonths<K, M> {
    /// The month, unless it was counted `fresh_ms` ago or earlier.
    pub(super) fn kept(&self, of: &K, now: Timestamp, fresh_ms: i64) -> Option<Arc<M>> {
        let months = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        months
            .get(of)
            .filter(|(counted_at, _)| now.since(*counted_at) < fresh_ms)
            .map(|(_, month)| month.clone())
    }

    pub(super) fn keep(&self, of: K, now: Timestamp, month: &Arc<M>) {
        let mut months = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if months.len() >= MAX_KEPT {
            months.clear();
        }
        months.insert(of, (now, month.clone()));
    }
}
