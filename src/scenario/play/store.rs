//! What is in store: it is there, it arose, it is put away, counted, repacked.

use super::{Player, Saying};
use crate::catalogue::WasteCode;
use crate::custody::Statement;
use crate::custody::payload::manifest::MAX_CONTAINERS;
use crate::custody::payload::waste::{
    Container, CountedStock, Draw, Loss, LotsAppeared, NewLot, Repacked, StockCounted, StoreMoved,
};
use crate::custody::share::largest_remainder;
use crate::id::{ContainerId, LotId, SiteId};
use crate::ledger::EventId;
use crate::scenario::deed::{Count, Drawn, Fed, Fresh, Fuel, Given, Line, Packed, Weight};
use crate::shape::{Grams, List, Text};

/// A lot that somebody has, as far as the script says.
pub(super) struct InStore {
    pub(super) lot: LotId,
    pub(super) party: String,
    /// `None` while it is on the way.
    pub(super) site: Option<SiteId>,
    pub(super) code: WasteCode,
    pub(super) left_g: i64,
    /// Its containers, as they would be taken out.
    pub(super) drums: Vec<Drum>,
}

/// A container with what is in it.
pub(super) struct Drum {
    pub(super) container: ContainerId,
    pub(super) mass_g: i64,
}

impl Player<'_> {
    pub(super) fn appears(&mut self, line: &Line, opening: bool, fresh: &[Fresh]) -> Result<(), String> {
        let site = self.site(&line.actor)?.site;
        let mut lots = Vec::new();
        for fresh in fresh {
            let label = fresh.lot.clone().unwrap_or_else(|| self.unnamed_lot(&line.actor.party));
            let id = match &line.how.same_id {
                Some(other) => self.stored(other)?.lot,
                None => LotId::from_uuid(self.new_id(&format!("lot {label}"), line.at)),
            };
            lots.push(self.new_lot(line, &label, id, fresh.code, fresh.weight, fresh.packed)?);
        }
        let lots = LotsAppeared { site, lots: List::new(lots)?, facility: None };
        let statement = if opening { Statement::StockOpened(lots) } else { Statement::WasteGenerated(lots) };
        self.states(line, statement, Vec::new())
    }

    pub(super) fn stores(
        &mut self,
        line: &Line,
        withdraws: bool,
        lots: &[Drawn],
        facility: &Text<32>,
    ) -> Result<(), String> {
        let mut moved = Vec::new();
        for Drawn { lot, mass } in lots {
            moved.push(Draw { lot: self.stored(lot)?.lot, mass_g: *mass });
        }
        let site = self.site(&line.actor)?.site;
        let moved = StoreMoved { site, facility: facility.clone(), lots: List::new(moved)? };
        let statement =
            if withdraws { Statement::WasteWithdrawn(moved) } else { Statement::WasteStored(moved) };
        self.states(line, statement, Vec::new())
    }

    pub(super) fn counts(&mut self, line: &Line, counts: &[Count]) -> Result<(), String> {
        let mut counted = Vec::new();
        for count in counts {
            let (code, lot) = match &count.of {
                Fuel::Code(code) => (*code, None),
                Fuel::Lot(label) => {
                    let lot = self.stored(label)?;
                    lot.left_g += count.differs_g.unwrap_or(0);
                    (lot.code, Some(lot.lot))
                }
            };
            counted.push(CountedStock {
                code,
                lot,
                mass_g: count.mass_g.unsigned_abs(),
                differs_g: count.differs_g,
                cause: count.cause,
                reason: count.reason.clone(),
            });
        }
        let site = self.site(&line.actor)?.site;
        let statement = StockCounted { site, counts: List::new(counted)? };
        self.states(line, Statement::StockCounted(statement), Vec::new())
    }

    pub(super) fn repacks(
        &mut self,
        line: &Line,
        fed: &[Fed],
        given: &[Given],
        losses: &[Loss],
    ) -> Result<(), String> {
        let site = self.site(&line.actor)?.site;
        let (inputs, prev) = self.fed(line, fed)?;
        let mut outputs = Vec::new();
        for given in given {
            let label = given.lot.clone().unwrap_or_else(|| self.unnamed_lot(&line.actor.party));
            let id = LotId::from_uuid(self.new_id(&format!("lot {label}"), line.at));
            let code = given.code.ok_or("what is repacked keeps a waste code")?;
            let weight = Weight { mass: given.mass, about: false };
            outputs.push(self.new_lot(line, &label, id, code, weight, given.packed)?);
        }
        let statement = Statement::WasteRepacked(Repacked {
            site,
            inputs: List::new(inputs)?,
            outputs: List::new(outputs)?,
            losses: List::new(losses.to_vec())?,
        });
        self.states(line, statement, prev)
    }

    /// A lot that comes into being at the actor's site, and is in store there from now on.
    fn new_lot(
        &mut self,
        line: &Line,
        label: &str,
        lot: LotId,
        code: WasteCode,
        weight: Weight,
        packed: Option<Packed>,
    ) -> Result<NewLot, String> {
        let containers = self.drums(line, label, code, weight.mass, packed)?;
        let drum = |container: &Container| Drum {
            container: container.container,
            mass_g: container.mass_g.map_or(0, Grams::get),
        };
        let drums = containers.iter().map(drum).collect();
        let (party, site) = (line.actor.party.clone(), Some(self.site(&line.actor)?.site));
        self.keep(label, InStore { lot, party, site, code, left_g: weight.mass.get(), drums });
        let containers: List<Container, 0, MAX_CONTAINERS> = List::new(containers)?;
        Ok(NewLot { lot, code, quantity: weight.quantity(), since: None, containers })
    }

    /// The containers of a new lot, filled alike.
    fn drums(
        &mut self,
        line: &Line,
        label: &str,
        code: WasteCode,
        mass: Grams,
        packed: Option<Packed>,
    ) -> Result<Vec<Container>, String> {
        let Some(Packed { drums, litres }) = packed else { return Ok(Vec::new()) };
        let ids = self.drum_ids(line, label, drums)?;
        let labels = self.labels(line, code, drums)?;
        let alike = vec![1; usize::from(drums)];
        let masses = largest_remainder(mass.get(), &alike).into_iter();
        let drum =
            |(mass_g, (container, label))| Container { container, label, mass_g: Grams::new(mass_g), litres };
        Ok(masses.zip(ids.into_iter().zip(labels)).map(drum).collect())
    }

    /// The lot in store that a script calls so: `L1`, or `M1/2` for what was received of a line.
    pub(super) fn stored(&mut self, label: &str) -> Result<&mut InStore, String> {
        self.stock.get_mut(label).ok_or_else(|| format!("no lot is called `{label}`"))
    }

    /// Remember what is in store, so that later loads can be drawn from it.
    pub(super) fn keep(&mut self, label: &str, lot: InStore) {
        self.names.add_lot(label, lot.lot);
        match self.stock.get_mut(label) {
            Some(kept) => kept.left_g += lot.left_g,
            None => drop(self.stock.insert(label.to_owned(), lot)),
        }
    }

    pub(super) fn unnamed_lot(&mut self, party: &str) -> String {
        self.unnamed += 1;
        format!("{party}-{}", self.unnamed)
    }

    /// What the office of the actor states.
    pub(super) fn states(
        &mut self,
        line: &Line,
        statement: Statement,
        prev: Vec<EventId>,
    ) -> Result<(), String> {
        let party = line.actor.party.clone();
        let role = self.party(&party)?.office();
        let (how, at) = (&line.how, line.at);
        self.say(Saying { line, how, party, role, at, statement, prev, before: Vec::new() }).map(drop)
    }
}
