//! Custody passing, as forms: who lets go and who takes over as the manifest plans it, on the other side's offer or alone, and the signature
//! that is still missing.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::Desk;
use crate::app::offers::WaitingOffer;
use crate::app::query::LineView;
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::custody::manifest::{HandoverRecord, Registration};
use crate::custody::payload::handover::Step;
use crate::custody::payload::waste::Draw;
use crate::custody::stock::StockCode;
use crate::id::SiteId;
use crate::shape::Grams;
use crate::web::pages::manifest::ManifestPage;
use crate::web::signing::{Field, Statement, hidden};
use crate::web::words::{mass, moment};

/// An offer that waits for the visitor.
pub(super) type Waiting = WaitingOffer;

/// One passage as it is planned: who, and from where to where.
struct Passage {
    from: Uscc,
    to: Uscc,
    from_site: Option<SiteId>,
    to_site: Option<SiteId>,
}

impl Passage {
    /// The rest of what the page knows of it.
    fn data(&self, page: &ManifestPage<'_>) -> Value {
        let mut data = json!({ "manifest": page.manifest.id, "from": self.from, "to": self.to });
        for (name, site) in [("from_site", self.from_site), ("to_site", self.to_site)] {
            if let Some(site) = site {
                data[name] = json!(site);
            }
        }
        data
    }
}

impl ManifestPage<'_> {
    /// A handover that the visitor states.
    pub(super) fn handing(&self, kind: Kind, desk: &Desk, registration: &Registration) -> Markup {
        let Some(passage) = self.passage(kind, desk, registration) else {
            return html! { p { (self.visit.lang.t("deed.no-passage")) } };
        };
        let offers = desk.offers.iter().filter(|offer| offer.said.step.kind() == kind);
        let offers: Vec<&Waiting> = offers.collect();
        let lets_go = passage.from == desk.party;
        let other = if lets_go { passage.to } else { passage.from };
        let said = self.visit.lang.fill("deed.alone", &[("party", &self.name(&other))]);
        html! {
            @for offer in &offers { (self.taking(offer, &passage)) }
            @if lets_go { (self.offering(kind, desk, &passage)) }
            @if lets_go || !offers.is_empty() {
                details { summary.soft { (said) } (self.alone(kind, desk, &passage)) }
            } @else {
                p.soft { (said) }
                (self.alone(kind, desk, &passage))
            }
        }
    }

    /// The own half of a handover, signed beforehand: whoever it names takes over on it.
    fn offering(&self, kind: Kind, desk: &Desk, passage: &Passage) -> Markup {
        let lang = self.visit.lang;
        let step = Step::ALL.into_iter().find(|step| step.kind() == kind).map(Step::name).unwrap_or_default();
        let data = json!({
            "v": 1, "log": self.visit.app.origin(), "step": step, "manifest": self.manifest.id,
            "from": passage.from, "to": passage.to,
        });
        let statement = Statement { kind, data, then: &self.path, button: "deed.offer-button" };
        html! {
            p { (lang.fill("deed.offering", &[("party", &self.name(&passage.to))])) }
            (statement.offer_form(self.visit, html! {
                @for (n, (line, grams)) in self.moving(kind).iter().enumerate() {
                    fieldset {
                        legend { (lang.fill("deed.line", &[("line", &line.line.to_string()), ("code", &self.code(line.line))])) }
                        (hidden(&format!("/lines/{n}/line"), &json!(line.line)))
                        (Field::needed(&format!("/lines/{n}/mass_g"), "deed.mass").kilograms(lang, Some(*grams)))
                        (drawing(n, &format!("/lines/{n}/mass_g"), &draws(line, desk)))
                    }
                }
            }))
        }
    }

    /// The lines that a step moves, with how much of each.
    fn moving(&self, kind: Kind) -> Vec<(&LineView, i64)> {
        let moving = self.manifest.lines.iter().map(|line| (line, moving_g(line, kind)));
        moving.filter(|(_, grams)| *grams > 0).collect()
    }

    /// Who hands to whom: the next leg of the manifest, or the way back.
    fn passage(&self, kind: Kind, desk: &Desk, registration: &Registration) -> Option<Passage> {
        let state = &self.manifest.state;
        let carriers: Vec<Uscc> = registration.carriers().collect();
        let holder = state.holders().into_iter().next();
        let own_leg = carriers.iter().find(|carrier| **carrier == desk.party).copied();
        let (consignor, consignee) = (&registration.consignor, &registration.consignee);
        Some(match kind {
            Kind::WasteCollected => Passage {
                from: consignor.party,
                to: own_leg.or(carriers.first().copied())?,
                from_site: Some(consignor.site),
                to_site: None,
            },
            Kind::WasteTransferred => {
                let from = holder?;
                let at = carriers.iter().position(|carrier| *carrier == from);
                let next = at.and_then(|at| carriers.get(at + 1)).copied();
                let to = own_leg.filter(|own| *own != from).or(next)?;
                Passage { from, to, from_site: None, to_site: None }
            }
            Kind::WasteDelivered => Passage {
                from: holder.or(carriers.last().copied())?,
                to: consignee.party,
                from_site: None,
                to_site: Some(consignee.site),
            },
            _ => self.way_back(registration, holder?)?,
        })
    }

    /// What was rejected goes from the consignee to a carrier, and from the carrier to the consignor.
    fn way_back(&self, registration: &Registration, holder: Uscc) -> Option<Passage> {
        let (consignor, consignee) = (&registration.consignor, &registration.consignee);
        let rejected = self.manifest.lines.iter().find_map(|line| line.rejected_holder.as_ref()?.party());
        let from = rejected.unwrap_or(holder);
        Some(if from == consignee.party {
            let to = registration.carriers().last()?;
            Passage { from, to, from_site: Some(consignee.site), to_site: None }
        } else {
            Passage { from, to: consignor.party, from_site: None, to_site: Some(consignor.site) }
        })
    }

    /// Taking over what the other side has signed for.
    fn taking(&self, offer: &Waiting, passage: &Passage) -> Markup {
        let lang = self.visit.lang;
        let said = &offer.said;
        let mut data = passage.data(self);
        data["from"] = json!(said.from);
        data["offer"] = json!(offer.stored.compact);
        html! {
            p { strong { (lang.fill("deed.offer", &[("party", &self.name(&said.from))])) } " " (moment(self.visit.zone(), said.at)) }
            (self.statement(said.step.kind(), data).form(self.visit, html! {
                (self.vehicle(passage))
                @for (n, line) in said.lines.iter().enumerate() {
                    // The lots are those that the other side names: it alone knows them.
                    (self.handed_line(n, line.line, line.mass_g.get(), &drawing(n, &handed_mass(n), &line.drawn)))
                }
            }))
        }
    }

    /// Stating it alone: the other side signs afterwards.
    fn alone(&self, kind: Kind, desk: &Desk, passage: &Passage) -> Markup {
        let lang = self.visit.lang;
        html! {
            (self.statement(kind, passage.data(self)).form(self.visit, html! {
                (self.vehicle(passage))
                @for (n, (line, grams)) in self.moving(kind).iter().enumerate() {
                    (self.handed_line(n, line.line, *grams, &drawing(n, &handed_mass(n), &draws(line, desk))))
                }
                (Field::optional("/note", "deed.note").text(lang, "", super::MAX_REASON))
                (Field::optional("occurred_at", "deed.when").hint("deed.when-hint").moment(self.visit, None))
            }))
        }
    }

    /// The vehicle, where one takes over.
    fn vehicle(&self, passage: &Passage) -> Markup {
        if passage.to_site.is_some() {
            return html! {};
        }
        let assigned = self.manifest.state.assignments.last();
        let plate = assigned.map(|assigned| assigned.vehicle.to_string()).unwrap_or_default();
        let known: Vec<String> = (!plate.is_empty()).then(|| plate.clone()).into_iter().collect();
        Field::needed("/vehicle", "deed.vehicle").plate(self.visit.lang, &plate, &known)
    }

    /// One line of a handover, at its place in the statement.
    fn handed_line(&self, n: usize, number: u16, grams: i64, more: &Markup) -> Markup {
        let lang = self.visit.lang;
        let code = self.manifest.lines.iter().find(|line| line.line == number).and_then(|line| line.code);
        let code = code.map(|code| code.to_string()).unwrap_or_default();
        html! {
            fieldset {
                legend { (lang.fill("deed.line", &[("line", &number.to_string()), ("code", &code)])) }
                (hidden(&format!("/lines/{n}/line"), &json!(number)))
                (hidden(&format!("/lines/{n}/code"), &json!(code)))
                (hidden(&format!("/lines/{n}/quantity/basis"), &json!("measured")))
                (Field::needed(&format!("/lines/{n}/quantity/mass_g"), "deed.mass").kilograms(lang, Some(grams)))
                (more)
            }
        }
    }

    /// One form for each handover that waits for the visitor's signature.
    pub(super) fn countersigning(&self, desk: &Desk) -> Markup {
        let state = &self.manifest.state;
        let waits = |handover: &&HandoverRecord| {
            state.missing_sides(handover).iter().any(|side| handover.party(*side) == desk.party)
        };
        html! { @for handover in state.handovers.iter().filter(waits) { (self.countersign(handover)) } }
    }

    fn countersign(&self, handover: &HandoverRecord) -> Markup {
        let lang = self.visit.lang;
        let data = json!({ "manifest": self.manifest.id, "event": handover.mark.event });
        let step = lang.of("kind", handover.step.kind().name()).unwrap_or(handover.step.name());
        let (from, to) = (self.name(&handover.from), self.name(&handover.to));
        html! {
            p { strong { (step) } " · " (from) " → " (to) " · " (moment(self.visit.zone(), handover.mark.at)) }
            (self.statement(Kind::HandoverCountersigned, data).form(self.visit, html! {
                p.soft { (lang.t("deed.countersign-text")) }
                @for (n, line) in handover.lines.iter().enumerate() {
                    fieldset {
                        legend { (lang.fill("deed.line", &[("line", &line.line.to_string()), ("code", &self.code(line.line))])) }
                        (hidden(&format!("/lines/{n}/line"), &json!(line.line)))
                        (Field::needed(&format!("/lines/{n}/mass_g"), "deed.mass").kilograms(lang, Some(line.mass_g)))
                        span.soft.small { (lang.fill("deed.stated", &[("mass", &mass(lang, line.mass_g))])) }
                    }
                }
            }))
        }
    }

    /// The code of a line, as text.
    pub(super) fn code(&self, number: u16) -> String {
        let line = self.manifest.lines.iter().find(|line| line.line == number);
        line.and_then(|line| line.code).map(|code| code.to_string()).unwrap_or_default()
    }
}

/// How much of a line is next to pass.
fn moving_g(line: &LineView, kind: Kind) -> i64 {
    match kind {
        Kind::WasteCollected => line.planned_g.unwrap_or(0),
        Kind::WasteReturned => line.rejected_g,
        _ => line.shipped_g,
    }
}

/// Where the mass of a line of a handover stands in its statement.
fn handed_mass(n: usize) -> String {
    format!("/lines/{n}/quantity/mass_g")
}

/// The lots that a line may be drawn from, the oldest first.
fn draws(line: &LineView, desk: &Desk) -> Vec<Draw> {
    let code = line.code.map(StockCode::Waste);
    let lots = desk.on_hand.iter().map(|lot| &lot.row).filter(|row| Some(row.code) == code);
    lots.filter_map(|row| Some(Draw { lot: row.lot, mass_g: Grams::new(row.balance_g)? })).collect()
}

/// A field that draws a line from lots: as much of them as stands in the field of its mass, the first one first.
fn drawing(n: usize, of: &str, lots: &[Draw]) -> Markup {
    html! {
        @if !lots.is_empty() {
            input type="hidden" name={ "/lines/" (n) "/drawn" } data-as="draws" data-of=(of) value=(json!(lots));
        }
    }
}
