//! Custody of one manifest as lanes: who held what when, with gaps and handovers that one side alone signed, drawn and as a table.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::app::query::ManifestDetail;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::manifest::{BreakKind, HandoverRecord, Holder, LineState, ManifestState};
use crate::custody::payload::handover::Step;
use crate::web::components::{Column, check, number, table, text};
use crate::web::draw::lanes::{self, Arrow, Lanes, Point, Span, Tick};
use crate::web::i18n::Lang;
use crate::web::visit::Visit;
use crate::web::words::{Names, mass, moment, moment_text, tonnes};

/// Most handovers that are drawn; a drawing with more tells less.
const MAX_DRAWN: usize = 24;

/// The section of a manifest's page; nothing before anything moved.
pub(super) fn section(visit: &Visit, names: &Names, manifest: &ManifestDetail) -> Markup {
    let lang = visit.lang;
    let state = &manifest.state;
    if state.handovers.is_empty() && state.receipts.is_empty() {
        return html! {};
    }
    let custody = Custody::of(visit, names, state);
    html! {
        h2 { (lang.t("lanes.title")) }
        @if state.handovers.len() <= MAX_DRAWN {
            (lanes::draw(&custody.drawn(), "lanes", lang.t("lanes.title"), lang.t("lanes.text")))
            p.soft.small { (lang.t("lanes.legend")) }
        }
        details open[state.handovers.len() > MAX_DRAWN] {
            summary { (lang.t("lanes.table")) }
            (custody.table())
        }
    }
}

struct Custody<'a> {
    visit: &'a Visit,
    names: &'a Names,
    state: &'a ManifestState,
    /// Consignor, carriers, consignee, and whoever else had it in hand.
    parties: Vec<Uscc>,
    /// Every moment at which something happened, and the end of the drawing.
    moments: Vec<Timestamp>,
}

impl<'a> Custody<'a> {
    fn of(visit: &'a Visit, names: &'a Names, state: &'a ManifestState) -> Self {
        let planned = state.registration.iter().flat_map(|registration| {
            let ends = [registration.consignor.party, registration.consignee.party];
            [ends[0]].into_iter().chain(registration.carriers()).chain([ends[1]])
        });
        let moved = state.handovers.iter().flat_map(|handover| [handover.from, handover.to]);
        let received = state.receipts.iter().map(|receipt| receipt.mark.party);
        let mut parties: Vec<Uscc> = Vec::new();
        for party in planned.chain(moved).chain(received) {
            if !parties.contains(&party) {
                parties.push(party);
            }
        }
        let marks = state.handovers.iter().map(|handover| handover.mark.at);
        let marks = marks.chain(state.receipts.iter().map(|receipt| receipt.mark.at));
        let marks = marks.chain(state.registration.iter().map(|registration| registration.mark.at));
        let mut moments: BTreeSet<Timestamp> = marks.collect();
        // As long as something is to come, time goes on.
        if !state.is_closed() {
            moments.insert(visit.app.clock().now());
        }
        Self { visit, names, state, parties, moments: moments.into_iter().collect() }
    }

    fn lane(&self, party: &Uscc) -> usize {
        self.parties.iter().position(|one| one == party).unwrap_or_default()
    }

    /// The place of a moment, or of the last one before it.
    fn at(&self, at: Timestamp) -> usize {
        self.moments.partition_point(|one| *one <= at).saturating_sub(1)
    }

    fn name(&self, party: &Uscc) -> String {
        self.names.of(self.visit.lang, party)
    }

    fn drawn(&self) -> Lanes {
        let zone = self.visit.zone();
        let tick = |at: &Timestamp| {
            let (day, time) = split(&moment_text(zone, *at));
            Tick { day, time }
        };
        let mut ticks: Vec<Tick> = self.moments.iter().map(tick).collect();
        if !self.state.is_closed()
            && let Some(last) = ticks.last_mut()
        {
            *last = Tick { day: self.visit.lang.t("lanes.now").to_owned(), time: String::new() };
        }
        // What is held once all is over is held beyond it.
        if self.state.is_closed() {
            ticks.push(Tick { day: String::new(), time: String::new() });
        }
        Lanes {
            names: self.parties.iter().map(|party| self.name(party)).collect(),
            spans: self.spans(ticks.len() - 1),
            arrows: self.state.handovers.iter().map(|handover| self.arrow(handover)).collect(),
            points: self.points(),
            ticks,
        }
    }

    /// While a party held something: what its lines say together, each interval once; and what was sent back of them.
    fn spans(&self, end: usize) -> Vec<Span> {
        let lang = self.visit.lang;
        let mut spans: Vec<Span> = Vec::new();
        let mut put = |lane: usize, from: usize, until: usize, class: &'static str, key: &'static str| {
            let is_there = |span: &Span| {
                span.lane == lane && span.class == class && span.from <= from && until <= span.until
            };
            if from < until && !spans.iter().any(is_there) {
                let note = lang.fill(key, &[("party", &self.name(&self.parties[lane]))]);
                spans.push(Span { lane, from, until, class, note });
            }
        };
        if let Some(registration) = &self.state.registration {
            let first = self.state.lines.values().filter_map(first_claim).min();
            let until = first.map_or(end, |at| self.at(at));
            let lane = self.lane(&registration.consignor.party);
            put(lane, self.at(registration.mark.at), until, "plain", "lanes.before");
        }
        for line in self.state.lines.values() {
            let now: &[_] = match &line.holder {
                Holder::NotYet => &[],
                Holder::Held(claim) => std::slice::from_ref(claim),
                Holder::Contested(claims) => claims,
            };
            let is_contested = matches!(line.holder, Holder::Contested(_));
            // Claims that are contested stay in the list of those before.
            let past: Vec<_> = line.past.iter().filter(|claim| !now.contains(claim)).collect();
            for (n, claim) in past.iter().enumerate() {
                let next = past.get(n + 1).map(|next| next.since).or(now.iter().map(|next| next.since).min());
                put(
                    self.lane(&claim.party),
                    self.at(claim.since),
                    next.map_or(end, |at| self.at(at)),
                    "held",
                    "lanes.held",
                );
            }
            for claim in now {
                let (class, key) =
                    if is_contested { ("bad", "lanes.contested") } else { ("held", "lanes.held") };
                put(self.lane(&claim.party), self.at(claim.since), end, class, key);
            }
        }
        for (n, handover) in self.state.handovers.iter().enumerate().filter(|(_, one)| self.is_split_off(one))
        {
            let goes_on = |next: &&HandoverRecord| self.is_split_off(next) && next.from == handover.to;
            let next = self.state.handovers[n + 1..].iter().find(goes_on).map(|next| self.at(next.mark.at));
            put(
                self.lane(&handover.to),
                self.at(handover.mark.at),
                next.unwrap_or(end),
                "warn",
                "lanes.back",
            );
        }
        spans
    }

    /// True for a handover of what was rejected of a line that was accepted in part: it has holders of its own.
    fn is_split_off(&self, handover: &HandoverRecord) -> bool {
        let is_split = |line: &LineState| line.rejected_holder.is_some();
        let lines = &self.state.lines;
        handover.step == Step::Returned
            && handover.lines.iter().any(|line| lines.get(&line.line).is_some_and(is_split))
    }

    fn arrow(&self, handover: &HandoverRecord) -> Arrow {
        Arrow {
            at: self.at(handover.mark.at),
            from: self.lane(&handover.from),
            to: self.lane(&handover.to),
            is_one_sided: !self.state.missing_sides(handover).is_empty(),
            is_broken: self.broken(handover).is_some(),
            note: format!(
                "{} · {} → {} · {}",
                self.kind(handover),
                self.name(&handover.from),
                self.name(&handover.to),
                self.standing(handover)
            ),
        }
    }

    fn points(&self) -> Vec<Point> {
        let lang = self.visit.lang;
        let point = |receipt: &crate::custody::manifest::ReceiptRecord| {
            let accepted_g = receipt.accepted.iter().map(|(_, grams)| grams).sum();
            let said = lang.fill("lanes.accepted", &[("mass", &mass(lang, accepted_g))]);
            Point {
                at: self.at(receipt.mark.at),
                lane: self.lane(&receipt.mark.party),
                note: format!("{} · {said}", self.name(&receipt.mark.party)),
            }
        };
        self.state.receipts.iter().map(point).collect()
    }

    fn broken(&self, handover: &HandoverRecord) -> Option<BreakKind> {
        let is_here = |event| event == handover.mark.event;
        self.state.breaks.iter().find(|one| is_here(one.mark.event)).map(|one| one.kind)
    }

    fn kind(&self, handover: &HandoverRecord) -> &'static str {
        let name = handover.step.kind().name();
        self.visit.lang.of("kind", name).unwrap_or(name)
    }

    /// Who signed, and whether the sequence of holders holds.
    fn standing(&self, handover: &HandoverRecord) -> String {
        let lang = self.visit.lang;
        let missing = self.state.missing_sides(handover);
        match self.broken(handover) {
            Some(BreakKind::NotHolder) => lang.t("lanes.not-holder").to_owned(),
            Some(BreakKind::TakenTwice) => lang.t("lanes.taken-twice").to_owned(),
            None if missing.is_empty() => lang.t("lanes.both").to_owned(),
            None => {
                let missing: Vec<String> =
                    missing.iter().map(|side| self.name(&handover.party(*side))).collect();
                lang.fill("lanes.one-sided", &[("party", &missing.join(lang.t("sign.list")))])
            }
        }
    }

    /// The same as rows, in order of time.
    fn table(&self) -> Markup {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        let mut rows: Vec<(Timestamp, Vec<Markup>)> = Vec::new();
        for handover in &self.state.handovers {
            let whole_g = handover.lines.iter().map(|line| line.mass_g).sum();
            let is_good = self.broken(handover).is_none() && self.state.missing_sides(handover).is_empty();
            let class = match self.broken(handover) {
                Some(_) => "bad",
                None if is_good => "good",
                None => "warn",
            };
            rows.push((
                handover.mark.at,
                vec![
                    moment(zone, handover.mark.at),
                    html! { a href={ "#e-" (handover.mark.event) } { (self.kind(handover)) } },
                    html! { (self.name(&handover.from)) },
                    html! { (self.name(&handover.to)) },
                    html! { (lines(lang, handover.lines.iter().map(|line| line.line))) },
                    html! { (tonnes(whole_g)) },
                    check(class, &self.standing(handover)),
                ],
            ));
        }
        for receipt in &self.state.receipts {
            let accepted_g = receipt.accepted.iter().map(|(_, grams)| grams).sum();
            rows.push((
                receipt.mark.at,
                vec![
                    moment(zone, receipt.mark.at),
                    html! { (lang.of("kind", "waste.received").unwrap_or_default()) },
                    html! {},
                    html! { (self.name(&receipt.mark.party)) },
                    html! { (lines(lang, receipt.accepted.iter().map(|(line, _)| *line))) },
                    html! { (tonnes(accepted_g)) },
                    html! {},
                ],
            ));
        }
        rows.sort_by_key(|(at, _)| *at);
        table(lang, lang.t("lanes.title"), &COLUMNS, rows.into_iter().map(|(_, row)| row).collect())
    }
}

const COLUMNS: [Column; 7] = [
    text("col.when"),
    text("lanes.what"),
    text("lanes.from"),
    text("lanes.to"),
    text("col.line"),
    number("lanes.mass"),
    text("lanes.signed"),
];

fn lines(lang: Lang, numbers: impl Iterator<Item = u16>) -> String {
    numbers.map(|line| line.to_string()).collect::<Vec<_>>().join(lang.t("sign.list"))
}

/// When somebody first claimed a line.
fn first_claim(line: &LineState) -> Option<Timestamp> {
    let now = match &line.holder {
        Holder::NotYet => None,
        Holder::Held(claim) => Some(claim.since),
        Holder::Contested(claims) => claims.iter().map(|claim| claim.since).min(),
    };
    line.past.first().map(|claim| claim.since).into_iter().chain(now).min()
}

/// Day and time of a moment in words.
fn split(moment: &str) -> (String, String) {
    let (day, time) = moment.split_once(' ').unwrap_or((moment, ""));
    (day.to_owned(), time.to_owned())
}
