//! The file of the high-water mark: one per process, locked, written before every signature.
//!
//! The crash story: the mark is durable before anything is signed, so whatever was signed for is at or below it. A database that
//! ends below the mark has lost entries that somebody holds a signature for.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::Fault;
use crate::files::{LockedFile, sync_folder_of};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::mark::{self, MARK_FILE_BYTES, SLOT_BYTES, SLOTS};

/// Why the mark cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// Another process has it.
    #[error("the mark {} belongs to a process that is running; give each process its own with --mark", .0.display())]
    InUse(PathBuf),
    /// No slot can be read.
    #[error(
        "the mark {} cannot be read. Compare the database with what was published; when it is whole, remove the file and start again",
        .0.display()
    )]
    Damaged(PathBuf),
    /// It was made for another log.
    #[error("the mark {} is that of the log {found:?}; give this ledger its own with --mark", path.display())]
    OtherLog {
        /// The file.
        path: PathBuf,
        /// Origin in it.
        found: String,
    },
    /// The origin is longer than a slot can hold.
    #[error("the origin of this log is too long for a mark")]
    LongOrigin,
    /// The disk.
    #[error("the mark {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the machine said.
        error: io::Error,
    },
}

/// The mark of this process.
pub(super) struct MarkFile {
    path: PathBuf,
    held: Mutex<Held>,
}

struct Held {
    file: LockedFile,
    /// The mark, and the slot it is in; `None` until the first one is written.
    mark: Option<(usize, Checkpoint)>,
}

impl MarkFile {
    /// Lock the file and read the mark in it. A file that is missing, or whose making was interrupted, holds none yet.
    pub(super) fn open(path: &Path, origin: &str) -> Result<Self, MarkError> {
        let at = |error| MarkError::Io { path: path.to_owned(), error };
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true).open(path).map_err(at)?;
        let file = LockedFile::try_from_file(file).map_err(at)?;
        let file = file.ok_or_else(|| MarkError::InUse(path.to_owned()))?;
        let mark = read_from(&file, path)?;
        if let Some((_, other)) = mark.as_ref().filter(|(_, mark)| mark.origin != origin) {
            return Err(MarkError::OtherLog { path: path.to_owned(), found: other.origin.clone() });
        }
        Ok(Self { path: path.to_owned(), held: Mutex::new(Held { file, mark }) })
    }

    /// The furthest head that was about to be signed; `None` before the first.
    pub(super) fn get(&self) -> Option<Checkpoint> {
        self.held().mark.as_ref().map(|(_, mark)| mark.clone())
    }

    /// Move the mark on, durably. Whoever calls it has compared `to` with the mark: it only ever grows.
    pub(super) async fn advance(self: &Arc<Self>, to: Checkpoint) -> Result<(), Fault> {
        let file = Arc::clone(self);
        // Waiting for the disk is not for the threads that serve others.
        tokio::task::spawn_blocking(move || file.write(to)).await.map_err(|_| Fault::Stopped)??;
        Ok(())
    }

    fn write(&self, to: Checkpoint) -> Result<(), MarkError> {
        let at = |error| MarkError::Io { path: self.path.clone(), error };
        let slot = mark::encode(&to).ok_or(MarkError::LongOrigin)?;
        let mut held = self.held();
        let next = match &held.mark {
            // After a failed write the mark in memory is the old one, so the spoiled slot is the one written again.
            Some((current, _)) => (current + 1) % SLOTS,
            None => {
                self.make(&held.file, &slot).map_err(at)?;
                0
            }
        };
        write_at(&held.file, &slot, next).and_then(|()| held.file.sync_data()).map_err(at)?;
        held.mark = Some((next, to));
        Ok(())
    }

    /// Make the whole file with the first mark in it. Its last byte comes when everything before it is durable, so a shorter
    /// file is one whose making was interrupted, and nothing was signed under it.
    fn make(&self, file: &File, slot: &[u8]) -> io::Result<()> {
        file.set_len(0)?;
        write_at(file, slot, 0)?;
        file.set_len(MARK_FILE_BYTES as u64 - 1)?;
        file.sync_all()?;
        file.set_len(MARK_FILE_BYTES as u64)?;
        file.sync_all()?;
        sync_folder_of(&self.path)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_at(mut file: &File, slot: &[u8], number: usize) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start((number * SLOT_BYTES) as u64))?;
    file.write_all(slot)
}

/// The mark in a file that may be another process's; `None` when there is no such file, or no mark in it yet.
pub fn read(path: &Path) -> Result<Option<Checkpoint>, MarkError> {
    let at = |error| MarkError::Io { path: path.to_owned(), error };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(error)),
    };
    Ok(read_from(&file, path)?.map(|(_, mark)| mark))
}

/// The newest mark in a file, with its slot.
fn read_from(file: &File, path: &Path) -> Result<Option<(usize, Checkpoint)>, MarkError> {
    let mut bytes = Vec::new();
    let read = file.take(MARK_FILE_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| MarkError::Io { path: path.to_owned(), error })?;
    let mark = mark::newest(&bytes);
    if mark.is_none() && bytes.len() >= MARK_FILE_BYTES {
        return Err(MarkError::Damaged(path.to_owned()));
    }
    Ok(mark.filter(|_| bytes.len() == MARK_FILE_BYTES))
}
