//! Notices that time alone brings: a webhook that was parked, a push that is stuck, sealed readings that are told from now on.

use super::audience;
use super::keeping::{Draft, keep_drafts};
use super::kinds::{Desk, NoticeKind};
use super::making::Made;
use super::thing::Thing;
use crate::app::{App, Fault};
use crate::catalogue::{Severity, Uscc};
use crate::clock::Timestamp;
use crate::id::NoticeId;
use crate::store::{ReadTx, access_log, notice, push, webhook};

/// What is looked at in one transaction.
const TIMED_AT_ONCE: u64 = 100;
/// Name of the cursor of readings.
const DISCLOSED: &str = "disclosed";
/// Name of the cursor of pushes.
const STUCK: &str = "push-stuck";

impl App {
    /// Tell of webhooks that were parked, each time once.
    pub(super) async fn tell_parked(&self) -> Result<usize, Fault> {
        let mut tx = self.inner.store.read().await?;
        let parked = webhook::parked(&mut tx, TIMED_AT_ONCE).await?;
        let kind = named("webhook-parked");
        let drafts = parked.into_iter().map(|hook| {
            let cause =
                [hook.id.as_uuid().as_bytes().as_slice(), &hook.next_at.as_millis().to_be_bytes()].concat();
            let about = ("webhook", hook.id.to_string());
            self.timed(kind, hook.next_at, hook.party, cause, about)
        });
        let drafts = unknown(&mut tx, drafts.collect()).await?;
        drop(tx);
        self.keep_timed(drafts, None).await
    }

    /// Tell of pushes that were refused, parked or answered otherwise than before, each change once, from the first time that this is asked on.
    pub(super) async fn tell_stuck_pushes(&self) -> Result<usize, Fault> {
        let mut tx = self.inner.store.read().await?;
        let from = notice::cursor(&mut tx, STUCK).await?.unwrap_or(0);
        let stuck = push::troubled(&mut tx, Timestamp::from_millis(from), TIMED_AT_ONCE).await?;
        let Some(last) = stuck.last().and_then(|item| item.changed_at) else { return Ok(0) };
        // More may still change in the last moment, unless it is over: that one is looked at again, and not told again.
        let is_over = stuck.len() as u64 >= TIMED_AT_ONCE && last < self.inner.clock.now();
        let until = (last.as_millis() - i64::from(!is_over)).max(from);
        let kind = named("push-stuck");
        let drafts = stuck.into_iter().filter_map(|item| {
            let at = item.changed_at?;
            let cause = [item.id.as_uuid().as_bytes().as_slice(), &at.as_millis().to_be_bytes()].concat();
            Some(self.timed(kind, at, item.party, cause, ("push", item.id.to_string())))
        });
        let drafts = unknown(&mut tx, drafts.collect()).await?;
        drop(tx);
        let moved = (until > from).then_some((STUCK, from, until));
        self.keep_timed(drafts, moved).await
    }

    /// Tell of sealed readings whose day has come, from the first time that this is asked on.
    pub(super) async fn tell_disclosed(&self) -> Result<usize, Fault> {
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.read().await?;
        let Some(from) = notice::cursor(&mut tx, DISCLOSED).await? else {
            drop(tx);
            return self.keep_timed(Vec::new(), Some((DISCLOSED, now.as_millis(), now.as_millis()))).await;
        };
        let since = Timestamp::from_millis(from);
        let disclosed = access_log::disclosed(&mut tx, since, now, TIMED_AT_ONCE).await?;
        drop(tx);
        // More than fit are told the next time: those of the last moment among them are looked at again, and not made again.
        let is_all = (disclosed.len() as u64) < TIMED_AT_ONCE;
        let last = disclosed.last().and_then(|sealed| sealed.discloses_at).map(Timestamp::as_millis);
        let Some(last) = last else { return Ok(0) };
        let until = if is_all { now.as_millis() } else { (last - 1).max(from) };
        let kind = named("reading-disclosed");
        let drafts = disclosed.into_iter().map(|sealed| {
            let (at, cause) = (sealed.discloses_at.unwrap_or(now), sealed.id.as_uuid().as_bytes().to_vec());
            self.timed(kind, at, sealed.owner, cause, ("reading", sealed.id.to_string()))
        });
        self.keep_timed(drafts.collect(), Some((DISCLOSED, from, until))).await
    }

    /// A notice that time brings.
    fn timed(
        &self,
        kind: &'static NoticeKind,
        at: Timestamp,
        party: Uscc,
        cause: Vec<u8>,
        about: (&str, String),
    ) -> Draft {
        let thing = Thing::default();
        let severity = kind.severity.unwrap_or(Severity::Minor);
        let audience = match kind.desk {
            Desk::Office => audience::OFFICE,
            Desk::Administrators => audience::ADMINISTRATORS,
        };
        let made = Made { kind, severity, at, party, divisions: Vec::new(), thing: &thing, cause };
        let mut draft = self.draft(made, vec![audience.to_owned()]);
        (draft.notice.subject_kind, draft.notice.subject) = (about.0.to_owned(), about.1);
        draft
    }

    /// Keep what time brought; a cursor says from where to look the next time.
    async fn keep_timed(&self, drafts: Vec<Draft>, moved: Option<(&str, i64, i64)>) -> Result<usize, Fault> {
        if drafts.is_empty() && moved.is_none() {
            return Ok(0);
        }
        let mut tx = self.inner.store.write().await?;
        if let Some((name, from, to)) = moved {
            notice::begin_cursor(&mut tx, name, from).await?;
            notice::move_cursor(&mut tx, name, from, to).await?;
        }
        let made = keep_drafts(&mut tx, drafts).await?;
        tx.commit().await?;
        Ok(made)
    }
}

/// Those of these notices that were not made before.
async fn unknown(tx: &mut ReadTx, drafts: Vec<Draft>) -> Result<Vec<Draft>, Fault> {
    let ids: Vec<NoticeId> = drafts.iter().map(|draft| draft.notice.id).collect();
    let known = notice::known(tx, &ids).await?;
    Ok(drafts.into_iter().filter(|draft| !known.contains(&draft.notice.id)).collect())
}

fn named(name: &str) -> &'static NoticeKind {
    NoticeKind::named(name).expect("it stands in the table")
}
