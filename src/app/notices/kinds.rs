//! The table of notices: what causes each, whom it is for, how much it matters, and what ends it.

use crate::catalogue::Severity::{self, Critical, Major, Minor, Notice};

/// Whom a notice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// The parties that the message concerns, but for whoever caused it.
    Concerned,
    /// The party that spoke, or whose key it is: somebody did something in its name.
    Own,
    /// The consignee of a manifest.
    Consignee,
    /// The carriers of a manifest.
    Carriers,
    /// Who takes a load over.
    Taker,
    /// The keys that are named: of driver and escort, of an officer.
    Named,
    /// The parties that a finding concerns.
    FindingParties,
    /// The party that a case concerns.
    CaseParty,
    /// The officer with whom a case lies.
    CaseOwner,
    /// Those who have still to agree to a correction.
    Correctors,
    /// The party whose event is to be corrected.
    Corrected,
    /// The party that filed a declaration.
    Declarant,
    /// The holder of a permit.
    Holder,
    /// Whom a hold stops.
    Held,
    /// The party that a mandate was given.
    Mandatary,
    /// Officers on duty where it lies, if it matters at least so much.
    OnDuty(Severity),
}

/// Who of a party it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Desk {
    /// Whoever works at a desk.
    Office,
    /// Administrators.
    Administrators,
}

/// Whose word ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// That of the party it is for.
    Itself,
    /// Anybody's who may say it.
    Anybody,
}

/// A kind of notice.
#[derive(Debug, PartialEq, Eq)]
pub struct NoticeKind {
    /// Kebab-case name.
    pub name: &'static str,
    /// What it is called in Chinese.
    pub zh: &'static str,
    /// And in English.
    pub en: &'static str,
    /// How much it matters; `None`: as much as the finding.
    pub severity: Option<Severity>,
    /// The types of messages that cause it; none for what time brings.
    pub(super) made_by: &'static [&'static str],
    pub(super) whom: Whom,
    pub(super) desk: Desk,
    /// The types of messages that do what is to be done; none for what need only be known.
    pub(super) ended_by: &'static [(&'static str, By)],
}

impl NoticeKind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        NOTICE_KINDS.iter().find(|kind| kind.name == name)
    }

    /// True for what is not settled by being read.
    pub fn is_task(&self) -> bool {
        !self.ended_by.is_empty()
    }
}

const fn kind(
    name: &'static str,
    (zh, en): (&'static str, &'static str),
    severity: Severity,
    made_by: &'static [&'static str],
    whom: Whom,
) -> NoticeKind {
    NoticeKind { name, zh, en, severity: Some(severity), made_by, whom, desk: Desk::Office, ended_by: &[] }
}

impl NoticeKind {
    const fn with_severity_of_finding(self) -> Self {
        Self { severity: None, ..self }
    }

    const fn for_administrators(self) -> Self {
        Self { desk: Desk::Administrators, ..self }
    }

    const fn ended_by(self, ended_by: &'static [(&'static str, By)]) -> Self {
        Self { ended_by, ..self }
    }
}

/// Every kind of notice.
pub const NOTICE_KINDS: &[NoticeKind] = &[
    kind("finding", ("新的预警", "a finding"), Minor, &["finding.opened"], Whom::Concerned)
        .with_severity_of_finding()
        .ended_by(&[("finding.explained", By::Itself), ("finding.closed", By::Anybody)]),
    kind(
        "finding-upheld",
        ("预警被认定为问题", "a finding was upheld"),
        Major,
        &["finding.upheld"],
        Whom::FindingParties,
    ),
    kind(
        "finding-serious",
        ("辖区内出现重要或严重预警", "a finding that matters in your division"),
        Major,
        &["finding.opened"],
        Whom::OnDuty(Major),
    )
    .with_severity_of_finding(),
    kind(
        "finding-explained",
        ("预警已说明，待处理", "a finding was explained; decide on it"),
        Minor,
        &["finding.explained"],
        Whom::OnDuty(Notice),
    )
    .ended_by(&[("finding.closed", By::Anybody), ("finding.upheld", By::Anybody)]),
    kind(
        "case-opened",
        ("立案，待答复", "a case was opened; answer it"),
        Major,
        &["case.opened"],
        Whom::CaseParty,
    )
    .ended_by(&[("case.answered", By::Itself), ("case.closed", By::Anybody)]),
    kind(
        "case-assigned",
        ("案件分派给您", "a case was given to you"),
        Minor,
        &["case.assigned"],
        Whom::Named,
    ),
    kind(
        "case-answered",
        ("案件已答复，待处理", "a case was answered; decide on it"),
        Minor,
        &["case.answered"],
        Whom::CaseOwner,
    )
    .ended_by(&[("case.closed", By::Anybody)]),
    kind("case-closed", ("案件结案", "a case was closed"), Notice, &["case.closed"], Whom::CaseParty),
    kind(
        "manifest-to-confirm",
        ("联单待确认", "a load is planned to you; confirm it"),
        Minor,
        &["manifest.registered"],
        Whom::Consignee,
    )
    .ended_by(&[
        ("manifest.confirmed", By::Anybody),
        ("manifest.declined", By::Anybody),
        ("manifest.voided", By::Anybody),
        ("waste.collected", By::Anybody),
    ]),
    kind(
        "manifest-to-assign",
        ("联单待派车", "a load waits for a vehicle"),
        Minor,
        &["manifest.registered"],
        Whom::Carriers,
    )
    .ended_by(&[
        ("manifest.assigned", By::Itself),
        ("manifest.declined", By::Anybody),
        ("manifest.voided", By::Anybody),
        ("waste.collected", By::Anybody),
    ]),
    kind(
        "manifest-ended",
        ("联单被拒绝或作废", "a manifest was declined or voided"),
        Major,
        &["manifest.declined", "manifest.voided"],
        Whom::Concerned,
    ),
    kind(
        "manifest-assigned",
        ("您被派往一次运输", "you were named for a load"),
        Minor,
        &["manifest.assigned"],
        Whom::Named,
    ),
    kind(
        "load-delivered",
        ("废物已送达，待验收", "a load arrived; say what is accepted"),
        Minor,
        &["waste.delivered"],
        Whom::Taker,
    )
    .ended_by(&[("waste.received", By::Anybody)]),
    kind(
        "correction-proposed",
        ("有更正待答复", "a correction waits for your answer"),
        Minor,
        &["correction.proposed"],
        Whom::Correctors,
    )
    .ended_by(&[("correction.agreed", By::Itself), ("correction.refused", By::Anybody)]),
    kind(
        "correction-requested",
        ("主管部门要求更正", "an authority asks for a correction"),
        Major,
        &["correction.requested"],
        Whom::Corrected,
    )
    .ended_by(&[("correction.proposed", By::Anybody), ("correction.ordered", By::Anybody)]),
    kind(
        "correction-ordered",
        ("主管部门责令更正", "an authority ordered a correction"),
        Major,
        &["correction.ordered"],
        Whom::Corrected,
    ),
    kind(
        "declaration-filed",
        ("申报待审核", "a declaration was filed; decide on it"),
        Minor,
        &["declaration.filed"],
        Whom::OnDuty(Notice),
    )
    .ended_by(&[("declaration.accepted", By::Anybody), ("declaration.returned", By::Anybody)]),
    kind(
        "declaration-returned",
        ("申报被退回", "a declaration came back"),
        Major,
        &["declaration.returned"],
        Whom::Declarant,
    )
    .ended_by(&[("declaration.filed", By::Itself)]),
    kind(
        "declaration-accepted",
        ("申报已受理", "a declaration was accepted"),
        Notice,
        &["declaration.accepted"],
        Whom::Declarant,
    ),
    kind(
        "approval-requested",
        ("跨省转移申请待办理", "an interprovincial transfer was applied for"),
        Major,
        &["approval.requested"],
        Whom::OnDuty(Notice),
    )
    .ended_by(&[("approval.advanced", By::Anybody), ("approval.granted", By::Anybody)]),
    kind(
        "approval-granted",
        ("跨省转移获批准", "an interprovincial transfer was approved"),
        Notice,
        &["approval.granted"],
        Whom::Concerned,
    ),
    kind(
        "incident",
        ("辖区内发生事故", "an incident in your division"),
        Critical,
        &["incident.reported"],
        Whom::OnDuty(Notice),
    ),
    kind(
        "incident-on-the-way",
        ("运输中发生事故", "an incident on the way"),
        Critical,
        &["incident.reported"],
        Whom::Concerned,
    ),
    kind(
        "permit-stopped",
        ("许可证被暂扣或吊销", "a permit was suspended or revoked"),
        Critical,
        &["permit.suspended", "permit.revoked"],
        Whom::Holder,
    ),
    kind("hold-placed", ("被查封", "a hold was placed"), Critical, &["hold.placed"], Whom::Held),
    kind("penalty", ("行政处罚", "a penalty was recorded"), Major, &["penalty.recorded"], Whom::Concerned),
    kind(
        "key-changed",
        ("本单位密钥有变动", "a key of your party changed"),
        Minor,
        &["key.enrolled", "key.rotated", "key.revoked"],
        Whom::Own,
    )
    .for_administrators(),
    kind(
        "mandate-granted",
        ("获得授权", "a mandate was given to you"),
        Notice,
        &["mandate.granted"],
        Whom::Mandatary,
    ),
    kind("webhook-parked", ("推送已停止", "a webhook was parked"), Major, &[], Whom::Own),
    kind("push-stuck", ("报送需要处理", "a push to a platform needs you"), Major, &[], Whom::Own),
    kind("reading-disclosed", ("密查已公开", "sealed readings are told from now on"), Notice, &[], Whom::Own)
        .for_administrators(),
];

/// True for messages that cause or end a notice.
pub(super) fn matters(what: &str) -> bool {
    let ends = |kind: &NoticeKind| kind.ended_by.iter().any(|(ender, _)| *ender == what);
    NOTICE_KINDS.iter().any(|kind| kind.made_by.contains(&what) || ends(kind))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::custody::Kind;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_is_caused_by_what_there_is() {
        let names: BTreeSet<&str> = NOTICE_KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), NOTICE_KINDS.len());
        let steps = ["finding.opened", "finding.closed"];
        for kind in NOTICE_KINDS {
            let enders = kind.ended_by.iter().map(|(what, _)| *what);
            for what in kind.made_by.iter().copied().chain(enders) {
                assert!(steps.contains(&what) || Kind::named(what).is_some(), "{}: {what}", kind.name);
            }
            assert!(!kind.zh.is_empty() && !kind.en.is_empty());
        }
    }
}
