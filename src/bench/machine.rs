//! On what it was measured, as far as the machine tells.

use super::Error;
use super::cores;
use super::ground::Ground;
use crate::store::scratch;

/// Cores, memory, kernel, database.
pub(super) async fn described(ground: &Ground) -> Result<String, Error> {
    let database = ground.fresh().await?;
    let store = database.connect().await?;
    let mut tx = store.read().await?;
    let version = scratch::version(&mut tx).await?;
    drop(tx);
    store.close().await;
    drop(store);
    database.remove().await?;
    let memory = told("/proc/meminfo")
        .lines()
        .next()
        .and_then(kib)
        .map_or("n/a".to_owned(), |kib| format!("{} GiB", (kib + 512 * 1024) / (1024 * 1024)));
    let kernel = told("/proc/sys/kernel/osrelease");
    let kernel = if kernel.is_empty() { std::env::consts::OS } else { kernel.trim() };
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    Ok(format!(
        "{} cores ({}), {memory} of memory, kernel {kernel}, {} {version}, {build} build",
        cores(),
        std::env::consts::ARCH,
        ground.name()
    ))
}

fn told(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn kib(line: &str) -> Option<u64> {
    line.split_whitespace().nth(1)?.parse().ok()
}
