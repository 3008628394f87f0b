//! The ledger in the database, and the files that stand beside it.

use std::path::Path;

use super::report::Report;
use crate::app::founding::{founding_of, head_of};
use crate::app::{backup, mark};
use crate::cli::{Error, keyfile, serve};
use crate::clock::Timestamp;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::NoteVerifier;
use crate::store::log::Head;
use crate::store::{Kind, Store, migrate, server};

/// Clocks of servers that belong together are never so far apart when somebody sets them.
const MAX_APART_MS: i64 = 2_000;

/// Everything that is read from the database or compared with it. The store was opened: its settings keep what is committed.
pub(super) async fn check(report: &mut Report, store: &Store, args: &serve::Args, now: Timestamp) {
    let kind = match store.kind() {
        Kind::Sqlite => "SQLite",
        Kind::Postgres => "Postgres",
    };
    report.good("database 数据库", format!("{kind}, what is committed stays 提交后不会丢失"));
    if !check_schema(report, store).await {
        return;
    }
    check_clock(report, store, now).await;
    match head_of(store).await {
        Ok(head) => check_head(report, store, args, &head, now).await,
        Err(fault) => report.fault("ledger 账本", fault),
    }
}

async fn check_schema(report: &mut Report, store: &Store) -> bool {
    let current = migrate::is_current(store).await;
    match &current {
        Ok(true) => report.good("schema 表结构", "of this program 与程序一致"),
        Ok(false) => report.remark(
            "schema 表结构",
            "older than this program; `liandan serve` brings it up to date. Back up first. 早于本程序，serve 会升级，请先备份",
        ),
        Err(error) => report.fault("schema 表结构", error),
    }
    matches!(current, Ok(true))
}

async fn check_clock(report: &mut Report, store: &Store, now: Timestamp) {
    if store.kind() == Kind::Sqlite {
        return;
    }
    let there = async { server::now(&mut store.read().await?).await };
    match there.await {
        Ok(there) if there.since(now).abs() <= MAX_APART_MS => {
            report.good("clock 时钟", "agrees with the database server's 与数据库服务器一致");
        }
        Ok(there) => report.fault(
            "clock 时钟",
            format!("the database server shows {there}, this machine {now}: set both by NTP 两机时间不一致，请用 NTP 校时"),
        ),
        Err(error) => report.fault("clock 时钟", error),
    }
}

async fn check_head(report: &mut Report, store: &Store, args: &serve::Args, head: &Head, now: Timestamp) {
    report.good("ledger 账本", format!("{}, {} entries 条记录", head.origin, head.size));
    if head.recorded_at.since(now) > MAX_APART_MS {
        report.fault(
            "clock 时钟",
            format!(
                "the last entry is of {}, this machine shows {now}: nothing is recorded before that 本机时间早于最后一条记录",
                head.recorded_at
            ),
        );
    }
    let verifier = match founding_of(store).await {
        Ok(founded) => NoteVerifier { name: head.origin.clone(), key: founded.log_key },
        Err(fault) => return report.fault("ledger 账本", fault),
    };
    report.tried("log key 日志密钥", check_key(args, &verifier));
    check_mark(report, args, head);
    check_backups(report, args.backups.as_deref(), &head.origin, now);
    for path in &args.published {
        let told = serve::read(path).and_then(|note| Ok(Checkpoint::open(&note, &verifier)?));
        let told = told.map(|checkpoint| format!("{}: {} entries 条记录", path.display(), checkpoint.size));
        report.tried("published 已发布的检查点", told);
    }
}

fn check_key(args: &serve::Args, verifier: &NoteVerifier) -> Result<String, Error> {
    let path = args.files.log_key(&args.database);
    let key = keyfile::load(&path)?;
    if key.public() != verifier.key {
        return Err(format!(
            "{}: another key than the ledger's ({}) 不是本账本的密钥",
            path.display(),
            verifier.key.kid()
        )
        .into());
    }
    Ok(format!("{}, keep a copy apart 请另存一份", path.display()))
}

fn check_mark(report: &mut Report, args: &serve::Args, head: &Head) {
    let path = args.files.mark(&args.database);
    let shown = path.display();
    match mark::read(&path) {
        Ok(None) => report.remark(
            "mark 高水位标记",
            format!("{shown}: none yet; a new process begins at what it finds 尚无标记，新进程以数据库现状为起点"),
        ),
        Ok(Some(mark)) if mark.origin != head.origin => {
            report.fault("mark 高水位标记", format!("{shown}: that of {} 属于另一账本", mark.origin));
        }
        Ok(Some(mark)) if mark.size > head.size => report.fault(
            "mark 高水位标记",
            format!(
                "{shown}: {} entries were signed, the database has {}: it would only be read (docs/runbook.md) 数据库缺少已签名的记录，只能读取",
                mark.size, head.size
            ),
        ),
        Ok(Some(mark)) => report.good("mark 高水位标记", format!("{shown}: {} entries 条记录", mark.size)),
        Err(error) => report.fault("mark 高水位标记", error),
    }
}

fn check_backups(report: &mut Report, folder: Option<&Path>, origin: &str, now: Timestamp) {
    let Some(folder) = folder else {
        return report.remark(
            "--backups",
            "no folder: nobody is told how old the newest backup is 未指定备份文件夹，无法提示备份是否过旧",
        );
    };
    let what = "backup 备份";
    match backup::newest(folder, origin) {
        Some(newest) if !newest.is_old(now) => {
            report.good(what, format!("{}, {} entries 条记录, {}", newest.name, newest.size, newest.at));
        }
        Some(newest) => {
            report.remark(what, format!("the newest is of {} 最新备份过旧 ({})", newest.at, newest.name));
        }
        None => report.remark(what, format!("{}: none of this ledger 没有本账本的备份", folder.display())),
    }
}
