//! Delivering: whose turn it is, one message after the other, what to do when one is not taken.

use serde::Serialize;

use super::{Attempt, Courier, Webhook, target};
use crate::app::access::{AccessError, Viewer};
use crate::app::outward::{Outgoing, OutwardError};
use crate::app::query::Change;
use crate::app::query::changes::changes;
use crate::app::sending::{PARKED_AFTER_HOURS, is_given_up, pause_ms};
use crate::app::{App, Fault};
use crate::clock::{MINUTE_MS, Timestamp};
use crate::id::{WebhookId, derived};
use crate::shape::Lang;
use crate::store::ReadTx;
use crate::store::outbox::Numbered;
use crate::store::webhook::{self, Lease};

/// The status of a receiver that wants to be told no more (410).
const GONE: u16 = 410;
/// Why a webhook is parked whose key or mandate has ended.
const KEY_ENDED: &str = "the key that answers for it may not see for its party any more";
/// Why one is parked whose receiver wants to be told no more.
const RECEIVER_GONE: &str = "its receiver answered that it is gone (410)";
/// How long one process has a webhook to itself, in milliseconds: longer than all it sends in one turn takes.
const LEASE_MS: i64 = 10 * MINUTE_MS;
/// Messages sent in one turn of a webhook.
const A_TURN: u64 = 20;
/// Webhooks served at a time.
const AT_A_TIME: u64 = 8;
/// The longest reason that is kept, in characters.
const MAX_ERROR_CHARS: usize = 500;
/// One message as it is sent.
#[derive(Serialize)]
struct Payload<'a> {
    r#type: &'a str,
    timestamp: String,
    data: Option<Change>,
}

impl App {
    /// Send what is due now, each webhook at most a turn; the number of messages that were taken.
    pub async fn deliver(&self) -> Result<usize, Fault> {
        let now = self.inner.clock.now();
        let due = webhook::due(&mut self.inner.store.read().await?, now, AT_A_TIME).await?;
        let turns = due.into_iter().map(|hook| self.turn(hook.id));
        let taken = futures::future::join_all(turns).await;
        taken.into_iter().sum()
    }

    /// Deliver until the app is gone.
    pub fn watch_webhooks(&self) {
        self.whenever_changed("webhooks could not be served", |app| async move { app.deliver().await });
    }

    /// Serve one webhook, if no other process does: its next messages, until one is not taken.
    async fn turn(&self, id: WebhookId) -> Result<usize, Fault> {
        let now = self.inner.clock.now();
        let lease = Lease { now, until: now.plus_millis(LEASE_MS) };
        let mut tx = self.inner.store.write().await?;
        let is_ours = webhook::lease(&mut tx, id, lease).await?;
        tx.commit().await?;
        if !is_ours {
            return Ok(0);
        }
        let mut tx = self.inner.store.read().await?;
        // Since it was found due another process may have served it.
        let Some(mut hook) = webhook::get(&mut tx, id).await? else { return Ok(0) };
        let Some(viewer) = self.told_through(&mut tx, &hook, now).await? else {
            hook.parked_for = Some(KEY_ENDED.to_owned());
            self.end_turn(&hook, lease).await?;
            return Ok(0);
        };
        let found = changes(&mut tx, &viewer, hook.delivered, A_TURN).await?;
        drop(tx);
        let (mut taken, wanted) = (0, hook.clone());
        for message in found.items.iter().filter(|numbered| wanted.wants(&numbered.message.what)) {
            let attempt = self.send_message(&hook, message).await?;
            let is_taken = attempt.status.is_some_and(|status| (200..300).contains(&status));
            if is_taken {
                (hook.delivered, hook.failing_since, hook.failures) = (message.seq, None, 0);
                taken += 1;
            } else {
                failed(&mut hook, &attempt);
            }
            let is_ours = self.keep_attempt_of(&hook, lease, attempt).await?;
            if !is_ours {
                return Ok(taken);
            }
            if !is_taken {
                self.end_turn(&hook, lease).await?;
                return Ok(taken);
            }
        }
        hook.delivered = found.next;
        // To the end of the line: whoever always has more to be told keeps nobody waiting for ever.
        hook.next_at = self.inner.clock.now();
        self.end_turn(&hook, lease).await?;
        Ok(taken)
    }

    /// As whom a webhook is told: its key, looking as its party. `None` once that key or its mandate has ended.
    async fn told_through(
        &self,
        tx: &mut ReadTx,
        hook: &Webhook,
        now: Timestamp,
    ) -> Result<Option<Viewer>, Fault> {
        let Some(own) = Viewer::of_key(tx, hook.kid).await? else { return Ok(None) };
        match own.acting_for(self, hook.party, now).await {
            Ok(viewer) => Ok(Some(viewer)),
            Err(AccessError::Fault(fault)) => Err(fault),
            Err(_) => Ok(None),
        }
    }

    /// Keep an attempt, and how the webhook goes since; false when somebody else has started it again meanwhile.
    async fn keep_attempt_of(&self, hook: &Webhook, lease: Lease, attempt: Attempt) -> Result<bool, Fault> {
        let mut tx = self.inner.store.write().await?;
        let is_ours = webhook::save(&mut tx, hook, lease).await?;
        if is_ours {
            webhook::keep_attempt(&mut tx, hook.id, attempt).await?;
        }
        tx.commit().await?;
        Ok(is_ours)
    }

    /// Leave a webhook to whoever comes next.
    async fn end_turn(&self, hook: &Webhook, lease: Lease) -> Result<(), Fault> {
        let mut tx = self.inner.store.write().await?;
        if webhook::save(&mut tx, hook, lease).await? {
            webhook::release(&mut tx, hook.id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Send a message of type `webhook.test`.
    pub(super) async fn try_out(&self, hook: &Webhook) -> Result<Attempt, Fault> {
        let timestamp = self.inner.clock.now().to_string();
        self.send(hook, 0, &Payload { r#type: "webhook.test", timestamp, data: None }).await
    }

    async fn send_message(&self, hook: &Webhook, message: &Numbered) -> Result<Attempt, Fault> {
        let change = Change::of(message);
        let timestamp = message.message.at.to_string();
        let payload = Payload { r#type: &message.message.what, timestamp, data: Some(change) };
        self.send(hook, message.seq, &payload).await
    }

    async fn send(&self, hook: &Webhook, seq: u64, payload: &Payload<'_>) -> Result<Attempt, Fault> {
        let Courier { outward, guard, signer } = &self.inner.courier;
        let at = self.inner.clock.now();
        let body = serde_json::json!(payload).to_string();
        let id = message_id(hook.id, &body);
        let signed =
            signer.sign((hook.id, &hook.secrets_at(at)), &id, at.as_millis().div_euclid(1_000), &body);
        let headers = vec![
            ("webhook-id", id),
            ("webhook-timestamp", signed.timestamp),
            ("webhook-signature", signed.signatures),
        ];
        let answered = match target(&hook.url, guard) {
            Ok(url) => outward.status_of(Outgoing { url, headers, body }).await,
            Err(error) => Err(error),
        };
        let (status, error) = match answered {
            Ok(status) => (Some(status), None),
            Err(OutwardError::Unreachable(why)) => (None, Some(why)),
            Err(error) => (None, Some(error.to_string())),
        };
        let error = error.map(|why| why.chars().take(MAX_ERROR_CHARS).collect());
        Ok(Attempt { n: 0, seq, at, status, error })
    }
}

/// The id of a message: the same however often it is sent, and never that of another one, though cursors begin anew in a restored ledger.
fn message_id(hook: WebhookId, body: &str) -> String {
    let hook = hook.as_uuid();
    format!("msg_{}", derived(&[b"liandan/webhook-message/v1", hook.as_bytes(), body.as_bytes()]).simple())
}

/// When to try again, or that it is of no use.
fn failed(hook: &mut Webhook, attempt: &Attempt) {
    let since = *hook.failing_since.get_or_insert(attempt.at);
    let pause = pause_ms(hook.failures);
    hook.failures += 1;
    hook.next_at = attempt.at.plus_millis(pause);
    let said = attempt.status.map(|status| format!("status {status}")).or_else(|| attempt.error.clone());
    if attempt.status == Some(GONE) {
        hook.parked_for = Some(RECEIVER_GONE.to_owned());
    } else if is_given_up(since, attempt.at) {
        hook.parked_for = Some(format!("{}{}", not_taken(), said.unwrap_or_default()));
    }
}

/// How the reason begins of what was parked because nobody took its messages; the last answer follows.
fn not_taken() -> String {
    format!("not taken for {PARKED_AFTER_HOURS} hours: ")
}

/// Why a webhook is parked, for people. The reason is kept in English; what its receiver answered stays as it is.
pub fn why_parked(reason: &str, lang: Lang) -> String {
    let zh = match reason.strip_prefix(&not_taken()) {
        Some(said) => format!("连续 {PARKED_AFTER_HOURS} 小时未被接收，最后一次：{said}"),
        None if reason == KEY_ENDED => "负责它的密钥已不能再为本单位查阅".to_owned(),
        None if reason == RECEIVER_GONE => "接收方答复不再接收（410）".to_owned(),
        None => reason.to_owned(),
    };
    lang.pick(zh, reason.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalogue::Uscc;
    use crate::clock::HOUR_MS;
    use crate::ledger::Kid;

    fn hook() -> Webhook {
        let at = Timestamp::from_millis(0);
        Webhook {
            id: WebhookId::from_uuid(uuid::Uuid::nil()),
            party: Uscc::with_check("91350100M000100Y4").unwrap(),
            reads_all: false,
            kid: Kid::from_bytes([0; 32]),
            url: String::new(),
            whats: Vec::new(),
            parked_for: None,
            delivered: 0,
            made_at: at,
            attempts: 0,
            failing_since: None,
            failures: 0,
            next_at: at,
            secret_n: 0,
            old_secret_until: None,
        }
    }

    #[test]
    fn every_reason_is_told_in_chinese() {
        let answered = |at_ms, status| Attempt {
            n: 1,
            seq: 1,
            at: Timestamp::from_millis(at_ms),
            status: Some(status),
            error: None,
        };
        let mut gone = hook();
        failed(&mut gone, &answered(0, GONE));
        let mut late = hook();
        failed(&mut late, &answered(0, 500));
        assert_eq!(late.parked_for, None);
        failed(&mut late, &answered(PARKED_AFTER_HOURS * HOUR_MS, 503));
        for (reason, zh) in [
            (gone.parked_for.unwrap(), "接收方答复不再接收（410）"),
            (late.parked_for.unwrap(), "连续 24 小时未被接收，最后一次：status 503"),
            (KEY_ENDED.to_owned(), "负责它的密钥已不能再为本单位查阅"),
        ] {
            assert_eq!(why_parked(&reason, Lang::Zh), zh);
            assert_eq!(why_parked(&reason, Lang::En), reason);
        }
    }
}
