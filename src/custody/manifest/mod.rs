//! A manifest (转移联单) as folded from its events: what was planned, who holds each line, what was received.
//!
//! `state` holds the shape, `apply` folds one event into it, `status` reads it for people.

mod apply;
mod custody;
mod state;
mod status;

pub use state::{
    Arrival, Assignment, Break, BreakKind, Claim, Countersign, Erased, HandedMass, HandoverRecord, Holder,
    LineState, ManifestState, Mark, Registration, Side,
};
pub use status::Status;
