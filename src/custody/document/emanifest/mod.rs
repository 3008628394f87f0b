//! e-Manifest: the Uniform Hazardous Waste Manifest (EPA form 8700-22) as JSON of the interface of e-Manifest and its client programs, of every
//! submission type. See `docs/formats/epa-emanifest.md`.

mod bench;
mod dates;
mod fault;
mod flags;
mod lines;
mod numbers;
mod parties;
mod pcb;
mod shape;
mod walk;

use super::Judged;
use super::json::Node;
use super::moment::Moment;
use super::spot::Spot;
use crate::catalogue::Profile;
use crate::clock::Timestamp;

use bench::Bench;

pub use fault::FAULTS;
pub use shape::{Field, Is, MANIFEST, Shape};

/// Media type of an imported e-Manifest: JSON in its one spelling.
pub const MEDIA: &str = "application/json; profile=epa-emanifest";
/// Most faults and unread values that are told of one manifest.
pub const MAX_MARKED: usize = 1_000;

/// Judges one manifest, everything that can be said of it at once. `as_of` is the moment after which a date lies in the future.
pub fn judge(root: &Node, profile: &Profile, as_of: Timestamp) -> Judged {
    let mut bench = Bench::new(Spot::root(root), profile, Moment::of(as_of));
    walk::walk(&mut bench);
    numbers::judge(&mut bench);
    parties::judge(&mut bench);
    dates::judge(&mut bench);
    lines::judge(&mut bench);
    flags::judge(&mut bench);
    bench.judged()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
