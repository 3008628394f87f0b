//! Mandates: who may sign for whom.

use super::{Page, cursor, page_of, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::id::MandateId;
use crate::store::mandate;

pub use crate::registry::MandateRecord;

impl App {
    /// A page of mandates in the order they were granted, from after log index `after` on: those that the viewer's party granted or
    /// got, or (for an authority) those of the party it names, or all.
    pub async fn mandates(
        &self,
        viewer: &Viewer,
        party: Option<Uscc>,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Page<MandateRecord, u64>, Fault> {
        let limit = page_size(limit);
        let party = party.or(viewer.party().filter(|_| !viewer.is_authority()));
        if *viewer == Viewer::Public || !party.is_none_or(|party| viewer.may_see_records_of(party)) {
            return Ok(Page::empty());
        }
        let after = after.map_or(-1, cursor);
        let mut tx = self.reading().await?;
        let records = match party {
            Some(party) => mandate::of_party_after(&mut tx, party, after, limit + 1).await?,
            None => mandate::after(&mut tx, after, limit + 1).await?,
        };
        Ok(page_of(records, limit, |record| record.index))
    }

    /// One mandate, for either side of it and for authorities.
    pub async fn mandate(&self, viewer: &Viewer, id: MandateId) -> Result<Option<MandateRecord>, Fault> {
        let mut tx = self.reading().await?;
        let record = mandate::mandates(&mut tx, &[id]).await?.into_iter().next();
        let is_for = |record: &MandateRecord| {
            [record.party, record.to].into_iter().any(|party| viewer.may_see_records_of(party))
        };
        Ok(record.filter(is_for))
    }
}
