//! Reads that a standby answers in place of the primary.
//!
//! Nothing read there is older than the question: the primary says how far it is, in one short answer, and the standby is read once it is that far. So
//! whoever has just written something, through whichever process, finds it. Whatever decides or proves (the sequencer, keys, sessions, checkpoints, receipts) reads
//! the primary. A standby that does not get there in time, or does not belong to this ledger, is left out until a check finds it good again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::App;
use super::deadlines::{pause_briefly, pause_for};
use super::error::Fault;
use super::proof::Tiles;
use crate::ledger::Digest;
use crate::store::replica::{Begun, Position, Replica, Seen};
use crate::store::{Kind, ReadTx, Store, StoreError, log};

/// A read looks so many times whether the standby is far enough, a pause of two milliseconds after each.
const MOST_LOOKS: u32 = 100;
/// How often a standby is checked.
const CHECKED_EVERY: Duration = Duration::from_secs(2);
/// Connections to a standby.
const READERS: u32 = 16;

/// Whether a standby is read from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplicaState {
    /// It is.
    #[error("it is read from")]
    InUse,
    /// It was not checked yet.
    #[error("it was not checked yet")]
    Unchecked,
    /// It cannot be reached.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// What the primary had was not there in time.
    #[error("it lags: what was committed on the primary did not get there within {} ms", MOST_LOOKS * 2)]
    Behind,
    /// It follows no other server (any more).
    #[error("it is no standby: it follows no other server")]
    Alone,
    /// It is a standby of another server, or holds another ledger or other entries.
    #[error("it is no standby of this ledger's database: {0}")]
    Other(String),
    /// It is further than the primary, which is then not what it follows.
    #[error("it is ahead of the primary: {there} entries, {here} on the primary")]
    Ahead {
        /// Entries on the standby.
        there: u64,
        /// Entries on the primary.
        here: u64,
    },
}

impl ReplicaState {
    /// Kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse => "in-use",
            Self::Unchecked => "unchecked",
            Self::Unreachable(_) => "unreachable",
            Self::Behind => "behind",
            Self::Alone => "no-standby",
            Self::Other(_) => "other-ledger",
            Self::Ahead { .. } => "ahead",
        }
    }
}

/// A standby, and what was made of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaSeen {
    /// Whether it is read from.
    pub state: ReplicaState,
    /// Reads that it answered since this process began.
    pub reads: u64,
}

/// The standby of this process.
pub(super) struct Reads {
    replica: Replica,
    state: Mutex<ReplicaState>,
    answered: AtomicU64,
}

impl Reads {
    fn state(&self) -> ReplicaState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What changes is logged, once.
    fn is_now(&self, state: ReplicaState) {
        let mut known = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if known.code() == state.code() {
            return;
        }
        match &state {
            ReplicaState::InUse => tracing::info!("the replica is read from"),
            why => tracing::warn!(reason = %why, "the replica is left out; the primary answers all reads"),
        }
        *known = state;
    }

    /// A read of it that shows everything up to a position; `None` where it is left out from now on.
    async fn begin(&self, position: &Position) -> Option<ReadTx> {
        for _ in 0..MOST_LOOKS {
            match self.replica.read_at(position).await {
                Ok(Begun::Read(tx)) => return Some(tx),
                Ok(Begun::Behind) => pause_briefly().await,
                Ok(Begun::Alone) => {
                    self.is_now(ReplicaState::Alone);
                    return None;
                }
                Ok(Begun::Other) => {
                    self.is_now(other_entries(position.size()));
                    return None;
                }
                // All connections in use is no fault of the standby.
                Err(StoreError::Busy(_)) if self.replica.is_full() => return None,
                Err(error) => {
                    self.is_now(ReplicaState::Unreachable(error.to_string()));
                    return None;
                }
            }
        }
        self.is_now(ReplicaState::Behind);
        None
    }
}

fn other_entries(size: u64) -> ReplicaState {
    ReplicaState::Other(format!("its first {size} entries have another root"))
}

impl App {
    /// Whether the ledger's database can have standbys.
    pub fn can_have_replicas(&self) -> bool {
        self.inner.store.kind() == Kind::Postgres
    }

    /// Let a standby answer reads, once a check has found it good. May be called once.
    ///
    /// [`StoreError::Address`] when the address is not one of Postgres.
    pub fn read_from_replica(&self, url: &str) -> Result<(), StoreError> {
        let replica = Replica::open(url, READERS)?;
        let state = Mutex::new(ReplicaState::Unchecked);
        drop(self.inner.replica.set(Reads { replica, state, answered: AtomicU64::new(0) }));
        Ok(())
    }

    /// The standby, where there is one.
    pub fn replica(&self) -> Option<ReplicaSeen> {
        let reads = self.inner.replica.get()?;
        Some(ReplicaSeen { state: reads.state(), reads: reads.answered.load(Ordering::Relaxed) })
    }

    /// Begin to read what was committed before, wherever it is answered soonest without burdening the primary. For what is shown; whatever
    /// decides reads the store.
    pub(in crate::app) async fn reading(&self) -> Result<ReadTx, Fault> {
        if let Some(reads) = self.inner.replica.get().filter(|reads| reads.state() == ReplicaState::InUse) {
            let position = self.inner.store.position().await?;
            if let Some(tx) = reads.begin(&position).await {
                reads.answered.fetch_add(1, Ordering::Relaxed);
                return Ok(tx);
            }
        }
        Ok(self.inner.store.read().await?)
    }

    /// Look whether the standby may be read from, and say so from now on. `None` where there is none.
    pub async fn check_replica(&self) -> Option<ReplicaState> {
        let reads = self.inner.replica.get()?;
        let state = match self.examine(&reads.replica).await {
            Ok(state) => state,
            Err(error) => ReplicaState::Unreachable(error.to_string()),
        };
        if state != ReplicaState::InUse {
            reads.is_now(state.clone());
            return Some(state);
        }
        // It belongs here; whether it keeps up, a read shows.
        let position = match self.inner.store.position().await {
            Ok(position) => position,
            // Nothing can be said of the standby while the primary is gone.
            Err(_) => return Some(reads.state()),
        };
        if reads.begin(&position).await.is_some() {
            reads.is_now(ReplicaState::InUse);
        }
        Some(reads.state())
    }

    async fn examine(&self, replica: &Replica) -> Result<ReplicaState, Fault> {
        // In this order: what the standby had replayed before, the primary has.
        let there = replica.look().await?;
        let here = self.inner.store.look().await?;
        if let Some(state) = contradicts(&there, &here) {
            return Ok(state);
        }
        let Some(head) = there.head else { return Err(Fault::NotFounded) };
        match root_at(&self.inner.store, head.size).await? {
            root if root == head.root => Ok(ReplicaState::InUse),
            _ => Ok(other_entries(head.size)),
        }
    }

    /// Check the standby now and then until the app is gone.
    pub fn watch_replica(&self) {
        let weak = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                let Some(inner) = weak.upgrade() else { return };
                if (App { inner }).check_replica().await.is_none() {
                    return;
                }
                pause_for(CHECKED_EVERY).await;
            }
        });
    }
}

/// What is wrong with a standby by what both servers say of themselves.
fn contradicts(there: &Seen, here: &Seen) -> Option<ReplicaState> {
    if !there.follows {
        return Some(ReplicaState::Alone);
    }
    if there.system != here.system {
        return Some(ReplicaState::Other("it follows another server".to_owned()));
    }
    let (Some(theirs), Some(ours)) = (&there.head, &here.head) else {
        return Some(ReplicaState::Other("there is no ledger in it".to_owned()));
    };
    if theirs.origin != ours.origin {
        return Some(ReplicaState::Other(format!("it holds the log {:?}", theirs.origin)));
    }
    let is_ahead = theirs.size > ours.size || there.wal > here.wal;
    is_ahead.then_some(ReplicaState::Ahead { there: theirs.size, here: ours.size })
}

/// The root of the primary's first `size` entries.
async fn root_at(store: &Store, size: u64) -> Result<Digest, Fault> {
    let mut tx = store.read().await?;
    let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
    Tiles::stored(&mut tx, head.size, head.root).await?.root_at(&mut tx, size).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::store::log::Head;

    fn seen(system: &str, origin: &str, size: u64, wal: i64, follows: bool) -> Seen {
        let head = Head {
            origin: origin.to_owned(),
            size,
            root: Digest([0; 32]),
            recorded_at: Timestamp::from_millis(0),
        };
        Seen { system: system.to_owned(), follows, wal, head: Some(head) }
    }

    #[test]
    fn a_standby_is_told_from_what_only_looks_like_one() {
        let here = seen("1", "log", 10, 100, false);
        let found = |there: Seen| contradicts(&there, &here).map(|state| state.code());
        assert_eq!(found(seen("1", "log", 10, 100, true)), None);
        assert_eq!(found(seen("1", "log", 4, 40, true)), None, "a lag is no contradiction");
        assert_eq!(found(seen("1", "log", 10, 100, false)), Some("no-standby"));
        assert_eq!(found(seen("2", "log", 10, 100, true)), Some("other-ledger"));
        assert_eq!(found(seen("1", "gol", 10, 100, true)), Some("other-ledger"));
        assert_eq!(found(Seen { head: None, ..seen("1", "log", 10, 100, true) }), Some("other-ledger"));
        assert_eq!(found(seen("1", "log", 11, 100, true)), Some("ahead"));
        // Nothing of the log yet, but more of everything else: the primary is not what it follows.
        assert_eq!(found(seen("1", "log", 10, 101, true)), Some("ahead"));
    }
}
