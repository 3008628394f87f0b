//! Receipts as the interface shows them.

use serde::Serialize;
use utoipa::ToSchema;

use super::views::SubjectView;
use crate::app::Receipt;
use crate::app::receipt::{FindingBrief, Inclusion};
use crate::custody::Subject;
use crate::custody::rules::Rule;
use crate::ledger::b64;

/// That an entry is in the log: checked offline against the checkpoint (RFC 6962 §2.1.1, C2SP tlog-checkpoint).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::api) struct InclusionView {
    /// Size of the log the proof is for.
    size: u64,
    /// Sibling hashes from the leaf up, base64url.
    hashes: Vec<String>,
    /// The signed checkpoint of that size.
    checkpoint: String,
}

impl From<Inclusion> for InclusionView {
    fn from(inclusion: Inclusion) -> Self {
        Self {
            size: inclusion.size,
            hashes: inclusion.hashes.iter().map(ToString::to_string).collect(),
            checkpoint: inclusion.checkpoint,
        }
    }
}

/// A finding as a receipt names it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::api) struct FindingBriefView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its rule.
    rule: String,
    /// What that is called in Chinese.
    title_zh: String,
    /// And in English.
    title_en: String,
    /// `notice`, `minor`, `major` or `critical`.
    severity: &'static str,
    /// What it is about.
    subject: SubjectView,
}

impl From<FindingBrief> for FindingBriefView {
    fn from(brief: FindingBrief) -> Self {
        // A rule of an earlier version is known by its id alone.
        let rule = Rule::named(&brief.rule);
        let title = |of: fn(&Rule) -> &'static str| {
            rule.map_or_else(|| brief.rule.clone(), |rule| of(rule).to_owned())
        };
        Self {
            id: brief.id.to_string(),
            title_zh: title(|rule| rule.title_zh),
            title_en: title(|rule| rule.title_en),
            severity: brief.severity.name(),
            subject: (&brief.subject).into(),
            rule: brief.rule,
        }
    }
}

/// A lot code allotted by an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::api) struct LotCodeView {
    /// The lot.
    #[schema(format = "uuid")]
    lot: String,
    /// Its code.
    code: String,
}

/// The answer to a submission, the same each time it is asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReceiptView {
    /// SHA-256 of the signing input, base64url.
    event_id: String,
    /// Kind of the event.
    kind: &'static str,
    /// Log index; in a dry run the one it would get.
    index: u64,
    /// When the ledger took it in.
    #[schema(format = "date-time")]
    recorded_at: String,
    /// The uploading device's clock minus the ledger's, in milliseconds; 0 when it was not told.
    skew_ms: i64,
    /// Opens the leaf, base64url; absent in a dry run.
    salt: Option<String>,
    /// The public leaf, base64url; empty in a dry run.
    leaf: String,
    /// `counts`, `one-sided`, `disputed` or `evidence-only`.
    verdict: &'static str,
    /// True when this version computes something from the kind; false when it is only kept.
    folded: bool,
    /// The manifest number it allotted.
    number: Option<String>,
    /// The lot codes it allotted.
    lot_codes: Vec<LotCodeView>,
    /// Findings it opened.
    findings_opened: Vec<FindingBriefView>,
    /// Findings it closed.
    findings_closed: Vec<FindingBriefView>,
    /// The proof; absent in a dry run.
    inclusion: Option<InclusionView>,
    /// The same proof as one text (C2SP tlog-proof); absent in a dry run.
    tlog_proof: Option<String>,
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        let tlog_proof = receipt.tlog_proof().map(|proof| proof.to_text());
        let mut number = None;
        let mut lot_codes = Vec::new();
        for (subject, label) in receipt.labels {
            match subject {
                Subject::Manifest(_) => number = Some(label),
                Subject::Lot(lot) => lot_codes.push(LotCodeView { lot: lot.to_string(), code: label }),
                Subject::Document(_) | Subject::Party(_) | Subject::Site(_) | Subject::Label(_) => {}
            }
        }
        Self {
            event_id: receipt.event_id.to_string(),
            kind: receipt.kind.name(),
            index: receipt.index,
            recorded_at: receipt.recorded_at.to_string(),
            skew_ms: receipt.skew_ms,
            salt: receipt.salt.map(|salt| b64::encode(&salt.0)),
            leaf: b64::encode(&receipt.leaf),
            verdict: receipt.verdict.name(),
            folded: receipt.kind.is_folded(),
            number,
            lot_codes,
            findings_opened: receipt.opened.into_iter().map(FindingBriefView::from).collect(),
            findings_closed: receipt.closed.into_iter().map(FindingBriefView::from).collect(),
            inclusion: receipt.inclusion.map(InclusionView::from),
            tlog_proof,
        }
    }
}
