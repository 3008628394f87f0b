//! Trying a profile before it is adopted: what would be open, had it been in force from the first entry on.
//!
//! The derived tables are folded anew with it inside a transaction that is then taken back, so nothing is kept and nobody sees it.

use std::collections::BTreeMap;

use super::audit::{AuditError, PAGE};
use super::error::Fault;
use super::rebuild::in_place;
use crate::catalogue::Profile;
use crate::custody::Observation;
use crate::custody::books::Rulebook;
use crate::id::FindingId;
use crate::store::{Store, finding, log};

/// What a profile would change among the open findings.
#[derive(Debug, Default)]
pub struct Trial {
    /// Findings that would be open and are not.
    pub opened: Vec<Observation>,
    /// Findings that are open and would not be.
    pub closed: Vec<Observation>,
    /// Findings open either way, as they are and as they would be.
    pub changed: Vec<(Observation, Observation)>,
}

/// Try a profile on everything the log holds. Nothing is written. While it runs, nobody else can write.
pub async fn profile(
    store: &Store,
    profile: &'static Profile,
    progress: impl Fn(u64, u64),
) -> Result<Trial, AuditError> {
    let mut tx = store.write().await?;
    log::lock_head(&mut tx).await?.ok_or(Fault::NotFounded)?;
    let before = finding::all_open(&mut tx).await?;
    let with = |founded: Rulebook| Rulebook { profile, ..founded };
    in_place(&mut tx, PAGE, Some(&with), progress).await?;
    let after = finding::all_open(&mut tx).await?;
    tx.rollback().await?;
    Ok(compare(before, after))
}

fn compare(mut before: BTreeMap<FindingId, Observation>, after: BTreeMap<FindingId, Observation>) -> Trial {
    let mut trial = Trial::default();
    for (id, now) in after {
        match before.remove(&id) {
            None => trial.opened.push(now),
            Some(was) if was != now => trial.changed.push((was, now)),
            Some(_) => {}
        }
    }
    trial.closed = before.into_values().collect();
    trial
}
