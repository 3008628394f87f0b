//! One file per page.

pub(super) mod access_log;
pub(super) mod bundle;
pub(super) mod cases;
pub(super) mod chain;
pub(super) mod check;
pub(super) mod declarations;
pub(super) mod duties;
pub(super) mod duty_roster;
pub(super) mod evaluation;
mod feed;
pub(super) mod finding;
pub(super) mod findings;
pub(super) mod firm;
pub(super) mod label;
pub(super) mod log;
pub(super) mod lot;
pub(super) mod manifest;
pub(super) mod manifests;
pub(super) mod overview;
pub(super) mod reconcile;
pub(super) mod registers;
pub(super) mod rules;
mod sheets;
pub(super) mod site;
pub(super) mod site_sheet;
pub(super) mod statistics;
pub(super) mod tasks;
mod trace;
pub(super) mod verify;

use maud::Markup;

use super::failure;
use super::visit::Visit;

/// `GET /sign-in`: how signing in will work.
pub(super) async fn sign_in(visit: Visit) -> Markup {
    failure::sign_in(&visit)
}
