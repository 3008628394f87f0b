//! What is known of a manifest, step by step. What nobody stated is not known; nothing here is computed from a plan but what is planned.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::platform::PushStep;
use crate::catalogue::{Division, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::manifest::{LineState, ManifestState, Registration};
use crate::custody::payload::handover::Step;
use crate::custody::payload::manifest::PlannedLine;
use crate::exchange::platform::{Facts, tonnes};
use crate::id::ManifestId;
use crate::store::{ReadTx, books, log, registry};

/// A manifest as platforms may be told of it.
pub(super) struct Known {
    /// Whose it is.
    pub(super) consignor: Uscc,
    /// Where its site lies.
    pub(super) division: Division,
    /// The steps it took, in their order, with what is known at each.
    pub(super) steps: Vec<(PushStep, Facts)>,
}

/// What is known of a manifest; `None` of one that nobody registered, or that is erased.
pub(super) async fn known(app: &App, tx: &mut ReadTx, id: ManifestId) -> Result<Option<Known>, Fault> {
    let Some(shelf) = books::manifest(tx, id).await? else { return Ok(None) };
    let state = shelf.state;
    let Some(registration) = &state.registration else { return Ok(None) };
    let sites = [registration.consignor.site, registration.consignee.site];
    let sites = registry::sites(tx, &sites).await?;
    let site_of = |id| sites.iter().find(|site| site.site == id);
    let Some(from) = site_of(registration.consignor.site) else { return Ok(None) };
    let mut head = BTreeMap::from([("manifest", id.to_string())]);
    if let Some(number) = shelf.label {
        head.insert("manifest-number", number);
    }
    head.insert("consignor-site", from.name.clone());
    head.insert("consignor-division", from.division.to_string());
    if let Some(to) = site_of(registration.consignee.site) {
        head.insert("consignee-site", to.name.clone());
        head.insert("consignee-division", to.division.to_string());
    }
    parties(tx, registration, &mut head).await?;
    let day = |at: Timestamp| app.rulebook().profile.local_date(at.as_millis()).to_string();
    head.insert("planned-on", day(registration.planned_departure));
    let left = state.handovers.iter().find(|handover| handover.step == Step::Collected);
    if let Some(left) = left {
        head.insert("departed-on", day(left.mark.at));
        let vehicle = left.vehicle.as_ref().map(|plate| plate.to_string());
        head.extend(vehicle.map(|vehicle| ("vehicles", vehicle)));
    }
    let planned = planned_lines(tx, registration).await?;
    let named: BTreeMap<u16, &PlannedLine> = planned.iter().map(|line| (line.line, line)).collect();
    let lines: Vec<(u16, &LineState, BTreeMap<&'static str, String>)> = state
        .lines
        .iter()
        .map(|(number, line)| (*number, line, line_facts(app, *number, line, named.get(number).copied())))
        .collect();
    let facts = |with: fn(&LineState) -> bool| Facts {
        head: head.clone(),
        lines: lines
            .iter()
            .filter(|(_, line, _)| with(line))
            .map(|(n, _, facts)| (*n, facts.clone()))
            .collect(),
        notes: rounded(lines.iter().filter(|(_, line, _)| with(line)).map(|(_, line, _)| *line)),
    };
    let mut steps = vec![(PushStep::Registered, facts(|line| line.planned_g.is_some()))];
    if left.is_some() {
        steps.push((PushStep::Departed, facts(|line| line.shipped_g > 0)));
    }
    steps.extend(found(&state, &head, day, facts));
    if state.voided.is_some() {
        steps.push((PushStep::Voided, facts(|_| false)));
    }
    steps.retain(|(step, facts)| *step == PushStep::Voided || !facts.lines.is_empty());
    Ok(Some(Known { consignor: registration.consignor.party, division: from.division, steps }))
}

/// What was found at the gate: told when everything that left is in, for a platform closes a manifest once.
fn found(
    state: &ManifestState,
    head: &BTreeMap<&'static str, String>,
    day: impl Fn(Timestamp) -> String,
    facts: impl Fn(fn(&LineState) -> bool) -> Facts,
) -> Vec<(PushStep, Facts)> {
    let moved: Vec<&LineState> = state.lines.values().filter(|line| line.has_moved()).collect();
    if moved.is_empty() || !moved.iter().all(|line| line.is_received()) {
        return Vec::new();
    }
    let mut head = head.clone();
    if let Some(last) = state.receipts.last() {
        head.insert("received-on", day(last.mark.at));
    }
    let is_equal = moved.iter().all(|line| line.found_g() == line.shipped_g);
    let mut notes = BTreeSet::new();
    match (state.declared.is_empty(), is_equal) {
        (false, _) => drop(head.insert("discrepancy", "yes".to_owned())),
        (true, true) => drop(head.insert("discrepancy", "no".to_owned())),
        // Whether it matters is for them to say.
        (true, false) => drop(notes.insert("difference-not-declared".to_owned())),
    }
    let mut steps = Vec::new();
    let accepted: fn(&LineState) -> bool = |line| line.is_received() && line.accepted_g > 0;
    let rejected: fn(&LineState) -> bool = |line| line.is_received() && line.rejected_g > 0;
    for (step, with) in [(PushStep::Received, accepted), (PushStep::Rejected, rejected)] {
        let mut facts = facts(with);
        facts.head.clone_from(&head);
        facts.notes.extend(notes.iter().cloned());
        if step == PushStep::Received {
            // What the consignor planned is not what the consignee says it does, and a receipt says nothing of it.
            facts.notes.insert("treatment-not-stated".to_owned());
        }
        steps.push((step, facts));
    }
    steps
}

/// Names and codes of those who are on it, and the permits that stood when it was registered.
async fn parties(
    tx: &mut ReadTx,
    registration: &Registration,
    head: &mut BTreeMap<&'static str, String>,
) -> Result<(), Fault> {
    let (consignor, consignee) = (registration.consignor.party, registration.consignee.party);
    let mut carriers: Vec<Uscc> = Vec::new();
    for carrier in registration.carriers() {
        if !carriers.contains(&carrier) {
            carriers.push(carrier);
        }
    }
    let wanted: Vec<Uscc> = [consignor, consignee].into_iter().chain(carriers.iter().copied()).collect();
    let records = registry::parties(tx, &wanted).await?;
    let name =
        |code: Uscc| records.iter().find(|record| record.party == code).map(|record| record.name.clone());
    head.insert("consignor-uscc", consignor.to_string());
    head.insert("consignee-uscc", consignee.to_string());
    head.extend(name(consignor).map(|name| ("consignor-name", name)));
    head.extend(name(consignee).map(|name| ("consignee-name", name)));
    if !carriers.is_empty() {
        let names: Vec<String> = carriers.iter().filter_map(|code| name(*code)).collect();
        head.insert("carrier-names", names.join("、"));
        let codes: Vec<String> = carriers.iter().map(Uscc::to_string).collect();
        head.insert("carrier-usccs", codes.join("、"));
    }
    let permits = registry::permits(tx, &[consignee]).await?;
    let stands = permits.iter().filter(|permit| {
        permit.index < registration.index
            && permit.site.is_none_or(|site| site == registration.consignee.site)
    });
    let mut numbers: Vec<&str> = stands.map(|permit| permit.number.as_str()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if !numbers.is_empty() {
        head.insert("consignee-permit", numbers.join("、"));
    }
    Ok(())
}

/// The lines as they were planned last.
async fn planned_lines(tx: &mut ReadTx, registration: &Registration) -> Result<Vec<PlannedLine>, Fault> {
    let mark = [registration.planned_by.event];
    let mut indexes: Vec<u64> =
        log::indexes_of(tx, &mark).await?.into_iter().map(|(_, index)| index).collect();
    indexes.push(registration.index);
    let mut entries = log::entries_at(tx, &indexes).await?;
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.index));
    for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
        match event_of(entry)?.statement {
            Statement::ManifestRegistered(s) => return Ok(s.lines.to_vec()),
            Statement::ManifestAmended(s) => {
                if let Some(lines) = s.lines {
                    return Ok(lines.to_vec());
                }
            }
            _ => {}
        }
    }
    Ok(Vec::new())
}

fn line_facts(
    app: &App,
    number: u16,
    line: &LineState,
    planned: Option<&PlannedLine>,
) -> BTreeMap<&'static str, String> {
    let mut facts = BTreeMap::from([("line", number.to_string())]);
    let code: Option<WasteCode> = line.code;
    let entry = code.and_then(|code| app.rulebook().catalogue.waste(&code));
    let name = planned.and_then(|planned| planned.name.as_ref().map(ToString::to_string));
    let name = name.or_else(|| entry.map(|entry| entry.category_name.clone()));
    facts.extend(name.map(|name| ("waste-name", name)));
    facts.extend(code.map(|code| ("waste-code", code.to_string())));
    facts.extend(entry.map(|entry| ("category", entry.category.clone())));
    let masses = [
        ("planned-t", line.planned_g),
        ("moved-t", Some(line.shipped_g).filter(|_| line.has_moved())),
        ("accepted-t", Some(line.accepted_g).filter(|_| line.is_received())),
        ("rejected-t", Some(line.rejected_g).filter(|_| line.is_received())),
    ];
    facts.extend(masses.into_iter().filter_map(|(name, grams)| Some((name, tonnes(grams?).0))));
    let containers = planned.and_then(|planned| planned.containers);
    facts.extend(containers.map(|containers| ("containers", containers.to_string())));
    facts
}

/// Says where grams do not fit into three decimals of a tonne.
fn rounded<'a>(mut lines: impl Iterator<Item = &'a LineState>) -> BTreeSet<String> {
    let is_cut = |line: &LineState| {
        [line.shipped_g, line.accepted_g, line.rejected_g].map(tonnes).iter().any(|(_, cut)| *cut)
    };
    let cut = lines.any(|line| is_cut(line) || line.planned_g.is_some_and(|grams| tonnes(grams).1));
    cut.then(|| "rounded".to_owned()).into_iter().collect()
}
