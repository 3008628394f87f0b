//! The databases: the only user of sqlx. One text for SQLite and Postgres, one file per aggregate.
//!
//! `sql` is the dialect seam, `connect` opens a database and refuses unsafe settings, `migrate` brings its schema up to date.
//! The other files are prose about tables: each function is one question or one write.

pub mod access_log;
pub mod answer;
pub mod attachment;
pub mod books;
pub mod carrier;
pub mod case;
pub mod code;
mod connect;
pub mod container;
pub mod correction;
pub mod cosignature;
pub mod deadline;
pub mod declaration;
pub mod departure;
pub mod derived;
pub mod document;
pub mod draft;
pub mod duty;
pub mod duty_roster;
pub mod external_number;
pub mod finding;
pub mod heartbeat;
pub mod incident;
pub mod key_holder;
pub mod label;
pub mod label_block;
pub mod log;
pub mod log_audit;
pub mod lot;
pub mod mandate;
pub mod manifest;
pub mod migrate;
pub mod notice;
pub mod notice_channel;
pub mod offer;
pub mod outbox;
pub mod packed;
pub mod paper;
pub mod plate;
pub mod push;
pub mod register;
pub mod registry;
pub mod replica;
pub mod residue;
pub mod scratch;
pub mod server;
pub mod session;
pub mod site_map;
mod sql;
pub mod stance;
pub mod statistics;
pub mod stock;
pub mod tally;
mod term;
pub mod timeline;
pub mod trace;
pub mod watch;
pub mod webhook;

pub use connect::{ConnectOptions, Store};
pub use sql::*;
