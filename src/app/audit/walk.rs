//! One walk over the log: every entry is parsed and its signatures are checked over all cores, then it is compared, in order,
//! with everything that is stored beside it. Memory is flat.

use std::collections::{BTreeSet, HashMap};

use super::held::{Held, HeldHeads};
use super::signers::Signers;
use super::{AuditError, Audited, broken, cosigned};
use crate::app::prepare::Prepared;
use crate::app::receipt::event_of;
use crate::app::replay::{Checked, Content};
use crate::custody::Statement;
use crate::custody::books::Rulebook;
use crate::custody::leaf::leaf_of;
use crate::ledger::EventId;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::leaf::{Salt, commitment};
use crate::ledger::merkle::leaf_hash;
use crate::ledger::note::NoteVerifier;
use crate::ledger::policy::Policy;
use crate::ledger::tile::{FullTile, TileTail};
use crate::store::log::{self, Entry, StoredCheckpoint};
use crate::store::{ReadTx, log_audit, residue};

/// Everything the walk carries from entry to entry.
pub(in crate::app) struct Walk {
    pub(super) origin: String,
    pub(in crate::app) rulebook: Rulebook,
    pub(super) tail: TileTail,
    verifier: NoteVerifier,
    recorded_at_ms: i64,
    indexes: HashMap<EventId, u64>,
    acts: HashMap<(String, uuid::Uuid), (EventId, Option<u64>)>,
    first_acts: u64,
    erased: u64,
    /// Entries whose content is gone, while no notice named them.
    unnoticed: BTreeSet<u64>,
    next_checkpoint: Option<StoredCheckpoint>,
    held: HeldHeads,
    /// Keys of witnesses; without them their cosignatures are only compared with what stands beside them.
    pub(super) policy: Option<Policy>,
    pub(super) audited: Audited,
}

impl Walk {
    /// Stand before the first entry. Its founding says which log this is and which profile is in force; its signature is
    /// checked like every other.
    pub(in crate::app) async fn start(tx: &mut ReadTx) -> Result<Self, AuditError> {
        let wrong = |what: String| broken("log_entry", 0, what);
        let first = log::entry(tx, 0).await?.ok_or_else(|| wrong("the entry is missing".to_owned()))?;
        let event = event_of(&first).map_err(|fault| wrong(fault.to_string()))?;
        let Statement::LedgerFounded(founded) = &event.statement else {
            return Err(wrong("it is not the founding of a ledger".to_owned()));
        };
        let origin = event.log.to_string();
        Ok(Self {
            rulebook: crate::app::rulebook(&founded.jurisdiction)
                .map_err(|fault| wrong(fault.to_string()))?,
            verifier: NoteVerifier { name: origin.clone(), key: founded.log_key },
            origin,
            tail: TileTail::default(),
            recorded_at_ms: 0,
            indexes: HashMap::new(),
            acts: HashMap::new(),
            first_acts: 0,
            erased: 0,
            unnoticed: BTreeSet::new(),
            next_checkpoint: log::checkpoints_after(tx, 0, 1).await?.into_iter().next(),
            held: HeldHeads::default(),
            policy: None,
            audited: Audited::default(),
        })
    }

    /// Compare the log with these heads too. Before the first entry.
    pub(super) fn hold(&mut self, held: Vec<Held>) -> Result<(), AuditError> {
        self.audited.held = held.len() as u64;
        self.held = HeldHeads::of(held, &self.verifier)?;
        Ok(())
    }

    /// Nobody has signed yet.
    pub(in crate::app) fn signers(&self) -> Signers {
        Signers::of(self.origin.clone(), self.verifier.key)
    }

    /// What was checked so far.
    pub(in crate::app) fn audited(&self) -> Audited {
        self.audited.clone()
    }

    /// Compare a page of entries with all that is stored beside it.
    pub(in crate::app) async fn check(
        &mut self,
        tx: &mut ReadTx,
        signers: &Signers,
        page: &[Checked],
    ) -> Result<(), AuditError> {
        self.load_keys(tx, page).await?;
        for checked in page {
            self.entry(tx, signers, checked).await?;
        }
        Ok(())
    }

    /// Where the key tables find the events and acts of a page.
    async fn load_keys(&mut self, tx: &mut ReadTx, page: &[Checked]) -> Result<(), AuditError> {
        let ids: Vec<EventId> = page.iter().map(|checked| checked.entry.event_id).collect();
        self.indexes = log::indexes_of(tx, &ids).await?.into_iter().collect();
        let acts: Vec<_> = page.iter().map(Checked::act).map(|(party, act)| (party, act.as_uuid())).collect();
        let firsts = log::first_of_acts(tx, &acts).await?;
        let first_ids: Vec<EventId> = firsts.iter().map(|(_, _, id)| *id).collect();
        let indexes: HashMap<_, _> = log::indexes_of(tx, &first_ids).await?.into_iter().collect();
        let found =
            firsts.into_iter().map(|(party, act, id)| ((party, act), (id, indexes.get(&id).copied())));
        self.acts = found.collect();
        Ok(())
    }

    async fn entry(
        &mut self,
        tx: &mut ReadTx,
        signers: &Signers,
        checked: &Checked,
    ) -> Result<(), AuditError> {
        let entry = &checked.entry;
        let index = self.tail.size();
        let wrong = |what: &str| broken("log_entry", index, what);
        if entry.index != index {
            return Err(wrong(&format!("the entry is missing; the next one is {}", entry.index)));
        }
        if let Some(prepared) = checked.said() {
            content(signers, entry, prepared)?;
        }
        if self.indexes.get(&entry.event_id) != Some(&index) {
            return Err(broken("event_key", index, "the entry is not found by its event id"));
        }
        if entry.recorded_at.as_millis() < self.recorded_at_ms {
            return Err(wrong("it was recorded before the entry in front of it"));
        }
        self.recorded_at_ms = entry.recorded_at.as_millis();
        self.act(checked)?;
        self.erasure(checked);
        for tile in self.tail.append(leaf_hash(&entry.leaf)) {
            self.tile(tx, index, &tile).await?;
        }
        self.audited.entries += 1;
        self.held.pass(&self.tail)?;
        self.checkpoint(tx).await
    }

    /// A tile that an entry filled is stored, with its root.
    async fn tile(&mut self, tx: &mut ReadTx, index: u64, tile: &FullTile) -> Result<(), AuditError> {
        let place = format!("{}/{}", tile.id.level, tile.id.index);
        let stored = log::full_tile(tx, tile.id.level, tile.id.index).await?;
        let root = log_audit::tile_root(tx, tile.id.level, tile.id.index).await?;
        if stored.as_deref() != Some(&tile.hashes[..]) {
            let what = format!("its hashes are not those of the entries up to {index}");
            return Err(broken("tile", place, what));
        }
        if root != Some(tile.root) {
            return Err(broken("tile", place, "its root is not the root of its hashes"));
        }
        self.audited.tiles += 1;
        Ok(())
    }

    /// The act of an entry names the entry itself, or an earlier one.
    fn act(&mut self, checked: &Checked) -> Result<(), AuditError> {
        let (entry, (party, act)) = (&checked.entry, checked.act());
        match self.acts.get(&(party.to_string(), act.as_uuid())) {
            Some((id, _)) if *id == entry.event_id => self.first_acts += 1,
            Some((_, Some(first))) if *first < entry.index => {}
            Some(_) => return Err(broken("act_key", entry.index, "the act does not name an earlier event")),
            None => return Err(broken("act_key", entry.index, "the act of this entry is missing")),
        }
        Ok(())
    }

    /// An entry without content waits for the notice behind it that names it. A notice under a used act erases nothing.
    fn erasure(&mut self, checked: &Checked) {
        let prepared = match &checked.content {
            Content::Said(prepared) => prepared,
            Content::Erased(..) => {
                self.erased += 1;
                self.unnoticed.insert(checked.entry.index);
                return;
            }
        };
        let Statement::ErasureNoticed(notice) = &prepared.event.statement else { return };
        let act = (prepared.event.party.to_string(), prepared.event.act.as_uuid());
        if self.acts.get(&act).is_some_and(|(first, _)| *first == checked.entry.event_id) {
            for index in notice.indexes.iter() {
                self.unnoticed.remove(index);
            }
        }
    }

    /// Compare the stored checkpoint of the size just reached, if there is one.
    async fn checkpoint(&mut self, tx: &mut ReadTx) -> Result<(), AuditError> {
        let size = self.tail.size();
        let Some(stored) = self.next_checkpoint.take_if(|stored| stored.size <= size) else { return Ok(()) };
        let wrong = |what: String| broken("checkpoint", stored.size, what);
        let opened =
            Checkpoint::open(&stored.note, &self.verifier).map_err(|error| wrong(error.to_string()))?;
        if opened.size != stored.size || opened.root != stored.root {
            return Err(wrong("its note says another size or root".to_owned()));
        }
        if opened.size != size || opened.root != self.tail.root() {
            return Err(wrong("its root is not the root of the entries".to_owned()));
        }
        cosigned::check(tx, &stored, self.policy.as_ref(), &mut self.audited).await?;
        self.audited.checkpoints += 1;
        self.next_checkpoint = log::checkpoints_after(tx, stored.size, 1).await?.into_iter().next();
        Ok(())
    }

    /// Compare the head and the number of rows of each table with what was walked.
    pub(in crate::app) async fn finish(
        &mut self,
        tx: &mut ReadTx,
        head: &log::Head,
    ) -> Result<(), AuditError> {
        let (size, root) = (self.tail.size(), self.tail.root());
        self.held.finish(size)?;
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
        if let Some(index) = self.unnoticed.first() {
            return Err(broken("log_entry", index, "its content is gone, and no erasure notice names it"));
        }
        // Between COMMIT and signing, the last entries have no checkpoint yet.
        let latest = log::latest_checkpoint(tx).await?.map_or(0, |checkpoint| checkpoint.size);
        self.audited.unsigned = size.saturating_sub(latest);
        for (table, counted, wanted) in [
            ("event_key", log_audit::count_event_keys(tx).await?, self.audited.entries),
            ("act_key", log_audit::count_act_keys(tx).await?, self.first_acts),
            ("tile", log_audit::count_tiles(tx).await?, self.audited.tiles),
            ("residue", residue::count(tx).await?, self.erased),
        ] {
            if counted != wanted {
                return Err(broken(table, "count", format!("it has {counted} rows, {wanted} are wanted")));
            }
        }
        cosigned::count(tx, &self.audited).await
    }
}

/// Bytes, commitment, leaf and key of an entry whose signature is good.
fn content(signers: &Signers, entry: &Entry, prepared: &Prepared) -> Result<(), AuditError> {
    let wrong = |what: String| broken("log_entry", entry.index, what);
    if Some(&prepared.compact) != entry.jws.as_ref() {
        return Err(wrong("its bytes are not in the stored form".to_owned()));
    }
    if !signers.had(&prepared.kid, entry.index) {
        return Err(wrong(format!("no earlier entry enrols its key {}", prepared.kid)));
    }
    if prepared.id != entry.event_id {
        return Err(wrong("its bytes do not hash to its event id".to_owned()));
    }
    let salt = entry.salt.ok_or_else(|| wrong("its salt is gone".to_owned()))?;
    let recorded_at_ms = entry.recorded_at.as_millis();
    let sealed = commitment(&Salt(salt), recorded_at_ms, entry.skew_ms, &prepared.compact);
    let leaf = leaf_of(&prepared.event.statement, sealed);
    if leaf.to_bytes() != entry.leaf || leaf.kind() != entry.leaf_kind {
        return Err(wrong("salt, times and bytes do not open its leaf".to_owned()));
    }
    Ok(())
}
