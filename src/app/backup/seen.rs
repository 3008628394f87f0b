//! What lies where the operator puts backups: the newest file that begins as a backup of this log does. Whether it is whole, restoring tells.

use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{FORMAT, Line, MAX_LINE_BYTES};
use crate::app::{App, Fault};
use crate::clock::Timestamp;

/// A backup as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSeen {
    /// Name of the file.
    pub name: String,
    /// When it was written.
    pub at: Timestamp,
    /// How many entries it holds.
    pub size: u64,
}

/// An older backup is pointed out.
const OLD_AFTER_HOURS: i64 = 24;

impl BackupSeen {
    /// Whether whoever operates the ledger should look after it.
    pub fn is_old(&self, now: Timestamp) -> bool {
        self.at.plus_hours(OLD_AFTER_HOURS) < now
    }
}

impl App {
    /// Where backups are put, so that it can be told how old the newest is. Only the first call counts.
    pub fn look_for_backups(&self, folder: PathBuf) {
        self.inner.backups.get_or_init(|| folder);
    }

    /// The newest backup of this log; `None` where nobody said where they lie, `Some(None)` where there is none that can be read.
    pub(in crate::app) async fn newest_backup(&self) -> Result<Option<Option<BackupSeen>>, Fault> {
        let Some(folder) = self.inner.backups.get().cloned() else { return Ok(None) };
        let origin = self.origin().to_owned();
        let looked = tokio::task::spawn_blocking(move || newest(&folder, &origin)).await;
        looked.map(Some).map_err(|_| Fault::Stopped)
    }
}

/// The newest backup of a log in a folder. Files are opened from the newest on, until one is a backup of it. One that is still written has another name; what vanishes or cannot be
/// read meanwhile is none.
pub fn newest(folder: &Path, origin: &str) -> Option<BackupSeen> {
    let written_at = |path: &Path| path.metadata().ok().filter(Metadata::is_file)?.modified().ok();
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let entries = entries.filter(|path| path.extension().is_none_or(|ending| ending != "part"));
    let mut files: Vec<(SystemTime, PathBuf)> =
        entries.filter_map(|path| Some((written_at(&path)?, path))).collect();
    files.sort_unstable_by(|a, b| b.cmp(a));
    files.into_iter().find_map(|(written, path)| {
        let size = entries_of(&path, origin)?;
        let since = written.duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Some(BackupSeen { name: path.file_name()?.to_string_lossy().into_owned(), at, size })
    })
}

/// How many entries a file holds, where it is a backup of this log.
fn entries_of(path: &Path, origin: &str) -> Option<u64> {
    let mut first = Vec::new();
    BufReader::new(File::open(path).ok()?).take(MAX_LINE_BYTES).read_until(b'\n', &mut first).ok()?;
    match serde_json::from_slice(&first).ok()? {
        Line::Begin { format, log, size, .. } if format == FORMAT && log == origin => Some(size),
        _ => None,
    }
}
