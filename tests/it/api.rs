//! The HTTP interface, over a real socket.

mod access;
mod batch;
mod bundles;
mod cases;
mod changes;
mod described;
mod desk;
mod interference;
mod labels;
mod mandates;
pub(crate) mod manifests;
mod matrix;
mod numbers;
mod prepare;
mod proofs;
mod reading;
mod refusals;
mod registry;
mod scenarios;
mod search;
pub(crate) mod server;
mod site_sheet;
mod tiles;
mod tokens;
mod traces;
mod transcripts;
mod webhooks;
