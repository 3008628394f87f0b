//! The dates of a manifest: each possible, none yet to come, and one after the other as custody goes.

use super::super::moment::Moment;
use super::super::spot::Spot;
use super::bench::{Bench, Stage, Submission};
use super::fault;
use super::parties::in_order;
use super::shape::{Is, MANIFEST, Shape};
use crate::custody::document::Fault;
use crate::custody::finding::Figures;

/// How far ahead of the clock a date may lie: the zones of the country, and a day that is not over.
const AHEAD_DAYS: i64 = 1;

pub(super) fn judge(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    each(bench, &root, &MANIFEST);
    signatures(bench);
    milestones(bench);
    terms(bench);
}

/// Where and when a party signed: on paper, or first by electronic signature.
pub(super) fn signed_at<'a>(party: &Spot<'a>) -> Option<(Spot<'a>, Moment)> {
    let paper = party.find(&["paperSignatureInfo", "signatureDate"]);
    let electronic =
        party.list("electronicSignaturesInfo").into_iter().chain(party.get("electronicSignatureInfo"));
    let electronic = electronic.filter_map(|signature| signature.get("signatureDate"));
    let all = paper.into_iter().chain(electronic);
    all.filter_map(|date| date.moment().map(|at| (date, at))).min_by_key(|(_, at)| at.at_ms)
}

/// Every date by itself.
fn each(bench: &mut Bench<'_>, spot: &Spot<'_>, shape: &Shape) {
    for field in shape.fields {
        let Some(here) = spot.get(field.name) else { continue };
        match &field.is {
            Is::Moment => possible(bench, &here, field.name),
            Is::Object(shape) => each(bench, &here, shape),
            Is::List(Is::Object(shape)) => here.items().iter().for_each(|item| each(bench, item, shape)),
            _ => {}
        }
    }
}

fn possible(bench: &mut Bench<'_>, date: &Spot<'_>, name: &str) {
    let Some(at) = date.moment() else { return };
    let since = bench.documents().and_then(|known| known.since);
    let since = since.and_then(|since| Moment::read(&since.to_string()).ok());
    // Waste is planned ahead, and left service before there were manifests.
    if name != "potentialShipDate" && at.days_since(bench.as_of) >= AHEAD_DAYS {
        let written = date.text().unwrap_or_default();
        let figures = Figures::none().with("written", written).with("days_ahead", at.days_since(bench.as_of));
        bench.mark_with(&fault::DATE_IN_FUTURE, date, figures);
    }
    if name != "dateOfRemoval" && since.is_some_and(|since| at.is_before(since)) {
        bench.mark_written(&fault::DATE_TOO_EARLY, date);
    }
}

/// Mark `later` where it lies before `earlier`.
fn follows(
    bench: &mut Bench<'_>,
    fault: &'static Fault,
    earlier: Option<&(Spot<'_>, Moment)>,
    later: Option<&(Spot<'_>, Moment)>,
) {
    let (Some((before, before_at)), Some((after, after_at))) = (earlier, later) else { return };
    if after_at.is_before(*before_at) {
        let figures = Figures::none()
            .with("written", after.text().unwrap_or_default())
            .with("before", before.text().unwrap_or_default())
            .with("before_at", before.pointer());
        bench.mark_with(fault, after, figures);
    }
}

/// Generator, transporters in their order, facility, alternate facility: each signs no earlier than who had the waste before.
fn signatures(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let carriers = in_order(&root);
    let parties = root.get("generator").into_iter().chain(carriers).chain(root.get("designatedFacility"));
    let signed: Vec<_> = parties.filter_map(|party| signed_at(&party)).collect();
    for pair in signed.windows(2) {
        follows(bench, &fault::SIGNED_OUT_OF_ORDER, pair.first(), pair.last());
    }
    let rejection = root.get("rejectionInfo");
    let facility = root.get("designatedFacility").and_then(|facility| signed_at(&facility));
    let alternate = rejection.as_ref().and_then(|info| signed_at(&info.get("alternateDesignatedFacility")?));
    follows(bench, &fault::SIGNED_OUT_OF_ORDER, facility.as_ref(), alternate.as_ref());
    let back = rejection.and_then(|info| moment_at(&info, &["generatorPaperSignature", "signatureDate"]));
    follows(bench, &fault::SIGNED_OUT_OF_ORDER, facility.as_ref(), back.as_ref());
    if bench.submission == Submission::FullElectronic {
        let created = moment_at(&root, &["createdDate"]);
        follows(bench, &fault::SIGNED_BEFORE_CREATED, created.as_ref(), signed.first());
    }
}

fn moment_at<'a>(spot: &Spot<'a>, path: &[&str]) -> Option<(Spot<'a>, Moment)> {
    let date = spot.find(path)?;
    let at = date.moment()?;
    Some((date, at))
}

/// Created, shipped, received, certified.
fn milestones(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let at = |name| moment_at(&root, &[name]);
    let (shipped, received) = (at("shippedDate"), at("receivedDate"));
    let generator = root.get("generator").and_then(|generator| signed_at(&generator));
    let last = root.list("transporters").iter().filter_map(signed_at).max_by_key(|(_, at)| at.at_ms);
    follows(bench, &fault::SHIPPED_BEFORE_SIGNED, generator.as_ref(), shipped.as_ref());
    follows(bench, &fault::RECEIVED_BEFORE_SHIPPED, shipped.as_ref(), received.as_ref());
    follows(bench, &fault::RECEIVED_BEFORE_SIGNED, last.as_ref(), received.as_ref());
    follows(bench, &fault::CERTIFIED_BEFORE_RECEIVED, received.as_ref(), at("certifiedDate").as_ref());
    follows(bench, &fault::UPDATED_BEFORE_CREATED, at("createdDate").as_ref(), at("updatedDate").as_ref());
    let left = shipped.or(generator);
    for waste in root.list("wastes") {
        for item in waste.list("pcbInfos") {
            let removed = moment_at(&item, &["dateOfRemoval"]);
            if let (Some((date, removed_at)), Some((_, left_at))) = (&removed, &left)
                && left_at.is_before(*removed_at)
            {
                bench.mark_written(&fault::REMOVED_AFTER_SHIPPED, date);
            }
        }
    }
}

/// The terms of the law, in days, by the profile.
fn terms(bench: &mut Bench<'_>) {
    let Some(known) = bench.documents() else { return };
    let root = bench.root.clone();
    let at = |name| moment_at(&root, &[name]);
    let (shipped, received) = (at("shippedDate"), at("receivedDate"));
    if let (Some(report), Some((shipped_spot, shipped_at))) = (known.exception_report, &shipped) {
        let (ask, tell) = (i64::from(report.contact_days), i64::from(report.report_days));
        let is_under_way = matches!(bench.stage, Stage::InTransit);
        match &received {
            Some((spot, received_at)) => {
                let days = received_at.days_since(*shipped_at);
                let figures = |term| Figures::none().with("days", days).with("term_days", term);
                if days > tell {
                    bench.mark_with(&fault::RECEIVED_LATE, spot, figures(tell));
                } else if days > ask {
                    bench.mark_with(&fault::CONTACT_DUE, spot, figures(ask));
                }
            }
            None if is_under_way && bench.as_of.days_since(*shipped_at) > tell => {
                let days = bench.as_of.days_since(*shipped_at);
                let figures = Figures::none().with("days", days).with("term_days", tell);
                bench.mark_with(&fault::RECEIPT_OVERDUE, shipped_spot, figures);
            }
            None => {}
        }
    }
    if let (Some(term), Some((_, received_at)), Some((spot, certified_at))) =
        (known.submission_days.map(i64::from), received, at("certifiedDate"))
    {
        let days = certified_at.days_since(received_at);
        if days > term {
            let figures = Figures::none().with("days", days).with("term_days", term);
            bench.mark_with(&fault::CERTIFIED_LATE, &spot, figures);
        }
    }
}
