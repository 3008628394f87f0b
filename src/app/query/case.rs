//! Cases (案件): the queue of an authority, what a party has to answer, and one with all that was said.

use super::{Page, cursor, page_of, page_size};
use crate::app::access::Viewer;
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
        let mut tx = self.inner.store.read().await?;
        let cases = case::after(&mut tx, among, after.map_or(-1, cursor), limit + 1).await?;
        let page = page_of(cases, limit, |case| case.opened.index);
        let items = page.items.into_iter().map(|state| self.case_item(state)).collect();
        Ok(Page { items, next: page.next })
    }

    /// One case.
    pub async fn case(&self, viewer: &Viewer, id: CaseId) -> Result<Option<CaseItem>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let case = case::by_ids(&mut tx, &[id]).await?.pop();
        Ok(case.filter(|case| viewer.may_see_case(case)).map(|state| self.case_item(state)))
    }

    /// A case as it stands today.
    fn case_item(&self, state: CaseState) -> CaseItem {
        let (due, is_known) = state.due_on(self.today(), self.rulebook().profile.cases());
        CaseItem { state, due, is_provisional: !is_known }
    }
}
