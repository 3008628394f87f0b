//! The sheet of a site (现场检查表): what an officer wants to have read before the gate, on one page.
//!
//! A bounded number of statements, whatever happened at the site; what does not fit is told by flags, and lists lead to the rest.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::case::{CaseFilter, CaseItem, CaseStage};
use super::duty::DutyItem;
use super::finding::{FindingFilter, FindingItem};
use super::manifest::ends;
use super::manifests::{ManifestItem, SeenManifest, with_names};
use super::record::FirmRecord;
use super::stock::{SiteStock, visible_site};
use super::{MAX_PAGE, MAX_ROUNDS, NoAsOf};
use crate::app::access::{Viewer, load_manifests};
use crate::app::{App, Fault};
use crate::catalogue::WasteCode;
use crate::clock::Timestamp;
use crate::custody::shelf::Life;
use crate::id::{ManifestId, SiteId};
use crate::registry::SiteRecord;
use crate::store::manifest::ManifestRow;
use crate::store::stock::OnHand;
use crate::store::{ReadTx, log, manifest, registry, stock};

/// Most findings, manifests, cases and codes with their oldest lot that a sheet shows.
pub const MAX_SHEET_ITEMS: usize = 50;

/// The oldest lot of a code at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldestLot {
    /// The lot and what is there of it.
    pub row: OnHand,
    /// When its first event was recorded.
    pub since: Timestamp,
}

/// The sheet of one site.
#[derive(Clone, Debug)]
pub struct SiteSheet {
    /// The site, and its stock at the end of the day that was asked for.
    pub stock: SiteStock,
    /// The oldest lot there now of each waste code.
    pub oldest: BTreeMap<WasteCode, OldestLot>,
    /// The record of its firm, as far as it is about this site or about none.
    pub firm: FirmRecord,
    /// What is under way from and to the site, the oldest first.
    pub manifests: Vec<ManifestItem>,
    /// True when there is more under way than the sheet shows or looked through.
    pub has_more_manifests: bool,
    /// Open findings that concern the firm, the gravest first; of more than a page of them, those of the first page.
    pub findings: Vec<FindingItem>,
    /// True when there are more of them.
    pub has_more_findings: bool,
    /// Cases of the firm that are not closed, as far as they are about this site or about none.
    pub cases: Vec<CaseItem>,
    /// True when there are more of them.
    pub has_more_cases: bool,
    /// What the site must declare, and how that stands.
    pub duties: Vec<DutyItem>,
}

impl App {
    /// The sheet of a site: for its party, and for the authorities over its division. The stock is that at the end of day `on`, today
    /// when nothing is said; everything else is as it stands now.
    pub async fn site_sheet(
        &self,
        viewer: &Viewer,
        id: SiteId,
        on: Option<NaiveDate>,
    ) -> Result<Option<SiteSheet>, NoAsOf> {
        let Some(stock) = self.stock(viewer, id, (None, on), None).await? else { return Ok(None) };
        let site = stock.site.clone();
        let mut tx = self.reading().await?;
        if visible_site(&mut tx, viewer, id).await?.is_none() {
            return Ok(None);
        }
        let Some(party) = registry::parties(&mut tx, &[site.party]).await?.pop() else { return Ok(None) };
        let oldest = oldest_lots(&mut tx, &stock).await?;
        let (manifests, has_more_manifests) = self.under_way_at(&mut tx, &site).await?;
        let duties = self.duties_of(&mut tx, std::slice::from_ref(&site), self.today()).await?;
        let firm = self.record_of(tx, viewer, party, vec![site.clone()]).await?;
        let (findings, has_more_findings) = self.gravest(viewer, &site).await?;
        let (cases, has_more_cases) = self.cases_at(viewer, &site).await?;
        let firm = at_site(firm, id);
        Ok(Some(SiteSheet {
            stock,
            oldest,
            firm,
            manifests,
            has_more_manifests,
            findings,
            has_more_findings,
            cases,
            has_more_cases,
            duties,
        }))
    }

    /// What is under way from or to a site. Whoever may see the site may see these: it is one of their ends.
    async fn under_way_at(
        &self,
        tx: &mut ReadTx,
        site: &SiteRecord,
    ) -> Result<(Vec<ManifestItem>, bool), Fault> {
        let (mut here, mut after, mut has_more) = (Vec::new(), -1, true);
        for _ in 0..MAX_ROUNDS {
            let wanted = MAX_SHEET_ITEMS as u64 + 1;
            let rows = manifest::under_way(tx, site.party, after, wanted).await?;
            has_more = rows.len() as u64 == wanted;
            after = rows.last().map_or(after, |row| row.first_index);
            here.extend(self.at_one_end(tx, site.site, rows).await?);
            if !has_more || here.len() > MAX_SHEET_ITEMS {
                break;
            }
        }
        has_more |= here.len() > MAX_SHEET_ITEMS;
        here.truncate(MAX_SHEET_ITEMS);
        Ok((with_names(tx, here).await?, has_more))
    }

    /// Those of these manifests that begin or end at a site.
    async fn at_one_end(
        &self,
        tx: &mut ReadTx,
        site: SiteId,
        rows: Vec<ManifestRow>,
    ) -> Result<Vec<SeenManifest>, Fault> {
        let ids: Vec<ManifestId> = rows.iter().map(|row| row.id).collect();
        let mut states = load_manifests(self, tx, &ids).await?;
        states.retain(|_, state| ends(state).any(|end| end == site));
        let here = |row: ManifestRow| Some(SeenManifest { state: states.remove(&row.id)?, row });
        Ok(rows.into_iter().filter_map(here).collect())
    }

    /// Open findings that concern the firm of a site, the gravest first: so many as one page of a list holds are looked through.
    async fn gravest(&self, viewer: &Viewer, site: &SiteRecord) -> Result<(Vec<FindingItem>, bool), Fault> {
        let filter =
            FindingFilter { party: Some(site.party), life: Some(Life::Open), ..FindingFilter::default() };
        let found = self.findings(viewer, &filter, None, MAX_PAGE).await?;
        let mut items = found.items;
        items.sort_by_key(|item| (std::cmp::Reverse(item.row.severity), item.row.opened_at, item.row.id));
        let has_more = found.next.is_some() || items.len() > MAX_SHEET_ITEMS;
        items.truncate(MAX_SHEET_ITEMS);
        Ok((items, has_more))
    }

    /// Cases of the firm of a site that wait for somebody.
    async fn cases_at(&self, viewer: &Viewer, site: &SiteRecord) -> Result<(Vec<CaseItem>, bool), Fault> {
        let (mut items, mut has_more) = (Vec::new(), false);
        for stage in [CaseStage::Open, CaseStage::Answered] {
            let filter = CaseFilter { party: Some(site.party), stage: Some(stage), ..CaseFilter::default() };
            let found = self.cases(viewer, &filter, None, MAX_SHEET_ITEMS as u64).await?;
            has_more |= found.next.is_some();
            items.extend(found.items);
        }
        items.retain(|item| item.state.site.is_none_or(|at| at == site.site));
        Ok((items, has_more))
    }
}

/// The oldest lot of each waste code in stock, of at most [`MAX_SHEET_ITEMS`] codes.
async fn oldest_lots(tx: &mut ReadTx, stock: &SiteStock) -> Result<BTreeMap<WasteCode, OldestLot>, Fault> {
    let place = (stock.site.party, stock.site.site);
    let mut oldest = BTreeMap::new();
    let codes = stock.codes.iter().filter_map(|row| row.code.waste());
    for code in codes.take(MAX_SHEET_ITEMS) {
        let Some(row) = stock::to_draw_from(tx, place, code, 1).await?.pop() else { continue };
        if let Some(entry) = log::entry(tx, row.first_index).await? {
            oldest.insert(code, OldestLot { row, since: entry.recorded_at });
        }
    }
    Ok(oldest)
}

/// The record of a firm without what is about its other sites.
fn at_site(mut firm: FirmRecord, site: SiteId) -> FirmRecord {
    let is_here = |at: Option<SiteId>| at.is_none_or(|at| at == site);
    firm.permits.retain(|line| is_here(line.permit.site));
    firm.plan.retain(|row| row.site == site);
    for papers in firm.papers.values_mut() {
        papers.retain(|paper| is_here(paper.belongs.site));
    }
    firm
}
