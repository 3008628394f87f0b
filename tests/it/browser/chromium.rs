//! Placeholder while the rest is built.
