//! Payloads of the events about waste, version 1.
//!
//! These shapes are signed and can never change; a later need makes a version 2 beside them. The standing declarations
//! have theirs in [`crate::registry::standing`].

pub mod handover;
pub mod manifest;
pub mod oversight;
pub mod statement;
pub mod track;
pub mod waste;
