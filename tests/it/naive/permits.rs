//! The permit rules from their definition: what the whole log said of the consignee's permits when the waste came in, unless what it
//! said at any entry since would have allowed it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use liandan::catalogue::{TreatmentCode, Uscc, WasteCode};
use liandan::clock::Timestamp;
use liandan::custody::Statement;
use liandan::id::PermitId;
use liandan::registry::standing::PermitItem;

use super::order::Judged;

/// The rule that a treatment breaks, if it breaks one.
pub(super) fn rule_about(
    log: &[Judged],
    consignee: Uscc,
    on: NaiveDate,
    at: Timestamp,
    what: (&WasteCode, TreatmentCode),
) -> Option<&'static str> {
    let then = log.iter().filter(|judged| judged.entry.recorded_at <= at).count();
    let ever_since =
        (then..=log.len()).any(|entries| verdict(&log[..entries], consignee, on, what).is_none());
    if ever_since { None } else { verdict(&log[..then], consignee, on, what) }
}

/// What these entries say; `None`: it is allowed.
fn verdict(
    log: &[Judged],
    consignee: Uscc,
    on: NaiveDate,
    (code, method): (&WasteCode, TreatmentCode),
) -> Option<&'static str> {
    let covers = |item: &PermitItem| {
        item.codes.iter().any(|pattern| pattern.covers(code)) && item.methods.contains(&method)
    };
    let (mut terms, mut standing) = (BTreeMap::new(), BTreeMap::new());
    let mut held: Vec<PermitId> = Vec::new();
    let mut begins = |permit: PermitId, from: NaiveDate, to: NaiveDate, items: &[PermitItem]| {
        if from <= on {
            terms.insert(permit, (to, items.iter().any(covers)));
        }
    };
    for judged in log.iter().filter(|judged| judged.verdict.moves()) {
        match &judged.entry.event.statement {
            Statement::PermitIssued(s) if s.party == consignee => {
                held.push(s.permit);
                begins(s.permit, s.valid_from, s.valid_to, &s.items);
            }
            Statement::PermitAmended(s) => begins(s.permit, s.valid_from, s.valid_to, &s.items),
            Statement::PermitSuspended(s) if s.from <= on => drop(standing.insert(s.permit, "suspended")),
            Statement::PermitReinstated(s) if s.from <= on => drop(standing.remove(&s.permit)),
            Statement::PermitRevoked(s) if s.from <= on => drop(standing.insert(s.permit, "revoked")),
            _ => {}
        }
    }
    if held.is_empty() {
        return Some("permit-missing");
    }
    let is_valid = |permit: &&PermitId| {
        terms.get(*permit).is_some_and(|(to, _)| on <= *to) && standing.get(*permit) != Some(&"revoked")
    };
    let valid: Vec<&PermitId> = held.iter().filter(is_valid).collect();
    let fitting: Vec<&&PermitId> = valid.iter().filter(|permit| terms[**permit].1).collect();
    match (valid.is_empty(), fitting.is_empty()) {
        (true, _) => Some("permit-expired"),
        (_, true) => Some("permit-scope"),
        _ => fitting.iter().all(|permit| standing.contains_key(**permit)).then_some("permit-suspended"),
    }
}
