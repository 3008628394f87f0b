//! Points of tracks: kept for as long as the profile asks for, and given back to whoever may read the track.

use super::App;
use crate::app::Fault;
use crate::app::access::Viewer;
use crate::app::error::Refusal;
use crate::catalogue::{Retention, Uscc};
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::track::PointsFault;
use crate::id::ManifestId;
use crate::ledger::Digest;
use crate::store::attachment::{self, PointsOver, TrackOf};
use crate::store::{ReadTx, WriteTx};

/// For how long a file is kept.
pub(super) enum Kept {
    /// Nothing names it.
    Unnamed,
    /// The tracks whose points it holds ask for it until then.
    Until(Timestamp),
    /// As long as what names it.
    ForGood,
}

/// Until when the points of a track are kept; `None` where the profile says nothing.
fn kept_until(retention: Retention, track: TrackOf) -> Option<Timestamp> {
    let days = if track.is_remarkable { retention.remarkable_points_days } else { retention.points_days };
    Some(track.at.plus_hours(24 * i64::from(days?)))
}

/// True when the points of a track need not be kept any more.
pub(in crate::app) fn is_over(retention: Retention, track: TrackOf, now: Timestamp) -> bool {
    kept_until(retention, track).is_some_and(|until| until <= now)
}

impl App {
    /// For how long a file of a party is kept, by what names it now and the profile in force.
    pub(super) async fn kept_for(&self, tx: &mut ReadTx, party: Uscc, digest: Digest) -> Result<Kept, Fault> {
        let named = attachment::named_as(tx, party, digest).await?;
        if named.others {
            return Ok(Kept::ForGood);
        }
        let retention = self.rulebook().profile.retention();
        let until: Option<Vec<Timestamp>> =
            named.tracks.into_iter().map(|track| kept_until(retention, track)).collect();
        Ok(match until.map(|until| until.into_iter().max()) {
            Some(Some(until)) => Kept::Until(until),
            Some(None) => Kept::Unnamed,
            None => Kept::ForGood,
        })
    }

    /// Points of tracks that were recorded by then need not be kept any more.
    pub(super) fn points_over(&self) -> PointsOver {
        let (retention, now) = (self.rulebook().profile.retention(), self.inner.clock.now());
        let back = |days: Option<u32>| Some(now.plus_hours(-24 * i64::from(days?)));
        PointsOver { plain: back(retention.points_days), remarkable: back(retention.remarkable_points_days) }
    }

    /// Remove a file whose time has come, unless something names it that keeps it.
    pub(super) async fn forget_or_keep(
        &self,
        tx: &mut WriteTx,
        party: Uscc,
        digest: Digest,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let until = match self.kept_for(tx, party, digest).await? {
            Kept::ForGood => None,
            Kept::Until(until) if until > now => Some(until),
            Kept::Until(_) | Kept::Unnamed => {
                attachment::remove(tx, party, digest).await?;
                return Ok(true);
            }
        };
        attachment::keep_until(tx, party, digest, until).await?;
        Ok(false)
    }

    /// True when the viewer may see one of these manifests.
    pub(super) async fn sees_any(&self, viewer: &Viewer, manifests: &[ManifestId]) -> Result<bool, Fault> {
        let mut tx = self.inner.store.read().await?;
        Ok(!self.visible_manifests(&mut tx, viewer, manifests).await?.is_empty())
    }
}

/// Everything that is wrong with a file of points.
pub(in crate::app) fn wrong_points(faults: &[PointsFault]) -> Refusal {
    let objection = |fault: &PointsFault| {
        Objection::new("points-wrong", fault.pointer.clone(), fault.zh.clone(), fault.en.clone())
    };
    Refusal::unacceptable(faults.iter().map(objection).collect())
}
