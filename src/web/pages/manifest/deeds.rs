//! What whoever looks may state next about a manifest, as forms; why not the rest; and for an authority who may do what.

mod handing;
mod receiving;

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::{Value, json};

use super::ManifestPage;
use crate::app::offers::OfferSide;
use crate::app::query::{LotOnHand, MAX_PAGE, ManifestDetail, PaperKind};
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::custody::actions::{ACTIONS, Why, may};
use crate::custody::manifest::Registration;
use crate::custody::paper::Written;
use crate::registry::Role;
use crate::web::components::{short, table, text};
use crate::web::failure::Failure;
use crate::web::pages::answering::act;
use crate::web::signing::{Choice, Field, Statement};
use crate::web::visit::Visit;

/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// Longest text of a discrepancy, in characters.
const MAX_TEXT: usize = 1_000;
/// Longest number of another system, in characters.
const MAX_NUMBER: usize = 64;
/// Most offers looked through for those that wait for the visitor.
const MAX_OFFERS: u64 = MAX_PAGE;

/// What the forms of a party know beside the manifest.
pub(super) struct Desk {
    party: Uscc,
    drivers: Vec<Choice>,
    escorts: Vec<Choice>,
    vehicles: Vec<String>,
    offers: Vec<handing::Waiting>,
    on_hand: Vec<LotOnHand>,
}

impl Desk {
    /// What a party that may state something finds on its desk; `None` for whoever only reads.
    pub(super) async fn of(visit: &Visit, manifest: &ManifestDetail) -> Result<Option<Self>, Failure> {
        let Some(party) = visit.viewer.party().filter(|_| !visit.viewer.is_authority()) else {
            return Ok(None);
        };
        let Some(registration) = &manifest.state.registration else { return Ok(None) };
        let mut desk = Self {
            party,
            drivers: Vec::new(),
            escorts: Vec::new(),
            vehicles: Vec::new(),
            offers: waiting(visit, manifest).await?,
            on_hand: Vec::new(),
        };
        if registration.carriers().any(|carrier| carrier == party) {
            desk.drivers = people(visit, party, Role::Driver).await?;
            desk.escorts = people(visit, party, Role::Escort).await?;
            desk.vehicles = plates(visit, party).await?;
        }
        if registration.consignor.party == party && manifest.state.handovers.is_empty() {
            let site = registration.consignor.site;
            let lots = visit.app.lots_on_hand(&visit.viewer, site, None, MAX_PAGE).await?;
            desk.on_hand = lots.map(|page| page.items).unwrap_or_default();
        }
        Ok(Some(desk))
    }
}

/// Offers about this manifest that wait for the visitor.
async fn waiting(visit: &Visit, manifest: &ManifestDetail) -> Result<Vec<handing::Waiting>, Failure> {
    let page = visit.app.offers(&visit.viewer, OfferSide::Taking, None, MAX_OFFERS).await?;
    Ok(page.items.into_iter().filter(|offer| offer.said.manifest == manifest.id).collect())
}

/// The plates of the vehicles that the party has licences for.
async fn plates(visit: &Visit, party: Uscc) -> Result<Vec<String>, Failure> {
    let page = visit.app.papers(&visit.viewer, PaperKind::Vehicle, Some(party), None, MAX_PAGE).await?;
    let plates = page.items.iter().filter_map(|paper| match &paper.written {
        Written::Vehicle(licence) => Some(licence.plate.to_string()),
        _ => None,
    });
    Ok(BTreeSet::from_iter(plates).into_iter().collect())
}

/// The keys of a role of the party, by name where that is told.
async fn people(visit: &Visit, party: Uscc, role: Role) -> Result<Vec<Choice>, Failure> {
    let keys = visit.app.keys(&visit.viewer, Some(party)).await?;
    let kids: Vec<_> = keys
        .iter()
        .filter(|key| key.role == role && key.revoked_index.is_none())
        .map(|key| key.kid)
        .collect();
    let names = visit.app.holders(&visit.viewer, &kids).await?;
    let role = visit.lang.of("role", role.name()).unwrap_or(role.name());
    let shown =
        |kid| names.get(kid).cloned().unwrap_or_else(|| format!("{role} {}", short(&kid.to_string())));
    Ok(kids.iter().map(|kid| Choice { value: kid.to_string(), shown: shown(kid) }).collect())
}

/// Whether something may be stated now, or why not.
type Answer = (Kind, Result<(), Why>);

/// What brings a load further comes first; the rest is seldom wanted.
const ONWARD: [Kind; 8] = [
    Kind::HandoverCountersigned,
    Kind::WasteReceived,
    Kind::ManifestConfirmed,
    Kind::ManifestAssigned,
    Kind::WasteCollected,
    Kind::WasteTransferred,
    Kind::WasteDelivered,
    Kind::WasteReturned,
];

impl ManifestPage<'_> {
    /// For a party its own possibilities with the reasons against the rest, for an authority who may do what.
    pub(super) fn next_steps(&self, desk: Option<&Desk>) -> Markup {
        let lang = self.visit.lang;
        html! {
            h2 { (lang.t("manifest.next")) }
            @match (desk, self.visit.viewer.is_authority()) {
                (Some(desk), _) => (self.own_steps(desk)),
                (None, true) => (self.steps_of_all()),
                (None, false) => p { (lang.t("manifest.nobody")) },
            }
        }
    }

    fn own_steps(&self, desk: &Desk) -> Markup {
        let lang = self.visit.lang;
        let seldom = ACTIONS.iter().filter(|kind| !ONWARD.contains(kind));
        let answers = ONWARD.iter().chain(seldom);
        let answers = answers.map(|kind| (*kind, may(*kind, &self.manifest.state, &desk.party)));
        let (possible, not): (Vec<Answer>, Vec<Answer>) = answers.partition(|(_, may)| may.is_ok());
        let Some(registration) = &self.manifest.state.registration else { return html! {} };
        html! {
            @if possible.is_empty() { p { (lang.t("manifest.nobody")) } }
            @for (kind, _) in &possible { (act(self.visit, *kind, self.deed(*kind, desk, registration))) }
            @if !not.is_empty() {
                details {
                    summary.soft { (lang.t("manifest.not-now")) }
                    ul {
                        @for (kind, why) in &not {
                            @if let Err(why) = why { li.soft { (self.action(*kind)) (lang.t("sign.separator")) (lang.pick(why.zh, why.en)) } }
                        }
                    }
                }
            }
        }
    }

    /// The form of one kind.
    fn deed(&self, kind: Kind, desk: &Desk, registration: &Registration) -> Markup {
        let lang = self.visit.lang;
        let only = |fields: Markup| {
            self.statement(kind, json!({ "manifest": self.manifest.id })).form(self.visit, fields)
        };
        match kind {
            Kind::ManifestConfirmed => only(html! { p { (lang.t("deed.confirm-text")) } }),
            Kind::ManifestDeclined | Kind::ManifestVoided => {
                only(Field::needed("/reason", "deed.reason").lines(lang, "", MAX_REASON))
            }
            Kind::ManifestAmended => only(self.amending(registration)),
            Kind::ManifestAssigned => only(self.assigning(desk, registration)),
            Kind::NumberBound => only(self.numbering()),
            Kind::DiscrepancyDeclared => only(self.differing()),
            Kind::WasteReceived => self.receiving(registration),
            Kind::HandoverCountersigned => self.countersigning(desk),
            _ => self.handing(kind, desk, registration),
        }
    }

    fn statement(&self, kind: Kind, data: Value) -> Statement<'_> {
        Statement { kind, data, then: &self.path, button: "signing.prepare" }
    }

    fn amending(&self, registration: &Registration) -> Markup {
        let visit = self.visit;
        html! {
            p.soft { (visit.lang.t("deed.amend-text")) }
            div.side-by-side {
                (Field::optional("/planned_departure", "manifest.departure").moment(visit, Some(registration.planned_departure)))
                (Field::optional("/planned_arrival", "manifest.arrival").moment(visit, Some(registration.planned_arrival)))
            }
            (Field::needed("/reason", "deed.reason").lines(visit.lang, "", MAX_REASON))
        }
    }

    fn assigning(&self, desk: &Desk, registration: &Registration) -> Markup {
        let lang = self.visit.lang;
        let legs = (1_usize..).zip(registration.carriers()).filter(|(_, carrier)| *carrier == desk.party);
        let legs: Vec<Choice> =
            legs.map(|(leg, _)| Choice { value: leg.to_string(), shown: leg.to_string() }).collect();
        let before = self.manifest.state.assignments.last();
        let plate = before.map(|before| before.vehicle.to_string()).unwrap_or_default();
        let kept = |kid: Option<_>| kid.map(|kid: crate::ledger::Kid| kid.to_string()).unwrap_or_default();
        html! {
            (Field::needed("/leg", "deed.leg").choice_of_json(lang, &legs, legs.first().map_or("", |leg| leg.value.as_str())))
            div.side-by-side {
                (Field::needed("/vehicle", "deed.vehicle").plate(lang, &plate, &desk.vehicles))
                (Field::optional("/trailer", "deed.trailer").plate(lang, "", &desk.vehicles))
            }
            div.side-by-side {
                (Field::optional("/driver", "deed.driver").choice(lang, &desk.drivers, &kept(before.and_then(|before| before.driver))))
                (Field::optional("/escort", "deed.escort").choice(lang, &desk.escorts, &kept(before.and_then(|before| before.escort))))
            }
            (Field::optional("/licence", "deed.licence").text(lang, "", MAX_NUMBER))
        }
    }

    fn numbering(&self) -> Markup {
        let lang = self.visit.lang;
        let systems = self.visit.profile().external_numbers().iter();
        let systems: Vec<Choice> = systems
            .map(|form| Choice { value: form.kind.clone(), shown: lang.pick(&form.zh, &form.en).to_owned() })
            .collect();
        html! {
            (Field::needed("/system", "deed.system").choice(lang, &systems, ""))
            (Field::needed("/number", "col.number").text(lang, "", MAX_NUMBER))
        }
    }

    fn differing(&self) -> Markup {
        let lang = self.visit.lang;
        let about = ["quantity", "kind", "packaging", "other"].map(|name| Choice {
            value: name.to_owned(),
            shown: lang.of("discrepancy", name).unwrap_or(name).to_owned(),
        });
        let lines = self.manifest.lines.iter().map(|line| {
            let code = line.code.map(|code| code.to_string()).unwrap_or_default();
            Choice { value: line.line.to_string(), shown: format!("{} · {code}", line.line) }
        });
        let lines: Vec<Choice> = lines.collect();
        html! {
            (Field::optional("/line", "col.line").choice_of_json(lang, &lines, ""))
            (Field::needed("/about", "deed.about").choice(lang, &about, ""))
            (Field::needed("/text", "answer-form.text").lines(lang, "", MAX_TEXT))
        }
    }

    fn steps_of_all(&self) -> Markup {
        let lang = self.visit.lang;
        let state = &self.manifest.state;
        let parties = state.parties();
        let allowed = |kind: Kind| -> Vec<String> {
            let those = parties.iter().filter(|party| may(kind, state, party).is_ok());
            those.map(|party| self.name(party)).collect()
        };
        let rows = ACTIONS.iter().map(|kind| (*kind, allowed(*kind))).filter(|(_, names)| !names.is_empty());
        let rows: Vec<Vec<Markup>> = rows
            .map(|(kind, names)| vec![self.action(kind), html! { (names.join(lang.t("sign.list"))) }])
            .collect();
        let columns = [text("col.action"), text("col.who")];
        html! {
            p.soft { (lang.t("manifest.next-text")) }
            @if rows.is_empty() { p { (lang.t("manifest.nobody")) } }
            @else { (table(lang, lang.t("manifest.next"), &columns, rows)) }
        }
    }

    fn action(&self, kind: Kind) -> Markup {
        html! { (self.visit.lang.of("kind", kind.name()).unwrap_or(kind.name())) }
    }
}
