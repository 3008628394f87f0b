//! Facts about waste in store: it is there, it arose, it arrived, it was treated.

use super::{InStore, Player, Saying};
use crate::catalogue::{TreatmentCode, WasteCode};
use crate::custody::Statement;
use crate::custody::payload::handover::{Outcome, Received, ReceivedLine};
use crate::custody::payload::waste::{Draw, LotsAppeared, NewLot, OutputLot, Treated};
use crate::id::LotId;
use crate::ledger::EventId;
use crate::scenario::grammar::grams;
use crate::scenario::script::{Fed, Found, Given, Line, Share};
use crate::shape::{Basis, Grams, List, Quantity, Text};

impl Player<'_> {
    pub(super) fn appears(
        &mut self,
        line: &Line,
        opening: bool,
        lot: Option<String>,
        code: WasteCode,
        mass: Grams,
    ) -> Result<(), String> {
        let site = self.site(&line.actor)?.site;
        let label = lot.unwrap_or_else(|| self.unnamed_lot(&line.actor.party));
        let id = match &line.how.same_id {
            Some(other) => self.stock.get(other).ok_or_else(|| format!("no lot is called `{other}`"))?.lot,
            None => LotId::from_uuid(self.new_id(&format!("lot {label}"), line.at)),
        };
        let party = line.actor.party.clone();
        self.keep(&label, InStore { lot: id, party, site, code, left_g: mass.get() });
        let quantity = Quantity::of(mass, Basis::Measured);
        let new = NewLot { lot: id, code, quantity, since: None, containers: List::default() };
        let lots = LotsAppeared { site, lots: List::new(vec![new])?, facility: None };
        let statement = if opening { Statement::StockOpened(lots) } else { Statement::WasteGenerated(lots) };
        self.states(line, statement, Vec::new())
    }

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
        let statement = Statement::WasteReceived(Received { manifest: id, site, lines: List::new(lines)? });
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
        let open_g = row.mass_g - row.found_g;
        let accepted = grams(found.accepted, open_g);
        let accepted_g = accepted.map_or(0, Grams::get);
        let rejected = grams(found.rejected, open_g - accepted_g);
        row.found_g += accepted_g + rejected.map_or(0, Grams::get);
        row.rejected_g += rejected.map_or(0, Grams::get);
        let (code, lot) = (row.code, LotId::of_line(sheet.id, number));
        if accepted_g > 0 {
            let (party, site) = (line.actor.party.clone(), self.entered(manifest, &line.actor)?);
            self.keep(
                &format!("{manifest}/{number}"),
                InStore { lot, party, site, code, left_g: accepted_g },
            );
        }
        let outcome = match (accepted, rejected) {
            (Some(_), None) => Outcome::Accepted,
            (Some(_), Some(_)) => Outcome::Partly,
            (None, Some(_)) => Outcome::Rejected,
            (None, None) => return Err("expected something to be accepted or rejected".to_owned()),
        };
        let measured = |mass| Quantity::of(mass, Basis::Measured);
        let reason = found.reason.clone().map_or_else(|| Text::new("与联单不符"), Ok)?;
        Ok(ReceivedLine {
            line: number,
            code,
            outcome,
            accepted: accepted.map(measured),
            rejected: rejected.map(measured),
            reason: rejected.map(|_| reason),
            at_gate: false,
            more: found.more,
        })
    }

    pub(super) fn treats(
        &mut self,
        line: &Line,
        disposes: bool,
        fed: &[Fed],
        by: TreatmentCode,
        given: &[Given],
    ) -> Result<(), String> {
        let site = self.site(&line.actor)?.site;
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
        let mut outputs = Vec::new();
        for given in given {
            outputs.push(self.given(line, given)?);
        }
        let treated = Treated {
            site,
            inputs: List::new(inputs)?,
            method: by,
            weighed: None,
            outputs: List::new(outputs)?,
        };
        let statement =
            if disposes { Statement::WasteDisposed(treated) } else { Statement::WasteUsed(treated) };
        self.states(line, statement, prev)
    }

    /// The lot that goes in: `L1`, the line `M1/2`, or the line of `M1` with the code.
    fn fed_lot(&mut self, fed: &Fed) -> Result<LotId, String> {
        let unknown = || format!("`{}` is no lot, manifest or line with {}", fed.from, fed.code);
        let (label, line) = match fed.from.split_once('/') {
            Some((label, line)) => (label, line.parse::<u16>().ok()),
            None => (fed.from.as_str(), None),
        };
        let Some(sheet) = self.sheets.get(label) else {
            let lot = self.stock.get_mut(&fed.from).ok_or_else(unknown)?;
            lot.left_g -= fed.mass.get();
            return Ok(lot.lot);
        };
        let by_code = || (1..).zip(&sheet.rows).find(|(_, row)| row.code == fed.code).map(|(n, _)| n);
        let number = line.or_else(by_code).ok_or_else(unknown)?;
        let lot = LotId::of_line(sheet.id, number);
        if let Some(received) = self.stock.get_mut(&format!("{label}/{number}")) {
            received.left_g -= fed.mass.get();
        }
        Ok(lot)
    }

    fn given(&mut self, line: &Line, given: &Given) -> Result<OutputLot, String> {
        let label = given.lot.clone().unwrap_or_else(|| self.unnamed_lot(&line.actor.party));
        let id = LotId::from_uuid(self.new_id(&format!("lot {label}"), line.at));
        match given.code {
            Some(code) => {
                let (party, site) = (line.actor.party.clone(), self.site(&line.actor)?.site);
                self.keep(&label, InStore { lot: id, party, site, code, left_g: given.mass.get() });
            }
            None => self.names.add_lot(&label, id),
        }
        let name = given.name.clone().map_or_else(|| Text::new("残渣"), Ok)?;
        let quantity = Quantity::of(given.mass, Basis::Measured);
        Ok(OutputLot { lot: id, code: given.code, name, quantity })
    }

    /// Remember what is in store, so that later loads can be drawn from it.
    fn keep(&mut self, label: &str, lot: InStore) {
        self.names.add_lot(label, lot.lot);
        match self.stock.get_mut(label) {
            Some(kept) => kept.left_g += lot.left_g,
            None => drop(self.stock.insert(label.to_owned(), lot)),
        }
    }

    fn unnamed_lot(&mut self, party: &str) -> String {
        self.unnamed += 1;
        format!("{party}-{}", self.unnamed)
    }

    fn states(&mut self, line: &Line, statement: Statement, prev: Vec<EventId>) -> Result<(), String> {
        let party = line.actor.party.clone();
        let role = self.party(&party)?.office();
        let (how, at) = (&line.how, line.at);
        self.say(Saying { line, how, party, role, at, statement, prev, before: Vec::new() }).map(drop)
    }
}
