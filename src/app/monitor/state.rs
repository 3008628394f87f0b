//! What a monitor keeps in its folder: heads, evidence, the keys of the log, and how far it has read.
//!
//! `state` is replaced as a whole; `keys` grows by lines, of which only those below the size in `state` count.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::MonitorError;
use super::openings::MAX_UNOPENED;
use crate::app::folder::StateFolder;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::keywatch::{KeyWatch, Odd};
use crate::ledger::leaf::{KeyAction, Leaf};
use crate::ledger::merkle::Frontier;
use crate::ledger::note::MAX_NOTE_BYTES;
use crate::ledger::{Digest, Kid, b64};

const FORMAT: &str = "liandan-monitor/v1";
const STATE: &str = "state";
const KEYS: &str = "keys";
/// The longest state file: the leaves that nobody opened are in it.
const MAX_STATE_BYTES: usize = 64 * 1024 * 1024;
/// The longest list of keys that is read.
const MAX_KEYS_BYTES: usize = 256 * 1024 * 1024;
/// Most pieces of evidence that are kept.
const MAX_EVIDENCE_FILES: usize = 100;

/// What happened to a key, as the list of keys has it: one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyNote {
    /// Log index.
    pub index: u64,
    /// `founded`, `enrolled`, `rotated`, `revoked`, or `unreadable`.
    pub action: String,
    /// The leaf, base64url.
    pub leaf: String,
    /// The key, where the leaf could be read.
    pub kid: Option<Kid>,
    /// Why this cannot be.
    pub odd: Option<String>,
}

/// The file `state`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: String,
    /// Size of the largest head that was seen; 0 before the first.
    seen: u64,
    /// Size up to which the leaves gave the signed root, and the edge of the tree there.
    verified: u64,
    verified_edge: String,
    /// Size up to which leaves were read, and the edge of the tree there.
    read: u64,
    read_edge: String,
    /// Whether openings are looked at. A folder that began without them cannot turn to it.
    openings: bool,
    /// Leaves that nobody opened yet, base64url, by log index.
    unopened: BTreeMap<u64, String>,
}

/// The state of a monitor.
pub(super) struct State {
    folder: StateFolder,
    kept: Kept,
    edge: Frontier,
    keys: KeyWatch,
    /// Lines of the list of keys that are not written yet.
    key_lines: Vec<u8>,
    odd_keys: u64,
}

impl State {
    pub(super) fn open(path: &Path, openings: bool) -> Result<Self, MonitorError> {
        let folder = StateFolder::open(path)?;
        let fresh = Kept {
            format: FORMAT.to_owned(),
            seen: 0,
            verified: 0,
            verified_edge: String::new(),
            read: 0,
            read_edge: String::new(),
            openings,
            unopened: BTreeMap::new(),
        };
        let kept = match folder.read(STATE, MAX_STATE_BYTES)? {
            Some(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| MonitorError::State(error.to_string()))?
            }
            None => fresh,
        };
        if kept.format != FORMAT || kept.verified > kept.read || kept.verified > kept.seen {
            return Err(MonitorError::State("its figures do not fit".to_owned()));
        }
        if kept.openings != openings {
            let what = "openings must be looked at from the first leaf on: take another folder";
            return Err(MonitorError::State(what.to_owned()));
        }
        let edge = edge_of(kept.read, &kept.read_edge)?;
        edge_of(kept.verified, &kept.verified_edge)?;
        let (keys, key_lines) = (KeyWatch::default(), Vec::new());
        let mut state = Self { folder, kept, edge, keys, key_lines, odd_keys: 0 };
        state.load_keys()?;
        Ok(state)
    }

    /// Read the list of keys again. Lines from the size on were written before a stop and will come again.
    fn load_keys(&mut self) -> Result<(), MonitorError> {
        (self.keys, self.odd_keys) = (KeyWatch::default(), 0);
        self.key_lines.clear();
        let Some(bytes) = self.folder.read(KEYS, MAX_KEYS_BYTES)? else { return Ok(()) };
        let mut good = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let note: Option<KeyNote> = serde_json::from_slice(line).ok();
            let Some(note) = note.filter(|note| note.index < self.kept.read && line.ends_with(b"\n")) else {
                break;
            };
            let leaf = b64::decode(&note.leaf).ok().and_then(|bytes| Leaf::parse(&bytes).ok());
            if let Some(leaf) = leaf {
                self.keys.take(note.index, &leaf);
            }
            self.odd_keys += u64::from(note.odd.is_some());
            good += line.len();
        }
        if good < bytes.len() {
            self.folder.write(KEYS, &bytes[..good])?;
        }
        Ok(())
    }

    pub(super) fn read_size(&self) -> u64 {
        self.edge.size()
    }

    pub(super) fn verified_size(&self) -> u64 {
        self.kept.verified
    }

    pub(super) fn root(&self) -> Digest {
        self.edge.root()
    }

    pub(super) fn odd_keys(&self) -> u64 {
        self.odd_keys
    }

    pub(super) fn append(&mut self, leaf_hash: Digest) {
        self.edge.append(leaf_hash);
    }

    /// The largest head that was seen: its note and what it says.
    pub(super) fn seen(&self) -> Result<Option<(String, Checkpoint)>, MonitorError> {
        if self.kept.seen == 0 {
            return Ok(None);
        }
        let note = self.head_note(self.kept.seen)?;
        let text = note.rsplit_once("\n\n").map_or("", |(text, _)| text);
        let head = Checkpoint::parse(&format!("{text}\n")).ok().filter(|head| head.size == self.kept.seen);
        let head =
            head.ok_or_else(|| MonitorError::State(format!("{} is damaged", head_file(self.kept.seen))))?;
        Ok(Some((note, head)))
    }

    /// Note of the head up to which the log is verified; empty before the first.
    pub(super) fn verified_note(&self) -> Result<String, MonitorError> {
        if self.kept.verified == 0 { Ok(String::new()) } else { self.head_note(self.kept.verified) }
    }

    fn head_note(&self, size: u64) -> Result<String, MonitorError> {
        let name = head_file(size);
        let bytes = self.folder.read(&name, MAX_NOTE_BYTES)?;
        let bytes = bytes.ok_or_else(|| MonitorError::State(format!("{name} is missing")))?;
        String::from_utf8(bytes).map_err(|_| MonitorError::State(format!("{name} is not text")))
    }

    /// Keep a head that fits what was seen. It counts against every later one from now on, read or not.
    pub(super) fn keep_head(&mut self, head: &Checkpoint, note: &str) -> Result<(), MonitorError> {
        if head.size == 0 {
            return Ok(());
        }
        self.folder.write(&head_file(head.size), note.as_bytes())?;
        self.kept.seen = head.size;
        self.save()
    }

    pub(super) fn keep_cosignature(&self, size: u64, line: &str) -> Result<(), MonitorError> {
        Ok(self.folder.write(&format!("cosignatures/{size:020}"), line.as_bytes())?)
    }

    /// Make what was read durable. It is not verified before [`State::verified`].
    pub(super) fn save(&mut self) -> Result<(), MonitorError> {
        if !self.key_lines.is_empty() {
            // First the lines: those beyond the size in `state` are dropped when it is read again.
            self.folder.append(KEYS, &self.key_lines)?;
            self.key_lines.clear();
        }
        self.kept.read = self.edge.size();
        self.kept.read_edge = b64::encode(&self.edge.to_bytes());
        let bytes = serde_json::to_vec(&self.kept).map_err(|error| MonitorError::State(error.to_string()))?;
        Ok(self.folder.write(STATE, &bytes)?)
    }

    /// The leaves gave the root of this head.
    pub(super) fn verified(&mut self, head: &Checkpoint) -> Result<(), MonitorError> {
        self.kept.verified = head.size;
        self.kept.verified_edge = b64::encode(&self.edge.to_bytes());
        self.save()
    }

    /// Forget what was read beyond what is verified. Leaves opened there are opened again.
    pub(super) fn go_back(&mut self) -> Result<(), MonitorError> {
        self.edge = edge_of(self.kept.verified, &self.kept.verified_edge)?;
        self.kept.unopened.split_off(&self.kept.verified);
        self.key_lines.clear();
        self.save()?;
        self.load_keys()
    }

    /// What a leaf says of a key, added to the list.
    pub(super) fn take_key(&mut self, index: u64, leaf: &Leaf) -> Result<Option<KeyNote>, MonitorError> {
        let odd = self.keys.take(index, leaf);
        let (action, kid) = match leaf {
            Leaf::Key { action, kid, .. } => (name_of(*action), Some(*kid)),
            _ if odd.is_some() => ("unreadable", None),
            _ => return Ok(None),
        };
        let odd = odd.map(|odd| odd.to_string());
        let leaf = b64::encode(&leaf.to_bytes());
        self.add_key(KeyNote { index, action: action.to_owned(), leaf, kid, odd }).map(Some)
    }

    /// A leaf that cannot be read and may be of a key.
    pub(super) fn odd_leaf(&mut self, index: u64, odd: Odd) -> Result<KeyNote, MonitorError> {
        let (action, odd) = ("unreadable".to_owned(), Some(odd.to_string()));
        self.add_key(KeyNote { index, action, leaf: String::new(), kid: None, odd })
    }

    fn add_key(&mut self, note: KeyNote) -> Result<KeyNote, MonitorError> {
        let line = serde_json::to_vec(&note).map_err(|error| MonitorError::State(error.to_string()))?;
        self.key_lines.extend_from_slice(&line);
        self.key_lines.push(b'\n');
        self.odd_keys += u64::from(note.odd.is_some());
        Ok(note)
    }

    /// The leaves that nobody opened, by log index.
    pub(super) fn unopened(&mut self) -> &mut BTreeMap<u64, String> {
        &mut self.kept.unopened
    }

    pub(super) fn unopened_count(&self) -> usize {
        self.kept.unopened.len()
    }

    /// Where openings are of use from.
    pub(super) fn first_unopened(&self) -> u64 {
        self.kept.unopened.keys().next().copied().unwrap_or(self.edge.size())
    }

    pub(super) fn note_unopened(&mut self, index: u64, leaf: &[u8]) -> Result<(), MonitorError> {
        if self.kept.unopened.len() >= MAX_UNOPENED {
            let what =
                format!("more than {MAX_UNOPENED} leaves were not opened: bring openings for them first");
            return Err(MonitorError::State(what));
        }
        self.kept.unopened.insert(index, b64::encode(leaf));
        Ok(())
    }

    /// An erasure notice stands for the openings of these leaves, which nobody has any more.
    pub(super) fn erased(&mut self, indexes: &[u64]) {
        for index in indexes {
            self.kept.unopened.remove(index);
        }
    }

    /// Keep notes that contradict each other; where they lie.
    pub(super) fn keep_evidence(
        &self,
        name: &str,
        what: &str,
        notes: &[&str],
    ) -> Result<String, crate::app::folder::FolderError> {
        let name = format!("evidence/{name}");
        if self.folder.count("evidence") < MAX_EVIDENCE_FILES {
            self.folder.write(&name, format!("{what}\n\n{}", notes.join("\n")).as_bytes())?;
        }
        Ok(self.folder.file(&name).display().to_string())
    }
}

fn edge_of(size: u64, text: &str) -> Result<Frontier, MonitorError> {
    let edge = b64::decode(text).ok().and_then(|bytes| Frontier::from_bytes(size, &bytes));
    edge.ok_or_else(|| MonitorError::State("the edge of the tree does not fit its size".to_owned()))
}

/// Names sort like sizes.
fn head_file(size: u64) -> String {
    format!("checkpoints/{size:020}")
}

fn name_of(action: KeyAction) -> &'static str {
    match action {
        KeyAction::Founded => "founded",
        KeyAction::Enrolled => "enrolled",
        KeyAction::Rotated => "rotated",
        KeyAction::Revoked => "revoked",
    }
}
