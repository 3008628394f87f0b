//! The machine: room on disks, file descriptors, who sets the clock.

use std::path::Path;

use super::report::Report;
use crate::api::metrics::most_fds;
use crate::cli::{keyfile, serve};

/// Less room than this is pointed out: a busy day of a province, and the WAL.
const LITTLE_ROOM_BYTES: u64 = 10 * GIB;
/// Less than this is a fault: the next backup or a large day fills it.
const NO_ROOM_BYTES: u64 = GIB;
const GIB: u64 = 1 << 30;
/// Descriptors that all connections and the database take: docs/operations.md.
const DESCRIPTORS: i64 = 8_192;
/// Where time daemons of Debian leave a trace of their work.
const CLOCK_TRACES: [&str; 3] = ["/run/systemd/timesync/synchronized", "/run/chrony", "/run/ntpd.pid"];

/// All that this machine tells.
pub(super) fn check(report: &mut Report, args: &serve::Args) {
    if let Some(path) = keyfile::sqlite_file(&args.database) {
        check_room(report, Path::new(path));
    }
    check_descriptors(report);
    match CLOCK_TRACES.iter().find(|trace| Path::new(trace).exists()) {
        Some(trace) => report.good("clock 时钟", format!("set by a time daemon 由校时服务维护 ({trace})")),
        None => report.remark(
            "clock 时钟",
            "no sign of a time daemon: deadlines and tokens go by this clock 未发现校时服务，期限和令牌以本机时钟为准",
        ),
    }
}

fn check_room(report: &mut Report, file: &Path) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let told = |bytes: u64| format!("{}: {} GiB free 可用", folder.display(), bytes / GIB);
    match rustix::fs::statvfs(folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)) {
        Ok(bytes) if bytes < NO_ROOM_BYTES => report.fault("disk 磁盘", told(bytes)),
        Ok(bytes) if bytes < LITTLE_ROOM_BYTES => report.remark("disk 磁盘", told(bytes)),
        Ok(bytes) => report.good("disk 磁盘", told(bytes)),
        Err(error) => report.fault("disk 磁盘", format!("{}: {error}", folder.display())),
    }
}

fn check_descriptors(report: &mut Report) {
    match most_fds() {
        Some(limit) if limit < DESCRIPTORS => report.remark(
            "descriptors 文件描述符",
            format!("{limit}; set LimitNOFILE={DESCRIPTORS} or `ulimit -n {DESCRIPTORS}` for 4,096 connections 不足以支持 4,096 个连接"),
        ),
        Some(limit) => report.good("descriptors 文件描述符", limit),
        None => {}
    }
}
