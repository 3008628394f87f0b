//! The parties of a manifest: who they are, where, in which order they had the waste, and that each signed before the next.

use std::collections::BTreeMap;

use super::super::spot::Spot;
use super::bench::{Bench, Submission};
use super::dates::signed_at;
use super::fault;
use crate::catalogue::us;
use crate::custody::finding::Figures;

/// What a party is on a manifest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Generator,
    Transporter,
    Facility,
    Other,
}

pub(super) fn judge(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    for (path, role) in [
        (&["generator"][..], Role::Generator),
        (&["designatedFacility"], Role::Facility),
        (&["broker"], Role::Other),
        (&["rejectionInfo", "alternateDesignatedFacility"], Role::Other),
        (&["additionalInfo", "pcbAlternateDesignatedFacility"], Role::Other),
    ] {
        if let Some(party) = root.find(path) {
            site(bench, &party, role);
        }
    }
    if bench.is_whole() {
        bench.need(&root, &["generator", "designatedFacility"]);
    }
    transporters(bench);
    comments(bench);
    image(bench);
    let corrector = root.find(&["correctionInfo", "epaSiteId"]);
    if let Some(id) = corrector.filter(|id| id.text().is_some_and(|id| !us::is_site_id(id))) {
        bench.mark_written(&fault::SITE_ID_IRREGULAR, &id);
    }
    if let Some(state) = root.find(&["importInfo", "portOfEntry", "state", "code"]) {
        state_code(bench, &state);
    }
}

fn transporters(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let all = root.list("transporters");
    if all.is_empty() && bench.is_whole() {
        bench.mark(&fault::TRANSPORTER_MISSING, &root.get("transporters").unwrap_or(root));
        return;
    }
    for party in &all {
        site(bench, party, Role::Transporter);
    }
    order(bench, &all);
    chain(bench);
}

/// The place of a transporter in the order, if it is one.
fn place_of(party: &Spot<'_>) -> Option<i64> {
    party.get("order")?.number()?.whole().filter(|n| *n >= 1)
}

/// The transporters in their order, each place once. The place they have in the list says nothing; one transporter may have several places.
/// A single one needs no place.
pub(super) fn in_order<'a>(root: &Spot<'a>) -> Vec<Spot<'a>> {
    let all = root.list("transporters");
    if let [only] = &all[..] {
        return vec![only.clone()];
    }
    let mut places: BTreeMap<i64, Spot<'a>> = BTreeMap::new();
    for party in all {
        if let Some(n) = place_of(&party) {
            places.entry(n).or_insert(party);
        }
    }
    places.into_values().collect()
}

fn order(bench: &mut Bench<'_>, all: &[Spot<'_>]) {
    let mut places: BTreeMap<i64, Spot<'_>> = BTreeMap::new();
    for party in all {
        let Some(place) = party.get("order") else {
            if all.len() > 1 {
                bench.mark(&fault::ORDER_MISSING, party);
            }
            continue;
        };
        let Some(n) = place_of(party) else {
            if place.number().is_some() {
                bench.mark_written(&fault::ORDER_IRREGULAR, &place);
            }
            continue;
        };
        if let Some(first) = places.get(&n) {
            let figures = Figures::none().with("order", n).with("first", first.pointer());
            bench.mark_with(&fault::ORDER_TWICE, &place, figures);
        } else {
            places.insert(n, place);
        }
    }
    let mut wanted = 1;
    for (n, place) in &places {
        if *n != wanted {
            let figures = Figures::none().with("order", *n).with("wanted", wanted);
            bench.mark_with(&fault::ORDER_GAP, place, figures);
        }
        wanted = n.saturating_add(1);
    }
}

/// Whoever had the waste signed for it before the next one did.
fn chain(bench: &mut Bench<'_>) {
    if bench.submission == Submission::Image {
        return;
    }
    let facility = bench.root.get("designatedFacility");
    let mut is_later_signed = facility.is_some_and(|facility| signed_at(&facility).is_some());
    for party in in_order(&bench.root).iter().rev() {
        let is_signed = signed_at(party).is_some();
        if !is_signed && is_later_signed {
            bench.mark(&fault::SIGNATURE_SKIPPED, party);
        } else if !is_signed && bench.submission == Submission::DataImage {
            bench.mark_with(&fault::MISSING, party, Figures::none().with("member", "paperSignatureInfo"));
        }
        is_later_signed |= is_signed;
    }
}

fn site(bench: &mut Bench<'_>, party: &Spot<'_>, role: Role) {
    if let Some(id) = party.get("epaSiteId")
        && id.text().is_some_and(|id| !us::is_site_id(id))
        && !may_be_unregistered(bench, party, role)
    {
        bench.mark_written(&fault::SITE_ID_IRREGULAR, &id);
    }
    if bench.is_whole() {
        complete(bench, party, role);
    }
    for address in ["siteAddress", "mailingAddress"] {
        if let Some(address) = party.get(address) {
            judge_address(bench, &address);
        }
    }
    if role == Role::Generator {
        same_state(bench, party);
    }
    for path in [&["contact", "phone", "number"][..], &["emergencyPhone", "number"]] {
        if let Some(phone) = party.find(path).filter(|phone| !phone.text().is_none_or(us::is_phone)) {
            bench.mark_written(&fault::PHONE_IRREGULAR, &phone);
        }
    }
    if bench.submission == Submission::FullElectronic
        && let Some(paper) = party.get("paperSignatureInfo").filter(|paper| paper.has("signatureDate"))
    {
        bench.mark(&fault::PAPER_IN_ELECTRONIC, &paper);
    }
}

/// Small generators, and those of PCB waste, have no site id and write another text in its place; transporters only on paper.
fn may_be_unregistered(bench: &Bench<'_>, party: &Spot<'_>, role: Role) -> bool {
    let is_registered = party.flag_of("registered") == Some(true);
    let is_electronic = bench.submission == Submission::FullElectronic;
    match role {
        Role::Generator => !is_registered && !is_electronic,
        Role::Transporter => {
            party.flag_of("registered") == Some(false) && bench.submission == Submission::DataImage
        }
        Role::Facility | Role::Other => false,
    }
}

/// A party that is registered is named by its id alone; any other one by name and address.
fn complete(bench: &mut Bench<'_>, party: &Spot<'_>, role: Role) {
    let is_electronic = bench.submission == Submission::FullElectronic;
    let has_id = party.has("epaSiteId");
    match role {
        Role::Facility | Role::Other => bench.need(party, &["epaSiteId"]),
        Role::Generator if is_electronic => bench.need(party, &["epaSiteId"]),
        Role::Generator if !has_id => bench.need(party, &["name", "siteAddress", "mailingAddress"]),
        Role::Transporter if !has_id => bench.need(party, &["epaSiteId"]),
        Role::Generator | Role::Transporter => {}
    }
    if role == Role::Generator {
        bench.need(party, &["emergencyPhone"]);
    }
    let signs_on_paper = bench.submission == Submission::DataImage;
    if signs_on_paper && matches!(role, Role::Generator | Role::Facility) && signed_at(party).is_none() {
        bench.mark_with(&fault::MISSING, party, Figures::none().with("member", "paperSignatureInfo"));
    }
}

/// States and zip codes of addresses in the United States; without a country it is that one.
fn judge_address(bench: &mut Bench<'_>, address: &Spot<'_>) {
    if address.code_of("country").is_some_and(|country| country != "US") {
        return;
    }
    if let Some(state) = address.find(&["state", "code"]) {
        state_code(bench, &state);
    }
    if let Some(zip) = address.get("zip").filter(|zip| !zip.text().is_none_or(us::is_zip)) {
        bench.mark_written(&fault::ZIP_IRREGULAR, &zip);
    }
}

fn state_code(bench: &mut Bench<'_>, state: &Spot<'_>) {
    let is_listed =
        |code: &str| bench.documents().is_some_and(|known| known.states.iter().any(|state| state == code));
    if state.text().is_some_and(|code| !is_listed(code)) {
        bench.mark_written(&fault::STATE_UNLISTED, state);
    }
}

/// The first two letters of a site id are the state the site lies in.
fn same_state(bench: &mut Bench<'_>, party: &Spot<'_>) {
    let Some(id) = party.text_of("epaSiteId").filter(|id| us::is_site_id(id)) else { return };
    let Some(state) = party.find(&["siteAddress", "state", "code"]) else { return };
    let is_abroad =
        party.get("siteAddress").and_then(|site| site.code_of("country")).is_some_and(|c| c != "US");
    let known =
        |code: &str| bench.documents().is_some_and(|known| known.states.iter().any(|state| state == code));
    let code = state.text().unwrap_or_default();
    if !is_abroad && known(code) && known(&id[..2]) && code != &id[..2] {
        let figures = Figures::none().with("written", code).with("site_id", id);
        bench.mark_with(&fault::STATE_DIFFERS, &state, figures);
    }
}

/// Comments name the party they are of.
fn comments(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let mut parties: Vec<Option<&str>> =
        root.list("transporters").iter().map(|p| p.text_of("epaSiteId")).collect();
    for path in [
        &["generator"][..],
        &["designatedFacility"],
        &["broker"],
        &["rejectionInfo", "alternateDesignatedFacility"],
    ] {
        parties.push(root.find(path).and_then(|party| party.text_of("epaSiteId")));
    }
    let holders = std::iter::once(root.clone()).chain(root.list("wastes"));
    for comment in
        holders.filter_map(|holder| holder.get("additionalInfo")).flat_map(|info| info.list("comments"))
    {
        let Some(handler) = comment.get("handlerId") else { continue };
        if !parties.contains(&handler.text()) {
            bench.mark_written(&fault::HANDLER_UNKNOWN, &handler);
        }
    }
}

/// An image names one party at least.
fn image(bench: &mut Bench<'_>) {
    if bench.submission != Submission::Image {
        return;
    }
    let root = bench.root.clone();
    let named = [
        &["generator", "epaSiteId"][..],
        &["designatedFacility", "epaSiteId"],
        &["rejectionInfo", "alternateDesignatedFacility", "epaSiteId"],
    ];
    if named.iter().all(|path| root.find(path).is_none()) {
        bench.mark(&fault::NO_FACILITY, &root);
    }
}
