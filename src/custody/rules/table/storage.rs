//! Rules about stores and treatment: what lies there, for how long, and what becomes of it.

use crate::catalogue::Severity::{Critical, Major, Minor};
use crate::custody::rules::{Check, Rule, store};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "stored-too-long",
        version: 1,
        severity: Critical,
        basis: "S2 81; *",
        title_zh: "超期贮存",
        title_en: "Stored too long",
        text_zh: "废物在持有人处贮存过久：临近期限先提示，再预警，逾期为严重；医疗废物以小时计。先入先出，取完即消除。",
        text_en: "Waste lies with its holder too long: a notice and a warning before the term ends, critical once it has; for medical \
            waste the term is in hours. What came first leaves first, and what is gone is no longer stored.",
        parameters: &["notice_days", "minor_days", "critical_days", "medical_hours"],
        checks: &[Check::OnLot(store::stored_too_long)],
    },
    Rule {
        id: "fate-open",
        version: 1,
        severity: Minor,
        basis: "S1 12; *",
        title_zh: "去向未定",
        title_en: "Fate open",
        text_zh: "接受后规定天数内既未利用处置，也未转出、入库或盘点。",
        text_en: "Received, and within the days allowed neither treated nor sent on, nor put into a storage facility or counted.",
        parameters: &["days"],
        checks: &[Check::OnLot(store::fate_open)],
    },
    Rule {
        id: "stock-negative",
        version: 1,
        severity: Major,
        basis: "S4",
        title_zh: "库存为负",
        title_en: "Stock below nothing",
        text_zh: "从贮存设施取出的重量超过存入的重量。",
        text_en: "More was taken out of a storage facility than was put in.",
        parameters: &[],
        checks: &[Check::OnLot(store::stock_negative)],
    },
    Rule {
        id: "count-differs",
        version: 1,
        severity: Major,
        basis: "S4; *",
        title_zh: "盘点不符",
        title_en: "Count differs",
        text_zh: "盘点与账面之差没有说明原因，且超过允许误差（按该批入账重量计）；复盘找回的相抵。",
        text_en: "A count differs from the books beyond the tolerance, a share of what came in of the lot, and nobody said why. What a later count finds again makes up for it.",
        parameters: &["floor_g", "permille"],
        checks: &[Check::OnLot(store::count_differs)],
    },
];
