//! The scenario language: a day's custody written as a table, played into signed events, and the findings it must raise.
//!
//! One format serves the demonstration and the tests, so that what is shown is what is checked. A regulator can read it:
//!
//! ```text
//! 08:00  acme      opens      900-041-49 1200 kg
//! 09:00  acme      registers  M1  900-041-49 1200 kg  acme > swift > phoenix
//! 09:20  acme      hands      M1  to swift
//! 16:05  swift     hands      M1  to phoenix
//! 16:30  phoenix   receives   M1  1120 kg
//! =====
//! M1       received at phoenix
//! finding  mass-discrepancy  M1  80 kg of 1200 kg
//! ```
//!
//! [`World`] names who there is, [`Script`] reads the table and plays it, [`Model`] is a whole ledger in memory without the
//! tree of hashes, [`Report`] says in the table's own words what came out. Pure, and the same bytes every time: ids and keys
//! are derived from names. The words of the language stand in `seeds/scenarios/README.md`.

mod balance;
pub mod city;
mod deed;
mod founding;
mod grammar;
mod ids;
mod model;
mod play;
mod report;
mod script;
mod signed;
mod words;
mod world;

use crate::ledger::Digest;

pub use balance::{Balances, SeenLot};
pub use model::{Model, Receipt};
pub use play::{Names, Played};
pub use report::{Report, SeenFinding, SeenManifest};
pub use script::Script;
pub use signed::Scripted;
pub use world::{World, WorldParty, WorldPermit, WorldSite};

/// The week that the demonstration plays, Monday 2026-03-02 to Sunday 2026-03-08 after a prelude on the Friday before.
pub const DEMO_WEEK: &str = include_str!("../../seeds/demo/week.txt");
/// Pictures that events of scripts name, by what scripts call them.
pub const PICTURES: [(&str, &[u8]); 1] =
    [("weighbridge", include_bytes!("../../seeds/demo/pictures/weighbridge.png"))];

/// The digest of a picture, as events name it.
pub fn picture(name: &str) -> Option<Digest> {
    PICTURES.iter().find(|(known, _)| *known == name).map(|(_, bytes)| Digest::sha256(&[bytes]))
}

/// What time alone adds to the demonstration's week in the three months after it: a script without lines.
pub const DEMO_LATER: &str = include_str!("../../seeds/demo/later.txt");

/// Why a world or a script cannot be read or played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// A line of a script is not what the language wants, or names what the world does not have.
    #[error("{file}:{line}: {message}")]
    Script {
        /// Name of the script.
        file: String,
        /// Line number, from 1.
        line: usize,
        /// What was expected, and what stands there.
        message: String,
    },
    /// The parties of a world, or its file, are wrong.
    #[error("world: {0}")]
    World(String),
    /// The ledger's name keeps no event from being signed, but everybody would refuse it.
    #[error("{name:?} cannot be the origin of a ledger: {reason}")]
    Log {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}
