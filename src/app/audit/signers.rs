//! Before entries are compared with anything: they are parsed and their signatures checked, over all cores.

use std::collections::HashMap;
use std::sync::Arc;

use super::{AuditError, broken};
use crate::app::cores::over_cores;
use crate::app::error::Refusal;
use crate::app::prepare::{self, LogName, Parsed};
use crate::app::replay::{Checked, Content};
use crate::custody::Statement;
use crate::custody::residue::Residue;
use crate::ledger::leaf::{KIND_EVENT, Leaf};
use crate::ledger::{Envelope, Kid, PublicKey, Typ};
use crate::store::ReadTx;
use crate::store::log::{self, Entry};
use crate::store::residue::{self, StoredResidue};

/// A stored entry, and what stands for its content once that is gone.
pub(in crate::app) struct Stored {
    entry: Entry,
    residue: Option<StoredResidue>,
}

/// Up to `limit` entries from index `from` on, with their residues.
pub(in crate::app) async fn stored(
    tx: &mut ReadTx,
    from: u64,
    limit: u64,
) -> Result<Vec<Stored>, AuditError> {
    let entries = log::entries(tx, from, limit).await?;
    let erased = entries.iter().filter(|entry| entry.jws.is_none()).map(|entry| entry.index);
    let residues = residue::at(tx, &erased.collect::<Vec<_>>()).await?;
    let mut residues: HashMap<u64, StoredResidue> =
        residues.into_iter().map(|residue| (residue.index, residue)).collect();
    let stored = entries.into_iter().map(|entry| Stored { residue: residues.remove(&entry.index), entry });
    Ok(stored.collect())
}

/// The index behind the last of some entries.
pub(in crate::app) fn end_of(entries: &[Stored]) -> Option<u64> {
    entries.last().map(|stored| stored.entry.index + 1)
}

/// The keys that entries enrolled, each with the log index of its enrolment, and the ledger they sign for.
pub(in crate::app) struct Signers {
    origin: String,
    log_key: PublicKey,
    keys: HashMap<Kid, (PublicKey, u64)>,
}

impl Signers {
    /// Nobody has signed yet.
    pub(super) fn of(origin: String, log_key: PublicKey) -> Self {
        Self { origin, log_key, keys: HashMap::new() }
    }

    /// Parse entries that come next and check their signatures, over all cores.
    pub(in crate::app) async fn prepare(&self, entries: Vec<Stored>) -> Result<Vec<Checked>, AuditError> {
        let parsed = over_cores(entries, |stored| {
            let parsed = stored.entry.jws.as_deref().map(|jws| prepare::parse(jws.as_bytes()));
            (stored, parsed)
        });
        let parsed: Vec<(Stored, Option<Result<Parsed, Refusal>>)> = parsed.await?;
        let good = || parsed.iter().filter_map(|(_, parsed)| parsed.as_ref()?.as_ref().ok());
        let kids = good().flat_map(Parsed::kids);
        let mut keys: HashMap<Kid, PublicKey> =
            kids.filter_map(|kid| self.keys.get(&kid).map(|(key, _)| (kid, *key))).collect();
        // A key may be enrolled by an earlier entry of these; the walk sees that it was.
        keys.extend(good().filter_map(Parsed::own_key).map(|key| (key.kid(), key)));
        let (origin, log_key, keys) = (self.origin.clone(), self.log_key, Arc::new(keys));
        let verified = over_cores(parsed, move |(Stored { entry, residue }, parsed)| {
            let index = entry.index;
            let content = match (parsed, residue) {
                (Some(parsed), _) => parsed
                    .and_then(|parsed| parsed.verify(LogName { origin: &origin, key: &log_key }, &keys))
                    .map(|prepared| Content::Said(Box::new(prepared)))
                    .map_err(|refusal| broken("log_entry", index, said(&refusal))),
                (None, Some(stored)) => left(&entry, stored, &origin, &log_key),
                (None, None) => {
                    Err(broken("log_entry", index, "its content is gone, and no residue stands for it"))
                }
            };
            content.map(|content| Checked { entry, content })
        });
        verified.await?.into_iter().collect()
    }

    /// Keys come from the log alone; that they were rightly enrolled is judged by the folds.
    pub(in crate::app) fn learn(&mut self, page: &[Checked]) {
        for Checked { entry, content } in page {
            let Content::Said(prepared) = content else { continue };
            let key = match &prepared.event.statement {
                Statement::LedgerFounded(s) => s.key,
                Statement::KeyEnrolled(s) => s.key,
                Statement::KeyRotated(s) => s.key,
                _ => continue,
            };
            self.keys.entry(key.kid()).or_insert((key, entry.index));
        }
    }

    /// True when an entry at or before the index enrolled the key.
    pub(super) fn had(&self, kid: &Kid, index: u64) -> bool {
        self.keys.get(kid).is_some_and(|(_, enrolled)| *enrolled <= index)
    }
}

/// What is left of an entry without content: the log's key says it, of this very entry.
fn left(
    entry: &Entry,
    stored: StoredResidue,
    origin: &str,
    log_key: &PublicKey,
) -> Result<Content, AuditError> {
    let wrong = |what: String| broken("residue", entry.index, what);
    let envelope = Envelope::parse(stored.jws.as_bytes(), Typ::Residue);
    let envelope = envelope.and_then(|envelope| envelope.verify(log_key));
    let envelope = envelope.map_err(|error| wrong(error.to_string()))?;
    let residue = Residue::parse(envelope.payload()).map_err(|error| wrong(error.to_string()))?;
    if *residue.log != *origin || !residue.fits(entry.index, entry.event_id, entry.recorded_at, entry.skew_ms)
    {
        return Err(wrong("it is that of another entry".to_owned()));
    }
    if entry.salt.is_some() {
        return Err(broken("log_entry", entry.index, "its content is gone and its salt is not"));
    }
    if !matches!(Leaf::parse(&entry.leaf), Ok(Leaf::Event { .. })) || entry.leaf_kind != KIND_EVENT {
        return Err(broken(
            "log_entry",
            entry.index,
            "its content is gone, and its leaf is not a sealed one",
        ));
    }
    Ok(Content::Erased(Box::new(residue), stored))
}

/// A refusal in one line.
fn said(refusal: &Refusal) -> String {
    let reasons: Vec<String> =
        refusal.errors.iter().map(|error| format!("{} ({})", error.en, error.code)).collect();
    reasons.join("; ")
}
