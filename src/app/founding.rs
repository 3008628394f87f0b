//! The founding event and the head: what a ledger is opened by.

use super::error::Fault;
use super::receipt::event_of;
use crate::custody::Statement;
use crate::registry::standing::Founded;
use crate::store::Store;
use crate::store::derived;
use crate::store::log::{self, Head};

/// The head of the log, whose derived tables are those of this program.
pub async fn head_of(store: &Store) -> Result<Head, Fault> {
    let mut tx = store.read().await?;
    let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
    if derived::must_refold(&mut tx).await? { Err(Fault::MustRefold) } else { Ok(head) }
}

/// What the first event of the log says.
pub async fn founding_of(store: &Store) -> Result<Founded, Fault> {
    let mut tx = store.read().await?;
    let entry = log::entry(&mut tx, 0).await?.ok_or(Fault::NotFounded)?;
    match event_of(&entry)?.statement {
        Statement::LedgerFounded(founded) => Ok(founded),
        _ => Err(Fault::Entry { index: 0, what: "it is not the founding of a ledger".to_owned() }),
    }
}
