//! Who of a party a notice is for, and which audiences somebody belongs to.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::app::Fault;
use crate::app::access::Viewer;
use crate::app::roster::OnDuty;
use crate::catalogue::{Severity, Uscc};
use crate::ledger::Kid;
use crate::registry::{KeyRecord, Role};
use crate::store::{ReadTx, registry};

/// Whoever works at a desk of a party.
pub(super) const OFFICE: &str = "office";
/// Its administrators.
pub(super) const ADMINISTRATORS: &str = "administrators";
/// The officers of an authority.
pub(super) const OFFICERS: &str = "officers";
/// The one key behind it.
const KEY: &str = "key:";

/// The audience of one key.
pub(super) fn of_key(kid: Kid) -> String {
    format!("{KEY}{kid}")
}

/// Audiences of whoever looks.
pub(super) fn of_viewer(viewer: &Viewer) -> Vec<String> {
    let (Some(role), Some(kid)) = (viewer.role(), viewer.kid()) else { return Vec::new() };
    audiences(viewer.is_authority(), role, kid)
}

/// Audiences of a key.
pub(super) fn of_record(key: &KeyRecord, is_authority: bool) -> Vec<String> {
    audiences(is_authority, key.role, key.kid)
}

fn audiences(is_authority: bool, role: Role, kid: Kid) -> Vec<String> {
    let desks: &[&str] = match (is_authority, role) {
        (true, Role::Officer | Role::Administrator) => &[OFFICE, ADMINISTRATORS, OFFICERS],
        (true, Role::Registrar) => &[ADMINISTRATORS],
        (false, Role::Administrator) => &[OFFICE, ADMINISTRATORS],
        (false, Role::Operator | Role::Viewer) => &[OFFICE],
        _ => &[],
    };
    desks.iter().map(|desk| (*desk).to_owned()).chain([of_key(kid)]).collect()
}

/// True for whoever is told of all that is for its party, and who read it.
pub(super) fn oversees(viewer: &Viewer) -> bool {
    let role = viewer.role();
    role == Some(Role::Administrator) || (viewer.is_authority() && role == Some(Role::Officer))
}

/// These keys by their party, as far as they are in force.
pub(super) async fn of_keys(tx: &mut ReadTx, kids: &[Kid]) -> Result<Vec<(Uscc, Vec<String>)>, Fault> {
    let mut found: BTreeMap<Uscc, Vec<String>> = BTreeMap::new();
    for key in registry::keys(tx, kids).await?.iter().filter(|key| key.revoked_index.is_none()) {
        found.entry(key.party).or_default().push(of_key(key.kid));
    }
    for audiences in found.values_mut() {
        audiences.sort();
    }
    Ok(found.into_iter().collect())
}

/// Add audiences to those of the same party.
pub(super) fn merge(into: &mut Vec<(Uscc, Vec<String>)>, more: Vec<(Uscc, Vec<String>)>) {
    for (party, audiences) in more {
        match into.iter_mut().find(|(known, _)| *known == party) {
            Some((_, known)) => {
                let new: Vec<String> = audiences.into_iter().filter(|one| !known.contains(one)).collect();
                known.extend(new);
            }
            None => into.push((party, audiences)),
        }
    }
}

/// Who is on duty on a day, everywhere.
pub(super) struct Posts {
    pub(super) day: NaiveDate,
    pub(super) on_duty: OnDuty,
}

impl Posts {
    pub(super) async fn on(tx: &mut ReadTx, day: NaiveDate) -> Result<Self, Fault> {
        Ok(Self { day, on_duty: OnDuty::on(tx, day).await? })
    }
}

/// The severity with this name.
pub(super) fn severity_named(name: &str) -> Option<Severity> {
    let all = [Severity::Notice, Severity::Minor, Severity::Major, Severity::Critical];
    all.into_iter().find(|severity| severity.name() == name)
}
