//! The audit: everything in the log tables is computed again from the bytes and compared, entry by entry, in flat memory.
//!
//! It trusts nothing stored beside the signed bytes: not the hashes, not the keys, not the head.

use std::collections::HashMap;

use super::error::Fault;
use crate::custody::leaf::leaf_of;
use crate::custody::{Event, Statement};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::leaf::{Salt, commitment};
use crate::ledger::merkle::{empty_root, leaf_hash};
use crate::ledger::note::NoteVerifier;
use crate::ledger::tile::TileTail;
use crate::ledger::{Envelope, EventId, Kid, PublicKey, Typ, Unverified};
use crate::store::log::{self, Entry, StoredCheckpoint};
use crate::store::{ReadTx, Store};

/// Entries read at once.
const PAGE: u64 = 1_000;

/// The first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table} at {place}: {what}")]
pub struct Broken {
    /// The table.
    pub table: &'static str,
    /// Where in it: a log index, a tile, a size.
    pub place: String,
    /// What does not fit.
    pub what: String,
}

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Entries: bytes, signatures, leaves, keys.
    pub entries: u64,
    /// Full tiles.
    pub tiles: u64,
    /// Stored checkpoints.
    pub checkpoints: u64,
}

/// Why an audit did not end well.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The log is not what it was.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<crate::store::StoreError> for AuditError {
    /// A row that cannot be decoded is a broken log, not a fault of ours.
    fn from(error: crate::store::StoreError) -> Self {
        match error {
            crate::store::StoreError::Corrupt { query, column, detail } => {
                let place = format!("column {column}");
                Self::Broken(Broken { table: log::table_of(query), place, what: detail })
            }
            other => Self::Fault(other.into()),
        }
    }
}

fn broken(table: &'static str, place: impl ToString, what: impl Into<String>) -> AuditError {
    AuditError::Broken(Broken { table, place: place.to_string(), what: what.into() })
}

/// The content of an entry, parsed once, or why it cannot be.
struct Content(Result<(Envelope<Unverified>, Event), String>);

impl Content {
    fn of(entry: &Entry) -> Self {
        let parse = || {
            let jws = entry.jws.as_deref().unwrap_or_default();
            let envelope = Envelope::parse(jws.as_bytes(), Typ::Event).map_err(|error| error.to_string())?;
            let event = Event::parse(envelope.payload()).map_err(|error| error.to_string())?;
            Ok((envelope, event))
        };
        Self(parse())
    }
}

/// Everything the walk carries from entry to entry.
struct Walk {
    origin: String,
    tail: TileTail,
    keys: HashMap<Kid, PublicKey>,
    verifier: Option<NoteVerifier>,
    recorded_at_ms: i64,
    indexes: HashMap<EventId, u64>,
    acts: HashMap<(String, uuid::Uuid), (EventId, Option<u64>)>,
    first_acts: u64,
    next_checkpoint: Option<StoredCheckpoint>,
    audited: Audited,
}

/// Audit the log in a database. `progress` is told the number of entries done, now and then.
pub async fn verify(store: &Store, progress: impl Fn(u64, u64)) -> Result<Audited, AuditError> {
    let mut tx = store.read().await?;
    let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
    let mut walk = Walk {
        origin: String::new(),
        tail: TileTail::default(),
        keys: HashMap::new(),
        verifier: None,
        recorded_at_ms: 0,
        indexes: HashMap::new(),
        acts: HashMap::new(),
        first_acts: 0,
        next_checkpoint: log::checkpoints_after(&mut tx, 0, 1).await?.into_iter().next(),
        audited: Audited::default(),
    };
    loop {
        let entries = log::entries(&mut tx, walk.tail.size(), PAGE).await?;
        if entries.is_empty() {
            break;
        }
        let contents: Vec<Content> = entries.iter().map(Content::of).collect();
        walk.load_keys(&mut tx, &contents).await?;
        for (entry, content) in entries.iter().zip(contents) {
            walk.entry(&mut tx, entry, content).await?;
        }
        progress(walk.tail.size(), head.size);
    }
    walk.finish(&mut tx, &head).await?;
    Ok(walk.audited)
}

impl Walk {
    /// Where the key tables find the events and acts of a page.
    async fn load_keys(&mut self, tx: &mut ReadTx, contents: &[Content]) -> Result<(), AuditError> {
        let good = || contents.iter().filter_map(|content| content.0.as_ref().ok());
        let ids: Vec<EventId> = good().map(|(envelope, _)| envelope.event_id()).collect();
        self.indexes = log::indexes_of(tx, &ids).await?.into_iter().collect();
        let acts: Vec<_> = good().map(|(_, event)| event.act.as_uuid()).collect();
        let firsts = log::first_of_acts(tx, &acts).await?;
        let first_ids: Vec<EventId> = firsts.iter().map(|(_, _, id)| *id).collect();
        let indexes: HashMap<_, _> = log::indexes_of(tx, &first_ids).await?.into_iter().collect();
        let found =
            firsts.into_iter().map(|(party, act, id)| ((party, act), (id, indexes.get(&id).copied())));
        self.acts = found.collect();
        Ok(())
    }

    async fn entry(&mut self, tx: &mut ReadTx, entry: &Entry, content: Content) -> Result<(), AuditError> {
        let index = self.tail.size();
        let wrong = |what: &str| broken("log_entry", index, what);
        if entry.index != index {
            return Err(broken(
                "log_entry",
                index,
                format!("the entry is missing; the next one is {}", entry.index),
            ));
        }
        let event = self.content(entry, content)?;
        if self.indexes.get(&entry.event_id) != Some(&index) {
            return Err(broken("event_key", index, "the entry is not found by its event id"));
        }
        if entry.recorded_at.as_millis() < self.recorded_at_ms {
            return Err(wrong("it was recorded before the entry in front of it"));
        }
        self.recorded_at_ms = entry.recorded_at.as_millis();
        self.act(&event, entry)?;
        for tile in self.tail.append(leaf_hash(&entry.leaf)) {
            let place = format!("{}/{}", tile.id.level, tile.id.index);
            let stored = log::full_tile(tx, tile.id.level, tile.id.index).await?;
            let root = log::tile_root(tx, tile.id.level, tile.id.index).await?;
            if stored.as_deref() != Some(&tile.hashes[..]) {
                return Err(broken(
                    "tile",
                    place,
                    format!("its hashes are not those of the entries up to {index}"),
                ));
            }
            if root != Some(tile.root) {
                return Err(broken("tile", place, "its root is not the root of its hashes"));
            }
            self.audited.tiles += 1;
        }
        self.audited.entries += 1;
        self.checkpoint(tx).await
    }

    /// The act of an entry names the entry itself, or an earlier one.
    fn act(&mut self, event: &Event, entry: &Entry) -> Result<(), AuditError> {
        match self.acts.get(&(event.party.to_string(), event.act.as_uuid())) {
            Some((id, _)) if *id == entry.event_id => self.first_acts += 1,
            Some((_, Some(first))) if *first < entry.index => {}
            Some(_) => return Err(broken("act_key", entry.index, "the act does not name an earlier event")),
            None => return Err(broken("act_key", entry.index, "the act of this entry is missing")),
        }
        Ok(())
    }

    /// Bytes, signature, commitment and leaf of one entry.
    fn content(&mut self, entry: &Entry, content: Content) -> Result<Event, AuditError> {
        let index = entry.index;
        let wrong = |what: String| broken("log_entry", index, what);
        let (Some(jws), Some(salt)) = (&entry.jws, entry.salt) else {
            return Err(wrong("its content is gone, and no erasure notice names it".to_owned()));
        };
        let (envelope, event) = content.0.map_err(wrong)?;
        if envelope.compact() != jws {
            return Err(wrong("its bytes are not in the stored form".to_owned()));
        }
        let (id, kid) = (envelope.event_id(), envelope.kid());
        self.learn(&event)?;
        let key =
            self.keys.get(&kid).ok_or_else(|| wrong(format!("no earlier entry enrols its key {kid}")))?;
        let envelope = envelope.verify(key).map_err(|error| wrong(error.to_string()))?;
        if id != entry.event_id {
            return Err(wrong("its bytes do not hash to its event id".to_owned()));
        }
        if index == 0 {
            self.origin = event.log.to_string();
        }
        if *event.log != *self.origin {
            return Err(wrong(format!("it speaks to the ledger {}", &*event.log)));
        }
        let sealed =
            commitment(&Salt(salt), entry.recorded_at.as_millis(), entry.skew_ms, envelope.compact());
        let leaf = leaf_of(&event.statement, sealed);
        if leaf.to_bytes() != entry.leaf || leaf.kind() != entry.leaf_kind {
            return Err(wrong("salt, times and bytes do not open its leaf".to_owned()));
        }
        Ok(event)
    }

    /// Keys come from the log alone; that they were rightly enrolled is judged by the folds.
    fn learn(&mut self, event: &Event) -> Result<(), AuditError> {
        let key = match &event.statement {
            Statement::LedgerFounded(s) => {
                self.verifier = Some(NoteVerifier { name: event.log.to_string(), key: s.log_key });
                s.key
            }
            Statement::KeyEnrolled(s) => s.key,
            Statement::KeyRotated(s) => s.key,
            _ => return Ok(()),
        };
        self.keys.insert(key.kid(), key);
        Ok(())
    }

    /// Compare the stored checkpoint of the size just reached, if there is one.
    async fn checkpoint(&mut self, tx: &mut ReadTx) -> Result<(), AuditError> {
        let size = self.tail.size();
        let Some(stored) = self.next_checkpoint.take_if(|stored| stored.size <= size) else { return Ok(()) };
        let wrong = |what: String| broken("checkpoint", stored.size, what);
        let verifier =
            self.verifier.as_ref().ok_or_else(|| wrong("it comes before the founding".to_owned()))?;
        let opened = Checkpoint::open(&stored.note, verifier).map_err(|error| wrong(error.to_string()))?;
        if opened.size != stored.size || opened.root != stored.root {
            return Err(wrong("its note says another size or root".to_owned()));
        }
        if opened.size != size || opened.root != self.tail.root() {
            return Err(wrong("its root is not the root of the entries".to_owned()));
        }
        self.audited.checkpoints += 1;
        self.next_checkpoint = log::checkpoints_after(tx, stored.size, 1).await?.into_iter().next();
        Ok(())
    }

    async fn finish(&mut self, tx: &mut ReadTx, head: &log::Head) -> Result<(), AuditError> {
        let size = self.tail.size();
        let root = if size == 0 { empty_root() } else { self.tail.root() };
        if head.origin != self.origin {
            return Err(broken(
                "log_head",
                "origin",
                format!("it says {}, the log is {}", head.origin, self.origin),
            ));
        }
        if head.size != size {
            return Err(broken(
                "log_head",
                "size",
                format!("it says {}, the log has {size} entries", head.size),
            ));
        }
        if head.root != root {
            return Err(broken("log_head", "root", "it is not the root of the entries"));
        }
        if head.recorded_at.as_millis() != self.recorded_at_ms {
            return Err(broken("log_head", "recorded_at_ms", "it is not the time of the last entry"));
        }
        if let Some(stored) = &self.next_checkpoint {
            return Err(broken("checkpoint", stored.size, "it covers more entries than there are"));
        }
        let latest = log::latest_checkpoint(tx).await?.map_or(0, |checkpoint| checkpoint.size);
        if latest != size {
            return Err(broken("checkpoint", size, "the head of the log has no checkpoint"));
        }
        for (table, counted, wanted) in [
            ("event_key", log::count_event_keys(tx).await?, self.audited.entries),
            ("act_key", log::count_act_keys(tx).await?, self.first_acts),
            ("tile", log::count_tiles(tx).await?, self.audited.tiles),
        ] {
            if counted != wanted {
                return Err(broken(table, "count", format!("it has {counted} rows, {wanted} are wanted")));
            }
        }
        Ok(())
    }
}
