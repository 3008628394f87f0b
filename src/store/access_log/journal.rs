//! What was read, written down beside SQLite's one writer.
//!
//! A reading by an authority is durable before it is answered, and a batch of events holds the writer for as long as it is judged and written. So
//! a reading goes into a file beside the database, and from there into the table as soon as the writer is free. Nothing stays in that file: there
//! are two, and one is written to while what stands in the other goes into the table. A store that is closed has neither.
//!
//! The crash story: a line, which holds what is answered at once, is on the disk before that is answered, and before the next line begins. What a crash
//! leaves in the files goes into the table when the database is opened again, once more and without effect where it was there already. A last line that
//! was not finished belongs to no answer and is cut off.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use sqlx::SqlitePool;
use tokio::sync::{Mutex, mpsc};

use super::{AccessRead, insert};
use crate::files::{LockedFile, sync_folder_of};
use crate::store::{StoreError, Tx, WriteTx};

/// Readings that may wait for the table. Who comes behind them waits until they are in.
const MOST_WAITING: usize = 10_000;
/// How long after a failure the table is tried again.
const TRIED_AGAIN: Duration = Duration::from_secs(5);

/// The journal of the one process that writes to a SQLite file. Cloning is cheap and shares it.
#[derive(Clone)]
pub(in crate::store) struct Journal {
    inner: Inner,
    /// Wakes the task that puts into the table what waits; it ends with the last of these.
    told: mpsc::Sender<()>,
    /// Of the database. While it is held the files are ours.
    lock: Weak<LockedFile>,
}

/// What waits, and where it goes.
#[derive(Clone)]
struct Inner {
    writer: SqlitePool,
    written: Arc<Mutex<Written>>,
    /// One at a time puts into the table what waits.
    settling: Arc<Mutex<()>>,
}

/// What is on the disk, and not in the table as far as is known.
struct Written {
    /// The file that is written to.
    current: Sheet,
    /// The other one. Whatever stands in it waits.
    behind: Sheet,
    waiting: Vec<AccessRead>,
    is_closed: bool,
}

/// One of the two files: what was answered at once on a line, in JSON.
struct Sheet {
    database: PathBuf,
    path: PathBuf,
    /// `None` until it is needed.
    file: Option<File>,
    /// Bytes of the lines that are whole.
    len: u64,
    /// There may be something behind them.
    is_torn: bool,
}

/// The two files of a database: beside it, whichever symbolic link leads there.
fn paths_of(database: &Path) -> [PathBuf; 2] {
    ["-readings-0", "-readings-1"].map(|ending| {
        let mut path = database.as_os_str().to_owned();
        path.push(ending);
        path.into()
    })
}

impl Journal {
    /// Before a database is made at this path: what was read of another one does not go into it.
    pub(in crate::store) fn none_is_left(database: &Path) -> Result<(), StoreError> {
        let is_written = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
        match paths_of(database).into_iter().find(is_written) {
            Some(path) => Err(StoreError::JournalLeft { path }),
            None => Ok(()),
        }
    }

    /// Of a database that is there, with what a process before this one left behind. Must be called inside a tokio runtime.
    pub(in crate::store) fn open(
        database: &Path,
        writer: SqlitePool,
        lock: &Arc<LockedFile>,
    ) -> Result<Self, StoreError> {
        let mut waiting = Vec::new();
        let [current, behind] = paths_of(database).map(|path| Sheet::open(database, path, &mut waiting));
        let is_left = !waiting.is_empty();
        let written = Written { current: current?, behind: behind?, waiting, is_closed: false };
        let inner = Inner { writer, written: Arc::new(Mutex::new(written)), settling: Arc::default() };
        let (told, waits) = mpsc::channel(1);
        let lock = Arc::downgrade(lock);
        tokio::spawn(keep_settling(inner.clone(), lock.clone(), waits));
        let journal = Self { inner, told, lock };
        if is_left {
            journal.tell();
        }
        Ok(journal)
    }

    /// Make readings durable, all of them or none. They are put into the table behind the answer.
    pub(in crate::store) async fn write_down(&self, reads: Vec<AccessRead>) -> Result<(), StoreError> {
        if self.inner.written.lock().await.waiting.len() >= MOST_WAITING {
            self.settle().await?;
        }
        let line = line_of(&reads)?;
        let mut written = self.inner.written.clone().lock_owned().await;
        // Whoever asked may be gone meanwhile: what is begun here is ended, while nobody else has the files.
        let (journal, held) = (self.clone(), self.lock.upgrade());
        let append = move || {
            let is_down = written.append(&line, reads);
            drop((written, held));
            journal.tell();
            is_down
        };
        tokio::task::spawn_blocking(append).await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    /// Put into the table what waits for it.
    pub(in crate::store) async fn settle(&self) -> Result<(), StoreError> {
        self.inner.settle().await
    }

    /// Nothing is taken any more. What cannot be put into the table stays in its file for the next process.
    pub(in crate::store) async fn close(&self) -> Result<(), StoreError> {
        let settled = self.settle().await;
        let mut written = self.inner.written.lock().await;
        written.is_closed = true;
        if written.waiting.is_empty() {
            written.current.remove()?;
            written.behind.remove()?;
        }
        settled
    }

    fn tell(&self) {
        // Who is at it looks again afterwards.
        let _ = self.told.try_send(());
    }
}

/// Put into the table what waits for it, whenever somebody tells of more, and again where it failed; until nobody is left who could tell.
async fn keep_settling(inner: Inner, lock: Weak<LockedFile>, mut waits: mpsc::Receiver<()>) {
    while waits.recv().await.is_some() {
        // Without the lock the files are somebody else's by now.
        while let Some(held) = lock.upgrade() {
            let Err(error) = inner.settle().await else { break };
            drop(held);
            tracing::warn!(error = &error as &dyn std::error::Error, "readings wait for their table");
            if let Ok(None) = tokio::time::timeout(TRIED_AGAIN, waits.recv()).await {
                return;
            }
        }
    }
}

impl Inner {
    async fn settle(&self) -> Result<(), StoreError> {
        let _one_at_a_time = self.settling.lock().await;
        let reads = {
            let mut written = self.written.lock().await;
            if written.is_closed {
                return Ok(());
            }
            written.turn()
        };
        if reads.is_empty() {
            return Ok(());
        }
        let mut tx = WriteTx::new(Tx::Sqlite(self.writer.begin_with("BEGIN IMMEDIATE").await?));
        insert(&mut tx, &reads).await?;
        tx.commit().await?;
        self.written.lock().await.are_in(reads.len())
    }
}

impl Written {
    fn append(&mut self, line: &[u8], reads: Vec<AccessRead>) -> Result<(), StoreError> {
        if self.is_closed {
            return Err(sqlx::Error::PoolClosed.into());
        }
        self.current.append(line)?;
        self.waiting.extend(reads);
        Ok(())
    }

    /// All that waits. What comes from now on stands in a file of its own, unless what stands in the other was not put in the last time.
    fn turn(&mut self) -> Vec<AccessRead> {
        if self.behind.len == 0 {
            std::mem::swap(&mut self.current, &mut self.behind);
        }
        self.waiting.clone()
    }

    /// The first ones of those that wait are in the table.
    fn are_in(&mut self, count: usize) -> Result<(), StoreError> {
        self.waiting.drain(..count.min(self.waiting.len()));
        self.behind.empty()
    }
}

impl Sheet {
    fn open(database: &Path, path: PathBuf, waiting: &mut Vec<AccessRead>) -> Result<Self, StoreError> {
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(at(&path)(error)),
        };
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        let (mut len, last) = (0, lines.len());
        for (n, line) in lines.into_iter().enumerate() {
            match serde_json::from_slice::<Vec<AccessRead>>(line) {
                Ok(reads) if line.ends_with(b"\n") => waiting.extend(reads),
                // It was being written when the machine stopped, whatever of it is on the disk.
                _ if n + 1 == last => break,
                Ok(_) => {}
                Err(error) => {
                    return Err(StoreError::Journal { path, line: n + 1, detail: error.to_string() });
                }
            }
            len += line.len() as u64;
        }
        let database = database.to_owned();
        Ok(Self { database, path, file: None, len, is_torn: len < text.len() as u64 })
    }

    /// Behind what is whole. Whatever fails may leave something there, which goes before the next line comes.
    fn append(&mut self, line: &[u8]) -> Result<(), StoreError> {
        let at = at(&self.path);
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = OpenOptions::new().append(true).create(true).open(&self.path).map_err(&at)?;
                self.as_the_database(&file).map_err(&at)?;
                sync_folder_of(&self.path).map_err(&at)?;
                file
            }
        };
        if self.is_torn {
            file.set_len(self.len).map_err(&at)?;
        }
        self.is_torn = true;
        let written = file.write_all(line).and_then(|()| file.sync_data());
        self.file = Some(file);
        written.map_err(&at)?;
        self.is_torn = false;
        self.len += line.len() as u64;
        Ok(())
    }

    /// For the same eyes as the database.
    fn as_the_database(&self, file: &File) -> io::Result<()> {
        file.set_permissions(std::fs::metadata(&self.database)?.permissions())
    }

    fn empty(&mut self) -> Result<(), StoreError> {
        let is_written = self.len > 0 || self.is_torn;
        self.len = 0;
        self.is_torn = is_written;
        if is_written {
            let file = OpenOptions::new().write(true).open(&self.path);
            file.and_then(|file| file.set_len(0)).map_err(at(&self.path))?;
            self.is_torn = false;
        }
        Ok(())
    }

    fn remove(&mut self) -> Result<(), StoreError> {
        self.file = None;
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&self.path)(error)),
            _ => Ok(()),
        }
    }
}

fn line_of(reads: &[AccessRead]) -> Result<Vec<u8>, StoreError> {
    let mut line = serde_json::to_vec(reads).map_err(|error| StoreError::Other(Box::new(error)))?;
    line.push(b'\n');
    Ok(line)
}

fn at(path: &Path) -> impl Fn(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Unreachable(format!("{}: {error}", path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
