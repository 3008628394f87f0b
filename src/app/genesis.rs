//! Founding: the empty database gets a head row and the signed first event, in one transaction.

use std::sync::Arc;

use super::anchor::Roots;
use super::error::{Fault, SubmitError};
use super::prepare::{self, LogName};
use super::seal::entry_of;
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::custody::books::Books;
use crate::custody::kind::PayloadError;
use crate::custody::{Event, Statement};
use crate::id::{ActId, derived};
use crate::ledger::merkle::{empty_root, leaf_hash};
use crate::ledger::tile::TileTail;
use crate::ledger::{Envelope, PublicKey, SigningKey, Typ, Verified};
use crate::registry::standing::Founded;
use crate::shape::{List, Text};
use crate::store::log::{self, Head};
use crate::store::{Store, books as shelves};

/// Found a ledger with a signed `ledger.founded` event. Refused when the database holds a ledger, or when the event is not
/// signed by the very key it names.
pub async fn found(store: &Store, envelope: &[u8], recorded_at: Timestamp) -> Result<(), SubmitError> {
    let parsed = prepare::parse(envelope)?;
    let origin = parsed.origin().to_owned();
    let not_founding =
        || Fault::Entry { index: 0, what: "the first event must be ledger.founded".to_owned() };
    let log_key = parsed.founded_log_key().ok_or_else(not_founding)?;
    let log = LogName { origin: &origin, key: &log_key };
    let prepared = parsed.verify(log, &std::collections::HashMap::new())?;
    let Statement::LedgerFounded(founded) = &prepared.event.statement else {
        return Err(not_founding().into());
    };
    let rulebook = super::rulebook(&founded.jurisdiction)?;
    let mut tx = store.write().await?;
    if let Some(head) = log::lock_head(&mut tx).await? {
        return Err(Fault::AlreadyFounded(head.origin).into());
    }
    let mut books = Books::new(rulebook);
    let anchored = Roots::default().judge(prepared.event.anchor.as_ref(), 0);
    let (candidate, compact) = prepared.at(0, recorded_at, None, anchored, true);
    let (recorded, circumstances) = books.admit(candidate).map_err(super::Refusal::unacceptable)?;
    let recorded = Arc::new(recorded);
    let entry = entry_of(&recorded, compact)?;
    let outcome =
        books.record(Arc::clone(&recorded), circumstances).map_err(|needs| Fault::Tree(needs.to_string()))?;
    let mut tail = TileTail::default();
    tail.append(leaf_hash(&entry.leaf));
    let acts = [(recorded.event.party, recorded.event.act.as_uuid(), recorded.id)];
    let head = Head { origin, size: 0, root: empty_root(), recorded_at };
    log::create_head(&mut tx, &head).await?;
    log::append(&mut tx, vec![entry], &acts, &[]).await?;
    shelves::save(&mut tx, &mut books, &[(0, outcome)]).await?;
    log::save_head(&mut tx, &Head { size: 1, root: tail.root(), ..head }).await?;
    tx.commit().await?;
    Ok(())
}

/// What a ledger is founded with.
#[derive(Clone, Debug)]
pub struct Founding {
    /// Origin of the log.
    pub origin: String,
    /// Name for people.
    pub name: Text<100>,
    /// Jurisdiction profile.
    pub jurisdiction: Text<16>,
    /// Division the authority supervises.
    pub division: Division,
    /// The authority.
    pub authority: Uscc,
    /// Its name.
    pub authority_name: Text<100>,
}

/// The signed founding event. Its act is derived from the origin: a ledger is founded once.
pub fn envelope(
    founding: &Founding,
    authority: &SigningKey,
    log_key: &PublicKey,
    at: Timestamp,
) -> Result<Envelope<Verified>, SubmitError> {
    let origin = Text::new(founding.origin.clone());
    let origin = origin
        .map_err(|why| PayloadError::new("/log", "日志名称不符合规定", why))
        .map_err(super::Refusal::from)?;
    let event = Event {
        log: origin,
        act: ActId::from_uuid(derived(&[b"liandan/founding/v1", founding.origin.as_bytes()])),
        party: founding.authority,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement: Statement::LedgerFounded(Founded {
            name: founding.name.clone(),
            jurisdiction: founding.jurisdiction.clone(),
            division: founding.division,
            authority_name: founding.authority_name.clone(),
            key: authority.public(),
            log_key: *log_key,
        }),
    };
    Ok(Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), authority))
}
