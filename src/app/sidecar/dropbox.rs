//! The watched folder: `in/NAME.json` is signed into `signed/NAME.jws`, that is sent until there is an answer, and the answer lies in
//! `done/NAME.json` or `refused/NAME.json`.
//!
//! What is signed is on the disk before it is sent, and what lies there is sent as it is: whenever the machine stops, the same bytes go out
//! again, and the ledger gives the same receipt.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::Sidecar;
use crate::app::deadlines::pause_for;
use crate::app::error::{Refusal, SubmitError};
use crate::app::folder::{FolderError, StateFolder};
use crate::app::outward::{Outward, OutwardError};
use crate::app::proposal::Wish;
use crate::custody::kind::parse_json;
use crate::id::ActId;
use crate::ledger::envelope::MAX_ENVELOPE_BYTES;
use reqwest::Url;

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest answer of a ledger that is kept, in bytes.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

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
    /// Files that could not be read when they were last looked at, with their length: somebody may still be writing them.
    unfinished: BTreeMap<String, u64>,
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

    /// Look at it again and again.
    pub async fn watch(mut self) -> DropboxError {
        loop {
            if let Err(error) = self.look().await {
                return error;
            }
            pause_for(LOOK_EVERY).await;
        }
    }

    /// Sign what lies there, and send what is signed, in the order of names. Gives how many were answered.
    pub async fn look(&mut self) -> Result<usize, DropboxError> {
        for name in self.names(IN, ".json")? {
            self.sign(&name)?;
        }
        let mut answered = 0;
        for name in self.names(SIGNED, ".jws")? {
            match self.send(&name).await? {
                true => answered += 1,
                // What comes later waits too: it may rest on this one.
                false => break,
            }
        }
        Ok(answered)
    }

    /// Names in a folder without this ending, sorted. What begins with a dot is nobody's yet.
    fn names(&self, folder: &str, ending: &str) -> Result<Vec<String>, FolderError> {
        let path = self.folder.file(folder);
        let at = |error| FolderError::Io { path: path.clone(), error };
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(at)? {
            let name = entry.map_err(at)?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(ending)).unwrap_or_default();
            if !name.is_empty() && !name.starts_with('.') {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn sign(&mut self, name: &str) -> Result<(), FolderError> {
        let (from, to) = (format!("{IN}/{name}.json"), format!("{SIGNED}/{name}.jws"));
        // Signed before the machine stopped: those bytes are the statement, and may have been sent.
        if self.folder.file(&to).exists() {
            return remove(&self.folder.file(&from));
        }
        let bytes = match self.folder.read(&from, MAX_ENVELOPE_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(()),
            Err(FolderError::TooLong { limit, .. }) => {
                let zh = format!("文件超过 {limit} 字节");
                let told = told("too-large", "", &zh, &format!("the file has more than {limit} bytes"));
                return self.refuse(name, &told, &from);
            }
            Err(error) => return Err(error),
        };
        let act = crate::id::derived(&[b"liandan/sidecar-act/v1", name.as_bytes(), &bytes]);
        let wish = std::str::from_utf8(&bytes).map_err(|_| None);
        let wish = wish.and_then(|text| parse_json::<Wish>(text, "").map_err(Some));
        let wish = match wish {
            Ok(wish) => wish,
            Err(error) => {
                // Half a file is whole at the next look; one that stays as it is has been written.
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                if self.unfinished.insert(name.to_owned(), length) != Some(length) {
                    return Ok(());
                }
                let told = match error {
                    Some(error) => told("payload-malformed", &error.pointer, &error.zh, &error.message),
                    None => told("payload-malformed", "", "文件不是 UTF-8", "the file is not UTF-8"),
                };
                return self.refuse(name, &told, &from);
            }
        };
        self.unfinished.remove(name);
        let wish = Wish { act: Some(wish.act.unwrap_or(ActId::from_uuid(act))), ..wish };
        match self.sidecar.sign(wish) {
            Ok(signed) => {
                self.folder.write(&to, signed.envelope.as_bytes())?;
                remove(&self.folder.file(&from))
            }
            Err(SubmitError::Refused(refusal)) => self.refuse(name, &of_refusal(&refusal), &from),
            Err(error) => self.refuse(name, &told("fault", "", "本机出错", &error.to_string()), &from),
        }
    }

    fn refuse(&mut self, name: &str, told: &serde_json::Value, from: &str) -> Result<(), FolderError> {
        self.unfinished.remove(name);
        self.folder.write(&format!("{REFUSED}/{name}.json"), format!("{told:#}\n").as_bytes())?;
        let kept = self.folder.file(&format!("{REFUSED}/{name}.in.json"));
        fs::rename(self.folder.file(from), &kept).map_err(|error| FolderError::Io { path: kept, error })
    }

    /// Send one; false when nobody answered, or somebody asked to wait.
    async fn send(&self, name: &str) -> Result<bool, FolderError> {
        let from = format!("{SIGNED}/{name}.jws");
        let Some(envelope) = self.folder.read(&from, MAX_ENVELOPE_BYTES)? else { return Ok(true) };
        let envelope = String::from_utf8_lossy(&envelope).into_owned();
        let answer = match self.outward.post(self.ledger.clone(), envelope, MAX_ANSWER_BYTES).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(name, %error, "the ledger did not answer; it is sent again");
                return Ok(false);
            }
        };
        let to = match answer.status {
            200 | 201 => DONE,
            408 | 429 => return Ok(false),
            400..=499 => REFUSED,
            _ => return Ok(false),
        };
        self.folder.write(&format!("{to}/{name}.json"), &answer.body)?;
        let kept = self.folder.file(&format!("{to}/{name}.jws"));
        let moved = fs::rename(self.folder.file(&from), &kept);
        moved.map_err(|error| FolderError::Io { path: kept, error })?;
        Ok(true)
    }
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
