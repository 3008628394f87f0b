//! Notices (通知): what somebody should know or do, in a list, and by the channels that the holder of a key chose.
//!
//! They stand beside the log. `kinds` is the table of them, `making` derives them from the outbox and from time, `keeping` writes them, `ladder` and
//! `escalation` tell whoever is next when nobody looks. Whoever may see a notice was named when it was made; what it is about is read from elsewhere, by the
//! rules that hold there.

mod audience;
mod channels;
mod escalation;
mod keeping;
mod kinds;
mod ladder;
mod making;
mod post;
mod thing;
mod timed;
mod whom;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::access::Viewer;
use super::deadlines::pause_for;
use super::query::{Page, page_of, page_size};
use super::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::{Clock, Timestamp};
use crate::id::{ManifestId, NoticeId};
use crate::registry::Role;
use crate::store::notice::{self, NoticeSpot, Stretch, Wanted};
use crate::store::{ReadTx, manifest};

pub use crate::store::notice::{Addressee, ReadBy, StoredNotice};
pub use crate::store::notice_channel::{Channel, Outgoing};
pub(super) use channels::Codes;
pub use channels::{
    CODE_DIGITS, CODE_LIFE_MINUTES, CODE_PAUSE_S, ChannelDetail, MAX_CODE_TRIES, MAX_CODES_A_DAY,
    MAX_CRITICAL_AN_HOUR, MAX_MAJOR_AN_HOUR, MAX_MESSAGES_AN_HOUR, WantedChannel, Way,
};
pub use kinds::{NOTICE_KINDS, NoticeKind};
pub use ladder::hours as escalation_hours;
pub(super) use making::noticed;

/// Of so many newest notices of each audience the unread ones are counted.
pub const MAX_UNREAD_COUNTED: u64 = 1_000;
/// Most notices marked as read by one call.
pub const MAX_READ_AT_ONCE: u64 = 500;
/// Of each audience, so many notices are looked through for one page of those that are unread or of one kind.
const LOOKED_THROUGH: u64 = 1_000;
/// So many are looked through where all up to one are read.
const READ_THROUGH: u64 = 20_000;
/// How long a notice is kept about which nothing is to be done, in days.
pub const KEPT_DAYS: i64 = 2 * 366;
/// Most notices forgotten in one transaction.
const FORGOTTEN_AT_ONCE: u64 = 500;
/// How often old notices are looked for, in hours.
const FORGET_EVERY_HOURS: i64 = 24;
/// What is recorded waits so long for more: each transaction of notices takes its turn among those of events.
pub(crate) const GATHERED_FOR: Duration = Duration::from_millis(200);
/// Longest pause between two looks: what another process committed is not rung for.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Where a page of notices begins: behind this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeCursor(NoticeSpot);

impl fmt::Display for NoticeCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.0.as_millis(), self.0.1)
    }
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the next of a page of notices")]
pub struct NoNoticeCursor;

impl FromStr for NoticeCursor {
    type Err = NoNoticeCursor;

    fn from_str(text: &str) -> Result<Self, NoNoticeCursor> {
        let (at_ms, id) = text.split_once('-').ok_or(NoNoticeCursor)?;
        let at_ms = at_ms.parse::<u64>().ok().and_then(|at_ms| i64::try_from(at_ms).ok());
        let at = Timestamp::from_millis(at_ms.ok_or(NoNoticeCursor)?);
        Ok(Self((at, id.parse().map_err(|_| NoNoticeCursor)?)))
    }
}

/// Which notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Only those that the viewer's key has not read.
    pub is_unread: bool,
    /// Only those of this kind.
    pub kind: Option<&'static NoticeKind>,
    /// Those for anybody in the party; for its administrators and for officers of authorities.
    pub is_all: bool,
}

/// A notice as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeItem {
    /// The notice.
    pub notice: StoredNotice,
    /// Its kind.
    pub kind: &'static NoticeKind,
    /// Since when it is for the reader.
    pub since: Timestamp,
    /// Number of the manifest it is about, where that has one.
    pub number: Option<String>,
    /// When the viewer's key read it.
    pub read_at: Option<Timestamp>,
    /// Whom in the viewer's party it is for, and to whom there it went up; who is on the road sees itself alone.
    pub to: Vec<Addressee>,
    /// Who of the viewer's party read it; for who oversees it.
    pub read_by: Vec<ReadBy>,
}

impl NoticeItem {
    /// Where what it is about is read, below the ledger's address.
    pub fn link(&self) -> String {
        link_to(&self.notice)
    }
}

/// Where what a notice is about is read.
fn link_to(notice: &StoredNotice) -> String {
    if let Some(finding) = notice.finding {
        return format!("/findings/{finding}");
    }
    match notice.kind.split('-').next().unwrap_or_default() {
        "case" => format!("/cases/{}", notice.thing),
        "declaration" | "approval" => "/duties".to_owned(),
        "reading" => "/access-log".to_owned(),
        _ => match notice.subject_kind.as_str() {
            "manifest" => format!("/manifests/{}", notice.subject),
            "lot" => format!("/lots/{}", notice.subject),
            "site" => format!("/sites/{}", notice.subject),
            "push" => format!("/pushes/{}", notice.subject),
            // What was done to a party is read on its own page, whoever did it.
            "party" => format!("/parties/{}", notice.party),
            _ => "/notices".to_owned(),
        },
    }
}

/// What came of reading up to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadUpTo {
    /// Notices that were unread.
    pub read: u64,
    /// True when there are more than one call reads.
    pub more: bool,
}

impl App {
    /// A page of the notices for whoever looks, the last first. Of those that are unread or of one kind a page may hold fewer than might be on
    /// it, or none, and have a next one: it says where looking stopped.
    pub async fn notices(
        &self,
        viewer: &Viewer,
        filter: NoticeFilter,
        after: Option<NoticeCursor>,
        limit: u64,
    ) -> Result<Page<NoticeItem, NoticeCursor>, Fault> {
        let Some(party) = viewer.party() else { return Ok(Page::empty()) };
        let limit = page_size(limit);
        let mut tx = self.inner.store.read().await?;
        let before = after.map_or((Timestamp::from_millis(i64::MAX), notice::first()), |after| after.0);
        let is_any = !filter.is_unread && filter.kind.is_none();
        let among = if is_any { limit + 1 } else { LOOKED_THROUGH };
        let found = spots(&mut tx, viewer, party, filter, Reach { before, among, limit: limit + 1 }).await?;
        let page = page_of(found.found, limit, |spot| NoticeCursor(*spot));
        let items = self.items(&mut tx, viewer, party, &page.items).await?;
        Ok(Page { items, next: page.next.or(found.stopped_at.map(NoticeCursor)) })
    }

    /// One notice that is for the viewer, or for its party where it oversees that.
    pub async fn notice(&self, viewer: &Viewer, id: NoticeId) -> Result<Option<NoticeItem>, Fault> {
        let Some(party) = viewer.party() else { return Ok(None) };
        let mut tx = self.inner.store.read().await?;
        let Some(since) = since_when(&mut tx, viewer, party, id).await? else { return Ok(None) };
        Ok(self.items(&mut tx, viewer, party, &[(since, id)]).await?.pop())
    }

    /// How many notices the viewer has not read and nobody has settled, of the newest [`MAX_UNREAD_COUNTED`].
    pub async fn unread_notices(&self, viewer: &Viewer) -> Result<u64, Fault> {
        let (Some(party), Some(kid)) = (viewer.party(), viewer.kid()) else { return Ok(0) };
        let mut tx = self.inner.store.read().await?;
        let mut unread = BTreeSet::new();
        for audience in audience::of_viewer(viewer) {
            unread.extend(notice::unread(&mut tx, (party, &audience), kid, MAX_UNREAD_COUNTED).await?);
        }
        Ok((unread.len() as u64).min(MAX_UNREAD_COUNTED))
    }

    /// The viewer's key has read a notice. `None` where there is none for it.
    pub async fn read_notice(&self, viewer: &Viewer, id: NoticeId) -> Result<Option<NoticeItem>, Fault> {
        let (Some(party), Some(kid)) = (viewer.party(), viewer.kid()) else { return Ok(None) };
        let mut tx = self.inner.store.read().await?;
        if since_when(&mut tx, viewer, party, id).await?.is_none() {
            return Ok(None);
        }
        drop(tx);
        self.may_write()?;
        let by = ReadBy { kid, party, at: self.inner.clock.now() };
        let mut tx = self.inner.store.write().await?;
        notice::read(&mut tx, id, &by).await?;
        tx.commit().await?;
        self.notice(viewer, id).await
    }

    /// The viewer's key has read a notice and all that came before it, at most [`MAX_READ_AT_ONCE`] of the 20,000 before it.
    pub async fn read_notices_up_to(&self, viewer: &Viewer, id: NoticeId) -> Result<Option<ReadUpTo>, Fault> {
        let (Some(party), Some(kid)) = (viewer.party(), viewer.kid()) else { return Ok(None) };
        let mut tx = self.inner.store.read().await?;
        let Some(since) = since_when(&mut tx, viewer, party, id).await? else { return Ok(None) };
        let filter = NoticeFilter { is_unread: true, ..NoticeFilter::default() };
        let reach = Reach { before: (since, id), among: READ_THROUGH, limit: MAX_READ_AT_ONCE };
        let before = spots(&mut tx, viewer, party, filter, reach).await?.found;
        drop(tx);
        self.may_write()?;
        let by = ReadBy { kid, party, at: self.inner.clock.now() };
        let mut tx = self.inner.store.write().await?;
        let mut read = u64::from(notice::read(&mut tx, id, &by).await?);
        for (_, id) in &before {
            read += u64::from(notice::read(&mut tx, *id, &by).await?);
        }
        tx.commit().await?;
        Ok(Some(ReadUpTo { read, more: before.len() as u64 == MAX_READ_AT_ONCE }))
    }

    /// Forget notices that are older than [`KEPT_DAYS`] and about which nothing is to be done; how many.
    pub async fn forget_old_notices(&self) -> Result<u64, Fault> {
        if self.may_write().is_err() {
            return Ok(0);
        }
        let before = self.inner.clock.now().plus_hours(-24 * KEPT_DAYS);
        let mut forgotten = 0;
        loop {
            let mut tx = self.inner.store.write().await?;
            let some = notice::forget_old(&mut tx, before, FORGOTTEN_AT_ONCE).await?;
            tx.commit().await?;
            forgotten += some;
            if some < FORGOTTEN_AT_ONCE {
                return Ok(forgotten);
            }
        }
    }

    /// Make notices and send them further up until the app is gone. A clock that stands still is not watched: whoever sets it calls
    /// [`App::make_notices`] and [`App::escalate`].
    pub fn watch_notices(&self) {
        if matches!(self.inner.clock, Clock::Manual(_)) {
            return;
        }
        let weak = std::sync::Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            let mut forget_from = Timestamp::from_millis(0);
            loop {
                let Some(inner) = weak.upgrade() else { return };
                let app = App { inner };
                let mut bell = app.changed();
                if let Err(fault) = app.make_notices().await {
                    tracing::error!(error = %fault, "notices could not be made; trying again");
                }
                if let Err(fault) = app.escalate().await {
                    tracing::error!(error = %fault, "notices could not be sent further up; trying again");
                }
                let now = app.inner.clock.now();
                if now >= forget_from {
                    match app.forget_old_notices().await {
                        Ok(_) => forget_from = now.plus_hours(FORGET_EVERY_HOURS),
                        Err(fault) => tracing::error!(error = %fault, "old notices stay; trying again"),
                    }
                }
                drop(app);
                tokio::select! {
                    _ = bell.changed() => pause_for(GATHERED_FOR).await,
                    () = pause_for(LOOK_AGAIN) => {}
                }
            }
        });
    }

    /// Notices with what their reader may know of them, in the order of these places.
    async fn items(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        party: Uscc,
        spots: &[NoticeSpot],
    ) -> Result<Vec<NoticeItem>, Fault> {
        let ids: Vec<NoticeId> = spots.iter().map(|(_, id)| *id).collect();
        let mut stored: HashMap<NoticeId, StoredNotice> =
            notice::by_ids(tx, &ids).await?.into_iter().map(|notice| (notice.id, notice)).collect();
        let to = notice::addressees(tx, &ids).await?;
        let read = notice::readers(tx, &ids).await?;
        let numbers = self.numbers_of(tx, viewer, stored.values()).await?;
        let (oversees, own) = (audience::oversees(viewer), audience::of_viewer(viewer));
        let is_crew = viewer.role().is_some_and(Role::is_crew);
        let mut items = Vec::with_capacity(spots.len());
        for (since, id) in spots {
            let Some(notice) = stored.remove(id) else { continue };
            let Some(kind) = NoticeKind::named(&notice.kind) else { continue };
            let of_it = to.iter().filter(|(of, to)| of == id && to.party == party);
            let is_seen = |to: &&Addressee| !is_crew || own.contains(&to.audience);
            let by = read.iter().filter(|(of, by)| of == id && by.party == party).map(|(_, by)| by);
            items.push(NoticeItem {
                kind,
                since: *since,
                number: numbers.get(&notice.subject).cloned(),
                read_at: by.clone().find(|by| Some(by.kid) == viewer.kid()).map(|by| by.at),
                to: of_it.map(|(_, to)| to).filter(is_seen).cloned().collect(),
                read_by: by.filter(|_| oversees).cloned().collect(),
                notice,
            });
        }
        Ok(items)
    }

    /// Numbers of the manifests that these are about, as far as the viewer may see them.
    async fn numbers_of(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        notices: impl Iterator<Item = &StoredNotice>,
    ) -> Result<HashMap<String, String>, Fault> {
        let ids = notices.filter(|notice| notice.subject_kind == "manifest");
        let ids: Vec<ManifestId> = ids.filter_map(|notice| notice.subject.parse().ok()).collect();
        let visible = self.visible_manifests(tx, viewer, &ids).await?;
        let rows = manifest::headings(tx, &visible.into_iter().collect::<Vec<_>>()).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.id.to_string(), row.number?))).collect())
    }
}

/// Where to look in a list, how far and for how many.
struct Reach {
    before: NoticeSpot,
    among: u64,
    limit: u64,
}

/// Places of notices before one, the last first.
async fn spots(
    tx: &mut ReadTx,
    viewer: &Viewer,
    party: Uscc,
    filter: NoticeFilter,
    Reach { before, among, limit }: Reach,
) -> Result<Stretch, Fault> {
    let unread_by = viewer.kid().filter(|_| filter.is_unread);
    let wanted = Wanted { before, unread_by, kind: filter.kind.map(|kind| kind.name), among, limit };
    let mut all = Stretch::default();
    let mut take = |part: Stretch| {
        all.found.extend(part.found);
        all.stopped_at = all.stopped_at.max(part.stopped_at);
    };
    if filter.is_all && audience::oversees(viewer) {
        take(notice::of_party(tx, party, wanted).await?);
    } else {
        for audience in audience::of_viewer(viewer) {
            take(notice::of_audience(tx, (party, &audience), wanted).await?);
        }
    }
    // Where looking stopped for one audience, what is older is left to the next page for all of them.
    all.found.retain(|spot| all.stopped_at.is_none_or(|stopped_at| *spot >= stopped_at));
    all.found.sort_by(|a, b| b.cmp(a));
    // Of one notice that is for somebody in several ways, the last counts.
    let mut seen = BTreeSet::new();
    all.found.retain(|(_, id)| seen.insert(*id));
    all.found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(all)
}

/// Since when a notice is for the viewer; `None` where it is not.
async fn since_when(
    tx: &mut ReadTx,
    viewer: &Viewer,
    party: Uscc,
    id: NoticeId,
) -> Result<Option<Timestamp>, Fault> {
    let (own, oversees) = (audience::of_viewer(viewer), audience::oversees(viewer));
    let to = notice::addressees(tx, &[id]).await?;
    let for_it = to.iter().filter(|(_, to)| to.party == party && (oversees || own.contains(&to.audience)));
    Ok(for_it.map(|(_, to)| to.at).max())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_nothing_else_is() {
        let id: NoticeId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let cursor = NoticeCursor((Timestamp::from_millis(1_772_414_400_000), id));
        assert_eq!(cursor.to_string().parse::<NoticeCursor>().unwrap(), cursor);
        for bad in ["", "-", "7", "7-", "x-AAAA", "-7-AAAA"] {
            assert!(bad.parse::<NoticeCursor>().is_err(), "{bad}");
        }
    }
}
