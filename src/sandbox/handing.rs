//! Handovers between counterparties: who holds the load passes it to whoever is next, with the other side's offer or without.

use super::counterparty::{Act, Says, no_mass, nothing_there};
use super::{Sandbox, too_long};
use crate::app::error::SubmitError;
use crate::app::query::ManifestDetail;
use crate::catalogue::{Uscc, WasteCode};
use crate::custody::manifest::Registration;
use crate::custody::payload::handover::{HandedLine, Handover, Offer, OfferedLine, Step};
use crate::custody::payload::waste::Draw;
use crate::custody::stock::StockCode;
use crate::custody::{Kind, Statement};
use crate::id::SiteId;
use crate::ledger::{Envelope, Typ};
use crate::scenario::WorldParty;
use crate::shape::{Basis, Grams, List, Quantity, Text};

/// Most lots that are looked at for a load.
const MAX_LOTS_LOOKED_AT: u64 = 500;

/// One passage of a load.
struct Passage {
    step: Step,
    from: &'static WorldParty,
    to: &'static WorldParty,
    from_site: Option<SiteId>,
    to_site: Option<SiteId>,
}

impl Sandbox {
    /// The taking side states that it took over, as it would be next.
    pub(super) async fn hands(
        &self,
        kind: Kind,
        act: &Act,
        detail: &ManifestDetail,
        registration: &Registration,
    ) -> Result<Says, SubmitError> {
        let passage = self.passage(kind, detail, registration)?;
        let lines = self.lines(act, detail, &passage).await?;
        let offer = match (&act.offer, act.alone) {
            (Some(offer), _) => Some(offer.clone()),
            (None, true) => None,
            (None, false) => Some(self.offer(detail, &passage, &lines).await?),
        };
        // A vehicle takes over on its way, a site does not.
        let assigned = detail.state.assignments.last().map(|assignment| assignment.vehicle.clone());
        let vehicle = assigned.or_else(|| passage.to.vehicles.first().cloned());
        let handover = Handover {
            manifest: detail.id,
            from: passage.from.uscc,
            from_site: passage.from_site,
            to: passage.to.uscc,
            to_site: passage.to_site,
            vehicle: vehicle.filter(|_| passage.to_site.is_none()),
            offer,
            lines: List::new(lines).map_err(|_| nothing_there())?,
            missing: List::default(),
            extra: List::default(),
            note: None,
            confirmed: None,
            photos: List::default(),
        };
        let statement = match passage.step {
            Step::Collected => Statement::WasteCollected(handover),
            Step::Transferred => Statement::WasteTransferred(handover),
            Step::Delivered => Statement::WasteDelivered(handover),
            Step::Returned => Statement::WasteReturned(handover),
        };
        Ok(Says { party: passage.to, role: passage.to.gate(), statement })
    }

    fn passage(
        &self,
        kind: Kind,
        detail: &ManifestDetail,
        registration: &Registration,
    ) -> Result<Passage, SubmitError> {
        let carriers: Vec<Uscc> = registration.carriers().collect();
        let holder = detail.state.holders().into_iter().next();
        let next = match holder {
            Some(holder) => {
                let at = carriers.iter().position(|carrier| *carrier == holder);
                at.and_then(|at| carriers.get(at + 1)).copied()
            }
            None => carriers.first().copied(),
        };
        let (step, from, to) = match kind {
            Kind::WasteCollected => (Step::Collected, Some(registration.consignor.party), next),
            Kind::WasteTransferred => (Step::Transferred, holder, next),
            _ => (Step::Delivered, holder, Some(registration.consignee.party)),
        };
        Ok(Passage {
            step,
            from: self.party(from.ok_or_else(nothing_there)?)?,
            to: self.party(to.ok_or_else(nothing_there)?)?,
            from_site: (step == Step::Collected).then_some(registration.consignor.site),
            to_site: (step == Step::Delivered).then_some(registration.consignee.site),
        })
    }

    async fn lines(
        &self,
        act: &Act,
        detail: &ManifestDetail,
        passage: &Passage,
    ) -> Result<Vec<HandedLine>, SubmitError> {
        let mut lines = Vec::new();
        for (number, line) in &detail.state.lines {
            let known_g = if line.shipped_g > 0 { line.shipped_g } else { line.planned_g.unwrap_or(0) };
            let stated_g = if lines.is_empty() { known_g.saturating_add(act.differs_g) } else { known_g };
            let (mass, code) =
                (Grams::new(stated_g).ok_or_else(no_mass)?, line.code.ok_or_else(nothing_there)?);
            let drawn = match passage.from_site {
                Some(site) => self.drawn(passage.from, site, code, stated_g).await?,
                None => Vec::new(),
            };
            lines.push(HandedLine {
                line: *number,
                code,
                quantity: Quantity::of(mass, Basis::Measured),
                exemptions: List::default(),
                drawn: List::new(drawn).map_err(too_long)?,
                containers: List::default(),
            });
        }
        Ok(lines)
    }

    /// The lots of a code that lie at a site, the oldest first, up to a mass.
    async fn drawn(
        &self,
        party: &WorldParty,
        site: SiteId,
        code: WasteCode,
        mass_g: i64,
    ) -> Result<Vec<Draw>, SubmitError> {
        let viewer = self.viewer(party, party.office());
        let lots = self.app.lots_on_hand(&viewer, site, None, MAX_LOTS_LOOKED_AT).await?;
        let (mut open_g, mut drawn) = (mass_g, Vec::new());
        for lot in lots.into_iter().flat_map(|page| page.items).map(|lot| lot.row) {
            if lot.code != StockCode::Waste(code) {
                continue;
            }
            let Some(mass_g) = Grams::new(lot.balance_g.min(open_g)) else { continue };
            open_g -= mass_g.get();
            drawn.push(Draw { lot: lot.lot, mass_g });
        }
        Ok(drawn)
    }

    /// The releasing side's offer of exactly this.
    async fn offer(
        &self,
        detail: &ManifestDetail,
        passage: &Passage,
        lines: &[HandedLine],
    ) -> Result<Text<65536>, SubmitError> {
        let (from, role) = (passage.from, passage.from.gate());
        let offered = lines.iter().map(|line| OfferedLine {
            line: line.line,
            mass_g: line.quantity.mass_g,
            drawn: line.drawn.clone(),
        });
        let prev = self.app.last_event_of(&self.viewer(from, role), detail.id).await?;
        let offer = Offer {
            v: 1,
            log: Text::new(self.app.origin()).map_err(too_long)?,
            step: passage.step,
            manifest: detail.id,
            from: from.uscc,
            to: passage.to.uscc,
            containers: None,
            lines: List::new(offered.collect()).map_err(|_| nothing_there())?,
            prev: List::new(prev.into_iter().collect()).map_err(too_long)?,
            at: self.app.clock().now(),
            place: None,
        };
        let payload = serde_json::json!(offer).to_string();
        let signed = Envelope::sign(Typ::Offer, payload.as_bytes(), &self.key(from, role));
        Text::new(signed.into_compact()).map_err(too_long)
    }
}
