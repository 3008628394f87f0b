//! Sealed readings (密查): an officer asks, a second one of the same authority agrees, and until a day the owner is not told what the two read of
//! it. Then it is told all of it, with the reason. How many there are is public from the beginning.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::Viewer;
use crate::app::error::{Refusal, RefusalKind, SubmitError};
use crate::app::query::{Page, page_of, page_size};
use crate::app::seal::new_id;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::admit::Objection;
use crate::id::SealedReadId;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::shape::Text;
use crate::store::{access_log, registry};

pub use crate::store::access_log::SealedRead;

/// The longest time from the agreement until the owner is told, in days (*).
pub const MAX_SEALED_DAYS: u32 = 180;
/// A second officer agrees within so many hours, or it is asked for anew (*).
const AGREES_WITHIN_HOURS: i64 = 7 * 24;

/// How many sealed readings were agreed to in a year, and how many of them are disclosed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedCounts {
    /// Agreed to.
    pub agreed: u64,
    /// Of these, disclosed by now.
    pub disclosed: u64,
}

impl App {
    /// Ask to read a party's records without it being told until `days` after a second officer agreed. For officers over the party.
    pub async fn ask_sealed_reading(
        &self,
        viewer: &Viewer,
        owner: Uscc,
        reason: Text<500>,
        days: u32,
    ) -> Result<SealedRead, SubmitError> {
        let (authority, kid) = officer(viewer)?;
        if !(1..=MAX_SEALED_DAYS).contains(&days) {
            let zh = format!("days 应为 1 到 {MAX_SEALED_DAYS}");
            let en = format!("days is 1 to {MAX_SEALED_DAYS}");
            return Err(unacceptable("days-out-of-range", "/days", zh, en));
        }
        self.may_write()?;
        let now = self.clock().now();
        let mut tx = self.inner.store.write().await?;
        let record = registry::parties(&mut tx, &[owner]).await?.into_iter().next();
        let is_supervised = record.is_some_and(|record| viewer.supervises(&[record.division]));
        if !is_supervised || owner == authority {
            tx.rollback().await?;
            let zh = "本机关没有监管这个单位";
            return Err(unacceptable(
                "party-unknown",
                "/party",
                zh,
                "this authority supervises no such party",
            ));
        }
        let sealed = SealedRead {
            id: SealedReadId::from_uuid(new_id(now)?),
            owner,
            authority,
            reason: reason.to_string(),
            days,
            asked_by: kid,
            asked_at: now,
            agreed: None,
            discloses_at: None,
        };
        access_log::ask_sealed(&mut tx, &sealed).await?;
        tx.commit().await?;
        Ok(sealed)
    }

    /// Agree to what another officer of the same authority asked for. `None` where there is nothing of that name.
    pub async fn agree_to_sealed_reading(
        &self,
        viewer: &Viewer,
        id: SealedReadId,
    ) -> Result<Option<SealedRead>, SubmitError> {
        let (authority, kid) = officer(viewer)?;
        self.may_write()?;
        let now = self.clock().now();
        let mut tx = self.inner.store.write().await?;
        let asked = access_log::sealed(&mut tx, id).await?.filter(|sealed| sealed.authority == authority);
        let Some(sealed) = asked else {
            tx.rollback().await?;
            return Ok(None);
        };
        let discloses_at = now.plus_hours(i64::from(sealed.days) * 24);
        let refused = if sealed.asked_by == kid {
            Some((
                "second-officer",
                "须由另一名执法人员同意",
                "another officer than the one who asked agrees",
            ))
        } else if now > sealed.asked_at.plus_hours(AGREES_WITHIN_HOURS) {
            Some((
                "asked-too-long-ago",
                "申请已超过七天，请重新申请",
                "it was asked more than seven days ago; ask anew",
            ))
        } else if !access_log::agree_sealed(&mut tx, id, (kid, now), discloses_at).await? {
            Some(("agreed-already", "已经有人同意", "somebody has agreed already"))
        } else {
            None
        };
        if let Some((code, zh, en)) = refused {
            tx.rollback().await?;
            return Err(unacceptable(code, "", zh, en));
        }
        tx.commit().await?;
        Ok(Some(SealedRead { agreed: Some((kid, now)), discloses_at: Some(discloses_at), ..sealed }))
    }

    /// A page of the viewer's authority's own, the last first, from before one on.
    pub async fn sealed_readings(
        &self,
        viewer: &Viewer,
        before: Option<SealedReadId>,
        limit: u64,
    ) -> Result<Page<SealedRead, SealedReadId>, Fault> {
        let limit = page_size(limit);
        let Viewer::Authority { party, .. } = viewer else { return Ok(Page::empty()) };
        let before = before.map_or(uuid::Uuid::max(), |id| id.as_uuid());
        let mut tx = self.inner.store.read().await?;
        let rows = access_log::sealed_by(&mut tx, *party, before, limit + 1).await?;
        Ok(page_of(rows, limit, |sealed| sealed.id))
    }

    /// For everybody: how many there are, by the local year in which they were agreed to.
    pub async fn sealed_counts(&self) -> Result<BTreeMap<i32, SealedCounts>, Fault> {
        let profile = self.rulebook().profile;
        let mut tx = self.inner.store.read().await?;
        let mut counts: BTreeMap<i32, SealedCounts> = BTreeMap::new();
        for (agreed_at, is_disclosed) in access_log::counts(&mut tx, self.clock().now()).await? {
            let year = counts.entry(profile.local_date(agreed_at.as_millis()).year()).or_default();
            year.agreed += 1;
            year.disclosed += u64::from(is_disclosed);
        }
        Ok(counts)
    }
}

fn officer(viewer: &Viewer) -> Result<(Uscc, Kid), SubmitError> {
    match viewer {
        Viewer::Authority { party, kid, role: Role::Officer, .. } => Ok((*party, *kid)),
        _ => Err(unacceptable(
            "not-officer",
            "",
            "只有主管部门的执法人员可以这样做",
            "only an officer of an authority does this",
        )),
    }
}

fn unacceptable(code: &str, pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> SubmitError {
    Refusal::one(RefusalKind::Unacceptable, Objection::new(code, pointer, zh, en)).into()
}
