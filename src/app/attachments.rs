//! Attachments (附件): the files that events name by digest. Kept beside the log, a copy for each party that sent one, so that nobody learns from it
//! what others have; given to whoever may read an event that names it. What no event names goes after a while, what an erased event alone
//! named goes with it; the digest stays in the log.

mod media;
mod points;
mod reading;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::access::{Viewer, own_party};
use super::error::{Refusal, RefusalKind, SubmitError};
use super::query::{Page, page_of, page_size};
use super::{App, Fault};
use crate::custody::admit::Objection;
use crate::custody::track;
use crate::ledger::{Digest, EventId};
use crate::registry::Role;
use crate::store::attachment::{self, Spot};
use crate::store::registry;
use points::Kept;

pub use crate::store::attachment::{Attachment, NamedAt};
pub use media::Media;
pub(in crate::app) use points::{is_over, wrong_points};

/// The longest file, in bytes.
pub const MAX_ATTACHMENT_BYTES: usize = 8 * 1024 * 1024;
/// Most bytes of all files of a party together.
pub const MAX_PARTY_ATTACHMENT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Most files of a party.
pub const MAX_PARTY_ATTACHMENTS: u64 = 50_000;
/// A file that no event names goes after so many days.
pub const UNNAMED_DAYS: i64 = 30;
/// Most events that are told for one file.
pub const MAX_NAMED_IN: u64 = 16;
/// How many of the entries that name a digest are looked at for one that the reader may read. Whoever reads another says which.
pub const MAX_READ_BY: u64 = 64;
/// How many of the digests that a party named last are looked at for files that are missing.
pub const MAX_MISSING_LOOKED_AT: u64 = 1_000;
/// The policy that files are given with: whatever one is, nothing in it runs, loads or sends.
pub const FILE_POLICY: &str =
    "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// Most files that go in one transaction.
const MAX_GONE_AT_ONCE: u64 = 200;

/// A file, and whether this call brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAttachment {
    /// The file.
    pub attachment: Attachment,
    /// False when the party had sent it before.
    pub is_new: bool,
}

/// A file with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentFile {
    /// What it is.
    pub media: Media,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl AttachmentFile {
    /// How it is given: to be saved under its digest, and not shown (RFC 6266).
    pub fn disposition(&self) -> String {
        format!("attachment; filename=\"{}.{}\"", self.digest, self.media.ending())
    }

    /// Its entity tag.
    pub fn tag(&self) -> String {
        format!("\"{}\"", self.digest)
    }
}

/// A file of the viewer's party, or a digest that it named and nobody brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentItem {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// The file; `None` where it is missing.
    pub kept: Option<Attachment>,
    /// The first events of the party that name it, at most [`MAX_NAMED_IN`].
    pub named_in: Vec<EventId>,
}

/// Where a page of files begins: behind this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachmentCursor(Spot);

impl fmt::Display for AttachmentCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.0, self.0.1)
    }
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the next of a page of attachments")]
pub struct NoAttachmentCursor;

impl FromStr for AttachmentCursor {
    type Err = NoAttachmentCursor;

    fn from_str(text: &str) -> Result<Self, NoAttachmentCursor> {
        let (at, digest) = text.split_once('-').ok_or(NoAttachmentCursor)?;
        let at = at.parse::<u64>().ok().and_then(|at| i64::try_from(at).ok()).ok_or(NoAttachmentCursor)?;
        Ok(Self((at, digest.parse().map_err(|_| NoAttachmentCursor)?)))
    }
}

/// What became of a wish to remove a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Gone,
    /// The party has no such file.
    Absent,
}

impl App {
    /// Keep a file of the viewer's party; the same one again changes nothing. What it is, its bytes tell.
    pub async fn keep_attachment(
        &self,
        viewer: &Viewer,
        content: Vec<u8>,
    ) -> Result<KeptAttachment, SubmitError> {
        if content.len() > MAX_ATTACHMENT_BYTES {
            return Err(too_large().into());
        }
        let media = Media::of(&content).ok_or_else(unknown_media)?;
        if media == Media::Points {
            track::read(&content).map_err(|faults| wrong_points(&faults))?;
        }
        let (digest, now) = (Digest::sha256(&[&content]), self.inner.clock.now());
        let bytes = content.len() as u64;
        let mut tx = self.inner.store.read().await?;
        // By a mandate, a file is kept as the own party's, which signs: a mandate fills nobody else's room.
        let kids = viewer.kid().into_iter().collect::<Vec<_>>();
        let key = registry::keys(&mut tx, &kids).await?.into_iter().next();
        let Some((party, kid)) = key.map(|key| (key.party, key.kid)) else { return Err(nobody().into()) };
        // Counted before anybody is kept waiting; a few at once may go beyond by themselves.
        let usage = attachment::usage(&mut tx, party).await?;
        drop(tx);
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        if let Some(attachment) = attachment::get(&mut tx, party, digest).await? {
            tx.rollback().await?;
            return Ok(KeptAttachment { attachment, is_new: false });
        }
        let (files, used) = usage;
        if files >= MAX_PARTY_ATTACHMENTS || used + bytes > MAX_PARTY_ATTACHMENT_BYTES {
            tx.rollback().await?;
            return Err(exhausted().into());
        }
        let attachment = Attachment { party, digest, media: media.name().to_owned(), bytes, kid, at: now };
        let due = match self.kept_for(&mut tx, party, digest).await? {
            Kept::Unnamed => Some(now.plus_hours(24 * UNNAMED_DAYS)),
            Kept::Until(until) => Some(until),
            Kept::ForGood => None,
        };
        attachment::insert(&mut tx, &attachment, content, due).await?;
        tx.commit().await?;
        Ok(KeptAttachment { attachment, is_new: true })
    }

    /// Which of the digests that these entries name are kept, with the entry. The viewer may read the entries.
    pub async fn attachments_kept(&self, indexes: &[u64]) -> Result<BTreeSet<(u64, Digest)>, Fault> {
        let mut tx = self.inner.store.read().await?;
        Ok(attachment::kept_at(&mut tx, indexes).await?.into_iter().collect())
    }

    /// A page of the files that the viewer's party sent, the last first.
    pub async fn attachments(
        &self,
        viewer: &Viewer,
        after: Option<AttachmentCursor>,
        limit: u64,
    ) -> Result<Page<AttachmentItem, AttachmentCursor>, Fault> {
        let limit = page_size(limit);
        let mut tx = self.inner.store.read().await?;
        let Some(party) = own_party(&mut tx, viewer).await? else { return Ok(Page::empty()) };
        let files = attachment::of_party(&mut tx, party, after.map(|after| after.0), limit + 1).await?;
        let page = page_of(files, limit, |file| AttachmentCursor((file.at.as_millis(), file.digest)));
        let digests: Vec<Digest> = page.items.iter().map(|file| file.digest).collect();
        let places = attachment::places(&mut tx, party, &digests, MAX_NAMED_IN).await?;
        let item = |file: Attachment| {
            let of_file = places.iter().filter(|place| place.digest == file.digest);
            AttachmentItem {
                digest: file.digest,
                named_in: of_file.map(|place| place.event).collect(),
                kept: Some(file),
            }
        };
        Ok(Page { items: page.items.into_iter().map(item).collect(), next: page.next })
    }

    /// A page of the digests that events of the viewer's party name and nobody brought, the last named first. It looks at
    /// [`MAX_MISSING_LOOKED_AT`] of them, so a page may be short and have a next one.
    pub async fn missing_attachments(
        &self,
        viewer: &Viewer,
        after: Option<AttachmentCursor>,
        limit: u64,
    ) -> Result<Page<AttachmentItem, AttachmentCursor>, Fault> {
        let limit = page_size(limit);
        let mut tx = self.inner.store.read().await?;
        let Some(party) = own_party(&mut tx, viewer).await? else { return Ok(Page::empty()) };
        let after = after.map(|after| after.0);
        let over = self.points_over();
        let mut named = attachment::named_by(&mut tx, party, after, over, MAX_MISSING_LOOKED_AT + 1).await?;
        let has_more = named.len() as u64 > MAX_MISSING_LOOKED_AT;
        named.truncate(usize::try_from(MAX_MISSING_LOOKED_AT).unwrap_or(usize::MAX));
        let cursor = |named: &NamedAt| AttachmentCursor((log_place(named.index), named.digest));
        let end = named.last().filter(|_| has_more).map(cursor);
        let missing: Vec<NamedAt> = named.into_iter().filter(|named| !named.is_kept).collect();
        let page = page_of(missing, limit, cursor);
        let item =
            |named: NamedAt| AttachmentItem { digest: named.digest, kept: None, named_in: vec![named.event] };
        Ok(Page { items: page.items.into_iter().map(item).collect(), next: page.next.or(end) })
    }

    /// Remove a file of the viewer's party. What an event names stays.
    pub async fn remove_attachment(&self, viewer: &Viewer, digest: Digest) -> Result<Removed, SubmitError> {
        let mut tx = self.inner.store.write().await?;
        // No event that names it may be recorded meanwhile.
        self.lock(&mut tx).await?;
        let party = own_party(&mut tx, viewer).await?;
        let copy = match party {
            Some(party) => attachment::get(&mut tx, party, digest).await?,
            None => None,
        };
        // Drivers and escorts remove what they sent themselves.
        let is_crew = viewer.role().is_some_and(Role::is_crew);
        let copy = copy.filter(|copy| !is_crew || viewer.kid() == Some(copy.kid));
        let Some(Attachment { party, .. }) = copy else {
            tx.rollback().await?;
            return Ok(Removed::Absent);
        };
        if attachment::is_named(&mut tx, party, digest).await? {
            tx.rollback().await?;
            return Err(named_already().into());
        }
        attachment::remove(&mut tx, party, digest).await?;
        tx.commit().await?;
        Ok(Removed::Gone)
    }

    /// Remove the files whose time has come and that no event names, and points of tracks that need not be kept any more; the others stay. Gives
    /// how many went.
    pub(super) async fn forget_unnamed(&self) -> Result<u64, Fault> {
        let mut gone = 0;
        loop {
            let now = self.inner.clock.now();
            let due = attachment::due(&mut self.inner.store.read().await?, now, MAX_GONE_AT_ONCE).await?;
            if due.is_empty() {
                return Ok(gone);
            }
            let mut tx = self.inner.store.write().await?;
            self.lock(&mut tx).await?;
            for (party, digest) in due {
                gone += u64::from(self.forget_or_keep(&mut tx, party, digest, now).await?);
            }
            tx.commit().await?;
        }
    }
}

/// A log index as cursors have it.
fn log_place(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn nobody() -> Refusal {
    let en = "sign in: a file is kept for a party";
    Refusal::one(
        RefusalKind::Unacceptable,
        Objection::new("attachment-of-nobody", "/header/authorization", "请先登录：附件按单位保存", en),
    )
}

fn too_large() -> Refusal {
    let zh = format!("附件最大 {MAX_ATTACHMENT_BYTES} 字节");
    let en = format!("an attachment has at most {MAX_ATTACHMENT_BYTES} bytes");
    Refusal::one(RefusalKind::TooLarge, Objection::new("body-too-large", "", zh, en))
}

fn unknown_media() -> Refusal {
    let zh = "附件只能是 JPEG、PNG、WebP 图片、PDF 文件或轨迹点 CSV，以内容为准";
    let en = "an attachment is a JPEG, PNG or WebP picture, a PDF file or a CSV file of points of a track: its bytes tell, whatever the header says";
    Refusal::one(RefusalKind::Unacceptable, Objection::new("attachment-media", "", zh, en))
}

fn exhausted() -> Refusal {
    let zh = format!(
        "每个单位最多保存 {MAX_PARTY_ATTACHMENTS} 个附件，共 {MAX_PARTY_ATTACHMENT_BYTES} 字节；请先删除没有记录引用的附件"
    );
    let en = format!(
        "each party keeps at most {MAX_PARTY_ATTACHMENTS} attachments of {MAX_PARTY_ATTACHMENT_BYTES} bytes together; \
         remove some that no event names"
    );
    Refusal::one(RefusalKind::Unacceptable, Objection::new("attachments-exhausted", "", zh, en))
}

fn named_already() -> Refusal {
    let zh = "已有记录引用该附件，不能删除；含个人信息的内容请主管部门办理删除告示";
    let en = "an event names this attachment, so it stays; an authority can erase the event together with it";
    Refusal::one(RefusalKind::Unacceptable, Objection::new("attachment-named", "/digest", zh, en))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_nothing_else_is() {
        let cursor = AttachmentCursor((1_772_414_400_000, Digest([7; 32])));
        assert_eq!(cursor.to_string().parse::<AttachmentCursor>().unwrap(), cursor);
        for bad in ["", "-", "7", "7-", "x-AAAA", "-7-AAAA", "99999999999999999999-AAAA"] {
            assert!(bad.parse::<AttachmentCursor>().is_err(), "{bad}");
        }
    }
}
