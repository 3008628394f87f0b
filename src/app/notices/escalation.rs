//! Nobody looked, or nobody did what is to be done: the notice goes to whoever is next.

use super::audience::{self, Posts};
use super::keeping::tell;
use super::ladder::{later, rungs};
use crate::app::{App, Fault};
use crate::catalogue::Severity;
use crate::clock::Timestamp;
use crate::store::notice::{self, Addressee, StoredNotice};
use crate::store::{ReadTx, WriteTx};

/// Notices looked at in one round.
const A_ROUND: u64 = 100;

impl App {
    /// Send further up what waited too long; how many notices went up.
    pub async fn escalate(&self) -> Result<usize, Fault> {
        if self.may_write().is_err() {
            return Ok(0);
        }
        let mut went = 0;
        loop {
            let now = self.inner.clock.now();
            let mut tx = self.inner.store.read().await?;
            let due = notice::to_escalate(&mut tx, now, A_ROUND).await?;
            let posts = Posts::on(&mut tx, self.today()).await?;
            let mut steps = Vec::with_capacity(due.len());
            for notice in &due {
                steps.push(self.step_of(&mut tx, &posts, notice, now).await?);
            }
            drop(tx);
            for (notice, step) in due.iter().zip(steps) {
                went += usize::from(self.take_step(notice, step).await?);
            }
            if (due.len() as u64) < A_ROUND {
                return Ok(went);
            }
        }
    }

    /// The next rung on which somebody stands who was not told before.
    async fn step_of(
        &self,
        tx: &mut ReadTx,
        posts: &Posts,
        notice: &StoredNotice,
        now: Timestamp,
    ) -> Result<GoingUp, Fault> {
        let known = notice::addressees(tx, &[notice.id]).await?;
        let is_known =
            |party, audience: &str| known.iter().any(|(_, to)| to.party == party && to.audience == audience);
        let severity = audience::severity_named(&notice.severity).unwrap_or(Severity::Minor);
        let rungs = rungs(tx, posts, notice).await?;
        let from = usize::try_from(notice.rungs).unwrap_or(usize::MAX);
        for (rung, told) in (1_u64..).zip(rungs).skip(from) {
            let audiences = told
                .into_iter()
                .flat_map(|(party, audiences)| audiences.into_iter().map(move |audience| (party, audience)));
            let new = audiences.filter(|(party, audience)| !is_known(*party, audience));
            let to: Vec<Addressee> =
                new.map(|(party, audience)| Addressee { party, audience, at: now, rung }).collect();
            if !to.is_empty() {
                let next = later(self.rulebook().profile, now, severity);
                return Ok(GoingUp { rung, to, next });
            }
        }
        Ok(GoingUp { rung: notice.rungs, to: Vec::new(), next: None })
    }

    /// Once, whoever else looks at it meanwhile.
    async fn take_step(&self, notice: &StoredNotice, step: GoingUp) -> Result<bool, Fault> {
        let mut tx: WriteTx = self.inner.store.write().await?;
        if !notice::escalated(&mut tx, notice, step.rung, step.next).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        tell(&mut tx, [(notice, step.to.as_slice())].into_iter()).await?;
        tx.commit().await?;
        Ok(!step.to.is_empty())
    }
}

/// One step of a notice.
struct GoingUp {
    rung: u64,
    to: Vec<Addressee>,
    /// When it goes further; `None` where nobody stands above.
    next: Option<Timestamp>,
}
