//! Numbers that look random and are the same on every machine.

pub(crate) use liandan::scenario::city::Random;
