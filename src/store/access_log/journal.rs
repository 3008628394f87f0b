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
    pub(in crate::store) fn is_of_nobody(database: &Path) -> Result<(), StoreError> {
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
mod tests {
    use uuid::Uuid;

    use super::super::{of_owner, put, settle};
    use super::*;
    use crate::catalogue::Uscc;
    use crate::clock::Timestamp;
    use crate::ledger::Kid;
    use crate::store::{ConnectOptions, Store, migrate};

    /// A folder that goes with its test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("liandan-journal-{name}-{}", std::process::id()));
            drop(std::fs::remove_dir_all(&path));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        async fn store(&self) -> Store {
            let url = format!("sqlite:{}", self.0.join("ledger.sqlite").display());
            let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
            migrate::migrate(&store).await.unwrap();
            store
        }

        fn sheet(&self, n: u8) -> PathBuf {
            self.0.join(format!("ledger.sqlite-readings-{n}"))
        }

        /// Bytes that stand in both.
        fn bytes(&self) -> u64 {
            [0, 1].iter().filter_map(|n| std::fs::metadata(self.sheet(*n)).ok()).map(|meta| meta.len()).sum()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    fn owner() -> Uscc {
        "91350100M000100Y43".parse().unwrap()
    }

    fn read(n: u128) -> AccessRead {
        AccessRead {
            id: Uuid::from_u128(n),
            owner: owner(),
            at: Timestamp::from_millis(1_000),
            reader: owner(),
            kid: Kid::from_bytes([7; 32]),
            role: "officer".to_owned(),
            operation: "/manifests/{id}".to_owned(),
            subject_kind: "manifest".to_owned(),
            subject: format!("{n}"),
            sealed: None,
        }
    }

    async fn in_the_table(store: &Store) -> Vec<u128> {
        let mut tx = store.read().await.unwrap();
        let reads = of_owner(&mut tx, owner(), Uuid::max(), Timestamp::from_millis(0), 100).await.unwrap();
        reads.iter().rev().map(|read| read.id.as_u128()).collect()
    }

    #[tokio::test]
    async fn whoever_reads_waits_for_no_batch() {
        let folder = Folder::new("beside");
        let store = folder.store().await;
        let batch = store.write().await.unwrap();
        for n in 1..=3 {
            put(&store, vec![read(n)]).await.unwrap();
        }
        assert_eq!(in_the_table(&store).await, []);
        assert!(folder.bytes() > 0);
        batch.commit().await.unwrap();
        settle(&store).await.unwrap();
        assert_eq!(in_the_table(&store).await, [1, 2, 3]);
        settle(&store).await.unwrap();
        put(&store, vec![read(4), read(5)]).await.unwrap();
        settle(&store).await.unwrap();
        assert_eq!(in_the_table(&store).await, [1, 2, 3, 4, 5]);
        assert_eq!(folder.bytes(), 0);
        store.close().await;
        assert!(!folder.sheet(0).exists() && !folder.sheet(1).exists());
        assert!(put(&store, vec![read(6)]).await.is_err());
    }

    #[tokio::test]
    async fn what_a_crash_left_goes_in_once() {
        let folder = Folder::new("crash");
        let store = folder.store().await;
        put(&store, vec![read(1)]).await.unwrap();
        store.close().await;
        drop(store);
        let line = |reads: &[u128]| line_of(&reads.iter().map(|n| read(*n)).collect::<Vec<_>>()).unwrap();
        std::fs::write(folder.sheet(0), [line(&[1]), line(&[2]), line(&[3])[..40].to_vec()].concat())
            .unwrap();
        // A page of zeros is what some file systems leave where a line was begun.
        std::fs::write(folder.sheet(1), [line(&[4, 6]), vec![0; 40], line(&[7])[40..].to_vec()].concat())
            .unwrap();
        let store = folder.store().await;
        put(&store, vec![read(5)]).await.unwrap();
        settle(&store).await.unwrap();
        assert_eq!(in_the_table(&store).await, [1, 2, 4, 5, 6]);
        store.close().await;
        assert_eq!(folder.bytes(), 0);
    }

    #[tokio::test]
    async fn a_line_that_is_no_reading_is_named() {
        let folder = Folder::new("damaged");
        folder.store().await.close().await;
        let line = line_of(&[read(1)]).unwrap();
        std::fs::write(folder.sheet(1), [&line[..], b"[{\"id\":1}]\n", &line[..]].concat()).unwrap();
        let url = format!("sqlite:{}", folder.0.join("ledger.sqlite").display());
        let error = Store::connect(&url, &ConnectOptions::default()).await.err().unwrap().to_string();
        assert!(error.contains("-readings-1: line 2 "), "{error}");
    }

    #[tokio::test]
    async fn what_was_read_of_a_database_that_is_gone_goes_into_no_other() {
        let folder = Folder::new("gone");
        std::fs::write(folder.sheet(0), line_of(&[read(1)]).unwrap()).unwrap();
        let url = format!("sqlite:{}", folder.0.join("ledger.sqlite").display());
        let error = Store::connect(&url, &ConnectOptions::default()).await.err().unwrap();
        assert!(matches!(&error, StoreError::JournalLeft { path } if *path == folder.sheet(0)), "{error}");
        assert!(!folder.0.join("ledger.sqlite").exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn it_lies_beside_the_database_for_the_same_eyes() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let (folder, elsewhere) = (Folder::new("here"), Folder::new("link"));
        folder.store().await.close().await;
        let database = folder.0.join("ledger.sqlite");
        std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&database, elsewhere.0.join("ledger.sqlite")).unwrap();
        let store = elsewhere.store().await;
        let batch = store.write().await.unwrap();
        put(&store, vec![read(1)]).await.unwrap();
        assert!(!elsewhere.sheet(0).exists());
        let mode = std::fs::metadata(folder.sheet(0)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(batch);
    }

    #[test]
    fn what_failed_on_its_way_is_gone_before_the_next_line() {
        let folder = Folder::new("torn");
        let database = folder.0.join("ledger.sqlite");
        std::fs::write(&database, b"").unwrap();
        let mut sheet = Sheet::open(&database, folder.sheet(0), &mut Vec::new()).unwrap();
        sheet.append(b"1\n").unwrap();
        // As a full disk leaves it.
        sheet.file.as_mut().unwrap().write_all(b"2 and a ha").unwrap();
        sheet.is_torn = true;
        sheet.append(b"3\n").unwrap();
        assert_eq!(std::fs::read(folder.sheet(0)).unwrap(), b"1\n3\n");
        sheet.empty().unwrap();
        sheet.append(b"4\n").unwrap();
        assert_eq!(std::fs::read(folder.sheet(0)).unwrap(), b"4\n");
    }
}
