//! What checking a bundle found: every check with its result, and the verdict that follows.

use serde::Serialize;

use super::BundleError;
use crate::clock::Timestamp;
use crate::ledger::EventId;

/// The verdict. The largest mark of any check decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything holds.
    Valid,
    /// Everything holds, and fewer witnesses vouch for the log's head than the policy wants.
    BelowPolicy,
    /// Something cannot be told from these bytes and this policy.
    CannotTell,
    /// Something does not hold.
    Invalid,
}

impl Outcome {
    /// The exit code of the command: 0 valid, 1 invalid, 2 below the policy, 3 cannot tell.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::BelowPolicy => 2,
            Self::CannotTell => 3,
        }
    }

    /// In Chinese and in English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Valid => ("有效", "valid"),
            Self::BelowPolicy => ("有效，但见证未达到策略要求", "valid, but below the quorum of the policy"),
            Self::CannotTell => ("无法判断", "cannot tell"),
            Self::Invalid => ("无效", "invalid"),
        }
    }
}

/// How a check came out, the worse the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It holds.
    Holds,
    /// It holds, and there is something a reader must know.
    Noted,
    /// It holds, and the policy wants more.
    Short,
    /// It cannot be told.
    Unknown,
    /// It does not hold.
    Fails,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Kebab-case name of the check.
    pub code: &'static str,
    /// How it came out.
    pub mark: Mark,
    /// JSON pointer (RFC 6901) to the part of the bundle; empty for the whole.
    pub at: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What a reader must know of an event that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The key had ended: the ledger keeps the event as evidence and moves nothing by it.
    KeyEnded,
    /// The key may have been in wrong hands at that index.
    Suspected,
    /// Another party signed it under a mandate. That the ledger took it in shows that there was one; the bundle does not hold it.
    Mandated,
    /// A handover that both sides signed.
    BothSides,
    /// A handover that the releasing side has not validly signed.
    OneSided,
    /// The other side gave its word by hand, on a sheet whose photo the event names.
    ByHand,
    /// The other side told a code that came to its telephone; the log's key says so.
    ByCode,
    /// The content was erased; only the leaf is left.
    Erased,
}

impl Note {
    /// In Chinese and in English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::KeyEnded => ("密钥已失效：仅作证据", "the key had ended: evidence only"),
            Self::Suspected => ("密钥当时可能已失控", "the key may have been in wrong hands"),
            Self::Mandated => (
                "由其他单位代签，授权不在包中",
                "signed by another party under a mandate, which the bundle does not hold",
            ),
            Self::BothSides => ("双方均已签名", "signed by both sides"),
            Self::OneSided => ("只有一方有效签名", "validly signed by one side only"),
            Self::ByHand => (
                "另一方以手写签名确认，不是密钥签名",
                "the other side confirmed it by handwriting, not by a key",
            ),
            Self::ByCode => (
                "另一方以短信验证码确认，不是密钥签名",
                "the other side confirmed it by a code sent to its telephone, not by a key",
            ),
            Self::Erased => ("内容已删除", "content erased"),
        }
    }
}

/// One event as it was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Log index.
    pub index: u64,
    /// SHA-256 of the signing input; `None` once erased.
    pub event: Option<EventId>,
    /// Kind of the event.
    pub kind: Option<&'static str>,
    /// The kind in Chinese.
    pub kind_zh: Option<&'static str>,
    /// The acting party.
    pub party: Option<String>,
    /// When it happened, by the signer's clock.
    pub occurred_at: Option<Timestamp>,
    /// When the ledger took it in, by its own clock.
    pub recorded_at: Option<Timestamp>,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// The signed head that everything was checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedHead {
    /// Origin of the log.
    pub log: String,
    /// Number of entries.
    pub size: u64,
    /// `log-only`, `witnessed` or `quorum`.
    pub level: &'static str,
    /// Witnesses of the policy that cosigned, with the time in seconds since 1970.
    pub cosigned: Vec<(String, u64)>,
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The verdict.
    pub outcome: Outcome,
    /// The head, once its signatures held.
    pub head: Option<CheckedHead>,
    /// Every check.
    pub checks: Vec<Check>,
    /// The events that hold, by log index.
    pub events: Vec<Shown>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self { outcome: Outcome::Valid, head: None, checks: Vec::new(), events: Vec::new() }
    }

    /// The report on bytes that are no bundle.
    pub(super) fn of_no_bundle(error: &BundleError) -> Self {
        let mut report = Self::new();
        let zh = match error {
            BundleError::TooLarge(_) => "文件过大，不是证据包".to_owned(),
            BundleError::Form { pointer, .. } => format!("不是证据包，格式错误位于 {pointer}"),
            BundleError::Format(_) => "不是本程序认识的证据包版本".to_owned(),
        };
        report.add("form", Mark::Unknown, "", zh, error.to_string());
        report
    }

    pub(super) fn add(
        &mut self,
        code: &'static str,
        mark: Mark,
        at: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        let outcome = match mark {
            Mark::Holds | Mark::Noted => Outcome::Valid,
            Mark::Short => Outcome::BelowPolicy,
            Mark::Unknown => Outcome::CannotTell,
            Mark::Fails => Outcome::Invalid,
        };
        self.outcome = self.outcome.max(outcome);
        self.checks.push(Check { code, mark, at: at.into(), zh: zh.into(), en: en.into() });
    }

    pub(super) fn fail(&mut self, at: impl Into<String>, flaw: Flaw) {
        self.add(flaw.code, flaw.mark, at, flaw.zh, flaw.en);
    }
}

/// Why a part of a bundle does not hold, or why nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    code: &'static str,
    mark: Mark,
    zh: String,
    en: String,
}

impl Flaw {
    /// It does not hold.
    pub(super) fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, mark: Mark::Fails, zh: zh.into(), en: en.into() }
    }

    /// It cannot be told.
    pub(super) fn unknown(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, mark: Mark::Unknown, zh: zh.into(), en: en.into() }
    }
}
