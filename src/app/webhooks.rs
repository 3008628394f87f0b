//! Webhooks (Standard Webhooks): messages of the outbox, sent to where a party or authority wants to be told.
//!
//! One message after the other, in their order, each until it is taken: what fails is tried again for a day, then the webhook is parked
//! and says why; nothing is dropped. A message keeps its id however often it is sent. What the key that answers for a webhook may see at
//! that moment is sent, and nothing once that key has ended.

mod delivery;
mod guard;
pub(super) mod signature;

use std::time::Duration;

use reqwest::Url;

use super::access::Viewer;
use super::error::{Fault, Refusal, RefusalKind, SubmitError};
use super::outward::{Outward, OutwardError};
use super::{App, seal};
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::custody::admit::Objection;
use crate::id::WebhookId;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::store::outbox;
use crate::store::webhook;

pub use crate::store::webhook::{Attempt, MAX_ATTEMPTS_KEPT, Webhook};
pub use delivery::why_parked;
pub use guard::{Guard, Network, NetworkError};

/// Most webhooks of a party.
pub const MAX_WEBHOOKS: usize = 16;
/// The longest address, in characters.
pub const MAX_URL_CHARS: usize = 2_048;
/// What is told beside the kinds of events.
pub const FINDING_MESSAGES: [&str; 3] = ["finding.opened", "finding.revised", "finding.closed"];
/// Hours for which messages may be signed with a secret that was renewed: a week.
pub const MAX_OVERLAP_HOURS: u32 = 168;
/// Hours for which they are where nothing else is asked for.
pub const OVERLAP_HOURS: u32 = 24;
/// Longest wait for a receiver: its work belongs behind its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What goes out with messages, and the way out.
pub(super) struct Courier {
    outward: Outward,
    guard: Guard,
    signer: signature::Signer,
}

impl Courier {
    pub(super) fn new(log_key: &crate::ledger::SigningKey, guard: Guard) -> Result<Self, Fault> {
        let outward = Outward::guarded(guard.clone(), ANSWER_WITHIN);
        let outward = outward.map_err(|error| Fault::Outward(error.to_string()))?;
        Ok(Self { outward, guard, signer: signature::Signer::of(log_key) })
    }
}

/// What somebody wants to be told, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedWebhook {
    /// Where messages go.
    pub url: String,
    /// Which messages, by their type; all where it names none.
    pub whats: Vec<String>,
}

/// A webhook with what its receiver needs to check messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDetail {
    /// The webhook.
    pub hook: Webhook,
    /// Its secret, `whsec_…`.
    pub secret: String,
    /// The ledger's key, `whpk_…`.
    pub public_key: String,
    /// The attempts that are kept, the last first.
    pub attempts: Vec<Attempt>,
}

impl App {
    /// Make a webhook of the viewer's party, from the next message on.
    pub async fn make_webhook(
        &self,
        viewer: &Viewer,
        wanted: WantedWebhook,
    ) -> Result<WebhookDetail, SubmitError> {
        let (party, kid) = keeper(viewer)?;
        self.check_wanted(&wanted)?;
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.write().await?;
        // Two at once must not both be the last one, and none may miss a message that is being committed.
        self.lock(&mut tx).await?;
        if webhook::of_party(&mut tx, party).await?.len() >= MAX_WEBHOOKS {
            return Err(refused(
                "webhooks-exhausted",
                "",
                too_many(),
                format!("each party has {MAX_WEBHOOKS} webhooks at most; delete one"),
            )
            .into());
        }
        let hook = Webhook {
            id: WebhookId::from_uuid(seal::new_id(now)?),
            party,
            reads_all: viewer.is_authority(),
            kid,
            url: wanted.url,
            whats: wanted.whats,
            parked_for: None,
            delivered: outbox::last(&mut tx).await?,
            made_at: now,
            attempts: 0,
            failing_since: None,
            failures: 0,
            next_at: now,
            secret_n: 0,
            old_secret_until: None,
        };
        webhook::insert(&mut tx, &hook).await?;
        tx.commit().await?;
        Ok(self.with_secret(hook, Vec::new()))
    }

    /// The webhooks of the viewer's party; of none where the viewer keeps none.
    pub async fn webhooks(&self, viewer: &Viewer) -> Result<Vec<Webhook>, Fault> {
        let Ok((party, _)) = keeper(viewer) else { return Ok(Vec::new()) };
        Ok(webhook::of_party(&mut self.inner.store.read().await?, party).await?)
    }

    /// One webhook of the viewer's party with its secret, and what its receiver answered.
    pub async fn webhook(&self, viewer: &Viewer, id: WebhookId) -> Result<Option<WebhookDetail>, Fault> {
        let Some(hook) = self.kept_by(viewer, id).await? else { return Ok(None) };
        let attempts = webhook::attempts(&mut self.inner.store.read().await?, id).await?;
        Ok(Some(self.with_secret(hook, attempts)))
    }

    /// Forget a webhook; false where the viewer keeps no such one.
    pub async fn delete_webhook(&self, viewer: &Viewer, id: WebhookId) -> Result<bool, Fault> {
        if self.kept_by(viewer, id).await?.is_none() {
            return Ok(false);
        }
        let mut tx = self.inner.store.write().await?;
        webhook::delete(&mut tx, id).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Send again from after a message on, or go on where it was parked; from now on the viewer's key answers for it.
    pub async fn replay_webhook(
        &self,
        viewer: &Viewer,
        id: WebhookId,
        after: Option<u64>,
    ) -> Result<Option<Webhook>, SubmitError> {
        let Some(mut hook) = self.kept_by(viewer, id).await? else { return Ok(None) };
        let mut tx = self.inner.store.write().await?;
        if after.is_some_and(|after| after > hook.delivered) {
            let zh = format!("after 应不大于已送达的编号 {}", hook.delivered);
            let en = format!(
                "after must be at most {}, which was delivered; nothing may be left out",
                hook.delivered
            );
            return Err(refused("replay-ahead", "/after", zh, en).into());
        }
        hook.kid = viewer.kid().unwrap_or(hook.kid);
        hook.delivered = after.unwrap_or(hook.delivered);
        (hook.parked_for, hook.failing_since, hook.failures) = (None, None, 0);
        hook.next_at = self.inner.clock.now();
        // Whoever serves it just now leaves it alone from here on.
        webhook::start_again(&mut tx, &hook).await?;
        tx.commit().await?;
        self.inner.outbox.ring();
        Ok(Some(hook))
    }

    /// Make another secret for a webhook: messages are signed with it from now on, and for so many hours with the one before it too. What came
    /// before that one is good for nothing. Not while an old one is still good, except to end both.
    pub async fn renew_secret(
        &self,
        viewer: &Viewer,
        id: WebhookId,
        hours: u32,
    ) -> Result<Option<WebhookDetail>, SubmitError> {
        if hours > MAX_OVERLAP_HOURS {
            let zh = format!("旧密钥最多保留 {MAX_OVERLAP_HOURS} 小时");
            let en = format!("an old secret is kept for {MAX_OVERLAP_HOURS} hours at most");
            return Err(refused("overlap-hours", "/overlap_hours", zh, en).into());
        }
        if self.kept_by(viewer, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.inner.store.write().await?;
        let now = self.inner.clock.now();
        let old_until = now.plus_hours(i64::from(hours));
        if !webhook::renew_secret(&mut tx, id, now, old_until).await? {
            let zh = "刚更换过，旧密钥仍有效：请先读取新密钥（接口 GET /webhooks/{id}），待旧密钥到期后再换；已泄露的，选择立即作废";
            let en = "it was renewed, and the old secret is still good: read the new one (GET /webhooks/{id}) and renew again when the old one has ended; where it leaked, with 0 hours";
            return Err(refused("secret-just-renewed", "/overlap_hours", zh, en).into());
        }
        tx.commit().await?;
        self.inner.outbox.ring();
        Ok(self.webhook(viewer, id).await?)
    }

    /// Send a test message now; what the receiver answered.
    pub async fn test_webhook(&self, viewer: &Viewer, id: WebhookId) -> Result<Option<Attempt>, Fault> {
        let Some(hook) = self.kept_by(viewer, id).await? else { return Ok(None) };
        let attempt = self.try_out(&hook).await?;
        let mut tx = self.inner.store.write().await?;
        let attempt = webhook::keep_attempt(&mut tx, id, attempt).await?;
        tx.commit().await?;
        Ok(Some(attempt))
    }

    /// A webhook of the viewer's party.
    async fn kept_by(&self, viewer: &Viewer, id: WebhookId) -> Result<Option<Webhook>, Fault> {
        let Ok((party, _)) = keeper(viewer) else { return Ok(None) };
        let hook = webhook::get(&mut self.inner.store.read().await?, id).await?;
        Ok(hook.filter(|hook| hook.party == party))
    }

    fn with_secret(&self, mut hook: Webhook, attempts: Vec<Attempt>) -> WebhookDetail {
        let now = self.inner.clock.now();
        hook.old_secret_until = hook.old_secret_until.filter(|until| now < *until);
        let signer = &self.inner.courier.signer;
        WebhookDetail {
            secret: signer.secret(hook.id, hook.secret_n),
            public_key: signer.public_key(),
            hook,
            attempts,
        }
    }

    fn check_wanted(&self, wanted: &WantedWebhook) -> Result<(), Refusal> {
        if wanted.url.len() > MAX_URL_CHARS {
            let zh = format!("地址最长 {MAX_URL_CHARS} 个字符");
            return Err(refused(
                "webhook-url",
                "/url",
                zh,
                format!("an address has at most {MAX_URL_CHARS} characters"),
            ));
        }
        if let Err(error) = target(&wanted.url, &self.inner.courier.guard) {
            let zh = "地址应以 https:// 开头，不含用户名和密码，且不得指向内部网络";
            return Err(refused("webhook-url", "/url", zh, error.to_string()));
        }
        for (n, what) in wanted.whats.iter().enumerate() {
            if !is_told(what) {
                let zh = "没有这种消息类型；应为事件种类，或 finding.opened、finding.revised、finding.closed";
                let en = format!(
                    "{what:?} is no type of message: a kind of event, or finding.opened, finding.revised, finding.closed"
                );
                return Err(refused("webhook-type", format!("/types/{n}"), zh, en));
            }
        }
        Ok(())
    }
}

/// True for what messages tell of.
fn is_told(what: &str) -> bool {
    FINDING_MESSAGES.contains(&what) || Kind::named(what).is_some()
}

/// True for whoever may keep webhooks of the party for which it looks.
pub fn keeps_webhooks(viewer: &Viewer) -> bool {
    keeper(viewer).is_ok()
}

/// Who keeps webhooks, and the key that answers for them: who may speak for a party, and officers of authorities.
fn keeper(viewer: &Viewer) -> Result<(Uscc, Kid), Refusal> {
    match viewer {
        Viewer::Party { party, role: Role::Administrator | Role::Operator, kid }
        | Viewer::Authority { party, role: Role::Officer | Role::Administrator, kid, .. } => {
            Ok((*party, *kid))
        }
        _ => Err(refused(
            "role-keeps-no-webhooks",
            "/header/authorization",
            "只有单位的管理员、经办人或主管部门的执法人员可以设置推送",
            "only an administrator or operator of a party, or an officer of an authority, keeps webhooks",
        )),
    }
}

/// The address, if it may be one: encrypted, without credentials, and no address of a network that must not be reached. Names are judged
/// when the connection is made.
fn target(url: &str, guard: &Guard) -> Result<Url, OutwardError> {
    let url = Url::parse(url).map_err(|error| OutwardError::Url(format!("{url} ({error})")))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let address: Option<std::net::IpAddr> = host.parse().ok();
    let is_named = address.is_some_and(|address| guard.is_named(address));
    let is_out = address.is_none_or(|address| guard.lets_out(address));
    let is_plain = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        _ if !is_out || !is_plain => Err(OutwardError::Forbidden(url.to_string())),
        "https" => Ok(url),
        "http" if is_named => Ok(url),
        _ => Err(OutwardError::Forbidden(url.to_string())),
    }
}

fn too_many() -> String {
    format!("每个单位最多设置 {MAX_WEBHOOKS} 个推送；请先删除一个")
}

fn refused(code: &str, pointer: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::one(RefusalKind::Unacceptable, Objection::new(code, pointer, zh, en))
}
