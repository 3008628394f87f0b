//! What a viewer may take away of a manifest or an event as a document of another system.
//!
//! It is made of the bundle, so that it tells nothing the bundle does not, to nobody who may not have that.

use crate::app::access::Viewer;
use crate::app::query::NoBundle;
use crate::app::{App, Fault};
use crate::custody::bundle::{Bundle, BundleError};
use crate::exchange::document::{self, Writing};
use crate::id::ManifestId;
use crate::ledger::EventId;

pub use crate::exchange::document::{NoDocument, written};

/// A document and its media type, or why the records give none in that format.
pub type Written = Result<(&'static str, String), NoDocument>;

impl App {
    /// The chain of custody of a manifest in a format, by its name; `None` where the viewer may not know of the manifest. The format must be one of
    /// [`written`].
    pub async fn manifest_document(
        &self,
        viewer: &Viewer,
        id: ManifestId,
        format: &str,
    ) -> Result<Option<Written>, NoBundle> {
        let bundle = self.manifest_bundle(viewer, id).await?;
        bundle.map(|json| self.written_as(&json, format)).transpose()
    }

    /// One event in a format, in the same way.
    pub async fn event_document(
        &self,
        viewer: &Viewer,
        id: EventId,
        format: &str,
    ) -> Result<Option<Written>, NoBundle> {
        let bundle = self.event_bundle(viewer, id).await?;
        bundle.map(|json| self.written_as(&json, format)).transpose()
    }

    fn written_as(&self, json: &str, format: &str) -> Result<Written, NoBundle> {
        let unread = |error: BundleError| NoBundle::Fault(Fault::Tree(error.to_string()));
        let bundle = Bundle::parse(json.as_bytes()).map_err(unread)?;
        let zone = self.rulebook().profile.offset().to_string();
        let moment = Writing { made: self.inner.clock.now(), zone: &zone };
        let none =
            || NoDocument { zh: "没有这种格式".to_owned(), en: "there is no such format".to_owned() };
        Ok(document::write(format, &bundle, &moment).unwrap_or_else(|| Err(none())))
    }
}
