//! What is loaded: from which lots, in which containers.

use super::passing::{Passing, Taken};
use super::sheet::{Row, Unsigned};
use super::store::InStore;
use super::{Player, store::Drum};
use crate::catalogue::WasteCode;
use crate::custody::payload::handover::{HandedLine, Step};
use crate::custody::payload::waste::Draw;
use crate::id::{ContainerId, SiteId};
use crate::scenario::deed::{Drawn, Line};
use crate::shape::{Grams, List};

/// What changes hands: the lines, the containers as they are offered, and how the taker finds them.
#[derive(Default)]
pub(super) struct Cargo {
    pub(super) lines: Vec<HandedLine>,
    pub(super) offered: Vec<ContainerId>,
    pub(super) missing: Vec<ContainerId>,
    pub(super) extra: Vec<ContainerId>,
}

impl Cargo {
    /// The containers that are on the vehicle afterwards.
    pub(super) fn there(&self) -> Vec<ContainerId> {
        let stays = self.offered.iter().filter(|container| !self.missing.contains(container));
        stays.chain(&self.extra).copied().collect()
    }
}

impl Player<'_> {
    /// `stated` is the same handover as the other side stated it: nothing is drawn a second time.
    pub(super) fn cargo(
        &mut self,
        line: &Line,
        manifest: &str,
        passing: &Passing,
        stated: Option<&Unsigned>,
    ) -> Result<Cargo, String> {
        let mut cargo = Cargo::default();
        for taken in &passing.taken {
            let as_stated = stated.and_then(|stated| stated.lines.iter().find(|l| l.line == taken.line));
            cargo.lines.push(match as_stated {
                Some(line) => restated(line, taken)?,
                None => self.handed(line, manifest, passing, taken)?,
            });
        }
        cargo.offered = match passing.step {
            Step::Collected => cargo.lines.iter().flat_map(|line| line.containers.iter().copied()).collect(),
            _ => self.sheet(manifest)?.containers.clone(),
        };
        let there = cargo.offered.len().checked_sub(line.how.missing.into());
        let there = there.ok_or_else(|| format!("only {} containers are there", cargo.offered.len()))?;
        cargo.missing = cargo.offered[there..].to_vec();
        let extra = (0..line.how.extra).map(|n| self.new_id(&format!("extra {} {n}", line.no), line.at));
        cargo.extra = extra.map(ContainerId::from_uuid).collect();
        for line in &mut cargo.lines {
            let loaded = line.containers.iter().copied().filter(|id| !cargo.missing.contains(id));
            line.containers = List::new(loaded.collect())?;
        }
        Ok(cargo)
    }

    fn handed(
        &mut self,
        line: &Line,
        manifest: &str,
        passing: &Passing,
        taken: &Taken,
    ) -> Result<HandedLine, String> {
        let code = self.sheet(manifest)?.rows[usize::from(taken.line) - 1].code;
        let (mut drawn, mut containers) = (Vec::new(), Vec::new());
        if let Some(site) = passing.from_site.filter(|_| passing.step == Step::Collected) {
            let chosen = match &line.how.drawn {
                Some(chosen) => self.chosen(manifest, taken.line, chosen)?,
                None => self.in_store(&passing.from.party, site, code, taken.weight.mass.get()),
            };
            for Drawn { lot, mass } in chosen {
                let in_store = self.stored(&lot)?;
                if in_store.code == code {
                    containers.extend(in_store.take(mass));
                    drawn.push(Draw { lot: in_store.lot, mass_g: mass });
                }
            }
        }
        Ok(HandedLine {
            line: taken.line,
            code,
            quantity: taken.weight.quantity(),
            exemptions: List::new(line.how.claims.clone())?,
            drawn: List::new(drawn)?,
            containers: List::new(containers)?,
        })
    }

    /// What of the lots that a script chose goes into a line: the one in its place where there is one for each line, of the line's code;
    /// else all of its code.
    fn chosen(&self, manifest: &str, line: u16, chosen: &[Drawn]) -> Result<Vec<Drawn>, String> {
        let rows = &self.sheet(manifest)?.rows;
        let fits = |(drawn, row): (&Drawn, &Row)| {
            self.stock.get(&drawn.lot).is_some_and(|in_store| in_store.code == row.code)
        };
        if chosen.len() == rows.len() && chosen.iter().zip(rows).all(fits) {
            return Ok(vec![chosen[usize::from(line) - 1].clone()]);
        }
        Ok(chosen.to_vec())
    }

    /// What a party would load: the largest lot of the code first, at one size by name.
    fn in_store(&self, party: &str, site: SiteId, code: WasteCode, mass_g: i64) -> Vec<Drawn> {
        let mut lots: Vec<_> = self
            .stock
            .iter()
            .filter(|(_, lot)| lot.is_at(party, site) && lot.code == code && lot.left_g > 0)
            .collect();
        lots.sort_by_key(|(label, lot)| (-lot.left_g, *label));
        let mut open_g = mass_g;
        let mut drawn = Vec::new();
        for (label, lot) in lots {
            let Some(mass) = Grams::new(lot.left_g.min(open_g)) else { break };
            open_g -= mass.get();
            drawn.push(Drawn { lot: label.clone(), mass });
        }
        drawn
    }

    /// Where rejected waste is after it went back, so that a manifest that follows can draw on it.
    pub(super) fn moves_rejected(&mut self, manifest: &str, passing: &Passing) {
        for taken in passing.taken.iter().filter(|_| passing.step == Step::Returned) {
            let label = format!("{manifest}/{}-rejected", taken.line);
            let Some(lot) = self.stock.get_mut(&label) else { continue };
            match passing.to_site {
                Some(site) => {
                    lot.party.clone_from(&passing.to.party);
                    lot.site = Some(site);
                }
                None => lot.site = None,
            }
        }
    }
}

/// The line as the other side stated it, by this side's mass: no more can be drawn than that.
fn restated(line: &HandedLine, taken: &Taken) -> Result<HandedLine, String> {
    let mut open_g = taken.weight.mass.get();
    let drawn = line.drawn.iter().filter_map(|draw| {
        let mass_g = Grams::new(draw.mass_g.get().min(open_g))?;
        open_g -= mass_g.get();
        Some(Draw { lot: draw.lot, mass_g })
    });
    let drawn = List::new(drawn.collect())?;
    Ok(HandedLine { quantity: taken.weight.quantity(), drawn, ..line.clone() })
}

impl InStore {
    pub(super) fn is_at(&self, party: &str, site: SiteId) -> bool {
        self.party == party && self.site == Some(site)
    }

    /// Take a mass out, with the drums it fills: all that are left, once nothing else is.
    pub(super) fn take(&mut self, mass: Grams) -> Vec<ContainerId> {
        self.left_g -= mass.get();
        let mut filled_g = 0;
        let mut fits = |drum: &Drum| {
            filled_g += drum.mass_g;
            self.left_g <= 0 || filled_g <= mass.get()
        };
        let full = self.drums.iter().take_while(|drum| fits(drum)).count();
        self.drums.drain(..full).map(|drum| drum.container).collect()
    }
}
