//! `liandan verify ledger`: everything in a database, checked again from the bytes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Error, keyfile, note, open, policy, progress, say};
use crate::app::audit::{self, Against, AuditError, Audited, Held};
use crate::app::mark;
use crate::store::Store;

/// What to compare a database with.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Database: sqlite:PATH or postgres://…
    #[arg(long)]
    database: String,
    /// Walk the log only; do not fold it a second time.
    #[arg(long, conflicts_with = "work")]
    log_only: bool,
    /// Folder for the second folding (about the size of the database). A run that was stopped goes on from there; a
    /// temporary folder when absent.
    #[arg(long)]
    work: Option<PathBuf>,
    /// High-water mark of the process that serves it; the one beside the database, if there is one, when absent.
    #[arg(long)]
    mark: Option<PathBuf>,
    /// A checkpoint of this log that was kept elsewhere, for example by a monitor or witness; may be repeated.
    #[arg(long)]
    checkpoint: Vec<PathBuf>,
    /// Trust policy (C2SP tlog-policy) with the keys of witnesses: their cosignatures are verified. Without it a cosignature is
    /// only compared with what stands beside it.
    #[arg(long)]
    policy: Option<PathBuf>,
}

/// Walk the log, and unless only that is wanted fold it a second time in a work folder and compare.
pub(super) async fn verify(args: Args) -> Result<ExitCode, Error> {
    // Before the database: a ledger that is served goes on meanwhile, its mark always behind.
    let held = held(&args)?;
    let policy = args.policy.as_deref().map(policy::load).transpose()?;
    let policy = policy.as_ref();
    let store = open::read_only(&args.database).await?;
    if args.log_only {
        let against = Against { held, policy, ..Against::itself() };
        return answer(audit::verify(&store, against, progress::entries()).await);
    }
    let folder = WorkFolder::open(args.work)?;
    let second = folder.store().await?;
    let against = Against { held, policy, ..Against::second(&second) };
    let result = audit::verify(&store, against, progress::entries()).await;
    second.close().await;
    if !matches!(result, Err(AuditError::Fault(_))) {
        folder.remove()?;
    }
    answer(result)
}

/// The heads of the log that are kept outside its database.
fn held(args: &Args) -> Result<Vec<Held>, Error> {
    let beside = || keyfile::file_beside(&args.database, "mark");
    let mark = match &args.mark {
        Some(path) => Some(mark::read(path)?.ok_or_else(|| format!("{}: no mark in it", path.display()))?),
        None => mark::read(&beside())?,
    };
    let mut held: Vec<Held> = mark.map(Held::Mark).into_iter().collect();
    for path in &args.checkpoint {
        let note = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        held.push(Held::Signed(note));
    }
    Ok(held)
}

fn answer(result: Result<Audited, AuditError>) -> Result<ExitCode, Error> {
    let audited = match result {
        Ok(audited) => audited,
        Err(AuditError::Broken(broken)) => {
            say(format!("The ledger is broken. 账本已被改动。 {broken}"));
            return Ok(ExitCode::from(1));
        }
        Err(AuditError::Fault(fault)) => return Err(fault.into()),
    };
    say(format!(
        "The log is whole. 账本完整。 {} entries (bytes, signatures, keys, leaves), {} tiles, {} checkpoints.",
        audited.entries, audited.tiles, audited.checkpoints
    ));
    match audited.held {
        0 => say("No mark or checkpoint from outside was there: whether its end is missing cannot be told. \
             没有库外的标记或检查点：无法判断末尾是否缺失。"),
        held => say(format!(
            "It reaches what is held outside it: {held} heads. 与库外保存的 {held} 个日志头相符，末尾没有缺失。"
        )),
    }
    if audited.cosignatures > 0 {
        say(format!(
            "{} cosignatures of witnesses, {} of them verified by the policy's keys (--policy). 见证签名 {0} 个，其中 {1} 个已用信任策略中的公钥验证。",
            audited.cosignatures, audited.verified_cosignatures
        ));
    }
    if audited.files > 0 {
        say(format!(
            "{} attachments have the digest they are kept under. 附件 {0} 个，内容与摘要相符。",
            audited.files
        ));
    }
    if audited.devices > 0 {
        say(format!(
            "{} devices: the times in which each was heard are whole. 设备 {0} 台，心跳时段完整。",
            audited.devices
        ));
    }
    if audited.unsigned > 0 {
        say(format!(
            "The last {} entries are not signed yet. 最后 {0} 条记录尚未签署检查点。",
            audited.unsigned
        ));
    }
    match audited.tables {
        0 => say("What is computed from the log was not compared. 未比对由日志推算的各表。"),
        tables => say(format!(
            "What is computed from it is right: {tables} tables, row for row. 由日志推算的 {tables} 张表逐行相符。"
        )),
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the log is folded a second time. It holds what the ledger holds, so nobody else may read it.
struct WorkFolder {
    path: PathBuf,
    is_temporary: bool,
}

impl WorkFolder {
    fn open(named: Option<PathBuf>) -> Result<Self, Error> {
        let is_temporary = named.is_none();
        let path = match named {
            Some(path) => path,
            None => std::env::temp_dir().join(format!("liandan-verify-{:016x}", getrandom::u64()?)),
        };
        make_private(&path)?;
        Ok(Self { path, is_temporary })
    }

    async fn store(&self) -> Result<Store, Error> {
        note(format!("work folder 工作目录: {}", self.path.display()));
        open::store(&format!("sqlite:{}", self.path.join("second.sqlite").display())).await
    }

    /// What was finished is begun anew next time.
    fn remove(self) -> Result<(), Error> {
        for name in ["second.sqlite", "second.sqlite-wal", "second.sqlite-shm", "second.sqlite.lock"] {
            let path = self.path.join(name);
            if path.exists() {
                std::fs::remove_file(path)?;
            }
        }
        if self.is_temporary {
            std::fs::remove_dir(&self.path)?;
        }
        Ok(())
    }
}

fn make_private(path: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
