//! Months that were counted and are shown again for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::app::Fault;
use crate::clock::Timestamp;

/// Most months kept; with more of them all are counted again.
const MAX_KEPT: usize = 240;

/// Counted months, each by what it is of and since when.
pub(in crate::app) struct KeptMonths<K, M> {
    months: Mutex<BTreeMap<K, (Timestamp, Arc<M>)>>,
    /// To count a month takes seconds of a large ledger, and a connection that everybody reads by. However many ask at once, for a month that was not
    /// counted lately, so many are counted at a time; the others wait and find it kept.
    counting: Semaphore,
}

impl<K: Ord, M> KeptMonths<K, M> {
    pub(in crate::app) fn counting(at_once: usize) -> Self {
        Self { months: Mutex::default(), counting: Semaphore::new(at_once) }
    }

    /// The month, counted now unless that was done less than `fresh_ms` ago.
    pub(super) async fn kept_or_counted(
        &self,
        of: K,
        (now, fresh_ms): (Timestamp, i64),
        count: impl AsyncFnOnce() -> Result<M, Fault>,
    ) -> Result<Arc<M>, Fault> {
        if let Some(kept) = self.kept(&of, now, fresh_ms) {
            return Ok(kept);
        }
        let _turn = self.counting.acquire().await.map_err(|_| Fault::Stopped)?;
        if let Some(kept) = self.kept(&of, now, fresh_ms) {
            return Ok(kept);
        }
        let counted = Arc::new(count().await?);
        self.keep(of, now, &counted);
        Ok(counted)
    }

    fn kept(&self, of: &K, now: Timestamp, fresh_ms: i64) -> Option<Arc<M>> {
        let months = self.months.lock().unwrap_or_else(PoisonError::into_inner);
        months
            .get(of)
            .filter(|(counted_at, _)| now.since(*counted_at) < fresh_ms)
            .map(|(_, month)| month.clone())
    }

    fn keep(&self, of: K, now: Timestamp, month: &Arc<M>) {
        let mut months = self.months.lock().unwrap_or_else(PoisonError::into_inner);
        if months.len() >= MAX_KEPT {
            months.clear();
        }
        months.insert(of, (now, month.clone()));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn however_many_ask_at_once_a_month_is_counted_once() {
        let months = KeptMonths::<u8, u32>::counting(1);
        let counts = std::cell::Cell::new(0);
        let at = |ms| (Timestamp::from_millis(ms), 1_000);
        let ask = |ms| {
            months.kept_or_counted(1, at(ms), async || {
                tokio::task::yield_now().await;
                counts.set(counts.get() + 1);
                Ok(counts.get())
            })
        };
        let answers = futures::future::join_all((0..100).map(|_| ask(0))).await;
        assert!(answers.iter().all(|answer| **answer.as_ref().unwrap() == 1));
        assert_eq!((*ask(999).await.unwrap().as_ref(), counts.get()), (1, 1));
        assert_eq!((*ask(1_000).await.unwrap().as_ref(), counts.get()), (2, 2), "it is fresh no more");
    }

    #[tokio::test]
    async fn who_asks_behind_one_that_could_not_be_counted_counts_it() {
        let months = KeptMonths::<u8, u32>::counting(1);
        let now = (Timestamp::from_millis(0), 1_000);
        assert!(months.kept_or_counted(1, now, async || Err(Fault::Stopped)).await.is_err());
        assert_eq!(*months.kept_or_counted(1, now, async || Ok(7)).await.unwrap(), 7);
    }
}
