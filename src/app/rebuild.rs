//! Rebuilding: every derived table is emptied and folded again from the log, which is checked entry by entry on the way.
//!
//! All of it is one transaction: readers see the old tables until it commits, and a rebuild that stops has changed nothing.

use super::audit::signers;
use super::audit::walk::Walk;
use super::audit::{AuditError, Audited};
use super::error::Fault;
use super::replay::Replay;
use crate::custody::books::Rulebook;
use crate::store::{Store, WriteTx, deadline, derived, log};

/// Rebuild the derived tables of a database. Fails, and changes nothing, when the log is not whole. `progress` is told the
/// number of entries done, and of all, after each page of `page` entries.
pub async fn rebuild(store: &Store, page: u64, progress: impl Fn(u64, u64)) -> Result<Audited, AuditError> {
    let mut tx = store.write().await?;
    log::lock_head(&mut tx).await?.ok_or(Fault::NotFounded)?;
    let audited = in_place(&mut tx, page, None, progress).await?;
    tx.commit().await?;
    Ok(audited)
}

/// Rebuild within a transaction; with `tried`, by the rulebook it makes of the one that the ledger began with.
pub(super) async fn in_place(
    tx: &mut WriteTx,
    limit: u64,
    tried: Option<&(dyn Fn(Rulebook) -> Rulebook + Sync)>,
    progress: impl Fn(u64, u64),
) -> Result<Audited, AuditError> {
    let head = log::head(tx).await?.ok_or(Fault::NotFounded)?;
    derived::empty(tx).await?;
    let mut walk = Walk::start(tx).await?;
    let replay = match tried {
        Some(with) => Replay::trying(with(walk.rulebook)),
        None => Replay::trusting(walk.rulebook),
    };
    let mut signers = walk.signers();
    let first = signers::stored(tx, 0, limit).await?;
    let ahead = signers::end_of(&first).unwrap_or(0);
    let mut entries = signers::stored(tx, ahead, limit).await?;
    let mut page = signers.prepare(first).await?;
    while let Some(end) = page.last().map(|last| last.entry.index + 1) {
        signers.learn(&page);
        let ahead = signers::end_of(&entries).unwrap_or(end);
        // One page is folded, the signatures of the next are checked, the one behind it is read.
        let checked = async {
            walk.check(tx, &signers, &page).await?;
            replay.fold(tx, page).await?;
            Ok::<_, AuditError>(signers::stored(tx, ahead, limit).await)
        };
        let (checked, next) = tokio::join!(checked, signers.prepare(entries));
        let behind = checked?;
        page = next?;
        entries = behind?;
        progress(end, head.size);
    }
    walk.finish(tx, &head).await?;
    let until = deadline::opened_until(tx).await?;
    replay.open_until(tx, until).await?;
    Ok(walk.audited())
}
