//! Tracks: the points of a line become a file, its digest and what follows from them, as the platform of a carrier does it.

use super::Player;
use crate::custody::Statement;
use crate::custody::payload::track::TrackRecorded;
use crate::custody::track::{Summary, write};
use crate::id::ManifestId;
use crate::ledger::Digest;
use crate::scenario::deed::{Driven, Line};
use crate::shape::List;

impl Player<'_> {
    pub(super) fn tracks(
        &mut self,
        line: &Line,
        manifests: &[String],
        driven: &Driven,
    ) -> Result<(), String> {
        let summary = Summary::of(&driven.points).ok_or("a track has at least two points")?;
        let file = write(&driven.points);
        let mut prev = Vec::new();
        for manifest in manifests {
            let id = self.sheet(manifest)?.id;
            prev.extend(self.heads(&[&line.actor.party], id, line.at, &line.how));
        }
        prev.truncate(crate::custody::event::MAX_PREV);
        let ids: Vec<ManifestId> =
            manifests.iter().map(|manifest| self.sheet(manifest).map(|s| s.id)).collect::<Result<_, _>>()?;
        let statement = Statement::TrackRecorded(TrackRecorded {
            vehicle: driven.vehicle.clone(),
            manifests: List::new(ids)?,
            from: summary.from,
            to: summary.to,
            points: summary.points,
            sha256: Digest::sha256(&[file.as_bytes()]),
            silences: List::new(summary.silences)?,
            waypoints: List::new(summary.waypoints)?,
            alarms: List::new(driven.alarms.clone())?,
        });
        self.points.push((line.actor.party.clone(), file.into_bytes()));
        self.states(line, statement, prev)
    }
}
