//! Tracks of a manifest's rides: what their statements say of where the vehicle was.

use serde::{Deserialize, Serialize};

use super::handed::HandoverRecord;
use super::state::{ManifestState, Mark};
use crate::clock::Timestamp;
use crate::custody::payload::track::{Silence, TrackRecorded, Waypoint};
use crate::shape::Plate;

/// Most tracks of one party that rules look at on one manifest.
const MAX_TRACKS_OF_A_PARTY: usize = 32;

/// One track, as far as rules look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// The event; its party is whose platform it is.
    pub mark: Mark,
    /// The vehicle.
    pub vehicle: Plate,
    /// Of how many manifests it is.
    pub manifests: u16,
    /// The first point.
    pub from: Timestamp,
    /// The last point.
    pub to: Timestamp,
    /// Silences, in order of time.
    pub silences: Vec<Silence>,
    /// The way in few points.
    pub waypoints: Vec<Waypoint>,
}

/// A load on a vehicle, until its carrier had passed on all of it.
#[derive(Clone, Debug)]
pub struct OnRoad<'a> {
    /// By which handover it was loaded.
    pub loaded: &'a HandoverRecord,
    /// By which the last of it was passed on; `None` while it is on the way.
    pub ended: Option<&'a HandoverRecord>,
    /// The vehicle, where anybody says which.
    pub plate: Option<&'a Plate>,
    /// Tracks of its carrier, of that vehicle, that reach into its time.
    pub tracks: Vec<&'a Track>,
}

impl OnRoad<'_> {
    /// A stretch of time, as far as it lies within the ride.
    pub fn within(&self, (from, to): (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
        let until = self.ended.map_or(to, |ended| to.min(ended.mark.at));
        (from.max(self.loaded.mark.at), until)
    }
}

impl Track {
    pub(super) fn of(mark: Mark, s: &TrackRecorded) -> Self {
        Self {
            mark,
            vehicle: s.vehicle.clone(),
            manifests: u16::try_from(s.manifests.len()).unwrap_or(u16::MAX),
            from: s.from,
            to: s.to,
            silences: s.silences.to_vec(),
            waypoints: s.waypoints.to_vec(),
        }
    }
}

impl ManifestState {
    /// Keep a track. Anybody can name any manifest: of each party the first [`MAX_TRACKS_OF_A_PARTY`] in the order of the timeline are kept, so
    /// that none makes the manifest of another large, and all arrive at the same ones.
    pub(super) fn put_track(&mut self, track: Track) {
        let of_its_party = self.tracks.iter().filter(|kept| kept.mark.party == track.mark.party);
        if of_its_party.count() < MAX_TRACKS_OF_A_PARTY {
            self.tracks.push(track);
        }
    }

    /// Every load that went on a vehicle, with its tracks. What others than its carrier say of a vehicle counts for nothing.
    pub fn on_road(&self) -> Vec<OnRoad<'_>> {
        let loaded = self.handovers.iter().enumerate().filter(|(_, handover)| self.is_loading(handover));
        let ride = |(n, loaded)| {
            let (ended, plate) = (self.passed_on(n), self.plate(loaded));
            let mut ride = OnRoad { loaded, ended, plate, tracks: Vec::new() };
            let own = self.tracks.iter().filter(|track| {
                let (from, to) = ride.within((track.from, track.to));
                let is_its_vehicle = ride.plate.is_none_or(|plate| *plate == track.vehicle);
                track.mark.party == loaded.to && is_its_vehicle && from < to
            });
            ride.tracks = own.collect();
            ride
        };
        loaded.map(ride).collect()
    }
}
