//! Every rule about manifests, each asked anew of the events.

use std::collections::BTreeSet;

use liandan::catalogue::{Calendar, Duty, Link, Operation, Standing, Uscc};
use liandan::clock::Timestamp;
use liandan::custody::payload::handover::{ContainerSet, Countersigned, Handover, Step};
use liandan::custody::payload::manifest::{MAX_CONTAINERS, Registered};
use liandan::custody::payload::waste::DiscrepancyType;
use liandan::custody::{Figures, Observation, Statement, Subject, Verdict};
use liandan::id::ContainerId;
use liandan::ledger::EventId;

use super::manifest::{Manifest, Move};
use super::order::Judged;
use super::permits;
use super::{Log, joined, saw};

/// Every finding and obligation about one manifest. Of two with one name the later stands.
pub(super) fn check(log: &Log<'_>, manifest: &Manifest<'_>) -> Vec<Observation> {
    let rules = Rules { log, manifest };
    let mut seen = rules.breaks();
    seen.extend(rules.forks());
    for (step, kind, handover) in manifest.handovers() {
        seen.extend(rules.one_sided(step, handover));
        seen.extend(rules.offered_otherwise(step, handover));
        seen.extend(rules.containers(step, handover));
        if kind == Step::Collected && step.part == 0 {
            seen.extend(rules.without_manifest(step, handover));
        }
        if manifest.is_arrival(kind, handover) {
            seen.extend(rules.wrong_consignee(step, handover));
            seen.extend(rules.receipt_unconfirmed(step, handover));
        } else if matches!(kind, Step::Collected | Step::Transferred) {
            seen.extend(rules.unplanned_carrier(step, kind, handover));
        }
    }
    seen.extend(rules.overdue());
    for line in manifest.lines() {
        seen.extend(rules.discrepancy(line));
        seen.extend(rules.permit(line));
        seen.extend(rules.unverified(line));
    }
    seen
}

/// The containers of one handover.
struct Sets {
    taken: Option<ContainerSet>,
    expected: Option<ContainerSet>,
    missing: usize,
    extra: usize,
}

struct Rules<'a> {
    log: &'a Log<'a>,
    manifest: &'a Manifest<'a>,
}

impl Rules<'_> {
    fn saw(&self, rule: &str, discriminator: String, figures: Figures) -> Observation {
        saw(rule, Subject::Manifest(self.manifest.id), discriminator, figures)
    }

    /// `custody-broken`, `two-holders`: one finding an event, with the figures of its last broken line.
    fn breaks(&self) -> Vec<Observation> {
        let mut seen = Vec::new();
        for step in &self.manifest.moves {
            for rule in ["custody-broken", "two-holders"] {
                let mut lines = Vec::new();
                let mut last = None;
                for line in step.lines() {
                    let mut breaks = self.manifest.breaks(line).into_iter();
                    if let Some(found) = breaks.find(|b| b.step == step.name() && b.rule == rule) {
                        lines.push(line);
                        last = Some(found);
                    }
                }
                let Some(broken) = last else { continue };
                let figures = Figures::none()
                    .with("lines", joined(lines))
                    .with("from", broken.from.to_string())
                    .with("to", broken.to.to_string())
                    .with("held_by", joined(broken.held_by));
                seen.push(self.saw(rule, broken.step, figures));
            }
        }
        seen
    }

    /// `fork`: two handovers of one line by one party over one head, neither of which knew the other. A head counts once it
    /// stands in the timeline: before, nobody knows what it is about.
    fn forks(&self) -> Vec<Observation> {
        let handovers: Vec<_> = self.manifest.handovers().collect();
        let mut seen = Vec::new();
        for (n, (one, _, first)) in handovers.iter().enumerate() {
            for (other, _, second) in &handovers[n + 1..] {
                let same_line = one.lines().iter().any(|line| other.lines().contains(line));
                let (one, other) = (one.judged, other.judged);
                let (heads, other_heads) = (self.heads(one), self.heads(other));
                let Some(shared) = heads.intersection(&other_heads).min() else { continue };
                if first.from != second.from || !same_line || self.knew(one, other) || self.knew(other, one) {
                    continue;
                }
                let figures =
                    Figures::none().with("to", first.to.to_string()).with("also_to", second.to.to_string());
                seen.push(self.saw("fork", format!("prev:{shared}"), figures));
            }
        }
        seen
    }

    /// The events of this manifest that an event names as its heads.
    fn heads(&self, judged: &Judged<'_>) -> BTreeSet<EventId> {
        let known = judged.edges.iter().map(|position| &self.log.judged[*position]);
        let own = known.filter(|head| head.touches.contains(&Subject::Manifest(self.manifest.id)));
        own.map(|head| head.entry.id).collect()
    }

    /// True when `ancestor` is reached from `event` along its heads.
    fn knew(&self, event: &Judged<'_>, ancestor: &Judged<'_>) -> bool {
        let mut reached: BTreeSet<EventId> = BTreeSet::new();
        let mut open: Vec<&Judged<'_>> = vec![event];
        while let Some(judged) = open.pop() {
            if reached.insert(judged.entry.id) {
                open.extend(judged.edges.iter().map(|position| &self.log.judged[*position]));
            }
        }
        reached.contains(&ancestor.entry.id)
    }

    /// `handover-one-sided`: who has not signed, from the hours after the handover on. Paper was signed by nobody but who
    /// filled it in.
    fn one_sided(&self, step: &Move<'_>, handover: &Handover) -> Option<Observation> {
        let by = step.judged.entry.event.party;
        let is_paper = step.part > 0;
        if !is_paper && step.judged.verdict != Verdict::OneSided || self.confirmed_by(step).is_some() {
            return None;
        }
        let silent: Vec<_> = match is_paper {
            true => [handover.from, handover.to].into_iter().filter(|party| *party != by).collect(),
            false => vec![if by == handover.to { handover.from } else { handover.to }],
        };
        let mut masses: Vec<(u16, i64)> =
            handover.lines.iter().map(|line| (line.line, line.quantity.grams())).collect();
        masses.sort_unstable();
        let taken = self.sets(step).and_then(|sets| sets.taken);
        let signed = |party: &Uscc| {
            self.countersigned(step).any(|(other, s)| {
                let mut seen: Vec<(u16, i64)> =
                    s.lines.iter().map(|line| (line.line, line.mass_g.get())).collect();
                seen.sort_unstable();
                let same = s.containers.is_none() || taken.is_none() || s.containers == taken;
                other.entry.event.party == *party && seen == masses && same
            })
        };
        let missing: Vec<_> = silent.into_iter().filter(|party| !signed(party)).collect();
        let hours = self.log.threshold("handover-one-sided", "hours");
        let figures = Figures::none().with("missing", joined(&missing)).with("hours", hours);
        let mut seen = self.saw("handover-one-sided", step.name(), figures);
        let entry = step.judged.entry;
        let from = if is_paper { entry.event.occurred_at.min(entry.recorded_at) } else { step.at };
        seen.due = Some(from.plus_hours(hours));
        (!missing.is_empty()).then_some(seen)
    }

    /// Countersignatures of the event of a step.
    fn countersigned(&self, step: &Move<'_>) -> impl Iterator<Item = (&Judged<'_>, &Countersigned)> {
        let id = step.judged.entry.id;
        self.manifest.events.iter().filter_map(move |other| match &other.entry.event.statement {
            Statement::HandoverCountersigned(s) if s.event == id => Some((*other, s)),
            _ => None,
        })
    }

    /// The other side's own statement of a handover: of those that say the same, the Nth belongs to the Nth.
    fn confirmed_by(&self, step: &Move<'_>) -> Option<&Judged<'_>> {
        let same = step.judged.takes_over_alone()?;
        let earlier = self.manifest.moves.iter().filter(|other| {
            other.judged.takes_over_alone().as_ref() == Some(&same) && other.judged.key() < step.judged.key()
        });
        let mut confirming = self.manifest.confirming.iter();
        let n = earlier.count();
        confirming.by_ref().filter(|other| other.lets_go_alone().as_ref() == Some(&same)).nth(n).copied()
    }

    /// `moved-without-manifest`
    fn without_manifest(&self, step: &Move<'_>, handover: &Handover) -> Option<Observation> {
        let judged = step.judged;
        let profile = self.log.rulebook.profile;
        let voided =
            self.manifest.all(|s| matches!(s, Statement::ManifestVoided(_))).any(|v| v.at <= judged.at);
        let registration = self.manifest.intent.registered;
        let known = registration.is_some_and(|registered| {
            let entry = judged.entry;
            let anchored = entry.is_anchored()
                && entry.event.anchor.is_some_and(|anchor| anchor.size > registered.entry.index);
            registered.at <= judged.at || anchored || self.knew(judged, registered)
        });
        let exempt = handover.lines.iter().all(|line| {
            profile.frees(&line.code, &self.manifest.claims(line.line), Link::Collection, Duty::Manifest)
        });
        if known && !voided || exempt {
            return None;
        }
        let mut figures = Figures::none().with("collected_at", judged.at.to_string());
        if let Some(registered) = registration {
            figures = figures.with("registered_at", registered.at.to_string());
        }
        Some(self.saw("moved-without-manifest", format!("event:{}", judged.entry.id), figures))
    }

    /// `wrong-consignee`
    fn wrong_consignee(&self, step: &Move<'_>, handover: &Handover) -> Option<Observation> {
        let named = self.manifest.intent.plan.as_ref()?.consignee;
        let right = handover.to == named.party && handover.to_site.is_none_or(|site| site == named.site);
        let figures = Figures::none()
            .with("named", named.party.to_string())
            .with("named_site", named.site.to_string())
            .with("delivered_to", handover.to.to_string())
            .with("delivered_to_site", handover.to_site.map_or(String::new(), |site| site.to_string()));
        (!right).then(|| self.saw("wrong-consignee", step.name(), figures))
    }

    /// `unplanned-carrier`: the party is on no leg, or the vehicle is assigned to no manifest open at that time.
    fn unplanned_carrier(&self, step: &Move<'_>, kind: Step, handover: &Handover) -> Option<Observation> {
        let intent = &self.manifest.intent;
        let plan = intent.plan.as_ref()?;
        if kind == Step::Transferred && handover.to_site.is_some() {
            return None; // Into a yard.
        }
        let carrier = handover.to;
        let named = plan.legs.iter().any(|leg| leg.carrier == carrier);
        let grace = self.log.threshold("in-transit-overdue", "beyond_hours");
        let vehicle = handover.vehicle.as_ref().filter(|_| step.part == 0);
        let explained = vehicle.is_none_or(|vehicle| {
            let own = intent.assigned.iter().any(|(by, _, assigned)| *by == carrier && assigned == vehicle);
            own || self.log.counting().any(|other| {
                let Statement::ManifestAssigned(s) = &other.entry.event.statement else { return false };
                let then = Manifest::before(self.log, s.manifest, other.entry.index);
                let open = then.intent.plan.is_some_and(|plan| {
                    let until = plan.planned_arrival.plus_hours(grace);
                    other.entry.recorded_at <= step.at && step.at <= until
                });
                open && other.entry.event.party == carrier && s.vehicle == *vehicle
            })
        });
        let mut figures = Figures::none().with("carrier", carrier.to_string());
        if let Some(vehicle) = handover.vehicle.as_ref().filter(|_| named && step.part == 0) {
            figures = figures.with("vehicle", &**vehicle);
        }
        let seen = self.saw("unplanned-carrier", step.name(), figures);
        (!named || !explained).then_some(seen)
    }

    /// `in-transit-overdue`
    fn overdue(&self) -> Option<Observation> {
        let registered = self.manifest.intent.plan.as_ref()?;
        let lines: Vec<u16> =
            self.manifest.lines().into_iter().filter(|line| self.manifest.is_on_the_way_out(*line)).collect();
        let hours = self.log.threshold("in-transit-overdue", self.distance(registered));
        let figures = Figures::none()
            .with("lines", joined(&lines))
            .with("planned_arrival", registered.planned_arrival.to_string())
            .with("hours", hours);
        let mut seen = self.saw("in-transit-overdue", "transit".to_owned(), figures);
        seen.due = Some(registered.planned_arrival.plus_hours(hours));
        (!lines.is_empty()).then_some(seen)
    }

    fn distance(&self, registered: &Registered) -> &'static str {
        let from = self.log.division(&registered.site);
        let to = self.log.division(&registered.consignee.site);
        let (Some(from), Some(to)) = (from, to) else { return "beyond_hours" };
        if from.city() == to.city() {
            "city_hours"
        } else if from.province() == to.province() {
            "province_hours"
        } else {
            "beyond_hours"
        }
    }

    /// `receipt-unconfirmed`: lines of a delivery that are not received, from the end of the last working day on.
    fn receipt_unconfirmed(&self, step: &Move<'_>, handover: &Handover) -> Option<Observation> {
        let profile = self.log.rulebook.profile;
        let lines: Vec<u16> = handover
            .lines
            .iter()
            .map(|line| line.line)
            .filter(|line| self.manifest.awaits_receipt(*line, step.at))
            .collect();
        let days = self.log.threshold("receipt-unconfirmed", "working_days");
        let from = profile.local_date(step.at.as_millis());
        let term = Calendar::embedded().add_working_days(from, u32::try_from(days).unwrap_or(u32::MAX));
        let mut figures = Figures::none()
            .with("lines", joined(&lines))
            .with("working_days", days)
            .with("last_day", term.date.to_string());
        if term.provisional {
            figures = figures.with("provisional", "calendar");
        }
        let mut seen = self.saw("receipt-unconfirmed", step.name(), figures);
        seen.due = Some(Timestamp::from_millis(profile.end_of_local_day_ms(term.date)));
        (!lines.is_empty()).then_some(seen)
    }

    /// `mass-discrepancy` of a line between departure and receipt, and `discrepancy-undeclared` where nobody said so.
    fn discrepancy(&self, line: u16) -> Vec<Observation> {
        let shipped_g = self.manifest.due_g(line);
        if shipped_g == 0 || !self.manifest.is_received(line) {
            return Vec::new();
        }
        let found_g = self.manifest.accepted_g(line).wrapping_add(self.manifest.rejected_g(line));
        let Some(figures) = self.differ(line, shipped_g, found_g) else { return Vec::new() };
        let parties = self.parties();
        let declared = self.manifest.events.iter().any(|judged| match &judged.entry.event.statement {
            Statement::DiscrepancyDeclared(s) => {
                s.about == DiscrepancyType::Quantity
                    && s.line.is_none_or(|about| about == line)
                    && parties.contains(&judged.entry.event.party)
            }
            _ => false,
        });
        let mut seen = vec![self.saw("mass-discrepancy", format!("line:{line}"), figures.clone())];
        if !declared {
            seen.push(self.saw("discrepancy-undeclared", format!("line:{line}"), figures));
        }
        seen
    }

    /// Everybody with a role on the manifest.
    fn parties(&self) -> BTreeSet<Uscc> {
        let intent = &self.manifest.intent;
        let consignor = intent.registered.map(|judged| judged.entry.event.party);
        let planned = intent
            .plan
            .iter()
            .flat_map(|plan| plan.legs.iter().map(|leg| leg.carrier).chain([plan.consignee.party]));
        let handed = self.manifest.handovers().flat_map(|(_, _, s)| [s.from, s.to]);
        let assigned = intent.assigned.iter().map(|(carrier, _, _)| *carrier);
        consignor.into_iter().chain(planned).chain(handed).chain(assigned).collect()
    }

    /// `mass-discrepancy` between what was offered, or stated by the other side, and what was taken.
    fn offered_otherwise(&self, step: &Move<'_>, handover: &Handover) -> Vec<Observation> {
        let judged = step.judged;
        let offer = judged.entry.offer.as_ref().filter(|_| judged.verdict != Verdict::OneSided);
        let confirming = self.confirmed_by(step).and_then(|other| other.handover());
        let stated_g = |line: u16| {
            let offered = offer.and_then(|(offer, _, _)| offer.lines.iter().find(|l| l.line == line));
            let confirmed = confirming.and_then(|(_, s)| s.lines.iter().find(|l| l.line == line));
            offered.map(|l| l.mass_g.get()).or(confirmed.map(|l| l.quantity.grams()))
        };
        let differ = |line: u16, taken_g: i64| {
            let figures = self.differ(line, stated_g(line)?, taken_g)?;
            Some(self.saw("mass-discrepancy", format!("line:{line}@{}", judged.entry.id), figures))
        };
        handover.lines.iter().filter_map(|line| differ(line.line, line.quantity.grams())).collect()
    }

    /// Which containers a handover took, and which the other side must have offered. `None` where nobody said.
    fn sets(&self, asked: &Move<'_>) -> Option<Sets> {
        let mut there: Vec<(ContainerId, u16)> = Vec::new();
        for (step, kind, s) in self.manifest.handovers() {
            let lines: BTreeSet<u16> = step.lines().into_iter().collect();
            let loaded = s.lines.iter().flat_map(|line| line.containers.iter().map(|id| (*id, line.line)));
            let loaded: Vec<(ContainerId, u16)> = loaded.collect();
            let before: BTreeSet<ContainerId> = match kind {
                Step::Collected => loaded.iter().map(|(id, _)| *id).collect(),
                _ => there.iter().filter(|(_, line)| lines.contains(line)).map(|(id, _)| *id).collect(),
            };
            let missing: BTreeSet<ContainerId> = s.missing.iter().copied().collect();
            let extra: BTreeSet<ContainerId> = s.extra.iter().copied().collect();
            if step.name() == asked.name() {
                let of = |ids: BTreeSet<ContainerId>| ContainerSet::of(&ids.into_iter().collect::<Vec<_>>());
                let any = !before.is_empty() || !missing.is_empty() || !extra.is_empty();
                let goes_back = kind == Step::Returned;
                let taken = &(&before | &extra) - &missing;
                let expected = &(&before | &missing) - &extra;
                return Some(Sets {
                    taken: (any && !goes_back).then(|| of(taken)),
                    expected: ((any || kind == Step::Collected) && !goes_back).then(|| of(expected)),
                    missing: missing.len(),
                    extra: extra.len(),
                });
            }
            let first = *lines.first()?;
            for (id, line) in loaded.into_iter().chain(extra.into_iter().map(|id| (id, first))) {
                if there.len() < MAX_CONTAINERS {
                    there.retain(|(known, _)| *known != id);
                    there.push((id, line));
                }
            }
            there.retain(|(id, _)| !missing.contains(id));
        }
        None
    }

    /// `container-mismatch`
    fn containers(&self, step: &Move<'_>, handover: &Handover) -> Option<Observation> {
        let sets = self.sets(step)?;
        let judged = step.judged;
        let offer = judged.entry.offer.as_ref().filter(|_| judged.verdict != Verdict::OneSided);
        let offered = offer.and_then(|(offer, _, _)| offer.containers);
        let confirmed = self.confirmed_by(step).and_then(|other| {
            let (_, s) = other.handover()?;
            let loaded: Vec<ContainerId> = s.lines.iter().flat_map(|l| l.containers.to_vec()).collect();
            (!loaded.is_empty()).then(|| ContainerSet::of(&loaded))
        });
        let stated = offered.or(confirmed);
        let differs = stated.is_some() && sets.expected.is_some() && stated != sets.expected;
        let countersigned = self
            .countersigned(step)
            .find_map(|(_, s)| s.containers.filter(|set| sets.taken.is_some_and(|taken| taken != *set)));
        let exceptions = !handover.missing.is_empty() || !handover.extra.is_empty();
        if !differs && countersigned.is_none() && !exceptions {
            return None;
        }
        let count = |set: Option<ContainerSet>| set.map_or(0, |set| i64::from(set.count));
        let figures = Figures::none()
            .with("offered_count", count(stated.or(countersigned).or(sets.expected)))
            .with("taken_count", count(sets.taken))
            .with("missing_count", i64::try_from(sets.missing).unwrap())
            .with("extra_count", i64::try_from(sets.extra).unwrap());
        Some(self.saw("container-mismatch", step.name(), figures))
    }

    fn differ(&self, line: u16, shipped_g: i64, received_g: i64) -> Option<Figures> {
        let figure = |name: &str| self.log.threshold("mass-discrepancy", name);
        let litres = self.manifest.container_litres(line).map(i64::from);
        let small = litres.is_some_and(|litres| litres <= figure("container_max_litres"));
        let sort = if small { "container" } else { "bulk" };
        let share_g = i128::from(shipped_g) * i128::from(figure(&format!("{sort}_permille"))) / 1000;
        let tolerance_g = i128::from(figure(&format!("{sort}_floor_g"))).max(share_g);
        let difference_g = shipped_g.wrapping_sub(received_g);
        (i128::from(difference_g).abs() > tolerance_g).then(|| {
            Figures::none()
                .with("shipped_g", shipped_g)
                .with("received_g", received_g)
                .with("difference_g", difference_g)
                .with("tolerance_g", i64::try_from(tolerance_g).unwrap_or(i64::MAX))
                .with("line", i64::from(line))
        })
    }

    /// `permit-missing`, `-expired`, `-suspended`, `-scope`: the consignee by the last delivery of the line, else by the registration.
    fn permit(&self, line: u16) -> Option<Observation> {
        let profile = self.log.rulebook.profile;
        let plan = self.manifest.intent.plan.as_ref()?;
        let planned = self.manifest.intent.planned?;
        let (code, treatment) = (self.manifest.code(line)?, self.manifest.treatment(line)?);
        let link = if treatment.operation() == Operation::Use { Link::Use } else { Link::Disposal };
        let claims = self.manifest.claims(line);
        if [link, Link::Collection].iter().any(|link| profile.frees(&code, &claims, *link, Duty::Permit)) {
            return None;
        }
        let ends = |s: &Statement| matches!(s, Statement::ManifestVoided(_) | Statement::ManifestDeclined(_));
        let mut deliveries = self
            .manifest
            .handovers()
            .filter(|(step, kind, s)| self.manifest.is_arrival(*kind, s) && step.lines().contains(&line));
        let (at, consignee) = match deliveries.next_back() {
            Some((delivery, _, handover)) => (delivery.at, handover.to),
            None if self.manifest.all(ends).next().is_some() => return None,
            None => (planned.at, plan.consignee.party),
        };
        let on = profile.local_date(at.as_millis());
        let rule = permits::rule_about(&self.log.judged, consignee, on, at, (&code, treatment))?;
        let figures = Figures::none()
            .with("line", i64::from(line))
            .with("code", code.to_string())
            .with("treatment", treatment.to_string())
            .with("consignee", consignee.to_string())
            .with("on", on.to_string());
        Some(self.saw(rule, format!("consignee:{consignee}:line:{line}"), figures))
    }

    /// `code-edition-unverified` by the edition on the day of registration.
    fn unverified(&self, line: u16) -> Option<Observation> {
        let planned = self.manifest.intent.planned?;
        let code = self.manifest.code(line)?;
        let (profile, catalogue) = (self.log.rulebook.profile, self.log.rulebook.catalogue);
        let edition = catalogue.edition_on(profile.local_date(planned.at.as_millis()));
        let figures = Figures::none()
            .with("line", i64::from(line))
            .with("code", code.to_string())
            .with("edition", &*edition.id);
        let unlisted = catalogue.standing(code, &edition.id) == Standing::EditionUnverified;
        unlisted.then(|| self.saw("code-edition-unverified", format!("line:{line}"), figures))
    }
}
