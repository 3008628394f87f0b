//! Witnesses: the protocol they speak, what they keep, and the ledger that asks them.

mod collecting;
mod protocol;
pub(crate) mod support;
