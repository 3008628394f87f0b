//! Checks of what a manifest plans: when it is registered, and when it is amended.

use super::backwards;
use super::reasons::{Intended, Intent};
use crate::catalogue::{Standing, UnlistedCode, Uscc};
use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::manifest::{ManifestState, Registration};
use crate::custody::payload::manifest::{Amended, Leg, Mode, PartyAt, PlannedLine, Registered};
use crate::custody::payload::oversight::HoldOn;
use crate::id::{ManifestId, SiteId};
use crate::registry::PartyKind;

impl Books {
    /// Everything that speaks against a registration.
    pub(super) fn registration(
        &self,
        candidate: &Candidate,
        s: &Registered,
        objections: &mut Vec<Objection>,
    ) {
        let party = candidate.event.party;
        self.site_of(&s.site, &party, "/data/site", objections);
        objections.extend(self.closed(candidate, &s.site, "/data/site"));
        self.destination(candidate, &s.consignee, objections);
        self.route(&s.legs, [party, s.consignee.party], |n| format!("/data/legs/{n}/carrier"), objections);
        if s.planned_arrival < s.planned_departure {
            objections.push(backwards("/data/planned_arrival"));
        }
        self.codes(candidate, &s.lines, objections);
        let intent = Intent {
            consignor: PartyAt { party, site: s.site },
            consignee: s.consignee,
            follows: s.follows.is_some(),
            lines: &intended(&s.lines),
            reasons: &s.reasons,
        };
        self.unreasoned(candidate.recorded_at, &intent, objections);
        objections.extend(self.held(HoldOn::Site(s.site), "/data/site", Some(&s.reasons)));
        objections.extend(s.follows.and_then(|id| self.nothing_to_follow(&party, &id)));
    }

    /// A follow-up carries on what was rejected on a manifest that its consignor has a role on. One that there is not and one that
    /// the party has no part in are told alike. Whether anything was rejected is not asked: that receipt may come later.
    fn nothing_to_follow(&self, party: &Uscc, id: &ManifestId) -> Option<Objection> {
        let is_there = self.manifest(id).is_some_and(|shelf| shelf.state.parties().contains(party));
        (!is_there).then(|| {
            Objection::new(
                "nothing-to-follow",
                "/data/follows",
                "没有本单位参与的这份联单",
                "there is no manifest of this id that the acting party has a role on",
            )
        })
    }

    /// Everything that speaks against an amendment: what it changes is checked like a registration, with what stays.
    pub(super) fn amendment(
        &self,
        candidate: &Candidate,
        s: &Amended,
        state: &ManifestState,
        registration: &Registration,
        objections: &mut Vec<Objection>,
    ) {
        if state.has_moved() {
            objections.extend(more_than_given_up(s, state));
            return;
        }
        let consignee = s.consignee.unwrap_or(registration.consignee);
        if s.consignee.is_some() {
            self.destination(candidate, &consignee, objections);
        }
        let ends = [registration.consignor.party, consignee.party];
        match &s.legs {
            Some(legs) => {
                self.route(legs, ends, |n| format!("/data/legs/{n}/carrier"), objections);
            }
            None if s.consignee.is_some() => {
                self.route(&registration.legs, ends, |_| "/data/consignee/party".to_owned(), objections);
            }
            None => {}
        }
        let departure = s.planned_departure.unwrap_or(registration.planned_departure);
        if s.planned_arrival.unwrap_or(registration.planned_arrival) < departure {
            let changed = if s.planned_arrival.is_some() { "planned_arrival" } else { "planned_departure" };
            objections.push(backwards(&format!("/data/{changed}")));
        }
        let lines = match &s.lines {
            Some(lines) => {
                self.codes(candidate, lines, objections);
                intended(lines)
            }
            None if s.consignee.is_some() => as_planned(state),
            None => return,
        };
        let intent = Intent {
            consignor: registration.consignor,
            consignee,
            follows: registration.follows.is_some(),
            lines: &lines,
            reasons: &s.reasons,
        };
        self.unreasoned(candidate.recorded_at, &intent, objections);
    }

    fn destination(&self, candidate: &Candidate, consignee: &PartyAt, objections: &mut Vec<Objection>) {
        self.known_party(&consignee.party, "/data/consignee/party", objections);
        self.site_of(&consignee.site, &consignee.party, "/data/consignee/site", objections);
        objections.extend(self.closed(candidate, &consignee.site, "/data/consignee/site"));
    }

    /// Carriers carry; a consignor may carry its own waste, and a pipeline belongs to either of its ends.
    fn route(
        &self,
        legs: &[Leg],
        [consignor, consignee]: [Uscc; 2],
        pointer: impl Fn(usize) -> String,
        objections: &mut Vec<Objection>,
    ) {
        for (n, leg) in legs.iter().enumerate() {
            let is_end = leg.carrier == consignor || leg.mode == Mode::Pipeline && leg.carrier == consignee;
            let carries = self
                .registry
                .party(&leg.carrier)
                .map(|record| record.kinds.contains(&PartyKind::Carrier) || is_end);
            match carries {
                None => self.known_party(&leg.carrier, &pointer(n), objections),
                Some(true) => {}
                Some(false) => objections.push(Objection::new(
                    "not-a-carrier",
                    pointer(n),
                    format!("单位 {} 不是运输单位", leg.carrier),
                    format!("party {} is not registered as a carrier", leg.carrier),
                )),
            }
        }
    }

    /// The site must be the party's.
    pub(super) fn site_of(
        &self,
        site: &SiteId,
        party: &Uscc,
        pointer: &str,
        objections: &mut Vec<Objection>,
    ) {
        if self.registry.site(site).is_none_or(|record| record.party != *party) {
            objections.push(Objection::new(
                "site-unknown",
                pointer,
                format!("该场所未登记在单位 {party} 名下"),
                format!("this site is not registered for party {party}"),
            ));
        }
    }

    fn codes(&self, candidate: &Candidate, lines: &[PlannedLine], objections: &mut Vec<Objection>) {
        if self.rulebook.profile.unlisted_codes() != UnlistedCode::Refuse {
            return;
        }
        let on = self.rulebook.profile.local_date(candidate.recorded_at.as_millis());
        let edition = self.rulebook.catalogue.edition_on(on);
        for (n, line) in lines.iter().enumerate() {
            if self.rulebook.catalogue.standing(line.code, &edition.id) == Standing::EditionUnverified {
                let zh = format!("名录中没有代码 {}", line.code);
                let en = format!("code {} is not in the catalogue", line.code);
                objections.push(Objection::new("code-unlisted", format!("/data/lines/{n}/code"), zh, en));
            }
        }
    }
}

/// Once something left, an amendment may only leave out lines that never did. What else it changes, by pointer.
fn more_than_given_up(s: &Amended, state: &ManifestState) -> Vec<Objection> {
    let departed = |pointer: String| {
        let zh = "废物移出后，只能删去尚未移出的行；其余内容须保持不变";
        let en =
            "after departure only lines that never left may be left out; everything else must stay as it was";
        Objection::new("already-departed", pointer, zh, en)
    };
    let changed = [
        ("consignee", s.consignee.is_some()),
        ("legs", s.legs.is_some()),
        ("planned_departure", s.planned_departure.is_some()),
        ("planned_arrival", s.planned_arrival.is_some()),
    ];
    let changed = changed.into_iter().filter(|(_, is_changed)| *is_changed);
    let mut objections: Vec<Objection> =
        changed.map(|(member, _)| departed(format!("/data/{member}"))).collect();
    let kept = s.lines.iter().flat_map(|lines| lines.iter());
    let as_it_was = |line: &PlannedLine| {
        state.lines.get(&line.line).is_some_and(|known| {
            (known.code, known.planned_g) == (Some(line.code), Some(line.planned.grams()))
                && known.treatment == Some(line.treatment)
        })
    };
    let others = kept.enumerate().filter(|(_, line)| !as_it_was(line));
    objections.extend(others.map(|(n, _)| departed(format!("/data/lines/{n}"))));
    let is_kept = |number: &u16| s.lines.iter().flat_map(|lines| lines.iter()).any(|k| k.line == *number);
    let gone = state
        .lines
        .iter()
        .any(|(number, line)| line.planned_g.is_some() && line.has_moved() && !is_kept(number));
    if gone {
        objections.push(departed("/data/lines".to_owned()));
    }
    objections
}

fn intended(lines: &[PlannedLine]) -> Vec<Intended> {
    let line = |(n, line): (usize, &PlannedLine)| Intended {
        pointer: format!("/data/lines/{n}"),
        code: line.code,
        treatment: line.treatment,
        planned_g: line.planned.grams(),
        claims: line.exemptions.iter().map(ToString::to_string).collect(),
    };
    lines.iter().enumerate().map(line).collect()
}

/// The lines as they are planned already, for a new consignee.
fn as_planned(state: &ManifestState) -> Vec<Intended> {
    let planned = state.lines.values().filter_map(|line| {
        let (code, treatment) = line.code.zip(line.treatment)?;
        Some(Intended {
            pointer: "/data/consignee".to_owned(),
            code,
            treatment,
            planned_g: line.planned_g.unwrap_or(0),
            claims: line.exemptions.clone(),
        })
    });
    planned.collect()
}
