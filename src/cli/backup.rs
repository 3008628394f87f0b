//! `liandan backup` and `liandan restore`: the log in one file, and back.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Error, open, progress, say};
use crate::app::backup;
use crate::files::sync_folder_of;

/// Arguments of `backup`.
#[derive(clap::Args)]
pub(super) struct BackupArgs {
    /// Database: sqlite:PATH or postgres://… It may be served meanwhile.
    #[arg(long)]
    database: String,
    /// File to write; it must not exist.
    #[arg(long)]
    to: PathBuf,
}

/// Arguments of `restore`.
#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// Database: sqlite:PATH or postgres://… It must hold no ledger.
    #[arg(long)]
    database: String,
}

pub(super) async fn backup(args: BackupArgs) -> Result<(), Error> {
    if args.to.exists() {
        return Err(format!("{} exists already; name another file", args.to.display()).into());
    }
    let store = open::read_only(&args.database).await?;
    // Under its own name a backup is whole: it is written beside, and renamed when it is on the disk.
    let mut beside = args.to.clone().into_os_string();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let mut out = BufWriter::new(private_file(&beside)?);
    let head = backup::write(&store, &mut out, progress::entries()).await?;
    out.flush()?;
    out.get_ref().sync_all()?;
    std::fs::rename(&beside, &args.to)?;
    sync_folder_of(&args.to)?;
    say(format!("{}: {} entries 条记录, root {}", args.to.display(), head.size, head.root));
    Ok(())
}

pub(super) async fn restore(args: RestoreArgs) -> Result<(), Error> {
    let file = File::open(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let store = open::store(&args.database).await?;
    let audited = backup::restore(&store, BufReader::new(file), progress::entries()).await?;
    store.close().await;
    say(format!("Restored and checked: {} entries. 已恢复并核验 {0} 条记录。", audited.entries));
    Ok(())
}

/// A backup holds what the ledger holds, salts included: only its owner may read it.
fn private_file(path: &Path) -> Result<File, Error> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
