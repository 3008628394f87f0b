//! The closed list of event kinds: one table, from which name, class, rank and payload type of every kind follow.

use serde_json::value::RawValue;

use super::payload::{handover, manifest, oversight, statement, track, waste};
use crate::registry::standing;

/// What sort of statement a kind is; decides when it is effective and when it may be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// About intent or standing: checked at commit, refused with all errors at once, effective when recorded.
    Declaration,
    /// About what happened: refused only for form, stored with a verdict, effective when it happened.
    Fact,
    /// About other statements or by the authority: effective when recorded.
    Act,
}

/// Why a payload could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PayloadError {
    /// JSON pointer (RFC 6901) of the field, inside the signed payload.
    pub pointer: String,
    /// What is wrong with it, in Chinese.
    pub zh: String,
    /// The same in English.
    pub message: String,
}

impl PayloadError {
    /// What is wrong at a pointer, in Chinese and English.
    pub fn new(pointer: impl Into<String>, zh: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), zh: zh.into(), message: message.into() }
    }

    /// What the reader of JSON says; it speaks English only.
    fn unreadable(pointer: String, error: &serde_json::Error) -> Self {
        let zh = if error.is_data() {
            "该处的字段名称、类型或取值有误，或缺少必填字段"
        } else {
            "不是完整的 JSON"
        };
        Self::new(pointer, zh, error.to_string())
    }
}

/// Parse JSON text into a type, keeping the pointer of the field that does not fit.
pub fn parse_json<'de, T: serde::Deserialize<'de>>(text: &'de str, prefix: &str) -> Result<T, PayloadError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let mut pointer = prefix.to_owned();
        for segment in error.path() {
            use serde_path_to_error::Segment;
            match segment {
                Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
                Segment::Map { key } | Segment::Enum { variant: key } => {
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                Segment::Unknown => {}
            }
        }
        PayloadError::unreadable(pointer, &error.into_inner())
    })?;
    deserializer.end().map_err(|error| PayloadError::unreadable(prefix.to_owned(), &error))?;
    Ok(value)
}

macro_rules! kinds {
    ($($variant:ident $name:literal $zh:literal $class:ident $payload:ty;)+) => {
        /// One kind of event, version 1. The order of the variants is their rank: at equal effective time and equal depth
        /// the earlier variant comes first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the table below is the documentation; names are those of the wire")]
        pub enum Kind { $($variant),+ }

        impl Kind {
            /// Every kind, in rank order.
            pub const ALL: &[Kind] = &[$(Kind::$variant),+];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name),+ }
            }

            /// The Chinese name on pages.
            pub fn name_zh(self) -> &'static str {
                match self { $(Kind::$variant => $zh),+ }
            }

            /// Declaration, fact or act.
            pub fn class(self) -> Class {
                match self { $(Kind::$variant => Class::$class),+ }
            }

            /// The kind with this name.
            pub fn named(name: &str) -> Option<Kind> {
                match name { $($name => Some(Kind::$variant),)+ _ => None }
            }
        }

        /// What an event says: the parsed payload `data` of its kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, clippy::large_enum_variant, reason = "one variant a kind; boxed payloads would not be read more easily")]
        pub enum Statement { $($variant($payload)),+ }

        impl Statement {
            /// The kind of this statement.
            pub fn kind(&self) -> Kind {
                match self { $(Statement::$variant(_) => Kind::$variant),+ }
            }

            /// Parse `data` as version `v` of a kind.
            pub fn parse(kind: Kind, v: u16, data: &RawValue) -> Result<Statement, PayloadError> {
                if v != 1 {
                    let zh = format!("本版本只认识“{}”的第 1 版内容", kind.name_zh());
                    let en = format!("version {v} of {} is not known here; version 1 is", kind.name());
                    return Err(PayloadError::new("/v", zh, en));
                }
                Ok(match kind { $(Kind::$variant => Statement::$variant(parse_json::<$payload>(data.get(), "/data")?)),+ })
            }

            /// The payload as JSON, for building events.
            pub fn to_json(&self) -> serde_json::Value {
                let value = match self { $(Statement::$variant(payload) => serde_json::to_value(payload)),+ };
                value.unwrap_or(serde_json::Value::Null)
            }
        }
    };
}

kinds! {
    LedgerFounded "ledger.founded" "创世" Declaration standing::Founded;
    ProfileAdopted "profile.adopted" "规则版本" Declaration standing::ProfileAdopted;
    PartyRegistered "party.registered" "单位登记" Declaration standing::Party;
    PartyUpdated "party.updated" "单位变更" Declaration standing::Party;
    SiteRegistered "site.registered" "场所登记" Declaration standing::Site;
    SiteUpdated "site.updated" "场所变更" Declaration standing::Site;
    SiteClosed "site.closed" "场所关闭" Declaration standing::SiteClosed;
    KeyEnrolled "key.enrolled" "密钥登记" Declaration standing::KeyEnrolled;
    KeyRotated "key.rotated" "密钥更换" Declaration standing::KeyRotated;
    KeyRevoked "key.revoked" "密钥吊销" Declaration standing::KeyRevoked;
    PermitIssued "permit.issued" "许可证颁发" Declaration standing::PermitIssued;
    PermitAmended "permit.amended" "许可证变更" Declaration standing::PermitAmended;
    PermitSuspended "permit.suspended" "许可证暂扣" Declaration standing::PermitStanding;
    PermitReinstated "permit.reinstated" "许可证恢复" Declaration standing::PermitStanding;
    PermitRevoked "permit.revoked" "许可证吊销" Declaration standing::PermitStanding;
    VehicleLicensed "vehicle.licensed" "车辆许可" Declaration standing::VehicleLicensed;
    PersonQualified "person.qualified" "人员资格" Declaration standing::PersonQualified;
    PlanFiled "plan.filed" "管理计划备案" Declaration standing::Plan;
    PlanAmended "plan.amended" "管理计划变更" Declaration standing::Plan;
    ApprovalRequested "approval.requested" "跨省转移申请" Declaration standing::ApprovalRequested;
    ApprovalAdvanced "approval.advanced" "跨省转移申请办理" Declaration standing::ApprovalAdvanced;
    ApprovalGranted "approval.granted" "跨省批准" Declaration standing::ApprovalGranted;
    ApprovalRevoked "approval.revoked" "跨省批准撤销" Declaration standing::ApprovalRevoked;
    ContractFiled "contract.filed" "合同备案" Declaration standing::ContractFiled;
    MandateGranted "mandate.granted" "授权" Declaration standing::MandateGranted;
    MandateRevoked "mandate.revoked" "撤销授权" Declaration standing::MandateRevoked;
    DeclarationFiled "declaration.filed" "申报" Declaration standing::DeclarationFiled;
    DeclarationReturned "declaration.returned" "申报退回" Declaration standing::DeclarationReturned;
    DeclarationAccepted "declaration.accepted" "申报受理" Declaration standing::DeclarationAccepted;
    ManifestRegistered "manifest.registered" "登记联单" Declaration manifest::Registered;
    ManifestAmended "manifest.amended" "联单变更" Declaration manifest::Amended;
    ManifestConfirmed "manifest.confirmed" "经营确认" Declaration manifest::Confirmed;
    ManifestDeclined "manifest.declined" "拒绝" Declaration manifest::Ended;
    ManifestAssigned "manifest.assigned" "派车" Declaration manifest::Assigned;
    ManifestVoided "manifest.voided" "作废" Declaration manifest::Ended;
    NumberBound "number.bound" "国家联单号绑定" Declaration manifest::NumberBound;
    StockOpened "stock.opened" "期初" Fact waste::LotsAppeared;
    WasteGenerated "waste.generated" "产生" Fact waste::LotsAppeared;
    WasteStored "waste.stored" "入库" Fact waste::StoreMoved;
    WasteWithdrawn "waste.withdrawn" "出库" Fact waste::StoreMoved;
    WasteRepacked "waste.repacked" "重新包装" Fact waste::Repacked;
    WasteCollected "waste.collected" "收集" Fact handover::Handover;
    WasteTransferred "waste.transferred" "转运" Fact handover::Handover;
    WasteDelivered "waste.delivered" "送达" Fact handover::Handover;
    TripWeighed "trip.weighed" "车次过磅" Fact waste::TripWeighed;
    WasteReceived "waste.received" "验收确认" Fact handover::Received;
    WasteReturned "waste.returned" "退回" Fact handover::Handover;
    WasteUsed "waste.used" "利用" Fact waste::Treated;
    WasteDisposed "waste.disposed" "处置" Fact waste::Treated;
    StockCounted "stock.counted" "盘点" Fact waste::StockCounted;
    HandoverCountersigned "handover.countersigned" "补签" Fact handover::Countersigned;
    DiscrepancyDeclared "discrepancy.declared" "差异" Fact waste::DiscrepancyDeclared;
    IncidentReported "incident.reported" "事故" Fact waste::IncidentReported;
    PaperBackfilled "paper.backfilled" "补录" Fact waste::PaperBackfilled;
    CorrectionProposed "correction.proposed" "提出更正" Act statement::Correction;
    CorrectionAgreed "correction.agreed" "同意更正" Act statement::CorrectionAnswered;
    CorrectionRefused "correction.refused" "拒绝更正" Act statement::CorrectionAnswered;
    CorrectionOrdered "correction.ordered" "责令更正" Act statement::Correction;
    EventReaffirmed "event.reaffirmed" "重新确认" Act statement::AboutEvent;
    EventDisavowed "event.disavowed" "声明作废" Act statement::AboutEvent;
    FindingExplained "finding.explained" "说明" Act oversight::FindingAnswered;
    FindingClosed "finding.closed" "结案" Act oversight::FindingClosed;
    FindingUpheld "finding.upheld" "认定问题" Act oversight::FindingAnswered;
    CaseOpened "case.opened" "立案" Act oversight::CaseOpened;
    CaseAssigned "case.assigned" "案件分派" Act oversight::CaseAssigned;
    CaseAnswered "case.answered" "整改答复" Act oversight::CaseAnswered;
    CaseClosed "case.closed" "案件结案" Act oversight::CaseClosed;
    HoldPlaced "hold.placed" "查封" Act oversight::HoldPlaced;
    HoldLifted "hold.lifted" "解除查封" Act oversight::HoldLifted;
    InspectionRecorded "inspection.recorded" "检查" Act oversight::InspectionRecorded;
    CorrectionRequested "correction.requested" "要求更正" Act oversight::CorrectionRequested;
    PenaltyRecorded "penalty.recorded" "处罚" Act oversight::PenaltyRecorded;
    DocumentImported "document.imported" "导入" Fact waste::DocumentImported;
    ErasureNoticed "erasure.noticed" "删除告示" Act oversight::ErasureNoticed;
    TrackRecorded "track.recorded" "行驶轨迹" Fact track::TrackRecorded;
}

impl Kind {
    /// Place among the kinds at equal time and depth; never negative.
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// True for the kinds this version folds into state: all of them.
    pub fn is_folded(self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_says_what_is_folded() {
        let formats = include_str!("../../docs/formats.md");
        for kind in Kind::ALL {
            let begins = format!("| `{}` | ", kind.name());
            let says = if kind.is_folded() { "| folded |" } else { "| kept |" };
            let is_said = formats.lines().any(|line| line.starts_with(&begins) && line.ends_with(says));
            assert!(is_said, "docs/formats.md should say of {}: {says}", kind.name());
        }
    }
}
