//! A counterparty acts: what it states is read off the manifest, made ready like anybody's statement, and signed with its own key.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Sandbox, refused, too_long};
use crate::app::Submitted;
use crate::app::access::Viewer;
use crate::app::error::SubmitError;
use crate::app::proposal::Wish;
use crate::app::query::ManifestDetail;
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::{HOUR_MS, Timestamp};
use crate::custody::manifest::{ManifestState, Registration};
use crate::custody::payload::handover::{Countersigned, Outcome, Received, ReceivedLine, SeenLine};
use crate::custody::payload::manifest::{
    Assigned, Confirmed, Ended, Leg, Mode, PartyAt, PlannedLine, Registered,
};
use crate::custody::payload::waste::{Draw, LotsAppeared, NewLot, OutputLot, Treated};
use crate::custody::{Kind, Statement};
use crate::id::{ActId, LotId, ManifestId, SiteId};
use crate::ledger::{Envelope, Typ};
use crate::registry::Role;
use crate::scenario::WorldParty;
use crate::shape::{Basis, Grams, List, Quantity, Text};

/// What a load weighs where nothing is said.
const USUAL_LOAD_G: i64 = 1_200_000;
/// What is sent where nothing is said: waste of the producer that its plan and contract cover.
const USUAL_CODE: &str = "900-041-49";
/// Hours from departure to the planned arrival.
const PLANNED_HOURS: i64 = 10;
/// What is left of waste that is burnt, as one part of so many, and its code.
const ASH_PART: i64 = 10;
const ASH_CODE: &str = "772-003-18";

/// What a counterparty is asked to state.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Kind of the event.
    pub kind: Text<40>,
    /// The manifest it is about. Absent for `manifest.registered`: then the producer registers a new one.
    #[serde(default)]
    pub manifest: Option<ManifestId>,
    /// Grams that its first line weighs more (or, negative, less) by this statement than by the ledger.
    #[serde(default)]
    pub differs_g: i64,
    /// True to leave out the other side's signature: that side has to countersign.
    #[serde(default)]
    pub alone: bool,
    /// The other side's offer, a compact JWS of type `waste-offer+jws`; the sandbox signs for the other side too when it is absent.
    #[serde(default)]
    pub offer: Option<Text<65536>>,
}

/// What a counterparty stated.
#[derive(Clone, Debug)]
pub struct Acted {
    /// The manifest.
    pub manifest: ManifestId,
    /// Who stated it.
    pub party: Uscc,
    /// What the ledger answered to each event.
    pub submitted: Vec<Submitted>,
}

/// A statement, and who is going to sign it.
pub(super) struct Says {
    pub(super) party: &'static WorldParty,
    pub(super) role: Role,
    pub(super) statement: Statement,
}

impl Sandbox {
    /// Let the party whose turn it is state an event about a manifest. What would be refused is refused as anybody's statement.
    pub async fn act(&self, act: Act) -> Result<Acted, SubmitError> {
        let kind = Kind::named(&act.kind).ok_or_else(not_simulated)?;
        let Some(id) = act.manifest else {
            return if kind == Kind::ManifestRegistered {
                self.register(&act).await
            } else {
                Err(no_manifest())
            };
        };
        let detail = self.detail(id).await?;
        let registration = detail.state.registration.as_ref().ok_or_else(no_manifest)?;
        let says = match kind {
            Kind::WasteCollected | Kind::WasteTransferred | Kind::WasteDelivered => {
                self.hands(kind, &act, &detail, registration).await?
            }
            _ => self.states(kind, &act, &detail, registration)?,
        };
        let party = says.party.uscc;
        Ok(Acted { manifest: id, party, submitted: vec![self.submit(says).await?] })
    }

    /// As the authority sees it: it sees everything.
    pub(super) async fn detail(&self, id: ManifestId) -> Result<ManifestDetail, SubmitError> {
        let bureau = self.world.authority();
        let kid = self.key(bureau, Role::Officer).public().kid();
        let officer =
            Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid };
        self.app.manifest(&officer, id).await?.ok_or_else(no_manifest)
    }

    fn states(
        &self,
        kind: Kind,
        act: &Act,
        detail: &ManifestDetail,
        registration: &Registration,
    ) -> Result<Says, SubmitError> {
        let (manifest, consignee) = (detail.id, self.party(registration.consignee.party)?);
        let office = |party: &'static WorldParty, statement| Says { party, role: party.office(), statement };
        Ok(match kind {
            Kind::ManifestConfirmed => {
                office(consignee, Statement::ManifestConfirmed(Confirmed { manifest }))
            }
            Kind::ManifestDeclined => {
                let reason = Text::new("沙箱：暂不接收 not now").map_err(too_long)?;
                office(consignee, Statement::ManifestDeclined(Ended { manifest, reason }))
            }
            Kind::ManifestAssigned => {
                let carrier = registration.carriers().next().ok_or_else(not_simulated)?;
                let carrier = self.party(carrier)?;
                office(carrier, Statement::ManifestAssigned(self.assigned(manifest, carrier)?))
            }
            Kind::WasteReceived => office(consignee, received(act, &detail.state, registration, manifest)?),
            Kind::WasteUsed | Kind::WasteDisposed => office(consignee, self.treated(detail, registration)?),
            Kind::HandoverCountersigned => self.countersigned(act, detail)?,
            _ => return Err(not_simulated()),
        })
    }

    fn assigned(&self, manifest: ManifestId, carrier: &WorldParty) -> Result<Assigned, SubmitError> {
        let kid = |role| carrier.roles().contains(&role).then(|| self.key(carrier, role).public().kid());
        Ok(Assigned {
            manifest,
            leg: 1,
            vehicle: carrier.vehicles.first().cloned().ok_or_else(not_simulated)?,
            trailer: None,
            driver: kid(Role::Driver),
            escort: kid(Role::Escort),
            licence: None,
        })
    }

    /// All that was accepted is treated as planned. Of what is burnt, ash is left.
    fn treated(
        &self,
        detail: &ManifestDetail,
        registration: &Registration,
    ) -> Result<Statement, SubmitError> {
        let lines = detail.state.lines.iter();
        let accepted = lines.filter_map(|(number, line)| Some((*number, line, Grams::new(line.accepted_g)?)));
        let accepted: Vec<_> = accepted.collect();
        let (_, first, _) = accepted.first().ok_or_else(nothing_there)?;
        let method = first.treatment.ok_or_else(nothing_there)?;
        let inputs = accepted
            .iter()
            .map(|(number, _, mass_g)| Draw { lot: LotId::of_line(detail.id, *number), mass_g: *mass_g });
        let total_g: i64 = accepted.iter().map(|(.., mass)| mass.get()).sum();
        let ash = Grams::new(total_g / ASH_PART).filter(|_| method.burns());
        let outputs = ash.map(|mass| self.ash(mass)).transpose()?;
        let treated = Treated {
            site: registration.consignee.site,
            inputs: List::new(inputs.collect()).map_err(too_long)?,
            method,
            weighed: None,
            outputs: List::new(outputs.into_iter().collect()).map_err(too_long)?,
        };
        Ok(match method.list() {
            'R' => Statement::WasteUsed(treated),
            _ => Statement::WasteDisposed(treated),
        })
    }

    fn ash(&self, mass: Grams) -> Result<OutputLot, SubmitError> {
        Ok(OutputLot {
            lot: LotId::from_uuid(self.app.new_id()?),
            name: Text::new("焚烧飞灰 fly ash").map_err(too_long)?,
            code: Some(code(ASH_CODE)?),
            quantity: Quantity::of(mass, Basis::Measured),
        })
    }

    /// The last handover that somebody has not signed, by that side.
    fn countersigned(&self, act: &Act, detail: &ManifestDetail) -> Result<Says, SubmitError> {
        let state = &detail.state;
        let waits = state.handovers.iter().rev().find_map(|handover| {
            let side = state.missing_sides(handover).into_iter().next()?;
            Some((handover, handover.party(side)))
        });
        let (handover, party) = waits.ok_or_else(nothing_there)?;
        let masses = handover.masses().into_iter().enumerate();
        let lines = masses.map(|(n, (line, mass_g))| {
            let mass_g = if n == 0 { mass_g.saturating_add(act.differs_g) } else { mass_g };
            Ok(SeenLine { line, mass_g: Grams::new(mass_g).ok_or_else(no_mass)? })
        });
        let lines = List::new(lines.collect::<Result<_, SubmitError>>()?).map_err(too_long)?;
        let party = self.party(party)?;
        let signed =
            Countersigned { manifest: detail.id, event: handover.mark.event, lines, containers: None };
        Ok(Says { party, role: party.gate(), statement: Statement::HandoverCountersigned(signed) })
    }

    /// The producer has waste and registers a manifest for it: two events.
    async fn register(&self, act: &Act) -> Result<Acted, SubmitError> {
        let seats: Vec<&'static WorldParty> = self.seats().collect();
        let [producer, carrier, consignee] = seats[..] else { return Err(not_simulated()) };
        let at = |party: &WorldParty| party.site(None).map(|site| site.site).ok_or_else(not_simulated);
        let mass = Grams::new(USUAL_LOAD_G.saturating_add(act.differs_g)).ok_or_else(no_mass)?;
        let (code, now) = (code(USUAL_CODE)?, self.app.clock().now());
        let lot = NewLot {
            lot: LotId::from_uuid(self.app.new_id()?),
            code,
            quantity: Quantity::of(mass, Basis::Measured),
            since: None,
            containers: List::default(),
        };
        let generated = LotsAppeared {
            site: at(producer)?,
            lots: List::new(vec![lot]).map_err(too_long)?,
            facility: None,
        };
        let manifest = ManifestId::from_uuid(self.app.new_id()?);
        let line = PlannedLine {
            line: 1,
            code,
            name: None,
            form: None,
            packaging: None,
            containers: None,
            container_litres: None,
            planned: Quantity::of(mass, Basis::Estimated),
            exemptions: List::default(),
            treatment: consignee.method_for(&code).ok_or_else(not_simulated)?,
        };
        let consignee = PartyAt { party: consignee.uscc, site: at(consignee)? };
        let leg = Leg { carrier: carrier.uscc, mode: Mode::Vehicle };
        let registered = registration(manifest, generated.site, (consignee, leg, line), now)?;
        let mut submitted = Vec::new();
        for statement in [Statement::WasteGenerated(generated), Statement::ManifestRegistered(registered)] {
            submitted.push(self.submit(Says { party: producer, role: producer.office(), statement }).await?);
        }
        Ok(Acted { manifest, party: producer.uscc, submitted })
    }

    /// A name for an act of the sandbox: derived (version 8), so that it is told from those that software of the parties makes.
    fn act_id(&self) -> Result<ActId, SubmitError> {
        let fresh = self.app.new_id()?;
        Ok(ActId::from_uuid(crate::id::derived(&[b"liandan/sandbox-act/v1", fresh.as_bytes()])))
    }

    /// Make it ready, sign it, send it.
    pub(super) async fn submit(&self, says: Says) -> Result<Submitted, SubmitError> {
        let data = RawValue::from_string(says.statement.to_json().to_string());
        let wish = Wish {
            kind: Text::new(says.statement.kind().name()).map_err(too_long)?,
            data: data.map_err(|error| too_long(error.to_string()))?,
            v: None,
            act: Some(self.act_id()?),
            r#for: None,
            mandate: None,
            prev: None,
            anchor: None,
            occurred_at: None,
            place: None,
        };
        let proposal = self.app.propose(&self.viewer(says.party, says.role), wish).await?;
        let payload = proposal.payload.to_string();
        let signed = Envelope::sign(Typ::Event, payload.as_bytes(), &self.key(says.party, says.role));
        self.app.submit(signed.compact().as_bytes(), None).await
    }
}

fn registration(
    manifest: ManifestId,
    site: SiteId,
    (consignee, leg, line): (PartyAt, Leg, PlannedLine),
    now: Timestamp,
) -> Result<Registered, SubmitError> {
    Ok(Registered {
        manifest,
        site,
        consignee,
        lines: List::new(vec![line]).map_err(too_long)?,
        legs: List::new(vec![leg]).map_err(too_long)?,
        planned_departure: now,
        planned_arrival: now.plus_millis(PLANNED_HOURS * HOUR_MS),
        trip: None,
        plan: None,
        contract: None,
        approval: None,
        follows: None,
        erp_no: None,
        reasons: List::default(),
    })
}

/// Everything that left is accepted.
fn received(
    act: &Act,
    state: &ManifestState,
    registration: &Registration,
    manifest: ManifestId,
) -> Result<Statement, SubmitError> {
    let shipped = state.lines.iter().filter(|(_, line)| line.shipped_g > 0).enumerate();
    let lines = shipped.map(|(n, (number, line))| {
        let mass_g = if n == 0 { line.shipped_g.saturating_add(act.differs_g) } else { line.shipped_g };
        let mass = Grams::new(mass_g).ok_or_else(no_mass)?;
        Ok(ReceivedLine {
            line: *number,
            code: line.code.ok_or_else(nothing_there)?,
            outcome: Outcome::Accepted,
            accepted: Some(Quantity::of(mass, Basis::Measured)),
            rejected: None,
            reason: None,
            at_gate: false,
            more: false,
        })
    });
    let lines: Vec<ReceivedLine> = lines.collect::<Result<_, SubmitError>>()?;
    let lines = List::new(lines).map_err(|_| nothing_there())?;
    Ok(Statement::WasteReceived(Received {
        manifest,
        site: registration.consignee.site,
        lines,
        photos: List::default(),
    }))
}

pub(super) fn code(text: &str) -> Result<WasteCode, SubmitError> {
    text.parse().map_err(|_| too_long(text.to_owned()))
}

fn not_simulated() -> SubmitError {
    refused(
        "kind-not-simulated",
        "/kind",
        "沙箱的对方不会这样做；可选：manifest.registered、manifest.confirmed、manifest.declined、manifest.assigned、\
         waste.collected、waste.transferred、waste.delivered、waste.received、waste.used、waste.disposed、\
         handover.countersigned",
        "no counterparty of the sandbox states this; it states manifest.registered, manifest.confirmed, manifest.declined, \
         manifest.assigned, waste.collected, waste.transferred, waste.delivered, waste.received, waste.used, waste.disposed, \
         handover.countersigned",
    )
}

fn no_manifest() -> SubmitError {
    refused("manifest-unknown", "/manifest", "没有这份联单", "there is no such manifest")
}

pub(super) fn nothing_there() -> SubmitError {
    refused(
        "nothing-to-state",
        "/kind",
        "按账本现在的情况，没有什么可以这样声明",
        "as the ledger stands there is nothing to state this of",
    )
}

pub(super) fn no_mass() -> SubmitError {
    refused(
        "mass-out-of-range",
        "/differs_g",
        "差额使重量不再是正数",
        "with this difference the mass is not a positive number of grams",
    )
}
