//! The other side's word in a handover of a bundle: what the log's key says of a code must hold, and neither it nor handwriting is a signature.

use super::report::{Flaw, Note};
use crate::custody::admit::handover;
use crate::custody::confirmed::objection;
use crate::custody::event::Event;
use crate::custody::payload::handover::GivenWord;
use crate::ledger::PublicKey;

/// What a reader must know of it; a flaw where it does not fit the handover or this log did not say it.
pub(super) fn note(event: &Event, log_key: &PublicKey) -> Result<Option<Note>, Flaw> {
    if let Some(objection) = objection(event, log_key) {
        return Err(Flaw::new("confirmed", objection.zh, objection.en));
    }
    let confirmed = handover(event).and_then(|(_, handover)| handover.confirmed.as_ref());
    Ok(confirmed.map(|confirmed| match confirmed {
        GivenWord::Handwriting(_) => Note::ByHand,
        GivenWord::Code(_) => Note::ByCode,
    }))
}
