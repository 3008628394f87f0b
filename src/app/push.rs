//! Telling platforms of the state (报送): what firms let be told of their manifests, made once from the outbox, sent in order, asked for where
//! it is not known whether it was taken, and every answer kept.
//!
//! Platforms are the operator's: their addresses, mappings and tokens stand in its configuration. A firm says for which of them its manifests
//! may be told, and takes it back.

mod delivery;
mod facts;
mod making;
mod outcome;
mod platform;
mod reading;

use super::App;
use super::access::Viewer;
use super::error::{Refusal, RefusalKind, SubmitError};
use crate::catalogue::Uscc;
use crate::custody::admit::Objection;
use crate::id::PushId;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::shape::Text;
use crate::store::push;

pub use crate::store::push::{
    Consent, Item, LineMark, LineState, MAX_PUSH_ATTEMPTS_KEPT, PushAttempt, PushSpot, PushState,
};
pub use outcome::in_words;
pub use platform::{MAX_PLATFORMS, Platform, PlatformEntry, PlatformError, PlatformsFile};
pub use reading::{PlatformSeen, PushDetail, PushFilter};

/// Most words of consent of one firm that are kept.
const MAX_CONSENTS: usize = 200;

impl App {
    /// Tell these platforms from now on; the first ones that were named count.
    pub fn push_to(&self, platforms: Vec<Platform>) {
        // Named a second time: the first stand.
        drop(self.inner.platforms.set(platforms));
    }

    /// The platforms that are told.
    pub fn platforms(&self) -> &[Platform] {
        self.inner.platforms.get().map_or(&[], Vec::as_slice)
    }

    /// Let a platform be told of the viewer's manifests, or say anew what its plan is called there; false where there is no such platform.
    pub async fn agree_to_push(
        &self,
        viewer: &Viewer,
        platform: &str,
        plan_number: Option<Text<64>>,
    ) -> Result<bool, SubmitError> {
        let (party, kid) = consenter(viewer)?;
        if !self.platforms().iter().any(|known| known.id == platform) {
            return Ok(false);
        }
        let now = self.inner.clock.now();
        let plan_number = plan_number.map(|number| number.to_string());
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        if push::consent(&mut tx, party, platform).await?.is_some() {
            push::name_plan(&mut tx, party, platform, plan_number.as_deref()).await?;
        } else {
            if push::consents(&mut tx, party).await?.len() >= MAX_CONSENTS {
                let zh = format!("每个单位最多保留 {MAX_CONSENTS} 条同意记录");
                let en = format!("at most {MAX_CONSENTS} words of consent are kept of a party");
                return Err(refused("consents-exhausted", "", zh, en).into());
            }
            // Before the first word nothing was looked at: it is told from here on.
            making::begin(&mut tx).await?;
            let platform = platform.to_owned();
            let consent = Consent { party, platform, since: now, kid, plan_number, ended: None };
            push::agree(&mut tx, &consent).await?;
        }
        tx.commit().await?;
        self.inner.outbox.ring();
        Ok(true)
    }

    /// Take it back; false where it was not given. What waits is told no more; what was told stays told.
    pub async fn end_push(&self, viewer: &Viewer, platform: &str) -> Result<bool, SubmitError> {
        let (party, kid) = consenter(viewer)?;
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        if push::consent(&mut tx, party, platform).await?.is_none() {
            return Ok(false);
        }
        push::end_consent(&mut tx, party, platform, now, kid).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Start again what is parked, or send once more what was refused; `None` where the viewer's party has no such item.
    pub async fn retry_push(&self, viewer: &Viewer, id: PushId) -> Result<Option<Item>, SubmitError> {
        let (party, _) = consenter(viewer)?;
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        let Some(mut item) = push::item(&mut tx, id).await?.filter(|item| item.party == party) else {
            return Ok(None);
        };
        match item.state {
            PushState::Parked if item.is_unclear => item.state = PushState::Sent,
            PushState::Parked => item.state = PushState::Waiting,
            PushState::Refused => {
                // Another message: the platform knows the refused one by its key.
                (item.state, item.round) = (PushState::Waiting, item.round + 1);
                for line in item.lines.iter_mut().filter(|line| line.mark == LineMark::Refused) {
                    line.mark = LineMark::Open;
                }
            }
            _ => {
                let zh = "只有已停止或被退回的报送可以重试";
                let en = "only what is parked or refused can be tried again";
                return Err(refused("push-not-retried", "", zh, en).into());
            }
        }
        (item.why, item.failing_since, item.failures, item.next_at) = (None, None, 0, now);
        push::put(&mut tx, &item).await?;
        tx.commit().await?;
        self.inner.outbox.ring();
        Ok(Some(item))
    }
}

/// True for who may say whether a platform is told.
pub fn may_consent(viewer: &Viewer) -> bool {
    consenter(viewer).is_ok()
}

/// Who says it for a firm: who may speak for it.
fn consenter(viewer: &Viewer) -> Result<(Uscc, Kid), Refusal> {
    match viewer {
        Viewer::Party { party, role: Role::Administrator | Role::Operator, kid } => Ok((*party, *kid)),
        _ => Err(refused(
            "role-consents-to-no-push",
            "/header/authorization",
            "只有单位的管理员或经办人可以决定是否报送",
            "only an administrator or operator of a party says whether a platform is told",
        )),
    }
}

fn refused(code: &str, pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::one(RefusalKind::Unacceptable, Objection::new(code, pointer, zh, en))
}
