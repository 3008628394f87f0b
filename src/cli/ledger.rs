//! `liandan verify ledger`: everything in a database, checked again from the bytes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Error, note, open, policy, progress, say};
use crate::app::audit::{self, AuditError, Audited};
use crate::store::Store;

/// Walk the log, and unless `log_only` fold it a second time in a work folder and compare.
pub(super) async fn verify(
    database: &str,
    log_only: bool,
    work: Option<PathBuf>,
    policy: Option<&Path>,
) -> Result<ExitCode, Error> {
    let policy = policy.map(policy::load).transpose()?;
    let policy = policy.as_ref();
    let store = open::read_only(database).await?;
    if log_only {
        return answer(audit::verify(&store, None, policy, audit::PAGE, progress::entries()).await);
    }
    let folder = WorkFolder::open(work)?;
    let second = folder.store().await?;
    let result = audit::verify(&store, Some(&second), policy, audit::PAGE, progress::entries()).await;
    second.close().await;
    if !matches!(result, Err(AuditError::Fault(_))) {
        folder.remove()?;
    }
    answer(result)
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
    if audited.cosignatures > 0 {
        say(format!(
            "{} cosignatures of witnesses, {} of them verified by the policy's keys (--policy). 见证签名 {0} 个，其中 {1} 个已用信任策略中的公钥验证。",
            audited.cosignatures, audited.verified_cosignatures
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
