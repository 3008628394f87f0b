//! Payloads of the standing declarations, version 1: who there is, what they may do, what they planned and agreed.
//!
//! These shapes are signed and can never change; a later need makes a version 2 beside them.

mod papers;
mod permits;
mod who;

pub use papers::*;
pub use permits::*;
pub use who::*;
