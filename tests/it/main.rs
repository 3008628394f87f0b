//! The integration tests: one binary, so that everything is linked once.

#![allow(clippy::unwrap_used)]

mod adoption;
mod api;
mod attacks;
mod audit;
mod browser;
mod check;
mod clients;
mod corrections;
mod crash;
mod demands;
mod demo;
mod divisions;
mod durability;
mod duties;
mod erasure;
mod evaluation;
mod event_vectors;
mod fuzz;
mod histories;
mod hostile;
mod import;
mod interop;
mod known_then;
mod ledger_oracles;
mod ledger_vectors;
mod naive;
mod oracle;
mod passages;
mod replay;
mod roster;
mod rules;
mod rules_table;
mod scenarios;
mod simulation;
mod statistics;
mod stock;
mod store_seam;
mod support;
mod trace;
mod verify_bundle;
mod verify_doc;
mod web;
mod witness;
mod year;
