//! Limits of form that a field alone cannot keep: unique line numbers, ids that only a client may make, matching sides.

use std::collections::HashSet;
use std::hash::Hash;

use super::event::Event;
use super::kind::{Kind, PayloadError, Statement};
use super::payload::handover::{HandedLine, Handover, Outcome, ReceivedLine, Step};
use super::payload::manifest::{MAX_CONTAINERS, MAX_LEGS, MAX_LINES, PlannedLine};
use super::payload::waste::{CountedStock, Draw, MAX_LOTS, NewLot, Repacked, Treated, TripWeighed};
use super::share::largest_remainder;
use crate::id::{ContainerId, LotId, SiteId};

/// Check the form of an event. The first fault is named with its pointer inside the payload.
pub(super) fn check(event: &Event) -> Result<(), PayloadError> {
    predecessors(event)?;
    match &event.statement {
        Statement::StockOpened(appeared) | Statement::WasteGenerated(appeared) => {
            new_lots(&appeared.lots, "/data/lots")
        }
        Statement::WasteRepacked(repacked) => {
            new_lots(&repacked.outputs, "/data/outputs")?;
            draws(&repacked.inputs, "/data/inputs")?;
            losses(repacked)
        }
        Statement::WasteCollected(s) => sides(event, Step::Collected, s),
        Statement::WasteTransferred(s) => sides(event, Step::Transferred, s),
        Statement::WasteDelivered(s) => sides(event, Step::Delivered, s),
        Statement::WasteReturned(s) => sides(event, Step::Returned, s),
        Statement::WasteReceived(received) => received_lines(&received.lines),
        Statement::WasteUsed(treated) | Statement::WasteDisposed(treated) => {
            draws(&treated.inputs, "/data/inputs")?;
            let ids = treated.outputs.iter().map(|output| output.lot);
            client_made(ids, "/data/outputs")?;
            feed(treated)
        }
        Statement::StockCounted(counted) => counts(&counted.counts),
        Statement::TripWeighed(weighed) => shares(weighed),
        Statement::DocumentImported(document) => {
            let fits = crate::ledger::Digest::sha256(&[document.content.as_bytes()]) == document.sha256;
            if fits { Ok(()) } else { Err(fault("/data/sha256", "this is not the SHA-256 of the content")) }
        }
        Statement::ErasureNoticed(notice) => {
            let limit = crate::shape::MAX_SAFE_INTEGER.unsigned_abs();
            if let Some(n) = notice.indexes.iter().position(|index| *index > limit) {
                return Err(fault(
                    format!("/data/indexes/{n}"),
                    "a log index of at most 9007199254740991 is wanted",
                ));
            }
            let ascending = notice.indexes.windows(2).all(|pair| pair[0] < pair[1]);
            if ascending {
                Ok(())
            } else {
                Err(fault("/data/indexes", "strictly ascending log indexes are wanted"))
            }
        }
        other => of_statement(other),
    }
}

/// Limits of the statements that need nothing but themselves.
fn of_statement(statement: &Statement) -> Result<(), PayloadError> {
    match statement {
        Statement::ManifestRegistered(registered) => planned_lines(&registered.lines),
        Statement::ManifestAssigned(assigned) => within(i64::from(assigned.leg), MAX_LEGS, "/data/leg"),
        Statement::PermitAmended(amended) if amended.valid_to < amended.valid_from => {
            Err(fault("/data/valid_to", "the end lies before the beginning"))
        }
        Statement::MandateGranted(granted) => {
            let unknown = granted.kinds.iter().position(|kind| Kind::named(kind).is_none());
            unknown.map_or(Ok(()), |n| {
                Err(fault(format!("/data/kinds/{n}"), "this is not an event kind of this ledger"))
            })
        }
        Statement::CorrectionProposed(correction) | Statement::CorrectionOrdered(correction) => {
            pointer(&correction.pointer)
        }
        Statement::CorrectionRequested(request) => pointer(&request.pointer),
        Statement::DiscrepancyDeclared(declared) => {
            declared.line.map_or(Ok(()), |line| within(i64::from(line), MAX_LINES, "/data/line"))
        }
        Statement::HandoverCountersigned(signed) => {
            line_numbers(signed.lines.iter().map(|line| line.line), "/data/lines")
        }
        Statement::PaperBackfilled(paper) => {
            for (n, handover) in paper.handovers.iter().enumerate() {
                let sites = [handover.from_site, handover.to_site];
                named_site(handover.step, sites, &format!("/data/handovers/{n}"))?;
                let pointer = format!("/data/handovers/{n}/lines");
                handed_lines(&handover.lines, &pointer)?;
                loaded_containers(handover.step == Step::Collected, &handover.lines, &pointer)?;
            }
            at_most_drawn(
                paper.handovers.iter().flat_map(|handover| handover.lines.iter()),
                "/data/handovers",
            )
        }
        Statement::WasteStored(moved) | Statement::WasteWithdrawn(moved) => draws(&moved.lots, "/data/lots"),
        Statement::ManifestAmended(amended) => {
            amended.lines.as_ref().map_or(Ok(()), |lines| planned_lines(lines))
        }
        _ => Ok(()),
    }
}

fn predecessors(event: &Event) -> Result<(), PayloadError> {
    for (n, id) in event.prev.iter().enumerate() {
        if event.prev[..n].contains(id) {
            return Err(fault(format!("/prev/{n}"), "each predecessor may stand once"));
        }
    }
    Ok(())
}

fn fault(pointer: impl Into<String>, message: impl Into<String>) -> PayloadError {
    PayloadError { pointer: pointer.into(), message: message.into() }
}

fn unique<T: Eq + Hash>(
    items: impl Iterator<Item = T>,
    pointer: &str,
    field: &str,
) -> Result<(), PayloadError> {
    let mut seen = HashSet::new();
    for (n, item) in items.enumerate() {
        if !seen.insert(item) {
            return Err(fault(
                format!("{pointer}/{n}/{field}"),
                format!("each {field} may stand once in this list"),
            ));
        }
    }
    Ok(())
}

fn line_numbers(lines: impl Iterator<Item = u16> + Clone, pointer: &str) -> Result<(), PayloadError> {
    for (n, line) in lines.clone().enumerate() {
        if line == 0 || usize::from(line) > MAX_LINES {
            return Err(fault(
                format!("{pointer}/{n}/line"),
                format!("a line number from 1 to {MAX_LINES} is wanted"),
            ));
        }
    }
    unique(lines, pointer, "line")
}

fn planned_lines(lines: &[PlannedLine]) -> Result<(), PayloadError> {
    let containers: usize = lines.iter().map(|line| usize::from(line.containers.unwrap_or(0))).sum();
    if containers > MAX_CONTAINERS {
        return Err(fault(
            "/data/lines",
            format!("at most {MAX_CONTAINERS} containers fit one manifest, not {containers}"),
        ));
    }
    line_numbers(lines.iter().map(|line| line.line), "/data/lines")
}

/// A lot id made by a client is version 7; version 8 belongs to lots derived from manifest lines, which nobody may claim.
fn client_made(ids: impl Iterator<Item = LotId> + Clone, pointer: &str) -> Result<(), PayloadError> {
    for (n, lot) in ids.clone().enumerate() {
        if !lot.is_client_made() {
            return Err(fault(
                format!("{pointer}/{n}/lot"),
                "a new lot needs a UUID of version 7 made by its creator",
            ));
        }
    }
    unique(ids, pointer, "lot")
}

fn new_lots(lots: &[NewLot], pointer: &str) -> Result<(), PayloadError> {
    at_most_containers(lots.iter().map(|lot| lot.containers.len()).sum(), pointer)?;
    let of_lot = |lot: &NewLot| lot.containers.iter().map(|container| container.container).collect();
    containers_once(lots.iter().map(of_lot), pointer)?;
    client_made(lots.iter().map(|lot| lot.lot), pointer)
}

fn draws(draws: &[Draw], pointer: &str) -> Result<(), PayloadError> {
    unique(draws.iter().map(|draw| draw.lot), pointer, "lot")
}

fn sides(event: &Event, step: Step, handover: &Handover) -> Result<(), PayloadError> {
    if event.party != handover.from && event.party != handover.to {
        return Err(fault("/for", "only the releasing or the taking party may state a handover"));
    }
    if handover.from == handover.to && handover.from_site == handover.to_site {
        return Err(fault("/data/to", "a handover needs two parties or two sites"));
    }
    if handover.offer.is_some() && event.party != handover.to {
        return Err(fault("/data/offer", "only the taking party embeds an offer"));
    }
    named_site(step, [handover.from_site, handover.to_site], "/data")?;
    handed_lines(&handover.lines, "/data/lines")?;
    loaded_containers(step == Step::Collected, &handover.lines, "/data/lines")
}

/// Mass leaves a site and is delivered at one.
fn named_site(step: Step, [from, to]: [Option<SiteId>; 2], pointer: &str) -> Result<(), PayloadError> {
    let (needed, site, member) = match step {
        Step::Collected => ("the site it leaves", from, "from_site"),
        Step::Delivered => ("the site it enters", to, "to_site"),
        Step::Transferred | Step::Returned => return Ok(()),
    };
    if site.is_some() {
        return Ok(());
    }
    Err(fault(format!("{pointer}/{member}"), format!("{} must name {needed}", step.kind().name())))
}

fn handed_lines(lines: &[HandedLine], pointer: &str) -> Result<(), PayloadError> {
    line_numbers(lines.iter().map(|line| line.line), pointer)?;
    for (n, line) in lines.iter().enumerate() {
        draws(&line.drawn, &format!("{pointer}/{n}/drawn"))?;
        let drawn: i64 = line.drawn.iter().map(|draw| draw.mass_g.get()).fold(0, i64::saturating_add);
        if drawn > line.quantity.grams() {
            let message = format!("{drawn} g were drawn for a line of {} g", line.quantity.grams());
            return Err(fault(format!("{pointer}/{n}/drawn"), message));
        }
    }
    at_most_drawn(lines.iter(), pointer)
}

fn at_most_drawn<'a>(lines: impl Iterator<Item = &'a HandedLine>, pointer: &str) -> Result<(), PayloadError> {
    let lots: usize = lines.map(|line| line.drawn.len()).sum();
    if lots <= MAX_LOTS {
        return Ok(());
    }
    Err(fault(pointer, format!("at most {MAX_LOTS} lots may be drawn from in one event, not {lots}")))
}

/// No more is lost than what inputs exceed outputs by.
fn losses(repacked: &Repacked) -> Result<(), PayloadError> {
    let sum = |grams: &mut dyn Iterator<Item = i64>| grams.fold(0, i64::saturating_add);
    let in_g = sum(&mut repacked.inputs.iter().map(|input| input.mass_g.get()));
    let out_g = sum(&mut repacked.outputs.iter().map(|output| output.quantity.grams()));
    let lost_g = sum(&mut repacked.losses.iter().map(|loss| loss.mass_g.get()));
    if lost_g <= in_g.saturating_sub(out_g).max(0) {
        return Ok(());
    }
    let message = format!("{lost_g} g lost, of {in_g} g that went in and {out_g} g that came out");
    Err(fault("/data/losses", message))
}

/// The containers are named when they are loaded; later handovers name only what differs.
fn loaded_containers(loads: bool, lines: &[HandedLine], pointer: &str) -> Result<(), PayloadError> {
    let named = lines.iter().position(|line| !line.containers.is_empty());
    if let Some(n) = named.filter(|_| !loads) {
        let message = "containers are named at collection; later, name what is `missing` or `extra`";
        return Err(fault(format!("{pointer}/{n}/containers"), message));
    }
    at_most_containers(lines.iter().map(|line| line.containers.len()).sum(), pointer)?;
    containers_once(lines.iter().map(|line| line.containers.to_vec()), pointer)
}

/// Each container stands once in all lists of an event together; the second mention is at fault.
fn containers_once(lists: impl Iterator<Item = Vec<ContainerId>>, pointer: &str) -> Result<(), PayloadError> {
    let mut seen = HashSet::new();
    for (n, list) in lists.enumerate() {
        if let Some(m) = list.into_iter().position(|container| !seen.insert(container)) {
            return Err(fault(
                format!("{pointer}/{n}/containers/{m}"),
                "each container may stand once in an event",
            ));
        }
    }
    Ok(())
}

fn at_most_containers(count: usize, pointer: &str) -> Result<(), PayloadError> {
    if count <= MAX_CONTAINERS {
        return Ok(());
    }
    Err(fault(pointer, format!("at most {MAX_CONTAINERS} containers fit one event, not {count}")))
}

/// A difference changes the books of one lot, so it names the lot; a cause explains a difference.
fn counts(counts: &[CountedStock]) -> Result<(), PayloadError> {
    for (n, counted) in counts.iter().enumerate() {
        if counted.differs_g.is_some() && counted.lot.is_none() {
            return Err(fault(format!("/data/counts/{n}/lot"), "a difference needs the lot it was found in"));
        }
        if counted.cause.is_some() && counted.differs_g.is_none() {
            return Err(fault(format!("/data/counts/{n}/cause"), "a cause needs `differs_g`"));
        }
    }
    unique(counts.iter().filter_map(|counted| counted.lot), "/data/counts", "lot")
}

/// Inputs that were computed from one weighing add up to it.
fn feed(treated: &Treated) -> Result<(), PayloadError> {
    let Some(weighed) = &treated.weighed else { return Ok(()) };
    let fed_g = treated.inputs.iter().map(|input| input.mass_g.get()).fold(0, i64::saturating_add);
    if fed_g == weighed.grams() {
        return Ok(());
    }
    let message = format!("the inputs add up to {fed_g} g, and {} g were weighed", weighed.grams());
    Err(fault("/data/weighed", message))
}

/// The shares of a weighing are what anybody would compute from the masses stated.
fn shares(weighed: &TripWeighed) -> Result<(), PayloadError> {
    if weighed.shares.is_empty() {
        return Ok(());
    }
    let ascending =
        weighed.shares.windows(2).all(|p| (p[0].manifest, p[0].line) < (p[1].manifest, p[1].line));
    if !ascending {
        return Err(fault("/data/shares", "shares are wanted in order of manifest and line, each once"));
    }
    let stated: Vec<i64> = weighed.shares.iter().map(|share| share.stated_g.get()).collect();
    let computed = largest_remainder(weighed.quantity.grams(), &stated);
    for (n, (share, mass_g)) in weighed.shares.iter().zip(computed).enumerate() {
        let pointer = |field: &str| format!("/data/shares/{n}/{field}");
        if !weighed.manifests.contains(&share.manifest) {
            return Err(fault(pointer("manifest"), "this manifest does not share the weighing"));
        }
        within(i64::from(share.line), MAX_LINES, &pointer("line"))?;
        if i64::try_from(share.mass_g) != Ok(mass_g) {
            let message = format!("the share by largest remainder is {mass_g} g");
            return Err(fault(pointer("mass_g"), message));
        }
    }
    Ok(())
}

fn within(number: i64, most: usize, pointer: &str) -> Result<(), PayloadError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    if (1..=most).contains(&number) {
        Ok(())
    } else {
        Err(fault(pointer, format!("a number from 1 to {most} is wanted")))
    }
}

/// A JSON pointer (RFC 6901) into a payload begins with a slash, and a tilde stands before 0 or 1 only.
fn pointer(text: &str) -> Result<(), PayloadError> {
    let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if text.starts_with('/') && escaped {
        Ok(())
    } else {
        Err(fault("/data/pointer", "a JSON pointer (RFC 6901) is wanted"))
    }
}

fn received_lines(lines: &[ReceivedLine]) -> Result<(), PayloadError> {
    for (n, line) in lines.iter().enumerate() {
        let fits = match line.outcome {
            Outcome::Accepted => line.accepted.is_some() && line.rejected.is_none(),
            Outcome::Partly => line.accepted.is_some() && line.rejected.is_some() && line.reason.is_some(),
            Outcome::Rejected => line.accepted.is_none() && line.rejected.is_some() && line.reason.is_some(),
        };
        if !fits {
            let message = "accepted needs `accepted` alone; partly needs `accepted`, `rejected` and `reason`; rejected needs `rejected` and `reason`";
            return Err(fault(format!("/data/lines/{n}/outcome"), message));
        }
        if line.at_gate && line.rejected.is_none() {
            return Err(fault(format!("/data/lines/{n}/at_gate"), "nothing was rejected"));
        }
    }
    line_numbers(lines.iter().map(|line| line.line), "/data/lines")
}
