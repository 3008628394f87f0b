//! The sites of a division, where they lie, and what went between them lately: what an officer sees on a map.

use std::collections::HashMap;

use chrono::Days;

use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::{Division, Uscc};
use crate::id::SiteId;
use crate::registry::SiteRecord;
use crate::shape::Place;
use crate::store::site_map;

/// Most sites of one map.
pub const MAX_MAPPED_SITES: usize = 300;
/// Movements of so many days are shown, today's among them.
const DAYS: u64 = 7;

/// A site on the map.
#[derive(Clone, Debug)]
pub struct MappedSite {
    /// The site.
    pub site: SiteRecord,
    /// Where it lies.
    pub place: Place,
    /// How many open findings concern its party.
    pub open_findings: u64,
}

/// What went from one site to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Where from: its place among the sites of the map.
    pub from: usize,
    /// Where to.
    pub to: usize,
    /// How many manifests.
    pub manifests: u64,
}

/// A division as a map shows it.
#[derive(Clone, Debug)]
pub struct SiteMap {
    /// Which one.
    pub division: Division,
    /// Open sites in it that say where they lie, in the order of their divisions, at most [`MAX_MAPPED_SITES`].
    pub sites: Vec<MappedSite>,
    /// True when there are more.
    pub has_more: bool,
    /// What went between them in the last days, or is on its way: the most first.
    pub movements: Vec<Movement>,
    /// Of how many days movements are shown.
    pub days: u64,
}

impl App {
    /// The sites of a division, that of the viewer when nothing is said; for the authorities over it.
    pub async fn site_map(
        &self,
        viewer: &Viewer,
        division: Option<Division>,
    ) -> Result<Option<SiteMap>, Fault> {
        let Viewer::Authority { division: own, .. } = viewer else { return Ok(None) };
        let division = division.unwrap_or(*own);
        if !division.is_within(*own) {
            return Ok(None);
        }
        let mut tx = self.reading().await?;
        let mut placed =
            site_map::placed_sites(&mut tx, division.range(), MAX_MAPPED_SITES as u64 + 1).await?;
        let has_more = placed.len() > MAX_MAPPED_SITES;
        placed.truncate(MAX_MAPPED_SITES);
        let parties: Vec<Uscc> = placed.iter().map(|site| site.party).collect();
        let open = site_map::open_findings(&mut tx, &parties).await?;
        let sites: Vec<MappedSite> = placed
            .into_iter()
            .filter_map(|site| {
                let open_findings = open.get(&site.party).copied().unwrap_or_default();
                Some(MappedSite { place: site.place?, open_findings, site })
            })
            .collect();
        let number: HashMap<SiteId, usize> =
            (0..).zip(&sites).map(|(n, mapped)| (mapped.site.site, n)).collect();
        let since = self.today().checked_sub_days(Days::new(DAYS - 1)).unwrap_or_default();
        let moved = site_map::movements(&mut tx, i64::from(since.to_epoch_days())).await?;
        let mut movements: Vec<Movement> = moved
            .into_iter()
            .filter_map(|((from, to), manifests)| {
                Some(Movement { from: *number.get(&from)?, to: *number.get(&to)?, manifests })
            })
            .collect();
        movements.sort_unstable_by_key(|moved| (std::cmp::Reverse(moved.manifests), moved.from, moved.to));
        Ok(Some(SiteMap { division, sites, has_more, movements, days: DAYS }))
    }
}
