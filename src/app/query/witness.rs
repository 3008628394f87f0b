//! Who vouches for the ledger's heads. Anybody may ask.

use crate::app::{App, Fault};
use crate::clock::Timestamp;
use crate::ledger::note::NoteKey;
use crate::ledger::policy::Level;
use crate::store::{cosignature, log};

/// A witness and the last head it cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessItem {
    /// Its name in the ledger's policy.
    pub name: String,
    /// Its verifier key.
    pub vkey: String,
    /// Size of the largest head it cosigned, and when, by its own clock; `None` before the first.
    pub last: Option<(u64, Timestamp)>,
}

/// How the latest head is vouched for under the ledger's own policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Size of the latest signed head.
    pub size: u64,
    /// The level of that head; `None` when the ledger has no policy. A verifier judges by its own.
    pub level: Option<Level>,
    /// Size of the largest head that reached the quorum; `None` for none, or without a policy.
    pub quorum_size: Option<u64>,
    /// The witnesses, in the order of the policy.
    pub witnesses: Vec<WitnessItem>,
}

impl App {
    /// Who vouches for the latest head. The signatures are verified now.
    pub async fn vouched(&self) -> Result<Vouched, Fault> {
        let mut tx = self.inner.store.read().await?;
        let head = log::latest_checkpoint(&mut tx).await?;
        let size = head.as_ref().map_or(0, |head| head.size);
        let Some(policy) = self.policy() else {
            return Ok(Vouched { size, level: None, quorum_size: None, witnesses: Vec::new() });
        };
        let level = head.map_or(Level::LogOnly, |head| level_of(policy, &head.note));
        let mut witnesses = Vec::new();
        for witness in policy.witnesses() {
            let last = cosignature::last_of(&mut tx, &witness.key.name, witness.key.key_id()).await?;
            let at = |at_s: u64| {
                Timestamp::from_millis(i64::try_from(at_s).unwrap_or(i64::MAX).saturating_mul(1_000))
            };
            witnesses.push(WitnessItem {
                name: witness.name.clone(),
                vkey: witness.key.to_vkey(),
                last: last.map(|(size, at_s)| (size, at(at_s))),
            });
        }
        let mut quorum_size = None;
        // The quorum lies at one of the sizes that a witness cosigned last, or below all of them and of no interest.
        let mut sizes: Vec<u64> =
            witnesses.iter().filter_map(|item| item.last.map(|(size, _)| size)).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes.dedup();
        for size in sizes {
            let head = log::checkpoint_covering(&mut tx, size - 1).await?;
            if head.is_some_and(|head| level_of(policy, &head.note) == Level::Quorum) {
                quorum_size = Some(size);
                break;
            }
        }
        Ok(Vouched { size, level: Some(level), quorum_size, witnesses })
    }
}

fn level_of(policy: &crate::ledger::policy::Policy, note: &str) -> Level {
    policy.judge(note).map_or(Level::LogOnly, |judged| judged.level)
}
