//! Labels: which containers bear one, and the blocks lent to a party.

use super::{MAX_PAGE, Page, cursor, page_of, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::id::LabelId;
use crate::store::container;
use crate::store::label_block::{self, LabelBlock};

pub use crate::store::container::ContainerRow;

/// A label that somebody put on a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelDetail {
    /// Its text, as it is printed.
    pub text: String,
    /// The containers under it whose lots the viewer may see, in log order, each time one was filled; at most [`MAX_PAGE`].
    pub containers: Vec<ContainerRow>,
}

impl App {
    /// What stands under a label, as far as the viewer may see it; `None` for nothing.
    pub async fn label(&self, viewer: &Viewer, id: LabelId) -> Result<Option<LabelDetail>, Fault> {
        let Some(party) = viewer.party() else { return Ok(None) };
        let mut tx = self.reading().await?;
        let mut containers = container::under_label(&mut tx, id, party, MAX_PAGE).await?;
        let visible = self.visible_among(&mut tx, viewer, containers.iter().map(|row| row.lot)).await?;
        containers.retain(|row| visible.contains(&row.lot));
        containers.truncate(usize::try_from(MAX_PAGE).unwrap_or(usize::MAX));
        let text = containers.iter().find_map(|row| row.label.clone());
        Ok(text.map(|text| LabelDetail { text, containers }))
    }

    /// A page of the blocks lent to the viewer's own party, the last first, from before number `before` on.
    pub async fn label_blocks(
        &self,
        viewer: &Viewer,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Page<LabelBlock, u64>, Fault> {
        let limit = page_size(limit);
        let Some(party) = viewer.party() else { return Ok(Page::empty()) };
        let mut tx = self.reading().await?;
        let rows = label_block::list(&mut tx, party, before.map_or(i64::MAX, cursor), limit + 1).await?;
        let page = page_of(rows, limit, |(n, _)| *n);
        Ok(Page { items: page.items.into_iter().map(|(_, block)| block).collect(), next: page.next })
    }
}
