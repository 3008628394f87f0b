//! liandan (联单): a ledger that hazardous waste cannot slip through.
//!
//! Every collection (收集), transfer (转运), use (利用) and disposal (处置) is a signed, append-only manifest event. The ledger
//! computes who holds what, finds every gap in the chain of custody, and serves both to enterprises and regulators.
//! `ARCHITECTURE.md` explains the layers; each module below says what it is for.

pub mod api;
pub mod app;
pub mod bench;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod custody;
pub mod exchange;
pub mod files;
pub mod id;
pub mod ledger;
pub mod print;
pub mod registry;
pub mod sandbox;
pub mod scenario;
pub mod shape;
pub mod store;
pub mod telemetry;
pub mod web;
