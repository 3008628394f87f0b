//! Declarations about a manifest, and the two documents others sign: the offer and the invitation.

use serde_json::{Value, json};

use super::{
    CARRIER, CONSIGNEE, CONSIGNOR, LOG, Said, bare_quantity, digest, full, id, key, minimal, place, quantity,
};

pub(super) fn vectors() -> Vec<Said> {
    let mut vectors = vec![
        full("manifest.registered", CONSIGNOR, registered()),
        minimal("manifest.registered", CONSIGNOR, bare_registered()),
        full("manifest.amended", CONSIGNOR, amended()),
        minimal("manifest.amended", CONSIGNOR, json!({ "manifest": id(40), "reason": "改期" })),
        full("manifest.confirmed", CONSIGNEE, json!({ "manifest": id(40) })),
        full("manifest.declined", CONSIGNEE, json!({ "manifest": id(40), "reason": "库容不足" })),
        full("manifest.assigned", CARRIER, assigned()),
        minimal("manifest.assigned", CARRIER, json!({ "manifest": id(40), "leg": 1, "vehicle": "LU123" })),
        full("manifest.voided", CONSIGNOR, json!({ "manifest": id(40), "reason": "重复登记" })),
    ];
    let bound = json!({ "manifest": id(40), "system": "cn-national", "number": "2026371302000001" });
    let mut evident = bound.clone();
    evident["evidence"] = json!(digest(18));
    vectors.push(full("number.bound", CONSIGNOR, evident));
    vectors.push(minimal("number.bound", CONSIGNOR, bound));
    vectors
}

/// A planned line with everything in it.
fn line(number: u16, form: &str, packaging: &str, quantity: Value) -> Value {
    json!({
        "line": number, "code": "900-041-49", "name": "废包装桶", "form": form, "packaging": packaging,
        "containers": 12, "container_litres": 200, "planned": quantity, "exemptions": ["small-batch"],
        "treatment": "D10",
    })
}

fn bare_line(number: u16) -> Value {
    json!({ "line": number, "code": "900-041-49", "planned": bare_quantity(1), "treatment": "R9" })
}

fn registered() -> Value {
    json!({
        "manifest": id(40), "site": id(20), "consignee": { "party": CONSIGNEE, "site": id(21) },
        "lines": [
            line(1, "solid", "drum", quantity("measured")), line(2, "semi-solid", "bag", quantity("estimated")),
            line(3, "liquid", "tank", quantity("computed")), line(4, "gas", "box", quantity("measured")),
            line(5, "solid", "bulk", quantity("measured")), line(256, "solid", "other", quantity("measured")),
        ],
        "legs": [
            { "carrier": CARRIER, "mode": "vehicle" }, { "carrier": CARRIER, "mode": "pipeline" },
            { "carrier": CARRIER, "mode": "rail" }, { "carrier": CARRIER, "mode": "ship" },
        ],
        "planned_departure": "2026-03-02T01:20:00.000Z", "planned_arrival": "2026-03-02T09:00:00.000Z",
        "trip": id(41), "plan": id(32), "contract": id(34), "approval": id(33), "follows": id(42),
        "erp_no": "SO-2026-0001", "reasons": [{ "rule": "permit-expired", "text": "续证办理中" }],
    })
}

fn bare_registered() -> Value {
    json!({
        "manifest": id(40), "site": id(20), "consignee": { "party": CONSIGNEE, "site": id(21) },
        "lines": [bare_line(1)], "legs": [{ "carrier": CARRIER, "mode": "vehicle" }],
        "planned_departure": "2026-03-02T09:20:00+08:00", "planned_arrival": "2026-03-02T17:00:00+08:00",
    })
}

fn amended() -> Value {
    json!({
        "manifest": id(40), "consignee": { "party": CONSIGNEE, "site": id(21) },
        "lines": [line(1, "solid", "drum", quantity("measured"))],
        "legs": [{ "carrier": CARRIER, "mode": "vehicle" }],
        "planned_departure": "2026-03-03T01:20:00.000Z", "planned_arrival": "2026-03-03T09:00:00.000Z",
        "reason": "改期", "reasons": [{ "rule": "permit-expired", "text": "换证中" }],
    })
}

fn assigned() -> Value {
    json!({
        "manifest": id(40), "leg": 1, "vehicle": "鲁Q12345", "trailer": "鲁Q6789挂",
        "driver": key(4).kid().to_string(), "escort": key(5).kid().to_string(), "licence": "370000123456",
    })
}

/// Payloads of offers, with what is said about each.
pub(super) fn offers() -> Vec<(&'static str, Value)> {
    vec![
        ("every optional field", offer("collected")),
        ("every optional field, at a transfer", offer("transferred")),
        ("every optional field, at the gate of the consignee", offer("delivered")),
        ("every optional field, on the way back", offer("returned")),
        (
            "only what is required",
            json!({
                "v": 1, "log": LOG, "step": "collected", "manifest": id(40), "from": CONSIGNOR, "to": CARRIER,
                "lines": [{ "line": 1, "mass_g": 1_200_000 }], "at": "2026-03-02T09:20:00+08:00",
            }),
        ),
    ]
}

pub(super) fn offer(step: &str) -> Value {
    json!({
        "v": 1, "log": LOG, "step": step, "manifest": id(40), "from": CONSIGNOR, "to": CARRIER,
        "containers": { "count": 2, "sha256": digest(19) },
        "lines": [{ "line": 1, "mass_g": 1_200_000 }, { "line": 2, "mass_g": 1 }],
        "prev": [digest(1)], "at": "2026-03-02T01:20:00.000Z", "place": place("typed"),
    })
}

/// The payload of a code statement: the releasing side told it.
pub(super) fn code(step: &str, from: &str, to: &str) -> Value {
    json!({
        "v": 1, "log": LOG, "manifest": id(40), "step": step, "from": from, "to": to, "party": from,
        "phone": "8000", "at": "2026-03-02T01:20:00.000Z", "until": "2026-03-03T01:20:00.000Z",
    })
}

/// Payloads of invitations: one for each role.
pub(super) fn invitations() -> Vec<(&'static str, Value)> {
    let mut vectors: Vec<(&'static str, Value)> =
        ["administrator", "operator", "driver", "escort", "viewer", "registrar", "officer", "auditor"]
            .map(|role| ("every optional field", registering(invitation(role))))
            .into();
    let mut bare = invitation("operator");
    bare.as_object_mut().unwrap().remove("code_sha256");
    vectors.push(("only what is required", bare));
    vectors.push(("registers nobody", invitation("operator")));
    vectors
}

/// The same, registering its party.
fn registering(mut invitation: Value) -> Value {
    invitation["registers"] = json!({
        "party": CONSIGNOR, "name": "示例化工有限公司", "name_en": "Example Chemicals Ltd", "kinds": ["producer"],
        "division": "371302", "aliases": [{ "system": "epa-id", "value": "VAD000000001" }],
    });
    invitation
}

pub(super) fn invitation(role: &str) -> Value {
    json!({
        "v": 1, "log": LOG, "invitation": id(43), "party": CONSIGNOR, "role": role,
        "code_sha256": digest(21), "expires_at": "2026-03-09T01:20:00.000Z",
    })
}
