//! Corrections that a party has a part in.

use super::{Page, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::custody::correction::CorrectionState;
use crate::store::correction;

impl App {
    /// The corrections that concern the viewer's party and began before log index `before`, the latest first. The public has none.
    pub async fn corrections(
        &self,
        viewer: &Viewer,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Page<CorrectionState, u64>, Fault> {
        let Some(party) = viewer.party() else { return Ok(Page { items: Vec::new(), next: None }) };
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let limit = page_size(limit);
        let mut tx = self.reading().await?;
        let items = correction::list(&mut tx, party, before, limit).await?;
        // Every correction begins with an act of its own, so no two of them share an index.
        let is_full = items.len() as u64 == limit;
        let next = items.last().filter(|_| is_full).map(CorrectionState::first_index);
        Ok(Page { items, next })
    }
}
