//! Witnesses: the protocol they speak, what they keep, and the ledger that asks them.

mod collecting;
mod held;
mod monitoring;
mod opened;
mod protocol;
mod remote;
pub(crate) mod support;
