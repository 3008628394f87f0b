//! Drafts (草稿): what somebody began to write, for whoever of the party goes on with it. Beside the log; nobody else ever sees one.

use uuid::Uuid;

use super::access::{Viewer, own_party};
use super::error::{Refusal, SubmitError};
use super::query::{Page, page_of, page_size};
use super::{App, Fault};
use crate::custody::admit::Objection;
use crate::id::DraftId;
use crate::shape::Text;
use crate::store::draft;

pub use crate::store::draft::Draft;

/// Most drafts of a party.
pub const MAX_DRAFTS: u64 = 1_000;
/// Most bytes of what a draft holds.
pub const MAX_DRAFT_BYTES: usize = 64 * 1024;
/// Days after which a draft that nobody saved again is thrown away.
pub const DRAFT_LIFE_DAYS: i64 = 90;

/// A draft as somebody saves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedDraft {
    /// What people call it.
    pub title: Text<100>,
    /// A JSON object; in the end what `POST /events/prepare` takes.
    pub wish: String,
    /// The version that it goes on from; 0 for a new one.
    pub version: u64,
}

impl App {
    /// Save a draft of the viewer's party; `None` for who has none.
    pub async fn save_draft(
        &self,
        viewer: &Viewer,
        id: DraftId,
        saved: SavedDraft,
    ) -> Result<Option<Draft>, SubmitError> {
        self.may_write()?;
        let now = self.clock().now();
        let stale = now.plus_hours(-24 * DRAFT_LIFE_DAYS);
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        draft::forget(&mut tx, stale).await?;
        let (Some(party), Some(by)) = (own_party(&mut tx, viewer).await?, viewer.kid()) else {
            tx.rollback().await?;
            return Ok(None);
        };
        let known = draft::get(&mut tx, party, id).await?;
        let is_full = known.is_none() && draft::count(&mut tx, party).await? >= MAX_DRAFTS;
        let wrong = wrong_draft(&saved, known.as_ref(), is_full);
        if !wrong.is_empty() {
            tx.rollback().await?;
            return Err(Refusal::unacceptable(wrong).into());
        }
        let SavedDraft { title, wish, version } = saved;
        let title = title.to_string();
        let draft = Draft { id, party, title, wish, version: version + 1, by, saved_at: now };
        draft::save(&mut tx, &draft).await?;
        tx.commit().await?;
        Ok(Some(draft))
    }

    /// A draft of the viewer's party.
    pub async fn draft_of(&self, viewer: &Viewer, id: DraftId) -> Result<Option<Draft>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some(party) = own_party(&mut tx, viewer).await? else { return Ok(None) };
        Ok(draft::get(&mut tx, party, id).await?.filter(|draft| self.is_fresh(draft)))
    }

    /// A page of the drafts of the viewer's party, by id.
    pub async fn drafts(
        &self,
        viewer: &Viewer,
        after: Option<DraftId>,
        limit: u64,
    ) -> Result<Page<Draft, DraftId>, Fault> {
        let limit = page_size(limit);
        let after = after.unwrap_or(DraftId::from_uuid(Uuid::nil()));
        let mut tx = self.inner.store.read().await?;
        let Some(party) = own_party(&mut tx, viewer).await? else { return Ok(Page::empty()) };
        let found = draft::of_party(&mut tx, party, after, limit + 1).await?;
        let mut page = page_of(found, limit, |draft| draft.id);
        page.items.retain(|draft| self.is_fresh(draft));
        Ok(page)
    }

    /// Throw a draft of the viewer's party away; false where there is none.
    pub async fn drop_draft(&self, viewer: &Viewer, id: DraftId) -> Result<bool, SubmitError> {
        self.may_write()?;
        let mut tx = self.inner.store.write().await?;
        let was_there = match own_party(&mut tx, viewer).await? {
            Some(party) => draft::delete(&mut tx, party, id).await?,
            None => false,
        };
        tx.commit().await?;
        Ok(was_there)
    }

    fn is_fresh(&self, draft: &Draft) -> bool {
        draft.saved_at > self.clock().now().plus_hours(-24 * DRAFT_LIFE_DAYS)
    }
}

/// Everything that speaks against saving.
fn wrong_draft(saved: &SavedDraft, known: Option<&Draft>, is_full: bool) -> Vec<Objection> {
    let mut wrong = Vec::new();
    let version = known.map_or(0, |known| known.version);
    if saved.version != version {
        wrong.push(Objection::new(
            "draft-changed",
            "/version",
            format!("草稿已被保存为第 {version} 版，请先读取再修改"),
            format!("the draft is at version {version}: somebody saved it meanwhile; read it again"),
        ));
    }
    if saved.wish.len() > MAX_DRAFT_BYTES {
        wrong.push(Objection::new(
            "draft-too-large",
            "/wish",
            format!("草稿内容最多 {MAX_DRAFT_BYTES} 字节"),
            format!("a draft holds at most {MAX_DRAFT_BYTES} bytes"),
        ));
    }
    if is_full {
        wrong.push(Objection::new(
            "drafts-full",
            "",
            format!("每单位最多 {MAX_DRAFTS} 份草稿"),
            format!("a party has at most {MAX_DRAFTS} drafts"),
        ));
    }
    wrong
}
