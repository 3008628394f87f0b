//! A witness of other ledgers (C2SP tlog-witness): it cosigns a head only if the log grew from the last head it cosigned.
//!
//! Per log one file holds that head as the log signed it, with the witness's own cosignature on it, so that a damaged file is
//! noticed. The new head is durable before the cosignature leaves, and decisions about one log come one after the other.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::folder::{FolderError, StateFolder};
use crate::clock::Clock;
use crate::ledger::Digest;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::cosignature::{self, Cosigner, CosignerKey};
use crate::ledger::note::{MAX_NOTE_BYTES, NoteVerifier};
use crate::ledger::witness::{AddCheckpoint, Refused, Seen, decide, place_of};

/// Most signed requests that contradict the history and are kept, so that a hostile log cannot fill the disk.
pub const MAX_EVIDENCE_FILES: usize = 100;

/// Why a witness does not start, or cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The folder or a file in it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file does not hold what this witness cosigned.
    #[error(
        "{path} does not hold a checkpoint of {origin} that this witness cosigned ({what}). A witness that has forgotten what it \
         cosigned must not go on: restore the file, or start anew under another key"
    )]
    Damaged {
        /// Which file.
        path: String,
        /// Which log.
        origin: String,
        /// What is wrong with it.
        what: String,
    },
    /// The name cannot be a key name.
    #[error("this name cannot cosign: {0}")]
    Name(#[from] crate::ledger::note::NoteError),
    /// There is no log to witness.
    #[error("name at least one log: --log VKEY, or a policy with a line `log`")]
    NoLogs,
}

/// Why a request gets no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// By the rules of the protocol.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The new head could not be made durable; nothing was cosigned.
    #[error(transparent)]
    Fault(#[from] FolderError),
}

/// A running witness.
pub struct Witness {
    cosigner: Cosigner,
    logs: Vec<NoteVerifier>,
    folder: StateFolder,
    clock: Clock,
    /// The head cosigned last, by origin. The lock is held from the decision until the new head is durable.
    seen: HashMap<String, Mutex<Seen>>,
}

impl Witness {
    /// Take the folder and read what was cosigned.
    pub fn open(
        cosigner: Cosigner,
        logs: Vec<NoteVerifier>,
        folder: &Path,
        clock: Clock,
    ) -> Result<Self, WitnessError> {
        if logs.is_empty() {
            return Err(WitnessError::NoLogs);
        }
        CosignerKey::parse_vkey(&crate::ledger::note::NoteKey::to_vkey(&cosigner.verifier()))?;
        let folder = StateFolder::open(folder)?;
        let mut seen = HashMap::new();
        for log in &logs {
            let last = last_cosigned(&folder, &log.name, &cosigner.verifier())?;
            seen.insert(log.name.clone(), Mutex::new(last.unwrap_or_default()));
        }
        Ok(Self { cosigner, logs, folder, clock, seen })
    }

    /// The key that its cosignatures are verified with.
    pub fn verifier(&self) -> CosignerKey {
        self.cosigner.verifier()
    }

    /// Answer a request: the cosignature line. Waits for the disk, so call it where that is allowed.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<String, AddError> {
        let request = AddCheckpoint::parse(body)?;
        let origin = request.origin();
        let last = self.seen.get(origin).ok_or_else(|| Refused::UnknownLog(origin.to_owned()))?;
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let accepted = match decide(&request, &self.logs, &last) {
            Ok(accepted) => accepted,
            Err(refused) => {
                self.keep_evidence(&request, &refused, &last);
                return Err(refused.into());
            }
        };
        let at_s = self.clock.now().as_millis().unsigned_abs() / 1_000;
        let line = self.cosigner.cosign(&accepted.text, at_s);
        let line = line.map_err(|error| Refused::Malformed(error.to_string()))?;
        self.folder.write(&file_of(origin), format!("{}{line}", accepted.note).as_bytes())?;
        *last = Seen { size: accepted.checkpoint.size, root: accepted.checkpoint.root };
        Ok(line)
    }

    /// The head cosigned last of the log whose [`place_of`] this is, as the log and this witness signed it; `None` when there is
    /// none. Anybody may see it: a ledger that was restored from an old backup learns from it what it has signed. Waits for the
    /// disk.
    pub fn cosigned_last(&self, place: &str) -> Result<Option<Vec<u8>>, FolderError> {
        match self.logs.iter().find(|log| place_of(&log.name) == place) {
            Some(log) => self.folder.read(&file_of(&log.name), MAX_NOTE_BYTES),
            None => Ok(None),
        }
    }

    /// A head that the log signed and that contradicts its history is proof against the log: keep it beside the last one.
    fn keep_evidence(&self, request: &AddCheckpoint, refused: &Refused, last: &Seen) {
        if !contradicts(request, refused, last) {
            return;
        }
        tracing::warn!(
            origin = request.origin(),
            size = last.size,
            "a log contradicts what it showed before"
        );
        if self.folder.count("evidence") >= MAX_EVIDENCE_FILES {
            return;
        }
        let name = format!("evidence/{}", Digest::sha256(&[request.note.as_bytes()]));
        if let Err(error) = self.folder.write(&name, request.to_text().as_bytes()) {
            tracing::error!(%error, "evidence could not be kept");
        }
    }
}

/// Whether a refused request shows that the log has two histories: another root at the size cosigned last, or no proof from
/// there. A failed proof may be the client's mistake, but only the log can have signed the head.
fn contradicts(request: &AddCheckpoint, refused: &Refused, last: &Seen) -> bool {
    match refused {
        Refused::Inconsistent => true,
        Refused::Conflict { .. } => {
            let text = request.note.split("\n\n").next().unwrap_or("");
            Checkpoint::parse(&format!("{text}\n"))
                .is_ok_and(|head| head.size == last.size && head.root != last.root)
        }
        _ => false,
    }
}

/// The file of a log. Origins hold any character, so the name is their digest.
fn file_of(origin: &str) -> String {
    format!("{}.checkpoint", Digest::sha256(&[origin.as_bytes()]))
}

fn last_cosigned(
    folder: &StateFolder,
    origin: &str,
    key: &CosignerKey,
) -> Result<Option<Seen>, WitnessError> {
    let name = file_of(origin);
    let Some(bytes) = folder.read(&name, MAX_NOTE_BYTES)? else { return Ok(None) };
    let damaged = |what: String| WitnessError::Damaged {
        path: folder.file(&name).display().to_string(),
        origin: origin.to_owned(),
        what,
    };
    let note = String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))?;
    cosignature::find(&note, key).map_err(|error| damaged(error.to_string()))?;
    let text = note.rsplit_once("\n\n").map_or("", |(text, _)| text);
    let head = Checkpoint::parse(&format!("{text}\n")).map_err(|error| damaged(error.to_string()))?;
    if head.origin != origin {
        return Err(damaged(format!("it is of {}", head.origin)));
    }
    Ok(Some(Seen { size: head.size, root: head.root }))
}
