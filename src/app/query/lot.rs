//! Lots: lists, and one with its holdings and postings.

use std::collections::BTreeSet;

use super::as_of::{NoAsOf, then};
use super::manifest::names_of;
use super::{Page, cursor, page_size};
use crate::app::access::{PartyName, Viewer, visible_lots};
use crate::app::{App, Fault};
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::lot::LotState;
use crate::custody::payload::manifest::MAX_CONTAINERS;
use crate::custody::shelf::Shelf;
use crate::id::{LotId, ManifestId, SiteId};
use crate::registry::SiteRecord;
use crate::store::container::{self, ContainerRow};
use crate::store::lot::LotRow;
use crate::store::{ReadTx, books, lot, registry, timeline};

/// One event may make many lots at once, and the list counts by event: it looks this many lots further to end a page
/// between two events.
const MAX_LOTS_OF_ONE_EVENT: u64 = 1_024;

/// A lot in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotItem {
    /// Its id.
    pub id: LotId,
    /// Log index of its first event; the cursor of the list.
    pub first_index: u64,
    /// Its lot code, if one was allotted.
    pub lot_code: Option<String>,
    /// Its waste code, if its origin states one.
    pub waste_code: Option<String>,
    /// Grams held, over all holders.
    pub held_g: i64,
}

/// One posting: grams in or out of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingItem {
    /// Log index of the event.
    pub index: u64,
    /// Sort of account, by its name.
    pub account: String,
    /// Holder, for `held`.
    pub party: Option<String>,
    /// Site, for `held`.
    pub site: Option<SiteId>,
    /// Manifest, for `transit`.
    pub manifest: Option<ManifestId>,
    /// Line, for `transit`.
    pub line: Option<i64>,
    /// Grams, signed.
    pub mass_g: i64,
}

/// A lot in full.
#[derive(Clone, Debug)]
pub struct LotDetail {
    /// Its id.
    pub id: LotId,
    /// Its lot code, if one was allotted.
    pub lot_code: Option<String>,
    /// How it came to be, who holds it, what is on the way.
    pub state: LotState,
    /// Names of everybody in it.
    pub parties: Vec<PartyName>,
    /// The sites it is or was at.
    pub sites: Vec<SiteRecord>,
    /// Its containers, in log order, at most [`MAX_CONTAINERS`].
    pub containers: Vec<ContainerRow>,
    /// Its first postings, in log order, at most [`super::MAX_PAGE`].
    pub postings: Vec<PostingItem>,
}

/// What a label is for.
#[derive(Clone, Debug)]
pub struct Labelled<'a> {
    /// What its code says.
    pub text: String,
    /// The container, where it is for one.
    pub container: Option<&'a ContainerRow>,
    /// What is in it, in grams, where that is known.
    pub mass_g: Option<i64>,
}

impl LotDetail {
    /// A label for each container, in the order of what they say; for a lot without any, one for the lot.
    pub fn labelled(&self) -> Vec<Labelled<'_>> {
        if self.containers.is_empty() {
            let text = self.lot_code.clone().unwrap_or_else(|| self.id.to_string());
            let mass_g = self.state.sums.generated_g.wrapping_add(self.state.sums.opened_g);
            return vec![Labelled { text, container: None, mass_g: (mass_g > 0).then_some(mass_g) }];
        }
        let of_container =
            |row: &ContainerRow| row.label.clone().unwrap_or_else(|| row.container.to_string());
        let label = |row| Labelled { text: of_container(row), container: Some(row), mass_g: row.mass_g };
        let mut labels: Vec<Labelled<'_>> = self.containers.iter().map(label).collect();
        labels.sort_by(|a, b| a.text.cmp(&b.text));
        labels
    }
}

/// What a lot is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotLabels {
    /// Its lot code, if one was allotted.
    pub lot_code: Option<String>,
    /// Its waste code, as far as known.
    pub waste_code: Option<String>,
}

impl LotLabels {
    pub(super) fn of(shelf: &Shelf<LotState>) -> Self {
        Self { lot_code: shelf.label.clone(), waste_code: shelf.state.code().map(|code| code.to_string()) }
    }
}

impl App {
    /// A page of lots the viewer's party held (for an authority: all it supervises), newest first, from before log index
    /// `before` on. A page ends between two events, so it may be longer than asked for.
    pub async fn lots(
        &self,
        viewer: &Viewer,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Page<LotItem, u64>, Fault> {
        let limit = page_size(limit);
        let party = match viewer {
            Viewer::Public => return Ok(Page::empty()),
            Viewer::Party { party, .. } => Some(*party),
            Viewer::Authority { .. } => None,
        };
        let mut tx = self.reading().await?;
        let before = before.map_or(i64::MAX, cursor);
        let mut rows = lot::list(&mut tx, party, before, limit + MAX_LOTS_OF_ONE_EVENT).await?;
        let next = cut_between_events(&mut rows, limit);
        let visible = self.visible_among(&mut tx, viewer, rows.iter().map(|row| row.id)).await?;
        let seen = rows.into_iter().filter(|row| visible.contains(&row.id));
        Ok(Page { items: seen.map(item).collect(), next })
    }

    /// One lot with its first postings.
    pub async fn lot(&self, viewer: &Viewer, id: LotId) -> Result<Option<LotDetail>, Fault> {
        let mut tx = self.reading().await?;
        let Some((state, lot_code)) = self.visible_lot(&mut tx, viewer, id).await? else { return Ok(None) };
        self.lot_detail(&mut tx, id, (state, lot_code), u64::MAX).await.map(Some)
    }

    /// One lot as it was known when the log had `size` entries, with its first postings of that time.
    pub async fn lot_as_of(
        &self,
        viewer: &Viewer,
        id: LotId,
        size: u64,
    ) -> Result<Option<LotDetail>, NoAsOf> {
        let mut tx = self.reading().await?;
        let Some(now) = self.visible_lot(&mut tx, viewer, id).await? else { return Ok(None) };
        let Some(size) = then(&mut tx, Some(size)).await? else {
            return Ok(Some(self.lot_detail(&mut tx, id, now, u64::MAX).await?));
        };
        let mut ground = self.ground_as_of(&mut tx, &BTreeSet::from([id]), None, size).await?;
        let Some(shelf) = ground.shelves.remove(&id) else { return Ok(None) };
        Ok(Some(self.lot_detail(&mut tx, id, (shelf.state, shelf.label), size).await?))
    }

    async fn lot_detail(
        &self,
        tx: &mut ReadTx,
        id: LotId,
        (state, lot_code): (LotState, Option<String>),
        size: u64,
    ) -> Result<LotDetail, Fault> {
        let mut postings = timeline::postings_of(tx, id, -1, super::MAX_PAGE).await?;
        postings.retain(|row| row.index < size);
        let postings = postings.into_iter().map(|row| PostingItem {
            index: row.index,
            account: row.account,
            party: row.party,
            site: row.site,
            manifest: row.manifest,
            line: row.line,
            mass_g: row.mass_g,
        });
        let sites: BTreeSet<SiteId> = state.holdings.iter().map(|holding| holding.site).collect();
        let parties =
            state.holdings.iter().map(|holding| holding.party).chain(state.origin.iter().map(|o| o.party));
        Ok(LotDetail {
            id,
            lot_code,
            parties: names_of(tx, parties).await?,
            sites: registry::sites(tx, &sites.into_iter().collect::<Vec<_>>()).await?,
            containers: container::of_lot(tx, id, MAX_CONTAINERS as u64).await?,
            postings: postings.collect(),
            state,
        })
    }

    /// Which of these lots the viewer may see, in a few statements for all of them.
    pub(super) async fn visible_among(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        lots: impl Iterator<Item = LotId>,
    ) -> Result<BTreeSet<LotId>, Fault> {
        let wanted: BTreeSet<Subject> = lots.map(Subject::Lot).collect();
        let mut shelves = Books::new(self.rulebook());
        books::load_subjects(tx, &mut shelves, &wanted).await?;
        let lots: Vec<_> = shelves.lots().map(|(id, shelf)| (*id, &shelf.state)).collect();
        visible_lots(self, tx, viewer, &lots).await
    }

    /// A lot's state and code, if the viewer may see it.
    pub(in crate::app) async fn visible_lot(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: LotId,
    ) -> Result<Option<(LotState, Option<String>)>, Fault> {
        let Some(shelf) = books::lot(tx, id).await? else { return Ok(None) };
        let visible = visible_lots(self, tx, viewer, &[(id, &shelf.state)]).await?;
        Ok(visible.contains(&id).then_some((shelf.state, shelf.label)))
    }
}

/// Cut a list of lots where one event ends, at or after `limit`; what to ask for next, when something was cut off.
fn cut_between_events(rows: &mut Vec<LotRow>, limit: u64) -> Option<u64> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let last = rows.get(limit.checked_sub(1)?)?.first_index;
    let end = rows.iter().position(|row| row.first_index < last)?;
    rows.truncate(end);
    u64::try_from(last).ok()
}

fn item(row: LotRow) -> LotItem {
    LotItem {
        id: row.id,
        first_index: u64::try_from(row.first_index).unwrap_or_default(),
        lot_code: row.lot_code,
        waste_code: row.waste_code,
        held_g: row.held_g,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rows(first: &[i64]) -> Vec<LotRow> {
        let row = |(n, first_index): (usize, &i64)| LotRow {
            id: LotId::from_uuid(crate::id::derived(&[&n.to_be_bytes()])),
            first_index: *first_index,
            lot_code: None,
            waste_code: None,
            held_g: 1,
        };
        first.iter().enumerate().map(row).collect()
    }

    #[test]
    fn pages_end_between_two_events() {
        for (first, limit, kept, next) in [
            (&[9, 8, 7][..], 2, 2, Some(8)),
            (&[9, 8, 8, 8, 7][..], 2, 4, Some(8)),
            (&[9, 8, 8][..], 2, 3, None),
            (&[9][..], 2, 1, None),
            (&[][..], 2, 0, None),
        ] {
            let mut rows = rows(first);
            assert_eq!((cut_between_events(&mut rows, limit), rows.len()), (next, kept), "{first:?}");
        }
    }
}
