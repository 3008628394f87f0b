//! What the integration tests stand on.

pub(crate) mod committed;
pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod mail;
pub(crate) mod outsider;
pub(crate) mod pair;
pub(crate) mod pen;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod tamper;
