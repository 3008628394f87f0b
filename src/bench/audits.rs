//! P5: a log audited, and folded a second time, against bare verification of its signatures in the same run.

use tokio::time::Instant;

use super::Error;
use super::ground::{Database, Ground};
use crate::app::audit::{self, Against};

/// Events a second that are audited, and audited and folded a second time.
pub(super) async fn measure(ground: &Ground, database: &Database) -> Result<[f64; 2], Error> {
    let store = database.connect().await?;
    let started = Instant::now();
    let audited = audit::verify(&store, Against::itself(), |_, _| {}).await?;
    let log = audited.entries as f64 / started.elapsed().as_secs_f64();
    // What is folded a second time lies in a file, whichever database is audited.
    let beside = Ground::new(&ground.folder, None)?.fresh().await?;
    let second = beside.connect().await?;
    let started = Instant::now();
    audit::verify(&store, Against::second(&second), |_, _| {}).await?;
    let fold = audited.entries as f64 / started.elapsed().as_secs_f64();
    second.close().await;
    drop(second);
    store.close().await;
    beside.remove().await?;
    Ok([log, fold])
}
