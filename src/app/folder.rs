//! A folder of state outside any database: of a witness or a monitor. Files change as a whole and durably, and one process
//! at a time has it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::files::LockedFile;

/// Why a folder of state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error("{} is in use by another process: stop that one, or name another folder", .0.display())]
    InUse(PathBuf),
    /// The file system does not do what it must.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file is longer than it may be.
    #[error("{} has more than {limit} bytes: it is not a file of this program", path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
        /// The limit in bytes.
        limit: usize,
    },
}

/// A folder of state that this process alone has.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    _lock: LockedFile,
}

impl StateFolder {
    /// Take the folder, which is made when it is missing.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| FolderError::Io { path, error }
        };
        fs::create_dir_all(path).map_err(at(path))?;
        let name = path.join("lock");
        let mut options = OpenOptions::new();
        let lock = options.create(true).write(true).truncate(false).open(&name).map_err(at(&name))?;
        let lock = LockedFile::try_from_file(lock).map_err(at(&name))?;
        let lock = lock.ok_or_else(|| FolderError::InUse(path.to_owned()))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where a file of the folder lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The bytes of a file of at most `limit` bytes; `None` when there is none.
    pub fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.file(name);
        let at = |error| FolderError::Io { path: path.clone(), error };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(error)),
        };
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(at)?;
        if bytes.len() > limit { Err(FolderError::TooLong { path, limit }) } else { Ok(Some(bytes)) }
    }

    /// Put a file in the place of the one before it. When this returns, a crash leaves the new one, never a part of it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.file(name);
        let unfinished = self.file(&format!("{name}.new"));
        let written = (|| {
            if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
                fs::create_dir_all(folder)?;
                File::open(&self.path)?.sync_all()?;
            }
            let mut file = File::create(&unfinished)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            File::open(path.parent().unwrap_or(&self.path))?.sync_all()
        })();
        written.map_err(|error| FolderError::Io { path, error })
    }

    /// Append to a file, durably.
    pub fn append(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.file(name);
        let written = (|| {
            let is_new = !path.exists();
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            if is_new { File::open(&self.path)?.sync_all() } else { Ok(()) }
        })();
        written.map_err(|error| FolderError::Io { path, error })
    }

    /// Number of files in a folder below; 0 when it does not exist.
    pub fn count(&self, folder: &str) -> usize {
        fs::read_dir(self.file(folder)).map_or(0, Iterator::count)
    }
}
