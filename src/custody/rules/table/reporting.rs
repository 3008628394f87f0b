//! Rules about reporting and time.

use crate::catalogue::Severity::{Minor, Notice};
use crate::custody::rules::{Check, Rule, entry};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "late-entry",
        version: 1,
        severity: Notice,
        basis: "*",
        title_zh: "迟录",
        title_en: "Late entry",
        text_zh: "记录时间远晚于发生时间。",
        text_en: "Recorded long after it happened.",
        parameters: &["fact_hours"],
        checks: &[Check::OnEntry(entry::late)],
    },
    Rule {
        id: "clock-skew",
        version: 1,
        severity: Minor,
        basis: "*",
        title_zh: "时钟偏差",
        title_en: "Clock skew",
        text_zh: "设备时钟与系统时钟相差过大，或所述时间尚未到来。",
        text_en: "The device's clock is off by too much, or it states a time that has not come.",
        parameters: &["minutes"],
        checks: &[Check::OnEntry(entry::clock_skew)],
    },
];
