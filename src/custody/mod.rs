//! What the bytes mean: who holds what, and where the chain of custody is broken.
//!
//! Pure: no network, no database, no clock. [`books::Books`] holds the state of some subjects and folds recorded events
//! into it; the server loads and saves those subjects, the tests keep all of them in memory. See ARCHITECTURE.md, "Life
//! of an event", and the files in reading order: `kind`, `event`, `timeline`, `manifest`, `lot`, `rules`, `books`.

pub mod actions;
pub mod admit;
pub mod answer;
pub mod application;
pub mod attached;
pub mod books;
pub mod bundle;
pub mod case;
pub mod check;
pub mod confirmed;
pub mod correction;
pub mod declare;
pub mod document;
pub mod evaluation;
pub mod event;
pub mod finding;
pub mod fleet;
pub mod form;
pub mod graph;
pub mod head;
pub mod heartbeat;
pub mod hold;
pub mod kind;
pub mod label;
pub mod leaf;
mod limits;
pub mod lot;
mod mandated;
pub mod manifest;
pub mod measure;
pub mod paper;
pub mod papers;
pub mod passage;
pub mod payload;
pub mod posting;
pub mod register;
pub mod residue;
pub mod review;
pub mod rules;
pub mod search;
pub mod share;
pub mod shelf;
pub mod stance;
pub mod stock;
pub mod subject;
pub mod tally;
pub mod timeline;
pub mod trace;
pub mod track;
pub mod watch;

pub use books::Books;
pub use event::{Event, Recorded, Verdict};
pub use finding::{Figures, Observation, Severity};
pub use kind::{Class, Kind, Statement};
pub use subject::Subject;
