//! What ran on paper and is entered afterwards.

use super::sheet::Unsigned;
use super::{Player, Saying};
use crate::custody::Statement;
use crate::custody::payload::waste::{PaperBackfilled, PaperHandover};
use crate::ledger::Digest;
use crate::scenario::deed::{Line, OnPaper};
use crate::shape::{List, Text};

impl Player<'_> {
    /// The actor enters what the paper says; every other party on it may countersign.
    pub(super) fn backfills(
        &mut self,
        line: &Line,
        manifest: &str,
        papers: &[OnPaper],
        reason: Option<Text<500>>,
    ) -> Result<(), String> {
        let first_loads = papers.first().map_or(&[][..], |paper| &paper.loads);
        if !self.sheets.contains_key(manifest) {
            self.moves_unregistered(line, manifest, first_loads)?;
        }
        let (mut handovers, mut waiting) = (Vec::new(), Vec::new());
        for paper in papers {
            let passing = self.passing(&line.how, manifest, &paper.from, &paper.to, &paper.loads)?;
            let cargo = self.cargo(line, manifest, &passing, None)?;
            handovers.push(PaperHandover {
                step: passing.step,
                from: self.party(&paper.from.party)?.uscc,
                from_site: passing.from_site,
                to: self.party(&paper.to.party)?.uscc,
                to_site: passing.to_site,
                vehicle: passing.vehicle.clone(),
                at: paper.at,
                lines: List::new(cargo.lines.clone())?,
            });
            self.passed(manifest, &passing, &cargo);
            waiting.push((passing, cargo.lines));
        }
        let id = self.sheet(manifest)?.id;
        let statement = Statement::PaperBackfilled(PaperBackfilled {
            manifest: id,
            reason: reason.map_or_else(|| Text::new("网络中断"), Ok)?,
            scan: Digest::sha256(&[format!("paper of {manifest}").as_bytes()]),
            handovers: List::new(handovers)?,
        });
        let party = line.actor.party.clone();
        let prev = self.heads(&[&party], id, line.at, &line.how);
        let role = self.party(&party)?.office();
        let (how, at) = (&line.how, line.at);
        let saying =
            Saying { line, how, party: party.clone(), role, at, statement, prev, before: Vec::new() };
        let event = self.say(saying)?;
        let Some(sheet) = self.sheets.get_mut(manifest) else { return Ok(()) };
        for (passing, lines) in waiting {
            for side in [&passing.from.party, &passing.to.party] {
                let waits = Unsigned::new(event, side.clone(), &passing, lines.clone());
                // One countersignature is good for every handover of the paper with the same masses.
                let is_known = |known: &Unsigned| {
                    (known.event, &known.missing) == (event, side) && known.offered() == waits.offered()
                };
                if *side != party && !sheet.unsigned.iter().any(is_known) {
                    sheet.unsigned.push(waits);
                }
            }
        }
        Ok(())
    }
}
