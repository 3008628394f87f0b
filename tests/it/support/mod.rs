//! What the integration tests stand on.

pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod postgres;
pub(crate) mod random;
pub(crate) mod tamper;
