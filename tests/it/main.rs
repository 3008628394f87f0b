//! The integration tests: one binary, so that everything is linked once.

#![allow(clippy::unwrap_used)]

mod audit;
mod ledger_oracles;
mod ledger_vectors;
mod naive;
mod scenarios;
mod server_scenarios;
mod store_seam;
mod support;
