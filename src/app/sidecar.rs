//! A sidecar: it stands beside a program that cannot sign, with the key of its party. Plain JSON in, an envelope out; the key never leaves the
//! machine, and no ledger need be reached. It also watches a folder, and sends what it signed until the ledger has answered.

mod dropbox;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::error::{Refusal, SubmitError};
use super::proposal::Wish;
use crate::catalogue::Uscc;
use crate::clock::Clock;
use crate::custody::Event;
use crate::ledger::{Envelope, EventId, Kid, SigningKey, Typ};

pub use dropbox::{Dropbox, DropboxError};

/// A key that signs what is asked on this machine.
pub struct Sidecar {
    key: SigningKey,
    log: String,
    party: Uscc,
    clock: Clock,
}

/// What was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedWish {
    /// The compact JWS.
    pub envelope: String,
    /// What the event is called.
    pub event_id: EventId,
    /// The ids that were made, by their names.
    pub new_ids: BTreeMap<String, Uuid>,
}

impl Sidecar {
    /// For statements of `party` to the ledger of this origin, by the clock of this machine.
    pub fn new(key: SigningKey, log: &str, party: Uscc, clock: Clock) -> Self {
        Self { key, log: log.to_owned(), party, clock }
    }

    /// Origin of the ledger it speaks to.
    pub fn log(&self) -> &str {
        &self.log
    }

    /// The party it speaks for.
    pub fn party(&self) -> Uscc {
        self.party
    }

    /// The key it signs with.
    pub fn kid(&self) -> Kid {
        self.key.public().kid()
    }

    /// Sign a wish. What has not the form of its kind is refused as a ledger would; whether it may be taken only a ledger knows.
    pub fn sign(&self, wish: Wish) -> Result<SignedWish, SubmitError> {
        let (event, new_ids) = wish.event(&self.log, self.party, self.clock.now())?;
        let payload = event.to_json().to_string();
        Event::parse(payload.as_bytes()).map_err(Refusal::from)?;
        let envelope = Envelope::sign(Typ::Event, payload.as_bytes(), &self.key);
        let event_id = envelope.event_id();
        Ok(SignedWish { envelope: envelope.into_compact(), event_id, new_ids })
    }
}
