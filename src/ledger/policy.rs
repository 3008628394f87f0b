//! Trust policies (C2SP tlog-policy): whose heads and cosignatures count, and how many of them are enough.
//!
//! The policy is brought by whoever verifies and never taken from what is verified. This reader takes UTF-8 only, as the
//! specification strongly recommends; names are compared byte by byte.

mod parse;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::cosignature::{self, CosignerKey};
use super::note::{self, NoteError, NoteKey, NoteVerifier};

pub use parse::{PolicyError, PolicyFault};

/// The longest policy that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;
/// Most logs of a policy (C2SP tlog-policy recommends at least 32).
pub const MAX_LOGS: usize = 32;
/// Most witnesses of a policy; with every one of them and some logs a note still has fewer lines than it may.
pub const MAX_WITNESSES: usize = 64;
/// Most groups of a policy.
pub const MAX_GROUPS: usize = 64;
/// The longest name or URL, in bytes.
pub const MAX_WORD_BYTES: usize = 1024;

/// A log of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key; the key's name is the log's origin.
    pub key: NoteVerifier,
    /// Where it is reached, as the file has it.
    pub url: Option<String>,
}

/// A witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name inside this policy.
    pub name: String,
    /// Its key.
    pub key: CosignerKey,
    /// Its submission prefix (C2SP tlog-witness), as the file has it.
    pub url: Option<String>,
}

/// What a name of the policy stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Member {
    /// Place among the witnesses.
    Witness(usize),
    /// At least `threshold` of these, which are places of earlier members.
    Group { threshold: usize, of: Vec<usize> },
}

/// A trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    members: Vec<Member>,
    /// Place of the member that must have witnessed; `None` for `quorum none`.
    quorum: Option<usize>,
}

/// How well a head is vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Signed by the log alone, and the policy wants more.
    LogOnly,
    /// Cosigned by a witness of the policy, and the quorum is not met.
    Witnessed,
    /// The policy's quorum is met.
    Quorum,
}

impl Level {
    /// Its name in answers: `log-only`, `witnessed`, `quorum`.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogOnly => "log-only",
            Self::Witnessed => "witnessed",
            Self::Quorum => "quorum",
        }
    }
}

/// A checkpoint whose signatures have been verified under a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The log's key that signed it.
    pub log: NoteVerifier,
    /// Witnesses that cosigned, by their names in the policy, with the time in seconds since 1970, in the order of the
    /// policy.
    pub cosigned: Vec<(String, u64)>,
    /// How well it is vouched for.
    pub level: Level,
}

impl Policy {
    /// Reads a policy file.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        parse::parse(text)
    }

    /// The policy of somebody who trusts one log and asks for no witness.
    pub fn log_alone(key: NoteVerifier) -> Self {
        let logs = vec![PolicyLog { key, url: None }];
        Self { logs, witnesses: Vec::new(), members: Vec::new(), quorum: None }
    }

    /// The logs whose heads count.
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses whose cosignatures count.
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// The same policy that also knows this log, for whoever knows the log from elsewhere.
    pub fn knowing(mut self, key: NoteVerifier) -> Self {
        if self.logs.iter().all(|log| log.key != key) {
            self.logs.push(PolicyLog { key, url: None });
        }
        self
    }

    /// Verifies a signed checkpoint: by one of the logs, whose name must be the origin, and every cosignature by a
    /// witness of the policy. Lines of unknown keys are ignored; a wrong or second line of a known key refuses it all.
    pub fn judge(&self, note: &str) -> Result<Witnessed, CheckpointError> {
        let logs = self.logs.iter().map(|log| &log.key as &dyn NoteKey);
        let witnesses = self.witnesses.iter().map(|witness| &witness.key as &dyn NoteKey);
        let keys: Vec<&dyn NoteKey> = logs.chain(witnesses).collect();
        let judged = note::judge(note, &keys)?;

        let mut signed_by = judged.signatures.iter().filter_map(|(at, _)| self.logs.get(*at)).peekable();
        let first = signed_by.peek().ok_or(NoteError::NoKnownSignature)?.key.name.clone();
        let checkpoint = Checkpoint::parse(&judged.text)?;
        let log = signed_by.find(|log| log.key.name == checkpoint.origin);
        let log = log.ok_or(CheckpointError::Origin { expected: first, found: checkpoint.origin.clone() })?;

        let mut times: Vec<Option<u64>> = vec![None; self.witnesses.len()];
        for (at, signature) in &judged.signatures {
            if let Some(place) = at.checked_sub(self.logs.len()) {
                times[place] = cosignature::time_of(signature);
            }
        }
        let cosigned = self.witnesses.iter().zip(&times);
        let cosigned = cosigned.filter_map(|(witness, at_s)| Some((witness.name.clone(), (*at_s)?)));
        Ok(Witnessed {
            checkpoint,
            log: log.key.clone(),
            cosigned: cosigned.collect(),
            level: self.level(&times),
        })
    }

    /// The level of a head that these witnesses (in the order of the policy) cosigned.
    fn level(&self, times: &[Option<u64>]) -> Level {
        // A group names earlier members only, so one pass settles all of them.
        let mut witnessed: Vec<bool> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let is_met = match member {
                Member::Witness(place) => times[*place].is_some(),
                Member::Group { threshold, of } => {
                    of.iter().filter(|member| witnessed[**member]).count() >= *threshold
                }
            };
            witnessed.push(is_met);
        }
        match self.quorum {
            None => Level::Quorum,
            Some(member) if witnessed[member] => Level::Quorum,
            Some(_) if times.iter().any(Option::is_some) => Level::Witnessed,
            Some(_) => Level::LogOnly,
        }
    }
}

#[cfg(test)]
#[path = "policy/tests.rs"]
mod tests;
