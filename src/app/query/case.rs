//! Cases (案件): the queue of an authority, what a party has to answer, and one with all that was said.

use super::sheet::Gathered;
use super::{MAX_ROUNDS, Page, cursor, page_of, page_size};
use crate::app::access::Viewer;
use crate::app::roster::OnDuty;
use crate::app::{App, Fault};
use crate::catalogue::{Division, Uscc};
use crate::id::CaseId;
use crate::ledger::Kid;
use crate::store::case::{self, Among};

pub use crate::custody::case::{CaseDue, CaseStage, CaseState};

/// Which cases to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only those of this party.
    pub party: Option<Uscc>,
    /// Only those that lie in this division.
    pub division: Option<Division>,
    /// Only those that lie with this key.
    pub owner: Option<Kid>,
    /// Only those at this stage.
    pub stage: Option<CaseStage>,
    /// Only those whose answer is overdue today.
    pub is_overdue: bool,
    /// Only those for which the viewer's key is on duty today.
    pub is_mine_today: bool,
}

/// A case, and how it stands by its date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseItem {
    /// The case.
    pub state: CaseState,
    /// How it stands today.
    pub due: CaseDue,
    /// True when a day that counts lies outside the known calendar.
    pub is_provisional: bool,
    /// The officers on duty today where it lies; told to authorities alone.
    pub on_duty: Vec<Kid>,
}

impl App {
    /// A page of cases in the order in which they were opened, from after log index `after` on.
    pub async fn cases(
        &self,
        viewer: &Viewer,
        filter: &CaseFilter,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Page<CaseItem, u64>, Fault> {
        let limit = page_size(limit);
        let (party, within) = match viewer {
            Viewer::Public => return Ok(Page::empty()),
            Viewer::Party { party, .. } => (Some(*party), None),
            Viewer::Authority { division, .. } => (filter.party, Some(*division)),
        };
        if filter.party.is_some_and(|asked| party != Some(asked)) {
            return Ok(Page::empty());
        }
        let among = Among {
            party,
            within,
            division: filter.division,
            owner: filter.owner,
            stage: filter.stage,
            overdue_on: filter.is_overdue.then(|| self.today()),
        };
        let is_wanted = |item: &CaseItem| {
            !filter.is_mine_today || viewer.kid().is_some_and(|kid| item.on_duty.contains(&kid))
        };
        let mut tx = self.reading().await?;
        let on_duty = self.on_duty_today(&mut tx, viewer).await?;
        let mut after = after.map_or(-1, cursor);
        let (mut items, mut has_more) = (Vec::new(), true);
        for _ in 0..MAX_ROUNDS {
            let missing = limit - items.len() as u64;
            let found = case::after(&mut tx, among, after, missing + 1).await?;
            let page = page_of(found, missing, |case| case.opened.index);
            has_more = page.next.is_some();
            after = page.next.map_or(after, cursor);
            let seen = page.items.into_iter().map(|state| self.case_item(state, &on_duty));
            items.extend(seen.filter(&is_wanted));
            if !has_more || items.len() as u64 == limit {
                break;
            }
        }
        Ok(Page { items, next: if has_more { u64::try_from(after).ok() } else { None } })
    }

    /// As many of the cases as one sheet holds, and whether there are more.
    pub async fn cases_listed(
        &self,
        viewer: &Viewer,
        filter: &CaseFilter,
    ) -> Result<(Vec<CaseItem>, bool), Fault> {
        let mut all = Gathered::new();
        while let Some(wanted) = all.wanted() {
            all.take(self.cases(viewer, filter, all.next, wanted).await?);
        }
        Ok((all.items, all.next.is_some()))
    }

    /// One case.
    pub async fn case(&self, viewer: &Viewer, id: CaseId) -> Result<Option<CaseItem>, Fault> {
        let mut tx = self.reading().await?;
        let case = case::by_ids(&mut tx, &[id]).await?.pop();
        let on_duty = self.on_duty_today(&mut tx, viewer).await?;
        Ok(case.filter(|case| viewer.may_see_case(case)).map(|state| self.case_item(state, &on_duty)))
    }

    /// A case as it stands today.
    fn case_item(&self, state: CaseState, on_duty: &OnDuty) -> CaseItem {
        let (due, is_known) = state.due_on(self.today(), self.rulebook().profile.cases());
        let on_duty = state.division.map_or(&[][..], |division| on_duty.of(division)).to_vec();
        CaseItem { state, due, is_provisional: !is_known, on_duty }
    }
}
