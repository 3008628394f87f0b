//! Backups: the log in one file, the same for both databases. What is computed from it is left out and computed again.
//!
//! The file is text, a JSON value a line: `begin`, then each entry, each checkpoint behind the last entry it covers, the attachments kept beside the
//! log with their bytes in parts, the devices whose heartbeats are kept there, and `end` with the digest of all lines before. Restoring checks every entry, every checkpoint and the head as an audit does, in one
//! transaction: a file that is not whole leaves an empty database.

mod devices;
mod files;
mod seen;

use std::io::{BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::audit::{self, AuditError, Audited};
use super::error::Fault;
use super::rebuild;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::Event;
use crate::custody::leaf::leaf_of;
use crate::custody::residue::Residue;
use crate::id::ActId;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::envelope::MAX_ENVELOPE_BYTES;
use crate::ledger::leaf::{Salt, commitment};
use crate::ledger::merkle::{empty_root, leaf_hash};
use crate::ledger::tile::TileTail;
use crate::ledger::{Digest, Envelope, Typ, b64};
use crate::store::cosignature::{self, StoredCosignature};
use crate::store::log::{self, Entry, Head, StoredCheckpoint};
use crate::store::residue::{self, StoredResidue};
use crate::store::{ReadTx, Store, WriteTx, deadline};

pub use seen::{BackupSeen, newest};

/// Name of the format.
const FORMAT: &str = "liandan-backup/v1";
/// Entries read or written at once.
const PAGE: u64 = 1_000;
/// Longest line: an entry of the largest size, and the names around it.
const MAX_LINE_BYTES: u64 = MAX_ENVELOPE_BYTES as u64 + 4_096;

/// One line of a backup.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    /// What follows.
    Begin { format: String, log: String, size: u64, root: Digest, opened_until_ms: i64 },
    /// An entry; its index is its place.
    Entry { event: String, salt: Digest, recorded_at_ms: i64, skew_ms: i64 },
    /// An entry whose content was erased: its public leaf, and the residue that stands for it.
    Erased { leaf: String, residue: String },
    /// The stored checkpoint of the entries so far: a signed note.
    Checkpoint(String),
    /// A witness's cosignature of the checkpoint above. Only its policy can judge it, so it is kept as it is.
    Cosignature { name: String, key_id: [u8; 4], size: u64, line: String, at_s: u64 },
    /// A file that events name by its digest; its bytes follow.
    File(files::FileLine),
    /// More bytes of that file, base64url.
    Part(String),
    /// A device of a site, and when it was heard.
    Device(devices::DeviceLine),
    /// The file is complete: SHA-256 of every line before, with their ends.
    End { sha256: Digest },
}

/// Write a backup of the log as it stands now, while it may be served; gives its head. `progress` is told the number of
/// entries done, and of all.
pub async fn write(store: &Store, out: impl Write, progress: impl Fn(u64, u64)) -> Result<Head, Fault> {
    let mut tx = store.read().await?;
    let head = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?;
    let opened_until_ms = deadline::opened_until(&mut tx).await?.as_millis();
    let mut out = Writer { out, hash: Sha256::new() };
    out.line(&Line::Begin {
        format: FORMAT.to_owned(),
        log: head.origin.clone(),
        size: head.size,
        root: head.root,
        opened_until_ms,
    })?;
    let mut checkpoint = checkpoint_after(&mut tx, 0).await?;
    let mut done = 0;
    while done < head.size {
        let entries = log::entries(&mut tx, done, PAGE).await?;
        if entries.is_empty() {
            return Err(Fault::Entry { index: done, what: "it is missing".to_owned() });
        }
        let erased = entries.iter().filter(|entry| entry.jws.is_none()).map(|entry| entry.index);
        let residues = residue::at(&mut tx, &erased.collect::<Vec<_>>()).await?;
        for entry in entries {
            done = entry.index + 1;
            out.line(&line_of(entry, &residues)?)?;
            while let Some(covering) = checkpoint.take_if(|stored| stored.size <= done) {
                out.line(&Line::Checkpoint(covering.note))?;
                for StoredCosignature { name, key_id, size, line, at_s } in
                    cosignature::of_size(&mut tx, covering.size).await?
                {
                    out.line(&Line::Cosignature { name, key_id, size, line, at_s })?;
                }
                checkpoint = checkpoint_after(&mut tx, covering.size).await?;
            }
        }
        progress(done, head.size);
    }
    files::write(&mut tx, |line| out.line(line)).await?;
    devices::write(&mut tx, |line| out.line(line)).await?;
    let sha256 = Digest(out.hash.clone().finalize().into());
    out.line(&Line::End { sha256 })?;
    Ok(head)
}

async fn checkpoint_after(tx: &mut ReadTx, size: u64) -> Result<Option<StoredCheckpoint>, Fault> {
    Ok(log::checkpoints_after(tx, size, 1).await?.into_iter().next())
}

fn line_of(entry: Entry, residues: &[StoredResidue]) -> Result<Line, Fault> {
    if let Some(residue) = residues.iter().find(|residue| residue.index == entry.index) {
        return Ok(Line::Erased { leaf: b64::encode(&entry.leaf), residue: residue.jws.clone() });
    }
    let gone = || Fault::Entry { index: entry.index, what: "its content is gone".to_owned() };
    Ok(Line::Entry {
        event: entry.jws.clone().ok_or_else(gone)?,
        salt: Digest(entry.salt.ok_or_else(gone)?),
        recorded_at_ms: entry.recorded_at.as_millis(),
        skew_ms: entry.skew_ms,
    })
}

/// Lines out, and the digest of them.
struct Writer<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Writer<W> {
    fn line(&mut self, line: &Line) -> Result<(), Fault> {
        let mut text = serde_json::to_vec(line).map_err(|error| Fault::Backup(error.to_string()))?;
        text.push(b'\n');
        self.hash.update(&text);
        self.out.write_all(&text).map_err(|error| Fault::Backup(error.to_string()))
    }
}

/// Restore a backup into an empty database and fold it; gives what was checked. Fails, and stores nothing, when the database
/// holds a ledger or the file is not whole. `progress` is told the number of entries folded, and of all.
pub async fn restore(
    store: &Store,
    input: impl BufRead,
    progress: impl Fn(u64, u64),
) -> Result<Audited, AuditError> {
    let mut tx = store.write().await?;
    if let Some(head) = log::lock_head(&mut tx).await? {
        return Err(Fault::AlreadyFounded(head.origin).into());
    }
    let mut input = Reader { input, hash: Sha256::new(), number: 0 };
    let wanted = begin(&mut tx, &mut input).await?;
    let mut log = Restored {
        tail: TileTail::default(),
        page: Vec::new(),
        residues: Vec::new(),
        checkpoints: Vec::new(),
        cosignatures: Vec::new(),
    };
    let mut files = files::Restoring::default();
    loop {
        let before = Digest(input.hash.clone().finalize().into());
        match input.line()? {
            Line::Begin { .. } => return Err(input.wrong("a second beginning").into()),
            Line::Entry { event, salt, recorded_at_ms, skew_ms } => {
                let index = log.tail.size() + log.page.len() as u64;
                let entry = entry_of(index, event, salt, recorded_at_ms, skew_ms);
                log.page.push(entry.map_err(|what| input.wrong(&what))?);
                if log.page.len() as u64 == PAGE {
                    log.write(&mut tx, &wanted.origin).await?;
                }
            }
            Line::Erased { leaf, residue } => {
                let index = log.tail.size() + log.page.len() as u64;
                let found = erased_of(index, &leaf, residue);
                let (found, residue) = found.map_err(|what| input.wrong(&what))?;
                log.page.push(found);
                log.residues.push(residue);
                if log.page.len() as u64 == PAGE {
                    log.write(&mut tx, &wanted.origin).await?;
                }
            }
            Line::Checkpoint(note) => log.checkpoints.push(note),
            Line::Cosignature { name, key_id, size, line, at_s } => {
                log.cosignatures.push(StoredCosignature { name, key_id, size, line, at_s });
            }
            Line::File(file) => files.begin(&mut tx, file).await.map_err(|what| input.wrong(&what))?,
            Line::Part(text) => files.part(&text).map_err(|what| input.wrong(&what))?,
            Line::Device(device) => device.restore(&mut tx).await.map_err(|what| input.wrong(&what))?,
            Line::End { sha256 } if sha256 == before => break,
            Line::End { .. } => return Err(input.wrong("the digest at the end is another").into()),
        }
    }
    files.finish(&mut tx).await.map_err(|what| input.wrong(&what))?;
    log.write(&mut tx, &wanted.origin).await?;
    if !input.is_at_end()? {
        return Err(input.wrong("something follows the end").into());
    }
    if log.tail.size() != wanted.size || log.tail.root() != wanted.root {
        return Err(input.wrong("the entries do not give the size and root at the beginning").into());
    }
    let audited = rebuild::in_place(&mut tx, audit::PAGE, None, progress).await?;
    tx.commit().await?;
    Ok(audited)
}

async fn begin<R: BufRead>(tx: &mut WriteTx, input: &mut Reader<R>) -> Result<Head, Fault> {
    let Line::Begin { format, log, size, root, opened_until_ms } = input.line()? else {
        return Err(input.wrong("it does not begin as a backup"));
    };
    if format != FORMAT {
        return Err(input.wrong(&format!("its format is not {FORMAT}")));
    }
    let recorded_at = Timestamp::from_millis(0);
    log::create_head(tx, &Head { origin: log.clone(), size: 0, root: empty_root(), recorded_at }).await?;
    if opened_until_ms > 0 {
        deadline::save_opened_until(tx, Timestamp::from_millis(opened_until_ms)).await?;
    }
    Ok(Head { origin: log, size, root, recorded_at })
}

/// An entry as it was, as far as its bytes tell; with the party and act of its event.
type Found = (Entry, (Uscc, ActId));

fn entry_of(
    index: u64,
    jws: String,
    salt: Digest,
    recorded_at_ms: i64,
    skew_ms: i64,
) -> Result<Found, String> {
    let envelope = Envelope::parse(jws.as_bytes(), Typ::Event).map_err(|error| error.to_string())?;
    let event = Event::parse(envelope.payload()).map_err(|error| error.to_string())?;
    let sealed = commitment(&Salt(salt.0), recorded_at_ms, skew_ms, &jws);
    let leaf = leaf_of(&event.statement, sealed);
    let entry = Entry {
        index,
        event_id: envelope.event_id(),
        leaf_kind: leaf.kind(),
        leaf: leaf.to_bytes(),
        jws: Some(jws),
        salt: Some(salt.0),
        recorded_at: Timestamp::from_millis(recorded_at_ms),
        skew_ms,
    };
    Ok((entry, (event.party, event.act)))
}

/// An erased entry as it was, as far as its residue tells; the walk checks who signed that.
fn erased_of(index: u64, leaf: &str, jws: String) -> Result<(Found, StoredResidue), String> {
    let leaf = b64::decode(leaf).map_err(|error| error.to_string())?;
    let envelope = Envelope::parse(jws.as_bytes(), Typ::Residue).map_err(|error| error.to_string())?;
    let residue = Residue::parse(envelope.payload()).map_err(|error| error.to_string())?;
    let entry = Entry {
        index,
        event_id: residue.event,
        leaf_kind: leaf.get(1).copied().unwrap_or_default(),
        leaf,
        jws: None,
        salt: None,
        recorded_at: residue.recorded_at(),
        skew_ms: residue.skew_ms,
    };
    Ok(((entry, (residue.party, residue.act)), StoredResidue { index, jws }))
}

/// The log tables on their way back.
struct Restored {
    tail: TileTail,
    page: Vec<Found>,
    residues: Vec<StoredResidue>,
    checkpoints: Vec<String>,
    cosignatures: Vec<StoredCosignature>,
}

impl Restored {
    /// Write a page of entries, and the checkpoints read with it. That they fit is seen when the log is walked.
    async fn write(&mut self, tx: &mut WriteTx, origin: &str) -> Result<(), Fault> {
        let page = std::mem::take(&mut self.page);
        residue::save(tx, &std::mem::take(&mut self.residues)).await?;
        if let Some((last, _)) = page.last() {
            let recorded_at = last.recorded_at;
            let acts: Vec<_> = page.iter().map(|(_, (party, act))| (*party, act.as_uuid())).collect();
            let known = log::first_of_acts(tx, &acts).await?.into_iter();
            let mut known: std::collections::HashSet<(String, uuid::Uuid)> =
                known.map(|(party, act, _)| (party, act)).collect();
            let mut new = Vec::new();
            for (entry, (party, act)) in &page {
                if known.insert((party.to_string(), act.as_uuid())) {
                    new.push((*party, act.as_uuid(), entry.event_id));
                }
            }
            let entries: Vec<Entry> = page.into_iter().map(|(entry, _)| entry).collect();
            let tiles: Vec<_> =
                entries.iter().flat_map(|entry| self.tail.append(leaf_hash(&entry.leaf))).collect();
            log::append(tx, entries, &new, &tiles).await?;
            let (size, root) = (self.tail.size(), self.tail.root());
            log::save_head(tx, &Head { origin: origin.to_owned(), size, root, recorded_at }).await?;
        }
        for note in self.checkpoints.drain(..) {
            // Only to find its row; the walk checks the signature and the root.
            let said =
                note.split_once("\n\n").and_then(|(text, _)| Checkpoint::parse(&format!("{text}\n")).ok());
            let said = said.ok_or_else(|| Fault::Backup("a checkpoint cannot be read".to_owned()))?;
            let stored = StoredCheckpoint { size: said.size, root: said.root, note };
            log::save_checkpoint(tx, &stored).await?;
        }
        for stored in self.cosignatures.drain(..) {
            cosignature::save(tx, &stored).await?;
        }
        Ok(())
    }
}

/// Lines in, bounded, and the digest of them.
struct Reader<R> {
    input: R,
    hash: Sha256,
    number: u64,
}

impl<R: BufRead> Reader<R> {
    fn line(&mut self) -> Result<Line, Fault> {
        self.number += 1;
        let mut text = Vec::new();
        let read = (&mut self.input).take(MAX_LINE_BYTES).read_until(b'\n', &mut text);
        read.map_err(|error| Fault::Backup(error.to_string()))?;
        if text.last() != Some(&b'\n') {
            return Err(self.wrong("the file ends here, or the line is too long: it is not complete"));
        }
        self.hash.update(&text);
        serde_json::from_slice(&text).map_err(|error| self.wrong(&error.to_string()))
    }

    fn is_at_end(&mut self) -> Result<bool, Fault> {
        let rest = self.input.fill_buf().map_err(|error| Fault::Backup(error.to_string()))?;
        Ok(rest.is_empty())
    }

    fn wrong(&self, what: &str) -> Fault {
        Fault::Backup(format!("line {}: {what}", self.number))
    }
}
