//! Tracks of a manifest's rides, as they were signed, and whether their points are there and bear them out.

use crate::app::access::Viewer;
use crate::app::attachments::{Media, is_over, wrong_points};
use crate::app::error::SubmitError;
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::payload::track::TrackRecorded;
use crate::custody::track::{Summary, read};
use crate::id::ManifestId;
use crate::ledger::{Digest, EventId};
use crate::store::attachment::{self, TrackOf};
use crate::store::log;

/// Most tracks that are told of one manifest: the last.
pub const MAX_TRACKS: usize = 32;

/// What is known of the points of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointsStanding {
    /// Nobody sent them yet.
    Missing,
    /// They need not be kept any more, and are gone.
    Over,
    /// They are kept.
    Kept {
        /// What of the statement does not follow from them: members of it; none where all does.
        differs: Vec<&'static str>,
    },
}

impl PointsStanding {
    /// The kebab-case name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Over => "over",
            Self::Kept { .. } => "kept",
        }
    }
}

/// One track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackShown {
    /// The event.
    pub event: EventId,
    /// Whose platform it is.
    pub party: Uscc,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it says.
    pub track: TrackRecorded,
    /// Its points.
    pub points: PointsStanding,
}

impl App {
    /// The last [`MAX_TRACKS`] tracks of the rides of a manifest, in order, if the viewer may see that. Only what parties of the manifest say.
    pub async fn tracks_on(&self, viewer: &Viewer, id: ManifestId) -> Result<Option<Vec<TrackShown>>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some(shelf) = self.visible_manifest(&mut tx, viewer, id).await? else { return Ok(None) };
        let parties = shelf.state.parties();
        let own = shelf.state.tracks.iter().filter(|track| parties.binary_search(&track.mark.party).is_ok());
        let ids: Vec<EventId> = own.map(|track| track.mark.event).collect();
        let ids = &ids[ids.len().saturating_sub(MAX_TRACKS)..];
        let indexes: Vec<u64> =
            log::indexes_of(&mut tx, ids).await?.into_iter().map(|(_, index)| index).collect();
        let mut entries = log::entries_at(&mut tx, &indexes).await?;
        drop(tx);
        entries.sort_by_key(|entry| ids.iter().position(|id| *id == entry.event_id));
        let mut shown = Vec::with_capacity(entries.len());
        for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
            let event = event_of(entry)?;
            let Statement::TrackRecorded(track) = event.statement else { continue };
            let of = TrackOf { at: entry.recorded_at, is_remarkable: track.is_remarkable() };
            let points = self.points_of(entry.index, of, &track).await?;
            shown.push(TrackShown {
                event: entry.event_id,
                party: event.party,
                recorded_at: entry.recorded_at,
                track,
                points,
            });
        }
        Ok(Some(shown))
    }

    async fn points_of(
        &self,
        index: u64,
        of: TrackOf,
        track: &TrackRecorded,
    ) -> Result<PointsStanding, Fault> {
        let mut tx = self.inner.store.read().await?;
        let copy = attachment::copies(&mut tx, track.sha256, Some(index), 1).await?.pop();
        let content = match copy {
            Some((_, copy)) => attachment::content(&mut tx, copy.party, track.sha256).await?,
            None => None,
        };
        drop(tx);
        let Some(content) = content else {
            let is_over = is_over(self.rulebook().profile.retention(), of, self.inner.clock.now());
            return Ok(if is_over { PointsStanding::Over } else { PointsStanding::Missing });
        };
        let track = track.clone();
        // A few at once, as sheets are: a file of points takes a core for a while.
        let differs = self.inner.readers.read(move || differs(&content, &track)).await?;
        Ok(PointsStanding::Kept { differs })
    }

    /// What to sign of points, with vehicle and manifests left to say: everything that follows from them, and their digest.
    pub async fn track_summary(&self, content: Vec<u8>) -> Result<(Summary, Digest), SubmitError> {
        let digest = Digest::sha256(&[&content]);
        let read = self.inner.readers.read(move || read(&content).map(|points| Summary::of(&points)));
        let summary = read.await?.map_err(|faults| wrong_points(&faults))?;
        // A file that was read has two points.
        Ok((summary.ok_or(Fault::Work)?, digest))
    }
}

/// What of a track does not follow from its file.
fn differs(content: &[u8], track: &TrackRecorded) -> Vec<&'static str> {
    let points = Media::of(content).filter(|media| *media == Media::Points).and_then(|_| read(content).ok());
    let summary = points.and_then(|points| Summary::of(&points));
    summary.map_or_else(|| vec!["sha256"], |summary| summary.differs_from(track))
}
