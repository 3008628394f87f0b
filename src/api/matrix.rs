//! Who may call what: the matrix of roles and operations, as data. The extractor of callers asks it for every call; what it has no row for is
//! for nobody. Which records a caller then sees is decided in [`crate::app::access`].

use crate::registry::Role;

/// One operation, and whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// HTTP method, in capitals.
    pub method: &'static str,
    /// Path below `/api/v1`, or from the root for the service's own; parameters as in the description.
    pub path: &'static str,
    /// Whom it is for.
    pub may: May,
}

/// Whom an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Everybody, without a token.
    Anybody,
    /// Keys of these roles.
    Roles(&'static [Role]),
}

/// Whoever works at a desk, of a party or of an authority.
const OFFICE: May = May::Roles(&[
    Role::Administrator,
    Role::Operator,
    Role::Viewer,
    Role::Registrar,
    Role::Officer,
    Role::Auditor,
]);
/// They, and who is on the road: drivers and escorts, who see the manifests they are named for.
const EVERYBODY: May = May::Roles(&Role::ALL);
/// The staff of authorities.
const AUTHORITY: May = May::Roles(&[Role::Administrator, Role::Registrar, Role::Officer, Role::Auditor]);
/// Who may speak about the waste of a party.
const SPEAKERS: May = May::Roles(&[Role::Administrator, Role::Operator]);
/// Who administers a party.
const ADMINISTRATORS: May = May::Roles(&[Role::Administrator]);
/// Who may hand waste over for a party.
const HANDLERS: May = May::Roles(&[Role::Administrator, Role::Operator, Role::Driver, Role::Escort]);
/// Whoever signs events that name files.
const SENDERS: May = May::Roles(&[
    Role::Administrator,
    Role::Operator,
    Role::Driver,
    Role::Escort,
    Role::Registrar,
    Role::Officer,
]);
/// Who answers for what is sent out.
const KEEPERS: May = May::Roles(&[Role::Administrator, Role::Operator, Role::Officer]);
/// Who looks after the keys of a party or authority.
const STAFF: May = May::Roles(&[Role::Administrator, Role::Officer]);
/// Who may open everything.
const OPENERS: May = May::Roles(&[Role::Officer, Role::Auditor]);
/// Who acts for an authority.
const OFFICERS: May = May::Roles(&[Role::Officer]);
const ANYBODY: May = May::Anybody;

const fn op(method: &'static str, path: &'static str, may: May) -> Operation {
    Operation { method, path, may }
}

/// Every operation of the interface, by path.
pub const OPERATIONS: &[Operation] = &[
    op("GET", "/access-log", OFFICE),
    op("GET", "/attachments", OFFICE),
    op("POST", "/attachments", SENDERS),
    op("DELETE", "/attachments/{digest}", SENDERS),
    op("GET", "/attachments/{digest}", EVERYBODY),
    op("GET", "/calendar/working-days", ANYBODY),
    op("GET", "/cases", OFFICE),
    op("GET", "/cases/{id}", OFFICE),
    op("GET", "/catalogue/divisions", ANYBODY),
    op("GET", "/catalogue/treatments", ANYBODY),
    op("GET", "/catalogue/wastes", ANYBODY),
    op("GET", "/catalogue/wastes/{code}", ANYBODY),
    op("GET", "/check", EVERYBODY),
    op("POST", "/codes", HANDLERS),
    op("POST", "/codes/{id}/confirm", HANDLERS),
    op("DELETE", "/confirmation-phone", ADMINISTRATORS),
    op("GET", "/confirmation-phone", SPEAKERS),
    op("PUT", "/confirmation-phone", ADMINISTRATORS),
    op("GET", "/corrections", OFFICE),
    op("GET", "/departures", STAFF),
    op("GET", "/documents/totals", OFFICE),
    op("GET", "/drafts", KEEPERS),
    op("DELETE", "/drafts/{id}", KEEPERS),
    op("GET", "/drafts/{id}", KEEPERS),
    op("PUT", "/drafts/{id}", KEEPERS),
    op("GET", "/duties", OFFICE),
    op("GET", "/duty-roster", AUTHORITY),
    op("PUT", "/duty-roster", OFFICERS),
    op("GET", "/events", OFFICE),
    op("POST", "/events", ANYBODY),
    op("POST", "/events/batch", ANYBODY),
    op("POST", "/events/prepare", EVERYBODY),
    op("GET", "/events/stream", OFFICE),
    op("GET", "/events/{id}", EVERYBODY),
    op("GET", "/events/{id}/bundle", EVERYBODY),
    op("GET", "/events/{id}/export", EVERYBODY),
    op("GET", "/events/{id}/proof", EVERYBODY),
    op("GET", "/events/{id}/receipt", EVERYBODY),
    op("POST", "/external-numbers/reconcile", OFFICE),
    op("GET", "/findings", OFFICE),
    op("GET", "/findings/{id}", OFFICE),
    op("GET", "/incidents", OFFICE),
    op("GET", "/keys", OFFICE),
    op("GET", "/keys/{kid}", OFFICE),
    op("DELETE", "/keys/{kid}/departure", STAFF),
    op("PUT", "/keys/{kid}/departure", STAFF),
    op("GET", "/keys/{kid}/held", STAFF),
    op("DELETE", "/keys/{kid}/holder", EVERYBODY),
    op("PUT", "/keys/{kid}/holder", EVERYBODY),
    op("GET", "/label-blocks", OFFICE),
    op("POST", "/label-blocks", SPEAKERS),
    op("GET", "/labels/{code}", EVERYBODY),
    op("GET", "/loads", EVERYBODY),
    op("GET", "/log/checkpoint", ANYBODY),
    op("GET", "/log/key", ANYBODY),
    op("GET", "/log/openings", OPENERS),
    op("GET", "/log/proof/consistency", ANYBODY),
    op("GET", "/log/proof/inclusion", ANYBODY),
    op("GET", "/log/tile/entries/{*index}", ANYBODY),
    op("GET", "/log/tile/{level}/{*index}", ANYBODY),
    op("GET", "/log/witnesses", ANYBODY),
    op("GET", "/lots", OFFICE),
    op("GET", "/lots/{id}", OFFICE),
    op("GET", "/lots/{id}/labels", OFFICE),
    op("GET", "/lots/{id}/trace", OFFICE),
    op("GET", "/mandates", OFFICE),
    op("GET", "/mandates/{id}", OFFICE),
    op("GET", "/manifests", EVERYBODY),
    op("GET", "/manifests/{id}", EVERYBODY),
    op("GET", "/manifests/{id}/actions", EVERYBODY),
    op("GET", "/manifests/{id}/bundle", EVERYBODY),
    op("GET", "/manifests/{id}/chain", EVERYBODY),
    op("GET", "/manifests/{id}/document", EVERYBODY),
    op("GET", "/manifests/{id}/export", EVERYBODY),
    op("GET", "/manifests/{id}/fate", OFFICE),
    op("GET", "/manifests/{id}/head", EVERYBODY),
    op("GET", "/manifests/{id}/tracks", EVERYBODY),
    op("GET", "/notice-channels", EVERYBODY),
    op("DELETE", "/notice-channels/{way}", EVERYBODY),
    op("PUT", "/notice-channels/{way}", EVERYBODY),
    op("POST", "/notice-channels/{way}/confirm", EVERYBODY),
    op("GET", "/notices", EVERYBODY),
    op("GET", "/notices/{id}", EVERYBODY),
    op("POST", "/notices/{id}/read", EVERYBODY),
    op("POST", "/notices/{id}/read-up-to", EVERYBODY),
    op("GET", "/offers", EVERYBODY),
    op("POST", "/offers", HANDLERS),
    op("DELETE", "/offers/{id}", HANDLERS),
    op("GET", "/offers/{id}", EVERYBODY),
    op("GET", "/overview", OFFICE),
    op("GET", "/papers", OFFICE),
    op("GET", "/papers/{kind}/{id}", OFFICE),
    op("GET", "/parties", EVERYBODY),
    op("GET", "/parties/{uscc}", EVERYBODY),
    op("GET", "/parties/{uscc}/record", OFFICE),
    op("GET", "/permits", OFFICE),
    op("GET", "/permits/{id}", OFFICE),
    op("GET", "/platforms", OFFICE),
    op("DELETE", "/platforms/{id}/consent", SPEAKERS),
    op("PUT", "/platforms/{id}/consent", SPEAKERS),
    op("GET", "/pushes", OFFICE),
    op("GET", "/pushes/{id}", OFFICE),
    op("POST", "/pushes/{id}/retry", SPEAKERS),
    op("GET", "/rules", ANYBODY),
    op("GET", "/rules/{id}", ANYBODY),
    op("GET", "/sealed-reads", OPENERS),
    op("POST", "/sealed-reads", OFFICERS),
    op("GET", "/sealed-reads/count", ANYBODY),
    op("POST", "/sealed-reads/{id}/agree", OFFICERS),
    op("GET", "/sheets/columns", ANYBODY),
    op("POST", "/sheets/{kind}", SPEAKERS),
    op("GET", "/sites", OFFICE),
    op("GET", "/sites/{id}", OFFICE),
    op("GET", "/sites/{id}/declarations", OFFICE),
    op("GET", "/sites/{id}/declarations/prefill", OFFICE),
    op("GET", "/sites/{id}/devices", OFFICE),
    op("GET", "/sites/{id}/evaluation", OFFICE),
    op("GET", "/sites/{id}/feed-sheet", OFFICE),
    op("POST", "/sites/{id}/heartbeats", SPEAKERS),
    op("GET", "/sites/{id}/lots", OFFICE),
    op("GET", "/sites/{id}/registers/{register}", OFFICE),
    op("GET", "/sites/{id}/sheet", OFFICE),
    op("GET", "/sites/{id}/stock", OFFICE),
    op("GET", "/sites/{id}/store-ledger", OFFICE),
    op("GET", "/statistics", AUTHORITY),
    op("GET", "/statistics/public", ANYBODY),
    op("GET", "/tasks", EVERYBODY),
    op("POST", "/tracks/summary", SENDERS),
    op("GET", "/trips", EVERYBODY),
    op("GET", "/versions", ANYBODY),
    op("GET", "/webhooks", KEEPERS),
    op("POST", "/webhooks", KEEPERS),
    op("DELETE", "/webhooks/{id}", KEEPERS),
    op("GET", "/webhooks/{id}", KEEPERS),
    op("POST", "/webhooks/{id}/replay", KEEPERS),
    op("POST", "/webhooks/{id}/secret", KEEPERS),
    op("POST", "/webhooks/{id}/test", KEEPERS),
    op("GET", "/weighings", EVERYBODY),
    op("GET", "/changelog", ANYBODY),
    op("GET", "/healthz", ANYBODY),
    op("GET", "/readyz", ANYBODY),
    op("POST", "/oauth/token", ANYBODY),
];

impl May {
    /// True for a key of this role.
    pub fn lets(&self, role: Role) -> bool {
        match self {
            Self::Anybody => true,
            Self::Roles(roles) => roles.contains(&role),
        }
    }
}

/// Whom an operation is for; `None` for one that is not in the matrix.
pub(super) fn may(method: &str, path: &str) -> Option<May> {
    let row = OPERATIONS.iter().find(|row| (row.method, row.path) == (method, path));
    row.map(|row| row.may)
}
