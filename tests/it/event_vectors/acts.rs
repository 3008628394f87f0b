//! Acts: corrections, answers to findings, cases, holds, inspections, penalties, erasure notices.

use serde_json::{Value, json};

use super::facts::derived;
use super::{AUTHORITY, CONSIGNEE, CONSIGNOR, Said, digest, full, id, key, minimal};

pub(super) fn vectors() -> Vec<Said> {
    [corrections(), findings(), cases(), holds(), records()].concat()
}

fn correction(pointer: &str, value: Value) -> Value {
    json!({
        "correction": id(70), "event": digest(3), "pointer": pointer, "value": value, "reason": "录入错误",
    })
}

fn corrections() -> Vec<Said> {
    let mass = correction("/data/lines/0/quantity/mass_g", json!({ "mass-g": 1_120_000 }));
    let code = correction("/data/lines/0/code", json!({ "code": "900-047-49" }));
    let containers = correction("/data/missing", json!({ "containers": [id(60), id(61)] }));
    let vehicle = correction("/data/vehicle", json!({ "vehicle": "鲁Q12345" }));
    let time = correction("/occurred_at", json!({ "time": "2026-03-02T01:20:00.000Z" }));
    let answered = json!({ "correction": id(70), "reason": "过磅单为证" });
    let bare_answer = json!({ "correction": id(70) });
    let about = json!({ "event": digest(3), "reason": "手机找回" });
    let mut vectors = vec![];
    for kind in ["correction.proposed", "correction.ordered"] {
        let party = if kind == "correction.ordered" { AUTHORITY } else { CONSIGNEE };
        vectors.extend([
            full(kind, party, mass.clone()),
            full(kind, party, code.clone()).but("a code"),
            full(kind, party, containers.clone()).but("containers"),
            full(kind, party, vehicle.clone()).but("a vehicle"),
            full(kind, party, time.clone()).but("a time"),
        ]);
    }
    for kind in ["correction.agreed", "correction.refused"] {
        vectors.push(full(kind, CONSIGNOR, answered.clone()));
        vectors.push(minimal(kind, CONSIGNOR, bare_answer.clone()));
    }
    vectors.push(full("event.reaffirmed", CONSIGNOR, about.clone()));
    vectors.push(full("event.disavowed", CONSIGNOR, about));
    vectors.push(full(
        "correction.requested",
        AUTHORITY,
        json!({ "correction": id(70), "event": digest(3), "pointer": "/occurred_at", "reason": "与卡口记录不符" }),
    ));
    vectors
}

fn findings() -> Vec<Said> {
    let answered = json!({ "finding": derived(), "text": "地磅检定记录见附件", "attachments": [digest(25)] });
    let bare = json!({ "finding": derived(), "text": "地磅检定记录见附件" });
    let mut closed = answered.clone();
    closed["figures"] = json!([
        { "name": "difference_g", "value": -80_000 },
        { "name": "missing", "value": "91371300MA3C000019" },
    ]);
    [
        ("finding.explained", CONSIGNOR, answered.clone()),
        ("finding.closed", AUTHORITY, closed),
        ("finding.upheld", AUTHORITY, answered),
    ]
    .into_iter()
    .flat_map(|(kind, party, said)| [full(kind, party, said), minimal(kind, party, bare.clone())])
    .collect()
}

fn cases() -> Vec<Said> {
    let from = |source: &str| {
        json!({
            "case": id(71), "party": CONSIGNOR, "findings": [derived()], "text": "限期说明", "due": "2026-03-16",
            "source": source, "site": id(20), "manifest": id(40),
        })
    };
    vec![
        full("case.opened", AUTHORITY, from("finding")),
        full("case.opened", AUTHORITY, from("complaint")).but("a complaint"),
        full("case.opened", AUTHORITY, from("patrol")).but("a patrol"),
        full("case.opened", AUTHORITY, from("hotline")).but("the hotline"),
        full("case.opened", AUTHORITY, from("other")).but("anything else"),
        minimal("case.opened", AUTHORITY, json!({ "case": id(71), "party": CONSIGNOR, "text": "投诉" })),
        full("case.assigned", AUTHORITY, json!({ "case": id(71), "to": key(1).kid().to_string() })),
        full(
            "case.answered",
            CONSIGNOR,
            json!({ "case": id(71), "text": "已清空并修复", "attachments": [digest(25)] }),
        ),
        minimal("case.answered", CONSIGNOR, json!({ "case": id(71), "text": "已清空并修复" })),
        full("case.closed", AUTHORITY, json!({ "case": id(71), "text": "已整改" })),
    ]
}

fn holds() -> Vec<Said> {
    let placed = |on: Value| json!({ "hold": id(72), "on": on, "reason": "涉嫌混装" });
    vec![
        full("hold.placed", AUTHORITY, placed(json!({ "site": id(20) }))),
        full("hold.placed", AUTHORITY, placed(json!({ "lot": derived() }))).but("on the lot of a line"),
        full("hold.placed", AUTHORITY, placed(json!({ "manifest": id(40) }))).but("on a manifest"),
        full("hold.placed", AUTHORITY, placed(json!({ "vehicle": "鲁Q12345" }))).but("on a vehicle"),
        full("hold.lifted", AUTHORITY, json!({ "hold": id(72), "reason": "检测合格" })),
    ]
}

fn records() -> Vec<Said> {
    let inspected = json!({ "inspection": id(73), "site": id(20), "text": "标签缺失两处" });
    let mut attached = inspected.clone();
    attached["attachments"] = json!([digest(26), digest(27)]);
    let penalty = json!({
        "party": CONSIGNOR, "number": "鲁环罚〔2026〕1号", "on": "2026-03-20", "text": "罚款",
    });
    let mut of_case = penalty.clone();
    of_case["case"] = json!(id(71));
    vec![
        full("inspection.recorded", AUTHORITY, attached),
        minimal("inspection.recorded", AUTHORITY, inspected),
        full("penalty.recorded", AUTHORITY, of_case),
        minimal("penalty.recorded", AUTHORITY, penalty),
        full(
            "erasure.noticed",
            AUTHORITY,
            json!({ "indexes": [0, 7, 9_007_199_254_740_991_i64], "basis": "保存期满" }),
        ),
    ]
}
