//! Every rule about manifests, each asked anew of the events.

use std::collections::BTreeSet;

use liandan::catalogue::{Calendar, Duty, Link, Operation, Standing};
use liandan::clock::Timestamp;
use liandan::custody::payload::handover::{Handover, Step};
use liandan::custody::payload::manifest::Registered;
use liandan::custody::{Figures, Observation, Statement, Subject, Verdict};
use liandan::ledger::EventId;

use super::manifest::{Manifest, named_lines};
use super::order::Judged;
use super::{Log, joined, saw};

/// Every finding and obligation about one manifest. Of two with one name the later stands.
pub(super) fn check(log: &Log<'_>, manifest: &Manifest<'_>) -> Vec<Observation> {
    let rules = Rules { log, manifest };
    let mut seen = rules.breaks();
    seen.extend(rules.forks());
    for (judged, step, handover) in manifest.handovers() {
        seen.extend(rules.one_sided(judged, handover));
        seen.extend(rules.offered_otherwise(judged, handover));
        match step {
            Step::Collected => {
                seen.extend(rules.without_manifest(judged, handover));
                seen.extend(rules.unplanned_carrier(judged, handover));
            }
            Step::Transferred => seen.extend(rules.unplanned_carrier(judged, handover)),
            Step::Delivered => {
                seen.extend(rules.wrong_consignee(judged, handover));
                seen.extend(rules.receipt_unconfirmed(judged, handover));
            }
            Step::Returned => {}
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
        for judged in &self.manifest.events {
            for rule in ["custody-broken", "two-holders"] {
                let mut lines = Vec::new();
                let mut last = None;
                for line in named_lines(judged) {
                    let mut breaks = self.manifest.breaks(line).into_iter();
                    if let Some(found) = breaks.find(|b| b.event == judged.entry.id && b.rule == rule) {
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
                seen.push(self.saw(rule, format!("event:{}", broken.event), figures));
            }
        }
        seen
    }

    /// `fork`: two handovers of one line by one party over one head, neither of which knew the other.
    fn forks(&self) -> Vec<Observation> {
        let handovers: Vec<_> = self.manifest.handovers().collect();
        let mut seen = Vec::new();
        for (n, (one, _, first)) in handovers.iter().enumerate() {
            for (other, _, second) in &handovers[n + 1..] {
                let same_line = named_lines(one).iter().any(|line| named_lines(other).contains(line));
                let (heads, other_heads) = (one.heads(), other.heads());
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

    /// `handover-one-sided`: who has not signed, from the hours after the handover on.
    fn one_sided(&self, judged: &Judged<'_>, handover: &Handover) -> Option<Observation> {
        if judged.verdict != Verdict::OneSided {
            return None;
        }
        let missing = if judged.entry.event.party == handover.from { handover.to } else { handover.from };
        let mut masses: Vec<(u16, i64)> =
            handover.lines.iter().map(|line| (line.line, line.quantity.grams())).collect();
        masses.sort_unstable();
        let signed = self.manifest.events.iter().any(|other| {
            let Statement::HandoverCountersigned(s) = &other.entry.event.statement else { return false };
            let mut seen: Vec<(u16, i64)> =
                s.lines.iter().map(|line| (line.line, line.mass_g.get())).collect();
            seen.sort_unstable();
            s.event == judged.entry.id && other.entry.event.party == missing && seen == masses
        });
        let hours = self.log.threshold("handover-one-sided", "hours");
        let figures = Figures::none().with("missing", missing.to_string()).with("hours", hours);
        let mut seen = self.saw("handover-one-sided", format!("event:{}", judged.entry.id), figures);
        seen.due = Some(judged.at.plus_hours(hours));
        (!signed).then_some(seen)
    }

    /// `moved-without-manifest`
    fn without_manifest(&self, judged: &Judged<'_>, handover: &Handover) -> Option<Observation> {
        let profile = self.log.rulebook.profile;
        let voided =
            self.manifest.all(|s| matches!(s, Statement::ManifestVoided(_))).any(|v| v.at <= judged.at);
        let registration = self.manifest.registration().map(|(registered, _)| registered);
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
    fn wrong_consignee(&self, judged: &Judged<'_>, handover: &Handover) -> Option<Observation> {
        let (_, registered) = self.manifest.registration()?;
        let named = registered.consignee;
        let right = handover.to == named.party && handover.to_site.is_none_or(|site| site == named.site);
        let figures = Figures::none()
            .with("named", named.party.to_string())
            .with("named_site", named.site.to_string())
            .with("delivered_to", handover.to.to_string())
            .with("delivered_to_site", handover.to_site.map_or(String::new(), |site| site.to_string()));
        (!right).then(|| self.saw("wrong-consignee", format!("event:{}", judged.entry.id), figures))
    }

    /// `unplanned-carrier`: the party is on no leg, or the vehicle is assigned to no manifest open at that time.
    fn unplanned_carrier(&self, judged: &Judged<'_>, handover: &Handover) -> Option<Observation> {
        let (_, registered) = self.manifest.registration()?;
        if handover.to_site.is_some() {
            return None;
        }
        let carrier = handover.to;
        let named = registered.legs.iter().any(|leg| leg.carrier == carrier);
        let grace = self.log.threshold("in-transit-overdue", "beyond_hours");
        let explained = handover.vehicle.as_ref().is_none_or(|vehicle| {
            self.log.counting().any(|other| {
                let Statement::ManifestAssigned(s) = &other.entry.event.statement else { return false };
                let planned =
                    Manifest::of(self.log, s.manifest).registration().map(|(_, r)| r.planned_arrival);
                let open = planned.is_some_and(|arrival| {
                    other.entry.recorded_at <= judged.at && judged.at <= arrival.plus_hours(grace)
                });
                let same = other.entry.event.party == carrier && s.vehicle == *vehicle;
                same && (open || s.manifest == self.manifest.id)
            })
        });
        let mut figures = Figures::none().with("carrier", carrier.to_string());
        if let Some(vehicle) = handover.vehicle.as_ref().filter(|_| named) {
            figures = figures.with("vehicle", &**vehicle);
        }
        let seen = self.saw("unplanned-carrier", format!("event:{}", judged.entry.id), figures);
        (!named || !explained).then_some(seen)
    }

    /// `in-transit-overdue`
    fn overdue(&self) -> Option<Observation> {
        let (_, registered) = self.manifest.registration()?;
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
    fn receipt_unconfirmed(&self, judged: &Judged<'_>, handover: &Handover) -> Option<Observation> {
        let profile = self.log.rulebook.profile;
        let lines: Vec<u16> = handover
            .lines
            .iter()
            .map(|line| line.line)
            .filter(|line| !self.manifest.is_received(*line))
            .collect();
        let days = self.log.threshold("receipt-unconfirmed", "working_days");
        let from = profile.local_date(judged.at.as_millis());
        let term = Calendar::embedded().add_working_days(from, u32::try_from(days).unwrap_or(u32::MAX));
        let mut figures = Figures::none()
            .with("lines", joined(&lines))
            .with("working_days", days)
            .with("last_day", term.date.to_string());
        if term.provisional {
            figures = figures.with("provisional", "calendar");
        }
        let mut seen = self.saw("receipt-unconfirmed", format!("event:{}", judged.entry.id), figures);
        seen.due = Some(Timestamp::from_millis(profile.end_of_local_day_ms(term.date)));
        (!lines.is_empty()).then_some(seen)
    }

    /// `mass-discrepancy` of a line between departure and receipt.
    fn discrepancy(&self, line: u16) -> Option<Observation> {
        let shipped_g = self.manifest.shipped_g(line);
        if shipped_g == 0 || !self.manifest.is_received(line) {
            return None;
        }
        let found_g = self.manifest.accepted_g(line).wrapping_add(self.manifest.rejected_g(line));
        let figures = self.differ(line, shipped_g, found_g)?;
        Some(self.saw("mass-discrepancy", format!("line:{line}"), figures))
    }

    /// `mass-discrepancy` between what was offered and what was taken.
    fn offered_otherwise(&self, judged: &Judged<'_>, handover: &Handover) -> Vec<Observation> {
        let Some((offer, _, _)) = judged.entry.offer.as_ref().filter(|_| judged.verdict != Verdict::OneSided)
        else {
            return Vec::new();
        };
        let differ = |line: u16, taken_g: i64| {
            let offered = offer.lines.iter().find(|offered| offered.line == line)?;
            let figures = self.differ(line, offered.mass_g.get(), taken_g)?;
            Some(self.saw("mass-discrepancy", format!("line:{line}@{}", judged.entry.id), figures))
        };
        handover.lines.iter().filter_map(|line| differ(line.line, line.quantity.grams())).collect()
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

    /// `permit-missing`, `-expired`, `-scope`: the consignee by the last delivery of the line, else by the registration.
    fn permit(&self, line: u16) -> Option<Observation> {
        let profile = self.log.rulebook.profile;
        let (registered, plan) = self.manifest.registration()?;
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
            .filter(|(judged, step, _)| *step == Step::Delivered && named_lines(judged).contains(&line));
        let (at, consignee) = match deliveries.next_back() {
            Some((delivery, _, handover)) => (delivery.at, handover.to),
            None if self.manifest.all(ends).next().is_some() => return None,
            None => (registered.at, plan.consignee.party),
        };
        let on = profile.local_date(at.as_millis());
        let permits: Vec<_> = self
            .log
            .counting()
            .filter_map(|judged| match &judged.entry.event.statement {
                Statement::PermitIssued(s) if s.party == consignee => Some(s),
                _ => None,
            })
            .collect();
        let valid: Vec<_> = permits.iter().filter(|p| p.valid_from <= on && on <= p.valid_to).collect();
        let covered = valid.iter().flat_map(|permit| permit.items.iter()).any(|item| {
            item.codes.iter().any(|pattern| pattern.covers(&code)) && item.methods.contains(&treatment)
        });
        let rule = match (permits.is_empty(), valid.is_empty(), covered) {
            (true, _, _) => "permit-missing",
            (_, true, _) => "permit-expired",
            (_, _, false) => "permit-scope",
            _ => return None,
        };
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
        let (registered, _) = self.manifest.registration()?;
        let code = self.manifest.code(line)?;
        let (profile, catalogue) = (self.log.rulebook.profile, self.log.rulebook.catalogue);
        let edition = catalogue.edition_on(profile.local_date(registered.at.as_millis()));
        let figures = Figures::none()
            .with("line", i64::from(line))
            .with("code", code.to_string())
            .with("edition", &*edition.id);
        let unlisted = catalogue.standing(code, &edition.id) == Standing::EditionUnverified;
        unlisted.then(|| self.saw("code-edition-unverified", format!("line:{line}"), figures))
    }
}
