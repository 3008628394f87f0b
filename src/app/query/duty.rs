//! What is due: the periods that sites must declare, each with how it stands.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};

use super::declaration::{Ledger, differences};
use super::manifest::names_of;
use super::{Page, cursor, page_of, page_size};
use crate::app::access::{PartyName, Viewer, principals};
use crate::app::{App, Fault};
use crate::catalogue::{UnitClass, Uscc};
use crate::clock::Timestamp;
use crate::custody::Kind;
use crate::registry::duty::{Duty, duties, first_day_of_list};
use crate::registry::{DeclarationRecord, FilingState, SiteRecord, Slot};
use crate::store::{ReadTx, declaration, duty};

/// How a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DutyState {
    /// Nothing is filed, and there is still time.
    Due,
    /// Nothing is filed, and it is late.
    Overdue,
    /// Filed, and not decided.
    Filed,
    /// Sent back, to be filed again.
    Returned,
    /// Accepted.
    Accepted,
}

impl DutyState {
    /// True when the party has to file something.
    pub fn is_to_file(self) -> bool {
        matches!(self, Self::Due | Self::Overdue | Self::Returned)
    }

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Filed => "filed",
            Self::Returned => "returned",
            Self::Accepted => "accepted",
        }
    }
}

/// One period of one site.
#[derive(Clone, Debug)]
pub struct DutyItem {
    /// The site.
    pub site: SiteRecord,
    /// Its party.
    pub party: Option<PartyName>,
    /// Its class in the year of the period.
    pub class: Option<UnitClass>,
    /// The period and until when it is declared in time.
    pub duty: Duty,
    /// How it stands.
    pub state: DutyState,
    /// The last filing for it.
    pub filing: Option<DeclarationRecord>,
    /// How many of its figures are not what the ledger says now; `None` where nothing is filed.
    pub differing: Option<usize>,
}

impl App {
    /// What is due on a day (today when nothing is said): every period that is over and not accepted, and what was accepted of what is
    /// due in that month or later. It is about the sites of the viewer's own party and of all that have it declare for them by a
    /// mandate in force now; for an authority about all sites in its division. A page ends between two sites; it begins after the
    /// site with log index `after`, and counts sites.
    pub async fn duties(
        &self,
        viewer: &Viewer,
        on: Option<NaiveDate>,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Page<DutyItem, u64>, Fault> {
        let profile = self.rulebook().profile;
        let on = on.unwrap_or_else(|| profile.local_date(self.inner.clock.now().as_millis()));
        let limit = page_size(limit);
        let mut tx = self.reading().await?;
        let now = self.inner.clock.now();
        let sites = listed(&mut tx, viewer, now, after, limit + 1).await?;
        let page = page_of(sites, limit, |site| site.index);
        let items = self.duties_of(&mut tx, &page.items, on).await?;
        Ok(Page { items, next: page.next })
    }

    /// What is due of these sites on a day.
    pub(super) async fn duties_of(
        &self,
        tx: &mut ReadTx,
        sites: &[SiteRecord],
        on: NaiveDate,
    ) -> Result<Vec<DutyItem>, Fault> {
        let profile = self.rulebook().profile;
        let of_site = |site| duties(site, profile, on).into_iter().map(move |duty| (site, duty));
        let wanted: Vec<(&SiteRecord, Duty)> = sites.iter().flat_map(of_site).collect();
        self.standing(tx, sites, &wanted, on).await
    }

    /// How these duties stand, in a few statements for all of them.
    async fn standing(
        &self,
        tx: &mut ReadTx,
        sites: &[SiteRecord],
        wanted: &[(&SiteRecord, Duty)],
        on: NaiveDate,
    ) -> Result<Vec<DutyItem>, Fault> {
        let ids: Vec<_> = sites.iter().map(|site| site.site).collect();
        let filed = declaration::last_of_sites(tx, &ids, first_day_of_list(on)).await?;
        let filed: HashMap<Slot, DeclarationRecord> =
            filed.into_iter().map(|record| (record.slot(), record)).collect();
        let with_figures: Vec<Slot> =
            wanted.iter().map(|(_, duty)| duty.slot).filter(|slot| filed.contains_key(slot)).collect();
        let parties: Vec<Uscc> = sites.iter().map(|site| site.party).collect();
        let ledger = Ledger::load(tx, &parties, &with_figures).await?;
        let names: HashMap<Uscc, PartyName> =
            names_of(tx, parties).await?.into_iter().map(|name| (name.party, name)).collect();
        let month = on.with_day(1).unwrap_or(on);
        let items = wanted.iter().map(|(site, duty)| {
            let filing = filed.get(&duty.slot).cloned();
            let figures = ledger.figures(site.party, &duty.slot);
            DutyItem {
                site: (*site).clone(),
                party: names.get(&site.party).cloned(),
                class: site.class_in(duty.slot.from.year()),
                duty: *duty,
                state: state_of(filing.as_ref(), duty, on),
                differing: filing.as_ref().map(|record| differences(record, &figures).len()),
                filing,
            }
        });
        let is_open = |item: &DutyItem| item.state != DutyState::Accepted || item.duty.due_on >= month;
        Ok(items.filter(is_open).collect())
    }
}

fn state_of(filing: Option<&DeclarationRecord>, duty: &Duty, on: NaiveDate) -> DutyState {
    match filing.map(DeclarationRecord::state) {
        Some(FilingState::Filed) => DutyState::Filed,
        Some(FilingState::Returned) => DutyState::Returned,
        Some(FilingState::Accepted) => DutyState::Accepted,
        None if on > duty.due_on => DutyState::Overdue,
        None => DutyState::Due,
    }
}

/// The sites on the list of a viewer.
async fn listed(
    tx: &mut ReadTx,
    viewer: &Viewer,
    now: Timestamp,
    after: Option<u64>,
    limit: u64,
) -> Result<Vec<SiteRecord>, Fault> {
    let after = after.map_or(-1, cursor);
    Ok(match viewer {
        Viewer::Public => Vec::new(),
        Viewer::Party { party, .. } => {
            let mut parties = principals(tx, viewer, Kind::DeclarationFiled, now).await?;
            parties.insert(*party);
            let parties: Vec<Uscc> = parties.into_iter().collect();
            duty::sites_of_parties(tx, &parties, after, limit).await?
        }
        Viewer::Authority { division, .. } => {
            let (first, last) = division.range();
            duty::sites_within(tx, (&first.to_string(), &last.to_string()), after, limit).await?
        }
    })
}
