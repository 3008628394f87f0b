//! What a manifest was registered with: packaging, names and the like, which stand in its statements and not in its state.

use super::ManifestDetail;
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::custody::Statement;
use crate::custody::payload::manifest::Registered;
use crate::ledger::EventId;
use crate::shape::List;

impl App {
    /// The registration of a manifest with what an amendment put in its place; `None` where nobody registered the manifest, or what was
    /// said is gone.
    pub async fn planned(
        &self,
        viewer: &Viewer,
        manifest: &ManifestDetail,
    ) -> Result<Option<Registered>, Fault> {
        let Some(known) = &manifest.state.registration else { return Ok(None) };
        let Some(Statement::ManifestRegistered(mut said)) = self.said(viewer, known.mark.event).await? else {
            return Ok(None);
        };
        said.consignee = known.consignee;
        said.planned_departure = known.planned_departure;
        said.planned_arrival = known.planned_arrival;
        if let Ok(legs) = List::new(known.legs.clone()) {
            said.legs = legs;
        }
        if known.planned_by.event != known.mark.event
            && let Some(Statement::ManifestAmended(amended)) =
                self.said(viewer, known.planned_by.event).await?
            && let Some(lines) = amended.lines
        {
            said.lines = lines;
        }
        Ok(Some(said))
    }

    async fn said(&self, viewer: &Viewer, event: EventId) -> Result<Option<Statement>, Fault> {
        let event = self.event(viewer, event).await?;
        Ok(event.and_then(|event| event.step.content.said().map(|said| said.event.statement.clone())))
    }
}
