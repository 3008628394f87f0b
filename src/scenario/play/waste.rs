//! Facts about waste at its end: it was received or refused, used, disposed.

use super::Player;
use super::store::InStore;
use crate::catalogue::TreatmentCode;
use crate::custody::Statement;
use crate::custody::payload::handover::{Outcome, Received, ReceivedLine};
use crate::custody::payload::waste::{Draw, OutputLot, Treated};
use crate::custody::share::largest_remainder;
use crate::id::LotId;
use crate::ledger::EventId;
use crate::scenario::deed::{Fed, Feed, Found, Fuel, Given, Line, Share};
use crate::scenario::grammar::grams;
use crate::shape::{Basis, Grams, List, Quantity, Text};

impl Player<'_> {
    pub(super) fn receives(&mut self, line: &Line, manifest: &str, found: &[Found]) -> Result<(), String> {
        let site = self.entered(manifest, &line.actor)?;
        let sheet = self.sheet(manifest)?;
        let (id, rows) = (sheet.id, sheet.rows.len());
        let whole = found.len() == 1 && rows > 1 && !matches!(found[0].accepted, Share::Of(_));
        if found.len() != rows && !whole {
            return Err(format!(
                "expected {rows} masses with + between them, or `all`, found {}",
                found.len()
            ));
        }
        let mut lines = Vec::new();
        for number in (1..).take(rows) {
            let of_line = if whole { &found[0] } else { &found[usize::from(number) - 1] };
            lines.push(self.received(line, manifest, number, of_line)?);
        }
        let statement = Statement::WasteReceived(Received {
            manifest: id,
            site,
            lines: List::new(lines)?,
            photos: List::default(),
        });
        let prev = self.heads(&[&line.actor.party], id, line.at, &line.how);
        self.states(line, statement, prev)
    }

    fn received(
        &mut self,
        line: &Line,
        manifest: &str,
        number: u16,
        found: &Found,
    ) -> Result<ReceivedLine, String> {
        let unknown = || format!("`{manifest}` has no line {number}");
        let sheet = self.sheets.get_mut(manifest).ok_or_else(unknown)?;
        let row = sheet.rows.get_mut(usize::from(number) - 1).ok_or_else(unknown)?;
        let open_g = row.weight.mass.get() - row.found_g;
        let accepted = grams(found.accepted, open_g, row.share_g);
        let accepted_g = accepted.map_or(0, Grams::get);
        let rejected = grams(found.rejected, open_g - accepted_g, None);
        let rejected_g = rejected.map_or(0, Grams::get);
        row.found_g += accepted_g + rejected_g;
        row.rejected_g += rejected_g;
        row.at_gate |= found.at_gate;
        let (id, code) = (sheet.id, row.code);
        let site = Some(self.entered(manifest, &line.actor)?);
        let mut keep = |label: String, lot, left_g, site| {
            let party = line.actor.party.clone();
            if left_g > 0 {
                self.keep(&label, InStore { lot, party, site, code, left_g, drums: Vec::new() });
            }
        };
        let (of_line, refused) = (LotId::of_line(id, number), LotId::rejected_of_line(id, number));
        keep(format!("{manifest}/{number}"), of_line, accepted_g, site);
        keep(format!("{manifest}/{number}-rejected"), refused, rejected_g, site.filter(|_| !found.at_gate));
        let outcome = match (accepted, rejected) {
            (Some(_), None) => Outcome::Accepted,
            (Some(_), Some(_)) => Outcome::Partly,
            (None, Some(_)) => Outcome::Rejected,
            (None, None) => return Err("expected something to be accepted or rejected".to_owned()),
        };
        let basis = if found.accepted == Share::OfTrip { Basis::Computed } else { Basis::Measured };
        let measured = |mass| Quantity::of(mass, basis);
        let reason = found.reason.clone().map_or_else(|| Text::new("与联单不符"), Ok)?;
        Ok(ReceivedLine {
            line: number,
            code: found.code.unwrap_or(code),
            outcome,
            accepted: accepted.map(measured),
            rejected: rejected.map(measured),
            reason: rejected.map(|_| reason),
            at_gate: found.at_gate,
            more: found.more,
        })
    }

    pub(super) fn treats(
        &mut self,
        line: &Line,
        disposes: bool,
        feed: &Feed,
        by: TreatmentCode,
        given: &[Given],
    ) -> Result<(), String> {
        let site = self.site(&line.actor)?.site;
        let (inputs, prev, weighed) = match feed {
            Feed::Each(fed) => {
                let (inputs, prev) = self.fed(line, fed)?;
                (inputs, prev, None)
            }
            Feed::Shared { mass, of } => {
                (self.shared_out(line, *mass, of)?, Vec::new(), Some(Quantity::of(*mass, Basis::Measured)))
            }
        };
        let mut outputs = Vec::new();
        for given in given {
            outputs.push(self.given(line, given)?);
        }
        let treated =
            Treated { site, inputs: List::new(inputs)?, method: by, weighed, outputs: List::new(outputs)? };
        let statement =
            if disposes { Statement::WasteDisposed(treated) } else { Statement::WasteUsed(treated) };
        self.states(line, statement, prev)
    }

    /// What goes in, part by part, and what its signer has seen of the manifests it came with.
    pub(super) fn fed(&mut self, line: &Line, fed: &[Fed]) -> Result<(Vec<Draw>, Vec<EventId>), String> {
        let mut inputs = Vec::new();
        let mut prev: Vec<EventId> = Vec::new();
        for fed in fed {
            inputs.push(Draw { lot: self.fed_lot(fed)?, mass_g: fed.mass });
            let manifest = fed.from.split('/').next().and_then(|label| self.sheets.get(label));
            if let Some(sheet) = manifest {
                prev.extend(self.heads(&[&line.actor.party], sheet.id, line.at, &line.how));
            }
        }
        prev.sort_unstable();
        prev.dedup();
        prev.truncate(crate::custody::event::MAX_PREV);
        Ok((inputs, prev))
    }

    /// The lot that goes in: `L1`, the line `M1/2`, or the line of `M1` with the code.
    fn fed_lot(&mut self, fed: &Fed) -> Result<LotId, String> {
        if let Some(lot) = self.stock.get_mut(&fed.from) {
            lot.take(fed.mass);
            return Ok(lot.lot);
        }
        let unknown = || format!("`{}` is no lot, manifest or line with {}", fed.from, fed.code);
        let (label, line) = match fed.from.split_once('/') {
            Some((label, line)) => (label, line.parse::<u16>().ok()),
            None => (fed.from.as_str(), None),
        };
        let sheet = self.sheets.get(label).ok_or_else(unknown)?;
        let by_code = || (1..).zip(&sheet.rows).find(|(_, row)| row.code == fed.code).map(|(n, _)| n);
        let number = line.or_else(by_code).ok_or_else(unknown)?;
        let lot = LotId::of_line(sheet.id, number);
        if let Some(received) = self.stock.get_mut(&format!("{label}/{number}")) {
            received.take(fed.mass);
        }
        Ok(lot)
    }

    /// One weighing of the feed shared out over what is in store at the site, by the masses left, in order of lots.
    fn shared_out(&mut self, line: &Line, mass: Grams, of: &[Fuel]) -> Result<Vec<Draw>, String> {
        let site = self.site(&line.actor)?.site;
        let is_meant = |label: &String, lot: &InStore| {
            of.iter().any(|fuel| match fuel {
                Fuel::Code(code) => *code == lot.code && lot.is_at(&line.actor.party, site),
                Fuel::Lot(named) => named == label,
            })
        };
        let lots = self.stock.iter_mut().filter(|(label, lot)| lot.left_g > 0 && is_meant(label, lot));
        let mut lots: Vec<&mut InStore> = lots.map(|(_, lot)| lot).collect();
        lots.sort_by_key(|lot| lot.lot);
        let left: Vec<i64> = lots.iter().map(|lot| lot.left_g).collect();
        let mut inputs = Vec::new();
        for (lot, share_g) in lots.into_iter().zip(largest_remainder(mass.get(), &left)) {
            if let Some(mass_g) = Grams::new(share_g) {
                lot.take(mass_g);
                inputs.push(Draw { lot: lot.lot, mass_g });
            }
        }
        Ok(inputs)
    }

    fn given(&mut self, line: &Line, given: &Given) -> Result<OutputLot, String> {
        let label = given.lot.clone().unwrap_or_else(|| self.unnamed_lot(&line.actor.party));
        let id = LotId::from_uuid(self.new_id(&format!("lot {label}"), line.at));
        match given.code {
            Some(code) => {
                let (party, site) = (line.actor.party.clone(), Some(self.site(&line.actor)?.site));
                let (left_g, drums) = (given.mass.get(), Vec::new());
                self.keep(&label, InStore { lot: id, party, site, code, left_g, drums });
            }
            None => self.names.add_lot(&label, id),
        }
        let name = given.name.clone().map_or_else(|| Text::new("残渣"), Ok)?;
        let quantity = Quantity::of(given.mass, Basis::Measured);
        Ok(OutputLot { lot: id, code: given.code, name, quantity })
    }
}
