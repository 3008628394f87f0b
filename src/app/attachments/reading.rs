//! Who may read a file: its sender, and whoever may read what names it.

use std::collections::BTreeSet;

use super::{Attachment, AttachmentFile, MAX_READ_BY, Media};
use crate::app::access::{Viewer, own_party};
use crate::app::query::PaperId;
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::Statement;
use crate::ledger::{Digest, EventId};
use crate::registry::Role;
use crate::store::{attachment, log};

/// A copy that a viewer may read, and whose record it is read as.
pub(in crate::app) struct Readable {
    pub(in crate::app) copy: Attachment,
    pub(in crate::app) owners: BTreeSet<Uscc>,
}

impl App {
    /// A file, for the party that sent it and for whoever may read an event that names it: `event` where that is said, else one of the first
    /// [`MAX_READ_BY`].
    pub async fn attachment(
        &self,
        viewer: &Viewer,
        digest: Digest,
        event: Option<EventId>,
    ) -> Result<Option<AttachmentFile>, Fault> {
        let Some(readable) = self.readable(viewer, digest, event).await? else { return Ok(None) };
        let mut tx = self.inner.store.read().await?;
        let content = attachment::content(&mut tx, readable.copy.party, digest).await?;
        let media = Media::named(&readable.copy.media);
        let (Some(content), Some(media)) = (content, media) else { return Ok(None) };
        if Digest::sha256(&[&content]) != digest {
            return Err(Fault::Tree(format!("attachment {digest} does not hash to its digest")));
        }
        Ok(Some(AttachmentFile { media, digest, content }))
    }

    /// The copy that a viewer may read.
    pub(in crate::app) async fn readable(
        &self,
        viewer: &Viewer,
        digest: Digest,
        event: Option<EventId>,
    ) -> Result<Option<Readable>, Fault> {
        let mut tx = self.inner.store.read().await?;
        if let Some(party) = own_party(&mut tx, viewer).await?
            && let Some(copy) = attachment::get(&mut tx, party, digest).await?
        {
            // Of their own party drivers and escorts see what they sent themselves, and what their loads show.
            let is_crew = viewer.role().is_some_and(Role::is_crew);
            if event.is_none() && (!is_crew || viewer.kid() == Some(copy.kid)) {
                return Ok(Some(Readable { copy, owners: BTreeSet::from([party]) }));
            }
        }
        let at = match event {
            Some(id) => match log::indexes_of(&mut tx, &[id]).await?.pop() {
                Some((_, index)) => Some(index),
                None => return Ok(None),
            },
            None => None,
        };
        let copies = attachment::copies(&mut tx, digest, at, MAX_READ_BY).await?;
        // Who asks for a connection while holding another waits for those who do the same.
        drop(tx);
        let mut refused = None;
        for (index, copy) in copies {
            if refused == Some(index) {
                continue;
            }
            if let Some(acting) = self.acting_in(viewer, index).await? {
                let owners = BTreeSet::from([acting, copy.party]);
                return Ok(Some(Readable { copy, owners }));
            }
            refused = Some(index);
        }
        Ok(None)
    }

    /// The party that acts in an entry, if the viewer may read what it says: as an event, or in the finding, case or paper where it is shown.
    async fn acting_in(&self, viewer: &Viewer, index: u64) -> Result<Option<Uscc>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some(entry) = log::entry(&mut tx, index).await?.filter(|entry| entry.jws.is_some()) else {
            return Ok(None);
        };
        let event = event_of(&entry)?;
        let is_visible = self.visible_event(&mut tx, viewer, entry.event_id).await?.is_some();
        drop(tx);
        let sees = is_visible
            || match &event.statement {
                Statement::FindingExplained(s) | Statement::FindingUpheld(s) => {
                    self.finding_item(viewer, s.finding).await?.is_some()
                }
                Statement::FindingClosed(s) => self.finding_item(viewer, s.finding).await?.is_some(),
                Statement::CaseAnswered(s) => self.case(viewer, s.case).await?.is_some(),
                Statement::TrackRecorded(s) => self.sees_any(viewer, &s.manifests).await?,
                statement => match PaperId::of(statement) {
                    Some(id) => self.paper(viewer, id).await?.is_some(),
                    None => false,
                },
            };
        Ok(sees.then_some(event.party))
    }
}
