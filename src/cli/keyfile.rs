//! Key files: PKCS#8 PEM, readable by their owner alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Error;
use crate::files::sync_folder_of;
use crate::ledger::SigningKey;

/// A fresh key from the machine's random numbers.
pub(super) fn fresh() -> Result<SigningKey, Error> {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).map_err(|error| format!("the machine gives no random numbers: {error}"))?;
    Ok(SigningKey::from_seed(seed))
}

/// Read a key. Refused when others than its owner may read the file.
pub(super) fn load(path: &Path) -> Result<SigningKey, Error> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(format!("{shown}: others may read this key; run `chmod 600 {shown}`").into());
        }
    }
    SigningKey::from_pkcs8_pem(&text).map_err(|error| format!("{shown}: {error}").into())
}

/// Write a new key. Refused when the file exists: a key is never overwritten.
pub(super) fn save(path: &Path, key: &SigningKey) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    file.write_all(key.to_pkcs8_pem().as_bytes())?;
    file.sync_all()?;
    // A ledger must not outlive the only copy of its key.
    sync_folder_of(path)?;
    Ok(())
}

/// Read a key, or make and write it when the file does not exist. The second value is true for a new key.
pub(super) fn load_or_make(path: &Path) -> Result<(SigningKey, bool), Error> {
    if path.exists() {
        return Ok((load(path)?, false));
    }
    let key = fresh()?;
    save(path, &key)?;
    Ok((key, true))
}

/// Write what can be derived again, readable by its owner alone, over what was there.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), Error> {
    make_folder(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(file.write_all(text.as_bytes())?)
}

/// Where the keys of a ledger lie.
pub(super) fn beside(database: &str, name: &str) -> PathBuf {
    file_beside(database, &format!("{name}.pem"))
}

/// The file of a SQLite database.
pub(super) fn sqlite_file(database: &str) -> Option<&str> {
    database.strip_prefix("sqlite://").or_else(|| database.strip_prefix("sqlite:"))
}

/// Where a file of a ledger lies: beside a SQLite file, else in a folder `liandan-keys`.
pub(super) fn file_beside(database: &str, name: &str) -> PathBuf {
    match sqlite_file(database) {
        Some(path) => PathBuf::from(format!("{path}.{name}")),
        None => Path::new("liandan-keys").join(name),
    }
}

/// Make the folder a key file is to lie in.
pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    Ok(())
}
