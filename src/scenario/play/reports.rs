//! What is said of a manifest besides who has it: a weighing of the whole trip, a discrepancy, an incident.

use super::{Player, Saying};
use crate::custody::Statement;
use crate::custody::payload::waste::{
    DiscrepancyDeclared, DiscrepancyType, IncidentReported, TripShare, TripWeighed,
};
use crate::custody::share::largest_remainder;
use crate::id::{ManifestId, TripId};
use crate::ledger::Digest;
use crate::scenario::deed::Line;
use crate::shape::{Basis, Grams, List, Quantity, Text};

impl Player<'_> {
    /// The vehicle run that a script calls so: one id, whoever names it first.
    pub(super) fn trip(&mut self, line: &Line, label: &str) -> TripId {
        let new = self.new_id(&format!("trip {label}"), line.at);
        *self.trips.entry(label.to_owned()).or_insert(TripId::from_uuid(new))
    }

    /// One weighing shared out over everything on the vehicle, by the masses stated when it was loaded.
    pub(super) fn weighs(
        &mut self,
        line: &Line,
        trip: &str,
        mass: Grams,
        manifests: &[String],
    ) -> Result<(), String> {
        let mut stated = Vec::new();
        let mut prev = Vec::new();
        for manifest in manifests {
            let sheet = self.sheet(manifest)?;
            let rows = (1..).zip(&sheet.rows).map(|(number, row)| (sheet.id, number, row.weight.mass));
            stated.extend(rows.map(|row| (row, manifest.clone())));
            prev.extend(self.heads(&[&line.actor.party], sheet.id, line.at, &line.how));
        }
        stated.sort_by_key(|((id, number, _), _)| (*id, *number));
        let weights: Vec<i64> = stated.iter().map(|((.., mass), _)| mass.get()).collect();
        let mut shares = Vec::new();
        for (((manifest, number, stated_g), label), share_g) in
            stated.into_iter().zip(largest_remainder(mass.get(), &weights))
        {
            shares.push(TripShare { manifest, line: number, stated_g, mass_g: share_g.unsigned_abs() });
            if let Some(sheet) = self.sheets.get_mut(&label) {
                sheet.rows[usize::from(number) - 1].share_g = Some(share_g);
            }
        }
        let ids: Vec<ManifestId> =
            manifests.iter().map(|manifest| self.sheet(manifest).map(|s| s.id)).collect::<Result<_, _>>()?;
        prev.truncate(crate::custody::event::MAX_PREV);
        let statement = Statement::TripWeighed(TripWeighed {
            trip: self.trip(line, trip),
            quantity: Quantity::of(mass, Basis::Measured),
            manifests: List::new(ids)?,
            shares: List::new(shares)?,
        });
        // Whoever stands at the scale signs, not the office.
        let (party, how, at) = (line.actor.party.clone(), &line.how, line.at);
        let role = self.party(&party)?.gate();
        self.say(Saying { line, how, party, role, at, statement, prev, before: Vec::new() }).map(drop)
    }

    pub(super) fn declares(
        &mut self,
        line: &Line,
        manifest: &str,
        of_line: Option<u16>,
        about: DiscrepancyType,
        text: Option<Text<1000>>,
    ) -> Result<(), String> {
        let id = self.sheet(manifest)?.id;
        let text = text.map_or_else(|| Text::new("与联单不符"), Ok)?;
        let statement =
            Statement::DiscrepancyDeclared(DiscrepancyDeclared { manifest: id, line: of_line, about, text });
        let prev = self.heads(&[&line.actor.party], id, line.at, &line.how);
        self.states(line, statement, prev)
    }

    pub(super) fn reports(
        &mut self,
        line: &Line,
        manifest: &str,
        cause: Option<Text<1000>>,
        measures: Option<Text<1000>>,
        pictures: &[Digest],
    ) -> Result<(), String> {
        let id = self.sheet(manifest)?.id;
        let statement = Statement::IncidentReported(IncidentReported {
            manifest: id,
            cause: cause.ok_or("expected in quotes what happened")?,
            measures,
            photos: List::new(pictures.to_vec())?,
        });
        let prev = self.heads(&[&line.actor.party], id, line.at, &line.how);
        self.states(line, statement, prev)
    }
}
