//! Which digests of files the entries of a batch name, and who may bring them.

use std::collections::BTreeSet;

use crate::catalogue::Uscc;
use crate::custody::attached::attached;
use crate::custody::books::Books;
use crate::custody::{Recorded, Statement};
use crate::store::attachment::{NamedDigest, TrackOf};

/// The digests of files that the events of a batch name, for the party that acts and for that of its signer.
pub(in crate::app) fn named<'a>(
    books: &Books,
    recorded: impl Iterator<Item = &'a Recorded>,
) -> Vec<NamedDigest> {
    let mut named = Vec::new();
    for recorded in recorded {
        let digests = attached(&recorded.event.statement);
        if digests.is_empty() {
            continue;
        }
        let track = track_of(recorded);
        let signer = books.registry.key(&recorded.kid).map(|key| key.party);
        let parties = BTreeSet::from_iter(signer.into_iter().chain([recorded.event.party]));
        for digest in digests {
            let row = |party: &Uscc| NamedDigest { digest, index: recorded.index, party: *party, track };
            named.extend(parties.iter().map(row));
        }
    }
    named
}

/// The track whose points a statement names, if it is one.
fn track_of(recorded: &Recorded) -> Option<TrackOf> {
    let Statement::TrackRecorded(track) = &recorded.event.statement else { return None };
    Some(TrackOf { at: recorded.recorded_at, is_remarkable: track.is_remarkable() })
}
