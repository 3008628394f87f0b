//! Parties, sites, keys and permits.

use chrono::NaiveDate;

use super::{MAX_PAGE, Page, cursor, page_of, page_size};
use crate::app::access::{PartySeen, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::id::{PermitId, SiteId};
use crate::ledger::Kid;
use crate::store::registry;

pub use crate::registry::{KeyRecord, PartyRecord, PermitRecord, SiteRecord};

impl App {
    /// The day it is now in the profile's zone.
    pub fn today(&self) -> NaiveDate {
        self.rulebook().profile.local_date(self.inner.clock.now().as_millis())
    }

    /// A page of parties by code: all of them for an authority, its own record for anybody else.
    pub async fn parties(
        &self,
        viewer: &Viewer,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<PartyRecord, Uscc>, Fault> {
        let limit = page_size(limit);
        let mut tx = self.reading().await?;
        let after = after.unwrap_or("");
        let records = match viewer {
            Viewer::Public => Vec::new(),
            Viewer::Party { party, .. } if party.as_str() > after => {
                registry::parties(&mut tx, &[*party]).await?
            }
            Viewer::Party { .. } => Vec::new(),
            Viewer::Authority { .. } => registry::parties_after(&mut tx, after, limit + 1).await?,
        };
        Ok(page_of(records, limit, |record| record.party))
    }

    /// The party with this code: in full its own record and for an authority, its name for any other enrolled caller.
    pub async fn party(&self, viewer: &Viewer, code: Uscc) -> Result<Option<PartySeen>, Fault> {
        let mut tx = self.reading().await?;
        let record = registry::parties(&mut tx, &[code]).await?.into_iter().next();
        Ok(record.and_then(|record| viewer.party_record(record)))
    }

    /// Those parties among these that are registered, as far as the viewer may know them.
    pub async fn parties_among(&self, viewer: &Viewer, codes: &[Uscc]) -> Result<Vec<PartySeen>, Fault> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.reading().await?;
        let records = registry::parties(&mut tx, codes).await?;
        Ok(records.into_iter().filter_map(|record| viewer.party_record(record)).collect())
    }

    /// A page of sites in log order, from after log index `after` on: of one party, or (for an authority) of all.
    pub async fn sites(
        &self,
        viewer: &Viewer,
        party: Option<Uscc>,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Page<SiteRecord, u64>, Fault> {
        let limit = page_size(limit);
        let Some(party) = only_of(viewer, party) else { return Ok(Page::empty()) };
        let mut tx = self.reading().await?;
        let after = after.map_or(-1, cursor);
        let records = registry::sites_after(&mut tx, party, after, limit + 1).await?;
        Ok(page_of(records, limit, |record| record.index))
    }

    /// One site.
    pub async fn site(&self, viewer: &Viewer, id: SiteId) -> Result<Option<SiteRecord>, Fault> {
        let mut tx = self.reading().await?;
        let record = registry::sites(&mut tx, &[id]).await?.into_iter().next();
        Ok(record.filter(|record| viewer.may_see_records_of(record.party)))
    }

    /// The keys of a party (its own when none is named), in the order they were enrolled, at most [`MAX_PAGE`].
    pub async fn keys(&self, viewer: &Viewer, party: Option<Uscc>) -> Result<Vec<KeyRecord>, Fault> {
        let Some(party) = party.or(viewer.party()).filter(|party| viewer.may_see_records_of(*party)) else {
            return Ok(Vec::new());
        };
        let mut tx = self.reading().await?;
        let mut records = registry::keys_of(&mut tx, party).await?;
        records.truncate(MAX_PAGE as usize);
        Ok(records)
    }

    /// One key.
    pub async fn key(&self, viewer: &Viewer, kid: Kid) -> Result<Option<KeyRecord>, Fault> {
        let mut tx = self.reading().await?;
        let record = registry::keys(&mut tx, &[kid]).await?.into_iter().next();
        Ok(record.filter(|record| viewer.may_see_records_of(record.party)))
    }

    /// A page of permits in log order, from after log index `after` on: its own, or (for an authority) all.
    pub async fn permits(
        &self,
        viewer: &Viewer,
        party: Option<Uscc>,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Page<PermitRecord, u64>, Fault> {
        let limit = page_size(limit);
        let Some(party) = only_of(viewer, party) else { return Ok(Page::empty()) };
        let mut tx = self.reading().await?;
        let records = match party {
            Some(party) => {
                let is_after = |record: &PermitRecord| after.is_none_or(|after| record.index > after);
                registry::permits(&mut tx, &[party]).await?.into_iter().filter(is_after).collect()
            }
            None => registry::permits_after(&mut tx, after.map_or(-1, cursor), limit + 1).await?,
        };
        Ok(page_of(records, limit, |record| record.index))
    }

    /// One permit.
    pub async fn permit(&self, viewer: &Viewer, id: PermitId) -> Result<Option<PermitRecord>, Fault> {
        let mut tx = self.reading().await?;
        let record = registry::permits_by_id(&mut tx, &[id]).await?.into_iter().next();
        Ok(record.filter(|record| viewer.may_see_records_of(record.party)))
    }
}

/// Whose records a list may hold: `Some(None)` is everybody's, `None` nobody's.
pub(super) fn only_of(viewer: &Viewer, wanted: Option<Uscc>) -> Option<Option<Uscc>> {
    match viewer {
        Viewer::Authority { .. } => Some(wanted),
        Viewer::Party { party, .. } => wanted.is_none_or(|wanted| wanted == *party).then_some(Some(*party)),
        Viewer::Public => None,
    }
}
