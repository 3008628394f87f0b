//! What opens the leaves, for whoever vouches that all of them were opened.

use crate::app::access::Viewer;
use crate::app::monitor::Opening;
use crate::app::{App, Fault, founding};
use crate::ledger::Salt;
use crate::store::log;

/// Most bytes of events in one answer; the first event comes whatever its length.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Entries read from the database at once.
const ENTRIES_AT_ONCE: u64 = 200;

impl App {
    /// Up to `limit` openings from index `from` on, in the order of the log, as far as it is signed. Erased entries have none and
    /// are left out, so an empty answer is the end. `None` for a viewer that may not open everything.
    pub async fn openings(
        &self,
        viewer: &Viewer,
        from: u64,
        limit: u64,
    ) -> Result<Option<Vec<Opening>>, Fault> {
        if !viewer.may_open_everything(founding::founding_of(&self.inner.store).await?.division) {
            return Ok(None);
        }
        let mut tx = self.reading().await?;
        let signed = log::latest_signed(&mut tx).await?.map_or(0, |head| head.size);
        let (mut openings, mut bytes, mut next) = (Vec::new(), 0, from);
        loop {
            let entries = log::entries(&mut tx, next, ENTRIES_AT_ONCE.min(limit)).await?;
            let Some(last) = entries.last() else { return Ok(Some(openings)) };
            next = last.index + 1;
            for entry in entries {
                let (Some(event), Some(salt)) = (entry.jws, entry.salt) else { continue };
                bytes += event.len();
                let is_full =
                    openings.len() as u64 >= limit || (bytes > MAX_ANSWER_BYTES && !openings.is_empty());
                if is_full || entry.index >= signed {
                    return Ok(Some(openings));
                }
                let (recorded_at_ms, skew_ms) = (entry.recorded_at.as_millis(), entry.skew_ms);
                openings.push(Opening {
                    index: entry.index,
                    event,
                    salt: Salt(salt),
                    recorded_at_ms,
                    skew_ms,
                });
            }
        }
    }
}
