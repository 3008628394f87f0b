//! The integration tests: one binary, so that everything is linked once.

#![allow(clippy::unwrap_used)]

mod ledger_oracles;
mod ledger_vectors;
mod store_seam;
mod support;
