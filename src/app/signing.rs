//! Whether this process may sign: what it and others remember outside the database, compared with the database.
//!
//! A restored backup, a replica that lags and takes over, a copy of the server: each would give indexes a second time for which
//! somebody holds a signature already. So the head is compared with the mark before every batch, and with everything else that
//! was signed whenever it is not the one this process left. A database that lacks entries is served for reading only; one that
//! holds others in their place is not served at all.

use std::fmt;

use super::App;
use super::error::Fault;
use super::proof::Tiles;
use super::steps::Step;
use crate::ledger::Digest;
use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::tile::TileTail;
use crate::store::log::{self, Head, StoredCheckpoint};
use crate::store::{ReadTx, WriteTx};

/// What a process may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Take events in and sign.
    Signing,
    /// Only read, until the operator has put it right and starts the process again.
    ReadOnly(ReadOnly),
}

/// Why nothing is signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadOnly {
    /// The database ends before a head that was signed.
    #[error(
        "entries {first} to {last} were signed for ({by}) and are not in this database: put a database that has them in its place (the old primary, another replica, a newer backup) and start again"
    )]
    Missing {
        /// Log index of the first missing entry.
        first: u64,
        /// Log index of the last one known of.
        last: u64,
        /// Who knows of them.
        by: Holder,
    },
    /// The database holds other entries than were signed for.
    #[error(
        "the first {size} entries have the root {found} here, and {signed} was signed ({by}): run `liandan verify ledger`"
    )]
    Contradiction {
        /// Size of the tree.
        size: u64,
        /// Root that was signed.
        signed: Digest,
        /// Root of what is in the database.
        found: Digest,
        /// Who holds the other root.
        by: Holder,
    },
}

impl ReadOnly {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Missing { first, last, by } => format!(
                "第 {first} 至 {last} 条记录已经签名确认（依据：{}），但不在本数据库中：请换上含有这些记录的数据库（原主库、另一副本或更新的备份）后重新启动",
                by.zh()
            ),
            Self::Contradiction { size, signed, found, by } => format!(
                "前 {size} 条记录的根哈希在本库为 {found}，而签名确认的是 {signed}（依据：{}）：请运行 liandan verify ledger",
                by.zh()
            ),
        }
    }

    /// How bad it is: a contradiction is worse than any gap, a longer gap worse than a shorter one.
    fn weight(&self) -> (bool, u64) {
        match self {
            Self::Missing { last, .. } => (false, *last),
            Self::Contradiction { size, .. } => (true, *size),
        }
    }
}

/// Why a head that somebody holds was not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// It shows nothing that this ledger signed.
    #[error("it shows no head that this ledger has signed: {0}")]
    NotOurs(#[from] CheckpointError),
    /// We are wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Who holds a head that was signed, or was about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The mark of this process.
    Mark,
    /// The checkpoints in the database itself.
    Checkpoints,
    /// Somebody outside, by name.
    Outside(String),
}

impl Holder {
    fn zh(&self) -> &str {
        match self {
            Self::Mark => "本进程的高水位标记",
            Self::Checkpoints => "数据库中的检查点",
            Self::Outside(name) => name,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mark => f.write_str("mark of this process"),
            Self::Checkpoints => f.write_str("checkpoint in the database"),
            Self::Outside(name) => f.write_str(name),
        }
    }
}

impl App {
    /// What this process may do.
    pub fn mode(&self) -> Mode {
        self.inner.mode.borrow().clone()
    }

    /// Resolves when the database is found to contradict what was signed: then it must not be served any longer.
    pub async fn contradicted(&self) -> ReadOnly {
        let mut mode = self.inner.mode.subscribe();
        let is_fatal = |mode: &Mode| matches!(mode, Mode::ReadOnly(ReadOnly::Contradiction { .. }));
        match mode.wait_for(is_fatal).await.map(|mode| mode.clone()) {
            Ok(Mode::ReadOnly(why)) => why,
            // The sender lives as long as this handle.
            _ => std::future::pending().await,
        }
    }

    /// Compare the database with a head that somebody outside holds, and sign no more if it does not continue it. Gives the head.
    /// One that this log has not signed is refused: whoever could make one up could stop the ledger with it.
    pub async fn compare(&self, note: &str, holder: &str) -> Result<Checkpoint, CompareError> {
        let held = Checkpoint::open(note, &self.verifier())?;
        let mut tx = self.inner.store.read().await.map_err(Fault::from)?;
        let head = log::head(&mut tx).await.map_err(Fault::from)?.ok_or(Fault::NotFounded)?;
        let mut tiles = Tiles::stored(&mut tx, head.size, head.root).await?;
        match self.fits(&mut tx, &mut tiles, &held, Holder::Outside(holder.to_owned())).await {
            Ok(()) | Err(Fault::ReadOnly(_)) => Ok(held),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Refuses when nothing may be written or signed.
    pub(super) fn may_write(&self) -> Result<(), Fault> {
        match &*self.inner.mode.borrow() {
            Mode::Signing => Ok(()),
            Mode::ReadOnly(why) => Err(Fault::ReadOnly(why.clone())),
        }
    }

    /// Lock the head, which must not lie before the mark: another database may stand at the address by now.
    pub(super) async fn lock(&self, tx: &mut WriteTx) -> Result<Head, Fault> {
        self.may_write()?;
        let head = self.step(Step::Lock, async { Ok(log::lock_head(tx).await?) }).await?;
        self.reaches_mark(head)
    }

    fn reaches_mark(&self, head: Option<Head>) -> Result<Head, Fault> {
        let head = head.ok_or(Fault::NotFounded)?;
        match self.inner.mark.get() {
            Some(mark) if head.size < mark.size => Err(self.stop(missing(head.size, &mark, Holder::Mark))),
            _ => Ok(head),
        }
    }

    /// The start: compare everything, and sign what a stop left unsigned. A database that lacks entries is opened for reading.
    pub(super) async fn begin(&self) -> Result<(), Fault> {
        let mut tx = self.inner.store.read().await?;
        let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
        let tail = match self.compare_with_signed(&mut tx, &head).await {
            Err(Fault::ReadOnly(ReadOnly::Missing { .. })) => return Ok(()),
            other => other?,
        };
        drop(tx);
        // A new process, or one that was away while others went on, stands by what it has just verified.
        self.advance(Checkpoint { origin: head.origin, size: tail.size(), root: tail.root() }).await?;
        self.catch_up().await?;
        self.make_room().await
    }

    /// The right edge of the tree a batch builds on. What this process left itself is known to be good; anything else, found
    /// after a fault or left by another process, is read again and compared with everything that was signed.
    pub(super) async fn edge(
        &self,
        tx: &mut ReadTx,
        head: &Head,
        left: Option<TileTail>,
    ) -> Result<TileTail, Fault> {
        let is_head = |size, root| size == head.size && root == head.root;
        let mark_fits = self.inner.mark.get().is_some_and(|mark| is_head(mark.size, mark.root));
        match left.filter(|tail| mark_fits && is_head(tail.size(), tail.root())) {
            Some(tail) => Ok(tail),
            None => self.compare_with_signed(tx, head).await,
        }
    }

    /// What the next batch builds on and the next signature covers: the stored right edge of the committed tree. A fault unless
    /// it gives the head's root and continues everything that was signed.
    pub(super) async fn compare_with_signed(&self, tx: &mut ReadTx, head: &Head) -> Result<TileTail, Fault> {
        let mut tiles = Tiles::stored(tx, head.size, head.root).await?;
        let stored = log::latest_checkpoint(tx).await?;
        let stored = stored.map(|stored| self.open_checkpoint(&stored)).transpose()?;
        let held = stored.map(|stored| (stored, Holder::Checkpoints)).into_iter();
        for (signed, by) in held.chain(self.inner.mark.get().map(|mark| (mark, Holder::Mark))) {
            match self.fits(tx, &mut tiles, &signed, by).await {
                // All are looked at, so that the worst of it is named.
                Ok(()) | Err(Fault::ReadOnly(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        self.may_write()?;
        Ok(tiles.into_tail())
    }

    /// The database reaches as far as a signed head, with the same entries.
    async fn fits(
        &self,
        tx: &mut ReadTx,
        tiles: &mut Tiles,
        held: &Checkpoint,
        by: Holder,
    ) -> Result<(), Fault> {
        if tiles.size() < held.size {
            return Err(self.stop(missing(tiles.size(), held, by)));
        }
        let found = tiles.root_at(tx, held.size).await?;
        if found != held.root {
            let (size, signed) = (held.size, held.root);
            return Err(self.stop(ReadOnly::Contradiction { size, signed, found, by }));
        }
        Ok(())
    }

    /// Sign no more. The worst that was found out is what people are told.
    fn stop(&self, why: ReadOnly) -> Fault {
        self.inner.mode.send_if_modified(|mode| {
            let is_news = match mode {
                Mode::Signing => true,
                Mode::ReadOnly(known) => known.weight() < why.weight(),
            };
            if is_news {
                tracing::error!(reason = %why, "nothing is signed any more; reading goes on");
                *mode = Mode::ReadOnly(why.clone());
            }
            is_news
        });
        Fault::ReadOnly(why)
    }

    /// Sign a committed head and store the checkpoint, the mark first. Gives the first stored checkpoint that covers it, which may
    /// be one of another process.
    pub(super) async fn publish(&self, size: u64, root: Digest) -> Result<StoredCheckpoint, Fault> {
        let checkpoint = Checkpoint { origin: self.inner.origin.clone(), size, root };
        self.step(Step::Mark, self.advance(checkpoint.clone())).await?;
        let sign =
            async { checkpoint.sign(&self.inner.signer).map_err(|error| Fault::Tree(error.to_string())) };
        let note = self.step(Step::Sign, sign).await?;
        self.step(Step::Store, self.store_checkpoint(StoredCheckpoint { size, root, note })).await
    }

    async fn advance(&self, to: Checkpoint) -> Result<(), Fault> {
        match self.inner.mark.get() {
            Some(mark) if to == mark => Ok(()),
            Some(mark) if to.size <= mark.size => {
                Err(Fault::Tree(format!("size {} was about to be signed after {}", to.size, mark.size)))
            }
            _ => self.inner.mark.advance(to).await,
        }
    }

    /// Store a checkpoint unless a larger one is there: were it stored after that, the receipts of its entries would change. The
    /// lock of the head keeps other processes from doing the same in between.
    async fn store_checkpoint(&self, checkpoint: StoredCheckpoint) -> Result<StoredCheckpoint, Fault> {
        let mut tx = self.inner.store.write().await?;
        let head = log::lock_head(&mut tx).await?;
        self.reaches_mark(head)?;
        if let Some(covering) = log::checkpoint_covering(&mut tx, checkpoint.size - 1).await? {
            tx.rollback().await?;
            if covering.size == checkpoint.size && covering.root != checkpoint.root {
                let (size, signed, found) = (checkpoint.size, covering.root, checkpoint.root);
                let by = Holder::Checkpoints;
                return Err(self.stop(ReadOnly::Contradiction { size, signed, found, by }));
            }
            return Ok(covering);
        }
        log::save_checkpoint(&mut tx, &checkpoint).await?;
        tx.commit().await?;
        self.inner.cosigning.published();
        Ok(checkpoint)
    }

    /// Move the mark on to what other processes have recorded, compared with everything that was signed: a process that takes in nothing itself
    /// would else build on a database that lacks what they signed for.
    pub(super) async fn keep_up(&self) -> Result<(), Fault> {
        let mut tx = self.inner.store.read().await?;
        let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
        if self.inner.mark.get().is_some_and(|mark| mark.size >= head.size) {
            return self.reaches_mark(Some(head)).map(drop);
        }
        let tail = self.compare_with_signed(&mut tx, &head).await?;
        drop(tx);
        self.advance(Checkpoint { origin: head.origin, size: tail.size(), root: tail.root() }).await
    }

    /// Sign the committed head, if a stop or a fault came between COMMIT and signing.
    pub(super) async fn catch_up(&self) -> Result<(), Fault> {
        let mut tx = self.inner.store.read().await?;
        let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
        let latest = log::latest_checkpoint(&mut tx).await?;
        if latest.is_some_and(|latest| latest.size >= head.size) {
            return Ok(());
        }
        let tail = self.compare_with_signed(&mut tx, &head).await?;
        drop(tx);
        self.publish(tail.size(), tail.root()).await?;
        Ok(())
    }
}

fn missing(size: u64, held: &Checkpoint, by: Holder) -> ReadOnly {
    ReadOnly::Missing { first: size, last: held.size - 1, by }
}
