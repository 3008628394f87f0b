//! What the standard library lacks of files: one process alone may hold them, and their names must last.

use std::fs::{File, TryLockError};
use std::io;
use std::ops::Deref;
use std::path::Path;

/// An open file with its lock. The lock goes with the process, however it ends, so a file left behind means nothing.
///
/// It is given back in so many words when this is dropped: closing the file is not enough while a child of this process is being
/// started, which has the open file too until it runs its own program.
#[derive(Debug)]
pub struct LockedFile(File);

impl LockedFile {
    /// Lock the file; `None` when it is locked already.
    pub fn try_from_file(file: File) -> io::Result<Option<Self>> {
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Deref for LockedFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Should it fail, closing the file still gives the lock back.
        let _ = self.0.unlock();
    }
}

/// Make the name of a file in its folder durable, after it was made, renamed or removed.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Elsewhere a folder is not opened as a file, and its entries last without being asked to.
    if cfg!(unix) {
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A folder that goes with its test.
    pub(crate) struct Folder(PathBuf);

    impl Folder {
        pub(crate) fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("liandan-{name}-{}", std::process::id()));
            drop(std::fs::remove_dir_all(&path));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        pub(crate) fn file(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn a_lock_is_given_back_at_once_whoever_else_has_the_file_open() {
        let path = std::env::temp_dir().join(format!("liandan-lock-{}", std::process::id()));
        let open = || File::options().create(true).truncate(false).write(true).open(&path).unwrap();
        let locked = LockedFile::try_from_file(open()).unwrap().unwrap();
        assert!(LockedFile::try_from_file(open()).unwrap().is_none());
        let inherited = locked.try_clone().unwrap();
        drop(locked);
        assert!(LockedFile::try_from_file(open()).unwrap().is_some());
        drop(inherited);
        std::fs::remove_file(path).unwrap();
    }
}
