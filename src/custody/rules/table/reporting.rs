//! Rules about reporting and time.

use crate::catalogue::Severity::{Major, Minor, Notice};
use crate::custody::rules::{Check, Rule, duty, entry, time};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ledger-silent",
        version: 1,
        severity: Minor,
        basis: "*",
        title_zh: "台账中断",
        title_en: "Ledger silent",
        text_zh: "已开始记账的重点监管单位场所连续规定工作日没有任何记录；零申报即为记录，申报停产后不再要求。",
        text_en: "A key site that keeps its ledger here recorded nothing for the working days given. A declaration of nothing is a record; after one of a \
            standstill none is asked for.",
        parameters: &["working_days"],
        checks: &[Check::OnWatch(duty::ledger_silent)],
    },
    Rule {
        id: "declaration-overdue",
        version: 1,
        severity: Major,
        basis: "S4 7.2",
        title_zh: "申报逾期",
        title_en: "Declaration overdue",
        text_zh: "场所按其管理类别应作的月度、季度或年度申报，过了期限仍未申报，或退回后没有重新申报。场所从开始记账的申报期起算；尚未记账的，从知悉类别后规定天数起的申报期算起。",
        text_en: "The declaration of a month, quarter or year that a site owes by its class is not filed when its day is over, or came back and was not filed anew. A \
            site owes it from the period in which it begins to record; one that records nothing yet, from the first that begins so many days after its class was known.",
        parameters: &["month_due_day", "quarter_due_day", "year_due_month", "year_due_day", "start_days"],
        checks: &[Check::OnWatch(duty::declaration_overdue)],
    },
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
        id: "back-fill-overdue",
        version: 1,
        severity: Major,
        basis: "S1 20",
        title_zh: "补录逾期",
        title_en: "Paper entered late",
        text_zh: "纸质联单在转移结束后超过规定工作日才补录。",
        text_en: "Paper was entered later than the working days allowed after the transfer ended.",
        parameters: &["working_days"],
        checks: &[Check::OnManifest(time::back_fill_overdue)],
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
    Rule {
        id: "time-order",
        version: 1,
        severity: Minor,
        basis: "*",
        title_zh: "时间顺序矛盾",
        title_en: "Times out of order",
        text_zh: "按所述时间，事情发生在签署人当时已见到的前序记录之前，超出两只时钟的允许偏差与书写精度。",
        text_en: "By its own time it happened before a record that its signer had seen: by more than two clocks may be off and than \
            the times were written to.",
        parameters: &[],
        checks: &[Check::OnManifest(time::time_order)],
    },
];
