//! Following a remote log by its static files alone (C2SP tlog-tiles): its heads may only grow, and the tree is computed again
//! from the leaves, so that a head counts only for what was read.
//!
//! Every head that was seen is kept. A head that contradicts one of them is kept as evidence beside it.

mod openings;
mod state;

use std::path::Path;
use std::time::Duration;

use super::deadlines::pause_for;
use super::folder::FolderError;
use super::outward::{Answer, Outward, OutwardError};
use crate::ledger::Digest;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::keywatch::Odd;
use crate::ledger::leaf::{KIND_KEY, Leaf};
use crate::ledger::merkle::leaf_hash;
use crate::ledger::note::MAX_NOTE_BYTES;
use crate::ledger::policy::{Level, Policy, Witnessed};
use crate::ledger::tile::{MAX_ENTRY_BUNDLE_BYTES, TILE_WIDTH, TileId, TilePath, read_entries};

pub use openings::{MAX_OPENING_BYTES, MAX_UNOPENED, Opening, OpeningError, Openings, Source, Tokens};
pub use state::KeyNote;
use state::State;

/// So many bundles are read between two savings of the state.
const BUNDLES_PER_SAVING: u64 = 64;

/// Why a round did not end well.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// The log could not be asked.
    #[error(transparent)]
    Outward(#[from] OutwardError),
    /// It did not give what it must have.
    #[error("{path}: the log answers with status {status}")]
    Status {
        /// Path below the prefix.
        path: String,
        /// HTTP status.
        status: u16,
    },
    /// What it gave breaks a promise of the log. The evidence is kept.
    #[error("{what}. The evidence is kept in {kept}")]
    Broken {
        /// Which promise.
        what: String,
        /// Where the evidence lies.
        kept: String,
    },
    /// The folder of state.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The state does not fit: it was damaged, or belongs to another log.
    #[error("the state in this folder cannot be used: {0}")]
    State(String),
    /// The openings.
    #[error(transparent)]
    Opening(#[from] OpeningError),
}

impl MonitorError {
    /// True when the log, or what was opened of it, is found wrong; false when nothing can be told.
    pub fn convicts(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::Opening(OpeningError::Wrong { .. }))
    }
}

/// What a round saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Size up to which the log is verified.
    pub size: u64,
    /// Leaves read in this round.
    pub read: u64,
    /// How the head is vouched for under the monitor's policy.
    pub level: Level,
    /// What happened to keys in this round.
    pub keys: Vec<KeyNote>,
    /// Key leaves since the beginning that cannot be.
    pub odd_keys: u64,
    /// Leaves that nobody opened and no erasure notice names; `None` when openings are not looked at.
    pub unopened: Option<usize>,
    /// The monitor's own cosignature line, when every leaf below the size was opened.
    pub cosignature: Option<String>,
}

/// A monitor of one log.
pub struct Monitor {
    prefix: String,
    policy: Policy,
    outward: Outward,
    state: State,
    openings: Option<Openings>,
}

impl Monitor {
    /// Take the folder and go on from what was verified. `prefix` is the log's: `https://…/api/v1/log`.
    pub fn open(
        prefix: &str,
        policy: Policy,
        folder: &Path,
        openings: Option<Openings>,
    ) -> Result<Self, MonitorError> {
        Outward::below(prefix, "checkpoint")?;
        let state = State::open(folder, openings.is_some())?;
        Ok(Self { prefix: prefix.to_owned(), policy, outward: Outward::new()?, state, openings })
    }

    /// Fetch the head, compare it with what was seen, and read up to it.
    pub async fn round(&mut self) -> Result<Round, MonitorError> {
        let note = self.fetch("checkpoint", MAX_NOTE_BYTES).await?.body;
        let note = String::from_utf8_lossy(&note).into_owned();
        let head = match self.policy.judge(&note) {
            Ok(head) => head,
            Err(error) => {
                return Err(self.broken(format!("the head does not verify: {error}"), &[&note]));
            }
        };
        let seen = self.state.seen()?;
        if let Some((seen_note, seen)) = &seen {
            self.compare(&head.checkpoint, &note, seen, seen_note)?;
        }
        self.state.keep_head(&head.checkpoint, &note)?;
        if let Some(openings) = &mut self.openings {
            openings.begin(self.state.first_unopened()).await?;
        }
        let (first, mut keys) = (self.state.read_size(), Vec::new());
        if let Some((note, seen)) = seen.filter(|(_, seen)| seen.size > self.state.verified_size()) {
            self.read_to(&seen, &note, &mut keys).await?;
        }
        self.read_to(&head.checkpoint, &note, &mut keys).await?;
        if let Some(openings) = &mut self.openings {
            openings.settle(head.checkpoint.size, self.state.unopened()).await?;
            self.state.save()?;
        }
        self.ended(head, &note, first, keys)
    }

    fn ended(
        &mut self,
        head: Witnessed,
        note: &str,
        first: u64,
        keys: Vec<KeyNote>,
    ) -> Result<Round, MonitorError> {
        let unopened = self.openings.is_some().then(|| self.state.unopened_count());
        let cosignature = match (&self.openings, unopened) {
            (Some(openings), Some(0)) => {
                // The text as the log signed it, extension lines included.
                let text = note.rsplit_once("\n\n").map_or("", |(text, _)| text);
                let line = openings.cosign(&format!("{text}\n"))?;
                self.state.keep_cosignature(head.checkpoint.size, &line)?;
                Some(line)
            }
            _ => None,
        };
        Ok(Round {
            size: head.checkpoint.size,
            read: head.checkpoint.size - first,
            level: head.level,
            keys,
            odd_keys: self.state.odd_keys(),
            unopened,
            cosignature,
        })
    }

    /// Rounds until one convicts the log. `told` hears of each; what cannot be told is tried again.
    pub async fn follow(
        &mut self,
        interval: Duration,
        mut told: impl FnMut(&Result<Round, MonitorError>),
    ) -> MonitorError {
        loop {
            let round = self.round().await;
            told(&round);
            match round {
                Err(error) if error.convicts() || matches!(error, MonitorError::Folder(_)) => return error,
                _ => pause_for(interval).await,
            }
        }
    }

    /// A head may not fall behind the one seen before, nor differ from it at the same size.
    fn compare(
        &self,
        head: &Checkpoint,
        note: &str,
        seen: &Checkpoint,
        seen_note: &str,
    ) -> Result<(), MonitorError> {
        let what = if head.origin != seen.origin {
            return Err(MonitorError::State(format!(
                "it is of the log {}, this is {}",
                seen.origin, head.origin
            )));
        } else if head.size < seen.size {
            format!("the log went back from size {} to size {}", seen.size, head.size)
        } else if head.size == seen.size && head.root != seen.root {
            format!("the log shows two roots at size {}", head.size)
        } else {
            return Ok(());
        };
        Err(self.broken(what, &[seen_note, note]))
    }

    /// Read the leaves up to a head, and compare the root of all of them with the signed one.
    async fn read_to(
        &mut self,
        head: &Checkpoint,
        note: &str,
        keys: &mut Vec<KeyNote>,
    ) -> Result<(), MonitorError> {
        let mut bundles = 0;
        while self.state.read_size() < head.size {
            let number = self.state.read_size() / TILE_WIDTH;
            let bundle = self.bundle(number, head.size).await?;
            let width = TileId { level: 0, index: number }.width_in(head.size);
            let leaves = match read_entries(&bundle.0, bundle.1) {
                Ok(leaves) => leaves,
                Err(error) => return Err(self.broken(format!("entry bundle {number}: {error}"), &[note])),
            };
            let skip = self.state.read_size() % TILE_WIDTH;
            for place in skip..width {
                let leaf = leaves[usize::try_from(place).unwrap_or(usize::MAX)];
                keys.extend(self.take(number * TILE_WIDTH + place, leaf).await?);
            }
            bundles += 1;
            if bundles % BUNDLES_PER_SAVING == 0 {
                self.state.save()?;
            }
        }
        if self.state.root() != head.root {
            let verified = self.state.verified_note()?;
            // What was read is not what was signed: read it again next time, it may have been a broken copy.
            self.state.go_back()?;
            let what = format!("the leaves up to size {} do not give the signed root", head.size);
            return Err(self.broken(what, &[verified.as_str(), note]));
        }
        self.state.verified(head)
    }

    async fn take(&mut self, index: u64, bytes: &[u8]) -> Result<Option<KeyNote>, MonitorError> {
        self.state.append(leaf_hash(bytes));
        let leaf = Leaf::parse(bytes);
        if let Some(openings) = &mut self.openings {
            let is_opened = openings.open(index, bytes, self.state.unopened()).await?;
            if !is_opened {
                self.state.note_unopened(index, bytes)?;
            }
            if let Ok(Leaf::Erasure { indexes, .. }) = &leaf {
                self.state.erased(indexes);
            }
        }
        match leaf {
            Ok(leaf) => self.state.take_key(index, &leaf),
            // A key leaf that cannot be read could hide a revocation.
            Err(_) if bytes.get(1) == Some(&KIND_KEY) => self.state.odd_leaf(index, Odd::Malformed).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// An entry bundle and its width: the partial one of this size or, where that is gone, the full one.
    async fn bundle(&self, number: u64, size: u64) -> Result<(Vec<u8>, u64), MonitorError> {
        let width = TileId { level: 0, index: number }.width_in(size);
        let path = |width| TilePath::Entries { index: number, width }.to_string();
        match self.fetch(&path(width), MAX_ENTRY_BUNDLE_BYTES).await {
            Err(MonitorError::Status { status: 404 | 410, .. }) if width < TILE_WIDTH => {
                Ok((self.fetch(&path(TILE_WIDTH), MAX_ENTRY_BUNDLE_BYTES).await?.body, TILE_WIDTH))
            }
            answer => Ok((answer?.body, width)),
        }
    }

    async fn fetch(&self, path: &str, limit: usize) -> Result<Answer, MonitorError> {
        let answer = self.outward.get(Outward::below(&self.prefix, path)?, None, limit).await?;
        if answer.status == 200 {
            return Ok(answer);
        }
        Err(MonitorError::Status { path: path.to_owned(), status: answer.status })
    }

    /// Keep notes as evidence; the error that says so.
    fn broken(&self, what: String, notes: &[&str]) -> MonitorError {
        let name = Digest::sha256(&notes.iter().map(|note| note.as_bytes()).collect::<Vec<_>>());
        match self.state.keep_evidence(&name.to_string(), &what, notes) {
            Ok(kept) => MonitorError::Broken { what, kept },
            Err(error) => error.into(),
        }
    }
}
