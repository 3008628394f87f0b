//! The audit: everything in a database is computed again from the signed bytes and compared, in flat memory.
//!
//! `walk` goes over the log tables: bytes, signatures, leaves, tree, checkpoints. The derived tables are folded a second time,
//! in a database of the audit's own, and compared row for row. Nothing stored beside the signed bytes is trusted.

mod cosigned;
mod devices;
mod files;
mod held;
pub(super) mod signers;
pub(super) mod walk;

pub use held::Held;
use walk::Walk;

use super::error::Fault;
use super::replay::{Checked, Replay};
use crate::clock::Timestamp;
use crate::ledger::Digest;
use crate::ledger::merkle::empty_root;
use crate::ledger::policy::Policy;
use crate::ledger::tile::TileTail;
use crate::store::log::{self, Head};
use crate::store::{ReadTx, Store, deadline, derived, log_audit, residue};

/// Entries read and folded at once. The result does not depend on it.
pub const PAGE: u64 = 2_000;

/// The first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table} at {place}: {what}")]
pub struct Broken {
    /// The table.
    pub table: &'static str,
    /// Where in it: a log index, a tile, a size.
    pub place: String,
    /// What does not fit.
    pub what: String,
}

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Entries: bytes, signatures, leaves, keys.
    pub entries: u64,
    /// Full tiles.
    pub tiles: u64,
    /// Stored checkpoints.
    pub checkpoints: u64,
    /// Cosignatures of stored checkpoints.
    pub cosignatures: u64,
    /// Those of them that a key of the policy verified; the others are only well-formed.
    pub verified_cosignatures: u64,
    /// Entries behind the last checkpoint: committed and not signed yet.
    pub unsigned: u64,
    /// Heads held beside the database that the log was compared with.
    pub held: u64,
    /// Files beside the log that were hashed again.
    pub files: u64,
    /// Devices whose heartbeats are kept beside the log, looked at.
    pub devices: u64,
    /// Derived tables compared row for row; 0 when only the log was walked.
    pub tables: u64,
}

/// Why an audit did not end well.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The log is not what it was.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<crate::store::StoreError> for AuditError {
    /// A row that cannot be decoded is a broken log, not a fault of ours.
    fn from(error: crate::store::StoreError) -> Self {
        match error {
            crate::store::StoreError::Corrupt { query, column, detail } => {
                let place = format!("column {column}");
                Self::Broken(Broken { table: log_audit::table_of(query), place, what: detail })
            }
            other => Self::Fault(other.into()),
        }
    }
}

pub(super) fn broken(table: &'static str, place: impl ToString, what: impl Into<String>) -> AuditError {
    AuditError::Broken(Broken { table, place: place.to_string(), what: what.into() })
}

/// What an audit compares a database with, besides itself.
pub struct Against<'a> {
    /// An empty database to fold the log in again, or one that an earlier run left unfinished: then its entries are walked and
    /// not folded again. Without one the derived tables are not looked at.
    pub second: Option<&'a Store>,
    /// Heads kept outside the database. Read them before the audit begins: a log that is served grows meanwhile.
    pub held: Vec<Held>,
    /// Keys of witnesses, whose cosignatures are verified; without them each is only compared with what stands beside it.
    pub policy: Option<&'a Policy>,
    /// Entries taken at once, for example [`PAGE`].
    pub page: u64,
}

impl<'a> Against<'a> {
    /// The log by itself.
    pub fn itself() -> Self {
        Self { second: None, held: Vec::new(), policy: None, page: PAGE }
    }

    /// A second folding.
    pub fn second(store: &'a Store) -> Self {
        Self { second: Some(store), ..Self::itself() }
    }
}

/// Audit a database as it stands now, while it may be served. `progress` is told the number of entries done, and of all, after
/// each page.
pub async fn verify(
    store: &Store,
    against: Against<'_>,
    progress: impl Fn(u64, u64),
) -> Result<Audited, AuditError> {
    let mut tx = store.read().await?;
    let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
    let mut walk = Walk::start(&mut tx).await?;
    let Against { second, held, policy, page } = against;
    walk.hold(held)?;
    walk.policy = policy.cloned();
    let mut second = match second {
        Some(store) => Some(Second::open(store, &walk).await?),
        None => None,
    };
    let limit = |second: &Option<Second<'_>>, size| {
        let left = second.as_ref().map_or(0, |second| second.tail.size().saturating_sub(size));
        // No page crosses the place where an earlier run stopped.
        if left > 0 { left.min(page) } else { page }
    };
    let mut signers = walk.signers();
    let first = signers::stored(&mut tx, 0, limit(&second, 0)).await?;
    let ahead = signers::end_of(&first).unwrap_or(0);
    let mut entries = signers::stored(&mut tx, ahead, limit(&second, ahead)).await?;
    let mut page = signers.prepare(first).await?;
    while let Some(end) = page.last().map(|last| last.entry.index + 1) {
        signers.learn(&page);
        let ahead = signers::end_of(&entries).unwrap_or(end);
        // Three pages are under way: one is compared, the signatures of the next are checked, the one behind it is read.
        let checked = async {
            walk.check(&mut tx, &signers, &page).await?;
            if let Some(second) = &mut second {
                second.fold(page, walk.tail.root()).await?;
            }
            Ok::<_, AuditError>(signers::stored(&mut tx, ahead, limit(&second, ahead)).await)
        };
        let (checked, next) = tokio::join!(checked, signers.prepare(entries));
        // Of several faults the first in the log is told.
        let behind = checked?;
        page = next?;
        entries = behind?;
        progress(end, head.size);
    }
    walk.finish(&mut tx, &head).await?;
    walk.audited.files = files::check(&mut tx).await?;
    walk.audited.devices = devices::check(&mut tx).await?;
    if let Some(mut second) = second {
        let until = deadline::opened_until(&mut tx).await?;
        second.compare(&mut tx, &head, until).await?;
        walk.audited.tables = derived::TABLES.len() as u64;
    }
    Ok(walk.audited)
}

/// The second folding, in a database of its own that holds a copy of the log as far as it was folded.
struct Second<'a> {
    store: &'a Store,
    replay: Replay,
    tail: TileTail,
    origin: String,
}

impl<'a> Second<'a> {
    async fn open(store: &'a Store, walk: &Walk) -> Result<Self, AuditError> {
        let mut tx = store.write().await?;
        let tail = match log::lock_head(&mut tx).await? {
            Some(head) if head.origin == walk.origin => log::tail(&mut tx, head.size).await?,
            Some(_) => return Err(foreign().into()),
            None => {
                let recorded_at = Timestamp::from_millis(0);
                let head = Head { origin: walk.origin.clone(), size: 0, root: empty_root(), recorded_at };
                log::create_head(&mut tx, &head).await?;
                TileTail::default()
            }
        };
        tx.commit().await?;
        Ok(Self { store, replay: Replay::doubting(walk.rulebook), tail, origin: walk.origin.clone() })
    }

    /// Fold a page, unless an earlier run did; `root` is that of the tree behind it.
    async fn fold(&mut self, page: Vec<Checked>, root: Digest) -> Result<(), AuditError> {
        let end = page.last().map_or(0, |last| last.entry.index + 1);
        if end <= self.tail.size() {
            self.has_erased(&page).await?;
        }
        if end < self.tail.size() {
            return Ok(());
        }
        if end == self.tail.size() {
            return if root == self.tail.root() { Ok(()) } else { Err(foreign().into()) };
        }
        let mut tx = self.store.write().await?;
        self.replay.append(&mut tx, &mut self.tail, &self.origin, page).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was erased after an earlier run had folded it cannot be taken back from the sums here: begin anew.
    async fn has_erased(&self, page: &[Checked]) -> Result<(), AuditError> {
        let erased: Vec<u64> =
            page.iter().filter_map(Checked::residue).map(|(residue, _)| residue.index).collect();
        let known = residue::at(&mut self.store.read().await?, &erased).await?;
        if known.len() == erased.len() { Ok(()) } else { Err(foreign().into()) }
    }

    /// Let as much time pass as had passed, and compare every derived table.
    async fn compare(
        &mut self,
        stored: &mut ReadTx,
        head: &Head,
        until: Timestamp,
    ) -> Result<(), AuditError> {
        if self.tail.size() != head.size {
            return Err(foreign().into());
        }
        let mut tx = self.store.write().await?;
        self.replay.open_until(&mut tx, until).await?;
        tx.commit().await?;
        let mut wanted = self.store.read().await?;
        match derived::first_difference(stored, &mut wanted).await? {
            Some(difference) => Err(broken(difference.table, difference.key, difference.what)),
            None => Ok(()),
        }
    }
}

fn foreign() -> Fault {
    Fault::Work
}
