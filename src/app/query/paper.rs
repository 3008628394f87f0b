//! Papers: licences, qualifications, plans, approvals, contracts, holds, inspections, penalties.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::registry::only_of;
use super::{Page, cursor, page_of, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::paper::Written;
use crate::custody::payload::oversight::HoldOn;
use crate::store::paper::{self, Among};

/// Most applications that a list of duties shows.
const MAX_GOING_ON: u64 = 100;

pub use crate::custody::application::Stage;
pub use crate::custody::paper::{Paper, PaperId, PaperKind};

impl App {
    /// A page of papers of a kind in log order, from after log index `after` on: those of a party, or (for an authority) those of
    /// all parties in its division.
    pub async fn papers(
        &self,
        viewer: &Viewer,
        kind: PaperKind,
        party: Option<Uscc>,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Page<Paper, u64>, Fault> {
        let limit = page_size(limit);
        let Some(party) = only_of(viewer, party) else { return Ok(Page::empty()) };
        let within = if let Viewer::Authority { division, .. } = viewer { Some(*division) } else { None };
        let mut tx = self.reading().await?;
        let among = Among { kind, party, within };
        let papers = paper::papers_after(&mut tx, among, after.map_or(-1, cursor), limit + 1).await?;
        Ok(page_of(papers, limit, |paper| paper.index))
    }

    /// The applications for interprovincial transfers that go on, the oldest first, at most 100: those of the viewer's
    /// party, or (for an authority) those of its division.
    pub async fn applications_going_on(&self, viewer: &Viewer) -> Result<Vec<Paper>, Fault> {
        let (party, within) = match viewer {
            Viewer::Public => return Ok(Vec::new()),
            Viewer::Party { party, .. } => (Some(*party), None),
            Viewer::Authority { division, .. } => (None, Some(*division)),
        };
        let mut tx = self.reading().await?;
        Ok(paper::applications_going_on(&mut tx, party, within, MAX_GOING_ON).await?)
    }

    /// The holds that were placed on a thing, the last one first, as far as the viewer may see them.
    pub async fn holds_on(&self, viewer: &Viewer, on: &HoldOn) -> Result<Vec<Paper>, Fault> {
        let mut tx = self.reading().await?;
        let mut holds = paper::about(&mut tx, BTreeSet::from([on.key()])).await?;
        let is_on = |paper: &Paper| matches!(&paper.written, Written::Hold(hold) if hold.on == *on);
        holds.retain(|paper| is_on(paper) && viewer.may_see_paper(&paper.belongs));
        holds.sort_by_key(|paper| Reverse(paper.index));
        Ok(holds)
    }

    /// One paper.
    pub async fn paper(&self, viewer: &Viewer, id: PaperId) -> Result<Option<Paper>, Fault> {
        let mut tx = self.reading().await?;
        let paper = paper::papers(&mut tx, &[id]).await?.into_iter().next();
        Ok(paper.filter(|paper| viewer.may_see_paper(&paper.belongs)))
    }
}
