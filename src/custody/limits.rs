//! Limits of form that a field alone cannot keep: unique line numbers, ids that only a client may make, matching sides.

mod cameras;
mod masses;
mod track;

use std::collections::HashSet;
use std::hash::Hash;

use super::event::Event;
use super::kind::{Kind, PayloadError, Statement};
use super::payload::handover::{HandedLine, Handover, Outcome, ReceivedLine, Step};
use super::payload::manifest::{MAX_CONTAINERS, MAX_LEGS, MAX_LINES, PlannedLine};
use super::payload::waste::{Draw, MAX_LOTS, NewLot};
use crate::id::{ContainerId, FindingId, LotId, SiteId};

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
            masses::losses(repacked)
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
            masses::feed(treated)
        }
        Statement::StockCounted(counted) => masses::counts(&counted.counts),
        Statement::TripWeighed(weighed) => masses::shares(weighed),
        Statement::TrackRecorded(recorded) => track::check(recorded),
        Statement::DocumentImported(document) => {
            let fits = crate::ledger::Digest::sha256(&[document.content.as_bytes()]) == document.sha256;
            if fits {
                Ok(())
            } else {
                Err(fault("/data/sha256", "这不是内容的 SHA-256", "this is not the SHA-256 of the content"))
            }
        }
        Statement::ErasureNoticed(notice) => {
            let limit = crate::shape::MAX_SAFE_INTEGER.unsigned_abs();
            if let Some(n) = notice.indexes.iter().position(|index| *index > limit) {
                return Err(fault(
                    format!("/data/indexes/{n}"),
                    "序号最大为 9007199254740991",
                    "a log index of at most 9007199254740991 is wanted",
                ));
            }
            let ascending = notice.indexes.windows(2).all(|pair| pair[0] < pair[1]);
            if ascending {
                Ok(())
            } else {
                Err(fault(
                    "/data/indexes",
                    "序号应从小到大，不重复",
                    "strictly ascending log indexes are wanted",
                ))
            }
        }
        other => of_statement(other),
    }
}

/// Limits of the statements that need nothing but themselves.
fn of_statement(statement: &Statement) -> Result<(), PayloadError> {
    match statement {
        Statement::ManifestRegistered(registered) => planned_lines(&registered.lines),
        Statement::SiteRegistered(site) | Statement::SiteUpdated(site) => cameras::check(site),
        Statement::ManifestAssigned(assigned) => within(i64::from(assigned.leg), MAX_LEGS, "/data/leg"),
        Statement::PermitAmended(amended) if amended.valid_to < amended.valid_from => {
            Err(fault("/data/valid_to", "结束早于开始", "the end lies before the beginning"))
        }
        Statement::MandateGranted(granted) => {
            let unknown = granted.kinds.iter().position(|kind| Kind::named(kind).is_none());
            unknown.map_or(Ok(()), |n| {
                Err(fault(
                    format!("/data/kinds/{n}"),
                    "本账本没有这种事件",
                    "this is not an event kind of this ledger",
                ))
            })
        }
        Statement::CaseOpened(opened) => once_each(&opened.findings),
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
            return Err(fault(
                format!("/prev/{n}"),
                "同一前序事件只能写一次",
                "each predecessor may stand once",
            ));
        }
    }
    Ok(())
}

fn fault(pointer: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> PayloadError {
    PayloadError::new(pointer, zh, en)
}

fn once_each(findings: &[FindingId]) -> Result<(), PayloadError> {
    let twice = (1..findings.len()).find(|n| findings[..*n].contains(&findings[*n]));
    twice.map_or(Ok(()), |n| {
        Err(fault(
            format!("/data/findings/{n}"),
            "同一预警只能列一次",
            "each finding may stand once in this list",
        ))
    })
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
                format!("列表中的 {field} 不能重复"),
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
                format!("行号应为 1 到 {MAX_LINES}"),
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
            format!("一份联单最多 {MAX_CONTAINERS} 个容器，现为 {containers} 个"),
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
                "新批次的编号应为自行生成的第 7 版 UUID",
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
        return Err(fault(
            "/for",
            "交接只能由移交方或接收方填报",
            "only the releasing or the taking party may state a handover",
        ));
    }
    if handover.from == handover.to && handover.from_site == handover.to_site {
        return Err(fault(
            "/data/to",
            "交接须有两个单位或两个场所",
            "a handover needs two parties or two sites",
        ));
    }
    if handover.offer.is_some() && event.party != handover.to {
        return Err(fault(
            "/data/offer",
            "只有接收方的事件可以带有移交方的签名",
            "only the taking party embeds an offer",
        ));
    }
    named_site(step, [handover.from_site, handover.to_site], "/data")?;
    handed_lines(&handover.lines, "/data/lines")?;
    loaded_containers(step == Step::Collected, &handover.lines, "/data/lines")
}

/// Mass leaves a site and is delivered at one.
fn named_site(step: Step, [from, to]: [Option<SiteId>; 2], pointer: &str) -> Result<(), PayloadError> {
    let (zh, needed, site, member) = match step {
        Step::Collected => ("收集须写明移出场所", "the site it leaves", from, "from_site"),
        Step::Delivered => ("送达须写明进入的场所", "the site it enters", to, "to_site"),
        Step::Transferred | Step::Returned => return Ok(()),
    };
    if site.is_some() {
        return Ok(());
    }
    Err(fault(format!("{pointer}/{member}"), zh, format!("{} must name {needed}", step.kind().name())))
}

fn handed_lines(lines: &[HandedLine], pointer: &str) -> Result<(), PayloadError> {
    line_numbers(lines.iter().map(|line| line.line), pointer)?;
    for (n, line) in lines.iter().enumerate() {
        draws(&line.drawn, &format!("{pointer}/{n}/drawn"))?;
        let drawn: i64 = line.drawn.iter().map(|draw| draw.mass_g.get()).fold(0, i64::saturating_add);
        if drawn > line.quantity.grams() {
            let line_g = line.quantity.grams();
            let zh = format!("取用合计 {drawn} 克，多于本行的 {line_g} 克");
            let en = format!("{drawn} g were drawn for a line of {line_g} g");
            return Err(fault(format!("{pointer}/{n}/drawn"), zh, en));
        }
    }
    at_most_drawn(lines.iter(), pointer)
}

fn at_most_drawn<'a>(lines: impl Iterator<Item = &'a HandedLine>, pointer: &str) -> Result<(), PayloadError> {
    let lots: usize = lines.map(|line| line.drawn.len()).sum();
    if lots <= MAX_LOTS {
        return Ok(());
    }
    Err(fault(
        pointer,
        format!("一个事件最多从 {MAX_LOTS} 个批次取用，现为 {lots} 个"),
        format!("at most {MAX_LOTS} lots may be drawn from in one event, not {lots}"),
    ))
}

/// The containers are named when they are loaded; later handovers name only what differs.
fn loaded_containers(loads: bool, lines: &[HandedLine], pointer: &str) -> Result<(), PayloadError> {
    let named = lines.iter().position(|line| !line.containers.is_empty());
    if let Some(n) = named.filter(|_| !loads) {
        let zh = "容器在收集时写明；其后只写缺少的和多出的";
        let en = "containers are named at collection; later, name what is `missing` or `extra`";
        return Err(fault(format!("{pointer}/{n}/containers"), zh, en));
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
                "同一容器在一个事件中只能写一次",
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
    Err(fault(
        pointer,
        format!("一个事件最多 {MAX_CONTAINERS} 个容器，现为 {count} 个"),
        format!("at most {MAX_CONTAINERS} containers fit one event, not {count}"),
    ))
}

fn within(number: i64, most: usize, pointer: &str) -> Result<(), PayloadError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    if (1..=most).contains(&number) {
        Ok(())
    } else {
        Err(fault(pointer, format!("应为 1 到 {most} 的数"), format!("a number from 1 to {most} is wanted")))
    }
}

/// A JSON pointer (RFC 6901) into a payload begins with a slash, and a tilde stands before 0 or 1 only.
fn pointer(text: &str) -> Result<(), PayloadError> {
    let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if text.starts_with('/') && escaped {
        Ok(())
    } else {
        Err(fault("/data/pointer", "应为 JSON 指针（RFC 6901）", "a JSON pointer (RFC 6901) is wanted"))
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
            let zh = "全部接受只写接受量；部分接受写接受量、拒收量和原因；拒收写拒收量和原因";
            let en = "accepted needs `accepted` alone; partly needs `accepted`, `rejected` and `reason`; rejected needs `rejected` and `reason`";
            return Err(fault(format!("/data/lines/{n}/outcome"), zh, en));
        }
        if line.at_gate && line.rejected.is_none() {
            return Err(fault(format!("/data/lines/{n}/at_gate"), "没有拒收的部分", "nothing was rejected"));
        }
    }
    line_numbers(lines.iter().map(|line| line.line), "/data/lines")
}
