//! What an event changes in the registry, and in what batches load from it.

use crate::catalogue::Uscc;
use crate::custody::paper::Paper;
use crate::custody::shelf::Window;
use crate::id::ManifestId;
use crate::ledger::Kid;
use crate::registry::standing::ProfileAdopted;
use crate::registry::{DeclarationRecord, KeyRecord, MandateRecord, PartyRecord, PermitRecord, SiteRecord};
use crate::shape::Plate;

/// A registry record that an event put in or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A party.
    Party(PartyRecord),
    /// A site.
    Site(SiteRecord),
    /// A key.
    Key(KeyRecord),
    /// An entry that ended a key, or carried the suspicion of it further back.
    KeyEnded {
        /// The key.
        kid: Kid,
        /// Log index of the entry.
        index: u64,
    },
    /// A permit.
    Permit(PermitRecord),
    /// A paper.
    Paper(Box<Paper>),
    /// A declaration to the authority: filed, or decided on.
    Declaration(DeclarationRecord),
    /// A mandate, granted or revoked.
    Mandate(MandateRecord),
    /// Rules adopted by the authority, in force from the next entry on.
    Adopted {
        /// Log index of the adoption.
        index: u64,
        /// What was adopted.
        adopted: ProfileAdopted,
    },
    /// A vehicle assigned by a carrier.
    Assigned {
        /// The carrier.
        carrier: Uscc,
        /// The vehicle.
        vehicle: Plate,
        /// When it explains the vehicle on the road.
        window: Window,
        /// The manifest it was assigned to.
        manifest: ManifestId,
    },
}
