//! Hostile bytes at every reader of the formats, on stable Rust (crate bolero).
//!
//! A target is given bolero's bytes twice: as they are, and as a script that edits a good sample, since bytes drawn by chance
//! seldom come near a signature. What must hold: nothing panics and nothing takes long; what is accepted writes back to the
//! same bytes; an edited sample does not verify. Samples come from tests/vectors; a few of them are committed beside `targets.rs`
//! as bolero's corpus, which every run replays. CONTRIBUTING.md says how to let a target run for longer.

mod edit;
mod hold;
mod samples;
mod targets;

/// A reader under attack.
struct Target {
    /// Good inputs, and bad ones worth editing.
    samples: fn() -> Vec<Vec<u8>>,
    /// Panics when a property is broken.
    hold: fn(&[u8]),
}
