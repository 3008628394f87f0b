//! Reading a policy file, line by line, to the letter.

use std::collections::{HashMap, HashSet};

use super::{
    MAX_GROUPS, MAX_LOGS, MAX_POLICY_BYTES, MAX_WITNESSES, MAX_WORD_BYTES, Member, Policy, PolicyLog,
    PolicyWitness,
};
use crate::ledger::cosignature::CosignerKey;
use crate::ledger::note::{NoteError, NoteVerifier};

/// The name that stands for no witness at all, in a quorum line.
const NONE: &str = "none";

/// Why a policy is refused, with its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {fault}")]
pub struct PolicyError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: PolicyFault,
}

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// Over [`MAX_POLICY_BYTES`].
    #[error("the policy has {0} bytes; at most {MAX_POLICY_BYTES} are allowed")]
    TooLong(usize),
    /// The last line does not end.
    #[error("every line must end in a newline")]
    Unended,
    /// A control character other than tab and newline.
    #[error("control characters other than tab and newline are not allowed")]
    ControlCharacter,
    /// Over [`MAX_WORD_BYTES`].
    #[error("a name or URL may have at most {MAX_WORD_BYTES} bytes")]
    LongWord,
    /// Not one of the four kinds of line, or with too few or too many items.
    #[error(
        "expected `log <vkey> [url]`, `witness <name> <vkey> [url]`, `group <name> <k|any|all> <name>…` or `quorum <name|none>`"
    )]
    Shape,
    /// A key that is not one of the right signature type.
    #[error(transparent)]
    Key(#[from] NoteError),
    /// A public key that an earlier line of the same kind has.
    #[error("an earlier line has the same public key: list each log and witness once")]
    DuplicateKey,
    /// A name that cannot be defined.
    #[error("the name `{NONE}` is taken: it stands for no witness")]
    ReservedName,
    /// A name defined twice.
    #[error("the name {0} is defined twice")]
    DuplicateName(String),
    /// A name that no earlier line defines.
    #[error("the name {0} is not defined on an earlier line")]
    UnknownName(String),
    /// A name that belongs to a group already.
    #[error("{0} is a group member already: each name may be one only once")]
    UsedTwice(String),
    /// A threshold that is not 1 to the number of members.
    #[error("the threshold must be `any`, `all` or a decimal number from 1 to the number of members")]
    Threshold,
    /// Too many lines of a kind.
    #[error("more than {1} lines `{0}`")]
    TooMany(&'static str, usize),
    /// A second quorum line.
    #[error("a policy has exactly one quorum line, and an earlier line is it")]
    SecondQuorum,
    /// No quorum line.
    #[error(
        "the policy has no quorum line: write `quorum <name>`, or `quorum {NONE}` if the log alone is enough"
    )]
    NoQuorum,
}

/// A policy under way.
#[derive(Default)]
struct Reading {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    members: Vec<Member>,
    places: HashMap<String, usize>,
    /// Members of some group.
    used: HashSet<usize>,
    quorum: Option<Option<usize>>,
}

pub(super) fn parse(text: &str) -> Result<Policy, PolicyError> {
    let lines = text.matches('\n').count();
    let at_the_end = |fault| PolicyError { line: lines.max(1), fault };
    if text.len() > MAX_POLICY_BYTES {
        return Err(PolicyError { line: 1, fault: PolicyFault::TooLong(text.len()) });
    }
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(PolicyError { line: lines + 1, fault: PolicyFault::Unended });
    }
    let mut reading = Reading::default();
    for (number, line) in (1..).zip(text.split_terminator('\n')) {
        reading.line(line).map_err(|fault| PolicyError { line: number, fault })?;
    }
    let quorum = reading.quorum.ok_or_else(|| at_the_end(PolicyFault::NoQuorum))?;
    let Reading { logs, witnesses, members, .. } = reading;
    Ok(Policy { logs, witnesses, members, quorum })
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), PolicyFault> {
        if line.bytes().any(|byte| byte == 0x7f || (byte < 0x20 && byte != b'\t')) {
            return Err(PolicyFault::ControlCharacter);
        }
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        if words.first().is_none_or(|word| word.starts_with('#')) {
            return Ok(());
        }
        if words.iter().any(|word| word.len() > MAX_WORD_BYTES) {
            return Err(PolicyFault::LongWord);
        }
        match words[..] {
            ["log", vkey] => self.log(vkey, None),
            ["log", vkey, url] => self.log(vkey, Some(url)),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["group", name, threshold, ref names @ ..] if !names.is_empty() => {
                self.group(name, threshold, names)
            }
            ["quorum", name] => self.quorum(name),
            _ => Err(PolicyFault::Shape),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&str>) -> Result<(), PolicyFault> {
        let key = NoteVerifier::parse_vkey(vkey)?;
        if self.logs.iter().any(|log| log.key.key == key.key) {
            return Err(PolicyFault::DuplicateKey);
        }
        if self.logs.len() == MAX_LOGS {
            return Err(PolicyFault::TooMany("log", MAX_LOGS));
        }
        self.logs.push(PolicyLog { key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>) -> Result<(), PolicyFault> {
        let key = CosignerKey::parse_vkey(vkey)?;
        if self.witnesses.iter().any(|witness| witness.key.key == key.key) {
            return Err(PolicyFault::DuplicateKey);
        }
        if self.witnesses.len() == MAX_WITNESSES {
            return Err(PolicyFault::TooMany("witness", MAX_WITNESSES));
        }
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(PolicyWitness { name: name.to_owned(), key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, names: &[&str]) -> Result<(), PolicyFault> {
        let mut of = Vec::with_capacity(names.len());
        for name in names {
            let member = self.place(name)?;
            if !self.used.insert(member) {
                return Err(PolicyFault::UsedTwice((*name).to_owned()));
            }
            of.push(member);
        }
        let threshold = threshold_of(threshold, of.len()).ok_or(PolicyFault::Threshold)?;
        let groups = self.members.len() - self.witnesses.len();
        if groups == MAX_GROUPS {
            return Err(PolicyFault::TooMany("group", MAX_GROUPS));
        }
        self.define(name, Member::Group { threshold, of })
    }

    fn quorum(&mut self, name: &str) -> Result<(), PolicyFault> {
        if self.quorum.is_some() {
            return Err(PolicyFault::SecondQuorum);
        }
        self.quorum = Some(if name == NONE { None } else { Some(self.place(name)?) });
        Ok(())
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), PolicyFault> {
        if name == NONE {
            return Err(PolicyFault::ReservedName);
        }
        if self.places.insert(name.to_owned(), self.members.len()).is_some() {
            return Err(PolicyFault::DuplicateName(name.to_owned()));
        }
        self.members.push(member);
        Ok(())
    }

    fn place(&self, name: &str) -> Result<usize, PolicyFault> {
        self.places.get(name).copied().ok_or_else(|| PolicyFault::UnknownName(name.to_owned()))
    }
}

/// How many of `members` must have witnessed. A number has one spelling: no sign, no leading zero.
fn threshold_of(text: &str, members: usize) -> Option<usize> {
    match text {
        "any" => Some(1),
        "all" => Some(members),
        _ => text.parse().ok().filter(|k: &usize| (1..=members).contains(k) && k.to_string() == text),
    }
}
