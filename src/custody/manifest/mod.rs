//! A manifest (转移联单) as folded from its events: what was planned, who holds each line, what was received.
//!
//! `state`, `line` and `handed` hold the shape, `apply` folds one event into it with `handover` and `receipt`, `custody` passes lines from
//! hand to hand, `status` reads it for people, `track` says
//! where its vehicles were.

mod apply;
mod custody;
mod handed;
mod handover;
mod line;
mod loading;
mod receipt;
mod state;
mod status;
mod track;

pub use handed::{GivenBy, HandedContainers, HandedMass, HandoverRecord, Side};
pub use handover::{Confirmation, Countersign};
pub use line::{Claim, Holder, LineState};
pub use state::{
    Assignment, BoundNumber, Break, BreakKind, Declared, Erased, ManifestState, Mark, ReceiptRecord,
    Registration, Share, Stated, Weighing,
};
pub use status::Status;
pub use track::{OnRoad, Track};
