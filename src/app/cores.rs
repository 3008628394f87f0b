//! Work that needs a core and nothing else: parsing, signatures.

use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use super::error::Fault;

/// Pieces under way, of everybody: one a core. With a thread for each that waits, the one batch for which all of them wait would get a small share of
/// the machine.
static CORES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(cores()));
/// Items of a piece at most: whoever brings many lets others in between.
const MAX_ITEMS: usize = 250;

fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Map items over the machine's cores, keeping their order.
pub(super) async fn over_cores<T, R, F>(items: Vec<T>, work: F) -> Result<Vec<R>, Fault>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Fn(T) -> R + Send + Sync + 'static,
{
    let share = items.len().div_ceil(cores()).clamp(1, MAX_ITEMS);
    let work = Arc::new(work);
    let mut items = items.into_iter();
    let mut tasks = Vec::new();
    loop {
        let part: Vec<T> = items.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        let core = CORES.acquire().await.map_err(|_| Fault::Stopped)?;
        let work = Arc::clone(&work);
        tasks.push(tokio::task::spawn_blocking(move || {
            let results = part.into_iter().map(|item| work(item)).collect::<Vec<R>>();
            drop(core);
            results
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.extend(task.await.map_err(|_| Fault::Stopped)?);
    }
    Ok(results)
}
