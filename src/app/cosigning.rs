//! Cosignatures for the ledger's own heads: witnesses are asked in the background (C2SP tlog-witness). Custody never waits for
//! them; what they answer is verified before it is stored, and stands below the checkpoint from then on.
//!
//! A witness also remembers what this ledger signed. What it merely says of that proves nothing; a head with this ledger's
//! signature that it shows is held against the database.

mod held;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use super::deadlines::pause_for;
use super::outward::{Outward, OutwardError};
use super::query::LogError;
use super::signing::CompareError;
use super::{App, Fault};
use crate::clock::Clock;
use crate::ledger::cosignature;
use crate::ledger::note::{NoteError, NoteKey};
use crate::ledger::policy::{Policy, PolicyWitness};
use crate::ledger::witness::{AddCheckpoint, SIZE_MEDIA_TYPE, size_of};
use crate::store::cosignature::StoredCosignature;
use crate::store::log::StoredCheckpoint;
use crate::store::{ReadTx, cosignature as cosignatures, log};

/// The longest answer of a witness, in bytes: a few lines.
const MAX_ANSWER_BYTES: usize = 16 * 1024;
/// Most requests for one head: the first, one with the size the witness named, and one more where another process came between.
const MAX_REQUESTS: usize = 3;
/// After a good answer: heads that come within this time are asked for at once, as the latest of them.
const LEAST_PAUSE: Duration = Duration::from_secs(1);
/// After a failure; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Never longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Another process may sign heads that this one is not told of, so it looks for itself.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Why a witness gave no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum CosigningError {
    /// It could not be asked.
    #[error(transparent)]
    Outward(#[from] OutwardError),
    /// It answered something else.
    #[error("it answered with status {0}")]
    Status(u16),
    /// It named no size where it must.
    #[error("it refused the size and named no other")]
    NoSize,
    /// What it answered is not its cosignature of this head.
    #[error("its answer is not its cosignature of this head: {0}")]
    NotACosignature(#[from] NoteError),
    /// It says that it has cosigned a larger head than there is here: the database may be an old copy.
    #[error("it says that it has cosigned a head of size {theirs}, and this ledger is signed up to {ours}")]
    Ahead {
        /// Size it cosigned.
        theirs: u64,
        /// Size of the latest head here.
        ours: u64,
    },
    /// It says that it has cosigned another history of this log.
    #[error("it says that it has cosigned another history of this log, up to size {0}")]
    OtherHistory(u64),
    /// It named another size each time.
    #[error("it named another size each time it was asked")]
    Unsettled,
    /// What it shows was not compared.
    #[error(transparent)]
    NotCompared(#[from] CompareError),
    /// It did not show its head in time.
    #[error("it did not answer within {0:?}")]
    TooSlow(Duration),
    /// We are wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<crate::store::StoreError> for CosigningError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<LogError> for CosigningError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Fault(fault) => Self::Fault(fault),
            LogError::OutOfRange { signed } => Self::OtherHistory(signed),
        }
    }
}

impl CosigningError {
    /// True when the witness says that this ledger signed what is not here, rather than having failed. It may lie.
    pub fn accuses(&self) -> bool {
        matches!(self, Self::Ahead { .. } | Self::OtherHistory(_))
    }
}

/// Who is asked, and the bell for it.
#[derive(Default)]
pub(super) struct Cosigning {
    bell: watch::Sender<()>,
    asked: OnceLock<Arc<Asked>>,
}

impl Cosigning {
    /// A head was stored.
    pub(super) fn published(&self) {
        self.bell.send_replace(());
    }
}

/// The policy, and a turn for each of its witnesses: one request at a time.
struct Asked {
    policy: Policy,
    outward: Outward,
    turns: Vec<Mutex<()>>,
}

impl App {
    /// Ask the witnesses of this policy from now on; those without a URL are known and not asked. Only the first call counts.
    pub fn ask_witnesses(&self, policy: Policy) -> Result<(), OutwardError> {
        for url in policy.witnesses().iter().filter_map(|witness| witness.url.as_ref()) {
            Outward::below(url, "add-checkpoint")?;
        }
        let policy = policy.knowing(self.verifier());
        let turns = policy.witnesses().iter().map(|_| Mutex::default()).collect();
        let asked = Asked { policy, outward: Outward::new()?, turns };
        drop(self.inner.cosigning.asked.set(Arc::new(asked)));
        Ok(())
    }

    /// The policy that this ledger's heads are judged by; `None` when it asks nobody.
    pub fn policy(&self) -> Option<&Policy> {
        self.inner.cosigning.asked.get().map(|asked| &asked.policy)
    }

    /// Ask every witness for the latest head that it has not cosigned yet, all at once. What each answered, by its name.
    pub async fn collect_cosignatures(&self) -> Vec<(String, Result<(), CosigningError>)> {
        let Some(asked) = self.inner.cosigning.asked.get() else { return Vec::new() };
        let one = async |n: usize, witness: &PolicyWitness| {
            let url = witness.url.as_deref()?;
            Some((witness.name.clone(), self.collect_one(asked, n, witness, url).await))
        };
        let all = asked.policy.witnesses().iter().enumerate().map(|(n, witness)| one(n, witness));
        futures::future::join_all(all).await.into_iter().flatten().collect()
    }

    /// Ask one witness. When it accuses this ledger it must show why.
    async fn collect_one(
        &self,
        asked: &Asked,
        n: usize,
        witness: &PolicyWitness,
        url: &str,
    ) -> Result<(), CosigningError> {
        let _turn = asked.turns[n].lock().await;
        let collected = self.cosign_head(asked, witness, url).await;
        if collected.as_ref().is_err_and(CosigningError::accuses)
            && let Err(error) = self.compare_with(asked, witness, url).await
        {
            tracing::warn!(witness = witness.name, %error, "a witness accuses this ledger and does not show why");
        }
        collected
    }

    /// Have the latest head cosigned, unless it is.
    async fn cosign_head(
        &self,
        asked: &Asked,
        witness: &PolicyWitness,
        url: &str,
    ) -> Result<(), CosigningError> {
        let mut old_size = None;
        for _ in 0..MAX_REQUESTS {
            // Read anew each time: another process may have had a larger head cosigned meanwhile.
            let mut tx = self.inner.store.read().await?;
            let Some(head) = log::latest_signed(&mut tx).await? else { return Ok(()) };
            let known = last_of(&mut tx, witness).await?;
            drop(tx);
            if known == head.size {
                return Ok(());
            }
            let old = old_size.unwrap_or(known);
            if old > head.size {
                return Err(CosigningError::Ahead { theirs: old, ours: head.size });
            }
            match self.ask(&asked.outward, url, old, &head).await? {
                Said::Cosigned(answer) => return self.keep(witness, &head, &answer).await,
                Said::Size(size) if size == old => return Err(CosigningError::OtherHistory(size)),
                Said::Size(size) => old_size = Some(size),
            }
        }
        Err(CosigningError::Unsettled)
    }

    async fn ask(
        &self,
        outward: &Outward,
        url: &str,
        old_size: u64,
        head: &StoredCheckpoint,
    ) -> Result<Said, CosigningError> {
        let proof = match old_size {
            0 => Vec::new(),
            old => self.consistency_proof(old, head.size).await?.hashes,
        };
        let request = AddCheckpoint { old_size, proof, note: head.note.clone() };
        let url = Outward::below(url, "add-checkpoint")?;
        let answer = outward.post(url, request.to_text(), MAX_ANSWER_BYTES).await?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        match answer.status {
            200 => Ok(Said::Cosigned(text)),
            409 if answer.media_type == SIZE_MEDIA_TYPE => {
                let size = text.strip_suffix('\n').and_then(size_of).ok_or(CosigningError::NoSize)?;
                Ok(Said::Size(size))
            }
            409 => Err(CosigningError::NoSize),
            422 => Err(CosigningError::OtherHistory(old_size)),
            other => Err(CosigningError::Status(other)),
        }
    }

    /// Verify an answer and store it.
    async fn keep(
        &self,
        witness: &PolicyWitness,
        head: &StoredCheckpoint,
        answer: &str,
    ) -> Result<(), CosigningError> {
        let found = cosignature::find(&format!("{}{answer}", head.note), &witness.key)?;
        let stored = StoredCosignature {
            name: witness.key.name.clone(),
            key_id: witness.key.key_id(),
            size: head.size,
            line: found.line,
            at_s: found.at_s,
        };
        let mut tx = self.inner.store.write().await?;
        cosignatures::save(&mut tx, &stored).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ask the witnesses whenever a head is stored, until the app is gone. A clock that stands still is not watched: whoever
    /// sets it calls [`App::collect_cosignatures`].
    pub fn watch_witnesses(&self) {
        let Some(asked) = self.inner.cosigning.asked.get() else { return };
        if matches!(self.inner.clock, Clock::Manual(_)) {
            return;
        }
        for (n, witness) in asked.policy.witnesses().iter().enumerate() {
            let Some(url) = witness.url.clone() else { continue };
            let (weak, asked, witness) = (Arc::downgrade(&self.inner), Arc::clone(asked), witness.clone());
            let mut bell = self.inner.cosigning.bell.subscribe();
            tokio::spawn(async move {
                let mut failures = 0;
                while let Some(inner) = weak.upgrade() {
                    let collected = App { inner }.collect_one(&asked, n, &witness, &url).await;
                    failures = note(&witness.name, &collected, failures);
                    pause_for(pause_after(failures)).await;
                    if failures == 0 {
                        tokio::select! {
                            rung = bell.changed() => if rung.is_err() { return },
                            () = pause_for(LOOK_AGAIN) => {}
                        }
                    }
                }
            });
        }
    }
}

/// What a witness answered.
enum Said {
    /// Signature lines.
    Cosigned(String),
    /// Another size than the one it was asked from.
    Size(u64),
}

/// Size of the largest head here that a witness has cosigned; 0 for none.
async fn last_of(tx: &mut ReadTx, witness: &PolicyWitness) -> Result<u64, Fault> {
    let last = cosignatures::last_of(tx, &witness.key.name, witness.key.key_id()).await?;
    Ok(last.map_or(0, |(size, _)| size))
}

/// Log the first failure of a row, and every accusation; the number of failures in a row.
fn note(name: &str, collected: &Result<(), CosigningError>, failures: u32) -> u32 {
    match collected {
        Ok(()) => return 0,
        Err(error) if error.accuses() => {
            tracing::error!(witness = name, %error, "a witness accuses this ledger");
        }
        Err(error) if failures == 0 => {
            tracing::warn!(witness = name, %error, "a witness did not cosign; it is asked again");
        }
        Err(_) => {}
    }
    failures.saturating_add(1)
}

fn pause_after(failures: u32) -> Duration {
    match failures {
        0 => LEAST_PAUSE,
        n => FIRST_PAUSE.saturating_mul(1 << (n - 1).min(16)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_failures_and_have_an_end() {
        let pauses: Vec<u64> = (0..10).map(|failures| pause_after(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }
}
