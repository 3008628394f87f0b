//! A signed event with the moment the ledger takes it in.

use crate::clock::Timestamp;
use crate::custody::{Class, Event};
use crate::ledger::{Envelope, SigningKey, Typ, Verified};

/// One signed event of a played script or of a founding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// When it is sent to the ledger.
    pub recorded_at: Timestamp,
    /// The uploading device's clock minus the ledger's, in milliseconds.
    pub skew_ms: i64,
    /// The event as its signer states it.
    pub envelope: Envelope<Verified>,
    /// Who signs, by its name in the world.
    pub actor: String,
    /// Line of the script, from 1; 0 in a founding.
    pub line: usize,
    /// True for a fact: it may arrive in any order, a declaration may not.
    pub is_fact: bool,
    /// When it happened by the signer's clock.
    pub occurred_at: Timestamp,
    /// The code of the objection the ledger must answer with, where the script says it is refused.
    pub refused: Option<String>,
}

impl Scripted {
    /// Sign `event` and send it at `recorded_at` from a device whose clock is right.
    pub(super) fn new(event: &Event, key: &SigningKey, recorded_at: Timestamp, actor: &str) -> Self {
        Self {
            recorded_at,
            skew_ms: 0,
            envelope: sign(event, key),
            actor: actor.to_owned(),
            line: 0,
            is_fact: event.kind().class() == Class::Fact,
            occurred_at: event.occurred_at,
            refused: None,
        }
    }
}

fn sign(event: &Event, key: &SigningKey) -> Envelope<Verified> {
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), key)
}

/// The same statement signed over other bytes: its id is another, its act and content are the same.
pub(super) fn sign_spaced(event: &Event, key: &SigningKey) -> Envelope<Verified> {
    Envelope::sign(Typ::Event, format!("{:#}", event.to_json()).as_bytes(), key)
}
