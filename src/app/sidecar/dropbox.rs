//! The watched folder: `in/NAME.json` is signed into `signed/NAME.WRITING.jws`, that is sent until there is an answer, and the answer lies in
//! `done/NAME.WRITING.receipt.json` or `refused/NAME.WRITING.problem.json`. WRITING is the beginning of a digest of when the file was
//! written and what: a program may use one name again and again, and say the same twice.
//!
//! What is signed is on the disk before it is sent, and what lies there is sent as it is: whenever the machine stops, the same bytes go out
//! again, and the ledger gives the same receipt.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use super::Sidecar;
use crate::app::deadlines::pause_for;
use crate::app::error::{Refusal, SubmitError};
use crate::app::folder::{FolderError, StateFolder};
use crate::app::outward::{Outward, OutwardError};
use crate::app::proposal::Wish;
use crate::custody::kind::{PayloadError, parse_json};
use crate::ledger::envelope::MAX_ENVELOPE_BYTES;
use crate::ledger::{Digest, Envelope, EventId, Typ};

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest answer of a ledger that is kept, in bytes.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Characters of a digest in names.
const WRITING_CHARS: usize = 12;
/// Stands for it where a file is too long to be read.
const TOO_LONG: &str = "too-long";
/// Media type of refusals (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";

const IN: &str = "in";
const SIGNED: &str = "signed";
const DONE: &str = "done";
const REFUSED: &str = "refused";

/// Why the folder cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum DropboxError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The address of the ledger.
    #[error(transparent)]
    Outward(#[from] OutwardError),
}

/// A watched folder.
pub struct Dropbox<'a> {
    sidecar: &'a Sidecar,
    folder: StateFolder,
    outward: Outward,
    ledger: Url,
    /// Files that could not be read when they were last looked at, with what they held: somebody may still be writing them.
    unfinished: BTreeMap<String, String>,
}

impl<'a> Dropbox<'a> {
    /// Watch a folder, which is made, for the ledger below this address, such as `https://ledger.example`.
    pub fn open(sidecar: &'a Sidecar, path: &Path, ledger: &str) -> Result<Self, DropboxError> {
        let folder = StateFolder::open(path)?;
        for name in [IN, SIGNED, DONE, REFUSED] {
            let path = folder.file(name);
            fs::create_dir_all(&path).map_err(|error| FolderError::Io { path, error })?;
        }
        let ledger = Outward::below(ledger, "api/v1/events")?;
        Ok(Self { sidecar, folder, outward: Outward::new()?, ledger, unfinished: BTreeMap::new() })
    }

    /// Look at it again and again. What cannot be read or written is logged, and looked at again: a full disk or one bad file ends nothing.
    pub async fn watch(mut self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the folder cannot be looked at");
            }
            pause_for(LOOK_EVERY).await;
        }
    }

    /// Sign what lies there, and send what is signed, in the order of names. Gives how many were answered.
    pub async fn look(&mut self) -> Result<usize, DropboxError> {
        for name in self.names(IN, ".json")? {
            if let Err(error) = self.sign(&name) {
                tracing::warn!(name, %error, "a file cannot be signed");
            }
        }
        let mut answered = 0;
        for name in self.names(SIGNED, ".jws")? {
            match self.send(&name).await {
                Ok(true) => answered += 1,
                // What comes later waits too: it may rest on this one.
                Ok(false) => break,
                Err(error) => tracing::warn!(name, %error, "what was signed cannot be sent"),
            }
        }
        Ok(answered)
    }

    /// Names of files in a folder without this ending, sorted. What begins with a dot is nobody's yet.
    fn names(&self, folder: &str, ending: &str) -> Result<Vec<String>, FolderError> {
        let path = self.folder.file(folder);
        let at = |error| FolderError::Io { path: path.clone(), error };
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(at)? {
            let entry = entry.map_err(at)?;
            let name = entry.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(ending)).unwrap_or_default();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && !name.is_empty() && !name.starts_with('.') {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn sign(&mut self, name: &str) -> Result<(), FolderError> {
        let from = format!("{IN}/{name}.json");
        let bytes = match self.folder.read(&from, MAX_ENVELOPE_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(()),
            Err(FolderError::TooLong { limit, .. }) => {
                let zh = format!("文件超过 {limit} 字节");
                let told = told("too-large", "", &zh, &format!("the file has more than {limit} bytes"));
                return self.refuse(name, TOO_LONG, &told);
            }
            Err(error) => return Err(error),
        };
        // A name comes again, and so may a content: two loads of one weight are two statements. What is signed is named by all three.
        let writing = self.writing_of(&from, &bytes)?;
        let to = format!("{SIGNED}/{name}.{writing}.jws");
        // Signed before the machine stopped: those bytes are the statement, and may have been sent.
        if self.folder.file(&to).exists()
            || self.folder.file(&format!("{DONE}/{name}.{writing}.jws")).exists()
        {
            return remove(&self.folder.file(&from));
        }
        let wish = std::str::from_utf8(&bytes).map_err(|_| None);
        let wish = match wish.and_then(|text| parse_json::<Wish>(text, "").map_err(Some)) {
            Ok(wish) => wish,
            Err(error) => return self.refuse_unfinished(name, &writing, error),
        };
        self.unfinished.remove(name);
        match self.sidecar.sign(wish) {
            Ok(signed) => {
                self.folder.write(&to, signed.envelope.as_bytes())?;
                remove(&self.folder.file(&from))
            }
            Err(SubmitError::Refused(refusal)) => self.refuse(name, &writing, &of_refusal(&refusal)),
            Err(error) => self.refuse(name, &writing, &told("fault", "", "本机出错", &error.to_string())),
        }
    }

    /// Tells one writing of a file from every other: by when it was written, and what.
    fn writing_of(&self, name: &str, bytes: &[u8]) -> Result<String, FolderError> {
        let path = self.folder.file(name);
        let written = fs::metadata(&path).and_then(|file| file.modified());
        let written = written.map_err(|error| FolderError::Io { path, error })?;
        let since_1970 = written.duration_since(UNIX_EPOCH).unwrap_or_default();
        let digest = Digest::sha256(&[&since_1970.as_nanos().to_be_bytes(), bytes]);
        Ok(digest.to_string().chars().take(WRITING_CHARS).collect())
    }

    /// Half a file is whole at a later look; one that stays as it is has been written.
    fn refuse_unfinished(
        &mut self,
        name: &str,
        writing: &str,
        error: Option<PayloadError>,
    ) -> Result<(), FolderError> {
        if self.unfinished.insert(name.to_owned(), writing.to_owned()).as_deref() != Some(writing) {
            return Ok(());
        }
        let told = match error {
            Some(error) => told("payload-malformed", &error.pointer, &error.zh, &error.message),
            None => told("payload-malformed", "", "文件不是 UTF-8", "the file is not UTF-8"),
        };
        self.refuse(name, writing, &told)
    }

    fn refuse(&mut self, name: &str, writing: &str, told: &serde_json::Value) -> Result<(), FolderError> {
        self.unfinished.remove(name);
        let kept = format!("{REFUSED}/{name}.{writing}");
        self.folder.write(&format!("{kept}.problem.json"), format!("{told:#}\n").as_bytes())?;
        self.rename(&format!("{IN}/{name}.json"), &format!("{kept}.json"))
    }

    /// Send one; false when the ledger did not answer, or asked to wait.
    async fn send(&self, name: &str) -> Result<bool, FolderError> {
        let from = format!("{SIGNED}/{name}.jws");
        let Some(envelope) = self.folder.read(&from, MAX_ENVELOPE_BYTES)? else { return Ok(true) };
        let envelope = String::from_utf8_lossy(&envelope).into_owned();
        let sent = Envelope::parse(envelope.as_bytes(), Typ::Event).ok().map(|envelope| envelope.event_id());
        let answer = match self.outward.post(self.ledger.clone(), envelope, MAX_ANSWER_BYTES).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(name, %error, "the ledger did not answer; it is sent again");
                return Ok(false);
            }
        };
        // Others answer too where no ledger is: the page of a hotel's network, a proxy, a wrong address.
        let (folder, ending) = match answer.status {
            200 | 201 if sent.is_some_and(|id| is_receipt_of(&answer.body, id)) => (DONE, "receipt.json"),
            400 | 401 | 413 | 422 if answer.media_type.starts_with(PROBLEM_JSON) => (REFUSED, "problem.json"),
            status => {
                tracing::warn!(name, status, "that is no answer of a ledger; it is sent again");
                return Ok(false);
            }
        };
        self.folder.write(&format!("{folder}/{name}.{ending}"), &answer.body)?;
        self.rename(&from, &format!("{folder}/{name}.jws"))?;
        Ok(true)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FolderError> {
        let kept = self.folder.file(to);
        let moved = fs::rename(self.folder.file(from), &kept);
        moved.map_err(|error| FolderError::Io { path: kept, error })
    }
}

/// True for a receipt of this event.
fn is_receipt_of(body: &[u8], id: EventId) -> bool {
    #[derive(Deserialize)]
    struct Receipt {
        event_id: EventId,
    }
    serde_json::from_slice::<Receipt>(body).is_ok_and(|receipt| receipt.event_id == id)
}

fn remove(path: &PathBuf) -> Result<(), FolderError> {
    fs::remove_file(path).map_err(|error| FolderError::Io { path: path.clone(), error })
}

/// A refusal of this machine, in the shape of the errors of a problem.
fn told(code: &str, pointer: &str, zh: &str, en: &str) -> serde_json::Value {
    json!({ "code": code, "errors": [{ "code": code, "pointer": pointer, "zh": zh, "en": en }] })
}

fn of_refusal(refusal: &Refusal) -> serde_json::Value {
    let errors = refusal.errors.iter();
    let errors = errors
        .map(|error| json!({ "code": error.code, "pointer": error.pointer, "zh": error.zh, "en": error.en }));
    json!({ "code": refusal.code, "errors": errors.collect::<Vec<_>>() })
}
