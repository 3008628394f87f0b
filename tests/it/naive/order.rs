//! Verdicts by log index, effective times by who knew whom.

use std::collections::BTreeSet;

use liandan::catalogue::Uscc;
use liandan::clock::Timestamp;
use liandan::custody::payload::handover::{HandedLine, Handover, Step};
use liandan::custody::{Class, Event, Statement, Subject, Verdict};
use liandan::id::{LabelId, LotId, ManifestId, SiteId};
use liandan::ledger::{EventId, Kid};

use super::Entry;
use super::labels;
use super::mandates;

/// An entry and what the rest of the log makes of it.
pub(super) struct Judged<'a> {
    pub(super) entry: &'a Entry,
    pub(super) touches: BTreeSet<Subject>,
    pub(super) verdict: Verdict,
    /// Its act was used before.
    pub(super) act_conflict: bool,
    /// An id it creates is owned by another event.
    pub(super) id_conflict: Option<Subject>,
    /// The index at which its key had ended.
    pub(super) key_ended: Option<u64>,
    /// Who signed it for its party, and in what that exceeds the mandate between the two.
    pub(super) beyond_mandate: Option<(Uscc, &'static str)>,
    /// The last word of its party on it: true when reaffirmed, and the position of the act that says so.
    last_word: Option<(bool, usize)>,
    /// True once it moved something: it then owns what it creates, whatever is said of it later.
    has_moved: bool,
    /// Effective time.
    pub(super) at: Timestamp,
    /// Predecessors in a row at the same effective time.
    pub(super) depth: usize,
    /// Positions in the log of the predecessors that touch what it touches.
    pub(super) edges: Vec<usize>,
}

impl Judged<'_> {
    /// Order in any timeline. The log index is not in it.
    pub(super) fn key(&self) -> (Timestamp, usize, i64, EventId) {
        (self.at, self.depth, self.entry.event.kind().rank(), self.entry.id)
    }

    /// Its party's last word is that it stands.
    pub(super) fn is_reaffirmed(&self) -> bool {
        self.last_word.is_some_and(|(reaffirmed, _)| reaffirmed)
    }

    /// The handover it states.
    pub(super) fn handover(&self) -> Option<(Step, &Handover)> {
        handover(&self.entry.event)
    }
}

/// What two statements of one handover agree in: manifest, step, both sides with their sites, line numbers.
pub(super) type Same = (ManifestId, Step, [(Uscc, Option<SiteId>); 2], BTreeSet<u16>);

impl Judged<'_> {
    fn alone(&self) -> Option<(Same, bool)> {
        let (step, s) = self.handover()?;
        let sides = [(s.from, s.from_site), (s.to, s.to_site)];
        let lines = s.lines.iter().map(|line| line.line).collect();
        let is_alone = matches!(self.verdict, Verdict::OneSided | Verdict::Confirms);
        is_alone.then(|| ((s.manifest, step, sides, lines), self.entry.event.party == s.to))
    }

    /// The handover of which it is the releasing side's own statement.
    pub(super) fn lets_go_alone(&self) -> Option<Same> {
        self.alone().filter(|(_, takes)| !takes).map(|(same, _)| same)
    }

    /// The handover of which it is the taking side's own statement.
    pub(super) fn takes_over_alone(&self) -> Option<Same> {
        self.alone().filter(|(_, takes)| *takes).map(|(same, _)| same)
    }
}

pub(super) fn handover(event: &Event) -> Option<(Step, &Handover)> {
    Some(match &event.statement {
        Statement::WasteCollected(s) => (Step::Collected, s),
        Statement::WasteTransferred(s) => (Step::Transferred, s),
        Statement::WasteDelivered(s) => (Step::Delivered, s),
        Statement::WasteReturned(s) => (Step::Returned, s),
        _ => return None,
    })
}

fn named(entry: &Entry) -> Vec<EventId> {
    let offered = entry.offer.iter().flat_map(|(offer, _, _)| offer.prev.iter());
    entry.event.prev.iter().chain(offered).copied().collect()
}

/// Judge every entry, then place it in time.
pub(super) fn judge(entries: &[Entry]) -> Vec<Judged<'_>> {
    let mut judged = weigh(entries);
    suspect(&mut judged);
    draw_edges(&mut judged);
    place(&mut judged);
    confirm(&mut judged);
    judged
}

/// What each entry counts for, doubts aside. When it happened is asked only where two statements may be about one handover.
pub(super) fn weigh_lightly(entries: &[Entry]) -> Vec<Judged<'_>> {
    let mut judged = weigh(entries);
    if judged.iter().any(|event| event.lets_go_alone().is_some()) {
        draw_edges(&mut judged);
        place(&mut judged);
        confirm(&mut judged);
    }
    judged
}

fn weigh(entries: &[Entry]) -> Vec<Judged<'_>> {
    let mut judged: Vec<Judged<'_>> = Vec::new();
    for entry in entries {
        let mut next = unplaced(entry);
        next.act_conflict = judged.iter().any(|earlier| {
            earlier.entry.event.party == entry.event.party && earlier.entry.event.act == entry.event.act
        });
        next.id_conflict = created(&entry.event).into_iter().find(|id| owned(&judged, id, &entry.id));
        next.key_ended = end_of(&judged, &entry.kid);
        next.beyond_mandate = mandates::beyond(&judged, entry);
        next.verdict = verdict(&judged, &next);
        next.has_moved = next.verdict.moves();
        judged.push(next);
        restate(&mut judged);
    }
    judged
}

/// Two statements of one handover, each by one side alone, count once: of those that let go of the same lines in the same
/// way, as many confirm as there are statements that take them over, the first ones first.
fn confirm(judged: &mut [Judged<'_>]) {
    let confirming: Vec<usize> = (0..judged.len())
        .filter(|n| {
            let Some(own) = judged[*n].lets_go_alone() else { return false };
            let earlier = judged.iter().filter(|other| {
                other.lets_go_alone().as_ref() == Some(&own) && other.key() < judged[*n].key()
            });
            let taken = judged.iter().filter(|other| other.takes_over_alone().as_ref() == Some(&own));
            earlier.count() < taken.count()
        })
        .collect();
    for n in confirming {
        judged[n].verdict = Verdict::Confirms;
    }
}

fn unplaced(entry: &Entry) -> Judged<'_> {
    let at = match entry.event.kind().class() {
        Class::Fact => entry.event.occurred_at.min(entry.recorded_at),
        Class::Declaration | Class::Act => entry.recorded_at,
    };
    Judged {
        entry,
        touches: touches(&entry.event),
        verdict: Verdict::Counts,
        act_conflict: false,
        id_conflict: None,
        key_ended: None,
        beyond_mandate: None,
        last_word: None,
        has_moved: false,
        at,
        depth: 0,
        edges: Vec::new(),
    }
}

/// The ids an event brings into being, in the order it names them.
fn created(event: &Event) -> Vec<Subject> {
    match &event.statement {
        Statement::ManifestRegistered(s) => vec![Subject::Manifest(s.manifest)],
        Statement::DocumentImported(s) => vec![Subject::Document(s.document)],
        Statement::StockOpened(s) | Statement::WasteGenerated(s) => {
            s.lots.iter().map(|lot| Subject::Lot(lot.lot)).collect()
        }
        Statement::WasteRepacked(s) => s.outputs.iter().map(|output| Subject::Lot(output.lot)).collect(),
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
            s.outputs.iter().map(|output| Subject::Lot(output.lot)).collect()
        }
        _ => Vec::new(),
    }
}

/// The first event in log order owns an id it creates; one that moves nothing owns nothing.
fn owned(earlier: &[Judged<'_>], id: &Subject, by: &EventId) -> bool {
    let owns = |event: &&Judged<'_>| event.has_moved && created(&event.entry.event).contains(id);
    earlier.iter().find(owns).is_some_and(|owner| owner.entry.id != *by)
}

/// When the newest entry is a party's word on an earlier one, that one's verdict follows it from here on.
fn restate(judged: &mut [Judged<'_>]) {
    let Some((act, earlier)) = judged.split_last() else { return };
    let (reaffirms, about) = match &act.entry.event.statement {
        Statement::EventReaffirmed(s) => (true, s.event),
        Statement::EventDisavowed(s) => (false, s.event),
        _ => return,
    };
    if !act.verdict.moves() {
        return;
    }
    let position = earlier.len();
    let Some(n) = earlier.iter().position(|event| event.entry.id == about) else { return };
    let mut free = unplaced(earlier[n].entry);
    free.act_conflict = earlier[n].act_conflict;
    free.id_conflict = created(&free.entry.event).into_iter().find(|id| owned(earlier, id, &free.entry.id));
    // What stood around it is judged at its own index, as if its key had not ended there.
    let verdict = if reaffirms { verdict(&earlier[..n], &free) } else { Verdict::EvidenceOnly };
    judged[n].verdict = verdict;
    judged[n].has_moved |= verdict.moves();
    judged[n].last_word = Some((reaffirms, position));
}

fn verdict(earlier: &[Judged<'_>], next: &Judged<'_>) -> Verdict {
    let entry = next.entry;
    if next.act_conflict || next.id_conflict.is_some() || next.key_ended.is_some() {
        return Verdict::EvidenceOnly;
    }
    let Some((_, handover)) = next.handover() else { return Verdict::Counts };
    let offered = entry.offer.as_ref().is_some_and(|(_, kid, signature_ok)| {
        let enrolled = earlier.iter().any(|event| {
            event.verdict.moves()
                && event.entry.event.party == handover.from
                && enrols(&event.entry.event) == Some(*kid)
        });
        *signature_ok && enrolled && end_of(earlier, kid).is_none()
    });
    if offered { Verdict::Counts } else { Verdict::OneSided }
}

fn enrols(event: &Event) -> Option<Kid> {
    match &event.statement {
        Statement::LedgerFounded(s) => Some(s.key.kid()),
        Statement::KeyEnrolled(s) => Some(s.key.kid()),
        Statement::KeyRotated(s) => Some(s.key.kid()),
        _ => None,
    }
}

/// The index of the first entry that ends a key: a revocation, or the rotation to another.
fn end_of(earlier: &[Judged<'_>], kid: &Kid) -> Option<u64> {
    let ends = |event: &&Judged<'_>| match &event.entry.event.statement {
        Statement::KeyRevoked(s) => s.key == *kid,
        Statement::KeyRotated(s) => s.replaces == *kid,
        _ => false,
    };
    earlier.iter().filter(|event| event.verdict.moves()).find(ends).map(|event| event.entry.index)
}

/// A revocation casts doubt back to the index it names, the furthest of several. What counted still counts, and is marked,
/// until its party reaffirms it with a key that nobody doubts. A one-sided handover keeps that name, so that the missing
/// signature is still asked for.
fn suspect(judged: &mut [Judged<'_>]) {
    let mut doubts: Vec<(Kid, u64)> = Vec::new();
    for event in judged.iter().filter(|event| event.verdict.moves()) {
        if let Statement::KeyRevoked(s) = &event.entry.event.statement {
            doubts.extend(s.suspected_from.map(|from| (s.key, from)));
        }
    }
    let in_doubt = |entry: &Entry| {
        let doubted = doubts.iter().any(|(kid, from)| *kid == entry.kid && *from <= entry.index);
        let ended = end_of(judged, &entry.kid);
        doubted && ended.is_some_and(|ended| entry.index < ended)
    };
    let marked = |event: &Judged<'_>| match event.last_word {
        Some((true, act)) => in_doubt(judged[act].entry),
        Some((false, _)) | None => in_doubt(event.entry),
    };
    let marks: Vec<bool> = judged.iter().map(marked).collect();
    for (event, marked) in judged.iter_mut().zip(marks) {
        if marked && event.verdict == Verdict::Counts {
            event.verdict = Verdict::Disputed;
        }
    }
}

/// A predecessor in the log makes an edge if both touch one thing. Whether it came before or after does not matter.
fn draw_edges(judged: &mut [Judged<'_>]) {
    for n in 0..judged.len() {
        let mut edges = Vec::new();
        for id in named(judged[n].entry) {
            let Some(p) = judged.iter().position(|event| event.entry.id == id) else { continue };
            let mut shared = judged[p].touches.intersection(&judged[n].touches);
            // Only manifests are put in order; the balance of a lot is a sum (docs/adr/0004).
            if shared.any(|subject| subject.manifest().is_some()) {
                edges.push(p);
            }
        }
        judged[n].edges = edges;
    }
}

/// Apply the definitions of effective time and depth again and again until nothing changes.
fn place(judged: &mut [Judged<'_>]) {
    for _ in 0..judged.len() {
        let mut settled = true;
        for n in 0..judged.len() {
            let heads = judged[n].edges.iter().map(|p| judged[*p].at);
            let at = match judged[n].entry.event.kind().class() {
                Class::Fact => heads.fold(judged[n].at, Ord::max),
                Class::Declaration | Class::Act => judged[n].at,
            };
            settled &= at == judged[n].at;
            judged[n].at = at;
        }
        if settled {
            break;
        }
    }
    for _ in 0..judged.len() {
        for n in 0..judged.len() {
            let together = judged[n].edges.iter().filter(|p| judged[**p].at == judged[n].at);
            judged[n].depth = together.map(|p| judged[*p].depth + 1).max().unwrap_or(0);
        }
    }
}

/// What an event is about: its manifest, the lots whose balance it changes; else its party.
fn touches(event: &Event) -> BTreeSet<Subject> {
    use Statement::*;
    let mut touched = BTreeSet::new();
    let manifest = match &event.statement {
        ManifestRegistered(s) => Some(s.manifest),
        ManifestConfirmed(s) => Some(s.manifest),
        ManifestAssigned(s) => Some(s.manifest),
        ManifestAmended(s) => Some(s.manifest),
        ManifestDeclined(s) | ManifestVoided(s) => Some(s.manifest),
        NumberBound(s) => Some(s.manifest),
        WasteCollected(s) | WasteTransferred(s) | WasteDelivered(s) | WasteReturned(s) => Some(s.manifest),
        WasteReceived(s) => Some(s.manifest),
        HandoverCountersigned(s) => Some(s.manifest),
        DiscrepancyDeclared(s) => Some(s.manifest),
        IncidentReported(s) => Some(s.manifest),
        PaperBackfilled(s) => Some(s.manifest),
        _ => None,
    };
    touched.extend(manifest.map(Subject::Manifest));
    touched.extend(created(event));
    touched.extend(labels::named(event).map(|(label, _)| Subject::Label(LabelId::of_text(&label))));
    match &event.statement {
        TripWeighed(s) => touched.extend(s.manifests.iter().copied().map(Subject::Manifest)),
        TrackRecorded(s) => touched.extend(s.manifests.iter().copied().map(Subject::Manifest)),
        WasteStored(s) | WasteWithdrawn(s) => {
            touched.extend(s.lots.iter().map(|moved| Subject::Lot(moved.lot)))
        }
        StockCounted(s) => {
            touched.extend(s.counts.iter().filter_map(|counted| counted.lot).map(Subject::Lot))
        }
        WasteRepacked(s) => touched.extend(s.inputs.iter().map(|input| Subject::Lot(input.lot))),
        WasteCollected(s) => handed_over(Step::Collected, s.manifest, &s.lines, &mut touched),
        // From vehicle to vehicle it stays on the way.
        WasteTransferred(s) if s.from_site.is_none() && s.to_site.is_none() => {}
        WasteTransferred(s) => handed_over(Step::Transferred, s.manifest, &s.lines, &mut touched),
        WasteReturned(s) => handed_over(Step::Returned, s.manifest, &s.lines, &mut touched),
        PaperBackfilled(s) => {
            for paper in s.handovers.iter() {
                handed_over(paper.step, s.manifest, &paper.lines, &mut touched);
            }
        }
        WasteReceived(s) => {
            for line in s.lines.iter() {
                touched.insert(Subject::Lot(LotId::of_line(s.manifest, line.line)));
                if line.rejected.is_some() {
                    touched.insert(Subject::Lot(LotId::rejected_of_line(s.manifest, line.line)));
                }
            }
        }
        WasteUsed(s) | WasteDisposed(s) => {
            touched.extend(s.inputs.iter().map(|input| Subject::Lot(input.lot)))
        }
        _ => {}
    }
    if touched.is_empty() {
        touched.insert(Subject::Party(event.party));
    }
    touched
}

/// The lots of lines that change hands. A delivery changes no hands: nobody has accepted anything.
fn handed_over(step: Step, manifest: ManifestId, lines: &[HandedLine], touched: &mut BTreeSet<Subject>) {
    for line in lines {
        let lot = match step {
            Step::Delivered => continue,
            Step::Returned => LotId::rejected_of_line(manifest, line.line),
            Step::Collected | Step::Transferred => LotId::of_line(manifest, line.line),
        };
        touched.insert(Subject::Lot(lot));
        if step == Step::Collected {
            touched.extend(line.drawn.iter().map(|draw| Subject::Lot(draw.lot)));
        }
    }
}
