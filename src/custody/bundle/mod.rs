//! Bundles (证据包): everything a stranger needs to check one event, or everything about one manifest, without asking anybody.
//!
//! [`Bundle`] is the document, read strictly. [`check`] recomputes everything in it and says what it found in a [`Report`].
//! What to trust is brought by whoever checks, as a policy; nothing in the bundle is believed.

mod check;
mod document;
mod event;
mod keys;
mod report;
mod word;

pub use check::{check, check_with_head};
pub use document::{
    About, Bundle, BundleError, FORMAT, Item, KeyItem, MAX_BUNDLE_BYTES, MAX_BUNDLE_EVENTS, MAX_BUNDLE_KEYS,
    Opening,
};
pub use report::{Check, CheckedHead, Mark, Note, Outcome, Report, Shown};
