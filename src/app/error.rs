//! Three vocabularies, never mixed: a *refusal* (the caller must change something), a *finding* (the world is wrong, recorded
//! anyway, in [`crate::custody::finding`]), a *fault* (we or the machine are wrong).

use super::mark::MarkError;
use super::signing::ReadOnly;
use super::steps::Step;
use crate::custody::admit::Objection;
use crate::custody::kind::PayloadError;
use crate::ledger::{EnvelopeError, Kid};
use crate::store::StoreError;

/// What sort of refusal it is; HTTP turns it into a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The bytes are not what they must be.
    Malformed,
    /// The bytes are too many.
    TooLarge,
    /// The signature or its key is not good.
    Unsigned,
    /// Understood, but it cannot be taken.
    Unacceptable,
}

/// Why nothing was stored. Every error is in it, each with its pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What sort it is.
    pub kind: RefusalKind,
    /// Kebab-case code: that of the one error, or `several-errors`.
    pub code: String,
    /// Every error.
    pub errors: Vec<Objection>,
}

impl Refusal {
    /// A refusal for one reason.
    pub fn one(kind: RefusalKind, objection: Objection) -> Self {
        Self { kind, code: objection.code.clone(), errors: vec![objection] }
    }

    /// A refusal of a declaration or of who speaks, with everything that is wrong.
    pub fn unacceptable(errors: Vec<Objection>) -> Self {
        let unsigned =
            errors.iter().any(|error| matches!(error.code.as_str(), "key-unknown" | "key-revoked"));
        let kind = if unsigned { RefusalKind::Unsigned } else { RefusalKind::Unacceptable };
        let code = match errors.as_slice() {
            [one] => one.code.clone(),
            _ => "several-errors".to_owned(),
        };
        Self { kind, code, errors }
    }
}

impl From<EnvelopeError> for Refusal {
    fn from(error: EnvelopeError) -> Self {
        let kind = match error.code() {
            "envelope-too-large" => RefusalKind::TooLarge,
            "signature-invalid" | "key-mismatch" => RefusalKind::Unsigned,
            _ => RefusalKind::Malformed,
        };
        let zh = match error.code() {
            "envelope-too-large" => "签名信封超过上限",
            "signature-invalid" => "签名无效",
            "key-mismatch" => "签名密钥与信封头不一致",
            "envelope-header" => "信封头只允许 alg、kid、typ 三项，且取值须符合规定",
            _ => "签名信封格式不正确",
        };
        Self::one(kind, Objection::new(error.code(), error.pointer(), zh, error.to_string()))
    }
}

impl From<PayloadError> for Refusal {
    fn from(error: PayloadError) -> Self {
        let zh = format!("签名内容不符合规定：{}", error.zh);
        Self::one(
            RefusalKind::Malformed,
            Objection::new("payload-malformed", error.pointer, zh, error.message),
        )
    }
}

/// We or the machine are wrong. Logged once, shown without detail.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no ledger in the database yet.
    #[error("the database holds no ledger yet; found one with `liandan init`")]
    NotFounded,
    /// There is one already.
    #[error("the database already holds the ledger {0}; use it, or name another database")]
    AlreadyFounded(String),
    /// A migration changed what is computed from the log, and the tables still hold what was computed before.
    #[error(
        "this version computes other tables from the log than those in the database; stop every server and run `liandan rebuild` once"
    )]
    MustRefold,
    /// The program has no such profile.
    #[error("jurisdiction profile {0:?} is not known; this program has cn and us")]
    Jurisdiction(String),
    /// The profile that was adopted at this log index cannot be read by this program.
    #[error(
        "the profile adopted at log index {0} cannot be read by this program; use the one that took it in, or a newer one"
    )]
    AdoptedProfile(u64),
    /// A document could not be written.
    #[error(transparent)]
    Print(crate::print::PrintError),
    /// There is no way out to others.
    #[error("no way out to others can be made: {0}")]
    Outward(String),
    /// The key given is not the one the ledger was founded with.
    #[error(
        "the log key given is {given}, the ledger was founded with {wanted}; use the key file made with the ledger"
    )]
    WrongLogKey {
        /// Thumbprint of the founded key.
        wanted: Kid,
        /// Thumbprint of the given key.
        given: Kid,
    },
    /// A stored entry does not hold what it must.
    #[error("log entry {index} cannot be read: {what}; run `liandan verify ledger`")]
    Entry {
        /// Log index.
        index: u64,
        /// What is wrong.
        what: String,
    },
    /// Proofs or checkpoints cannot be made from what is stored.
    #[error("the stored tree does not fit: {0}; run `liandan verify ledger`")]
    Tree(String),
    /// An entry is committed, and no signed head covers it yet.
    #[error("log entry {0} is committed and not signed yet")]
    NotSigned(u64),
    /// The database lacks or contradicts what was signed; it is only read.
    #[error(transparent)]
    ReadOnly(ReadOnly),
    /// The high-water mark cannot be kept, so nothing can be signed.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// A test made a step fail.
    #[error("interrupted at the step {}", .0.name())]
    Interrupted(Step),
    /// What an earlier audit left does not belong to this log.
    #[error(
        "the work folder belongs to the audit of another log, of a longer one, or of one before an erasure; empty it and start again"
    )]
    Work,
    /// A backup cannot be read or written.
    #[error("the backup cannot be used: {0}")]
    Backup(String),
    /// No random numbers.
    #[error("the machine gives no random numbers: {0}")]
    Random(String),
    /// A defect of the program, met by one piece of the sequencer's work.
    #[error("the sequencer panicked: {0}")]
    Panicked(String),
    /// The sequencer has stopped.
    #[error("the sequencer has stopped")]
    Stopped,
}

impl Fault {
    /// `Ok` when what is stored contradicts the signed log, so that a reader may be shown that a check failed; logged here. Every
    /// other fault is given back.
    pub(super) fn if_broken_log(self) -> Result<(), Self> {
        match self {
            Self::Entry { .. } | Self::Tree(_) | Self::Store(StoreError::Corrupt { .. }) => {
                tracing::error!(error = %self, "the stored log does not verify");
                Ok(())
            }
            other => Err(other),
        }
    }
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The caller must change something.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// Too much at once; try again soon.
    #[error("too many events are waiting; try again in {retry_after_s} s")]
    Busy {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// Nothing is taken in until the operator has put the database right.
    #[error("the ledger is only read: {0}")]
    ReadOnly(ReadOnly),
    /// We are wrong; nothing was acknowledged.
    #[error(transparent)]
    Fault(Fault),
}

impl From<Fault> for SubmitError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::ReadOnly(why) => Self::ReadOnly(why),
            fault => Self::Fault(fault),
        }
    }
}

impl From<Refusal> for SubmitError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for SubmitError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}
