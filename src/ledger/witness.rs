//! What a witness does (C2SP tlog-witness): the request `add-checkpoint`, and the decision on it.
//!
//! A decision is a function of the request, of the log's keys and of the head that was cosigned last. Whoever calls
//! [`decide`] holds that head still until the new one is stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::Checkpoint;
use super::digest::Digest;
use super::merkle::{MAX_TREE_SIZE, empty_root, verify_consistency};
use super::note::{self, MAX_NOTE_BYTES, NoteError, NoteKey, NoteVerifier};

/// Most hashes of a consistency proof (C2SP tlog-witness).
pub const MAX_PROOF_LINES: usize = 63;
/// A hash in base64 and its newline.
const PROOF_LINE_BYTES: usize = 45;
/// `old`, a space, the longest size and its newline.
const OLD_LINE_BYTES: usize = 24;
/// The longest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = OLD_LINE_BYTES + MAX_PROOF_LINES * PROOF_LINE_BYTES + 1 + MAX_NOTE_BYTES;
/// Media type of the size that a conflict is answered with.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not the lines it must be, or an old size above the checkpoint's.
    #[error("malformed request: {0}")]
    Malformed(String),
    /// No log of this origin is known here.
    #[error("this witness does not know the log {0}")]
    UnknownLog(String),
    /// No trusted key has signed it, or one wrongly.
    #[error("no trusted key of the log has signed this checkpoint")]
    Unsigned,
    /// The old size is not the one cosigned last, or the same size has another root.
    #[error("the checkpoint cosigned last has size {size}")]
    Conflict {
        /// Size cosigned last; 0 before the first.
        size: u64,
    },
    /// The proof does not lead from the head cosigned last to this one.
    #[error("the consistency proof does not hold")]
    Inconsistent,
}

impl Refused {
    /// The HTTP status (C2SP tlog-witness).
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Unsigned => 403,
            Self::UnknownLog(_) => 404,
            Self::Conflict { .. } => 409,
            Self::Inconsistent => 422,
        }
    }

    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Malformed(_) => "请求格式不正确".to_owned(),
            Self::UnknownLog(origin) => format!("本见证方不认识账本 {origin}"),
            Self::Unsigned => "检查点没有受信任密钥的有效签名".to_owned(),
            Self::Conflict { size } => format!("上次见证的检查点为 {size} 条"),
            Self::Inconsistent => "一致性证明不成立".to_owned(),
        }
    }
}

/// The head that a witness cosigned last for a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its size; 0 before the first.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

impl Default for Seen {
    fn default() -> Self {
        Self { size: 0, root: empty_root() }
    }
}

/// A request to cosign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the head that the client believes was cosigned last.
    pub old_size: u64,
    /// Proof from there to the checkpoint (RFC 6962 §2.1.2); empty from size 0.
    pub proof: Vec<Digest>,
    /// The signed checkpoint.
    pub note: String,
}

impl AddCheckpoint {
    /// Reads the body of a request, to the letter.
    pub fn parse(body: &[u8]) -> Result<Self, Refused> {
        let malformed = |what: &str| Refused::Malformed(what.to_owned());
        let body = std::str::from_utf8(body).map_err(|_| malformed("not UTF-8"))?;
        let (head, note) = body.split_once("\n\n").ok_or_else(|| malformed("no empty line"))?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(size_of);
        let old_size = old_size
            .ok_or_else(|| malformed("the first line must be `old` and a size without leading zeros"))?;
        let lines: Vec<&str> = lines.take(MAX_PROOF_LINES + 1).collect();
        if lines.len() > MAX_PROOF_LINES {
            return Err(Refused::Malformed(format!("more than {MAX_PROOF_LINES} proof lines")));
        }
        let hash = |line: &str| STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok()).map(Digest);
        let proof: Option<Vec<Digest>> = lines.into_iter().map(hash).collect();
        let proof = proof.ok_or_else(|| malformed("a proof line is not the base64 of 32 bytes"))?;
        Ok(Self { old_size, proof, note: note.to_owned() })
    }

    /// The body of the request.
    pub fn to_text(&self) -> String {
        let proof: String = self.proof.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
        format!("old {}\n{proof}\n{}", self.old_size, self.note)
    }

    /// The log it claims to be of: the first line of the note, not verified.
    pub fn origin(&self) -> &str {
        self.note.split('\n').next().unwrap_or("")
    }
}

/// A size in its one spelling.
pub fn size_of(text: &str) -> Option<u64> {
    text.parse().ok().filter(|size: &u64| *size <= MAX_TREE_SIZE && size.to_string() == text)
}

/// Where a witness shows the head of a log that it cosigned last, below its prefix. C2SP tlog-witness leaves open how a witness is
/// read; this is the place that tlog-mirror gives a log.
pub fn place_of(origin: &str) -> String {
    let hash = Digest::sha256(&[origin.as_bytes()]);
    let hex: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}/checkpoint")
}

/// A checkpoint that is to be cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The text to sign, extension lines included.
    pub text: String,
    /// The text with the lines of the log's keys, and no others.
    pub note: String,
}

/// Decides on a request. `keys` are those of the logs that the witness knows, `seen` is the head it cosigned last for
/// [`AddCheckpoint::origin`].
pub fn decide(request: &AddCheckpoint, keys: &[NoteVerifier], seen: &Seen) -> Result<Accepted, Refused> {
    let origin = request.origin();
    let keys: Vec<&dyn NoteKey> =
        keys.iter().filter(|key| key.name == origin).map(|key| key as &dyn NoteKey).collect();
    if keys.is_empty() {
        return Err(Refused::UnknownLog(origin.to_owned()));
    }
    let judged = note::judge(&request.note, &keys).map_err(|error| match error {
        NoteError::NoKnownSignature | NoteError::BadSignature(_) => Refused::Unsigned,
        other => Refused::Malformed(other.to_string()),
    })?;
    let checkpoint =
        Checkpoint::parse(&judged.text).map_err(|error| Refused::Malformed(error.to_string()))?;
    if request.old_size > checkpoint.size {
        return Err(Refused::Malformed("the old size is larger than the checkpoint's".to_owned()));
    }
    if request.old_size != seen.size {
        return Err(Refused::Conflict { size: seen.size });
    }
    if seen.size == checkpoint.size && seen.root != checkpoint.root {
        return Err(Refused::Conflict { size: seen.size });
    }
    let holds = match seen.size {
        0 => request.proof.is_empty(),
        old => verify_consistency(old, &seen.root, checkpoint.size, &checkpoint.root, &request.proof).is_ok(),
    };
    if !holds {
        return Err(Refused::Inconsistent);
    }
    let lines = judged.signatures.iter().map(|(key, bytes)| note::signature_line(keys[*key], bytes));
    let lines: String =
        lines.collect::<Result<_, _>>().map_err(|error| Refused::Malformed(error.to_string()))?;
    Ok(Accepted { checkpoint, note: format!("{}\n{lines}", judged.text), text: judged.text })
}

#[cfg(test)]
#[path = "witness/tests.rs"]
mod tests;
