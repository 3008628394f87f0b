//! What the page tells of: the manifest as it stands, or as it was known when the log had so many entries.

use super::Asked;
use crate::app::query::{ChainStep, ManifestDetail, Page};
use crate::id::ManifestId;
use crate::web::failure::Failure;
use crate::web::visit::Visit;

/// Most records of a chain on one page: each is proved while the page is made.
const CHAIN_PAGE: u64 = 50;

/// A manifest and a page of its chain, both of one time.
pub(super) struct Known {
    /// The log size asked for; `None` for now.
    pub(super) as_of: Option<u64>,
    pub(super) manifest: ManifestDetail,
    pub(super) chain: Page<ChainStep, u64>,
}

impl Known {
    /// Read both.
    pub(super) async fn of(visit: &Visit, id: ManifestId, asked: &Asked) -> Result<Self, Failure> {
        let (app, viewer) = (&visit.app, &visit.viewer);
        let as_of =
            asked.as_of.as_deref().map(str::parse::<u64>).transpose().map_err(|_| Failure::NotFound)?;
        let (manifest, chain) = match as_of {
            None => (app.manifest(viewer, id).await?, app.chain(viewer, id, asked.from, CHAIN_PAGE).await?),
            Some(size) => (
                app.manifest_as_of(viewer, id, size).await?,
                app.chain_as_of(viewer, id, (asked.from, CHAIN_PAGE), size).await?,
            ),
        };
        let (manifest, chain) = manifest.zip(chain).ok_or(Failure::NotFound)?;
        Ok(Self { as_of, manifest, chain })
    }
}
