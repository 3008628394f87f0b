//! What is shown of pushes, and to whom: to the firm whose manifests they are, and to the authorities over where they leave.

use super::platform::Platform;
use super::{Consent, Item, PushAttempt, PushSpot, PushState};
use crate::app::access::Viewer;
use crate::app::query::{Page, page_of, page_size};
use crate::app::{App, Fault};
use crate::catalogue::{Division, Uscc};
use crate::id::{ManifestId, PushId};
use crate::store::{ReadTx, push, registry};

/// Most sites of a firm by which it is known where it is.
const MAX_SITES: u64 = 1_000;

/// Which items are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushFilter {
    /// In this state.
    pub state: Option<PushState>,
    /// Of this manifest.
    pub manifest: Option<ManifestId>,
}

/// An item with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushDetail {
    /// The item.
    pub item: Item,
    /// True while something before it of its manifest has not been taken.
    pub is_held: bool,
    /// What came back, the last first.
    pub attempts: Vec<PushAttempt>,
}

/// A platform as a firm sees it.
pub struct PlatformSeen<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The firm's words about it, the last first.
    pub consents: Vec<Consent>,
}

impl App {
    /// Pushes of the viewer's firm, or of firms that an authority supervises; the newest first.
    pub async fn pushes(
        &self,
        viewer: &Viewer,
        filter: PushFilter,
        before: Option<PushSpot>,
        limit: u64,
    ) -> Result<Page<Item, PushSpot>, Fault> {
        let limit = page_size(limit);
        let Some((party, within)) = whose(viewer) else { return Ok(Page::empty()) };
        let mut tx = self.reading().await?;
        let filter = (filter.state, filter.manifest);
        let items = push::list(&mut tx, party, push::bounds(within), filter, before, limit + 1).await?;
        Ok(page_of(items, limit, |item| PushSpot { made_at: item.made_at, id: item.id }))
    }

    /// One push with its attempts, if the viewer may see it.
    pub async fn push_detail(&self, viewer: &Viewer, id: PushId) -> Result<Option<PushDetail>, Fault> {
        let Some((party, within)) = whose(viewer) else { return Ok(None) };
        let mut tx = self.reading().await?;
        let Some(item) = push::item(&mut tx, id).await? else { return Ok(None) };
        let is_seen = party.is_none_or(|party| item.party == party)
            && within.is_none_or(|division| item.division.is_within(division));
        if !is_seen {
            return Ok(None);
        }
        let is_held = item.state == PushState::Waiting && push::is_held(&mut tx, &item).await?;
        let attempts = push::attempts(&mut tx, id).await?;
        Ok(Some(PushDetail { item, is_held, attempts }))
    }

    /// The platforms that are for the viewer's firm, with what it said of each; to an authority, those for firms there.
    pub async fn platforms_seen(&self, viewer: &Viewer) -> Result<Vec<PlatformSeen<'_>>, Fault> {
        let mut tx = self.reading().await?;
        let (divisions, consents) = match (whose(viewer), viewer) {
            (None, _) => return Ok(Vec::new()),
            (Some((Some(party), _)), _) => {
                (divisions_of(&mut tx, party).await?, push::consents(&mut tx, party).await?)
            }
            (Some((None, within)), _) => (within.into_iter().collect(), Vec::new()),
        };
        let is_for = |platform: &&Platform| {
            let within = |division: &Division| {
                platform.serves(*division) || platform.divisions.iter().any(|own| own.is_within(*division))
            };
            platform.divisions.is_empty() || divisions.iter().any(within)
        };
        let seen = self.platforms().iter().filter(is_for).map(|platform| PlatformSeen {
            platform,
            consents: consents.iter().filter(|consent| consent.platform == platform.id).cloned().collect(),
        });
        Ok(seen.collect())
    }

    /// How many pushes wait for somebody: parked, refused and partly refused ones.
    pub(in crate::app) async fn pushes_stuck(&self, tx: &mut ReadTx) -> Result<[u64; 4], Fault> {
        let counts = push::stuck(tx).await?;
        let states = [PushState::Waiting, PushState::Parked, PushState::Refused, PushState::Partly];
        Ok(states.map(|state| counts.get(state.name()).copied().unwrap_or_default()))
    }
}

/// Whose pushes somebody sees: of one firm, or of all in a division.
fn whose(viewer: &Viewer) -> Option<(Option<Uscc>, Option<Division>)> {
    match viewer {
        Viewer::Party { party, .. } if !viewer.is_crew() => Some((Some(*party), None)),
        Viewer::Authority { division, .. } => Some((None, Some(*division))),
        _ => None,
    }
}

/// Where a firm and its sites lie.
async fn divisions_of(tx: &mut ReadTx, party: Uscc) -> Result<Vec<Division>, Fault> {
    let mut divisions: Vec<Division> =
        registry::parties(tx, &[party]).await?.into_iter().map(|record| record.division).collect();
    divisions.extend(
        registry::sites_after(tx, Some(party), -1, MAX_SITES).await?.into_iter().map(|site| site.division),
    );
    divisions.sort_unstable();
    divisions.dedup();
    Ok(divisions)
}
