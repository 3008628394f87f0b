//! What lies where the operator puts backups: the newest whole file of this log.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{FORMAT, Line, MAX_LINE_BYTES};
use crate::app::{App, Fault};
use crate::clock::Timestamp;

/// Most files of the folder that are looked into.
const MAX_FILES: usize = 1_000;

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

impl App {
    /// Where backups are put, so that it can be told how old the newest is. Only the first call counts.
    pub fn look_for_backups(&self, folder: PathBuf) {
        self.inner.backups.get_or_init(|| folder);
    }

    /// The newest backup of this log; `None` where nobody said where they lie, `Some(None)` where there is none.
    pub(in crate::app) async fn newest_backup(&self) -> Result<Option<Option<BackupSeen>>, Fault> {
        let Some(folder) = self.inner.backups.get().cloned() else { return Ok(None) };
        let origin = self.origin().to_owned();
        let looked = tokio::task::spawn_blocking(move || newest(&folder, &origin)).await;
        let newest = looked.map_err(|_| Fault::Stopped)?;
        newest.map(Some).map_err(|error| Fault::Backup(error.to_string()))
    }
}

/// The newest file that begins as a backup of this log does. One that is still written has another name.
fn newest(folder: &Path, origin: &str) -> std::io::Result<Option<BackupSeen>> {
    let mut newest: Option<BackupSeen> = None;
    for entry in std::fs::read_dir(folder)?.take(MAX_FILES) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let about = entry.metadata()?;
        if !about.is_file() || name.ends_with(".part") {
            continue;
        }
        let age = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = Timestamp::from_millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        if newest.as_ref().is_some_and(|newest| newest.at >= at) {
            continue;
        }
        if let Some(size) = entries_of(&entry.path(), origin) {
            newest = Some(BackupSeen { name, at, size });
        }
    }
    Ok(newest)
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
